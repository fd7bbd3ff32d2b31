//! What is heard of workers that send what they make.

use std::cell::RefCell;
use std::time::Instant;

use crossbeam_channel::bounded;

use super::*;
use crate::cache::Cache;
use crate::digest::{Digest, Domain};
use crate::run::about::About;
use crate::run::serve::tests::request;

/// A cache, and what a worker of its own makes for it.
struct Room {
    _folder: tempfile::TempDir,
    cache: Cache,
    depot: Depot,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let depot = Depot::new(cache.clone());
        depot.opens(request().key);
        Self { _folder: folder, cache, depot }
    }

    /// What is heard of a worker that says this.
    fn hear(&self, said: &[u8]) -> Vec<Said> {
        let (answer, _answered) = bounded(1);
        let words = Mutex::new(Words::default());
        let heard = RefCell::new(Vec::new());
        let hear = |said| {
            heard.borrow_mut().push(said);
            true
        };
        ReplyReader { answer: &answer, words: &words, depot: Some(&self.depot), hear: &hear }.read(said);
        heard.into_inner()
    }
}

fn line(reply: &Reply) -> Vec<u8> {
    let mut line = serde_json::to_vec(reply).expect("plain data");
    line.push(b'\n');
    line
}

/// A worker that says what it is and sends an artifact, of which one byte may be another one on the way.
fn sends(bytes: &[u8], altered: bool) -> Vec<u8> {
    let goods = Goods::Artifact(Digest::of(Domain::Blob, bytes));
    let mut said = line(&Reply::Hello(Box::new(About::this("cpu"))));
    said.extend(line(&Reply::Parcel(Parcel::of(goods, &[bytes]))));
    for part in parts(&[bytes]) {
        said.extend(line(&Reply::Part { bytes: part.len() }));
        said.extend(part);
    }
    if altered {
        *said.last_mut().expect("not empty") ^= 1;
    }
    said.extend(done(bytes));
    said
}

fn done(bytes: &[u8]) -> Vec<u8> {
    let outputs = [("weights".to_owned(), Digest::of(Domain::Blob, bytes))].into();
    line(&Reply::Done { outputs, environment: std::collections::BTreeMap::new(), seconds: 1.0 })
}

#[test]
fn what_a_worker_makes_is_kept_before_its_task_is_told_to_be_done() {
    let room = Room::new();
    let bytes = vec![7; 3 << 20];
    let heard = room.hear(&sends(&bytes, false));
    let [Said::Reply(Reply::Hello(_)), signs @ .., Said::Reply(Reply::Done { outputs, .. })] = &heard[..] else { panic!("{heard:?}") };
    assert!(signs.len() == 4 && signs.iter().all(|said| matches!(said, Said::Reply(Reply::Alive))), "{signs:?}");
    assert_eq!(room.cache.get(&outputs["weights"], 1 << 30).expect("kept"), bytes);
}

#[test]
fn what_is_altered_or_was_not_sent_ends_the_slot() {
    let room = Room::new();
    let broken = |said: &[u8]| match room.hear(said).pop() {
        Some(Said::Broken(failure)) => failure.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(broken(&sends(b"weights", true)).contains("another checksum than was announced"));
    let hello = line(&Reply::Hello(Box::new(About::this("cpu"))));
    assert!(broken(&[&hello[..], &done(b"other")].concat()).contains("did not send what it made"));
    assert!(broken(&[&hello[..], &line(&Reply::Part { bytes: 5 })].concat()).contains("that were not announced"));
}

#[test]
#[ignore = "measures: `cargo test --release --lib run::streams -- --ignored --nocapture`"]
fn two_hundred_megabytes_keep_no_other_slot_waiting() {
    let said = sends(&vec![7; 200 << 20], false);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        let (other, mut longest) = (Room::new(), Duration::ZERO);
        let sending = scope.spawn(|| Room::new().hear(&said).len());
        while !sending.is_finished() {
            let began = Instant::now();
            assert_eq!(other.hear(&sends(b"small", false)).len(), 4);
            longest = longest.max(began.elapsed());
        }
        let _ = writeln!(std::io::stderr(), "200 MB in {:?}, the slowest answer of another slot {longest:?}", begin.elapsed());
    });
}
