//! Why a task runs: the chain from it, over the tasks it reads, to what is new, down to the field of the spec.
//!
//! A task is new where it runs. What is new about it is, in this order: its result is gone; no earlier task had its
//! parameters; a task it reads is new for one of these reasons. Else it runs for the first time.

mod earlier;
mod saved;
mod places;

use std::collections::BTreeMap;
use std::fmt;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cache::MissReason;
use crate::digest::Digest;
use crate::plan::{Plan, Planned, TaskId};
use crate::text::counted;

pub use earlier::{EarlierTasks, asked_by};
pub use places::Places;
pub use saved::{SavedCauses, SavedCausesError};

/// A task that has no result yet, or had none when its run began.
#[derive(Clone, Copy, Debug)]
pub enum New<'a> {
    /// Its inputs are known.
    Runs(&'a MissReason),
    /// It reads what has yet to run.
    Waits,
}

/// What the first task of a chain runs for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reason {
    /// Its earlier result is gone or does not count.
    Lost {
        how: String,
    },
    /// Its parameters differ from those of the nearest earlier task.
    Changed {
        changes: Vec<Change>,
    },
    NeverRun,
}

/// A parameter with another value than before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Its name among the parameters of the task.
    pub parameter: String,
    /// Neither `was` nor `now` is said of what is worked out from the seed.
    pub was: Option<Value>,
    pub now: Option<Value>,
    /// The place in the spec that says it.
    pub place: Option<String>,
}

/// Why a task runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// From the task to the one that is new by itself: each reads the one behind it. A long chain is told by its ends.
    pub chain: Vec<TaskId>,
    /// How many tasks are left out before the last one.
    pub left_out: usize,
    pub reason: Reason,
}

/// So many tasks of a chain are told before its last one.
const TOLD: usize = 3;

/// Why the tasks of a plan run.
#[derive(Debug, Default)]
pub struct Causes {
    /// By place in the plan; `None` of tasks that are not new.
    links: Vec<Option<Link>>,
    ids: Vec<TaskId>,
    reasons: Vec<Reason>,
}

/// A new task.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The task it reads that is new; `None` where it is new by itself.
    source: Option<usize>,
    depth: usize,
    /// By its place among the reasons.
    reason: usize,
}

