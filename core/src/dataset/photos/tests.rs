//! Photographs made here, tiny and of every kind: found, or refused with what to do.

use std::fs;
use std::io::Cursor;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::*;
use crate::digest::Digest;

/// Settings of an 8×8 set.
pub(super) fn photos() -> Photos {
    Photos {
        size: 8,
        validation: None,
        test: None,
        seed: 0,
        corrupt: Corrupt::Fail,
        corrupt_limit: Portion::Millionths(1_000),
        group: None,
        val_as_test: false,
        storage: Storage::Auto,
    }
}

pub(super) fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

/// A picture that differs from those of other numbers.
pub(super) fn picture(number: u8, format: ImageFormat) -> Vec<u8> {
    let pixel = |x: u32, y: u32| Rgb([number.wrapping_mul(37), (x * 9) as u8, (y * 11) as u8 ^ number]);
    encoded(RgbImage::from_fn(20, 12, pixel), format)
}

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.0.path().to_owned() } else { self.0.path().join(name) }
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("our own folder");
        fs::write(path, bytes).expect("our own file");
        self
    }

    /// Two classes of so many JPEGs, no two alike.
    pub(super) fn classes(images: u8) -> Self {
        let folder = Self::new();
        for number in 0..images {
            folder.write(&format!("cat/{number:02}.jpg"), picture(number, ImageFormat::Jpeg));
            folder.write(&format!("dog/{number:02}.JPEG"), picture(100 + number, ImageFormat::Jpeg));
        }
        folder
    }

    fn list(&self, name: &str) -> Result<Listing, String> {
        let listing = Listing::at(&self.path(name), &photos());
        listing.map_err(|error| error.to_string().replace(&self.0.path().display().to_string(), "set"))
    }

    pub(super) fn prepare(&self, photos: &Photos, store: Option<&Path>) -> Result<Prepared, String> {
        let listing = Listing::at(&self.path(""), photos).map_err(|error| error.to_string())?;
        let stamps = Survey::stamps(&listing);
        let mut survey = Survey::of(listing, stamps, &Remembered::new(), &mut |_| ());
        let images = |digest: &Digest| store.map(|store| store.join(digest.to_string())).unwrap_or_default();
        let store = store.map(|folder| Store { folder, images: &images });
        let prepared = prepare(&mut survey, &self.path(""), photos, store.as_ref(), &mut |_| ());
        let prepared = prepared.map_err(|error| error.to_string().replace(&self.0.path().display().to_string(), "set"))?;
        for part in [&prepared.train, &prepared.test] {
            if let Some(file) = &part.file {
                fs::rename(file, images(&part.digest)).expect("our own file");
            }
        }
        Ok(prepared)
    }
}

#[track_caller]
fn refuses(folder: &Folder, expected: &str) {
    let said = folder.list("").expect_err("refused");
    assert!(said.contains(expected), "{said}");
}

#[test]
fn class_folders_are_found_with_and_without_parts() {
    let folder = Folder::classes(3);
    let listing = folder.list("").expect("class folders");
    assert_eq!(
        (&listing.layout[..], &listing.classes[..], listing.entries.len()),
        ("class folders", &["cat".to_owned(), "dog".to_owned()][..], 6)
    );
    let parts = Folder::new();
    for (path, number) in [("train/b/x/1.png", 1), ("train/a/2.png", 2), ("valid/b/3.png", 3), ("test/a/4.png", 4)] {
        parts.write(path, picture(number, ImageFormat::Png));
    }
    let listing = parts.list("").expect("parts");
    assert_eq!(listing.layout, "class folders in `train`, `valid`, `test`");
    let found: Vec<_> = listing.entries.iter().map(|entry| (entry.path.as_str(), entry.label, entry.part)).collect();
    let [train, validation, test] = PhotoPart::ALL.map(Some);
    assert_eq!(
        found,
        [("test/a/4.png", 0, test), ("train/a/2.png", 0, train), ("train/b/x/1.png", 1, train), ("valid/b/3.png", 1, validation)]
    );
    assert_eq!(listing.notes, ["the class `a` has no images in the validation part", "the class `b` has no images in the test part"]);
}

