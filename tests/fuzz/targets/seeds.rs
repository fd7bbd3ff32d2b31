//! Writes what the targets begin with into `corpus/`, and the words of their languages into `corpus/words`.

#[path = "../doors/mod.rs"]
mod doors;

use std::path::Path;

use epnas::digest::{Digest, Domain};
use epnas::files;

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (door, seed) in doors::seeds() {
        let name = Digest::of(Domain::Blob, &seed).short();
        files::write_unflushed(&corpus.join(door).join(name), &seed).expect("the folder can be written");
    }
    let words: String = doors::words().iter().map(|word| format!("\"{word}\"\n")).collect();
    files::write_unflushed(&corpus.join("words"), words.as_bytes()).expect("the folder can be written");
}
