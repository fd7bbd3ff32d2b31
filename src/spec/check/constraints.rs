//! Rules of the constraints as written: each limit says something, and no two contradict each other.

use super::bounds::{Interval, real};
use crate::arch::{CostKind, MeasureName, NoMeasureName};
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::Side;
use crate::spec::Spec;
use crate::spec::resolve::{cost_columns, limits_by_cost};
use crate::spec::schema::{ConstraintsSpec, EnforcementSpec, LimitSpec, SpaceSpec};

/// Where a bound stands in a spec.
pub(super) fn place(cost: CostKind, side: Side) -> Path {
    let side = match side {
        Side::Max => "max",
        Side::Min => "min",
    };
    at(cost).key(side)
}

fn at(cost: CostKind) -> Path {
    Path::root().key("constraints").keys(cost.word())
}

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let constraints = spec.constraints.clone().unwrap_or_default();
    check_names(faults, &constraints);
    let limits = limits_by_cost(&constraints);
    for (cost, limit) in &limits {
        check_limit(faults, *cost, limit);
        check_known(faults, spec, *cost);
    }
    // flops = 2 × macs, so that bounds on one are bounds on the other.
    let find = |kind| limits.iter().find(|(cost, _)| *cost == kind).map(|(_, limit)| *limit);
    if let (Some(macs), Some(flops)) = (find(CostKind::Macs), find(CostKind::Flops)) {
        for (lower, upper, low, high) in [
            (CostKind::Macs, CostKind::Flops, macs.min.map(|min| 2.0 * min.0), flops.max.map(|max| max.0)),
            (CostKind::Flops, CostKind::Macs, flops.min.map(|min| min.0), macs.max.map(|max| 2.0 * max.0)),
        ] {
            if let (Some(low), Some(high)) = (low, high)
                && low > high
            {
                let message =
                    format!("the minimum of `{}` asks for {low} flops, the maximum of `{}` allows {high}", lower.word(), upper.word());
                faults.error(
                    "constraint::contradiction",
                    &place(lower, Side::Min),
                    message,
                    "flops are 2 × macs: one of the two must give way",
                );
            }
        }
    }
}

/// The names of measures: they stand in keys, in files of results and on command lines.
fn check_names(faults: &mut Diagnostics, constraints: &ConstraintsSpec) {
    for name in constraints.measured.iter().flatten().map(|(name, _)| name).filter(|name| !MeasureName::is_valid(name)) {
        let place = Path::root().key("constraints").key("measured").key(name);
        faults.error("constraint::measure", &place, format!("`{name}` is no name of a measure"), NoMeasureName.to_string());
    }
}

/// A cost that nothing tells cannot be bounded.
fn check_known(faults: &mut Diagnostics, spec: &Spec, cost: CostKind) {
    let here = at(cost);
    if let Some(SpaceSpec::Table(table)) = &spec.space {
        let known = table.costs.clone().unwrap_or_default();
        if !cost_columns(&known).iter().any(|(kind, _)| *kind == cost) {
            let (message, help) = match cost {
                CostKind::Measured(name) => (
                    format!("a row of a table is no network that `{name}` could measure"),
                    "take it out; a cost that the table has is bounded by its own word, such as `latency`".to_owned(),
                ),
                _ => (format!("the table has no column for `{}`", cost.word()), format!("name it: `space.table.costs.{}`", cost.word())),
            };
            faults.error("constraint::unknown-cost", &here, message, help);
        }
    }
}

fn check_limit(faults: &mut Diagnostics, cost: CostKind, limit: &LimitSpec) {
    let here = at(cost);
    if limit.max.is_none() && limit.min.is_none() {
        let message = format!("`{}` has neither `max` nor `min`", cost.word());
        faults.error("constraint::empty", &here, message, "add `max: …`, add `min: …`, or take it out");
    }
    for (side, bound) in [(Side::Max, limit.max), (Side::Min, limit.min)] {
        real(faults, &place(cost, side), bound.map(|bound| bound.0), Interval::above(0.0, 1e15));
    }
    if let (Some(min), Some(max)) = (limit.min, limit.max)
        && min.0 > max.0
    {
        let message = format!("`{}` must be at least {} and at most {}", cost.word(), min.0, max.0);
        faults.error("constraint::contradiction", &place(cost, Side::Min), message, "`min` must not be above `max`");
    }
    let base = here.key("penalty-base");
    real(faults, &base, limit.penalty_base, Interval::open(0.0, 1.0));
    if limit.penalty_base.is_some() && limit.enforcement != Some(EnforcementSpec::Penalty) {
        let message = "`penalty-base` without a penalty: networks beyond the bound are rejected";
        faults.error("constraint::penalty-base", &base, message, "add `enforcement: penalty`, or take `penalty-base` out");
    }
    let exponent = here.key("exponent");
    real(faults, &exponent, limit.exponent, Interval::open(-10.0, 0.0));
    if limit.exponent.is_some() && limit.enforcement != Some(EnforcementSpec::Exponent) {
        let message = "`exponent` without `enforcement: exponent`";
        faults.error("constraint::exponent", &exponent, message, "add `enforcement: exponent`, or take `exponent` out");
    }
}
