//! Reading bundles: all is checked first, then placed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::Deserialize;

use super::{BUNDLE_FORMAT, BundleError, MANIFEST, Manifest, Name, OLDEST};
use crate::cache::blobs::BlobState;
use crate::cache::names::{DataNames, LONGEST, MOST};
use crate::cache::records::{LIMIT as RECORD_LIMIT, Record};
use crate::cache::{BLOB_LIMIT, Cache, CacheError, JSON_LIMIT, RecordedOutcome};
use crate::digest::{Digest, Domain};
use crate::files::{self, FileError};

/// How much may follow the last entry: a tar ends with two blocks of zeros, and some programs fill it up.
const END_LIMIT: u64 = 1 << 20;

/// A bundle that was read to its end and found whole.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
    file: File,
    /// Of which data its results are.
    data: DataNames,
}

/// What a cache got from a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub records: usize,
    pub blobs: usize,
    /// Bytes of the blobs.
    pub bytes: u64,
    /// Records that the cache had.
    pub known: usize,
}

type Archive<'a> = tar::Archive<GzDecoder<BufReader<&'a File>>>;

/// Given the place of an entry in a bundle and its bytes; says what is wrong with them.
type Visit<'a> = dyn FnMut(Name, u64, &mut dyn Read) -> Result<(), Stop> + 'a;

/// Why reading stops.
enum Stop {
    Refused(String),
    Newer(u32),
    Changed,
    Cache(CacheError),
}

impl From<String> for Stop {
    fn from(how: String) -> Self {
        Self::Refused(how)
    }
}

impl From<CacheError> for Stop {
    fn from(error: CacheError) -> Self {
        Self::Cache(error)
    }
}

impl Bundle {
    /// Reads a bundle and checks names, sizes, digests and checksums, and that every record has its outputs with it.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let mut bundle = Self { path: path.to_owned(), file: files::open(path)?, data: DataNames::new() };
        let mut blobs: BTreeMap<Digest, u64> = BTreeMap::new();
        let mut needed: BTreeSet<Digest> = BTreeSet::new();
        let data = bundle.read(&mut |name, size, bytes| {
            match name {
                Name::Blob(digest) => {
                    if Digest::of_reader(Domain::Blob, bytes).map_err(|error| cut(&error))? != digest {
                        return Err(Stop::Refused(format!("the content of `{name}` has another digest")));
                    }
                    blobs.insert(digest, size);
                }
                Name::Record(_) => {
                    let record = record(name, bytes)?;
                    for (output, digest) in record.outcome.outputs() {
                        if blobs.get(digest).is_none_or(|size| record.sizes.get(output) != Some(size)) {
                            return Err(Stop::Refused(format!("`{name}` comes without its output `{}`", output.escape_debug())));
                        }
                        needed.insert(*digest);
                    }
                }
            }
            Ok(())
        })?;
        bundle.data = data;
        match blobs.keys().find(|digest| !needed.contains(digest)) {
            Some(digest) => {
                let how = format!("no record in it needs `{}`", Name::Blob(*digest));
                Err(BundleError::Refused { path: path.to_owned(), how })
            }
            None => Ok(bundle),
        }
    }

    /// Reads every entry after the manifest; gives what that says of the data.
    fn read(&self, visit: &mut Visit<'_>) -> Result<DataNames, BundleError> {
        let fail = |source| FileError::new("read", &self.path, source);
        (&self.file).rewind().map_err(fail)?;
        let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(&self.file)));
        let read = read_entries(&mut archive, visit).and_then(|data| read_end(archive).map(|()| data));
        let path = self.path.clone();
        read.map_err(|stop| match stop {
            Stop::Refused(how) => BundleError::Refused { path, how },
            Stop::Newer(format) => BundleError::Newer { path, format },
            Stop::Changed => BundleError::Changed { path },
            Stop::Cache(error) => error.into(),
        })
    }
}

impl Cache {
    /// Adds what is in a bundle: blobs before the records that need them. A record that can be used as it is stays.
    pub fn import(&self, bundle: &Bundle) -> Result<Imported, BundleError> {
        let mut imported = Imported::default();
        // It may have been written to since it was checked: blobs get the names of what they hold, records are checked again.
        bundle.read(&mut |name, size, bytes| {
            match name {
                Name::Blob(digest) => {
                    if matches!(self.reader.blobs.verify(&digest)?, BlobState::Present(_)) {
                        io::copy(bytes, &mut io::sink()).map_err(|error| cut(&error))?;
                    } else {
                        // A small file can be packed of much: never more in memory than a piece.
                        if !self.reader.blobs.put_pieces(&digest, bytes)?.map_err(|error| cut(&error))? {
                            return Err(Stop::Changed);
                        }
                        imported.blobs += 1;
                        imported.bytes += size;
                    }
                }
                Name::Record(key) => {
                    let record = record(name, bytes)?;
                    let is_known = match self.reader.record(&key)? {
                        // A failure here does not stand in the way of a result from elsewhere.
                        Ok(known) if !known.outcome.is_done() && record.outcome.is_done() => false,
                        Ok(known) => self.reader.lack(&known)?.is_none(),
                        Err(_) => false,
                    };
                    if is_known {
                        imported.known += 1;
                    } else if self.reader.lack(&record)?.is_some() {
                        return Err(Stop::Changed);
                    } else {
                        self.reader.records.save(&key, &record, false)?;
                        imported.records += 1;
                    }
                }
            }
            Ok(())
        })?;
        let known = self.reader.data_names();
        for (name, digests) in &bundle.data {
            // What was noted here is of the data that are here.
            if !known.contains_key(name) {
                self.note_data(name, *digests)?;
            }
        }
        Ok(imported)
    }
}

