//! What coordinator and worker say to each other: one JSON object a line, requests on the worker's standard input,
//! replies on its standard output. Artifacts travel through the cache, by digest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::dataset::DatasetKind;
use crate::digest::Digest;
use crate::engine::{Progress, TaskFailure};
use crate::task::Task;

/// Where the images lie and what they must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetPlace {
    pub kind: DatasetKind,
    pub folder: Option<PathBuf>,
    pub train: Digest,
    pub test: Digest,
}

/// A task to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub task: Task,
    pub inputs: BTreeMap<String, Digest>,
    pub cache: PathBuf,
    pub dataset: DatasetPlace,
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// Said once, before the first request is read.
    Ready,
    Progress(Progress),
    Done {
        outputs: BTreeMap<String, Digest>,
        environment: BTreeMap<String, String>,
        seconds: f64,
    },
    Failed {
        failure: TaskFailure,
    },
}
