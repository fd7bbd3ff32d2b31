//! The only raw reads and writes: whole-file writes that are never seen half done, bounded reads, mapped files, locks,
//! errors that name the path.
//!
//! New files have the mode that the umask leaves of `rw-rw-rw-`, like those of any program: who shares a folder with a group
//! does so by the umask and the folder's setgid bit.

mod bytes;
mod disguise;
mod lock;
mod packed;
mod space;
mod stamp;

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub use bytes::{Bytes, map};
pub use disguise::Disguise;
pub use lock::{FileLock, FolderLock, check_locks, share_folder, try_lock, try_own_folder};
#[cfg(test)]
pub(crate) use packed::gzip;
pub use packed::{Misnamed, Unpacked};
pub use space::free_space;
pub use stamp::Stamp;

/// Something with a file or folder went wrong.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct FileError {
    pub action: &'static str,
    pub path: PathBuf,
    #[source]
    pub source: io::Error,
}

impl FileError {
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self { action, path: path.to_owned(), source }
    }

    /// The file or folder is not there.
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }

    /// It went wrong while looking, not while changing anything.
    pub fn is_reading(&self) -> bool {
        ["read", "map", "look at", "list"].contains(&self.action)
    }

    /// There is no room left, on the disk or in what the user may take of it.
    pub fn is_disk_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// What the names of files begin with while they are written.
pub const UNFINISHED: &str = ".writing-";

/// Reads a whole file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let fail = |source| FileError::new("read", path, source);
    let file = open(path)?;
    let metadata = file.metadata().map_err(fail)?;
    // Room for all of it at once, and a byte more to see its end in.
    let mut bytes = Vec::with_capacity(metadata.len().min(limit) as usize + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > limit {
        return Err(fail(io::Error::other(format!("the file is larger than {limit} bytes"))));
    }
    Ok(bytes)
}

/// Writes a whole file: readers see the old content or the new, also after a crash of the machine.
/// Written beside the target, flushed to the disk, then renamed; the folder is flushed too.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_parts(path, &[bytes])
}

/// The same for content that lies in several pieces.
pub fn write_parts(path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let fail = |source| FileError::new("write", path, source);
    let file = write_beside(path, parts)?;
    sync(file.as_file()).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    flush_folder(folder_of(path))
}

/// Waits until the content of a file is on the disk. Its name is there when [`flush_folder`] was called as well.
pub fn flush(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|file| sync(&file)).map_err(|source| FileError::new("write", path, source))
}

/// Waits until the names in a folder are on the disk; some file systems know no such wish, and there it is as good as done.
pub fn flush_folder(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|folder| sync(&folder)).map_err(|source| FileError::new("write", path, source))
}

fn sync(file: &File) -> io::Result<()> {
    bear(file.sync_all())
}

/// A file system that knows no such wish is no reason to lose a result.
fn bear(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Whether the file at `path` begins with these bytes.
pub fn begins_with(path: &Path, bytes: &[u8]) -> bool {
    let mut found = vec![0; bytes.len()];
    open(path).is_ok_and(|mut file| file.read_exact(&mut found).is_ok()) && found == bytes
}

/// Like [`write()`], without waiting for the disk: whole after the death of the process, perhaps lost or torn after a
/// crash of the machine. For content that carries its own digest and can be made again.
pub fn write_unflushed(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = write_beside(path, &[bytes])?;
    file.persist(path).map_err(|error| FileError::new("write", path, error.error))?;
    Ok(())
}

fn write_beside(path: &Path, parts: &[&[u8]]) -> Result<tempfile::NamedTempFile, FileError> {
    let fail = |source| FileError::new("write", path, source);
    let folder = folder_of(path);
    // Asked for when it is made, so that the system applies the umask.
    let mode = Permissions::from_mode(0o666);
    let make = || tempfile::Builder::new().prefix(UNFINISHED).permissions(mode.clone()).tempfile_in(folder);
    let mut file = match make() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create_folder(folder)?;
            make()
        }
        made => made,
    }
    .map_err(fail)?;
    for part in parts {
        file.write_all(part).map_err(fail)?;
    }
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is written piece by piece and takes its name when it is finished; until then nobody sees it.
#[derive(Debug)]
pub struct Writing {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Writing {
    pub fn begin(path: &Path) -> Result<Self, FileError> {
        Ok(Self { file: write_beside(path, &[])?, path: path.to_owned() })
    }

    /// Flushes it to the disk and gives it its name, over a file that has it.
    pub fn finish(self) -> Result<(), FileError> {
        sync(self.file.as_file()).map_err(|source| FileError::new("write", &self.path, source))?;
        self.finish_unflushed()
    }

    /// The same without waiting for the disk; see [`write_unflushed`].
    pub fn finish_unflushed(self) -> Result<(), FileError> {
        self.file.persist(&self.path).map_err(|error| FileError::new("write", &self.path, error.error))?;
        Ok(())
    }

