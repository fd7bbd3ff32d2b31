//! The data of specs, opened: what is wrong with them, and what they make doubtful about a spec.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::data::{Data, DataError};
use super::super::diagnostics::in_table;
use super::super::paths::home;
use super::Look;
use crate::cache::CacheReader;
use crate::cli::CacheArgument;
use crate::dataset::DatasetError;
use crate::dataset::photos::PhotosError;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Severity};
use crate::spec::{ResolvedSpec, Subject};
use crate::table::TableError;
use crate::text::ErrorText;

/// Data that were opened before; many specs share theirs.
pub(super) struct Opened {
    /// Where there is one: a check makes none.
    cache: Option<CacheReader>,
    known: BTreeMap<String, Result<Data, DataError>>,
}

impl Opened {
    pub(super) fn with(cache: &CacheArgument) -> Self {
        let cache = cache.folder.is_dir().then(|| cache.look()).flatten();
        Self { cache, known: BTreeMap::new() }
    }

    /// Opens the data of a spec without errors, and adds what is found.
    pub(super) fn open(&mut self, look: &mut Look) {
        let Some(resolved) = look.resolved.take() else { return };
        let mut resolved = resolved.in_folder(look.file.parent().unwrap_or(Path::new("")), home().as_deref());
        let opened = self.known.entry(place(&resolved)).or_insert_with(|| Data::open(&mut resolved.clone(), self.cache.as_ref()));
        let mut faults = Diagnostics::default();
        match opened {
            Ok(data) => {
                data.fit(&mut resolved);
                faults = data.faults(&resolved);
                look.data = Some(data.clone());
            }
            Err(DataError::Table(TableError::Faults { path, faults })) => look.beside = in_table(path, faults),
            Err(error) => unusable(&mut faults, &resolved.subject, error),
        }
        look.faults.extend(faults.into_vec());
        look.faults.sort_by_key(|fault: &Diagnostic| look.source.range(&fault.place).start);
        let right = look.beside.is_empty() && !look.faults.iter().any(|fault| fault.severity == Severity::Error);
        look.resolved = Some(resolved).filter(|_| right);
    }
}

/// Where a spec says that its data lie, if nothing is there.
pub(super) fn absent(spec: &ResolvedSpec, file: &Path) -> Option<PathBuf> {
    let spec = spec.clone().in_folder(file.parent().unwrap_or(Path::new("")), home().as_deref());
    let path = match spec.subject {
        Subject::Images { dataset, .. } => dataset.path?,
        Subject::Table { path, .. } => path,
    };
    (!path.exists()).then_some(path)
}

/// Specs whose data are the same have the same.
fn place(spec: &ResolvedSpec) -> String {
    let place = match &spec.subject {
        Subject::Images { dataset, .. } => json!([dataset.described, dataset.path]),
        Subject::Table { path, layout } => json!([path, layout]),
    };
    place.to_string()
}

/// Data that are not there, or not what they should be, at their place in the spec.
fn unusable(faults: &mut Diagnostics, subject: &Subject, error: &DataError) {
    let root = diagnostic::Path::root();
    let place = match subject {
        Subject::Images { dataset, .. } => root.key("dataset").key(if dataset.path.is_some() { "path" } else { "name" }),
        Subject::Table { .. } => root.key("space").key("table").key("path"),
    };
    let code = match error {
        error if error.is_missing() => "data::missing",
        DataError::Dataset(
            DatasetError::Malformed { .. } | DatasetError::Misnamed { .. } | DatasetError::Photos(PhotosError::Unreadable { .. }),
        ) => "data::damaged",
        DataError::Dataset(_) | DataError::Table(_) => "data::unreadable",
    };
    let ErrorText { what, help } = error.error_text();
    faults.error(code, &place, what.replace("\n ", ";"), help.as_deref().unwrap_or(default_help(code)));
}

fn default_help(code: &str) -> &'static str {
    match code {
        "data::missing" => "bring the file to this place, or name another one",
        "data::damaged" => "fetch the file again",
        _ => "look at the file and at who may read it",
    }
}
