//! Shards as WebDataset writes them: tar archives in which files of one name but for the ending are one example.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::PhotosError;
use super::archive;
use super::listing::{Entry, Listing, PhotoPart};
use super::place::Place;
use super::tree::{Notes, Tree};
use epnas_pixels::is_named_image;

/// Whether these are shards: a folder with tar archives and no images, or an archive with labels beside its images.
pub(super) fn are(tree: &Tree) -> bool {
    if tree.packed {
        let images: BTreeSet<_> =
            tree.members.iter().map(|member| &member.path).filter(|path| is_named_image(path)).map(|path| key(path)).collect();
        return tree.members.iter().any(|member| is_label(&member.path) && images.contains(&key(&member.path)));
    }
    let is_tar = |path: &str| path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("tar"));
    tree.members.iter().any(|member| is_tar(&member.path)) && !tree.members.iter().any(|member| is_named_image(&member.path))
}

fn is_label(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "cls" | "json")))
}

/// What the files of one example have in common: folder, and name up to its first dot.
fn key(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    (folder, name.split_once('.').map_or(name, |(key, _)| key))
}

/// The files of one example.
#[derive(Default)]
struct Example {
    image: Option<(String, Place)>,
    class: Option<(String, Place)>,
}

pub(super) fn listing(tree: Tree) -> Result<Listing, PhotosError> {
    let Tree { root, members, mut notes, packed, .. } = tree;
    let mut shards: Vec<(String, Tree)> = Vec::new();
    if packed {
        shards.push((String::new(), Tree { root: root.clone(), members, folders: BTreeSet::new(), notes: Notes::default(), packed }));
    } else {
        for member in members {
            if !member.path.to_ascii_lowercase().ends_with(".tar") {
                notes.add("no shard and passed over", &member.path);
                continue;
            }
            let mut shard =
                Tree { root: root.clone(), members: Vec::new(), folders: BTreeSet::new(), notes: Notes::default(), packed: true };
            archive::tar(member.place.file(), &mut shard)?;
            shards.push((member.path, shard));
        }
    }
    // Path, place, class, part.
    let mut found: Vec<(String, Place, String, Option<PhotoPart>)> = Vec::new();
    let count = shards.len();
    for (shard, tree) in shards {
        let part = part(&shard);
        let mut examples: BTreeMap<String, Example> = BTreeMap::new();
        for member in tree.members {
            let (folder, name) = member.path.rsplit_once('/').map_or(("", member.path.as_str()), |(folder, name)| (folder, name));
            let (key, ending) = name.split_once('.').unwrap_or((name, ""));
            let example = examples.entry(format!("{folder}/{key}")).or_default();
            let path = if shard.is_empty() { member.path.clone() } else { format!("{shard}/{}", member.path) };
            match ending {
                "cls" => example.class = Some((path, member.place)),
                "json" if example.class.is_none() => example.class = Some((path, member.place)),
                _ if is_named_image(&member.path) => example.image = Some((path, member.place)),
                _ => notes.add("of another kind in a shard and passed over", &path),
            }
        }
        for (key, example) in examples {
            match example {
                Example { image: Some((path, place)), class: Some((label, at)) } => {
                    let class = class(&at).ok_or_else(|| {
                        PhotosError::refused(
                            &root,
                            format!("`{label}` says no class"),
                            "a `.cls` holds the class, a `.json` has `cls` or `label`",
                        )
                    })?;
                    found.push((path, place, class, part));
                }
                Example { image: Some(_), class: None } => {
                    let what = format!("`{}` has no class", key.trim_start_matches('/'));
                    return Err(PhotosError::refused(&root, what, "put a file of the same name that ends in `.cls` beside it"));
                }
                Example { image: None, .. } => notes.add("a label without an image and passed over", &key),
            }
        }
    }
    let mut labels: BTreeMap<String, u16> = found.iter().map(|(.., class, _)| (class.clone(), 0)).collect();
    for (label, index) in labels.values_mut().zip(0..=u16::MAX) {
        *label = index;
    }
    let entry = |(path, place, class, part)| Entry { path, place, label: labels[&class], part, group: None };
    let entries = found.into_iter().map(entry).collect();
    let layout = if count == 1 { "a WebDataset shard".to_owned() } else { format!("{count} WebDataset shards") };
    Ok(Listing { layout, classes: labels.into_keys().collect(), entries, notes: notes.sentences() })
}

/// The part that the name of a shard begins with, as in `train-000012.tar`.
fn part(shard: &str) -> Option<PhotoPart> {
    let name = shard.rsplit('/').next().unwrap_or(shard);
    PhotoPart::named(name.split(['-', '_', '.']).next().unwrap_or(name))
}

fn class(place: &Place) -> Option<String> {
    let text = String::from_utf8(place.read().ok()?).ok()?;
    let text = text.trim();
    let word = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let class = match serde_json::from_str::<Value>(text) {
        Ok(object @ Value::Object(_)) => ["cls", "label", "class"].iter().find_map(|key| word(&object[*key]))?,
        _ => text.to_owned(),
    };
    Some(class).filter(|class| !class.is_empty())
}
