//! The data of a spec, opened: what is planned with and what tasks read.

use std::path::Path;
use std::sync::Arc;
use std::thread::Builder;

use serde::Serialize;

use super::diagnostics::{Style, render, render_table};
use super::{Exit, fail, photos, say};
use crate::cache::{Cache, CacheReader, Loaded};
use crate::dataset::photos::PhotosError;
use crate::dataset::{DatasetError, Described, Examples, Facts, Files, Part, PartFacts};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::plan::DataDigests;
use crate::run::{DataPlace, Store};
use crate::spec::{Dataset, ResolvedSpec, Source, Subject, check};
use crate::table::{Table, TableError, TableFacts};
use crate::text::ErrorText;

/// Data that were read once.
#[derive(Clone)]
pub(super) struct Data {
    pub digests: DataDigests,
    content: Option<Arc<Content>>,
    table: Option<Arc<Table>>,
}

/// What data hold, for people and programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Content {
    Images(Box<Facts>),
    Table(TableFacts),
}

impl Content {
    /// One line about what a search of `subject` reads.
    pub(super) fn summary(&self, subject: &Subject) -> String {
        match self {
            Self::Images(facts) => facts.summary(match subject {
                Subject::Images { dataset, .. } => dataset.validation,
                Subject::Table { .. } => 0,
            }),
            Self::Table(facts) => facts.summary(),
        }
    }
}

/// Data that can be used, with what is doubtful about them.
pub(super) struct Judged {
    /// The doubts with their places, as a check writes them.
    text: String,
    pub warnings: Vec<Diagnostic>,
}

impl Judged {
    /// Says the doubts on standard error.
    pub(super) fn tell(&self) {
        if !self.text.is_empty() {
            say(self.text.trim_end());
        }
    }

    /// Each doubt as message and help.
    pub(super) fn messages(&self) -> impl Iterator<Item = String> {
        self.warnings
            .iter()
            .map(|fault| fault.help.as_ref().map_or_else(|| fault.message.clone(), |help| format!("{}\nhelp: {help}", fault.message)))
    }
}

/// Why data cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DataError {
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    #[error("{}", table_text(.0))]
    Table(#[from] TableError),
}

fn table_text(error: &TableError) -> ErrorText {
    let is_missing = matches!(error, TableError::File(file) if file.is_missing());
    let help =
        is_missing.then(|| "bring the table to this place, or name another one in `space.table.path`, seen from the spec".to_owned());
    ErrorText { what: error.to_string(), help }
}

impl DataError {
    pub(super) fn error_text(&self) -> ErrorText {
        match self {
            Self::Dataset(error) => error.error_text(),
            Self::Table(error) => table_text(error),
        }
    }

    /// A file is not there: it may come yet.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::Dataset(DatasetError::Missing { .. } | DatasetError::Photos(PhotosError::Missing(_))) => true,
            Self::Table(TableError::File(error)) => error.is_missing(),
            Self::Dataset(_) | Self::Table(_) => false,
        }
    }

    /// The data are there, and what they hold is wrong: that is as much the user's as the spec.
    pub(super) const fn is_faulty(&self) -> bool {
        matches!(
            self,
            Self::Table(TableError::Faults { .. })
                | Self::Dataset(DatasetError::Photos(PhotosError::Refused { .. } | PhotosError::Unreadable { .. }))
        )
    }

    /// Says what is wrong: with the data, or with the machine.
    pub(super) fn tell(&self) -> Exit {
        match self {
            Self::Table(TableError::Faults { path, faults }) => {
                say(render_table(path, faults, Style::of(&std::io::stderr())).trim_end());
                Exit::BadSpec
            }
            error => fail(if error.is_faulty() { Exit::BadSpec } else { Exit::Trouble }, &error.to_string()),
        }
    }
}

/// Images as they were found, until they are kept.
#[derive(Default)]
#[must_use]
pub(super) struct LoadedData(Vec<Loaded>);

impl LoadedData {
    /// Keeps what was decoded for the workers and for the next time, and lets go of it. `now` is in seconds since 1970.
    pub(super) fn keep(self, cache: &Cache, now: u64) {
        for loaded in self.0 {
            cache.keep_images(&loaded, now);
        }
    }
}

impl Data {
    /// Whether searches in both are told the same of the same networks, be their costs and graphs others.
    pub(super) fn gives_the_same_figures_as(&self, other: &Self) -> bool {
        let (Some(ours), Some(theirs)) = (self.table(), other.table()) else { return self.digests == other.digests };
        let agree = |row| ours.metric(row).to_bits() == theirs.metric(row).to_bits() && ours.reported(row) == theirs.reported(row);
        self.digests == other.digests || ours.len() == theirs.len() && (0..ours.len()).all(agree)
    }

