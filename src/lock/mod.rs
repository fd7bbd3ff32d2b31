//! A lock: what a search is made of, written beside its spec, so that later runs can tell whether it still is.
//! Knows no paths and no command line.

mod text;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cache::Record;
use crate::digest::{Digest, Domain};
use crate::engine::{LIBTORCH, Precision};
use crate::plan::{DataDigests, NamedData, Plan};
use crate::spec::{ResolvedSpec, Subject};
use crate::task::TaskKind;

pub use text::LockFault;

/// Everything that must be as it was for a run to give what it gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Of the lock itself; see [`Lock::FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub epnas: String,
    /// Version of the library that it trains with.
    pub libtorch: String,
    /// How keys are made: versions of the kinds of task, and of the records in the cache.
    pub keys: BTreeMap<String, u32>,
    /// What the spec means.
    pub spec: Meaning,
    pub data: NamedData,
    /// What `precision: auto` meant on the machine; `None` where the spec does not say so, and of earlier locks.
    #[serde(default)]
    pub auto: Option<Precision>,
}

/// What a spec means, without its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// Of all that enters keys, and of nothing else.
    pub whole: Digest,
    /// Of its sections, to say where two specs differ.
    pub sections: BTreeMap<String, Digest>,
}

impl Lock {
    /// Raised when a lock says something else by the same words.
    pub const FORMAT: u32 = 1;

    /// Of a search with this program, on a machine where `precision: auto` means `auto`.
    pub fn new(spec: &ResolvedSpec, data: DataDigests, auto: Precision) -> Self {
        let is_there = |kind: &TaskKind| match kind {
            TaskKind::Share | TaskKind::Steer => spec.strategy.trains_shared_weights(),
            TaskKind::Inherit => spec.stages.iter().any(|stage| stage.inherits),
            _ => true,
        };
        let kinds = TaskKind::ALL.into_iter().filter(is_there);
        let kinds = kinds.map(|kind| (kind.word().to_owned(), kind.version()));
        Self {
            format: Self::FORMAT,
            epnas: env!("CARGO_PKG_VERSION").to_owned(),
            libtorch: LIBTORCH.to_owned(),
            keys: kinds.chain([("record".to_owned(), Record::FORMAT)]).collect(),
            spec: Meaning::of(spec),
            data: NamedData::new(&spec.subject, data),
            auto: spec.precisions().contains(&Precision::Auto).then_some(auto),
        }
    }

    /// Whether the data of a spec are those that were locked, as far as the spec tells: the same data set with the same split, or
    /// the same reading of a table.
    pub fn is_of_the_data_of(&self, spec: &ResolvedSpec) -> bool {
        let section = match (&spec.subject, self.data) {
            (Subject::Images { .. }, NamedData::Images { .. }) => "dataset",
            (Subject::Table { .. }, NamedData::Table { .. }) => "space",
            _ => return false,
        };
        self.spec.sections.get(section).is_some_and(|locked| Some(locked) == sections(spec).get(section))
    }

    /// How the spec differs from the one that was locked, whatever became of data and program; `None` where it does not.
    pub fn difference_of_spec(&self, spec: &ResolvedSpec) -> Option<String> {
        let now = Meaning::of(spec);
        (self.spec.whole != now.whole).then(|| self.spec.difference(&now))
    }

