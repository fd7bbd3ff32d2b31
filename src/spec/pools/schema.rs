//! The pools file as written. Editors show the doc comments.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::span::TimeSpan;

/// Where the workers of a run are, on this machine or on others, and which devices of your own measure networks. Not part of any
/// key, except for the versions of measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolsSpec {
    /// The pools; a task goes to the first pool with a free slot. Default, beside `measures`: the workers of this machine.
    pub pools: Option<Vec<PoolSpec>>,
    /// Commands that measure a cost of networks on devices of your own, by name. A spec bounds such a cost by its name, under
    /// `constraints.measured`.
    pub measures: Option<BTreeMap<String, MeasureSpec>>,
}

/// A command that measures a cost of a network. It measures one network at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MeasureSpec {
    /// Shell command that prints the cost, a number of at least 0, as its last line, such as `ssh pi4 ./bench - < {onnx}`. It runs
    /// on this machine; `{onnx}` stands for the path here of the network, an ONNX model.
    pub command: String,
    /// Unit of the number, such as `ms`, for people.
    pub unit: Option<String>,
    /// How often the command is run for a network; the median counts. Default: 3.
    pub repeat: Option<usize>,
    /// Most time for one run of the command. Default: `60s`.
    pub time_limit: Option<TimeSpan>,
    /// Raise it when the command or the device changes so that old costs no longer hold: networks are then measured again. Costs
    /// are cached under the network, the name of the measure and this version. Default: 1.
    pub version: Option<u32>,
}

/// A pool of slots; each slot computes one task at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolSpec {
    /// Name of the pool in messages: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Number of workers on this machine; a pool has either `workers` or `launch`.
    pub workers: Option<usize>,
    /// Shell command that starts one worker and carries its standard streams, such as `ssh node7 {worker}`; `{worker}` stands for
    /// the command of the worker.
    pub launch: Option<String>,
    /// Slots of a launched pool: a number, or `{min: …, max: …}`. Slots are started when tasks wait for them. Default: 1.
    pub slots: Option<SlotsSpec>,
    /// Device of the slots: `cpu`, `cuda` (the GPU that the launcher gives the slot), or `cuda:N`. Default: `cpu`.
    pub device: Option<String>,
    /// How long a launched slot may be idle before it is ended, such as `5m`. Default: `5m`.
    pub leaves_after: Option<TimeSpan>,
    /// How long a launched slot may take until it answers, such as `10m`. Default: no limit, because it may wait in a queue.
    pub start_limit: Option<TimeSpan>,
    /// Time after which the batch system ends a slot, such as `4h`. The slot hands over its training before that. Default: the time
    /// limit that the batch system gives the job, if any.
    pub time_limit: Option<TimeSpan>,
    /// Threads of one computation on a launched slot. Default: 1.
    pub cpus_per_slot: Option<usize>,
    /// Whether launched workers use the cache folder directly. Default: `own`.
    pub cache: Option<PoolCacheSpec>,
    /// Path of the data on the nodes, if it differs from the path here. The data there are verified; missing data are sent.
    pub data: Option<String>,
    /// Path of `epnas-worker` on the nodes. Default: the path of the one beside this program.
    pub worker: Option<String>,
    /// Folder on local disks of the nodes for decoded or sent data, shared by the slots of a node. Default: a temporary folder
    /// for each slot.
    pub scratch: Option<String>,
}

/// A number of slots, or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SlotsSpec {
    Most(usize),
    Range(SlotRangeSpec),
}

/// The fewest and the most slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SlotRangeSpec {
    /// Fewest slots, started even if no task waits for them. Default: 0.
    pub min: Option<usize>,
    /// Most slots.
    pub max: usize,
}

/// How launched workers get inputs and return outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolCacheSpec {
    /// Inputs and outputs are sent over the streams; only the coordinator writes the cache.
    Own,
    /// Workers use the cache folder directly. It has the same path on the nodes, and its file system supports locks that all
    /// nodes see.
    Shared,
}