    /// Opens data for those who only look: what a cache knows of them is used, nothing is added but prepared photographs. The
    /// spec is fitted to them.
    pub(super) fn open(spec: &mut ResolvedSpec, cache: Option<&CacheReader>) -> Result<Self, DataError> {
        Self::open_to_keep(spec, cache).map(|(data, _)| data)
    }

    /// Opens data for a run.
    pub(super) fn open_to_keep(spec: &mut ResolvedSpec, cache: Option<&CacheReader>) -> Result<(Self, LoadedData), DataError> {
        match &spec.subject {
            Subject::Images { dataset: Dataset { described: Described { photos: Some(photos), .. }, path, .. }, .. } => {
                let opened = photos::open(path.as_deref().unwrap_or(Path::new("")), photos, cache)?;
                let digests = DataDigests { search: opened.train, last: opened.test };
                let data = Self { digests, content: Some(Arc::new(Content::Images(Box::new(opened.facts)))), table: None };
                data.fit(spec);
                Ok((data, LoadedData::default()))
            }
            Subject::Images { dataset, .. } => {
                let files = Files::find(&dataset.described, dataset.path.as_deref())?;
                let load = |part| {
                    let loaded = cache.map_or_else(|| Loaded::decode(&files, part), |cache| cache.load(&files, part))?;
                    let facts = PartFacts::of(&loaded.images);
                    Ok::<_, DataError>((loaded, facts))
                };
                // Both parts side by side.
                std::thread::scope(|scope| {
                    let test = Builder::new().spawn_scoped(scope, || load(Part::Test));
                    let (train, of_train) = load(Part::Train)?;
                    // One after the other where the machine refuses a thread.
                    let (test, of_test) = test
                        .map_or_else(|_| load(Part::Test), |test| test.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))?;
                    let digests = DataDigests { search: train.digest, last: test.digest };
                    let content = Some(Arc::new(Content::Images(Box::new(Facts::new(of_train, of_test)))));
                    Ok((Self { digests, content, table: None }, LoadedData(vec![train, test])))
                })
            }
            Subject::Table { path, layout } => {
                let table = Table::load(path, layout)?;
                let digests = DataDigests { search: table.search_digest(), last: table.digest() };
                let content = Some(Arc::new(Content::Table(TableFacts::of(&table))));
                Ok((Self { digests, content, table: Some(Arc::new(table)) }, LoadedData::default()))
            }
        }
    }

    /// What is known of photographs only when they are looked at is put into a spec of the same data.
    pub(super) fn fit(&self, spec: &mut ResolvedSpec) {
        if let Some(Content::Images(facts)) = self.content() {
            spec.fit(facts);
        }
    }

    /// Data that are not opened: only what needs none of them can go on.
    pub(super) const fn absent(digests: DataDigests) -> Self {
        Self { digests, content: None, table: None }
    }

    /// What they hold, where they were opened.
    pub(super) fn content(&self) -> Option<&Content> {
        self.content.as_deref()
    }

    /// How many images they hold, where they are images and were opened.
    pub(super) fn examples(&self) -> Option<Examples> {
        match self.content() {
            Some(Content::Images(facts)) => Some(Examples { train: facts.train.images, test: facts.test.images }),
            Some(Content::Table(_)) | None => None,
        }
    }

    /// What they make wrong or doubtful about a spec: the same for every command.
    pub(super) fn faults(&self, spec: &ResolvedSpec) -> Diagnostics {
        let held = match (self.content(), &self.table) {
            (Some(Content::Images(facts)), _) => check::Held::Images(facts),
            (Some(Content::Table(_)), Some(table)) => check::Held::Table(table),
            (Some(Content::Table(_)) | None, _) => return Diagnostics::default(),
        };
        check::against_data(spec, held)
    }

    /// The doubts for those who go on in spite of them; what is wrong is said with its place, and ends the command. Bounds
    /// that no network keeps do not: a run says which network came nearest.
    pub(super) fn judge(&self, spec: &ResolvedSpec, file: &Path, source: &Source) -> Result<Judged, Exit> {
        let faults = self.faults(spec);
        let faults = faults.into_vec();
        let wrong = faults.iter().any(|fault| fault.severity == Severity::Error && fault.code != "space::no-feasible-network");
        let text = render(&file.display().to_string(), source, &faults, Style::of(&std::io::stderr()));
        if wrong {
            say(text.trim_end());
            return Err(Exit::BadSpec);
        }
        Ok(Judged { text, warnings: faults })
    }

    /// The table, where the space is one.
    pub(super) fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    /// Where the data lie, for workers.
    pub(super) fn place(&self, spec: &ResolvedSpec) -> DataPlace {
        DataPlace::new(&spec.subject, self.digests)
    }

    /// What tasks of this process read.
    pub(super) fn store(&self, spec: &ResolvedSpec) -> Store {
        Store::new(self.place(spec), self.table.clone())
    }
}
