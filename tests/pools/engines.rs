//! Engines that a test starts for itself, from what is installed: without it a test says so and passes.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use epnas::seed::{Stream, below};

use super::bench::{Bench, kill_worker, processes};
use crate::torture::kill;

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
        let port = free_port();
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

/// Ray with a head and one more node on this machine.
pub struct Ray {
    program: String,
    /// Of its sessions; it goes last.
    _folder: tempfile::TempDir,
    port: u16,
    head: Child,
    node: RefCell<Child>,
}

impl Ray {
    /// Begins the `ray` of the `PATH`. Slots use the Python beside it.
    pub fn start() -> Option<Self> {
        let program = installed("ray", "ray` of PyPI, `ray[default]")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let port_option = format!("--port={port}");
        let temporary = format!("--temp-dir={}", folder.path().display());
        let head = Self::begin(&program, &["--head", &port_option, &temporary, "--include-dashboard=false", "--num-cpus=8"]);
        for _ in 0..600 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let node = RefCell::new(Self::join(&program, port));
        let ray = Self { program, _folder: folder, port, head, node };
        let works = Command::new("sh").args(["-c", &ray.launcher().replace("{worker}", "true")]).stderr(Stdio::null()).status();
        if !works.is_ok_and(|status| status.success()) {
            left_out("Ray does not start here");
            return None;
        }
        Some(ray)
    }

    fn begin(program: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new(program);
        command.args(["start", "--block", "--disable-usage-stats"]).args(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it is installed")
    }

    fn join(program: &str, port: u16) -> Child {
        Self::begin(program, &[&format!("--address=127.0.0.1:{port}"), "--num-cpus=8"])
    }

    pub fn launcher(&self) -> String {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/ray/ray_slot.py");
        let python = Path::new(&self.program).with_file_name("python3");
        format!("exec {} {script} --address 127.0.0.1:{} --cpus 1 -- {{worker}}", python.display(), self.port)
    }

    /// Ends a worker, the process that relays its streams, its actor, or the second node, which comes back.
    pub fn disturb(&self, bench: &Bench, stream: &mut Stream) -> bool {
        let address = format!("127.0.0.1:{}", self.port);
        let ended = match below(stream, 8) {
            0..=2 => return kill_worker(bench, stream),
            3..=4 => processes(|_, words| words.iter().any(|word| word.ends_with("ray_slot.py")) && words.contains(&address)),
            5..=6 => self.actors(),
            _ => {
                let mut node = self.node.borrow_mut();
                stop(&mut node);
                *node = Self::join(&self.program, self.port);
                return true;
            }
        };
        let Some(process) = ended.get(below(stream, ended.len().max(1))) else { return false };
        kill(*process, "KILL");
        true
    }

    /// The processes of actors on both nodes, and of no other Ray of this machine.
    fn actors(&self) -> Vec<u32> {
        let roots = [self.head.id(), self.node.borrow().id()];
        processes(|id, words| words[0].starts_with("ray::Slot") && parent(id).and_then(parent).is_some_and(|root| roots.contains(&root)))
    }
}

impl Drop for Ray {
    fn drop(&mut self) {
        stop(&mut self.node.borrow_mut());
        stop(&mut self.head);
    }
}

/// Ends a `ray start --block` with all that it started.
fn stop(child: &mut Child) {
    kill(child.id(), "TERM");
    let _ = child.wait();
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The parent of a process.
fn parent(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// Where a daemon is, or that it is not.
fn installed(program: &str, package: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join(program)).find(|path| path.is_file()).map(|path| path.display().to_string());
    if found.is_none() {
        left_out(&format!("`{program}` is not installed (package `{package}`)"));
    }
    found
}

fn left_out(why: &str) {
    let _ = writeln!(std::io::stderr(), "left out: {why}");
}
