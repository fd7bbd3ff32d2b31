//! What is taken away and what stays.

use std::fs;

use super::tests::{Shop, is_hit, shop, task};
use super::*;

/// Long after everything here was written.
const LATER: u64 = 20_000_000_000;

/// A cache with the tasks 1 … `count`, finished a hundred seconds one after the other, the last one just now.
fn aged(count: u64) -> Shop {
    let shop = shop();
    for number in 1..=count {
        shop.run_at(number, LATER - 100 * (count - number));
    }
    shop
}

fn gone(shop: &Shop, wanted: &Wanted) -> Removed {
    let garbage = shop.cache.reader().garbage(wanted).expect("look");
    let removed = shop.cache.remove(&garbage).expect("remove");
    if removed.locked == 0 {
        assert_eq!(removed.bytes, garbage.bytes());
    }
    assert!(shop.cache.reader().verify().expect("verify").faults.is_empty(), "what stays is whole");
    removed
}

fn wanted() -> Wanted {
    Wanted { now: LATER, ..Wanted::default() }
}

fn hits(shop: &Shop, count: u64) -> Vec<u64> {
    (1..=count).filter(|number| is_hit(&shop.cache, *number)).collect()
}

#[test]
fn without_limits_only_what_nobody_reads_goes() {
    let shop = aged(2);
    let digest = shop.cache.put(b"an orphan").expect("put");
    fs::write(shop.record(1).with_extension("json.damaged"), b"abc").expect("write");
    fs::write(shop.record(1).with_file_name(".writing-x"), b"abc").expect("write");
    fs::write(shop.record(1).with_file_name("notes"), b"abc").expect("write");
    fs::write(shop.cache.locks.join(task(1).key().to_string()), b"").expect("a lock that was left");
    let removed = gone_with_strays(&shop, &wanted());
    assert_eq!(removed, Removed { records: 0, blobs: 1, leftovers: 2, bytes: 9 + 6, locked: 0 });
    assert!(!shop.blob(&digest).exists());
    assert!(shop.record(1).with_file_name("notes").exists(), "a stray is not ours");
    assert!(files::list(&shop.cache.locks).expect("list").is_empty());
    assert_eq!(hits(&shop, 2), [1, 2]);
}

fn gone_with_strays(shop: &Shop, wanted: &Wanted) -> Removed {
    let garbage = shop.cache.reader().garbage(wanted).expect("look");
    shop.cache.remove(&garbage).expect("remove")
}

#[test]
fn what_is_older_goes_with_its_outputs() {
    let shop = aged(4);
    let removed = gone(&shop, &Wanted { older_than: Some(150), ..wanted() });
    assert_eq!((removed.records, removed.blobs), (2, 2));
    assert_eq!(hits(&shop, 4), [3, 4]);
}

#[test]
fn the_oldest_go_until_the_rest_fits() {
    let shop = aged(4);
    let each = fs::metadata(shop.record(1)).expect("a record").len() + 9;
    gone(&shop, &Wanted { max_size: Some(3 * each), ..wanted() });
    assert_eq!(hits(&shop, 4), [2, 3, 4]);
    gone(&shop, &Wanted { max_size: Some(3 * each - 1), ..wanted() });
    assert_eq!(hits(&shop, 4), [3, 4]);
    let nothing = shop.cache.reader().garbage(&Wanted { max_size: Some(0), ..wanted() }).expect("look");
    assert_eq!((nothing.records.len(), nothing.kept, nothing.kept_bytes), (2, 0, 0));
}

#[test]
fn a_blob_stays_while_one_record_needs_it() {
    let shop = shop();
    for (number, finished) in [(1, LATER - 200), (2, LATER)] {
        let digest = shop.cache.put(b"shared").expect("put");
        let outputs = BTreeMap::from([("weights".to_owned(), digest)]);
        shop.miss(number).1.save(RecordedOutcome::Done { outputs }, 0.1, finished, BTreeMap::new()).expect("save");
    }
    let removed = gone(&shop, &Wanted { older_than: Some(100), ..wanted() });
    assert_eq!((removed.records, removed.blobs), (1, 0));
    assert_eq!(hits(&shop, 2), [2]);
}

