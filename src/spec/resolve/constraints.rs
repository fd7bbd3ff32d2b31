//! Constraints, sorted by cost and side.

use std::collections::{BTreeMap, BTreeSet};

use super::ResolvedSpec;
use crate::arch::{CostKind, MeasureName};
use crate::objective::{Constraint, Enforcement, Side};
use crate::spec::schema::{ConstraintsSpec, EnforcementSpec, LimitSpec};

/// The limits by their cost, as written.
pub fn limits_by_cost(constraints: &ConstraintsSpec) -> Vec<(CostKind, &LimitSpec)> {
    let measured = constraints.measured.iter().flatten();
    let limit = |kind| match kind {
        CostKind::Params => constraints.params.as_ref(),
        CostKind::Macs => constraints.macs.as_ref(),
        CostKind::Flops => constraints.flops.as_ref(),
        CostKind::Intensity => constraints.intensity.as_ref(),
        CostKind::Activations => constraints.activations.as_ref(),
        CostKind::Latency => constraints.latency.as_ref(),
        CostKind::Measured(_) => None,
    };
    let named = CostKind::NAMED.into_iter().filter_map(|kind| limit(kind).map(|limit| (kind, limit)));
    // What is no name is a fault of its own.
    named.chain(measured.filter_map(|(name, limit)| Some((CostKind::Measured(name.parse().ok()?), limit)))).collect()
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

impl ResolvedSpec {
    /// The measures that constraints name.
    pub fn measures_asked(&self) -> BTreeSet<MeasureName> {
        let name = |constraint: &Constraint| match constraint.cost {
            CostKind::Measured(name) => Some(name),
            _ => None,
        };
        self.constraints.iter().filter_map(name).collect()
    }

    /// With the versions of the measures that it names, which are the machine's to say; or the first one that is not known.
    pub fn with_measures(mut self, known: &BTreeMap<MeasureName, u32>) -> Result<Self, MeasureName> {
        let version = |name| known.get(&name).map(|version| (name, *version)).ok_or(name);
        self.measures = self.measures_asked().into_iter().map(version).collect::<Result<_, MeasureName>>()?;
        Ok(self)
    }
}
