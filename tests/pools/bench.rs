//! A search, what it gives on this machine, and the same on pools.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use epnas::cache::RecordedOutcome;
use epnas::seed::{Seed, Stream, below};
use serde_json::Value;

use crate::lab::{Lab, events, summary, text};
use crate::torture::{SPEC, kill, records, results};

/// A launcher that is always there, and says something of its own first.
pub const PROCESS: &str = "echo welcome to this node; exec {worker}";

pub struct Bench {
    pub lab: Lab,
    expected: BTreeMap<&'static str, Vec<u8>>,
    remembered: BTreeMap<String, RecordedOutcome>,
    /// Trainings of the search.
    pub trained: u64,
}

/// Ends something of a slot.
pub type Disturb<'a> = dyn Fn(&Bench, &mut Stream) -> bool + 'a;

impl Bench {
    /// With the search done on this machine.
    pub fn new() -> Self {
        let lab = Lab::with_data();
        lab.write("search.yaml", SPEC.replace("DATA", &lab.path("data").display().to_string()));
        let arguments = ["run", "search.yaml", "--format", "json", "--device", "cpu", "--workers", "2", "--cache", "local"];
        let output = lab.epnas(&arguments);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
        let (expected, remembered) = (results(&lab), records(&lab.path("local")));
        let trained = summary(&events(&output))["tasks"]["train"]["executed"].as_u64().expect("a count");
        Self { lab, expected, remembered, trained }
    }

    /// Runs the search from the beginning on so many slots, with more settings of the pool; gives its events.
    pub fn search(&self, launch: &str, slots: usize, more: &str) -> Vec<Value> {
        let output = self.start(launch, slots, more).wait_with_output().expect("it ends");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
        events(&output)
    }

    /// Begins the search on an empty cache.
    pub fn start(&self, launch: &str, slots: usize, more: &str) -> Child {
        for folder in ["cache", "results", "scratch"] {
            let _ = std::fs::remove_dir_all(self.lab.path(folder));
        }
        self.go_on(launch, slots, more)
    }

    fn go_on(&self, launch: &str, slots: usize, more: &str) -> Child {
        let scratch = self.lab.path("scratch").display().to_string();
        let pool =
            format!("pools:\n  - {{name: far, slots: {slots}, scratch: {scratch}{more}, launch: '{}'}}\n", launch.replace('\'', "''"));
        self.lab.write("pools.yaml", pool);
        let arguments = ["run", "search.yaml", "--format", "json", "--pools", "pools.yaml"];
        self.lab.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// The search ended with the same files and the same records.
    pub fn expect_the_same(&self, what: &str) {
        for (name, bytes) in &results(&self.lab) {
            assert!(self.expected[name] == *bytes, "`{name}` is another one with {what}");
        }
        assert_eq!(records(&self.lab.path("cache")), self.remembered, "{what}");
        let verified = self.lab.epnas(&["cache", "verify"]);
        assert_eq!(verified.status.code(), Some(0), "{}{}", text(&verified.stdout), text(&verified.stderr));
    }

    /// Searches while slots are lost at random moments, until so many are; gives how many were.
    pub fn lose_slots(&mut self, launch: &str, slots: usize, losses: usize, disturb: &Disturb<'_>) -> usize {
        let mut stream = Seed::root(7).child("pools").stream();
        let (mut lost, mut searches) = (0, 0);
        while lost < losses {
            let mut run = self.start(launch, slots, "");
            let said = std::thread::spawn({
                let stdout = run.stdout.take().expect("piped");
                move || BufReader::new(stdout).lines().map_while(Result::ok).collect::<Vec<_>>()
            });
            let errors = std::thread::spawn({
                let stderr = run.stderr.take().expect("piped");
                move || std::io::read_to_string(stderr).unwrap_or_default()
            });
            while run.try_wait().expect("our own process").is_none() {
                std::thread::sleep(Duration::from_millis(300 + below(&mut stream, 1_200) as u64));
                if lost < losses && disturb(self, &mut stream) {
                    lost += 1;
                }
            }
            let code = run.wait().expect("it ended").code();
            let errors = errors.join().expect("no panic");
            assert!(matches!(code, Some(0 | 1)), "{code:?}: {errors}\n{}", said.join().expect("no panic").join("\n"));
            self.expect_the_same(&format!("{lost} slots lost"));
            searches += 1;
        }
        let _ = writeln!(std::io::stderr(), "{lost} slots lost in {searches} searches, all with the results of the undisturbed one");
        lost
    }

    /// The processes of workers of this bench.
    pub fn workers(&self) -> Vec<u32> {
        let mark = self.lab.path("scratch").display().to_string();
        processes(|_, words| words[0].ends_with("epnas-worker") && words.contains(&mark))
    }

    /// Whether images lie on what stands for the disk of a node.
    pub fn scratch_has_images(&self) -> bool {
        let folder: PathBuf = self.lab.path("scratch/data-v1");
        std::fs::read_dir(folder).is_ok_and(|entries| entries.count() > 0)
    }

    /// Waits until no worker is left; gives how long that took.
    pub fn until_all_are_gone(&self) -> Duration {
        let began = Instant::now();
        while !self.workers().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(60), "{:?} do not end", self.workers());
            std::thread::sleep(Duration::from_millis(20));
        }
        began.elapsed()
    }
}

/// The processes of this machine that are so, by their number and the words of their command line.
pub fn processes(is: impl Fn(u32, &[String]) -> bool) -> Vec<u32> {
    let numbers = std::fs::read_dir("/proc").expect("there").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let words = |number: u32| {
        let line = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        text(&line).split('\0').map(str::to_owned).collect::<Vec<_>>()
    };
    numbers.filter(|number| is(*number, &words(*number))).collect()
}

/// Ends a random worker, whatever it does.
pub fn kill_worker(bench: &Bench, stream: &mut Stream) -> bool {
    let workers = bench.workers();
    let Some(worker) = workers.get(below(stream, workers.len().max(1))) else { return false };
    kill(*worker, if below(stream, 4) == 0 { "TERM" } else { "KILL" });
    true
}

/// The devices of slots in the order of their appearance.
pub fn appeared(events: &[Value]) -> Vec<String> {
    let slots = events.iter().filter(|event| event["event"] == "slot-appeared");
    slots.filter_map(|event| event["device"].as_str().map(str::to_owned)).collect()
}
