//! What coordinator and worker say to each other: one JSON object a line, requests on the worker's standard input,
//! replies on its standard output. Artifacts travel through the cache, by digest.
//!
//! The coordinator speaks first, and says [`Order::Hello`] until it is answered: what carries the streams may put lines of
//! its own before the answer, or lose the first order. Until then it gives no other order.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::about::About;
use super::data::DataPlace;
use crate::arch::Architecture;
use crate::cache::TaskKey;
use crate::digest::Digest;
use crate::engine::{Progress, Speed, TaskFailure, Trial};
use crate::task::Task;

/// What a worker is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// Say what you are.
    Hello,
    Do(Box<Request>),
    /// Time some steps of a training; nothing is read or kept.
    Measure(Box<Trial>),
    /// Write what a network gives for some images.
    Infer(Box<InferenceRequest>),
    /// Save the training that goes on and end its task as paused, unless it is nearly done.
    Pause,
}

/// A task to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub task: Task,
    /// Names what is saved of a training on its way.
    pub key: TaskKey,
    /// Seconds between two saves of a training; `None` for no saves but when it is paused.
    pub checkpoint: Option<u64>,
    pub inputs: BTreeMap<String, Digest>,
    /// Absolute, as are all paths here.
    pub cache: PathBuf,
    pub data: DataPlace,
}

/// Logits that are asked for. All of it lies in files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceRequest {
    pub network: NetworkPlace,
    /// Images in their stored form.
    pub images: PathBuf,
    /// Where the logits go: 32-bit numbers, little-endian, a row an image.
    pub logits: PathBuf,
}

/// Where a network lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NetworkPlace {
    Weights { architecture: Architecture, weights: PathBuf },
    Onnx(PathBuf),
}

/// What a worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// The answer to [`Order::Hello`], as often as it is said.
    Hello(Box<About>),
    /// The worker takes a task up.
    Begun,
    /// Said about once a second for as long as the process computes.
    Alive,
    Progress(Progress),
    Done {
        outputs: BTreeMap<String, Digest>,
        environment: BTreeMap<String, String>,
        seconds: f64,
    },
    Measured(Speed),
    Inferred {
        ranges: BTreeMap<String, [f32; 2]>,
        environment: BTreeMap<String, String>,
    },
    Failed {
        failure: TaskFailure,
    },
}
