//! What fuzzing found, and what it begins with, once more: no input may end a program, hang it or fill its memory.
//! `make fuzz` looks for more; an input it finds goes into `tests/fuzz/found/DOOR/`, named by what is odd about it.

#[path = "fuzz/doors/mod.rs"]
mod doors;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::lab::files_below;

/// Far above what any of them takes: milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

fn enter(door: &str, bytes: &[u8]) {
    match door {
        "spec" => doors::spec(bytes),
        "record" => doors::record(bytes),
        "protocol" => doors::protocol(bytes),
        "artifact" => doors::artifact(bytes),
        "table" => doors::table(bytes),
        "images" => doors::images(bytes),
        "bundle" => doors::bundle(bytes),
        other => panic!("there is no door `{other}`"),
    }
}

#[test]
fn what_was_found_is_mended() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found");
    for path in files_below(&root) {
        let door = path.strip_prefix(&root).unwrap().components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        let began = Instant::now();
        enter(&door, &fs::read(&path).unwrap());
        assert!(began.elapsed() < PATIENCE, "{} took {:?}", path.display(), began.elapsed());
    }
}

#[test]
fn every_door_takes_what_is_right() {
    for (door, bytes) in doors::seeds() {
        enter(door, &bytes);
    }
    assert!(doors::words().len() > 200);
}

#[test]
fn every_door_has_its_target() {
    let manifest = include_str!("fuzz/Cargo.toml");
    for door in ["spec", "record", "protocol", "artifact", "table", "images", "bundle"] {
        assert!(manifest.contains(&format!("path = \"targets/{door}.rs\"")), "{door}");
    }
}