    /// What is no longer as it was locked: lowercase fragments, none where all is.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.spec.whole != now.spec.whole {
            found.push(self.spec.difference(&now.spec));
        }
        let mut holds = |what: &str, locked: Digest, present: Digest| {
            if locked != present {
                found.push(format!("{what}: locked `{}`, now `{}`", locked.short(), present.short()));
            }
        };
        match (self.data, now.data) {
            (NamedData::Images { train, test }, NamedData::Images { train: train_now, test: test_now }) => {
                holds("the training images", train, train_now);
                holds("the test images", test, test_now);
            }
            (NamedData::Table { search, whole }, NamedData::Table { search: search_now, whole: whole_now }) => {
                holds("what is searched of the table", search, search_now);
                // The whole holds the part.
                if search == search_now {
                    holds("the reported figures of the table", whole, whole_now);
                }
            }
            (NamedData::Images { .. }, NamedData::Table { .. }) => found.push("the data: locked images, now a table".to_owned()),
            (NamedData::Table { .. }, NamedData::Images { .. }) => found.push("the data: locked a table, now images".to_owned()),
        }
        let version = |versions: &BTreeMap<String, u32>, name: &str| versions.get(name).map_or_else(|| "none".to_owned(), u32::to_string);
        for name in self.keys.keys().chain(now.keys.keys().filter(|name| !self.keys.contains_key(*name))) {
            let (locked, present) = (version(&self.keys, name), version(&now.keys, name));
            if locked != present {
                found.push(format!("the version of `{name}` in keys: locked `{locked}`, now `{present}`"));
            }
        }
        for (what, locked, present) in [("epnas", &self.epnas, &now.epnas), ("libtorch", &self.libtorch, &now.libtorch)] {
            if locked != present {
                found.push(format!("{what}: locked `{locked}`, now `{present}`"));
            }
        }
        if let (Some(locked), Some(present)) = (self.auto, now.auto)
            && locked != present
        {
            let (locked, present) = (locked.word(), present.word());
            found.push(format!("what `precision: auto` means: locked `{locked}`, on this machine `{present}`; a spec that names one means the same everywhere"));
        }
        found
    }
}

impl Meaning {
    fn of(spec: &ResolvedSpec) -> Self {
        Self { whole: whole(spec), sections: sections(spec) }
    }

    fn difference(&self, now: &Self) -> String {
        let names = self.sections.keys().chain(now.sections.keys().filter(|name| !self.sections.contains_key(*name)));
        let changed: Vec<String> =
            names.filter(|name| self.sections.get(*name) != now.sections.get(*name)).map(|name| format!("`{name}`")).collect();
        format!("the spec: {}", if changed.is_empty() { "another meaning".to_owned() } else { format!("another {}", changed.join(", ")) })
    }
}

/// Data and device are told apart from it.
fn whole(spec: &ResolvedSpec) -> Digest {
    Plan::new(spec, DataDigests::unknown(), "").digest()
}

/// What is in no key is left out here too, as far as a section can tell.
fn sections(spec: &ResolvedSpec) -> BTreeMap<String, Digest> {
    let mut stages = spec.stages.clone();
    for stage in &mut stages {
        stage.name.clear();
    }
    if let Some(last) = stages.last_mut() {
        last.carry = 0;
    }
    let mut sections = BTreeMap::from([
        ("seed", Digest::of_json(Domain::Spec, &spec.seed)),
        ("constraints", Digest::of_json(Domain::Spec, &spec.constraints)),
        ("references", Digest::of_json(Domain::Spec, &spec.references)),
        ("strategy", Digest::of_json(Domain::Spec, &spec.strategy)),
        ("stages", Digest::of_json(Domain::Spec, &stages)),
        ("final", Digest::of_json(Domain::Spec, &spec.last)),
    ]);
    match &spec.subject {
        Subject::Images { dataset, space, max_depth, start } => {
            // That of photographs is said by what they are.
            let validation = if dataset.described.photos.is_some() { 0 } else { dataset.validation };
            let split = (dataset.described.identity(), validation, dataset.split_seed);
            sections.insert("dataset", Digest::of_json(Domain::Spec, &split));
            sections.insert("space", Digest::of_json(Domain::Spec, &(space, max_depth, start)));
        }
        Subject::Table { path: _, layout } => drop(sections.insert("space", Digest::of_json(Domain::Spec, layout))),
    }
    sections.into_iter().map(|(name, digest)| (name.to_owned(), digest)).collect()
}
