//! Tiny photographs, prepared and prepared again.

use std::fs;

use image::{GrayImage, ImageFormat};

use super::tests::{Folder, encoded, photos, picture};
use super::*;
use crate::digest::Digest;

fn digests(prepared: &Prepared) -> [Digest; 2] {
    [prepared.train.digest, prepared.test.digest]
}

#[test]
fn images_are_prepared_alike_again_and_from_what_was_prepared_before() {
    let folder = Folder::classes(20);
    let [store, other] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let first = folder.prepare(&photos(), Some(store.path())).expect("prepared");
    let facts = first.facts.photos.clone().expect("of photographs");
    assert_eq!((first.facts.train.images, first.facts.test.images, facts.validation, facts.channels), (36, 4, 4, 3));
    assert_eq!(digests(&folder.prepare(&photos(), None).expect("without a store")), digests(&first));
    let bytes = crate::files::map(&store.path().join(first.train.digest.to_string())).expect("there");
    let images = crate::dataset::Images::from_stored(&bytes).expect("well-formed");
    assert_eq!((images.len(), images.shape.height, images.digest()), (36, 8, first.train.digest));
    // One file is another one: the rest is taken from what is there, to the same end as from nothing.
    folder.write("cat/03.jpg", picture(77, ImageFormat::Jpeg));
    let second = folder.prepare(&photos(), Some(store.path())).expect("prepared");
    assert_ne!(digests(&second), digests(&first));
    assert_eq!(digests(&second), digests(&folder.prepare(&photos(), Some(other.path())).expect("prepared")));
}

#[test]
fn rows_of_an_interrupted_preparation_are_used_and_damaged_ones_are_not() {
    let folder = Folder::classes(10);
    let store = tempfile::tempdir().expect("a temporary folder");
    let whole = folder.prepare(&photos(), Some(store.path())).expect("prepared");
    let index = store.path().join(format!("{}.index", whole.train.digest));
    let rows = store.path().join(whole.train.digest.to_string());
    // As if it had been killed: rows without labels under the name of what is unfinished, the last of them cut short.
    let mut bytes = fs::read(&rows).expect("there");
    bytes[40 + 3] ^= 1;
    bytes.truncate(40 + 192 * 9 + 100);
    fs::write(store.path().join("unfinished-x-train-0"), bytes).expect("our own file");
    fs::rename(index, store.path().join("unfinished-x-train-0.index")).expect("our own file");
    fs::remove_file(rows).expect("our own file");
    let again = folder.prepare(&photos(), Some(store.path())).expect("prepared");
    assert_eq!(digests(&again), digests(&whole));
}

#[test]
fn packed_images_are_those_that_were_prepared_and_need_no_second_decoding() {
    let folder = Folder::classes(10);
    let [raw, packed, other] = [(); 3].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let prepared = |storage, store: &tempfile::TempDir| {
        let prepared = folder.prepare(&Photos { size: 32, storage, ..photos() }, Some(store.path())).expect("prepared");
        let bytes = crate::files::map(&store.path().join(prepared.train.digest.to_string())).expect("there");
        let images = crate::dataset::Images::from_stored(&bytes).expect("well-formed");
        assert_eq!(images.digest(), prepared.train.digest);
        (prepared, images, bytes.len())
    };
    let (_, before, most) = prepared(Storage::Raw, &raw);
    let (first, after, size) = prepared(Storage::Jpeg, &packed);
    assert!(size < most / 2, "{size} of {most} bytes");
    assert_eq!((&after.labels, after.shape), (&before.labels, before.shape));
    for image in 0..before.len() {
        assert!(before.image(image).iter().zip(&*after.image(image)).all(|(was, is)| was.abs_diff(*is) < 60), "{image}");
    }
    // One file is another one: the others are taken as they were packed.
    folder.write("cat/03.jpg", picture(77, ImageFormat::Jpeg));
    let (second, ..) = prepared(Storage::Jpeg, &packed);
    assert_ne!(digests(&second), digests(&first));
    assert_eq!((digests(&second), &second.facts), (digests(&prepared(Storage::Jpeg, &other).0), &prepared(Storage::Jpeg, &other).0.facts));
}

