//! Why the tasks of a search ran, kept among its results: `why.json`. A later run adds to it, and says anew what it runs anew.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Cause, Causes};
use crate::cache::{MissReason, TaskKey};
use crate::files::{self, FileError};
use crate::plan::{Plan, TaskId};

const FILE: &str = "why.json";
const FORMAT: &str = "epnas why v1";
/// Room for millions of tasks.
const LIMIT: u64 = 1 << 30;

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    format: String,
    tasks: BTreeMap<TaskId, KeptCause>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptCause {
    /// Of the task as it ran: of another one of this name nothing is known.
    key: TaskKey,
    cause: Cause,
}

/// What is kept cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{file}` is not what this version of epnas writes")]
    Unreadable { file: String },
}

impl Default for Kept {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), tasks: BTreeMap::new() }
    }
}

impl Kept {
    /// What the runs of a search left in the folder of its results; nothing where there is none.
    pub fn read(folder: &Path) -> Result<Self, KeptError> {
        let path = folder.join(FILE);
        let bytes = match files::read(&path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => return Ok(Self::default()),
            Err(error) => return Err(error.into()),
        };
        let kept = serde_json::from_slice(&bytes).ok().filter(|kept: &Self| kept.format == FORMAT);
        kept.ok_or_else(|| KeptError::Unreadable { file: path.display().to_string() })
    }

    /// Adds why the tasks of a run ran, by their place in the plan.
    pub fn add(&mut self, plan: &Plan, ran: &BTreeMap<usize, (TaskKey, MissReason)>, causes: &Causes) {
        let ids: Vec<&TaskId> = plan.tasks().map(|planned| &planned.id).collect();
        for (&node, (key, _)) in ran {
            if let Some(cause) = causes.of(node) {
                self.tasks.insert(ids[node].clone(), KeptCause { key: *key, cause });
            }
        }
    }

    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        files::write(&folder.join(FILE), &serde_json::to_vec(self).expect("plain data always serialises"))
    }

    /// Why the task of this name and key ran.
    pub fn cause(&self, task: &TaskId, key: &TaskKey) -> Option<&Cause> {
        self.tasks.get(task).filter(|kept| kept.key == *key).map(|kept| &kept.cause)
    }
}