#[test]
fn what_is_passed_over_is_told() {
    let folder = Folder::classes(2);
    folder
        .write(".ipynb_checkpoints/1.jpg", b"")
        .write("cat/.DS_Store", b"")
        .write("__MACOSX/cat/1.jpg", b"")
        .write("cat/notes.txt", b"text");
    fs::create_dir(folder.path("empty")).expect("our own folder");
    symlink(folder.path("cat"), folder.path("cat/again")).expect("a link");
    symlink("/usr", folder.path("dog/out")).expect("a link");
    symlink(folder.path("dog/00.JPEG"), folder.path("dog/link.jpg")).expect("a link");
    let listing = folder.list("").expect("class folders");
    assert_eq!(listing.entries.len(), 4);
    let mut notes = listing.notes;
    notes.sort_unstable();
    let expected = [
        "2 paths: each is hidden and passed over, such as `.ipynb_checkpoints`",
        "`__MACOSX` is of the system and passed over",
        "`cat/again` is a link in a circle and passed over",
        "`cat/notes.txt` is no image and passed over",
        "`dog/link.jpg` is a link to an image that is there already and passed over",
        "`dog/out` is a link out of the folder and passed over",
        "the folder `empty` holds no images and is no class",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn what_is_no_set_is_refused_with_what_to_do() {
    let folder = Folder::new();
    refuses(&folder, "`set`: there are no images\nhelp: put the images of each class");
    folder.write("a.jpg", picture(1, ImageFormat::Jpeg));
    refuses(&folder, "1 image in no class folders");
    folder.write("cat/1.jpg", picture(1, ImageFormat::Jpeg));
    refuses(&folder, "all images are of one class, `cat`");
    let folder = Folder::classes(1);
    folder.write("train/cat/1.jpg", b"");
    refuses(&folder, "`train` is a part with folders in it, and `cat` beside it is none");
    let folder = Folder::new();
    folder.write("train/a/1.jpg", b"").write("train/b/1.jpg", b"").write("val/c/1.jpg", b"");
    refuses(&folder, "the class `c` of the validation part has no training images");
    folder.write("valid/a/1.jpg", b"");
    refuses(&folder, "`val` and `valid` are both the validation part");
    let missing = folder.list("none").expect_err("nothing is there");
    assert!(missing.starts_with("`set/none` is not there\nhelp: name the folder"), "{missing}");
    fs::create_dir(folder.path("x"))
        .and_then(|()| fs::write(folder.path("x").join(std::ffi::OsStr::from_bytes(b"\xe9.jpg")), b""))
        .expect("our own");
    refuses(&folder, "is not UTF-8\nhelp: rename it");
}

#[test]
fn tables_and_archives_say_the_same_as_folders() {
    let folder = Folder::classes(2);
    folder.write("list.csv", "path,label,split\ncat/00.jpg,cat,train\ncat/01.jpg,cat,test\ndog/00.JPEG,dog,train\ndog/01.JPEG,dog,val\n");
    let listing = folder.list("list.csv").expect("a table");
    let parts: Vec<_> = listing.entries.iter().map(|entry| (entry.label, entry.part.expect("each has one").word())).collect();
    assert_eq!(parts, [(0, "training"), (0, "test"), (1, "training"), (1, "validation")]);
    folder.write("list.jsonl", "{\"file_name\": \"cat/00.jpg\", \"label\": 7}\n{\"file_name\": \"dog/00.JPEG\", \"label\": 8}\n");
    assert_eq!(folder.list("list.jsonl").expect("a table").classes, ["7", "8"]);
    for (table, expected) in [
        ("label\na\n", "line 1: no column of paths"),
        ("path,label\n../x.jpg,a\n", "line 2: `../x.jpg` leads out of the folder of the table"),
        ("path,label\nx.jpg,a\nx.jpg,b\n", "line 3: `x.jpg` is named in line 2 already"),
        ("path,label,split\nx.jpg,a,dev\n", "line 2: `dev` is no part"),
        ("path,label\nx.jpg\n", "line 2 has 1 cell, and the header 2\n"),
        ("path;label\nx.jpg;a\n", "line 1: no column of paths in `path;label`"),
        ("path,label\nx.jpg,\n", "line 2 has no label\n"),
        ("path,label,set\nx.jpg,a,train\ny.jpg,a,test\n", "the column `set` holds parts and is not called `split`"),
        (
            "path,label,split\nx.jpg,cat,train\ny.jpg,dog,train\nz.jpg,cats,test\n",
            "the class `cats` of the test part has no training images; one of its images is `z.jpg`\nhelp: did you mean `cat`?",
        ),
    ] {
        let said = folder.write("bad.csv", table).list("bad.csv").expect_err("refused");
        assert!(said.contains(expected), "{said}");
    }
    folder.write("set.jsonl", "{\"path\": \"x.jpg\", \"label\": 1, \"set\": \"val\"}\n");
    assert!(folder.list("set.jsonl").expect_err("refused").contains("the column `set` holds parts and is not called `split`"));
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_dir_all("set", folder.path("cat").parent().expect("a folder")).expect("packs");
    let bytes = tar.into_inner().expect("packs");
    let packed = Folder::new();
    packed.write("set.tar", &bytes);
    let listing = packed.list("set.tar").expect("an archive");
    assert_eq!((listing.entries.len(), listing.entries[0].path.as_str()), (4, "cat/00.jpg"));
    assert_eq!(listing.entries[0].place.read(), Ok(picture(0, ImageFormat::Jpeg)));
    let mut ends = tar::Archive::new(&bytes[..]);
    let between = ends.entries().expect("ours").nth(2).expect("more than two").expect("ours").raw_header_position() as usize;
    let said = packed.write("between.tar", &bytes[..between]).list("between.tar").expect_err("cut off");
    assert!(said.contains("it ends behind a file, without the blocks that end an archive\nhelp: fetch the archive again"), "{said}");
    let said = packed.write("cut.tar", &bytes[..bytes.len() - 1_700]).list("cut.tar").expect_err("cut off");
    assert!(said.contains("the archive cannot be read to its end"), "{said}");
}

#[test]
fn a_folder_of_one_archive_stands_for_the_archive() {
    let mut tar = tar::Builder::new(Vec::new());
    let image = picture(1, ImageFormat::Jpeg);
    // Text beside the images labels none of them.
    for (path, bytes) in [("cat/1.jpg", &image[..]), ("dog/2.jpg", &image[..]), ("cat/about.json", b"{}"), ("info.json", b"{}")] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes).expect("packs");
    }
    let folder = Folder::new();
    folder.write("all.tar", tar.into_inner().expect("packs")).write("LICENSE", "free");
    let listing = folder.list("").expect("class folders");
    assert_eq!((listing.entries.len(), &listing.classes[..]), (2, &["cat".to_owned(), "dog".to_owned()][..]));
    folder.write("dog/3.jpg", picture(3, ImageFormat::Jpeg)).write("cow/4.jpg", picture(4, ImageFormat::Jpeg));
    assert_eq!(folder.list("").expect("class folders").classes, ["cow", "dog"]);
}

