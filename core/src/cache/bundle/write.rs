//! Writing bundles.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::{BUNDLE_FORMAT, BundleError, Line, MANIFEST, Manifest, Name};
use crate::cache::fingerprint::TaskKey;
use crate::cache::names::DataNames;
use crate::cache::reader::CacheReader;
use crate::cache::{BLOB_LIMIT, RecordedOutcome};
use crate::digest::Digest;
use crate::files::{FileError, Writing};

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    pub records: usize,
    pub blobs: usize,
    /// Bytes of both.
    pub bytes: u64,
}

/// An entry of the bundle, by its name.
enum Source {
    Text(Vec<u8>),
    Blob(Digest),
}

/// What the header of an exported file says, by which it is known.
const COMMENT: &str = "epnas cache";

/// How an exported file begins: a gzip header with a comment, and neither time nor system.
pub const EXPORTED_BEGINNING: &[u8] = b"\x1f\x8b\x08\x10\x00\x00\x00\x00\x00\xffepnas cache\x00";

impl CacheReader {
    /// Writes the records with these keys and their outputs as one file. Keys without a finished record are left out;
    /// every blob is verified on the way. `data` says of which data the results are.
    pub fn export(&self, keys: &BTreeSet<TaskKey>, data: DataNames, path: &Path) -> Result<Exported, BundleError> {
        let mut entries: BTreeMap<String, (u64, Source)> = BTreeMap::new();
        let mut exported = Exported::default();
        for key in keys {
            let Ok(record) = self.record(key)? else { continue };
            if !matches!(record.outcome, RecordedOutcome::Done { .. }) || self.lack(&record)?.is_some() {
                continue;
            }
            for (name, digest) in record.outcome.outputs() {
                entries.insert(Name::Blob(*digest).to_string(), (record.sizes[name], Source::Blob(*digest)));
            }
            let text = record.encode().expect("a record that was read can be written");
            entries.insert(Name::Record(*key).to_string(), (text.len() as u64, Source::Text(text)));
            exported.records += 1;
        }
        exported.blobs = entries.len() - exported.records;
        exported.bytes = entries.values().map(|(size, _)| size).sum();
        let mut file = Writing::begin(path)?;
        self.write(&entries, data, &mut file, path)?;
        file.finish()?;
        Ok(exported)
    }

    fn write(
        &self,
        entries: &BTreeMap<String, (u64, Source)>,
        data: DataNames,
        out: &mut impl Write,
        path: &Path,
    ) -> Result<(), BundleError> {
        let fail = |source| FileError::new("write", path, source);
        let files = entries.iter().map(|(name, (size, _))| Line { name: name.clone(), size: *size }).collect();
        let manifest = serde_json::to_vec(&Manifest { format: BUNDLE_FORMAT, files, data }).expect("plain data always serialises");
        // The header says neither when nor where it was made.
        let mut archive = tar::Builder::new(GzBuilder::new().comment(COMMENT).write(out, Compression::default()));
        append(&mut archive, MANIFEST, &manifest).map_err(fail)?;
        for (name, (_, source)) in entries {
            match source {
                Source::Text(text) => append(&mut archive, name, text),
                Source::Blob(digest) => append(&mut archive, name, &self.get(digest, BLOB_LIMIT)?),
            }
            .map_err(fail)?;
        }
        archive.into_inner().and_then(flate2::write::GzEncoder::finish).map_err(fail)?;
        Ok(())
    }
}

/// An entry without an owner and a time.
pub(super) fn append(archive: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    archive.append(&header, bytes)
}
