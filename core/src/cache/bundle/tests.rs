//! What is exported comes back; what is damaged or hostile leaves no trace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::super::tests::{Shop, is_hit, shop, task};
use super::write::append;
use super::*;
use crate::cache::{Cache, RecordedOutcome};
use crate::digest::Domain;
use crate::engine::TaskFailure;

/// A cache with two tasks, and both exported.
fn exported() -> (Shop, PathBuf) {
    let shop = shop();
    shop.run(1);
    shop.run(2);
    let path = shop.folder.path().join("bundle");
    let exported = shop.cache.reader().export(&keys(&[1, 2, 3]), BTreeMap::new(), &path).expect("export");
    assert_eq!((exported.records, exported.blobs), (2, 2), "3 was never run");
    (shop, path)
}

fn keys(numbers: &[u64]) -> BTreeSet<TaskKey> {
    numbers.iter().map(|number| task(*number).key()).collect()
}

#[test]
fn what_is_exported_comes_back_in_another_cache() {
    let (_shop, path) = exported();
    let other = shop();
    other.run(2);
    let imported = other.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    assert_eq!(imported, Imported { records: 1, blobs: 1, bytes: 9, known: 1 });
    assert!(is_hit(&other.cache, 1) && is_hit(&other.cache, 2));
    assert!(other.cache.reader().verify().expect("verify").faults.is_empty());
    let again = other.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    assert_eq!(again, Imported { known: 2, ..Imported::default() });
}

#[test]
fn the_same_content_gives_the_same_bytes_whoever_has_it() {
    let (shop, path) = exported();
    let bytes = fs::read(&path).expect("written");
    shop.cache.reader().export(&keys(&[2, 1]), BTreeMap::new(), &path).expect("export");
    assert_eq!(fs::read(&path).expect("written"), bytes);
    let other = super::super::tests::shop();
    other.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    other.run(5);
    other.cache.reader().export(&keys(&[1, 2]), BTreeMap::new(), &path).expect("export");
    assert_eq!(fs::read(&path).expect("written"), bytes);
}

#[test]
fn a_record_that_is_there_stays_and_what_is_damaged_is_mended() {
    let (_shop, path) = exported();
    let other = shop();
    let [first, second] = [1, 2].map(|number| other.run_at(number, 99));
    fs::write(other.blob(&first), b"weights X").expect("alter");
    fs::remove_file(other.blob(&second)).expect("remove");
    other.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    assert!(other.cache.reader().verify().expect("verify").faults.is_empty());
    let finished = [1, 2].map(|number| other.cache.reader().record(&task(number).key()).expect("read").expect("there").finished);
    assert_eq!(finished, [99, 99]);

    // What failed here may have ended well elsewhere.
    let here = self::shop();
    let failure = TaskFailure::Crashed { how: "signal 9".to_owned() };
    here.miss(1).1.save(RecordedOutcome::Failed { failure }, 0.0, 0, BTreeMap::new()).expect("save");
    let imported = here.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    assert_eq!((imported.records, imported.known, is_hit(&here.cache, 1)), (2, 0, true));
    let record = here.cache.reader().record(&task(1).key()).expect("read").expect("there");
    assert!(record.outcome.is_done());
}

#[test]
fn names_of_data_come_along_and_those_that_are_known_stay() {
    let (shop, path) = exported();
    let [here, there] = [b"here ", b"there"].map(|text| [Digest::of(Domain::Dataset, text); 2]);
    let names = ["both", "new"].map(|name| (name.to_owned(), there)).into();
    shop.cache.reader().export(&keys(&[1]), names, &path).expect("export");
    let other = super::super::tests::shop();
    other.cache.note_data("both", here).expect("note");
    other.cache.import(&Bundle::open(&path).expect("whole")).expect("import");
    assert_eq!(["both", "new"].map(|name| other.cache.reader().data_of(name)), [Some(here), Some(there)]);
}

#[test]
fn a_damaged_blob_is_not_exported() {
    let (shop, path) = exported();
    fs::write(shop.blob(&Digest::of(Domain::Blob, b"weights 1")), b"weights X").expect("alter");
    let fresh = path.with_extension("fresh");
    assert!(matches!(
        shop.cache.reader().export(&keys(&[1]), BTreeMap::new(), &fresh),
        Err(BundleError::Cache(CacheError::Damaged { .. }))
    ));
    assert!(!fresh.exists());
}

