//! The images of Parquet files, row by row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::PhotosError;
use super::hub::is_parquet;
use super::listing::{Entry, Listing, PhotoPart};
use super::place::Place;
use super::row_groups::{Label, Shard};
use super::tree::Tree;

/// An image: the shard that it lies in, which of them, and what it is labelled.
struct Row {
    path: String,
    place: Place,
    part: Option<PhotoPart>,
    label: Label,
}

pub(super) fn listing(tree: Tree) -> Result<Listing, PhotosError> {
    let Tree { root, members, mut notes, .. } = tree;
    let (mut rows, mut names, mut shards) = (Vec::new(), Vec::new(), 0);
    for member in members {
        if !is_parquet(&member.path) && member.place.file() != root {
            notes.add("no Parquet file and passed over", &member.path);
            continue;
        }
        let open = Shard::open(member.place.file());
        let (shard, labels) = open.map_err(|how| {
            PhotosError::refused(member.place.file(), how, "fetch the file again; it needs columns `image.bytes` and `label`")
        })?;
        if shard.names.len() > names.len() {
            names.clone_from(&shard.names);
        }
        shards += 1;
        let (shard, part, mut row) = (Arc::new(shard), part(&member.path), 0);
        for (group, labels) in labels.into_iter().enumerate() {
            for (within, label) in labels.into_iter().enumerate() {
                let path = format!("{}/{row:06}", member.path);
                row += 1;
                match label {
                    Some(label) => rows.push(Row { path, place: Place::Row { shard: shard.clone(), group, row: within }, part, label }),
                    None => notes.add("an image without a label and passed over", &path),
                }
            }
        }
    }
    let (classes, entries) = labelled(rows, &names, &root)?;
    let layout = if shards == 1 { "a Parquet file".to_owned() } else { format!("{shards} Parquet files") };
    Ok(Listing { layout, classes, entries, notes: notes.sentences() })
}

/// Numbers are indices of the names that a file tells, where it tells any; else classes come in the order of what they are
/// called.
fn labelled(rows: Vec<Row>, names: &[String], root: &Path) -> Result<(Vec<String>, Vec<Entry>), PhotosError> {
    let found: BTreeSet<&Label> = rows.iter().map(|row| &row.label).collect();
    let is_index =
        |label: &&&Label| matches!(label, Label::Number(number) if usize::try_from(*number).is_ok_and(|number| number < names.len()));
    let classes = if names.is_empty() {
        found.iter().map(ToString::to_string).collect()
    } else if let Some(stranger) = found.iter().find(|label| !is_index(label)) {
        let what = format!("there is a label `{stranger}`, and {} classes are named", names.len());
        return Err(PhotosError::refused(root, what, "fetch the files again: they are of different sets"));
    } else {
        names.to_vec()
    };
    let by_order: BTreeMap<Label, u16> = found.into_iter().cloned().zip(0..=u16::MAX).collect();
    let label = |label: &Label| match label {
        Label::Number(number) if !names.is_empty() => u16::try_from(*number).unwrap_or_default(),
        // More classes than labels are refused by whoever called.
        label => by_order.get(label).copied().unwrap_or_default(),
    };
    let entries = rows.into_iter().map(|row| {
        let label = label(&row.label);
        Entry { path: row.path, place: row.place, label, part: row.part, group: None }
    });
    Ok((classes, entries.collect()))
}

/// The part that the name of a file begins with, as in `train-00000-of-00004.parquet`.
fn part(path: &str) -> Option<PhotoPart> {
    let name = path.rsplit('/').next().unwrap_or(path);
    PhotoPart::named(name.split(['-', '_', '.']).next().unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::super::row_groups::tests::write;
    use super::super::tests::{Folder, photos, picture};
    use super::*;
    use image::ImageFormat;

    #[test]
    fn rows_of_a_hub_are_listed_and_read_with_the_names_of_their_classes() {
        let folder = Folder::new();
        let images: Vec<Vec<u8>> = (0..7).map(|number| picture(number, ImageFormat::Png)).collect();
        let names = r#"{"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["dog", "cat"], "_type": "ClassLabel"}}}}"#;
        write(&folder.path("train-00000-of-00001.parquet"), &[(&images[..2], &[0, 1]), (&images[2..5], &[1, -1, 0])], Some(names));
        write(&folder.path("test-00000-of-00001.parquet"), &[(&images[5..], &[1, 0])], Some(names));
        let listing = Listing::at(&folder.path(""), &photos()).expect("a hub's");
        assert_eq!((listing.layout.as_str(), &listing.classes[..]), ("2 Parquet files", &["dog".to_owned(), "cat".to_owned()][..]));
        let found: Vec<(&str, u16)> = listing.entries.iter().map(|entry| (entry.part.expect("by the name").word(), entry.label)).collect();
        assert_eq!(found, [("test", 1), ("test", 0), ("training", 0), ("training", 1), ("training", 1), ("training", 0)]);
        assert_eq!(listing.notes, ["`train-00000-of-00001.parquet/000003` is an image without a label and passed over"]);
        // In an order that goes from group to group and back.
        for (entry, image) in [(5, 4), (2, 0), (4, 2), (3, 1), (0, 5)] {
            assert_eq!(listing.entries[entry].place.read(), Ok(images[image].clone()), "{entry}");
        }
        // One file, by its name.
        let alone = Listing::at(&folder.path("test-00000-of-00001.parquet"), &photos()).expect("a file");
        assert_eq!((alone.layout.as_str(), alone.entries.len()), ("a Parquet file", 2));
    }

    #[test]
    fn files_without_the_columns_or_cut_off_are_refused() {
        let folder = Folder::new();
        write(&folder.path("a.parquet"), &[(&[picture(1, ImageFormat::Png)], &[3])], None);
        let bytes = std::fs::read(folder.path("a.parquet")).expect("ours");
        folder.write("cut.parquet", &bytes[..bytes.len() - 9]).write("none.parquet", b"PAR1 and nothing else");
        for name in ["cut.parquet", "none.parquet"] {
            let said = Listing::at(&folder.path(name), &photos()).expect_err("refused").to_string();
            assert!(said.contains(name) && said.contains("help: fetch the file again"), "{said}");
        }
        super::super::row_groups::tests::write_others(&folder.path("others.parquet"));
        let said = Listing::at(&folder.path("others.parquet"), &photos()).expect_err("refused").to_string();
        assert!(said.contains("it has no columns `image.bytes` and `label`, but `text`"), "{said}");
    }
}