fn read_entries(archive: &mut Archive<'_>, visit: &mut Visit<'_>) -> Result<DataNames, Stop> {
    // Raw: entries that give others longer names or sizes are entries like all, and refused.
    let mut entries = archive.entries().map_err(|error| cut(&error))?.raw(true);
    let mut next = || entries.next().transpose().map_err(|error| cut(&error));
    let first = next()?.ok_or_else(|| "it is empty".to_owned())?;
    let size = expect(&first, MANIFEST)?;
    if size > JSON_LIMIT {
        return Err(Stop::Refused(format!("its manifest has {size} bytes, allowed are {JSON_LIMIT}")));
    }
    let (lines, data) = manifest(&read_all(&mut Exactly::new(first, size))?)?;
    for (name, size) in lines {
        let text = name.to_string();
        let entry = next()?.ok_or_else(|| format!("it is cut off before `{text}`"))?;
        if expect(&entry, &text)? != size {
            return Err(Stop::Refused(format!("the sizes of `{text}` in the manifest and at its place differ")));
        }
        visit(name, size, &mut Exactly::new(entry, size))?;
    }
    match next()? {
        Some(entry) => Err(Stop::Refused(format!("{} is not in its manifest", shown(&entry)))),
        None => Ok(data),
    }
}

/// The checksum of the whole, and nothing behind it.
fn read_end(archive: Archive<'_>) -> Result<(), Stop> {
    let mut decoder = archive.into_inner();
    let rest = read_all(&mut decoder.by_ref().take(END_LIMIT))?;
    let mut behind = [0];
    let more =
        decoder.read(&mut behind).and_then(|more| Ok(more + decoder.into_inner().read(&mut behind)?)).map_err(|error| cut(&error))?;
    if more > 0 || rest.iter().any(|byte| *byte != 0) {
        return Err(Stop::Refused("something follows its last entry".to_owned()));
    }
    Ok(())
}

/// What the manifest lists, with nothing in it that does not belong there.
fn manifest(text: &[u8]) -> Result<(Vec<(Name, u64)>, DataNames), Stop> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let unreadable = |error: serde_json::Error| format!("its manifest cannot be read: {error}");
    let Format { format } = serde_json::from_slice(text).map_err(unreadable)?;
    if !(OLDEST..=BUNDLE_FORMAT).contains(&format) {
        return Err(Stop::Newer(format));
    }
    let manifest: Manifest = serde_json::from_slice(text).map_err(unreadable)?;
    if !manifest.files.is_sorted_by(|line, next| line.name < next.name) {
        return Err(Stop::Refused("its manifest is not in order".to_owned()));
    }
    let line = |line: super::Line| {
        let name = Name::parse(&line.name).ok_or_else(|| format!("`{}` has no place in a cache", line.name.escape_debug()))?;
        let limit = match name {
            Name::Blob(_) => BLOB_LIMIT,
            Name::Record(_) => RECORD_LIMIT,
        };
        if line.size > limit {
            return Err(Stop::Refused(format!("`{name}` has {} bytes, allowed are {limit}", line.size)));
        }
        Ok((name, line.size))
    };
    if manifest.data.len() > MOST || manifest.data.keys().any(|name| name.len() > LONGEST) {
        return Err(Stop::Refused("its manifest names more data than a cache keeps".to_owned()));
    }
    Ok((manifest.files.into_iter().map(line).collect::<Result<_, Stop>>()?, manifest.data))
}

/// The size of an entry that must be a plain file of this name.
fn expect<R: Read>(entry: &tar::Entry<'_, R>, name: &str) -> Result<u64, Stop> {
    if *entry.header().path_bytes() != *name.as_bytes() {
        return Err(Stop::Refused(format!("{} stands where `{name}` is expected", shown(entry))));
    }
    if !entry.header().entry_type().is_file() {
        return Err(Stop::Refused(format!("`{name}` is not a plain file")));
    }
    Ok(entry.header().size().map_err(|error| cut(&error))?)
}

fn shown<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    format!("`{}`", String::from_utf8_lossy(&entry.header().path_bytes()).escape_debug())
}

/// A record that a run can use.
fn record(name: Name, bytes: &mut dyn Read) -> Result<Record, Stop> {
    let Name::Record(key) = name else { unreachable!("asked for records only") };
    let record = Record::decode_named(&read_all(bytes)?, &key).map_err(|how| format!("`{name}` is damaged: {how}"))?;
    match record.outcome {
        RecordedOutcome::Done { .. } => Ok(record),
        RecordedOutcome::Failed { .. } => Err(Stop::Refused(format!("`{name}` is of a task that failed"))),
    }
}

fn read_all(bytes: &mut (impl Read + ?Sized)) -> Result<Vec<u8>, Stop> {
    let mut read = Vec::new();
    bytes.read_to_end(&mut read).map_err(|error| cut(&error))?;
    Ok(read)
}

fn cut(error: &io::Error) -> String {
    format!("it is cut off, damaged, or no bundle ({})", error.to_string().escape_debug())
}

/// A reader that must give a number of bytes: an early end is an error.
struct Exactly<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Exactly<R> {
    fn new(inner: R, left: u64) -> Self {
        Self { inner, left }
    }
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..most])?;
        self.left -= count as u64;
        if count == 0 && most > 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(count) }
    }
}
