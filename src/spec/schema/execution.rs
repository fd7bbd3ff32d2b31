//! The sections that say how a run behaves, whatever it computes: in no key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::size::Size;
use crate::spec::span::TimeSpan;

/// What a run may use, over all its resumptions. When one of these is used up, nothing more is trained for the search: the
/// best networks so far are trained at length and tested, and the run says what it would have done next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BudgetSpec {
    /// Trainings of the search. Those that the cache holds count like the others, so that a run ends at the same place
    /// however often it was interrupted.
    pub trainings: Option<Size>,
    /// Hours that the trainings of the search took on their devices, those of cached results included.
    pub device_hours: Option<f64>,
    /// Time during which the run went on, such as `12h`.
    pub wall_time: Option<TimeSpan>,
    /// Bytes that the results of the run take in the cache, such as `20G`.
    pub disk: Option<Size>,
}

/// What is done about tasks that fail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FailuresSpec {
    /// How often a failed task is tried again, where its failure kind says `retry`. Default: 1.
    pub retries: Option<usize>,
    /// The longest that one attempt at a task may take, such as `2h`. Default: no limit.
    pub time_limit: Option<TimeSpan>,
    /// A worker that neither speaks nor computes for so long is ended. Default: `60s`.
    pub silence: Option<TimeSpan>,
    /// Memory ran out; it is tried again alone on its device. Remembered: tried again only where there is more memory, or without others that shared it. Default: `retry`.
    pub out_of_memory: Option<PolicySpec>,
    /// A loss stopped being a number. Remembered: not tried again on the same kind of device. Default: `skip`.
    pub diverged: Option<PolicySpec>,
    /// The time limit was reached. Default: `skip`.
    pub timed_out: Option<PolicySpec>,
    /// A worker died. Default: `retry`.
    pub crashed: Option<PolicySpec>,
    /// A worker fell silent. Default: `retry`.
    pub hung: Option<PolicySpec>,
    /// Data or artifacts could not be read. Default: `stop`.
    pub unreadable: Option<PolicySpec>,
    /// The disk is full. Default: `stop`.
    pub disk_full: Option<PolicySpec>,
    /// From the tenth training on, a share of failed ones above this stops the run, in (0, 1]. Default: 0.5.
    pub limit: Option<f64>,
    /// What the search learns of a network whose training ran out of memory or time or diverged. Default: `zero`.
    pub reward: Option<FailedRewardSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolicySpec {
    /// It is tried again, as often as `retries` says, then left out.
    Retry,
    /// It is left out, and the search goes on without it.
    Skip,
    /// The run stops.
    Stop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailedRewardSpec {
    /// It has an accuracy of 0.
    Zero,
    /// Nothing.
    None,
}
