//! The parameters of the tasks of a search before its edit, each once, independent of their inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::places::{GivenNetworks, follows_from_seed};
use super::{Change, Places};
use crate::cache::{Difference, Fingerprint, Record, asked, between};
use crate::digest::Digest;
use crate::plan::{Plan, Planned};

/// What differs in more ways is another search, and no later version of an earlier one.
const MOST: usize = 6;

/// The tasks of the search as it was before an edit, by their parameters.
#[derive(Clone, Debug, Default)]
pub struct EarlierTasks {
    /// What the tasks of that search ask.
    search: BTreeSet<Digest>,
    /// Those that have run.
    ran: BTreeMap<Digest, EarlierTask>,
}

#[derive(Clone, Debug)]
struct EarlierTask {
    kind: String,
    /// Version and parameters.
    value: Value,
    /// When the latest such task finished, in seconds since 1970.
    finished: u64,
}

impl EarlierTasks {
    /// Of a search whose tasks ask this. What only other searches asked is no earlier version of anything.
    pub fn of(search: BTreeSet<Digest>) -> Self {
        Self { search, ran: BTreeMap::new() }
    }

    /// Whether there is no earlier search.
    pub fn is_empty(&self) -> bool {
        self.search.is_empty()
    }

    /// Adds what a record says, if it is of a task of the search.
    pub fn add(&mut self, record: &Record) {
        let Fingerprint { kind, version, parameters, .. } = &record.fingerprint;
        let value = || json!({ "version": version, "parameters": parameters });
        let Some(digest) = self.digest(record) else { return };
        let earlier =
            self.ran.entry(digest).or_insert_with(|| EarlierTask { kind: kind.clone(), value: value(), finished: record.finished });
        earlier.finished = earlier.finished.max(record.finished);
    }

    /// Whether a record is of a task of the search.
    pub fn holds(&self, record: &Record) -> bool {
        self.digest(record).is_some()
    }

    /// Of what the task of a record was asked, if it is one of the search.
    fn digest(&self, record: &Record) -> Option<Digest> {
        let Fingerprint { kind, version, parameters, .. } = &record.fingerprint;
        Some(asked(kind, *version, parameters)).filter(|digest| self.search.contains(digest))
    }

    /// The same without what the plan itself asks: another task of the plan is no earlier version of one of its tasks.
    pub(super) fn besides(&self, plan: &Plan) -> Others<'_> {
        let of_plan = if self.ran.is_empty() { BTreeSet::new() } else { asked_by(plan) };
        let others = self.ran.iter().filter(|(digest, _)| !of_plan.contains(*digest)).map(|(_, earlier)| earlier).collect();
        Others { asked: self, others }
    }
}

/// What was asked before and is not asked by a plan.
pub(super) struct Others<'a> {
    asked: &'a EarlierTasks,
    others: Vec<&'a EarlierTask>,
}

impl Others<'_> {
    /// Of what a task is asked; `None` where there is nothing to hold it against.
    pub(super) fn digest(&self, planned: &Planned) -> Option<Digest> {
        (!self.others.is_empty()).then(|| digest(planned))
    }

    /// How a task that was never asked differs from the nearest one that was; what follows from other changes stands last.
    pub(super) fn changes(&self, planned: &Planned, digest: &Digest, places: &Places<'_>) -> Option<Vec<Change>> {
        if self.asked.ran.contains_key(digest) {
            return None;
        }
        let kind = planned.task.kind();
        let now = json!({ "version": kind.version(), "parameters": planned.task });
        let alike = self.others.iter().filter(|earlier| earlier.kind == kind.word() && sort(&earlier.value) == sort(&now));
        let differing = alike.map(|earlier| (between(&earlier.value, &now), earlier.finished));
        let (differences, _) = differing.min_by_key(|(differences, finished)| (differences.len(), std::cmp::Reverse(*finished)))?;
        let (seeds, mut others): (Vec<Difference>, Vec<Difference>) =
            differences.into_iter().partition(|difference| follows_from_seed(&difference.path));
        others.extend(seeds);
        let mut changes: Vec<Change> = others.into_iter().map(|difference| change(difference, planned, places)).collect();
        changes.dedup();
        (changes.len() <= MOST).then_some(changes)
    }
}

fn change(difference: Difference, planned: &Planned, places: &Places<'_>) -> Change {
    let Difference { path, was, now } = difference;
    let parameter = path.join(".");
    if follows_from_seed(&path) {
        // Its values are numbers that nobody wrote.
        return Change { parameter, was: None, now: None, place: places.seed() };
    }
    if let Some(networks) = GivenNetworks::holding(&path) {
        // So are the parts of a network.
        return Change { parameter: "sample.networks".to_owned(), was: None, now: None, place: places.given(networks) };
    }
    if is_of_images(&path, [&was, &now]) {
        return Change { parameter: "dataset".to_owned(), was: None, now: None, place: places.images() };
    }
    Change { place: places.of(&path, planned.stage), parameter, was, now }
}

/// Whether a parameter follows from the images themselves: their shape, their classes, or the digest of all of them.
fn is_of_images(path: &[String], values: [&Option<Value>; 2]) -> bool {
    let has = |names: &[&str]| path.iter().any(|step| names.contains(&step.as_str()));
    let is_digest = |value: &&Option<Value>| {
        let text = value.as_ref().and_then(Value::as_str);
        text.is_some_and(|text| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    has(&["shape", "classes", "image"]) || has(&["dataset"]) && values.iter().any(is_digest)
}

/// A word, or that of a group with one key.
fn word(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| Some(value.as_object()?.keys().next()?.as_str()))
}

/// What kind of thing a task is asked of: a training and a look-up in a table are no versions of each other, nor are a
/// search of layers and one of cells, nor a sample that starts a search and one that goes on.
fn sort(value: &Value) -> [Option<&str>; 3] {
    let parameters = value.get("parameters");
    let task = parameters.and_then(|task| task.as_object()?.values().next());
    let subject = task.and_then(|task| task.get("problem").or_else(|| task.get("setting")));
    [parameters.and_then(word), subject.and_then(word), task.and_then(|task| task.get("from")).and_then(word)]
}

/// What the tasks of a plan ask.
pub fn asked_by(plan: &Plan) -> BTreeSet<Digest> {
    plan.tasks().map(digest).collect()
}

fn digest(planned: &Planned) -> Digest {
    let kind = planned.task.kind();
    let parameters = serde_json::to_value(&planned.task).expect("plain data always serialises");
    asked(kind.word(), kind.version(), &parameters)
}
