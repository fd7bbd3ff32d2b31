//! What coordinator and worker say to each other: one JSON object a line, requests on the worker's standard input,
//! replies on its standard output. Artifacts travel through the cache, by digest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::data::DataPlace;
use crate::digest::Digest;
use crate::engine::{Progress, TaskFailure};
use crate::task::Task;

/// A task to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub task: Task,
    pub inputs: BTreeMap<String, Digest>,
    pub cache: PathBuf,
    pub data: DataPlace,
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
