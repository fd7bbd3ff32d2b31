//! Prepared photographs, kept: the images lie among the decoded images, and here what saves preparing them again.
//!
//! A note tells which images a state of the files gave, so that files that did not change since are not read; by how the set
//! looks from outside, or where links or tables lead elsewhere, by its listing. Probes tell
//! what was found in each file, so that only changed files are read. Indices tell which content each prepared row is of, so
//! that only new contents are decoded. All of it is for speed alone; what is damaged or missing is made again.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::data::SETTLED;
use super::reader::CacheReader;
use crate::dataset::photos::{self, Listing, Photos, PreparedPart, Progress, Remembered, State, Store, Survey, VERSION};
use crate::dataset::{DatasetError, Facts};
use crate::digest::{Digest, Domain};
use crate::files::{self, Entry, FileError, Stamp};

/// More bytes than notes and probes have.
const LIMIT: u64 = 4 << 30;

/// What photographs gave when they were prepared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoNote {
    pub train: Digest,
    pub test: Digest,
    pub facts: Facts,
    /// Of the files of the images: a file that is not what it was is looked at anew.
    stamps: Vec<Stamp>,
}

impl CacheReader {
    /// Photographs at a path, prepared and kept here: the one thing that those write who only look. `now` is in seconds
    /// since 1970.
    pub fn photos(&self, path: &Path, photos: &Photos, now: u64, hear: &mut dyn FnMut(Progress)) -> Result<PhotoNote, DatasetError> {
        let folder = &self.data.photos;
        files::create_folder(folder)?;
        // Looked at before it is listed: what changes meanwhile makes it look otherwise the next time.
        let state = State::of(path);
        let seen = state.map(|state| folder.join(format!("{}.json", Digest::of_json(Domain::Source, &(VERSION, photos, state.digest)))));
        if let Some(known) = seen.as_deref().and_then(read::<PhotoNote>).filter(|known| self.holds(known)) {
            return Ok(known);
        }
        // A set that looked the same for so long may be noted by its looks.
        let settled = |changed: u64| changed.saturating_add(SETTLED) <= now;
        let seen = seen.zip(state).filter(|(_, state)| settled(state.changed)).map(|(note, _)| note);
        let listing = Listing::at(path, photos)?;
        let stamps = Survey::stamps(&listing);
        let entries: Vec<_> = listing.entries.iter().map(|entry| (&entry.path, entry.label, entry.part, &entry.group)).collect();
        let source = Digest::of_json(Domain::Source, &(VERSION, photos, &listing.classes, &listing.notes, entries, &stamps));
        let note = folder.join(format!("{source}.json"));
        if let Some(known) = read::<PhotoNote>(&note).filter(|known| self.holds(known)) {
            if let Some(seen) = &seen {
                write(seen, &known)?;
            }
            return Ok(known);
        }
        let _alone = alone(folder, path, &|| ())?;
        let probes = folder.join(format!("{}.probes", photos::name_of(path)));
        let remembered: Remembered = read(&probes).unwrap_or_default();
        let mut survey = Survey::of(listing, stamps, &remembered, hear);
        write(&probes, &survey.remember(now.saturating_sub(SETTLED)))?;
        let images = |digest: &Digest| self.data.images.path(digest);
        let store = Store { folder, images: &images };
        let prepared = photos::prepare(&mut survey, path, photos, Some(&store), hear);
        // What could not be decoded is not tried again.
        write(&probes, &survey.remember(now.saturating_sub(SETTLED)))?;
        let prepared = prepared?;
        for part in [&prepared.train, &prepared.test] {
            self.put_in_place(part)?;
        }
        photos::tidy(folder, path)?;
        let stamps = [&prepared.train, &prepared.test].map(|part| Stamp::of(&images(&part.digest)));
        let stamps = stamps.into_iter().collect::<Result<_, FileError>>()?;
        let known = PhotoNote { train: prepared.train.digest, test: prepared.test.digest, facts: prepared.facts, stamps };
        if survey.stamps.iter().flatten().all(|stamp| settled(stamp.changed())) {
            write(&note, &known)?;
            if let Some(seen) = &seen {
                write(seen, &known)?;
            }
        }
        Ok(known)
    }

    /// Whether the images of a note lie where they were put, untouched.
    fn holds(&self, known: &PhotoNote) -> bool {
        let stamps = [known.train, known.test].map(|digest| Stamp::of(&self.data.images.path(&digest)).ok());
        stamps.into_iter().flatten().collect::<Vec<_>>() == known.stamps
    }

    /// Images that are there already stay: others have mapped them.
    fn put_in_place(&self, part: &PreparedPart) -> Result<(), DatasetError> {
        let Some(file) = &part.file else { return Ok(()) };
        let digest_folder = &self.data.images;
        let path = digest_folder.path(&part.digest);
        digest_folder.shard(&part.digest).map_err(|error| FileError::new("write", &path, std::io::Error::other(error.to_string())))?;
        if files::entry(&path)? == Entry::File(size(file)?) && matches!(self.images(&part.digest), Ok(Some(_))) {
            files::remove(file)?;
        } else {
            files::rename(file, &path)?;
        }
        Ok(())
    }
}

fn size(path: &Path) -> Result<u64, FileError> {
    Ok(match files::entry(path)? {
        Entry::File(size) => size,
        _ => 0,
    })
}

/// Waits while another program prepares the same; `waits` hears of it again and again.
pub(super) fn alone(folder: &Path, path: &Path, waits: &dyn Fn()) -> Result<files::FileLock, FileError> {
    let lock = folder.join(format!("{}.lock", photos::name_of(path)));
    loop {
        if let Some(lock) = files::try_lock(&lock)? {
            return Ok(lock);
        }
        waits();
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A value and its checksum; `None` where it is missing or damaged.
fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    let bytes = files::read(path, LIMIT).ok()?;
    let (checksum, text) = bytes.split_at_checked(65)?;
    let whole = checksum == format!("{}\n", Digest::of(Domain::Source, text)).as_bytes();
    whole.then(|| serde_json::from_slice(text).ok()).flatten()
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    let text = serde_json::to_vec(value).map_err(|error| FileError::new("write", path, error.into()))?;
    let checksum = format!("{}\n", Digest::of(Domain::Source, &text));
    files::write_unflushed(path, &[checksum.as_bytes(), &text].concat())
}
