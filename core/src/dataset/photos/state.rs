//! What a set looks like from outside: the names and stamps of all files below a folder, without reading one of them and
//! without listing what they are. As long as it looks the same, so are its images.

use std::fs;
use std::path::{Path, PathBuf};

use super::walk::passed_over;
use super::{parallel, table};
use crate::digest::{Digest, Domain};
use crate::files::Stamp;

/// How a set looks at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub digest: Digest,
    /// When the latest change of a file was, in seconds since 1970.
    pub changed: u64,
}

/// One folder, without those below it.
struct Seen {
    digest: Digest,
    changed: u64,
    folders: Vec<PathBuf>,
}

impl State {
    /// Of a folder or an archive. None where what lies elsewhere counts too, as with links and with tables, and of what cannot
    /// be looked at, which is told by whoever reads it.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        let mut hasher = Domain::Source.hasher();
        if !metadata.is_dir() {
            let stamp = Stamp::from(&metadata);
            hasher.update(&stamp.bytes());
            let state = Self { digest: Digest::from_hasher(&hasher), changed: stamp.changed() };
            return (!table::is_table(path)).then_some(state);
        }
        let (mut open, mut changed) = (vec![path.to_owned()], 0);
        while !open.is_empty() {
            let mut below = Vec::new();
            for seen in parallel::each(&open, |folder| look(folder)) {
                let seen = seen?;
                hasher.update(seen.digest.as_bytes());
                changed = changed.max(seen.changed);
                below.extend(seen.folders);
            }
            open = below;
        }
        Some(Self { digest: Digest::from_hasher(&hasher), changed })
    }
}

fn look(folder: &Path) -> Option<Seen> {
    let (mut files, mut folders, mut changed) = (Vec::new(), Vec::new(), 0);
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        let kind = entry.file_type().ok()?;
        if passed_over(&name).is_some() {
            continue;
        }
        if kind.is_dir() {
            folders.push(name);
        } else if kind.is_file() {
            let stamp = Stamp::from(&entry.metadata().ok()?);
            changed = changed.max(stamp.changed());
            files.push((name, stamp.bytes()));
        } else {
            return None;
        }
    }
    files.sort_unstable();
    folders.sort_unstable();
    let mut hasher = Domain::Source.hasher();
    let mut put = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    put("files");
    for (name, _) in &files {
        put(name);
    }
    put("/folders");
    for name in &folders {
        put(name);
    }
    for (_, stamp) in &files {
        hasher.update(stamp);
    }
    let folders = folders.iter().map(|name| folder.join(name)).collect();
    Some(Seen { digest: Digest::from_hasher(&hasher), changed, folders })
}

#[cfg(test)]
mod tests {
    use super::super::tests::Folder;
    use super::*;

    #[test]
    fn a_set_looks_otherwise_as_soon_as_a_file_or_a_folder_is_another() {
        let folder = Folder::new();
        folder.write("a/1.jpg", "one").write("a/2.jpg", "two").write("b/1.jpg", "three");
        let mut seen = vec![State::of(&folder.path("")).expect("a folder")];
        assert_eq!(State::of(&folder.path("")), Some(seen[0]));
        assert!(seen[0].changed > 1_600_000_000);
        // What no listing has is not looked at.
        folder.write(".DS_Store", "hidden");
        assert_eq!(State::of(&folder.path("")), Some(seen[0]));
        let mut after = |what: &str| {
            let state = State::of(&folder.path("")).expect("a folder");
            assert!(seen.iter().all(|before| before.digest != state.digest), "{what}");
            seen.push(state);
        };
        folder.write("a/1.jpg", "four");
        after("other bytes");
        folder.write("a/3.jpg", "");
        after("one more");
        fs::create_dir(folder.path("c")).expect("our own folder");
        after("an empty folder");
        fs::rename(folder.path("a/3.jpg"), folder.path("b/3.jpg")).expect("our own file");
        after("elsewhere");
        fs::rename(folder.path("b/3.jpg"), folder.path("b/4.jpg")).expect("our own file");
        after("another name");
    }

    #[test]
    fn what_depends_on_files_elsewhere_has_no_state() {
        let folder = Folder::new();
        folder.write("a/1.jpg", "one").write("table.csv", "path,label\n").write("images.tar", "an archive");
        assert!(State::of(&folder.path("")).is_some() && State::of(&folder.path("images.tar")).is_some());
        assert_eq!((State::of(&folder.path("table.csv")), State::of(&folder.path("none"))), (None, None));
        std::os::unix::fs::symlink(folder.path("images.tar"), folder.path("a/2.jpg")).expect("a link");
        assert_eq!(State::of(&folder.path("")), None);
    }
}
