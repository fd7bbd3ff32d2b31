//! The files of a folder and of all below it. Links are followed inside the folder and never in a circle.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::PhotosError;
use super::place::Place;
use super::tree::{Member, Notes, Tree};
use crate::files::FileError;

/// Names of what systems leave in folders.
const LEFT_BEHIND: [&str; 3] = ["__MACOSX", "Thumbs.db", "desktop.ini"];

/// Why something is passed over, whose name is this.
pub(super) fn passed_over(name: &str) -> Option<&'static str> {
    if name.starts_with('.') {
        Some("hidden and passed over")
    } else if LEFT_BEHIND.iter().any(|left| left.eq_ignore_ascii_case(name)) {
        Some("of the system and passed over")
    } else {
        None
    }
}

/// A folder to be listed.
struct Open {
    /// Inside the tree, with a `/` behind it unless it is empty.
    prefix: String,
    /// Where it lies, without links.
    real: PathBuf,
    /// Where the folders lie from which links led here.
    above: Vec<PathBuf>,
}

pub(super) fn walk(root: &Path) -> Result<Tree, PhotosError> {
    let real = fs::canonicalize(root).map_err(|error| FileError::new("look at", root, error))?;
    let mut tree = Tree { root: root.to_owned(), members: Vec::new(), folders: BTreeSet::new(), notes: Notes::default(), packed: false };
    let mut misnamed = Vec::new();
    let mut open = vec![Open { prefix: String::new(), real: real.clone(), above: Vec::new() }];
    while let Some(folder) = open.pop() {
        let fail = |error| FileError::new("list", &folder.real, error);
        for entry in fs::read_dir(&folder.real).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let Ok(name) =
                entry.file_name().into_string().map_err(|name: OsString| misnamed.push(format!("{}{}", folder.prefix, name.display())))
            else {
                continue;
            };
            let path = format!("{}{name}", folder.prefix);
            if let Some(reason) = passed_over(&name) {
                tree.notes.add(reason, &path);
                continue;
            }
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_symlink() {
                follow(&mut tree, &mut open, &folder, &real, path, &entry.path());
            } else if kind.is_dir() {
                open.push(Open { prefix: format!("{path}/"), real: entry.path(), above: folder.above.clone() });
                tree.folders.insert(path);
            } else if kind.is_file() {
                // Below a linked folder the file lies elsewhere than its path says.
                let link = (!folder.above.is_empty()).then(|| inside(&real, &entry.path())).flatten();
                tree.members.push(Member { path, place: Place::File(entry.path()), link });
            } else {
                tree.notes.add("no file and passed over", &path);
            }
        }
    }
    if let Some(first) = misnamed.first() {
        let more = if misnamed.len() > 1 { format!(" and {} more", misnamed.len() - 1) } else { String::new() };
        return Err(PhotosError::refused(
            root,
            format!("the name of `{first}`{more} is not UTF-8"),
            "rename it, such as with `convmv -t utf8`",
        ));
    }
    Ok(tree)
}

/// A link at `at`, whose path inside the tree is `path`.
fn follow(tree: &mut Tree, open: &mut Vec<Open>, folder: &Open, root: &Path, path: String, at: &Path) {
    let Ok(target) = fs::canonicalize(at) else {
        // Whoever reads it says that it leads nowhere; links in a circle are the same.
        tree.members.push(Member { path, place: Place::File(at.to_owned()), link: None });
        return;
    };
    let Some(link) = inside(root, &target) else {
        tree.notes.add("a link out of the folder and passed over", &path);
        return;
    };
    if !target.is_dir() {
        tree.members.push(Member { path, place: Place::File(target), link: Some(link) });
    } else if folder.real.starts_with(&target) || folder.above.iter().any(|above| above.starts_with(&target)) {
        tree.notes.add("a link in a circle and passed over", &path);
    } else {
        let above = folder.above.iter().cloned().chain([folder.real.clone()]).collect();
        open.push(Open { prefix: format!("{path}/"), real: target, above });
        tree.folders.insert(path);
    }
}

/// The path of `place` inside `root`, both without links.
fn inside(root: &Path, place: &Path) -> Option<String> {
    place.strip_prefix(root).ok().and_then(Path::to_str).map(str::to_owned)
}