#[test]
fn copies_stay_on_one_side_and_are_told() {
    let folder = Folder::classes(10);
    for copy in 0..10 {
        folder.write(&format!("cat/copy-{copy}.jpg"), picture(4, ImageFormat::Jpeg));
    }
    folder.write("dog/other.jpg", picture(5, ImageFormat::Jpeg));
    let prepared = folder.prepare(&photos(), None).expect("prepared");
    assert_eq!(prepared.facts.shared, 0);
    let notes = prepared.facts.photos.expect("of photographs").notes;
    assert_eq!(
        notes,
        [
            "`cat/05.jpg` and `dog/other.jpg` are one image under two labels",
            "10 images are copies of another one of their class, such as `cat/04.jpg` and `cat/copy-0.jpg`",
        ]
    );
}

#[test]
fn a_part_as_large_as_all_images_is_refused() {
    let folder = Folder::classes(10);
    let said = folder.prepare(&Photos { validation: Some(Portion::Count(500)), ..photos() }, None).expect_err("nothing is left");
    assert!(said.starts_with("`set`: 500 of 20 images are asked for the validation part, and 16 can be had: "), "{said}");
    let most = Photos { validation: Some(Portion::share(0.95)), ..photos() };
    let said = folder.prepare(&most, None).expect_err("less than was asked for");
    assert!(said.contains("19 of 20 images are asked for the validation part"), "{said}");
    // Nothing is chosen where the data bring the part.
    let own = Folder::new();
    for (number, path) in
        ["train/cat/1.png", "train/dog/1.png", "val/cat/1.png", "val/dog/1.png", "test/cat/1.png", "test/dog/1.png"].iter().enumerate()
    {
        own.write(path, picture(number as u8, ImageFormat::Png));
    }
    own.prepare(&Photos { validation: Some(Portion::Count(500)), ..photos() }, None).expect("parts of its own");
}

#[test]
fn every_file_that_cannot_be_read_is_named_at_once() {
    let folder = Folder::classes(10);
    let jpeg = picture(1, ImageFormat::Jpeg);
    let mut wrong = picture(2, ImageFormat::Png);
    let middle = wrong.len() / 2;
    wrong.iter_mut().skip(middle).take(40).for_each(|byte| *byte ^= 0x5a);
    folder.write("cat/cut.jpg", &jpeg[..jpeg.len() - 30]).write("cat/empty.jpg", b"").write("dog/text.png", b"<!DOCTYPE html><html>");
    folder.write("dog/phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0").write("dog/wrong.png", wrong);
    let said = folder.prepare(&photos(), None).expect_err("unreadable");
    assert!(
        said.starts_with("`set`: 5 of 25 images cannot be read\n  `cat/cut.jpg`: it is cut off\n  `cat/empty.jpg`: it is empty\n"),
        "{said}"
    );
    assert!(said.contains("`dog/phone.heic`: it is of the format HEIC, which is not read: convert it"), "{said}");
    assert!(said.contains("`dog/text.png`: it is an HTML page") && said.contains("`dog/wrong.png`: it is "), "{said}");
    assert!(said.ends_with("help: fetch them again or take them away; `corrupt: skip` leaves few of them out"), "{said}");
    let skipping = Photos { corrupt: Corrupt::Skip, ..photos() };
    let said = folder.prepare(&skipping, None).expect_err("too many");
    assert!(said.ends_with("help: at most 1 are skipped: fetch them again, take them away, or raise `corrupt-limit`"), "{said}");
    let skipped = folder.prepare(&Photos { corrupt_limit: Portion::share(0.2), ..skipping }, None).expect("few enough");
    assert_eq!(skipped.facts.photos.as_ref().map(|photos| photos.skipped.len()), Some(5));
    for name in ["cat/cut.jpg", "cat/empty.jpg", "dog/text.png", "dog/phone.heic", "dog/wrong.png"] {
        fs::remove_file(folder.path(name)).expect("our own file");
    }
    assert_eq!(digests(&folder.prepare(&photos(), None).expect("whole")), digests(&skipped), "as if they had never been there");
}

#[test]
fn a_set_of_grey_images_has_one_channel() {
    let folder = Folder::new();
    for number in 0..8_u8 {
        let image = GrayImage::from_fn(9, 9, |x, y| image::Luma([(x * 3 + y * 5) as u8 ^ number.wrapping_mul(29)]));
        folder.write(&format!("{}/{number}.png", number % 2), encoded(image, ImageFormat::Png));
    }
    let grey = |folder: &Folder| folder.prepare(&photos(), None).expect("prepared").facts.photos.expect("of photographs").channels;
    assert_eq!(grey(&folder), 1);
    folder.write("0/colour.png", picture(1, ImageFormat::Png));
    assert_eq!(grey(&folder), 3);
}

