//! What very many photographs cost: `cargo bench --profile dev --bench many [-- --images N] [--classes N] [--tar] [--keep FOLDER]`.
//!
//! Images of 8×8 pixels, no two alike, are made from a seed: 1.3 million of 1,000 classes unless told otherwise, each a file
//! in a folder of its class (5 GB of disk), or with `--tar` all in one archive (1.4 GB). Told are time and peak memory of `plan`
//! with an empty cache, into which it prepares all images, of a second `plan`, of `check --with-data`, and of a run with one
//! training of one epoch. With `--keep` images and cache stay for the next time. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[path = "measured/process.rs"]
mod process;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use epnas::seed::{Seed, below};

const PROGRAM: &str = env!("CARGO_BIN_EXE_epnas");
const IMAGES: usize = 1_300_000;
const CLASSES: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of minutes: start it with `cargo bench --profile dev --bench many`");
        return;
    }
    let value = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|place| arguments.get(place + 1));
    let number = |name: &str, default| value(name).map_or(default, |number| number.parse().expect("a number"));
    let (images, classes) = (number("--images", IMAGES), number("--classes", CLASSES));
    let in_tar = arguments.iter().any(|argument| argument == "--tar");
    let temporary = tempfile::tempdir_in(".").unwrap();
    let folder = value("--keep").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).unwrap();
    let data = folder.join(if in_tar { "images.tar" } else { "images" });
    if !data.exists() {
        if in_tar { pack(&data, images, classes) } else { write(&data, images, classes) }
    }
    let spec = format!(
        "name: many
dataset: {{path: {}, size: 8}}
space: {{layers: {{stem: {{channels: 8, stride: 2}}, depth: {{max: 1}}}}}}
strategy: fixed
train: {{batch-size: 512}}
final: {{epochs: 1}}
",
        data.file_name().unwrap().display()
    );
    std::fs::write(folder.join("many.yaml"), spec).unwrap();
    // What was written just now may still change: notes are kept of what is settled.
    std::thread::sleep(Duration::from_secs(4));
    println!("{images} images of {classes} classes, {} processors\n", std::thread::available_parallelism().unwrap());
    println!("| command | seconds | peak memory |\n|--|--|--|");
    for (what, command) in [
        ("`plan`, first time: all is prepared", &["plan", "many.yaml"][..]),
        ("`plan`, second time", &["plan", "many.yaml"]),
        ("`check --with-data`", &["check", "--with-data", "many.yaml"]),
        ("`run`, one training", &["run", "many.yaml"]),
    ] {
        let (time, memory) = measured(&folder, command);
        println!("| {what} | {:.2} | {} MB |", time.as_secs_f64(), memory / 1024);
    }
}

/// A picture that differs from those of other numbers, as a BMP.
fn picture(number: usize) -> Vec<u8> {
    let mut stream = Seed::root(1).child("image").nth(number).stream();
    let pixels: Vec<u8> = (0..8 * 8 * 3).map(|_| below(&mut stream, 256) as u8).collect();
    let mut bytes = b"BM".to_vec();
    for number in [54 + pixels.len() as u32, 0, 54, 40, 8, 8, 24 << 16 | 1, 0, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(pixels);
    bytes
}

fn name(number: usize, classes: usize) -> String {
    format!("class-{:04}/{number:07}.bmp", number % classes)
}

fn write(folder: &Path, images: usize, classes: usize) {
    (0..classes).for_each(|class| std::fs::create_dir_all(folder.join(format!("class-{class:04}"))).unwrap());
    (0..images).for_each(|number| std::fs::write(folder.join(name(number, classes)), picture(number)).unwrap());
}

/// A header of a tar archive and what it is of, by hand: the bench needs no crate for it.
fn pack(path: &Path, images: usize, classes: usize) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    for number in 0..images {
        let bytes = picture(number);
        let mut header = [0_u8; 512];
        let mut put = |place: usize, text: &str| header[place..place + text.len()].copy_from_slice(text.as_bytes());
        put(0, &name(number, classes));
        put(100, "0000644\0");
        put(124, &format!("{:011o}\0", bytes.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        file.write_all(&header).unwrap();
        file.write_all(&bytes).unwrap();
        file.write_all(&vec![0; bytes.len().next_multiple_of(512) - bytes.len()]).unwrap();
    }
    file.write_all(&[0; 1024]).unwrap();
    file.flush().unwrap();
}

/// Time and peak kilobytes of a command, without its workers.
fn measured(folder: &Path, command: &[&str]) -> (Duration, u64) {
    process::measured(Command::new(PROGRAM).args(command).current_dir(folder).stderr(Stdio::inherit()))
}
