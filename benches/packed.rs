//! What it costs to keep prepared images as JPEGs: `cargo bench --profile dev --bench packed -- --photos FOLDER`.
//!
//! The photographs in a folder are brought to several sizes and packed at several qualities. A line says how many bytes an
//! image takes, how many times fewer that is than raw, by how much pixels differ (the root of the mean square, of 255), and
//! how many images one core decodes in a second while a network trains. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use epnas_pixels::{pack, pixels, unpack};

/// How long a line decodes.
const LONG: Duration = Duration::from_millis(500);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.iter().position(|argument| argument == "--photos").and_then(|place| arguments.get(place + 1));
    let (true, Some(folder)) = (arguments.iter().any(|argument| argument == "--bench"), folder) else {
        // `cargo test --all-targets` comes here.
        println!("a measurement: start it with `cargo bench --profile dev --bench packed -- --photos FOLDER`");
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let photos: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    println!("{} photographs\n", photos.len());
    println!("| size | quality | bytes | times fewer | difference | decoded in a second |\n|--|--|--|--|--|--|");
    for size in [64, 96, 128, 224] {
        let rows: Vec<Vec<u8>> = photos.iter().map(|photo| pixels(photo, size, 3).unwrap()).collect();
        for quality in [80, 85, 90, 95] {
            let jpegs: Vec<Vec<u8>> = rows.iter().map(|row| pack(row, size, 3, quality)).collect();
            let bytes = jpegs.iter().map(Vec::len).sum::<usize>() as f64 / jpegs.len() as f64;
            let mut image = vec![0; size * size * 3];
            let (mut squares, mut elements) = (0.0, 0);
            for (jpeg, row) in jpegs.iter().zip(&rows) {
                unpack(jpeg, &mut image).unwrap();
                squares += image.iter().zip(row).map(|(is, was)| f64::from(is.abs_diff(*was)).powi(2)).sum::<f64>();
                elements += row.len();
            }
            let (began, mut decoded) = (Instant::now(), 0);
            while began.elapsed() < LONG {
                for jpeg in &jpegs {
                    unpack(jpeg, &mut image).unwrap();
                    black_box(&image);
                    decoded += 1;
                }
            }
            let (rate, fewer) = (f64::from(decoded) / began.elapsed().as_secs_f64(), image.len() as f64 / bytes);
            println!("| {size} | {quality} | {bytes:.0} | {fewer:.1} | {:.1} | {rate:.0} |", (squares / elements as f64).sqrt());
        }
    }
}
