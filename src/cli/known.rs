//! What is known of the data of a spec for those who only look: from the files; where they are not there, from the lock beside
//! the spec, or from what the cache says of the data that its results were computed from.

use std::path::Path;

use super::data::{Data, DataError};
use super::lock;
use super::{Exit, say};
use crate::cache::{CacheError, CacheReader};
use crate::dataset::Format;
use crate::digest::{Digest, Domain};
use crate::forecast::Rehearsals;
use crate::lock::Lock;
use crate::plan::{DataDigests, Plan};
use crate::run::{self, Remembered, Replay};
use crate::spec::{Dataset, ResolvedSpec, Subject};

/// The digests of data, and where they are from.
pub(super) struct Known {
    pub digests: DataDigests,
    pub from: From,
    /// Where they were opened.
    pub data: Option<Data>,
    /// What is to be said of it, in full sentences.
    pub warnings: Vec<String>,
    /// Why the files could not be opened.
    pub missing: Option<DataError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Files,
    Lock,
    Cache,
    Nowhere,
}

impl From {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Lock => "lock",
            Self::Cache => "cache",
            Self::Nowhere => "unknown",
        }
    }
}

impl Known {
    /// Of the spec in `file`, which is fitted to photographs. Faults of the data are told, and are an error.
    pub(super) fn find(spec: &mut ResolvedSpec, file: &Path, cache: Option<&CacheReader>) -> Result<Self, Exit> {
        let error = match Data::open(spec, cache) {
            Ok(data) => return Ok(data.into()),
            Err(error) if error.is_faulty() || matches!(error, DataError::Table(_)) && !error.is_missing() => return Err(error.tell()),
            Err(error) => error,
        };
        // What is there and cannot be read is not what was there before.
        let known = || {
            let lock = lock::beside(file).and_then(|lock| of_lock(spec, &lock)).map(|digests| (digests, From::Lock));
            lock.or_else(|| cache.and_then(|cache| of_cache(spec, cache)).map(|digests| (digests, From::Cache)))
        };
        // Of photographs not even the classes are known without them: digests alone would plan another search.
        let asks = error.is_missing() && !is_of_photographs(spec);
        let (digests, from) = asks.then(known).flatten().unwrap_or((DataDigests::unknown(), From::Nowhere));
        let told = match from {
            From::Lock => format!("the data are not opened: their digests are those in `{}`", lock::place(file).display()),
            From::Cache => "the data are not opened: their digests are those that the cache has results of".to_owned(),
            From::Nowhere if is_of_photographs(spec) => {
                "without the images neither their classes nor their shape are known: what follows is of images made up".to_owned()
            }
            From::Files | From::Nowhere => "without the data no training counts as cached".to_owned(),
        };
        Ok(Self { digests, from, data: None, warnings: vec![error.to_string(), told], missing: Some(error) })
    }

    /// The same, with what is to be said to standard error.
    pub(super) fn find_and_tell(spec: &mut ResolvedSpec, file: &Path, cache: Option<&CacheReader>) -> Result<Self, Exit> {
        let known = Self::find(spec, file, cache)?;
        for warning in &known.warnings {
            say(&format!("warning: {warning}"));
        }
        Ok(known)
    }

    /// Holds a plan against a cache, and looks ahead as far as goes with the data at hand.
    pub(super) fn look_ahead(
        &self,
        spec: &ResolvedSpec,
        plan: &Plan,
        cache: &CacheReader,
        remembered: &Remembered,
    ) -> Result<Replay, CacheError> {
        let data = self.data.clone().unwrap_or_else(|| Data::absent(self.digests));
        run::look_ahead(plan, cache, remembered, &mut data.store(spec))
    }

    /// Rehearses what is still to run of a plan, with the data at hand.
    pub(super) fn rehearse(
        &self,
        spec: &ResolvedSpec,
        plan: &Plan,
        replay: &Replay,
        (cache, remembered): (&CacheReader, &Remembered),
    ) -> Result<Rehearsals, CacheError> {
        let data = self.data.clone().unwrap_or_else(|| Data::absent(self.digests));
        Rehearsals::new(plan, replay, cache, remembered, &mut data.store(spec))
    }

    /// The spec with the numbers of images that were opened.
    pub(super) fn count_in(&self, spec: ResolvedSpec) -> ResolvedSpec {
        match self.data.as_ref().and_then(Data::examples) {
            Some(examples) => spec.with_examples(examples),
            None => spec,
        }
    }

    /// Whether results of trainings can be found by them.
    pub(super) fn is_known(&self) -> bool {
        self.from != From::Nowhere
    }
}

impl std::convert::From<Data> for Known {
    fn from(data: Data) -> Self {
        Self { digests: data.digests, from: From::Files, data: Some(data), warnings: Vec::new(), missing: None }
    }
}

fn is_of_photographs(spec: &ResolvedSpec) -> bool {
    matches!(&spec.subject, Subject::Images { dataset, .. } if dataset.described.format == Format::Photos)
}

/// What a lock says of the data; nothing where it is of other data than the spec asks for.
fn of_lock(spec: &ResolvedSpec, lock: &Lock) -> Option<DataDigests> {
    lock.is_of_the_data_of(spec).then(|| lock.data.digests())
}

fn of_cache(spec: &ResolvedSpec, cache: &CacheReader) -> Option<DataDigests> {
    let [search, last] = cache.data_of(&name(spec))?;
    Some(DataDigests { search, last })
}

/// The two digests of data, and what a spec calls them: a data set by its word, a table by what is read of it.
pub(super) fn named(spec: &ResolvedSpec, digests: DataDigests) -> (String, [Digest; 2]) {
    (name(spec), [digests.search, digests.last])
}

fn name(spec: &ResolvedSpec) -> String {
    match &spec.subject {
        Subject::Images { dataset, .. } if dataset.described.published.is_some() => dataset.described.name.clone(),
        Subject::Images { dataset: Dataset { described, .. }, .. } => {
            format!("images {}", Digest::of_json(Domain::Spec, &(&described.name, described.identity())))
        }
        Subject::Table { path, layout } => {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
            format!("table {}", Digest::of_json(Domain::Spec, &(file, layout)))
        }
    }
}
