//! How a run executes, with every default filled in. None of it is in a key; `lookahead` acts by the shape of the plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::engine::FailureKind;
use crate::spec::schema::{BudgetSpec, DivergedPolicySpec, FailedRewardSpec, FailuresSpec, PolicySpec, Spec};

/// Settings of the execution: they change when things happen, not what is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecutionSettings {
    /// Rounds that sampling may run ahead of what was learned.
    pub lookahead: usize,
    /// Seconds between two saves of a training.
    pub checkpoint: u64,
    pub budget: Budget,
    pub failures: Failures,
}

/// Limits of a run; `None` for no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub trainings: Option<usize>,
    pub device_seconds: Option<f64>,
    pub wall_seconds: Option<u64>,
    pub disk_bytes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    pub retries: usize,
    /// Seconds of one attempt.
    pub time_limit: Option<u64>,
    /// Seconds.
    pub silence: u64,
    pub policies: BTreeMap<FailureKind, FailurePolicy>,
    /// The share of failed trainings that is borne.
    pub limit: f64,
    /// Whether a network whose training failed by its own fault has an accuracy of 0; else nothing is learned of it.
    pub reward_zero: bool,
}

/// What is done about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailurePolicy {
    Retry,
    Skip,
    Stop,
}

impl ExecutionSettings {
    pub(super) fn new(spec: &Spec) -> Self {
        Self {
            lookahead: spec.lookahead.unwrap_or(0),
            checkpoint: spec.checkpoint.map_or(600, |every| every.0),
            budget: spec.budget.as_ref().map(budget).unwrap_or_default(),
            failures: failures(&spec.failures.clone().unwrap_or_default()),
        }
    }
}

impl Failures {
    /// What cannot be chosen in a spec is left out: asking again would not help.
    pub fn policy(&self, kind: FailureKind) -> FailurePolicy {
        self.policies.get(&kind).copied().unwrap_or(FailurePolicy::Skip)
    }
}

fn budget(given: &BudgetSpec) -> Budget {
    Budget {
        trainings: given.trainings.map(|size| size.0 as usize),
        device_seconds: given.device_hours.map(|hours| 3_600.0 * hours),
        wall_seconds: given.wall_time.map(|time| time.0),
        disk_bytes: given.disk.map(|size| size.0 as u64),
    }
}

fn failures(given: &FailuresSpec) -> Failures {
    use FailureKind::{Crashed, DiskFull, Diverged, Hung, OutOfMemory, TimedOut, Unmeasured, Unreadable};
    let policy = |given: Option<PolicySpec>, default: FailurePolicy| match given {
        None => default,
        Some(PolicySpec::Retry) => FailurePolicy::Retry,
        Some(PolicySpec::Skip) => FailurePolicy::Skip,
        Some(PolicySpec::Stop) => FailurePolicy::Stop,
    };
    let diverged = match given.diverged {
        None | Some(DivergedPolicySpec::Skip) => FailurePolicy::Skip,
        Some(DivergedPolicySpec::Stop) => FailurePolicy::Stop,
    };
    Failures {
        retries: given.retries.unwrap_or(1),
        time_limit: given.time_limit.map(|time| time.0),
        silence: given.silence.map_or(60, |time| time.0),
        policies: [
            (OutOfMemory, policy(given.out_of_memory, FailurePolicy::Retry)),
            (Diverged, diverged),
            (TimedOut, policy(given.timed_out, FailurePolicy::Skip)),
            (Crashed, policy(given.crashed, FailurePolicy::Retry)),
            (Hung, policy(given.hung, FailurePolicy::Retry)),
            (Unmeasured, policy(given.unmeasured, FailurePolicy::Retry)),
            (Unreadable, policy(given.unreadable, FailurePolicy::Stop)),
            (DiskFull, policy(given.disk_full, FailurePolicy::Stop)),
        ]
        .into(),
        limit: given.limit.unwrap_or(0.5),
        reward_zero: given.reward != Some(FailedRewardSpec::None),
    }
}