    /// The same, unless there is a file of that name: it stays, and so it is one file that all have mapped.
    pub fn finish_if_new(self) -> Result<(), FileError> {
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // A file system that cannot do it.
            Err(error) => Self { file: error.file, path: self.path }.finish_unflushed(),
        }
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A new file that others see grow; one that is there is emptied.
pub fn create(path: &Path) -> Result<File, FileError> {
    File::create(path).map_err(|source| FileError::new("write", path, source))
}

/// A file to which lines are added, and its size. A last line that was cut short is ended.
pub fn append(path: &Path) -> Result<(File, u64), FileError> {
    let fail = |source| FileError::new("write", path, source);
    let mut file = File::options().read(true).append(true).create(true).open(path).map_err(fail)?;
    let mut size = file.seek(SeekFrom::End(0)).map_err(fail)?;
    let mut last = [b'\n'];
    if size > 0 {
        file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(fail)?;
    }
    if last != [b'\n'] {
        file.write_all(b"\n").map_err(fail)?;
        size += 1;
    }
    Ok((file, size))
}

/// Opens a plain file to be read piece by piece. Whatever else has the name is refused unopened: a named pipe would wait for
/// somebody to write into it, and a device may do anything.
pub fn open(path: &Path) -> Result<File, FileError> {
    let fail = |source| FileError::new("read", path, source);
    expect_file(&fs::metadata(path).map_err(fail)?).map_err(fail)?;
    // Without waiting, should the file have become something else by now.
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path).map_err(fail)?;
    expect_file(&file.metadata().map_err(fail)?).map_err(fail)?;
    Ok(file)
}

fn expect_file(metadata: &fs::Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    let what = match () {
        () if kind.is_file() => return Ok(()),
        () if kind.is_dir() => "folder",
        () if kind.is_fifo() => "pipe",
        () if kind.is_socket() => "socket",
        () => "device",
    };
    Err(io::Error::other(format!("it is a {what}, a file is expected")))
}

/// What stands at a path; links are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Nothing,
    /// A plain file and its size.
    File(u64),
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

pub fn entry(path: &Path) -> Result<Entry, FileError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        // Below a file there is nothing either.
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Entry::Nothing),
        Err(source) => return Err(FileError::new("look at", path, source)),
    };
    let kind = metadata.file_type();
    Ok(if kind.is_file() {
        Entry::File(metadata.len())
    } else if kind.is_dir() {
        Entry::Folder
    } else if kind.is_symlink() {
        Entry::Link
    } else {
        Entry::Other
    })
}

/// When something was last written, in seconds since 1970; links are not followed. `None` if it is not there.
pub fn modified(path: &Path) -> Result<Option<u64>, FileError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(u64::try_from(metadata.mtime()).unwrap_or(0))),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::new("look at", path, source)),
    }
}

/// Fails where no file can be created in `folder`.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    let fail = |source| FileError::new("write to the folder", folder, source);
    tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).and_then(tempfile::NamedTempFile::close).map_err(fail)
}

/// Gives a file or folder another name, over a file that has it. Nothing to rename is no error: someone else did it.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    match fs::rename(from, to) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(FileError::new("rename", from, source)),
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is fine.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", path, source)),
        _ => Ok(()),
    }
}

/// Removes whatever is at a path, a folder with all in it; links are removed, not followed.
pub fn remove_all(path: &Path) -> Result<(), FileError> {
    // What is removed is a file, as good as always.
    match remove(path) {
        Err(_) if entry(path)? == Entry::Folder => fs::remove_dir_all(path).map_err(|source| FileError::new("remove", path, source)),
        removed => removed,
    }
}

/// Creates a folder and those above it.
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(|source| FileError::new("create the folder", path, source))
}

