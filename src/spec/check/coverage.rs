//! Estimates how much of a space the constraints leave. Warns where they reject nearly all of it, and where a constraint
//! rejects nothing. A space is sampled with fixed draws; a table is counted row by row. Draws choose decision by
//! decision, as strategies do, so the estimate is a share of draws, not of all networks.

use super::extent::farthest;
use super::extents::extent;
use super::{constraints, rows};
use crate::arch::Costs;
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::{Constraint, Enforcement, Side};
use crate::seed::Seed;
use crate::spec::{ResolvedSpec, Subject};
use crate::strategy::Strategy;
use crate::table::{Table, ends};

/// Networks that are drawn at most.
const DRAWS: usize = 1_000;
/// With so many that are kept, more than a hundredth of the space is: no more are drawn.
const ENOUGH: usize = DRAWS / 100;

/// Doubts about the constraints of a search in a space; of the whole space, at the largest depth of all stages.
pub(super) fn check(faults: &mut Diagnostics, resolved: &ResolvedSpec, seed: &Seed) {
    let Subject::Images { dataset, space, max_depth, .. } = &resolved.subject else { return };
    if resolved.constraints.is_empty() || resolved.strategy == Strategy::Fixed {
        return;
    }
    let limits = dataset.limits(*max_depth);
    let opened = space.open(limits);
    let mut census = Census::new(&resolved.constraints);
    for index in 0..DRAWS {
        let mut stream = seed.nth(index).stream();
        let network = opened.draw(&mut stream);
        let costs = opened.contains(&network).ok().and_then(|()| opened.costs(&network));
        if let Some(costs) = costs {
            census.count(&costs);
        }
        if census.kept >= ENOUGH {
            break;
        }
    }
    census.tell_rejected(faults, "networks drawn at random");
    census.tell_idle(faults, "network of the space", |unbroken| {
        let extent = extent(space, limits);
        unbroken.iter().filter_map(|constraint| Some((*constraint, farthest(&*extent, constraint)?))).collect()
    });
}

/// Doubts about the constraints of a search in a table, and an error where no row is left; gives how many rows are.
pub(super) fn check_table(faults: &mut Diagnostics, resolved: &ResolvedSpec, table: &Table) -> usize {
    let mut census = Census::new(&resolved.constraints);
    for row in 0..table.len() {
        let cost = |constraint: &Constraint| Some((constraint.cost, table.cost(constraint.cost.word(), row)?));
        census.count(&resolved.constraints.iter().filter_map(cost).collect());
    }
    let ends = |constraint: &Constraint| ends((0..table.len()).filter_map(|row| table.cost(constraint.cost.word(), row)));
    let mut in_other_units = Vec::new();
    for constraint in &resolved.constraints {
        if let Some(word) = rows::other_unit(constraint, ends(constraint)) {
            let (message, help) = rows::unit_message(constraint, word, ends(constraint));
            faults.warning("table::unit", &constraints::place(constraint.cost, constraint.side), message, help);
            in_other_units.push(constraint.cost);
        }
    }
    if census.kept == 0 && !resolved.constraints.is_empty() {
        let message = format!("none of the {} rows of the table keeps all constraints", table.len());
        let help = "loosen a bound: `epnas run` would find nothing";
        faults.error("space::no-feasible-network", &Path::root().key("constraints"), message, help);
        return 0;
    }
    census.tell_rejected(faults, "rows of the table");
    census.tell_idle(faults, "row of the table", |unbroken| {
        let told = unbroken.iter().filter(|constraint| !in_other_units.contains(&constraint.cost));
        let end = |constraint: &Constraint| ends(constraint)[usize::from(constraint.side == Side::Max)];
        told.map(|constraint| (*constraint, end(constraint))).collect()
    });
    census.kept
}

/// What constraints did to the networks looked at.
struct Census<'a> {
    constraints: &'a [Constraint],
    /// Of each constraint: how many networks it rejects, and how many break it.
    rejected: Vec<usize>,
    broken: Vec<usize>,
    looked_at: usize,
    /// Networks that none rejects.
    kept: usize,
}

impl<'a> Census<'a> {
    fn new(constraints: &'a [Constraint]) -> Self {
        let none = vec![0; constraints.len()];
        Self { constraints, rejected: none.clone(), broken: none, looked_at: 0, kept: 0 }
    }

    fn count(&mut self, costs: &Costs) {
        self.looked_at += 1;
        let mut kept = true;
        for (index, constraint) in self.constraints.iter().enumerate() {
            self.rejected[index] += usize::from(constraint.rejects(costs));
            self.broken[index] += usize::from(!constraint.holds(costs));
            kept &= !constraint.rejects(costs);
        }
        self.kept += usize::from(kept);
    }

    /// Over 99 in 100 are rejected: by which constraint, or by which together.
    fn tell_rejected(&self, faults: &mut Diagnostics, what: &str) {
        let nearly_all = |rejected: usize| 100 * rejected > 99 * self.looked_at;
        if !nearly_all(self.looked_at - self.kept) {
            return;
        }
        let rejecting = || self.constraints.iter().zip(&self.rejected).filter(|(_, rejected)| **rejected > 0);
        let help = "search finds little in what is left: loosen a bound, or give the space choices that keep to it";
        let mut told = false;
        for (constraint, &rejected) in rejecting().filter(|(_, rejected)| nearly_all(**rejected)) {
            let message = format!(
                "`{}` rejects about {} of the space: {rejected} of {} {what}",
                constraint.summary(),
                share(rejected, self.looked_at),
                self.looked_at
            );
            faults.warning("constraint::rejects-most", &constraints::place(constraint.cost, constraint.side), message, help);
            told = true;
        }
        if !told {
            let rejected = self.looked_at - self.kept;
            let each: Vec<String> = rejecting()
                .map(|(constraint, &rejected)| format!("`{}` alone {}", constraint.summary(), share(rejected, self.looked_at)))
                .collect();
            let message = format!(
                "the constraints together reject about {} of the space: {rejected} of {} {what}; {}",
                share(rejected, self.looked_at),
                self.looked_at,
                each.join(", ")
            );
            faults.warning("constraint::rejects-most", &Path::root().key("constraints"), message, help);
        }
    }

    /// Those that nothing breaks, where `farthest` knows how far networks go at most.
    fn tell_idle(&self, faults: &mut Diagnostics, what: &str, farthest: impl Fn(&[Constraint]) -> Vec<(Constraint, f64)>) {
        let bounds = |constraint: &Constraint| !matches!(constraint.enforcement, Enforcement::Exponent { .. });
        let unbroken = self.constraints.iter().zip(&self.broken).filter(|(constraint, broken)| **broken == 0 && bounds(constraint));
        let unbroken: Vec<Constraint> = unbroken.map(|(constraint, _)| *constraint).collect();
        if unbroken.is_empty() {
            return;
        }
        for (constraint, farthest) in farthest(&unbroken) {
            let costs = Costs::from([(constraint.cost, farthest)]);
            if constraint.holds(&costs) {
                let most = if constraint.side == Side::Max { "most" } else { "least" };
                let message = format!("no {what} breaks `{}`: the {most} is {}", constraint.summary(), number(farthest));
                let help = "tighten the bound, or take it out";
                faults.warning("constraint::no-effect", &constraints::place(constraint.cost, constraint.side), message, help);
            }
        }
    }
}

fn share(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole as f64)
}

/// A cost for people: whole where it is large.
pub(super) fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
