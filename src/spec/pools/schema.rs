//! The pools file as written. Its doc comments are what editors show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::span::TimeSpan;

/// Where the workers of a run are: on this machine, and wherever a command of yours starts them. In no key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolsSpec {
    /// The pools; tasks are given to the first one that has a free slot.
    pub pools: Vec<PoolSpec>,
}

/// A pool of slots, each of which does one task at a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolSpec {
    /// What messages call it: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// Workers on this machine; a pool has either these or `launch`.
    pub workers: Option<usize>,
    /// A line of a shell that starts one worker and carries its standard streams, such as `ssh node7 {worker}`: `{worker}`
    /// stands for the command of the worker.
    pub launch: Option<String>,
    /// How many slots a launched pool may have: a number, or `{min: …, max: …}`. Slots are started when tasks wait for
    /// them. Default: 1.
    pub slots: Option<SlotsSpec>,
    /// What its slots compute on: `cpu`, `cuda` (the GPU that the launcher gives the slot), or `cuda:N`. Default: `cpu`.
    pub device: Option<String>,
    /// How long a launched slot may be idle before it is let go, such as `5m`. Default: `5m`.
    pub leaves_after: Option<TimeSpan>,
    /// How long a launched slot may take until it answers, such as `10m`. Default: for ever, it may wait in a queue.
    pub start_limit: Option<TimeSpan>,
    /// After how long the engine ends a slot, such as `4h`: it hands over what it does before. Default: what the batch system
    /// tells its jobs, where it does.
    pub time_limit: Option<TimeSpan>,
    /// Threads of one computation on a launched slot. Default: 1.
    pub cpus_per_slot: Option<usize>,
    /// Whether launched workers use the folder of the cache themselves. Default: `own`.
    pub cache: Option<PoolCacheSpec>,
    /// Where the data lie on the nodes, where that is another path than here; they are verified. Where they are not there,
    /// they are sent.
    pub data: Option<String>,
    /// Path of `epnas-worker` on the nodes. Default: that beside this program.
    pub worker: Option<String>,
    /// A folder on the nodes' own disks for data that were decoded or sent, shared by the slots of a node. Default: a temporary
    /// one for each slot.
    pub scratch: Option<String>,
}

/// A number of slots, or a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SlotsSpec {
    Most(usize),
    Range(SlotRangeSpec),
}

/// The least and the most slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SlotRangeSpec {
    /// Slots that are there even if nothing waits for them. Default: 0.
    pub min: Option<usize>,
    /// The most slots.
    pub max: usize,
}

/// How launched workers come by inputs, and where what they make goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PoolCacheSpec {
    /// All of it is sent over the streams; only the coordinator writes the cache.
    Own,
    /// The folder of the cache has the same path on the nodes, and its file system has locks that all nodes see.
    Shared,
}
