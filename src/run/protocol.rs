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
use super::parcel::{Goods, Parcel};
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
    /// Bytes are sent: parts follow, as many as it takes.
    Parcel(Parcel),
    /// So many bytes follow this line.
    Part {
        bytes: usize,
    },
    /// What belongs to a task, or was asked for, cannot be sent.
    Absent {
        goods: Goods,
        why: String,
    },
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
    pub cache: CachePlace,
    pub data: DataPlace,
}

/// Where a worker finds inputs and leaves what it makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CachePlace {
    /// A folder that the worker uses together with the coordinator. Absolute, as are all paths here.
    Folder(PathBuf),
    /// The coordinator sends all inputs behind the order, and what was saved of the training where there is something; what
    /// the worker makes is sent back.
    Own { checkpoint: bool },
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
    /// Whether to time the network as well, on one image at a time; not of a model.
    pub timed: bool,
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
    /// The worker was told that it will soon be ended: it takes nothing new.
    Leaving,
    /// Bytes are sent: parts follow, as many as it takes.
    Parcel(Parcel),
    /// So many bytes follow this line.
    Part {
        bytes: usize,
    },
    /// The task needs this, and the worker's machine does not have it.
    Lacks(Goods),
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
        milliseconds: Option<f64>,
    },
    Failed {
        failure: TaskFailure,
    },
}
