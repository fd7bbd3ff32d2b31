//! Images at a smaller size, kept: made once from those of the full size, without decoding a file again, and mapped by all
//! workers of a machine like those.

use std::io::{BufWriter, Write as _};

use super::data::note;
use super::photos::alone;
use super::{Cache, CacheError};
use crate::dataset::{Images, SMALLER_VERSION};
use crate::digest::{Digest, Domain};
use crate::files::{self, FileError};

impl Cache {
    /// The images with this digest at a smaller size; `None` where they were not made, or are damaged.
    pub fn kept_smaller(&self, of: &Digest, size: usize) -> Option<Images> {
        let kept = self.reader.verify_source(&source(of, size)).ok().flatten()?;
        self.mapped(&kept)
    }

    /// Makes the images with this digest smaller, and keeps them; in memory where they cannot be kept, which is told. While
    /// another worker makes the same, `waits` is called again and again.
    pub fn make_smaller(&self, of: &Digest, images: &Images, size: usize, waits: &dyn Fn()) -> Images {
        self.make_and_keep(of, images, size, waits).unwrap_or_else(|error| {
            tracing::warn!(target: "epnas::cache::data", "smaller images cannot be kept, each worker will have its own: {error}");
            images.smaller(size)
        })
    }

    fn make_and_keep(&self, of: &Digest, images: &Images, size: usize, waits: &dyn Fn()) -> Result<Images, CacheError> {
        let (data, source) = (&self.reader.data, source(of, size));
        files::create_folder(&data.photos)?;
        let path = data.photos.join(format!("unfinished-{source}"));
        let _alone = alone(&data.photos, &path, waits)?;
        // Another worker may have made them meanwhile.
        if let Some(kept) = self.kept_smaller(of, size) {
            return Ok(kept);
        }
        let mut file = BufWriter::with_capacity(1 << 20, files::create(&path)?);
        let written = images.write_smaller(size, &mut file).and_then(|digest| file.flush().map(|()| digest));
        let digest = written.map_err(|error| FileError::new("write", &path, error))?;
        data.images.shard(&digest)?;
        files::rename(&path, &data.images.path(&digest))?;
        data.sources.write(&data.sources.entry(&source)?, note(&source, &digest).as_bytes())?;
        self.mapped(&digest).ok_or_else(|| FileError::new("read", &path, std::io::ErrorKind::NotFound.into()).into())
    }
}

fn source(of: &Digest, size: usize) -> Digest {
    Digest::of_json(Domain::Source, &("smaller", SMALLER_VERSION, of, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Shape;

    #[test]
    fn what_is_made_smaller_is_mapped_the_next_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let shape = Shape { channels: 1, height: 4, width: 4 };
        let images = Images { shape, classes: 2, pixels: (0..32).collect::<Vec<u8>>().into(), labels: vec![0, 1] };
        let of = images.digest();
        assert!(cache.kept_smaller(&of, 2).is_none());
        let made = cache.make_smaller(&of, &images, 2, &|| ());
        assert_eq!((made.digest(), &made.image(0)[..], made.pixels.is_mapped()), (images.smaller(2).digest(), &[3, 5, 11, 13][..], true));
        let kept = cache.kept_smaller(&of, 2).expect("kept");
        assert_eq!((kept.digest(), cache.kept_smaller(&of, 3).is_none()), (made.digest(), true));
        // A damaged file is put aside and made again.
        let path = cache.reader.data.images.path(&made.digest());
        files::write_unflushed(&path, b"rubbish").expect("write");
        assert!(cache.kept_smaller(&of, 2).is_none());
        assert_eq!(cache.make_smaller(&of, &images, 2, &|| ()).digest(), made.digest());
    }

    #[test]
    fn who_waits_for_another_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("images");
        let held = std::cell::Cell::new(Some(alone(folder.path(), &path, &|| panic!("nobody has it")).expect("free")));
        let waited = std::cell::Cell::new(0);
        let waits = || {
            waited.set(waited.get() + 1);
            drop(held.take());
        };
        drop(alone(folder.path(), &path, &waits).expect("given up"));
        assert_eq!(waited.get(), 1);
    }
}
