//! How much room there is.

use std::path::Path;

use super::FileError;

/// Bytes that a user may still write where `path` is, or where the nearest folder above it is that is there.
pub fn free_space(path: &Path) -> Result<u64, FileError> {
    let mut there = path;
    loop {
        match rustix::fs::statvfs(there) {
            Ok(space) => return Ok(space.f_bavail.saturating_mul(space.f_frsize)),
            Err(rustix::io::Errno::NOENT) if there.parent().is_some() => {
                there = there.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
            }
            Err(error) => return Err(FileError::new("ask for the free space of", path, error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(free_space(&folder.path().join("not/yet")).expect("a disk") > 0);
        assert!(free_space(Path::new("not-there-either")).expect("a disk") > 0);
        std::fs::write(folder.path().join("file"), b"").expect("our own folder");
        assert!(free_space(&folder.path().join("file/below")).expect_err("a file has nothing below").to_string().contains("free space"));
    }
}