#[test]
fn groups_stay_on_one_side() {
    let folder = Folder::classes(20);
    let line = |class: &str, ending: &str, number: u8| format!("{class}/{number:02}.{ending},{class},{}\n", number / 5);
    let lines: String = (0..20).flat_map(|number| [line("cat", "jpg", number), line("dog", "JPEG", number)]).collect();
    folder.write("metadata.csv", format!("path,label,patient\n{lines}"));
    let grouped = Photos { group: Some("patient".to_owned()), ..photos() };
    let facts = folder.prepare(&grouped, None).expect("prepared").facts;
    assert_eq!((facts.train.images, facts.test.images, facts.photos.map(|photos| photos.validation)), (30, 10, Some(10)));
    let said =
        Listing::at(&folder.path(""), &Photos { group: Some("doctor".to_owned()), ..photos() }).expect_err("no such column").to_string();
    assert!(said.contains("no column `doctor`, which `group` names\nhelp: the columns are `path`, `label`, `patient`"), "{said}");
    folder.write("metadata.csv", format!("path,label,patient\n{}", lines.replacen(",0\n", ",\n", 1)));
    let said = Listing::at(&folder.path(""), &grouped).expect_err("a row without a patient").to_string();
    assert!(said.contains("line 2 has no `patient`, which `group` names\nhelp: give each line a value"), "{said}");
}

#[test]
fn a_class_of_few_images_is_told_of() {
    let folder = Folder::classes(10);
    folder.write("rare/1.jpg", picture(200, ImageFormat::Jpeg)).write("rare/2.jpg", picture(201, ImageFormat::Jpeg));
    let facts = folder.prepare(&photos(), None).expect("prepared").facts;
    assert_eq!(facts.photos.expect("of photographs").notes, ["the class `rare` has too few different images to be in each part"]);
}

#[test]
fn a_set_that_changes_while_it_is_read_is_refused() {
    let folder = Folder::classes(10);
    let listing = Listing::at(&folder.path(""), &photos()).expect("class folders");
    let stamps = Survey::stamps(&listing);
    let mut survey = Survey::of(listing, stamps, &Remembered::new(), &mut |_| ());
    folder.write("dog/03.JPEG", picture(7, ImageFormat::Jpeg));
    let said = prepare(&mut survey, &folder.path(""), &photos(), None, &mut |_| ()).expect_err("changed").to_string();
    assert!(said.contains("`dog/03.JPEG` changed while it was read\nhelp: let nobody write to the images"), "{said}");
}

#[test]
fn a_text_beside_the_only_folder_hides_no_classes() {
    let folder = Folder::new();
    for (class, number) in [("cat", 1), ("cat", 2), ("dog", 3), ("dog", 4)] {
        folder.write(&format!("flowers-2.0/{class}/{number}.jpg"), picture(number, ImageFormat::Jpeg));
    }
    for text in ["README", "LICENSE.txt", "about.PDF"] {
        folder.write(text, "words");
    }
    let listing = Listing::at(&folder.path(""), &photos()).expect("two classes");
    assert_eq!(listing.classes, ["cat", "dog"]);
    // Anything else on top is looked at as it lies.
    folder.write("more/5.jpg", picture(5, ImageFormat::Jpeg));
    let listing = Listing::at(&folder.path(""), &photos()).expect("two classes");
    assert_eq!(listing.classes, ["flowers-2.0", "more"]);
}

#[test]
fn a_damaged_member_of_a_zip_archive_is_named() {
    let folder = Folder::new();
    let path = folder.path("set.zip");
    let mut writer = zip::ZipWriter::new(fs::File::create(&path).expect("our own file"));
    for (class, number) in ["cat", "dog"].iter().flat_map(|class| (0..10).map(move |number| (class, number))) {
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file(format!("{class}/{number}.png"), stored).expect("our own file");
        std::io::Write::write_all(&mut writer, &picture(number + class.len() as u8, ImageFormat::Bmp)).expect("our own file");
    }
    writer.finish().expect("our own file");
    let read = || {
        let tree = super::archive::read(&path).expect("an archive");
        tree.members.iter().filter_map(|member| Some((member.path.clone(), member.place.read().err()?))).collect::<Vec<_>>()
    };
    assert_eq!(read(), []);
    // A pixel of the second image, of which a decoder sees nothing wrong.
    let mut bytes = fs::read(&path).expect("ours");
    let place = bytes.len() / 20 + 300;
    bytes[place] ^= 1;
    fs::write(&path, bytes).expect("our own file");
    assert_eq!(read(), [("cat/1.png".to_owned(), "it is damaged: its checksum in the archive is another one".to_owned())]);
}
