//! The promises of the cache, mostly under damage.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::digest::Domain;
use crate::engine::TaskFailure;

use super::*;

pub(super) struct Shop {
    pub folder: TempDir,
    pub cache: Cache,
}

pub(super) fn shop() -> Shop {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = Cache::open(&folder.path().join("cache")).expect("a cache");
    Shop { folder, cache }
}

impl Shop {
    /// With the cache opened anew, as by the next run.
    fn reopened(self) -> Self {
        let cache = Cache::open(self.cache.folder()).expect("a cache");
        Self { cache, ..self }
    }
}

pub(super) fn task(number: u64) -> Fingerprint {
    Fingerprint { kind: "train".to_owned(), version: 1, parameters: json!({ "rate": 0.1, "seed": number }), inputs: BTreeMap::new() }
}

pub(super) fn is_hit(cache: &Cache, number: u64) -> bool {
    matches!(cache.lookup(&task(number)).expect("lookup"), Lookup::Hit(_))
}

impl Shop {
    pub fn miss(&self, number: u64) -> (MissReason, Reservation) {
        match self.cache.lookup(&task(number)).expect("lookup") {
            Lookup::Miss { reason, reservation } => (reason, reservation),
            Lookup::Hit(record) => panic!("a hit: {record:?}"),
        }
    }

    /// Runs the task: one output, `weights`.
    pub fn run(&self, number: u64) -> Digest {
        self.run_at(number, 17)
    }

    pub fn run_at(&self, number: u64, finished: u64) -> Digest {
        let (_, reservation) = self.miss(number);
        let digest = self.cache.put(format!("weights {number}").as_bytes()).expect("put");
        let outputs = BTreeMap::from([("weights".to_owned(), digest)]);
        let environment = BTreeMap::from([("device".to_owned(), "none".to_owned())]);
        reservation.save(RecordedOutcome::Done { outputs }, 0.1, finished, environment).expect("save");
        assert!(is_hit(&self.cache, number));
        digest
    }

    pub fn blob(&self, digest: &Digest) -> PathBuf {
        self.cache.reader.blobs.0.path(digest)
    }

    pub fn record(&self, number: u64) -> PathBuf {
        self.cache.reader.records.0.path(task(number).key().digest())
    }
}

#[test]
fn a_result_comes_back_as_it_was_saved() {
    let shop = shop();
    let digest = shop.run(1);
    let Lookup::Hit(record) = shop.cache.lookup(&task(1)).expect("lookup") else { panic!("a hit is expected") };
    assert_eq!(record.fingerprint, task(1));
    assert_eq!(record.outcome.outputs().collect::<Vec<_>>(), [(&"weights".to_owned(), &digest)]);
    assert_eq!((record.seconds, record.finished, record.sizes["weights"]), (0.1, 17, 9));
    assert_eq!(shop.cache.get(&digest, 9).expect("get"), b"weights 1");
    assert!(matches!(shop.cache.get(&digest, 8), Err(CacheError::TooLarge { size: 9, limit: 8, .. })));
    assert_eq!(shop.miss(2).0, MissReason::NeverRun);
    let reader = Cache::open_for_reading(&shop.folder.path().join("cache")).expect("open");
    assert_eq!(reader.find(&task(1)).expect("find"), Ok(record));
}

#[test]
fn the_stored_text_of_a_known_record_stays() {
    let shop = shop();
    shop.run(1);
    let text = fs::read_to_string(shop.record(1)).expect("record");
    let expected = concat!(
        r#"{"checksum":"c97f12422ba300c5a211e8a16d14b385247713a7bc0c9cfbbdae2a019f0d3d79","record":{"format":1,"#,
        r#""fingerprint":{"kind":"train","version":1,"parameters":{"rate":0.1,"seed":1},"inputs":{}},"#,
        r#""outcome":{"done":{"outputs":{"weights":"4882678c92138fffa6e7f056d9d85aa43eafd6ef67fb39cac6b64b81952dd2bb"}}},"#,
        r#""sizes":{"weights":9},"seconds":0.1,"finished":17,"environment":{"device":"none"}}}"#,
        "\n",
    );
    assert_eq!(text, expected);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["record"]["fingerprint"]["parameters"], task(1).parameters);
}

#[test]
fn json_comes_back_and_wrong_json_is_told() {
    let shop = shop();
    let value = BTreeMap::from([("accuracy".to_owned(), 0.1 + 0.2)]);
    let digest = shop.cache.put_json(&value).expect("put");
    assert_eq!(shop.cache.get_json::<BTreeMap<String, f64>>(&digest).expect("get"), value);
    assert!(matches!(shop.cache.get_json::<Vec<u8>>(&digest), Err(CacheError::Unreadable { .. })));
    let deep = shop.cache.put("[".repeat(100_000).as_bytes()).expect("put");
    assert!(matches!(shop.cache.get_json::<serde_json::Value>(&deep), Err(CacheError::Unreadable { .. })));
}

