//! What is saved of trainings on their way, by the key of the task: so that one whose process ended goes on where it was.
//! Not results: nothing is ever computed from a checkpoint but the rest of its own training.
//!
//! A file is a line that names the format, a checksum over the key and the state, and the state. What is cut, altered or
//! of another task is as good as not there: the training begins anew. A state is flushed before it replaces the one
//! before, so that a crash of the machine leaves one of the two.

use std::io::Read as _;
use std::path::PathBuf;

use crate::digest::{Digest, Domain};
use crate::files::{self, Entry, FileError};

use super::digest_folder::expect_file;
use super::fingerprint::TaskKey;
use super::reader::CacheReader;
use super::{Cache, CacheError};

/// The largest state that is saved or read.
pub const CHECKPOINT_LIMIT: u64 = 4 << 30;

const FORMAT: &[u8] = b"epnas checkpoint 1\n";
const HEADER: usize = FORMAT.len() + 32;

impl Cache {
    /// What was saved last of the training with this key, if it is whole.
    pub fn checkpoint(&self, key: &TaskKey) -> Option<Vec<u8>> {
        let path = self.reader.checkpoints.path(key.digest());
        expect_file(files::entry(&path).ok()?).ok()?;
        let mut bytes = files::read(&path, HEADER as u64 + CHECKPOINT_LIMIT).ok()?;
        let state = bytes.strip_prefix(FORMAT)?.get(32..)?;
        if bytes[FORMAT.len()..HEADER] != *checksum(key, &[state]).as_bytes() {
            return None;
        }
        bytes.drain(..HEADER);
        Some(bytes)
    }

    /// Saves a state that lies in several pieces; it replaces the one before.
    pub fn save_checkpoint(&self, key: &TaskKey, state: &[&[u8]]) -> Result<(), CacheError> {
        let size = state.iter().map(|part| part.len() as u64).sum();
        if size > CHECKPOINT_LIMIT {
            return Err(CacheError::TooLarge { what: format!("the state of {}", key.short()), size, limit: CHECKPOINT_LIMIT });
        }
        let digest_folder = &self.reader.checkpoints;
        let checksum = checksum(key, state);
        digest_folder.write_flushed(&digest_folder.entry(key.digest())?, &[&[FORMAT, checksum.as_bytes()], state].concat())
    }

    /// Removes what was saved of a training, as [`super::Reservation::save`] does; nothing there is fine.
    pub fn forget_checkpoint(&self, key: &TaskKey) -> Result<(), CacheError> {
        Ok(files::remove_all(&self.reader.checkpoints.path(key.digest()))?)
    }
}

/// Covers the key too: a state is for its own task alone.
fn checksum(key: &TaskKey, state: &[&[u8]]) -> Digest {
    let mut hasher = Domain::Checkpoint.hasher();
    hasher.update(key.digest().as_bytes());
    for part in state {
        hasher.update(part);
    }
    Digest::from_hasher(&hasher)
}

/// A checkpoint as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CheckpointCondition {
    /// Another program took it away.
    Gone,
    Whole,
    Damaged {
        path: PathBuf,
        how: String,
    },
}

impl CacheReader {
    /// Bytes of what is saved of a training.
    pub fn checkpoint_size(&self, key: &TaskKey) -> Result<u64, CacheError> {
        Ok(if let Entry::File(size) = files::entry(&self.checkpoints.path(key.digest()))? { size } else { 0 })
    }

