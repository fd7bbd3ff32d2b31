//! Folders of images, one for each class, with or without folders of parts above them.

use std::collections::{BTreeMap, BTreeSet};

use super::PhotosError;
use super::listing::{Entry, Listing, PhotoPart};
use super::tree::{Member, Tree};
use crate::text::counted;

/// `sorted` says of which publisher's layout they are, if of any.
pub(super) fn listing(tree: Tree, sorted: Option<&str>) -> Result<Listing, PhotosError> {
    let Tree { root, members, folders, mut notes, .. } = tree;
    let refuse = |what: String, help: &str| PhotosError::refused(&root, what, help);
    let parts = parts(&folders, &members).map_err(|(what, help)| refuse(what, help))?;
    let with_parts = !parts.is_empty();
    // Class, part, and where the image lies.
    let mut found: Vec<(String, Option<PhotoPart>, Member)> = Vec::new();
    let mut classless: BTreeMap<PhotoPart, usize> = BTreeMap::new();
    for member in members {
        let steps: Vec<&str> = member.path.split('/').collect();
        let part = if with_parts { parts.get(steps[0]).copied() } else { None };
        let class = match (part, steps.len()) {
            (Some(_), 3..) => Some(steps[1].to_owned()),
            (None, 2..) => Some(steps[0].to_owned()),
            _ => None,
        };
        if !member.is_image() {
            notes.add("no image and passed over", &member.path);
        } else if let Some(class) = class {
            found.push((class, part, member));
        } else {
            *classless.entry(part.unwrap_or(PhotoPart::Train)).or_default() += 1;
            notes.add("an image in no class folder and passed over", &member.path);
        }
    }
    if found.is_empty() {
        let what = match classless.values().sum::<usize>() {
            0 => "there are no images".to_owned(),
            count => format!("{} in no class folders", counted(count, "image")),
        };
        return Err(refuse(what, "put the images of each class into a folder of their own, or list them in a CSV with `path,label`"));
    }
    // Those without training images are refused by whoever called.
    let classes: BTreeSet<String> = found.iter().map(|(class, ..)| class.clone()).collect();
    let mut sentences = gaps(&found, &classes, &folders, &parts);
    // A link beside what it leads to is the same image once more.
    let there: BTreeSet<(String, Option<PhotoPart>, String)> = found
        .iter()
        .filter(|(.., member)| member.link.is_none())
        .map(|(class, part, member)| (class.clone(), *part, member.path.clone()))
        .collect();
    let mut linked = BTreeSet::new();
    let labels: BTreeMap<&String, u16> = classes.iter().zip(0..=u16::MAX).collect();
    let mut entries = Vec::with_capacity(found.len());
    for (class, part, member) in found {
        if let Some(link) = &member.link {
            let target = (class.clone(), part, link.clone());
            if there.contains(&target) || !linked.insert(target) {
                notes.add("a link to an image that is there already and passed over", &member.path);
                continue;
            }
        }
        // More classes than labels are refused by whoever called.
        let label = labels.get(&class).copied().unwrap_or_default();
        entries.push(Entry { path: member.path, place: member.place, label, part, group: None });
    }
    sentences.extend(notes.sentences());
    Ok(Listing { layout: layout(sorted, &parts), classes: classes.into_iter().collect(), entries, notes: sentences })
}

type Refusal = (String, &'static str);

/// The folders on top that are parts, where they are.
fn parts(folders: &BTreeSet<String>, members: &[Member]) -> Result<BTreeMap<String, PhotoPart>, Refusal> {
    let tops: Vec<&String> = folders.iter().filter(|path| !path.contains('/')).collect();
    let named: BTreeMap<String, PhotoPart> = tops.iter().filter_map(|top| Some(((*top).clone(), PhotoPart::named(top)?))).collect();
    let holds_folders = |top: &str| folders.iter().any(|path| path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')));
    // Folders of images called `test` and `train` may be classes, such as of vehicles.
    if named.is_empty() || !named.keys().any(|top| holds_folders(top)) {
        return Ok(BTreeMap::new());
    }
    let others: Vec<&str> = tops
        .iter()
        .filter(|top| {
            !named.contains_key(**top) && members.iter().any(|member| member.path.starts_with(&format!("{top}/")) && member.is_image())
        })
        .map(|top| top.as_str())
        .collect();
    if let Some(other) = others.first() {
        let part = named.keys().find(|top| holds_folders(top)).cloned().unwrap_or_default();
        let what = format!("`{part}` is a part with folders in it, and `{other}` beside it is none");
        return Err((what, "leave either folders of parts (`train`, `val`, `test`) or folders of classes on top"));
    }
    let mut seen: BTreeMap<PhotoPart, &String> = BTreeMap::new();
    for (top, part) in &named {
        if let Some(first) = seen.insert(*part, top) {
            return Err((format!("`{first}` and `{top}` are both the {} part", part.word()), "leave one of them"));
        }
    }
    if !seen.contains_key(&PhotoPart::Train) {
        return Err(("there is no folder `train`".to_owned(), "call the folder of the training images `train`"));
    }
    Ok(named)
}

/// Classes without images, at all or in a part.
fn gaps(
    found: &[(String, Option<PhotoPart>, Member)],
    classes: &BTreeSet<String>,
    folders: &BTreeSet<String>,
    parts: &BTreeMap<String, PhotoPart>,
) -> Vec<String> {
    let mut notes = Vec::new();
    let depth = usize::from(!parts.is_empty());
    // The class folder of each image; the part is one step, the class the next.
    let filled: BTreeSet<&str> =
        found.iter().filter_map(|(.., member)| member.path.match_indices('/').nth(depth).map(|(end, _)| &member.path[..end])).collect();
    for folder in folders.iter().filter(|path| path.matches('/').count() == depth) {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        if !filled.contains(folder.as_str()) {
            notes.push(if classes.contains(name) {
                format!("the folder `{folder}` holds no images")
            } else {
                format!("the folder `{folder}` holds no images and is no class")
            });
        }
    }
    let present: BTreeSet<(&String, Option<PhotoPart>)> = found.iter().map(|(class, part, _)| (class, *part)).collect();
    let is_there = |part: &PhotoPart| parts.values().any(|there| there == part) && present.iter().any(|(_, there)| *there == Some(*part));
    for part in PhotoPart::ALL.into_iter().filter(is_there) {
        let missing: Vec<&String> = classes.iter().filter(|class| !present.contains(&(class, Some(part)))).collect();
        if let Some(first) = missing.first() {
            let more = if missing.len() > 1 { format!(" and {} more", missing.len() - 1) } else { String::new() };
            notes.push(format!("the class `{first}`{more} has no images in the {} part", part.word()));
        }
    }
    notes
}

fn layout(sorted: Option<&str>, parts: &BTreeMap<String, PhotoPart>) -> String {
    let mut words: Vec<(&PhotoPart, &String)> = parts.iter().map(|(word, part)| (part, word)).collect();
    words.sort();
    let words: Vec<String> = words.into_iter().map(|(_, word)| format!("`{word}`")).collect();
    let within = if words.is_empty() { String::new() } else { format!(" in {}", words.join(", ")) };
    sorted.map_or_else(|| format!("class folders{within}"), |sorted| format!("{sorted}: class folders{within}"))
}
