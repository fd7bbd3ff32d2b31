//! Decoded images: kept, found again, and never used where something is wrong with them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::tests::{Shop, shop};
use super::*;
use crate::cache::Fault;
use crate::dataset::DatasetKind;

/// Later than any change of a file here.
const LATER: u64 = u64::MAX;

/// A cache, and the two files of three CIFAR-100 images each, of which the first pixel is `first`.
struct Lab {
    shop: Shop,
    data: TempDir,
}

impl Lab {
    fn new(first: u8) -> Self {
        let lab = Self { shop: shop(), data: tempfile::tempdir().expect("a temporary folder") };
        lab.write("train.bin", first);
        lab.write("test.bin", first.wrapping_add(1));
        lab
    }

    fn write(&self, name: &str, first: u8) {
        let record = |number: u8| [vec![number, number], (0..3072).map(|place| (place % 7) as u8 + number + first).collect()].concat();
        files::write(&self.data.path().join(name), &[record(1), record(2), record(3)].concat()).expect("write");
    }

    fn load(&self) -> Loaded {
        let files = Files::find(&DatasetKind::Cifar100.described(), Some(self.data.path())).expect("both are there");
        self.shop.cache.reader().load(&files, Part::Train).expect("well-formed")
    }

    fn keep(&self) -> Loaded {
        let loaded = self.load();
        assert!(!loaded.images.pixels.is_mapped(), "decoded");
        self.shop.cache.keep_images(&loaded, LATER);
        loaded
    }

    fn stored(&self, digest: &Digest) -> std::path::PathBuf {
        self.shop.cache.reader.data.images.path(digest)
    }

    /// What a worker does that needs these images.
    fn worker(&self, digest: &Digest) -> Result<Option<Images>, DatasetError> {
        let decode = || Files::find(&DatasetKind::Cifar100.described(), Some(self.data.path()))?.load(Part::Train);
        self.shop.cache.images(digest, decode)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let shards = files::list(folder).unwrap_or_default();
    shards.iter().flat_map(|shard| files::list(shard).expect("a shard")).map(|path| path.display().to_string()).collect()
}

#[test]
fn what_was_decoded_once_is_mapped_from_then_on() {
    let lab = Lab::new(10);
    let first = lab.keep();
    let again = lab.load();
    assert!(again.images.pixels.is_mapped());
    assert_eq!((again.digest, again.images.digest()), (first.digest, first.digest));
    assert_eq!((again.images.stored(), &again.images.labels[..]), (first.images.stored(), &[1, 2, 3][..]));
    let path = lab.stored(&first.digest);
    assert_eq!(Digest::of(Domain::Dataset, &fs::read(path).expect("kept")), first.digest, "named by what it is");
    let other = Lab::new(10);
    other.shop.cache.keep_images(&again, LATER);
    assert!(other.stored(&first.digest).exists(), "from one cache into another");
    assert_eq!(other.load().digest, first.digest);
}

#[test]
fn a_worker_needs_no_files_where_images_are_kept() {
    let lab = Lab::new(10);
    let digest = lab.keep().digest;
    fs::remove_file(lab.data.path().join("train.bin")).expect("our own file");
    let images = lab.worker(&digest).expect("no files are asked for").expect("kept");
    assert!(images.pixels.is_mapped() && images.digest() == digest);
}

#[test]
fn a_worker_decodes_keeps_and_maps_what_is_not_there_and_takes_no_others() {
    let lab = Lab::new(10);
    let digest = lab.load().digest;
    let images = lab.worker(&digest).expect("well-formed").expect("the ones asked for");
    assert!(images.pixels.is_mapped() && images.digest() == digest);
    lab.write("train.bin", 77);
    fs::remove_file(lab.stored(&digest)).expect("kept");
    assert!(lab.worker(&digest).expect("well-formed").is_none(), "others are there now");
    assert_eq!(names(&lab.shop.cache.folder().join("data-v1")), Vec::<String>::new());
}

#[test]
fn files_that_changed_are_decoded_anew() {
    let lab = Lab::new(10);
    let digest = lab.keep().digest;
    // As long, and with the time of before.
    let path = lab.data.path().join("train.bin");
    let before = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
    lab.write("train.bin", 11);
    fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(before)).expect("our own file");
    let changed = lab.keep();
    assert_ne!(changed.digest, digest);
    assert_eq!(lab.load().digest, changed.digest);
    assert!(lab.stored(&digest).exists(), "nobody asks for it, and nothing is wrong with it");
}

#[test]
fn files_that_may_yet_change_unseen_are_not_remembered() {
    let lab = Lab::new(10);
    let loaded = lab.load();
    let Came::Decoded { source: Some(source) } = loaded.came else { panic!("decoded") };
    lab.shop.cache.keep_images(&loaded, source.changed() + 1);
    assert!(lab.stored(&loaded.digest).exists());
    assert!(!lab.load().images.pixels.is_mapped(), "decoded again");
    lab.shop.cache.keep_images(&loaded, source.changed() + 2);
    assert!(lab.load().images.pixels.is_mapped());
}

