//! Where the network of an export comes from: a folder of results, or a spec and the cache.

use std::path::{Path, PathBuf};

use super::ExportError;
use crate::cache::{Cache, CacheReader};
use crate::cli::cache::reads::{Replayed, reads};
use crate::cli::clock::unix_seconds;
use crate::cli::results::ResultsArgument;
use crate::dataset::Images;
use crate::export::{FILE, Found};
use crate::report;

/// The folder of an export in that of results.
pub(super) const FOLDER: &str = "export";

pub(super) struct Source {
    pub found: Found,
    /// Those that it was trained on, with the validation split.
    pub images: Images,
    /// Where it is written by default.
    pub folder: PathBuf,
}

impl Source {
    pub(super) fn open(from: &Path, number: Option<usize>, cache: &Path, results: &ResultsArgument) -> Result<Self, ExportError> {
        let named = results.given_or_named(from);
        let from = named.as_path();
        let reader = Cache::open_for_reading(cache)?;
        let folder = if from.is_dir() { Some(from) } else { from.parent().filter(|_| from.file_name().is_some_and(|name| name == FILE)) };
        match (folder, number) {
            (Some(folder), None) => Self::of(Found::read(folder)?, &reader, folder.join(FOLDER)),
            (Some(_), Some(_)) => {
                let said = "a folder of results holds one network\nhelp: name the spec instead of its results to choose with `--network`";
                Err(ExportError::Usage(said.to_owned()))
            }
            (None, _) => Self::of_spec(from, number, cache, &reader, results),
        }
    }

    /// With the images that the cache has decoded.
    pub(super) fn of(found: Found, cache: &CacheReader, folder: PathBuf) -> Result<Self, ExportError> {
        let Some(images) = cache.images(&found.file.split.digest)? else {
            let said = format!(
                "the images that the network was trained on are not in the cache, so nothing could be compared on them\n\
                 help: name the cache of the search with `--cache DIR`, or name the spec instead of its results; images {}",
                found.file.split.digest.short()
            );
            return Err(ExportError::Usage(said));
        };
        Ok(Self { found, images, folder })
    }

    fn of_spec(spec: &Path, number: Option<usize>, folder: &Path, cache: &CacheReader, to: &ResultsArgument) -> Result<Self, ExportError> {
        let reads = reads(spec, cache).map_err(ExportError::Reported)?;
        let mut trained = Vec::new();
        for Replayed { plan, results } in &reads.plans {
            let numbers = report::trained(plan, results, cache)?;
            if !numbers.is_empty() {
                trained = vec![(plan, results, numbers)];
            }
        }
        let Some((plan, results, numbers)) = trained.pop() else {
            let said = format!(
                "the cache has no network with weights of `{}`\nhelp: run it first, or name another cache with `--cache DIR`; a search of a table trains none",
                spec.display()
            );
            return Err(ExportError::Usage(said));
        };
        let chosen = number.unwrap_or(numbers[0]);
        let Some((file, bytes)) =
            numbers.contains(&chosen).then(|| report::network(&reads.spec, plan, results, cache, chosen)).transpose()?.flatten()
        else {
            if numbers.contains(&chosen) {
                let said = format!("the final trainings of `{0}` have not ended\nhelp: `epnas run {0}` goes on with them", spec.display());
                return Err(ExportError::Usage(said));
            }
            let mut known: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            known.sort();
            let said =
                format!("there is no network {chosen} with weights\nhelp: those that were trained at the end are {}", known.join(", "));
            return Err(ExportError::Usage(said));
        };
        let name = number.map_or_else(|| FOLDER.to_owned(), |number| format!("{FOLDER}-{number}"));
        let results = to.of(&reads.spec.name).join(name);
        // They may have been tidied away since the run.
        reads.images.keep(&Cache::open(folder)?, unix_seconds());
        let found = Found::new(file, bytes).map_err(|how| ExportError::Usage(format!("the weights do not fit the network: {how}")))?;
        Self::of(found, cache, results)
    }
}
