//! Constraints, sorted by cost and side.

use crate::arch::CostKind;
use crate::objective::{Constraint, Enforcement, Side};
use crate::spec::schema::{ConstraintsSpec, EnforcementSpec, LimitSpec};

/// The limits by their cost, as written.
pub fn limits_by_cost(constraints: &ConstraintsSpec) -> Vec<(CostKind, &LimitSpec)> {
    let limit = |kind| match kind {
        CostKind::Params => constraints.params.as_ref(),
        CostKind::Macs => constraints.macs.as_ref(),
        CostKind::Flops => constraints.flops.as_ref(),
        CostKind::Intensity => constraints.intensity.as_ref(),
        CostKind::Activations => constraints.activations.as_ref(),
        CostKind::Latency => constraints.latency.as_ref(),
    };
    CostKind::ALL.into_iter().filter_map(|kind| limit(kind).map(|limit| (kind, limit))).collect()
}

pub(super) fn constraints(spec: &ConstraintsSpec) -> Vec<Constraint> {
    let mut constraints = Vec::new();
    for (cost, limit) in limits_by_cost(spec) {
        let enforcement = match limit.enforcement.unwrap_or(EnforcementSpec::Reject) {
            EnforcementSpec::Reject => Enforcement::Reject,
            EnforcementSpec::Penalty => Enforcement::Penalty { base: limit.penalty_base.unwrap_or(0.5) },
            EnforcementSpec::Filter => Enforcement::Filter,
            EnforcementSpec::Exponent => Enforcement::Exponent { exponent: limit.exponent.unwrap_or(-0.07) },
        };
        for (side, bound) in [(Side::Max, limit.max), (Side::Min, limit.min)] {
            constraints.extend(bound.map(|bound| Constraint { cost, side, limit: bound.0, enforcement }));
        }
    }
    constraints
}
