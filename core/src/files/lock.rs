//! Locks: a file that says who is at work on what, and a folder that says it is in use. Advisory, held by `flock`, freed by
//! the system when the process dies, however it dies. On a network file system they hold between machines only as far as
//! its `flock` does.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Entry, FileError, UNFINISHED, entry};

/// A held lock: a file that is removed on drop.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    _file: File,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Removed while held: whoever opened it meanwhile notices that it is no longer the file at the path.
        drop(fs::remove_file(&self.path));
    }
}

/// Takes the lock at `path` unless another holds it, in this process or another one, of this user or another one. Does not
/// wait.
pub fn try_lock(path: &Path) -> Result<Option<FileLock>, FileError> {
    let fail = |source| FileError::new("lock", path, source);
    for _ in 0..1000 {
        match entry(path)? {
            Entry::Nothing | Entry::File(_) => {}
            Entry::Link => return Err(fail(io::Error::other("it is a symbolic link"))),
            Entry::Folder | Entry::Other => return Err(fail(io::Error::other("it is not a plain file"))),
        }
        // Gone again where `None`: its holder is done.
        let Some(file) = make_or_open(path).map_err(fail)? else { continue };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        if is_file_at(&file, path).map_err(fail)? {
            return Ok(Some(FileLock { path: path.to_owned(), _file: file }));
        }
    }
    // So many others took and freed it while we tried: as good as held.
    Ok(None)
}

/// A file that is made here is made where the path says: creating one anew follows no link. One of another user may be
/// there to be read only, which is enough to lock it.
fn make_or_open(path: &Path) -> io::Result<Option<File>> {
    match File::options().read(true).write(true).create_new(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map(Some),
    }
    let opened = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    };
    match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let why = "it is there, of a user whose files you may not read; sharing a folder takes a umask such as 002 from all";
            Err(io::Error::new(error.kind(), why))
        }
        opened => opened.map(Some),
    }
}

/// Says to others that a folder is in use, until dropped; see [`share_folder`] and [`try_own_folder`].
#[derive(Debug)]
pub struct FolderLock {
    folder: File,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing alone would not free it while a child that is being started still has the folder open.
        drop(self.folder.unlock());
    }
}

/// Uses a folder together with others; waits while one has it alone. `None` where the file system has no such locks.
pub fn share_folder(path: &Path) -> Result<Option<FolderLock>, FileError> {
    let folder = File::open(path).map_err(|source| FileError::new("open the folder", path, source))?;
    Ok(folder.lock_shared().is_ok().then_some(FolderLock { folder }))
}

/// Uses a folder alone, or gives `None` while others use it. Does not wait.
pub fn try_own_folder(path: &Path) -> Result<Option<FolderLock>, FileError> {
    let folder = File::open(path).map_err(|source| FileError::new("open the folder", path, source))?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(FolderLock { folder })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(FileError::new("lock the folder", path, source)),
    }
}

/// Fails where files of a folder cannot be locked, as on some network file systems.
pub fn check_locks(folder: &Path) -> Result<(), FileError> {
    let fail = |source| FileError::new("write to the folder", folder, source);
    let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(fail)?;
    match file.as_file().try_lock() {
        Err(TryLockError::Error(source)) => Err(unlockable(folder, &source)),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(()),
    }
}

fn unlockable(folder: &Path, source: &io::Error) -> FileError {
    FileError::new("lock files in", folder, io::Error::other(format!("its file system has no locks that `flock` could take ({source})")))
}

fn is_file_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.ino() == held.ino() && found.dev() == held.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{create_folder, list};

    #[test]
    fn a_folder_has_many_users_or_one_owner() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        let users = [share_folder(path).expect("share"), share_folder(path).expect("share")];
        assert!(users.iter().all(Option::is_some));
        assert!(try_own_folder(path).expect("look").is_none());
        drop(users);
        let owner = try_own_folder(path).expect("look");
        assert!(owner.is_some() && try_own_folder(path).expect("look").is_none());
    }

    #[test]
    fn a_file_system_without_locks_is_told_of() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        check_locks(folder.path()).expect("the usual ones have them");
        assert_eq!(list(folder.path()).expect("list"), Vec::<PathBuf>::new());
        assert!(check_locks(&folder.path().join("none")).is_err());
        let told = unlockable(Path::new("c"), &io::Error::from_raw_os_error(37)).to_string();
        assert!(told.starts_with("cannot lock files in `c`: its file system has no locks that `flock` could take (No locks "), "{told}");
    }

    #[test]
    fn a_lock_is_a_plain_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [file, link, inner] = ["file", "link", "inner"].map(|name| folder.path().join(name));
        create_folder(&inner).expect("a folder");
        std::os::unix::fs::symlink(&file, &link).expect("a link that leads nowhere");
        assert!(try_lock(&link).expect_err("a link").to_string().ends_with("it is a symbolic link"));
        assert!(try_lock(&inner).expect_err("a folder").to_string().ends_with("it is not a plain file"));
        assert_eq!(list(folder.path()).expect("list"), [inner, link], "nothing was made where the link leads");
    }

    #[test]
    fn a_lock_of_another_user_is_honoured() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("lock");
        // As another user's looks: to be read, not to be written.
        File::create(&path).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("ours");
        let other = File::open(&path).expect("to be read");
        other.lock().expect("free");
        assert!(try_lock(&path).expect("it can be looked at").is_none(), "held");
        drop(other);
        let held = try_lock(&path).expect("it can be taken").expect("free");
        assert!(try_lock(&path).expect("it can be looked at").is_none(), "held");
        drop(held);
        assert!(list(folder.path()).expect("list").is_empty());
    }

    #[test]
    fn a_lock_that_may_not_be_read_is_told_of() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("lock");
        File::create(&path).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("ours");
        match try_lock(&path) {
            Err(error) => assert!(error.to_string().contains("a umask such as 002"), "{error}"),
            // The superuser may read everything.
            Ok(held) => assert!(held.is_some()),
        }
    }
}
