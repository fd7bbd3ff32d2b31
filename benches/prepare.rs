//! How long photographs take to be prepared: `cargo bench --no-default-features --bench prepare [-- --images N] [--python PROGRAM]`.
//!
//! JPEGs of 500×375 pixels and thereabouts, of several sizes and qualities, are made from a seed in ten class folders; of
//! more than 2,000, some differ in a comment only, which saves minutes and tells them apart as well. Told is how long it
//! takes to prepare them to 64×64 into an empty cache, and to have them again from there. With `--python` the program
//! beside this file reads, decodes and resizes the same images as torchvision does with Pillow and two workers. Files come
//! from the page cache of the system. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use epnas::cache::Cache;
use epnas::dataset::photos::{Corrupt, Photos, Portion, Storage};
use epnas::seed::{Seed, below};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, Rgb, RgbImage};

const IMAGES: usize = 20_000;
/// Pictures that are drawn; what more files there are have one of these with another comment.
const PICTURES: usize = 2_000;
const SIZE: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement: start it with `cargo bench --no-default-features --bench prepare`");
        return;
    }
    let value = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|place| arguments.get(place + 1));
    let images = value("--images").map_or(IMAGES, |images| images.parse().expect("a number of images"));
    let folder = tempfile::tempdir_in(".").unwrap();
    let bytes = make(folder.path(), images);
    // What was written just now may still change: notes are kept of what is settled.
    std::thread::sleep(std::time::Duration::from_secs(4));
    let cache = tempfile::tempdir_in(".").unwrap();
    println!("{images} images, {:.0} MB, {} processors", bytes as f64 / 1e6, std::thread::available_parallelism().unwrap());
    println!("| what | seconds | images/s |\n|--|--|--|");
    let tell = |what: &str, seconds: f64| println!("| {what} | {seconds:.3} | {:.0} |", images as f64 / seconds);
    tell("epnas, first time", open(folder.path(), cache.path()));
    tell("epnas, second time", open(folder.path(), cache.path()));
    if let Some(python) = value("--python") {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/prepare/peer.py");
        let output = Command::new(python).arg(script).args([folder.path().as_os_str(), SIZE.to_string().as_ref()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (what, seconds) = text.trim().rsplit_once(": ").expect("a name and seconds");
        tell(what, seconds.parse().unwrap());
    }
}

fn open(folder: &Path, cache: &Path) -> f64 {
    let photos = Photos {
        size: SIZE,
        validation: None,
        test: None,
        seed: 0,
        corrupt: Corrupt::Fail,
        corrupt_limit: Portion::Millionths(1_000),
        group: None,
        val_as_test: false,
        storage: Storage::Auto,
    };
    let reader = Cache::open_for_reading(cache).unwrap();
    #[expect(clippy::disallowed_methods, reason = "as `cli` does")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let began = Instant::now();
    reader.photos(folder, &photos, now, &mut |_| ()).unwrap();
    began.elapsed().as_secs_f64()
}

/// Soft shapes and some noise: as many bytes as photographs of these sizes have. Returns the bytes of all.
fn make(folder: &Path, images: usize) -> u64 {
    for class in 0..10 {
        std::fs::create_dir_all(folder.join(format!("class-{class}"))).unwrap();
    }
    let numbers: Vec<usize> = (0..images.min(PICTURES)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let some = numbers.chunks(numbers.len().div_ceil(threads).max(1));
        let running: Vec<_> =
            some.map(|some| scope.spawn(move || some.iter().map(|&number| write(folder, number, images)).sum::<u64>())).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// One picture, in as many files as it takes.
fn write(folder: &Path, number: usize, images: usize) -> u64 {
    let mut stream = Seed::root(1).child("image").nth(number).stream();
    let (width, height) = [(500, 375), (375, 500), (500, 333), (480, 360)][number % 4];
    let wave: [u32; 6] = std::array::from_fn(|_| 20 + below(&mut stream, 100) as u32);
    let noise: Vec<u8> = (0..4096).map(|_| below(&mut stream, 24) as u8).collect();
    let image = RgbImage::from_fn(width, height, |x, y| {
        let grain = noise[((y * 61 + x * 7) % 4096) as usize];
        let soft = |a: u32, b: u32| ((x * 256 / a + y * 256 / b) % 512).abs_diff(256).min(230) as u8;
        Rgb([soft(wave[0], wave[1]), soft(wave[2], wave[3]), soft(wave[4], wave[5])].map(|value: u8| value.saturating_add(grain)))
    });
    let mut bytes = Vec::new();
    let quality = [75, 85, 90, 95][number / 4 % 4];
    JpegEncoder::new_with_quality(&mut bytes, quality).encode(&image, width, height, ExtendedColorType::Rgb8).unwrap();
    let (start, rest) = bytes.split_at(2);
    let write = |number: usize| {
        let comment = [&[0xff, 0xfe, 0, 6][..], &(number as u32).to_be_bytes()].concat();
        let file = [start, &comment, rest].concat();
        std::fs::write(folder.join(format!("class-{}/{number:06}.jpg", number % 10)), &file).unwrap();
        file.len() as u64
    };
    (number..images).step_by(PICTURES).map(write).sum()
}