#[test]
fn what_is_kept_stays_whatever_the_limits() {
    let shop = aged(4);
    let keep = Some([1, 3].map(|number| task(number).key()).into());
    let dry = shop.cache.reader().garbage(&Wanted { keep: keep.clone(), ..wanted() }).expect("look");
    assert!(dry.records.iter().all(|doomed| doomed.why == Why::NotKept));
    assert_eq!(hits(&shop, 4), [1, 2, 3, 4], "looking changes nothing");
    gone(&shop, &Wanted { keep: keep.clone(), older_than: Some(250), ..wanted() });
    assert_eq!(hits(&shop, 4), [1, 2, 3, 4]);
    gone(&shop, &Wanted { keep: keep.clone(), older_than: Some(150), ..wanted() });
    assert_eq!(hits(&shop, 4), [1, 3, 4]);
    gone(&shop, &Wanted { keep: keep.clone(), max_size: Some(0), ..wanted() });
    assert_eq!(hits(&shop, 4), [1, 3]);
    shop.run_at(4, LATER);
    gone(&shop, &Wanted { keep, ..wanted() });
    assert_eq!(hits(&shop, 4), [1, 3]);
}

#[test]
fn what_cannot_be_used_goes_in_any_case() {
    let shop = aged(3);
    fs::write(shop.record(1), b"{").expect("cut");
    let lost = shop.cache.put(b"weights 2").expect("put");
    fs::remove_file(shop.blob(&lost)).expect("remove");
    let keep = Some((1..=3).map(|number| task(number).key()).collect());
    let removed = gone(&shop, &Wanted { keep, ..wanted() });
    assert_eq!((removed.records, removed.blobs), (2, 1), "the output of the damaged record as well");
    assert_eq!(hits(&shop, 3), [3]);
}

#[test]
fn the_young_and_the_locked_stay() {
    let shop = aged(2);
    let digest = shop.cache.put(b"an orphan").expect("put");
    let written = files::modified(&shop.blob(&digest)).expect("look").expect("there");
    let just_now = Wanted { now: written + SPARED - 1, ..Wanted::default() };
    assert_eq!(shop.cache.reader().garbage(&just_now).expect("look").spared, 1);
    assert_eq!(gone(&shop, &just_now), Removed::default());
    let forced = Wanted { spares_nothing: true, ..just_now };
    assert_eq!(shop.cache.reader().garbage(&forced).expect("look").blobs.len(), 1);
    let then = Wanted { now: written + SPARED, ..Wanted::default() };
    assert_eq!(gone(&shop, &then).blobs, 1);

    let lock = shop.cache.lock(&task(1).key()).expect("lock").expect("free");
    let removed = gone(&shop, &Wanted { max_size: Some(0), ..wanted() });
    assert_eq!((removed.records, removed.blobs, removed.locked), (1, 1, 1));
    assert_eq!(hits(&shop, 2), [1], "with its output");
    drop(lock);
    gone(&shop, &Wanted { max_size: Some(0), ..wanted() });
    assert_eq!(hits(&shop, 2), [0; 0]);
}

#[test]
fn a_cache_in_use_is_not_had_alone() {
    let shop = shop();
    let folder = shop.cache.folder().to_owned();
    let copy = shop.cache.clone();
    drop(shop.cache);
    assert!(Cache::open_alone(&folder).expect("look").is_none(), "a copy is in use");
    drop(copy);
    let alone = Cache::open_alone(&folder).expect("look").expect("nobody uses it");
    assert!(Cache::open_alone(&folder).expect("look").is_none());
    drop(alone);
    assert!(Cache::open(&folder).is_ok());
}