#[test]
fn json_that_could_not_be_read_again_is_not_stored() {
    // Quotes stand around a text.
    let put = |bytes: u64| shop().cache.put_json(&"a".repeat(bytes as usize - 2));
    assert!(put(JSON_LIMIT).is_ok() && matches!(put(JSON_LIMIT + 1), Err(CacheError::TooLarge { limit: JSON_LIMIT, .. })));
}

#[test]
fn a_failure_is_a_result_too() {
    let shop = shop();
    let failure = TaskFailure::Refused { message: "too wide".to_owned() };
    shop.miss(1).1.save(RecordedOutcome::Failed { failure: failure.clone() }, 0.0, 0, BTreeMap::new()).expect("save");
    let Lookup::Hit(record) = shop.cache.lookup(&task(1)).expect("lookup") else { panic!("a hit is expected") };
    assert_eq!(record.outcome, RecordedOutcome::Failed { failure });
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_record_is_noticed() {
    let shop = shop();
    shop.run(1);
    let path = shop.record(1);
    let text = fs::read(&path).expect("record");
    let cuts = (0..text.len()).map(|length| text[..length].to_vec());
    let flips = (0..text.len() * 8).map(|bit| {
        let mut text = text.clone();
        text[bit / 8] ^= 1 << (bit % 8);
        text
    });
    let longer = std::iter::once([&text[..], b" "].concat());
    for bad in cuts.chain(flips).chain(longer) {
        // A new file each time: some file systems flush one that was cut to nothing and written again.
        fs::remove_file(&path).expect("remove");
        fs::write(&path, &bad).expect("write");
        let reason = shop.miss(1).0;
        assert!(matches!(reason, MissReason::RecordDamaged { .. }), "{reason:?}");
    }
    shop.run(1);
}

#[test]
fn a_record_of_another_task_is_no_hit() {
    let shop = shop();
    shop.run(1);
    shop.run(2);
    fs::copy(shop.record(1), shop.record(2)).expect("copy");
    let reason = shop.miss(2).0.to_string();
    assert!(reason.ends_with("is damaged: it is the record of another task"), "{reason}");
}

#[test]
fn odd_things_in_place_of_files_are_damage() {
    let shop = shop();
    let digest = shop.run(1);
    let elsewhere = shop.folder.path().join("elsewhere");
    fs::write(&elsewhere, b"weights 1").expect("write");
    for path in [shop.record(1), shop.blob(&digest)] {
        fs::remove_file(&path).expect("remove");
        fs::create_dir(&path).expect("a folder");
        assert!(matches!(shop.miss(1).0, MissReason::RecordDamaged { .. } | MissReason::BlobDamaged { .. }));
        shop.run(1);
        fs::remove_file(&path).expect("remove");
        fs::remove_dir(path.with_extension(if path.extension().is_some() { "json.damaged" } else { "damaged" })).expect("put aside");
        std::os::unix::fs::symlink(&elsewhere, &path).expect("a link");
        assert!(matches!(shop.miss(1).0, MissReason::RecordDamaged { .. } | MissReason::BlobDamaged { .. }));
        shop.run(1);
    }
    assert_eq!(fs::read(&elsewhere).expect("read"), b"weights 1");
}

#[test]
fn a_lost_or_cut_blob_is_a_miss_and_mends() {
    let shop = shop();
    let digest = shop.run(1);
    fs::remove_file(shop.blob(&digest)).expect("remove");
    assert_eq!(shop.miss(1).0, MissReason::BlobMissing { name: "weights".to_owned(), digest });
    assert!(matches!(shop.cache.get(&digest, 9), Err(CacheError::Missing { .. })));
    shop.run(1);
    fs::write(shop.blob(&digest), b"weig").expect("cut");
    assert!(matches!(shop.miss(1).0, MissReason::BlobDamaged { .. }));
    shop.run(1);
    assert_eq!(shop.cache.get(&digest, 9).expect("get"), b"weights 1");
}

#[test]
fn an_altered_blob_is_noticed_when_read_and_then_mends() {
    let shop = shop();
    let digest = shop.run(1);
    fs::write(shop.blob(&digest), b"weights X").expect("alter");
    let reader = Cache::open_for_reading(&shop.folder.path().join("cache")).expect("open");
    assert!(matches!(reader.get(&digest, 9), Err(CacheError::Damaged { .. })));
    assert!(shop.blob(&digest).exists(), "a reader changes nothing");
    assert!(matches!(shop.cache.get(&digest, 9), Err(CacheError::Damaged { .. })));
    assert!(shop.blob(&digest).with_extension("damaged").exists());
    assert!(matches!(shop.miss(1).0, MissReason::BlobMissing { .. }));
    shop.run(1);
    fs::write(shop.blob(&digest), b"weights X").expect("alter");
    assert_eq!(shop.cache.put(b"weights 1").expect("put"), digest);
    assert_eq!(shop.cache.get(&digest, 9).expect("get"), b"weights 1");
}

#[test]
fn what_could_not_be_found_again_is_not_saved() {
    let shop = shop();
    let done = |digest| RecordedOutcome::Done { outputs: BTreeMap::from([("weights".to_owned(), digest)]) };
    let never_put = Digest::of(Domain::Blob, b"never put");
    let error = shop.miss(1).1.save(done(never_put), 0.0, 0, BTreeMap::new()).expect_err("no blob");
    assert!(matches!(error, CacheError::Missing { .. }), "{error}");
    let failed = || RecordedOutcome::Failed { failure: TaskFailure::Crashed { how: "signal 9".to_owned() } };
    let error = shop.miss(1).1.save(failed(), f64::NAN, 0, BTreeMap::new()).expect_err("not a number");
    assert!(matches!(error, CacheError::Unstorable { .. }), "{error}");
    let long = BTreeMap::from([("log".to_owned(), "x".repeat(17 << 20))]);
    let error = shop.miss(1).1.save(failed(), 0.0, 0, long).expect_err("too long");
    assert!(matches!(error, CacheError::Unstorable { .. }), "{error}");
    assert!(!shop.record(1).exists());
}

#[test]
fn many_may_put_one_blob() {
    let shop = shop();
    let bytes = vec![7; 1 << 20];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    shop.cache.put(&bytes).expect("put");
                }
            });
        }
    });
    let digest = Digest::of(Domain::Blob, &bytes);
    assert_eq!(shop.cache.get(&digest, BLOB_LIMIT).expect("get"), bytes);
    let shard = shop.blob(&digest).parent().expect("a shard").to_owned();
    assert_eq!(files::list(&shard).expect("list").len(), 1, "nothing half-written stays");
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    fs::write(&file, b"").expect("write");
    let error = Cache::open(&file.join("cache")).expect_err("below a file").to_string();
    assert!(error.starts_with(&format!("the cache folder `{}` cannot be used: ", file.join("cache").display())), "{error}");
    assert!(error.ends_with("\nhelp: choose another one with `--cache DIR` or the variable `EPNAS_CACHE`"), "{error}");
    assert!(Cache::open(&file).is_err());
    assert!(Cache::open_for_reading(&file).is_err());
}

