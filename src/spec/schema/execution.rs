//! The sections on the behaviour of a run; they are not part of any key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::size::Size;
use crate::spec::span::TimeSpan;

/// Limits on what the search may use, over all resumptions of the run. When one is used up, the search ends, and the run says
/// which task would have been next. The best networks so far are then trained at length and tested, on top of the budget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BudgetSpec {
    /// Trainings of the search. Cache hits count too, so that a run ends at the same place however often it was interrupted.
    pub trainings: Option<Size>,
    /// Sum of the run times of the search's trainings, and of its tasks on shared weights, in hours; cache hits included. Four
    /// workers on one GPU use four hours in an hour.
    pub device_hours: Option<f64>,
    /// Time during which the run was active, such as `12h`.
    pub wall_time: Option<TimeSpan>,
    /// Bytes that the results of the run take in the cache, such as `20G`.
    pub disk: Option<Size>,
}

/// What is done about tasks that fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FailuresSpec {
    /// How often a failed task is retried, if the kind of its failure is set to `retry`. Default: 1.
    pub retries: Option<usize>,
    /// Most time for one attempt at a task, such as `2h`. Default: no limit.
    pub time_limit: Option<TimeSpan>,
    /// A worker without a heartbeat for this long is killed, at least `5s`; one that starts has at least `180s`. Workers send
    /// heartbeats while they compute. Default: `60s`.
    pub silence: Option<TimeSpan>,
    /// Memory ran out. A retry has its device to itself. The failure is cached: later runs retry it only if there is more memory,
    /// if other tasks shared the memory before, or on another kind of device. Default: `retry`.
    pub out_of_memory: Option<PolicySpec>,
    /// The loss stopped being a number. The failure is cached: it is not retried on the same kind of device, where it would
    /// diverge again. Default: `skip`.
    pub diverged: Option<DivergedPolicySpec>,
    /// The time limit was reached. Default: `skip`.
    pub timed_out: Option<PolicySpec>,
    /// A worker died. Default: `retry`.
    pub crashed: Option<PolicySpec>,
    /// A worker sent no heartbeat. Default: `retry`.
    pub hung: Option<PolicySpec>,
    /// Data or artifacts could not be read. Default: `stop`.
    pub unreadable: Option<PolicySpec>,
    /// A measure of your own gave no cost of a network: its command failed, took too long or printed no number. Default: `retry`.
    pub unmeasured: Option<PolicySpec>,
    /// The disk is full. Default: `stop`.
    pub disk_full: Option<PolicySpec>,
    /// Largest share of failed trainings, in (0, 1]. Measurements by measures of your own are counted separately. The run stops when
    /// the share is larger and at least ten have ended. Default: 0.5.
    pub limit: Option<f64>,
    /// What the search learns of a network whose training ran out of memory, ran out of time or diverged. Default: `zero`.
    pub reward: Option<FailedRewardSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolicySpec {
    /// The task is retried, as often as `retries` says, then skipped.
    Retry,
    /// The task is skipped, and the search goes on without it.
    Skip,
    /// The run stops.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DivergedPolicySpec {
    /// The task is skipped, and the search goes on without it.
    Skip,
    /// The run stops.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailedRewardSpec {
    /// The network counts with an accuracy of 0.
    Zero,
    /// The search learns nothing of the network.
    None,
}
