//! What lies at a path: the files of a folder or of an archive, each by its path inside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::place::Place;
use crate::text::counted;
use epnas_pixels::{Found, is_named_image};

/// A file, of which only the path is known.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Inside the tree, its steps joined by `/`.
    pub path: String,
    pub place: Place,
    /// The path inside the tree that a link leads to.
    pub link: Option<String>,
}

impl Member {
    /// Whether it is an image, or says so: by its name, else by its first bytes.
    pub(super) fn is_image(&self) -> bool {
        is_named_image(&self.path) || !matches!(Found::of(&self.place.start()), Found::Other)
    }
}

/// Files by path, in this order.
#[derive(Debug)]
pub(super) struct Tree {
    pub root: PathBuf,
    pub members: Vec<Member>,
    /// Paths of folders.
    pub folders: BTreeSet<String>,
    pub notes: Notes,
    /// It is the inside of an archive.
    pub packed: bool,
}

impl Tree {
    /// Takes away folders that hold one folder and perhaps a text about it, as archives have on top.
    pub(super) fn unwrap_single(&mut self) {
        while let Some(top) = self.single() {
            let strip = |path: &str| path.strip_prefix(&top).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
            for member in &mut self.members {
                if let Some(path) = strip(&member.path) {
                    member.path = path;
                }
                member.link = member.link.as_deref().map(|link| strip(link).unwrap_or_else(|| link.to_owned()));
            }
            self.folders = self.folders.iter().filter_map(|path| strip(path)).collect();
        }
    }

    /// The only thing on top but for texts, where it is a folder that holds folders and no image.
    fn single(&self) -> Option<String> {
        let members = self.members.iter().filter(|member| !is_text_for_people(&member.path));
        let mut tops: BTreeSet<&str> = members.filter_map(|member| member.path.split('/').next()).collect();
        tops.extend(self.folders.iter().filter_map(|path| path.split('/').next()));
        let top = *tops.iter().next().filter(|_| tops.len() == 1)?;
        let deeper = self.folders.iter().any(|path| path.len() > top.len())
            || self.members.iter().any(|member| member.path.matches('/').count() > 1);
        let flat = self.members.iter().any(|member| member.path.matches('/').count() <= 1 && is_named_image(&member.path));
        (deeper && !flat).then(|| top.to_owned())
    }
}

/// Whether this is a file on top that says something of the set, such as `README` or `license.txt`.
fn is_text_for_people(path: &str) -> bool {
    let name = path.to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    let is_text = [".md", ".txt", ".pdf", ".html", ".rst"].iter().any(|ending| name.ends_with(ending));
    !name.contains('/') && (is_text || ["readme", "license", "licence", "copying", "citation"].contains(&stem))
}

/// What was passed over, counted by reason, with the first of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes(BTreeMap<&'static str, (usize, String)>);

impl Notes {
    /// `reason` goes on where a number of things begins, such as `hidden, and passed over`.
    pub(super) fn add(&mut self, reason: &'static str, path: &str) {
        let (count, first) = self.0.entry(reason).or_insert_with(|| (0, path.to_owned()));
        *count += 1;
        // Whatever order a folder is listed in.
        if path < first.as_str() {
            path.clone_into(first);
        }
    }

    /// A sentence for each reason.
    pub(super) fn sentences(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|(reason, (count, first))| match count {
                1 => format!("`{first}` is {reason}"),
                _ => format!("{}: each is {reason}, such as `{first}`", counted(*count, "path")),
            })
            .collect()
    }
}