/// The entries of a folder, sorted by name.
pub fn list(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let fail = |source| FileError::new("list", path, source);
    let mut entries =
        fs::read_dir(path).map_err(fail)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(fail)?;
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_whole_files_and_reads_no_more_than_allowed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a/b.txt");
        write(&path, b"old").expect("first write");
        write(&path, b"new text").expect("second write");
        assert_eq!(read(&path, 100).expect("read"), b"new text");
        assert_eq!(list(&folder.path().join("a")).expect("list"), std::slice::from_ref(&path));
        flush(&path).and_then(|()| flush_folder(folder.path())).expect("it is there");
        let error = read(&path, 3).expect_err("too large");
        assert!(error.to_string().contains("larger than 3 bytes"), "{error}");
        assert!(read(&folder.path().join("none"), 3).expect_err("missing").is_missing());
    }

    #[test]
    fn a_disk_that_knows_no_flushing_is_borne_and_one_that_fails_is_not() {
        let code = |code: i32| bear(Err(io::Error::from_raw_os_error(code))).is_ok();
        // EINVAL, ENOSYS and EOPNOTSUPP; EIO and ENOSPC.
        assert_eq!([22, 38, 95, 5, 28].map(code), [true, true, true, false, false]);
        assert!(bear(Ok(())).is_ok());
    }

    #[test]
    fn only_plain_files_are_opened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [pipe, link, socket] = ["pipe.yaml", "link.yaml", "socket"].map(|name| folder.path().join(name));
        // Who opened one of them would wait until somebody writes into it.
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
        std::os::unix::fs::symlink(&pipe, &link).expect("a link");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        let places =
            [(&*pipe, "pipe"), (&*link, "pipe"), (&*socket, "socket"), (folder.path(), "folder"), (Path::new("/dev/zero"), "device")];
        for (path, what) in places {
            let told = format!("cannot read `{}`: it is a {what}, a file is expected", path.display());
            assert_eq!(read(path, 100).expect_err("no file").to_string(), told);
            assert_eq!(open(path).expect_err("no file").to_string(), told);
            assert_eq!(map(path).expect_err("no file").to_string(), told);
            assert!(!begins_with(path, b"a"));
        }
    }

    #[test]
    fn a_full_disk_is_known_as_such() {
        let full = fs::write("/dev/full", b"x").expect_err("it has no room");
        assert!(FileError::new("write", Path::new("/dev/full"), full).is_disk_full());
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(!flush(&folder.path().join("none")).expect_err("missing").is_disk_full());
    }

    #[test]
    fn the_umask_decides_who_may_read_and_write() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [whole, pieces, plain] = ["whole", "pieces", "plain"].map(|name| folder.path().join(name));
        write(&whole, b"").expect("write");
        Writing::begin(&pieces).and_then(Writing::finish).expect("write");
        // As the system makes a file that nobody says more of.
        File::create(&plain).expect("a file");
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!([mode(&whole), mode(&pieces)], [mode(&plain); 2]);
    }

    #[test]
    fn looks_at_links_and_renames_what_is_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [file, link, other] = ["file", "link", "other"].map(|name| folder.path().join(name));
        write_unflushed(&file, b"abc").expect("write");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let entries = [&file, &link, &other].map(|path| entry(path).expect("look"));
        assert_eq!(entries, [Entry::File(3), Entry::Link, Entry::Nothing]);
        assert_eq!(entry(folder.path()).expect("look"), Entry::Folder);
        rename(&file, &other).expect("rename");
        rename(&file, &other).expect("nothing to rename");
        assert_eq!(entry(&other).expect("look"), Entry::File(3));
        check_writable(folder.path()).expect("writable");
        assert!(check_writable(&other).is_err());
        assert_eq!(list(folder.path()).expect("list"), [link, other]);
    }

    #[test]
    fn a_file_written_in_pieces_is_seen_when_it_is_finished() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        let mut dropped = Writing::begin(&path).expect("begin");
        dropped.write_all(b"abc").expect("write");
        assert_eq!(entry(&path).expect("look"), Entry::Nothing);
        drop(dropped);
        assert!(list(folder.path()).expect("list").is_empty());
        let mut written = Writing::begin(&path).expect("begin");
        written.write_all(b"abc").expect("write");
        written.finish().expect("finish");
        assert_eq!(read(&path, 3).expect("read"), b"abc");
        let other = folder.path().join("other");
        for (content, place) in [(b"x", &path), (b"y", &other)] {
            let mut written = Writing::begin(place).expect("begin");
            written.write_all(content).expect("write");
            written.finish_if_new().expect("finish");
        }
        assert_eq!((read(&path, 3).expect("read"), read(&other, 3).expect("read")), (b"abc".to_vec(), b"y".to_vec()));
        assert_eq!(list(folder.path()).expect("list"), [path, other]);
        assert!(open(folder.path()).is_err());
    }

    #[test]
    fn lines_are_added_after_one_that_was_cut_short() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("log");
        for line in ["whole\n", "half", "next\n"] {
            append(&path).expect("append").0.write_all(line.as_bytes()).expect("write");
        }
        let (_, size) = append(&path).expect("append");
        assert_eq!((read(&path, 100).expect("read"), size), (b"whole\nhalf\nnext\n".to_vec(), 16));
        drop(create(&path).expect("create"));
        assert_eq!(entry(&path).expect("look"), Entry::File(0));
    }

    #[test]
    fn removing_a_tree_leaves_what_its_links_lead_to() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [tree, outside] = ["tree", "outside"].map(|name| folder.path().join(name));
        write_unflushed(&outside.join("file"), b"abc").expect("write");
        create_folder(&tree).expect("a folder");
        std::os::unix::fs::symlink(&outside, tree.join("link")).expect("a link");
        remove_all(&tree).expect("remove");
        remove_all(&tree).expect("nothing to remove");
        assert_eq!(list(folder.path()).expect("list"), std::slice::from_ref(&outside));
        assert_eq!(entry(&outside.join("file")).expect("look"), Entry::File(3));
    }
}