impl Causes {
    /// Of the tasks that are `new`, by their place in the plan, where the search `asked` something before its edit.
    pub fn find<'a>(plan: &Plan, new: impl Fn(usize) -> Option<New<'a>>, asked: &EarlierTasks, places: &Places<'_>) -> Self {
        let count = plan.graph.node_count();
        let ids = plan.tasks().map(|planned| planned.id.clone()).collect();
        let mut causes = Self { links: vec![None; count], ids, reasons: vec![Reason::NeverRun] };
        let asked = asked.besides(plan);
        let mut known: BTreeMap<Digest, Option<usize>> = BTreeMap::new();
        for (node, planned) in plan.tasks().enumerate() {
            let Some(new) = new(node) else { continue };
            let own = match new {
                New::Runs(reason) if *reason != MissReason::NeverRun => Some(causes.add(Reason::Lost { how: reason.to_string() })),
                New::Runs(_) | New::Waits => causes.changed(planned, &asked, &mut known, places),
            };
            let link = own.map(|reason| Link { source: None, depth: 0, reason }).or_else(|| causes.behind(plan, node));
            causes.links[node] = Some(link.unwrap_or(Link { source: None, depth: 0, reason: NEVER_RUN }));
        }
        causes
    }

    fn add(&mut self, reason: Reason) -> usize {
        self.reasons.iter().position(|known| *known == reason).unwrap_or_else(|| {
            self.reasons.push(reason);
            self.reasons.len() - 1
        })
    }

    fn changed(
        &mut self,
        planned: &Planned,
        asked: &earlier::Others<'_>,
        known: &mut BTreeMap<Digest, Option<usize>>,
        places: &Places<'_>,
    ) -> Option<usize> {
        let digest = asked.digest(planned)?;
        if let Some(reason) = known.get(&digest) {
            return *reason;
        }
        let changes = asked.changes(planned, &digest, places);
        let reason = changes.map(|changes| self.add(Reason::Changed { changes }));
        known.insert(digest, reason);
        reason
    }

    /// The shortest chain over a task that `node` reads and that is new for a reason.
    fn behind(&self, plan: &Plan, node: usize) -> Option<Link> {
        let sources = plan.graph.neighbors_directed(NodeIndex::new(node), Direction::Incoming).map(NodeIndex::index);
        let links = sources.filter_map(|source| Some((source, self.links[source]?))).filter(|(_, link)| link.reason != NEVER_RUN);
        let (source, link) = links.min_by_key(|(source, link)| (link.depth, *source))?;
        Some(Link { source: Some(source), depth: link.depth + 1, reason: link.reason })
    }

    /// Why the task at a place of the plan runs; `None` where it does not.
    pub fn of(&self, node: usize) -> Option<Cause> {
        let reason = self.reasons[(*self.links.get(node)?)?.reason].clone();
        let mut nodes = vec![node];
        while let Some(source) = nodes.last().and_then(|last| self.links[*last]?.source) {
            nodes.push(source);
        }
        let left_out = nodes.len().saturating_sub(TOLD + 1);
        nodes.drain(TOLD.min(nodes.len())..TOLD.min(nodes.len()) + left_out);
        Some(Cause { chain: nodes.into_iter().map(|node| self.ids[node].clone()).collect(), left_out, reason })
    }

    /// How many tasks are new for each reason, a line each; nothing where all of them were never run.
    pub fn lines(&self) -> Vec<String> {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for link in self.links.iter().flatten().filter(|link| link.reason != NEVER_RUN) {
            counts.entry(self.reasons[link.reason].to_string()).or_insert((link.reason, 0)).1 += 1;
        }
        let mut told: Vec<(usize, String, usize)> = counts.into_iter().map(|(reason, (place, count))| (place, reason, count)).collect();
        told.sort();
        let never_run = self.links.iter().flatten().filter(|link| link.reason == NEVER_RUN).count();
        if !told.is_empty() && never_run > 0 {
            told.push((NEVER_RUN, Reason::NeverRun.to_string(), never_run));
        }
        let mut lines: Vec<String> =
            told.iter().take(LINES).map(|(_, reason, count)| format!("why: {reason} ({})", counted(*count, "task"))).collect();
        let more: usize = told.iter().skip(LINES).map(|(_, _, count)| count).sum();
        lines.extend((more > 0).then(|| format!("why: other reasons ({})", counted(more, "task"))));
        lines
    }
}

/// So many reasons are told in lines of their own.
const LINES: usize = 8;

/// The place of [`Reason::NeverRun`] among the reasons.
const NEVER_RUN: usize = 0;

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverRun => f.write_str("never run"),
            Self::Lost { how } => f.write_str(how),
            Self::Changed { changes } => {
                let mut changes = changes.iter();
                if let Some(first) = changes.next() {
                    write!(f, "{first}")?;
                }
                match changes.count() {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.as_deref().unwrap_or(&self.parameter);
        match (&self.was, &self.now) {
            (None, None) => write!(f, "{place} changed"),
            (was, now) => write!(f, "{place} was {}, now {}", short(was.as_ref()), short(now.as_ref())),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, task) in self.chain.iter().enumerate() {
            if place == TOLD && self.left_out > 0 {
                write!(f, "{} more ← ", self.left_out)?;
            }
            write!(f, "`{task}` ← ")?;
        }
        write!(f, "{}", self.reason)
    }
}

/// `150000` in place of `150000.0`, wherever a number stands.
fn without_empty_fractions(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => Value::from(number as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(without_empty_fractions).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), without_empty_fractions(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

/// A value on one line, cut where it is long.
pub fn short(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = without_empty_fractions(value).to_string();
    if text.chars().count() > 60 { format!("{}…", text.chars().take(60).collect::<String>()) } else { text }
}

#[cfg(test)]
mod tests;
