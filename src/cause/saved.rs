//! Saves why the tasks of a search ran, in `why.json` among its results. A later run adds the tasks that it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Cause, Causes, EarlierTasks, asked_by};
use crate::cache::{MissReason, TaskKey};
use crate::digest::Digest;
use crate::files::{self, FileError};
use crate::plan::{Plan, TaskId};

const FILE: &str = "why.json";
const FORMAT: &str = "epnas why v1";
/// Room for millions of tasks.
const LIMIT: u64 = 1 << 30;

/// The causes of the tasks that ran.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedCauses {
    format: String,
    tasks: BTreeMap<TaskId, SavedCause>,
    /// What the tasks of the search ask, whichever run they ran in: after an edit of the spec, its earlier version.
    #[serde(default)]
    asked: BTreeSet<Digest>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCause {
    /// Of the task as it ran: of another one of this name nothing is known.
    key: TaskKey,
    cause: Cause,
}

/// The causes of the tasks that ran.cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedCausesError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{file}` is not what this version of epnas writes")]
    Unreadable { file: String },
}

impl Default for SavedCauses {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), tasks: BTreeMap::new(), asked: BTreeSet::new() }
    }
}

impl SavedCauses {
    /// What the runs of a search left in the folder of its results; nothing where there is none.
    pub fn read(folder: &Path) -> Result<Self, SavedCausesError> {
        let path = folder.join(FILE);
        let bytes = match files::read(&path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let saved = serde_json::from_slice(&bytes).ok().filter(|saved: &Self| saved.format == FORMAT);
        saved.ok_or_else(|| SavedCausesError::Unreadable { file: path.display().to_string() })
    }

    /// Adds why the tasks of a run ran, by their place in the plan.
    pub fn add(&mut self, plan: &Plan, ran: &BTreeMap<usize, (TaskKey, MissReason)>, causes: &Causes) {
        let ids: Vec<&TaskId> = plan.tasks().map(|planned| &planned.id).collect();
        self.asked = asked_by(plan);
        for (&node, (key, _)) in ran {
            if let Some(cause) = causes.of(node) {
                self.tasks.insert(ids[node].clone(), SavedCause { key: *key, cause });
            }
        }
    }

    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        files::write(&folder.join(FILE), &serde_json::to_vec(self).expect("plain data always serialises"))
    }

    /// The search, as what an edited one is compared with.
    pub fn earlier(self) -> EarlierTasks {
        EarlierTasks::of(self.asked)
    }

    /// Why the task of this name and key ran.
    pub fn cause(&self, task: &TaskId, key: &TaskKey) -> Option<&Cause> {
        self.tasks.get(task).filter(|saved| saved.key == *key).map(|saved| &saved.cause)
    }
}
