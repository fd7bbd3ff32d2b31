//! How long data sets take to open: `cargo bench --profile dev --no-default-features --bench data [-- FOLDER]`.
//!
//! Of each data set that is found in its usual folders, or below FOLDER: seconds to decode both parts side by side and keep
//! them in an empty cache, and to have them again from there, verified; each time in a process of its own that is asked
//! for nothing else, with what it has in memory at the end: of its own, and of files that it shares. Files come from the
//! page cache of the system. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use epnas::cache::{Cache, Loaded};
use epnas::dataset::{DatasetKind, Files, Part};
use epnas::statistics::median;

const RUNS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let ["open", kind, folder, cache] = &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        open(named(kind), Path::new(folder), Path::new(cache));
        return;
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement: start it with `cargo bench --profile dev --no-default-features --bench data`");
        return;
    }
    println!("| data set | images | files | first time | from the map | memory then: own | shared |\n|--|--|--|--|--|--|--|");
    for kind in DatasetKind::ALL {
        let below = arguments.first().map(|folder| Path::new(folder).join(kind.word()));
        match Files::find(&kind.described(), below.as_deref()) {
            Ok(files) => measure(kind, &files),
            Err(_) => println!("| {kind} | not found |"),
        }
    }
}

fn named(word: &str) -> DatasetKind {
    DatasetKind::ALL.into_iter().find(|kind| kind.word() == word).expect("a data set")
}

fn measure(kind: DatasetKind, files: &Files) {
    let child = |cache: &Path| -> Vec<f64> {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).args(["open", kind.word()]).args([files.folder(), cache]).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect()
    };
    let folder = tempfile::tempdir_in(".").unwrap();
    let cache = |run: usize| -> PathBuf { folder.path().join(run.to_string()) };
    let first: Vec<Vec<f64>> = (0..RUNS).map(|run| child(&cache(run))).collect();
    let again: Vec<Vec<f64>> = (0..RUNS).map(|run| child(&cache(run))).collect();
    let of = |runs: &[Vec<f64>], place: usize| median(&runs.iter().map(|run| run[place]).collect::<Vec<_>>()).expect("a run");
    println!(
        "| {} | {} | {:.0} MB | {:.3} s | {:.3} s | {:.0} MB | {:.0} MB |",
        kind,
        of(&again, 1),
        size(files.folder()),
        of(&first, 0),
        of(&again, 0),
        of(&again, 2),
        of(&again, 3)
    );
}

/// Megabytes of all files in a folder.
fn size(folder: &Path) -> f64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>() as f64 / 1e6
}

/// Opens both parts as a run does; prints seconds, images, and megabytes of the process.
fn open(kind: DatasetKind, folder: &Path, cache: &Path) {
    let began = Instant::now();
    let files = Files::find(&kind.described(), Some(folder)).expect("found before");
    let cache = Cache::open(cache).expect("a cache");
    let load = |part| -> Loaded { cache.reader().load(&files, part).expect("well-formed") };
    let parts = std::thread::scope(|scope| {
        let test = scope.spawn(|| load(Part::Test));
        [load(Part::Train), test.join().unwrap()]
    });
    #[expect(clippy::disallowed_methods, reason = "as `cli` does")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for loaded in &parts {
        cache.keep_images(loaded, now);
    }
    let seconds = began.elapsed().as_secs_f64();
    let images: usize = parts.iter().map(|loaded| loaded.images.len()).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let megabytes = |name: &str| -> f64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0 / 1e6
    };
    println!("{seconds} {images} {} {}", megabytes("RssAnon"), megabytes("RssFile"));
}