fn refusal(path: &Path) -> String {
    Bundle::open(path).expect_err("it is bad").to_string()
}

#[test]
fn every_cut_and_every_altered_byte_is_noticed() {
    let (_shop, path) = exported();
    let bytes = fs::read(&path).expect("written");
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).expect("write");
        refusal(&path);
    }
    // A byte that says when and where it was packed, or one of two ways to pack the same, changes nothing that is read.
    let unpacked = |bytes: &[u8]| {
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut tar).map(|_| tar).ok()
    };
    let whole = unpacked(&bytes);
    for index in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[index] ^= 0x10;
        fs::write(&path, &bytes).expect("write");
        assert!(Bundle::open(&path).is_err() || unpacked(&bytes) == whole, "byte {index}");
    }
    for more in [&b"x"[..], &bytes] {
        fs::write(&path, [&bytes, more].concat()).expect("write");
        assert!(refusal(&path).contains("something follows its last entry"), "{}", refusal(&path));
    }
}

type Entry<'a> = (tar::Header, &'a [u8]);

fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    // Not `set_path`, which refuses what is tested here.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(size);
    header.set_cksum();
    header
}

/// A bundle with these entries after a manifest.
fn packed(manifest: &Value, entries: &[Entry<'_>]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzBuilder::new().write(Vec::new(), Compression::default()));
    append(&mut archive, MANIFEST, manifest.to_string().as_bytes()).expect("memory");
    for (header, bytes) in entries {
        archive.append(header, *bytes).expect("memory");
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory")
}

fn listing(files: &[(&str, u64)]) -> Value {
    let files: Vec<Value> = files.iter().map(|(name, size)| json!({ "name": name, "size": size })).collect();
    json!({ "format": 1, "files": files })
}

#[test]
fn hostile_bundles_are_refused_and_nothing_is_written() {
    let blob = Name::Blob(Digest::of(Domain::Blob, b"abc")).to_string();
    let record = Name::Record(task(1).key()).to_string();
    let listed = listing(&[(&blob, 3)]);
    let of_type = |sort: tar::EntryType| {
        let mut header = header(&blob, 0);
        header.set_entry_type(sort);
        header.set_link_name("/etc/passwd").expect("a short name");
        header.set_cksum();
        header
    };
    let upper = blob.to_uppercase().replace("BLOBS", "blobs").replace("-V1", "-v1");
    let moved = blob.replacen('/', "//", 1);
    let no_place = |name: &str| (packed(&listing(&[(name, 3)]), &[(header(name, 3), b"abc")]), format!("`{name}` has no place in a cache"));
    let swapped = |name: &str| (packed(&listed, &[(header(name, 3), b"abc")]), format!("`{name}` stands where `{blob}` is expected"));
    let cases = [
        no_place("../../outside"),
        no_place("/etc/outside"),
        no_place("blobs-v1/../outside"),
        no_place("locks-v1/ab/cd"),
        no_place("notes.txt"),
        no_place(&upper),
        no_place(&moved),
        no_place(&format!("{blob}.json")),
        swapped("../../outside"),
        swapped("/etc/outside"),
        swapped("notes.txt"),
        (packed(&listed, &[(of_type(tar::EntryType::Symlink), b"")]), format!("`{blob}` is not a plain file")),
        (packed(&listed, &[(of_type(tar::EntryType::Link), b"")]), format!("`{blob}` is not a plain file")),
        (packed(&listed, &[(of_type(tar::EntryType::Directory), b"")]), format!("`{blob}` is not a plain file")),
        (packed(&listed, &[(of_type(tar::EntryType::XHeader), b"")]), format!("`{blob}` is not a plain file")),
        (packed(&listed, &[(header(&blob, 4), b"abcd")]), format!("the sizes of `{blob}` in the manifest and at its place differ")),
        (packed(&listed, &[(header(&blob, 3), b"abX")]), format!("the content of `{blob}` has another digest")),
        (packed(&listed, &[(header(&blob, 3), b"abc")]), format!("no record in it needs `{blob}`")),
        (packed(&listed, &[]), format!("it is cut off before `{blob}`")),
        (packed(&listing(&[]), &[(header(&blob, 3), b"abc")]), format!("`{blob}` is not in its manifest")),
        (packed(&listing(&[(&blob, u64::MAX)]), &[]), format!("`{blob}` has {} bytes, allowed are {}", u64::MAX, 4_u64 << 30)),
        (packed(&listing(&[(&record, 1 << 30)]), &[]), format!("`{record}` has {} bytes, allowed are {}", 1 << 30, 16 << 20)),
        (packed(&listed, &[(header(&blob, 1 << 40), b"abc")]), format!("the sizes of `{blob}` in the manifest and at its place differ")),
        (packed(&listing(&[(&record, 2)]), &[(header(&record, 2), b"{}")]), format!("`{record}` is damaged: ")),
        (packed(&listing(&[(&blob, 3), (&blob, 3)]), &[]), "its manifest is not in order".to_owned()),
        (packed(&json!({ "format": 1 }), &[]), "its manifest cannot be read: ".to_owned()),
        (b"no bundle at all".to_vec(), "no bundle".to_owned()),
        (Vec::new(), "it is cut off".to_owned()),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bundle");
    for (bytes, wanted) in cases {
        fs::write(&path, bytes).expect("write");
        let said = refusal(&path);
        assert!(said.starts_with(&format!("`{}` cannot be taken in: ", path.display())) && said.contains(&wanted), "{said}\n{wanted}");
    }
    assert_eq!(crate::files::list(folder.path()).expect("list"), [path]);
}

#[test]
fn a_manifest_of_absurd_size_is_not_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bundle");
    let mut packing = GzBuilder::new().write(Vec::new(), Compression::default());
    packing.write_all(header(MANIFEST, 1 << 50).as_bytes()).expect("memory");
    fs::write(&path, packing.finish().expect("memory")).expect("write");
    assert!(refusal(&path).contains("its manifest has 1125899906842624 bytes"), "{}", refusal(&path));
}

#[test]
fn a_newer_format_is_told_apart_from_damage() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bundle");
    fs::write(&path, packed(&json!({ "format": 3, "chapters": [] }), &[])).expect("write");
    let said = refusal(&path);
    assert!(said.ends_with("has the format 3, this program reads formats up to 2\nhelp: take a newer `epnas`"), "{said}");
}

#[test]
fn records_that_no_run_can_use_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bundle");
    let shop = shop();
    let digest = shop.run(1);
    let text = fs::read(shop.record(1)).expect("a record");
    let name = Name::Record(task(1).key()).to_string();
    fs::write(&path, packed(&listing(&[(&name, text.len() as u64)]), &[(header(&name, text.len() as u64), &text)])).expect("write");
    assert!(refusal(&path).contains("comes without its output `weights`"), "{}", refusal(&path));

    let other = Name::Record(task(2).key()).to_string();
    let blob = Name::Blob(digest).to_string();
    let files = listing(&[(&blob, 9), (&other, text.len() as u64)]);
    let entries = [(header(&blob, 9), &b"weights 1"[..]), (header(&other, text.len() as u64), &text[..])];
    fs::write(&path, packed(&files, &entries)).expect("write");
    assert!(refusal(&path).contains("it is the record of another task"), "{}", refusal(&path));

    let failure = TaskFailure::Refused { message: "too wide".to_owned() };
    shop.miss(3).1.save(RecordedOutcome::Failed { failure }, 0.0, 0, BTreeMap::new()).expect("save");
    let text = fs::read(shop.record(3)).expect("a record");
    let name = Name::Record(task(3).key()).to_string();
    fs::write(&path, packed(&listing(&[(&name, text.len() as u64)]), &[(header(&name, text.len() as u64), &text)])).expect("write");
    assert!(refusal(&path).contains("is of a task that failed"), "{}", refusal(&path));
    assert_eq!(shop.cache.reader().export(&keys(&[3]), BTreeMap::new(), &path).expect("export"), Exported::default());
}

#[test]
fn two_imports_at_once_end_the_same() {
    let (_shop, path) = exported();
    let other = shop();
    let folder = other.cache.folder();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let bundle = Bundle::open(&path).expect("whole");
                Cache::open(folder).expect("a cache").import(&bundle).expect("import");
            });
        }
    });
    assert!(is_hit(&other.cache, 1) && is_hit(&other.cache, 2));
    assert!(other.cache.reader().verify().expect("verify").faults.is_empty());
}