#[test]
fn folders_that_are_links_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outside = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("blobs-v1")).expect("a link");
    assert!(Cache::open(folder.path()).is_err());
    assert!(Cache::open_for_reading(folder.path()).is_err());

    let shop = shop();
    let shard = shop.blob(&Digest::of(Domain::Blob, b"x")).parent().expect("a shard").to_owned();
    std::os::unix::fs::symlink(outside.path(), &shard).expect("a link");
    assert!(matches!(shop.cache.put(b"x"), Err(CacheError::NotAFolder { .. })));
    assert!(files::list(outside.path()).expect("list").is_empty());
}

#[test]
fn what_lies_behind_a_link_is_not_in_the_cache() {
    let shop = shop();
    let digest = shop.run(1);
    let outside = tempfile::tempdir().expect("a temporary folder");
    for (number, path) in [shop.record(1), shop.blob(&digest)].iter().enumerate() {
        let (shard, moved) = (path.parent().expect("a shard"), outside.path().join(number.to_string()));
        fs::rename(shard, &moved).expect("move");
        std::os::unix::fs::symlink(&moved, shard).expect("a link");
    }
    let shop = shop.reopened();
    assert!(matches!(shop.cache.reader().get(&digest, 9), Err(CacheError::Damaged { how, .. }) if how == "it is a symbolic link"));
    assert!(matches!(shop.miss(1).0, MissReason::RecordDamaged { how, .. } if how == "it is a symbolic link"));
    let garbage = shop.cache.reader().garbage(&crate::cache::Wanted::default()).expect("it can be judged");
    assert_eq!((garbage.records.len(), garbage.blobs.len()), (0, 0), "nothing outside is taken away");
}

#[test]
fn reading_makes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let reader = Cache::open_for_reading(&folder.path().join("none")).expect("an empty cache");
    assert_eq!(reader.find(&task(1)).expect("find"), Err(MissReason::NeverRun));
    assert!(files::list(folder.path()).expect("list").is_empty());
}