#[test]
fn shards_are_read_in_place() {
    let shard = |numbers: &[u8]| {
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |name: String, bytes: &[u8]| {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes).expect("packs");
        };
        for number in numbers {
            add(format!("{number:04}.jpg"), &picture(*number, ImageFormat::Jpeg));
            add(format!("{number:04}.cls"), if number % 2 == 0 { b"even" } else { b"odd" });
        }
        tar.into_inner().expect("packs")
    };
    let folder = Folder::new();
    folder.write("train-000.tar", shard(&[0, 1, 2])).write("val-000.tar", shard(&[3, 4]));
    let listing = folder.list("").expect("shards");
    assert_eq!((&listing.layout[..], &listing.classes[..]), ("2 WebDataset shards", &["even".to_owned(), "odd".to_owned()][..]));
    let found: Vec<_> = listing.entries.iter().map(|entry| (entry.label, entry.part.expect("by its shard").word())).collect();
    assert_eq!(found, [(0, "training"), (1, "training"), (0, "training"), (1, "validation"), (0, "validation")]);
    assert_eq!(listing.entries[4].place.read(), Ok(picture(4, ImageFormat::Jpeg)));
}

#[test]
#[cfg(not(feature = "parquet"))]
fn parquet_files_are_named_where_they_are_not_read() {
    let folder = Folder::new();
    folder.write("data/train-00000-of-00001.parquet", b"PAR1 and more");
    for name in ["", "data/train-00000-of-00001.parquet"] {
        let said = folder.list(name).expect_err("refused");
        assert!(said.contains("the images lie in Parquet files, which this epnas was built without\nhelp: build it again"), "{said}");
    }
}

#[test]
fn flat_validation_images_get_their_classes_from_the_file_beside_them() {
    let folder = Folder::new();
    for (path, number) in [("train/n01/n01_1.JPEG", 1), ("train/n02/n02_1.JPEG", 2), ("val/ILSVRC2012_val_00000001.JPEG", 3)] {
        folder.write(path, picture(number, ImageFormat::Jpeg));
    }
    refuses(&folder, "the validation images of ImageNet lie in one folder, without their classes\nhelp: put `LOC_val_solution.csv`");
    folder.write("LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000001,n02 1 2 3 4 \n");
    let listing = folder.list("").expect("ImageNet");
    assert_eq!(listing.layout, "ImageNet: class folders in `train`, `val`");
    assert_eq!((listing.entries[2].label, listing.entries[2].part), (1, Some(PhotoPart::Validation)));
    // The official validation images as the test.
    let as_test = Photos { val_as_test: true, ..photos() };
    let listing = Listing::at(&folder.path(""), &as_test).expect("ImageNet");
    assert_eq!(listing.entries.iter().map(|entry| entry.part).collect::<Vec<_>>()[1..], [Some(PhotoPart::Train), Some(PhotoPart::Test)]);
    let refused = |folder: &Folder| Listing::at(&folder.path(""), &as_test).expect_err("refused").to_string();
    assert!(refused(&Folder::classes(2)).contains("no part `val`, which `val-as-test` makes the test part\nhelp: take `val-as-test` out"));
    folder.write("test/n01/n01_2.JPEG", picture(4, ImageFormat::Jpeg));
    std::fs::remove_file(folder.path("LOC_val_solution.csv")).expect("our own file");
    std::fs::rename(folder.path("val/ILSVRC2012_val_00000001.JPEG"), folder.path("val/a.jpg")).expect("our own file");
    folder.write("val/n01/b.jpg", picture(5, ImageFormat::Jpeg));
    assert!(refused(&folder).contains("have a test part of their own"), "{}", refused(&folder));
}