#[test]
fn damage_is_noticed_put_aside_and_mended() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("a flipped bit", |bytes| bytes[100] ^= 1),
        ("a label of another class", |bytes| *bytes.last_mut().expect("labels") = 200),
        ("a header of other images", |bytes| bytes[24] = 99),
        ("cut", |bytes| bytes.truncate(5_000)),
        ("empty", Vec::clear),
    ];
    for (what, damage) in damages {
        let lab = Lab::new(10);
        let digest = lab.keep().digest;
        let path = lab.stored(&digest);
        let mut bytes = fs::read(&path).expect("kept");
        damage(&mut bytes);
        fs::write(&path, &bytes).expect("our own file");
        assert!(!lab.load().images.pixels.is_mapped(), "{what}");
        assert_eq!(fs::read(&path).expect("who only looks changes nothing"), bytes);
        lab.keep();
        assert_eq!(lab.load().images.digest(), digest);
        assert!(lab.load().images.pixels.is_mapped(), "{what}");
        assert_eq!(fs::read(path.with_extension("damaged")).expect("put aside"), bytes);

        fs::write(&path, &bytes).expect("our own file");
        let images = lab.worker(&digest).expect("well-formed").expect("the ones asked for");
        assert!(images.pixels.is_mapped() && images.digest() == digest, "{what}");
    }
}

#[test]
fn a_file_of_any_size_is_refused_at_once() {
    let lab = Lab::new(10);
    let digest = lab.keep().digest;
    let file = fs::File::options().write(true).open(lab.stored(&digest)).expect("our own file");
    for size in [3 << 30, 5 << 30] {
        // Takes no room on the disk.
        file.set_len(size).expect("our own file");
        assert!(lab.shop.cache.reader().images(&digest).is_err());
    }
}

#[test]
fn damage_cannot_make_files_those_of_other_images() {
    let lab = Lab::new(10);
    let [one, other] = [lab.keep().digest, {
        lab.write("train.bin", 99);
        lab.keep().digest
    }];
    let notes = names(&lab.shop.cache.folder().join("sources-v1"));
    let texts = || notes.iter().map(|path| fs::read_to_string(path).expect("a note")).collect::<Vec<_>>();
    let before = texts();
    let (here, there) = if before[0].starts_with(&other.to_string()) { (0, 1) } else { (1, 0) };
    for text in [before[there].clone(), before[here].replace(&other.to_string(), &one.to_string()), String::new(), "Ä".repeat(64)] {
        fs::write(&notes[here], &text).expect("our own file");
        let loaded = lab.keep();
        assert_eq!(loaded.digest, other, "{text}");
        assert_eq!(texts(), before, "mended");
    }
}

#[test]
fn many_writers_at_once_leave_one_whole_file() {
    let lab = Lab::new(10);
    let digest = lab.load().digest;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let cache = Cache::open(lab.shop.cache.folder()).expect("a cache");
                for _ in 0..5 {
                    let images = cache.images(&digest, || Ok(lab.load().images)).expect("well-formed").expect("these");
                    assert_eq!(images.digest(), digest);
                    cache.put_images(&digest, &images).expect("room for it");
                    drop(fs::remove_file(lab.stored(&digest)));
                    cache.put_images(&digest, &images).expect("room for it");
                }
            });
        }
    });
    lab.worker(&digest).expect("well-formed").expect("these");
    assert_eq!(names(&lab.shop.cache.folder().join("data-v1")), [lab.stored(&digest).display().to_string()]);
}

#[test]
fn where_nothing_can_be_written_images_are_in_memory() {
    let lab = Lab::new(10);
    // Not even the superuser writes below a file.
    fs::write(lab.shop.cache.folder().join("data-v1"), "no folder").expect("our own file");
    let loaded = lab.keep();
    assert_eq!(lab.keep().digest, loaded.digest);
    let images = lab.worker(&loaded.digest).expect("well-formed").expect("these");
    assert!(!images.pixels.is_mapped() && images.digest() == loaded.digest);
    assert!(lab.shop.cache.put_images(&loaded.digest, &images).is_err());
}

#[test]
fn damage_is_found_by_a_look_at_everything_and_all_of_it_is_garbage() {
    let lab = Lab::new(10);
    let digest = lab.keep().digest;
    let cache = &lab.shop.cache;
    let verified = cache.reader().verify().expect("verify");
    assert_eq!((verified.images, verified.faults.len()), (1, 0));
    let size = fs::metadata(lab.stored(&digest)).expect("kept").len();
    fs::write(lab.stored(&digest), "short").expect("our own file");
    let note = names(&cache.folder().join("sources-v1")).remove(0);
    fs::write(&note, "nothing").expect("our own file");
    let verified = cache.reader().verify().expect("verify");
    assert!(matches!(&verified.faults[..], [Fault::Images { digest: found, .. }, Fault::Source { .. }] if *found == digest));
    assert_eq!(cache.repair(&verified).expect("repair"), 2);
    lab.keep();

    let written = files::modified(&lab.stored(&digest)).expect("look").expect("kept");
    let wanted = |now| crate::cache::Wanted { now, ..crate::cache::Wanted::default() };
    let young = cache.reader().garbage(&wanted(written)).expect("look");
    assert_eq!((young.leftovers.len(), young.kept_bytes), (1, size + 130), "the damaged one");
    let garbage = cache.reader().garbage(&wanted(written + 3_700)).expect("look");
    assert_eq!((garbage.leftovers.len(), garbage.kept_bytes), (3, 0));
    cache.remove(&garbage).expect("remove");
    assert!(!lab.load().images.pixels.is_mapped());
}
