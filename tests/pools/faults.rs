//! Launchers that do not do what they should, and what is said of them.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::bench::{Bench, PROCESS};
use crate::lab::{Lab, events, hello, summary, text};

/// What a run says that has only this pool; it must not succeed.
fn said(launch: &str, more: &str) -> String {
    let lab = Lab::with_data();
    lab.spec("");
    lab.write("pools.yaml", format!("pools:\n  - {{name: far, launch: '{}'{more}}}\n", launch.replace('\'', "''")));
    let output = lab.epnas(&["run", "search.yaml", "--pools", "pools.yaml"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    text(&output.stderr)
}

#[test]
fn a_launcher_that_starts_nothing_is_told_in_its_own_words() {
    let told = said("no-such-launcher {worker}", "");
    assert!(told.contains("far: cannot start a slot, the next attempt is in 1 s: exit code 127: "), "{told}");
    assert!(told.contains("no-such-launcher: not found"), "{told}");
    assert!(told.contains("error: no slot could be started: exit code 127: ") && told.contains("help: `epnas doctor --pools"), "{told}");
    let other = hello().replace(env!("CARGO_PKG_VERSION"), "0.0.1");
    let told = said(&format!("read -r hello; echo ''{other}''; cat #{{worker}}").replace("''", "'"), "");
    assert!(told.contains("is of epnas 0.0.1, this is epnas"), "{told}");
    let other = hello().replace(&format!("\"architecture\":\"{}\"", std::env::consts::ARCH), "\"architecture\":\"riscv64\"");
    let told = said(&format!("read -r hello; echo '{other}'; cat #{{worker}}"), "");
    assert!(told.contains("far: cannot start a slot") && told.contains("runs on a processor of kind `riscv64`"), "{told}");
}

#[test]
fn two_coordinators_share_a_cache_and_end_with_the_same_results() {
    let bench = Bench::new();
    let first = bench.start(PROCESS, 2, "");
    let arguments = ["run", "search.yaml", "--format", "json", "--pools", "pools.yaml", "--results", "others"];
    let second = bench.lab.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut executed = Vec::new();
    for run in [first, second] {
        let output = run.wait_with_output().expect("it ends");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
        let events = events(&output);
        executed.push(summary(&events)["tasks"]["train"]["executed"].as_u64().expect("a count"));
    }
    bench.expect_the_same("two coordinators");
    let trials = |folder: &str| std::fs::read(bench.lab.path(folder).join("tiny/trials.csv")).expect("written");
    assert!(trials("results") == trials("others"), "both told the same");
    // What one had trained the other took.
    assert_eq!(executed.iter().sum::<u64>(), bench.trained, "{executed:?}");
}

#[test]
fn a_node_whose_disk_is_full_does_without_it() {
    let bench = Bench::new();
    let scratch = bench.lab.path("scratch");
    std::fs::create_dir_all(&scratch).expect("our own folder");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&scratch).stderr(Stdio::null()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        let _ = writeln!(std::io::stderr(), "left out: no file system of 64 kB can be mounted here");
        return;
    }
    let mount = Mounted(scratch);
    // Images are sent, for they are not there, and do not fit onto its disk.
    bench.search(PROCESS, 2, ", data: /no/such/folder");
    bench.expect_the_same("a full disk");
    let images = vec![0_u8; 400 * 784];
    assert!(std::fs::write(bench.lab.path("scratch/images"), images).is_err(), "there is no room for them");
    drop(mount);
}

/// A file system that is gone when the test ends.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_pool_that_gives_no_slot_leaves_the_work_to_the_others() {
    let bench = Bench::new();
    let pools = "pools:\n  - {name: broken, launch: 'echo partition is down >&2; exit 1; #{worker}'}\n  - {name: here, workers: 2}\n";
    bench.lab.write("pools.yaml", pools);
    let output = bench.lab.epnas(&["run", "search.yaml", "--format", "json", "--pools", "pools.yaml"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("broken: cannot start a slot"), "{}", text(&output.stdout));
    bench.expect_the_same("a broken pool");
}

#[test]
fn slots_end_soon_after_their_coordinator_and_the_next_run_goes_on() {
    let bench = Bench::new();
    let mut run = bench.start(PROCESS, 2, "");
    while bench.workers().is_empty() {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(1_500));
    run.kill().and_then(|()| run.wait()).expect("it is killed");
    let took = bench.until_all_are_gone();
    assert!(took < Duration::from_secs(8), "{took:?}");
    let output = bench.lab.epnas(&["run", "search.yaml", "--format", "json", "--pools", "pools.yaml"]);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    bench.expect_the_same("a killed coordinator");
}

#[test]
fn the_doctor_starts_one_slot_of_each_pool() {
    let lab = Lab::new();
    let pools = "pools:\n  - {name: far, launch: 'echo hi; exec {worker}', slots: 3}\n  - {name: gone, launch: 'exit 5 #{worker}'}\n";
    lab.write("pools.yaml", pools);
    let output = lab.epnas(&["doctor", "--pools", "pools.yaml"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("pool far     answered after ") && told.contains("pool gone    no slot"), "{told}");
    assert!(told.contains("error: pool `gone` gives no slot: exit code 5\nhelp: try the launcher by hand: exit 5 #"), "{told}");
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_place() {
    let lab = Lab::with_data();
    lab.spec("");
    lab.write("pools.yaml", "pools:\n  - {name: far, launch: srun}\n");
    let output = lab.epnas(&["run", "search.yaml", "--pools", "pools.yaml"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("nothing says where the worker is started") && told.contains("pools.yaml:2:"), "{told}");
    let checked = lab.epnas(&["check", "pools.yaml"]);
    assert_eq!(checked.status.code(), Some(2), "{}", text(&checked.stdout));
    lab.write("pools.yaml", "pools:\n  - {name: far, launch: 'srun {worker}'}\n  - {name: here, workers: 2}\n");
    let checked = lab.epnas(&["check", "pools.yaml"]);
    assert!(text(&checked.stdout).starts_with("ok pools.yaml: 2 pools: `far`, `here`\n"), "{}", text(&checked.stdout));
    let both = lab.epnas(&["run", "search.yaml", "--pools", "pools.yaml", "--workers", "2"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(text(&both.stderr).contains("cannot be used with"), "{}", text(&both.stderr));
    let plan = lab.command(&["plan", "search.yaml", "--pools", "pools.yaml"]).stdin(Stdio::null()).output().expect("it starts");
    assert_eq!(plan.status.code(), Some(0), "{}", text(&plan.stderr));
}
