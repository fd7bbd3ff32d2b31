//! Engines that a test starts for itself, from what is installed: without it a test says so and passes.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use epnas::seed::{Stream, below};

use super::bench::{Bench, kill_worker};

/// `sshd` on this machine, with a port and keys of its own.
pub struct Ssh {
    folder: tempfile::TempDir,
    port: u16,
    daemon: Child,
}

impl Ssh {
    pub fn start() -> Option<Self> {
        let program = installed("sshd", "openssh-server")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name).display().to_string();
        for key in ["host", "key"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]).status();
            assert!(made.is_ok_and(|status| status.success()), "a key");
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPasswordAuthentication no\nUsePAM no\n\
             StrictModes no\nPidFile none\nMaxStartups 100\n",
            at("host"),
            at("key.pub")
        );
        std::fs::write(at("settings"), settings).expect("writable");
        // Where the daemon of root separates its privileges.
        let _ = std::fs::create_dir_all("/run/sshd");
        let daemon = Command::new(program).args(["-D", "-f", &at("settings")]).stderr(Stdio::null()).spawn().expect("it is installed");
        let ssh = Self { folder, port, daemon };
        let answers = || Command::new("sh").args(["-c", &ssh.launcher().replace("{worker}", "true")]).stderr(Stdio::null()).status();
        for _ in 0..50 {
            if answers().is_ok_and(|status| status.success()) {
                return Some(ssh);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        left_out("sshd does not answer here");
        None
    }

    pub fn launcher(&self) -> String {
        let key = self.folder.path().join("key");
        let options = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR";
        format!("ssh {options} -p {} -i {} 127.0.0.1 {{worker}}", self.port, key.display())
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.daemon.kill().and_then(|()| self.daemon.wait());
    }
}

/// Slurm with three nodes on this machine.
pub struct Slurm {
    folder: tempfile::TempDir,
}

impl Slurm {
    pub fn start() -> Option<Self> {
        installed("slurmctld", "slurm-wlm")?;
        let slurm = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let started = slurm.script("start");
        if !started {
            left_out("Slurm does not start here");
        }
        started.then_some(slurm)
    }

    fn script(&self, what: &str) -> bool {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pools/slurm.sh");
        Command::new("sh").arg(script).arg(what).arg(self.folder.path()).status().is_ok_and(|status| status.success())
    }

    fn settings(&self) -> String {
        self.folder.path().join("slurm.conf").display().to_string()
    }

    pub fn launcher(&self) -> String {
        format!("SLURM_CONF={} exec srun --quiet -n1 -c1 -t 60 {{worker}}", self.settings())
    }

    /// Cancels a job, ends a worker, its `srun`, or the daemon of a node, which comes back.
    pub fn disturb(&self, bench: &Bench, stream: &mut Stream) -> bool {
        match below(stream, 8) {
            0..=2 => kill_worker(bench, stream),
            7 => self.script("lose-node"),
            which => {
                let listed = Command::new("squeue").args(["-h", "-o", "%i"]).env("SLURM_CONF", self.settings()).output();
                let jobs = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
                let jobs: Vec<&str> = jobs.lines().collect();
                let Some(job) = jobs.get(below(stream, jobs.len().max(1))) else { return false };
                let cancel: &[&str] = if which == 6 { &["--signal=USR1"] } else { &[] };
                let status = Command::new("scancel").args(cancel).arg(job).env("SLURM_CONF", self.settings()).status();
                status.is_ok_and(|status| status.success())
            }
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.script("stop");
    }
}

/// Where a daemon is, or that it is not.
fn installed(program: &str, package: &str) -> Option<String> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let found = folders.iter().map(|folder| format!("{folder}/{program}")).find(|path| std::path::Path::new(path).is_file());
    if found.is_none() {
        left_out(&format!("`{program}` is not installed (Debian's package `{package}`)"));
    }
    found
}

fn left_out(why: &str) {
    let _ = writeln!(std::io::stderr(), "left out: {why}");
}