    /// Reads a checkpoint piece by piece and holds it against its checksum.
    pub(super) fn verify_checkpoint(&self, key: &TaskKey) -> Result<CheckpointCondition, CacheError> {
        let path = self.checkpoints.path(key.digest());
        let damaged = |path, how: &str| Ok(CheckpointCondition::Damaged { path, how: how.to_owned() });
        let entry = files::entry(&path)?;
        match expect_file(entry) {
            Err(_) if entry == Entry::Nothing => return Ok(CheckpointCondition::Gone),
            Err(how) => return damaged(path, &how),
            Ok(_) => {}
        }
        let mut file = match files::open(&path) {
            Err(error) if error.is_missing() => return Ok(CheckpointCondition::Gone),
            opened => opened?,
        };
        let mut header = [0; HEADER];
        if file.read_exact(&mut header).is_err() || !header.starts_with(FORMAT) {
            return damaged(path, "it is cut off or no checkpoint");
        }
        let mut hasher = Domain::Checkpoint.hasher();
        hasher.update(key.digest().as_bytes()).update_reader(file).map_err(|source| FileError::new("read", &path, source))?;
        if header[FORMAT.len()..] == *Digest::from_hasher(&hasher).as_bytes() {
            Ok(CheckpointCondition::Whole)
        } else {
            damaged(path, "its checksum does not fit its content")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{shop, task};
    use super::super::{Fault, Removed, Wanted};
    use super::*;

    #[test]
    fn a_state_comes_back_until_the_result_is_saved() {
        let shop = shop();
        let key = task(1).key();
        assert_eq!(shop.cache.checkpoint(&key), None);
        for state in [&b"half"[..], b"", b"more than half"] {
            shop.cache.save_checkpoint(&key, &[&state[..1.min(state.len())], &state[1.min(state.len())..]]).expect("save");
            assert_eq!(shop.cache.checkpoint(&key).as_deref(), Some(state));
        }
        assert_eq!(shop.cache.checkpoint(&task(2).key()), None);
        let verified = shop.cache.reader().verify().expect("verify");
        assert_eq!((verified.checkpoints, verified.faults), (1, vec![]));
        shop.run(1);
        assert_eq!(shop.cache.checkpoint(&key), None);
        shop.cache.forget_checkpoint(&key).expect("nothing to forget");
        assert_eq!(shop.cache.reader().contents().expect("list").checkpoints, []);
    }

    #[test]
    fn every_cut_and_every_flipped_bit_of_a_state_is_noticed() {
        let shop = shop();
        let key = task(1).key();
        shop.cache.save_checkpoint(&key, &[b"half"]).expect("save");
        let path = shop.cache.reader.checkpoints.path(key.digest());
        let whole = fs::read(&path).expect("saved");
        let cuts = (0..whole.len()).map(|length| whole[..length].to_vec());
        let flips = (0..whole.len() * 8).map(|bit| {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        });
        for bad in cuts.chain(flips).chain(std::iter::once([&whole[..], b" "].concat())) {
            fs::remove_file(&path).expect("remove");
            fs::write(&path, &bad).expect("write");
            assert_eq!(shop.cache.checkpoint(&key), None);
            assert!(matches!(shop.cache.reader().verify_checkpoint(&key), Ok(CheckpointCondition::Damaged { .. })));
        }
        let verified = shop.cache.reader().verify().expect("verify");
        assert!(matches!(&verified.faults[..], [Fault::Checkpoint { .. }]), "{:?}", verified.faults);
        assert_eq!((shop.cache.repair(&verified).expect("repair"), path.exists()), (1, false));
    }

    #[test]
    fn odd_things_in_place_of_a_state_are_no_state() {
        let shop = shop();
        let [key, other] = [1, 2].map(|number| task(number).key());
        shop.cache.save_checkpoint(&other, &[b"another"]).expect("save");
        let [path, other] = [key, other].map(|key| shop.cache.reader.checkpoints.path(key.digest()));
        fs::create_dir_all(path.parent().expect("a shard")).expect("a folder");
        fs::copy(&other, &path).expect("copy");
        assert_eq!(shop.cache.checkpoint(&key), None, "it is that of another task");
        fs::remove_file(&path).expect("remove");
        std::os::unix::fs::symlink(&other, &path).expect("a link");
        assert_eq!(shop.cache.checkpoint(&key), None);
        shop.cache.save_checkpoint(&key, &[b"half"]).expect("put in its place");
        assert_eq!(shop.cache.checkpoint(&key).as_deref(), Some(&b"half"[..]));
        assert_eq!(shop.cache.reader().verify().expect("verify").put_aside, 1);
    }

    #[test]
    fn what_has_a_result_or_nobody_took_up_for_long_is_tidied_away() {
        let shop = shop();
        shop.run(1);
        for number in [1, 2] {
            shop.cache.save_checkpoint(&task(number).key(), &[b"half"]).expect("save");
        }
        let written = files::modified(&shop.cache.reader.checkpoints.path(task(2).key().digest())).expect("look").expect("there");
        let gone = |now, older_than| {
            let garbage = shop.cache.reader().garbage(&Wanted { now, older_than, ..Wanted::default() }).expect("look");
            shop.cache.remove(&garbage).expect("remove")
        };
        let bytes = HEADER as u64 + 4;
        assert_eq!(gone(written, None), Removed { leftovers: 1, bytes, ..Removed::default() });
        assert_eq!(shop.cache.reader().contents().expect("list").checkpoints, [task(2).key()]);
        assert_eq!(gone(written + 86_400, None), Removed::default());
        assert_eq!(gone(written + 86_400, Some(80_000)).leftovers, 1);
        shop.cache.save_checkpoint(&task(2).key(), &[b"half"]).expect("save");
        assert_eq!(gone(written + 60 * 86_400, None).leftovers, 1);
    }
}
