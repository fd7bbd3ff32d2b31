//! What a set looks like from outside: the names and stamps of all files below a folder, without reading one of them and
//! without listing what they are. As long as it looks the same, so are its images.

use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawDir};

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
        let metadata = std::fs::metadata(path).ok()?;
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

/// A file of a folder: where its name lies among the names, and which stamp is its.
#[derive(Clone, Copy)]
struct Named {
    start: u32,
    end: u32,
    stamp: u32,
}

/// As few calls of the system and as little memory for each file as can be, and all is hashed at once: there may be a million.
fn look(folder: &Path) -> Option<Seen> {
    let (mut names, mut files, mut stamps) = (String::new(), Vec::new(), Vec::new());
    let (mut folders, mut changed) = (Vec::new(), 0);
    let directory = fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut room = vec![MaybeUninit::uninit(); 32 << 10];
    let mut entries = RawDir::new(&directory, &mut room);
    while let Some(entry) = entries.next() {
        let entry = entry.ok()?;
        let name = entry.file_name().to_str().ok()?;
        // The folder itself and the one above it are hidden, too.
        if passed_over(name).is_some() {
            continue;
        }
        let metadata = fs::statat(&directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let kind = FileType::from_raw_mode(metadata.st_mode);
        if kind.is_dir() {
            folders.push(name.to_owned());
        } else if kind.is_file() {
            let stamp = Stamp::from(&metadata);
            changed = changed.max(stamp.changed());
            let start = names.len() as u32;
            names.push_str(name);
            files.push(Named { start, end: u32::try_from(names.len()).ok()?, stamp: stamps.len() as u32 });
            stamps.push(stamp.bytes());
        } else {
            return None;
        }
    }
    let name = |file: &Named| &names[file.start as usize..file.end as usize];
    files.sort_unstable_by_key(|file| name(file));
    folders.sort_unstable();
    let mut all = Vec::with_capacity(names.len() + files.len() * (8 + 56));
    let put = |all: &mut Vec<u8>, text: &str| {
        all.extend((text.len() as u64).to_le_bytes());
        all.extend(text.as_bytes());
    };
    put(&mut all, "files");
    for file in &files {
        put(&mut all, name(file));
    }
    put(&mut all, "/folders");
    for folder in &folders {
        put(&mut all, folder);
    }
    for file in &files {
        all.extend(stamps[file.stamp as usize]);
    }
    let folders = folders.iter().map(|name| folder.join(name)).collect();
    Some(Seen { digest: Digest::of(Domain::Source, &all), changed, folders })
}

#[cfg(test)]
mod tests {
    use std::fs;

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
