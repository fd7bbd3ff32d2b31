//! Rules about the networks a spec leads to: the start belongs to the space and is feasible, some network is, and
//! there are as many as the stages ask for. What a space knows of itself is in `extent`.

use std::collections::BTreeMap;

use super::as_start::written;
use super::constraints;
use super::coverage::number;
use super::extent::{Extent, Words, rule_out};
use super::extents::extent;
use crate::arch::{Architecture, CostKind, Costs};
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::{Constraint, Enforcement, Side};
use crate::seed::Seed;
use crate::space::{Limits, SearchSpace};
use crate::spec::schema::SpaceSpec;
use crate::spec::{ResolvedSpec, Space, Spec, Subject};

/// Spaces of at most so many networks are looked at whole.
const SMALL: usize = 2_000;

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec, resolved: &ResolvedSpec, seed: &Seed) {
    let Subject::Images { dataset, space, max_depth, start } = &resolved.subject else { return };
    let [start] = &start[..] else { return };
    let limits = dataset.limits(*max_depth);
    let first = Limits { depth: resolved.stages.first().map_or(limits.depth, |stage| stage.depth), ..limits };
    let extent = extent(space, limits);
    let (words, before) = (extent.words(), faults.len());
    extent.check(faults);
    if faults.len() > before {
        return;
    }
    if let Err(reason) = space.open(first).contains(start) {
        let message = format!("the start {} does not belong to the space: {reason}", words.network);
        let stage = resolved.stages.first().map_or("final", |stage| &stage.name);
        let help = format!("stage `{stage}` has {}at most {} {}", words.stages_have, first.depth, words.parts);
        return faults.error("space::start", &words.start(), message, help);
    }
    let rejecting: Vec<Constraint> =
        resolved.constraints.iter().copied().filter(|limit| limit.enforcement == Enforcement::Reject).collect();
    let given = match &spec.space {
        Some(SpaceSpec::Layers(layers)) => layers.start.is_some(),
        Some(SpaceSpec::Cells(cells)) => cells.start.is_some(),
        Some(SpaceSpec::Table(_)) | None => false,
    };
    // The result of a search keeps every limit; `strategy: fixed` returns its network in any case.
    let required = if spec.is_fixed() { &rejecting } else { &resolved.constraints };
    let search = Search { space, limits, opened: space.open(limits), extent: &*extent, words, rejecting: &rejecting, required };
    if search.check_feasible(faults, start, given, first, seed) {
        search.check_count(faults, resolved);
    }
}

struct Search<'a> {
    space: &'a Space,
    limits: Limits,
    opened: SearchSpace<'a>,
    extent: &'a dyn Extent,
    words: &'static Words,
    /// What is trained keeps these.
    rejecting: &'a [Constraint],
    /// The result keeps these.
    required: &'a [Constraint],
}

impl Search<'_> {
    /// Whether some network may be feasible.
    fn check_feasible(&self, faults: &mut Diagnostics, start: &Architecture, given: bool, first: Limits, seed: &Seed) -> bool {
        let Some(cost) = self.opened.costs(start) else { return false };
        if keeps(self.required, &cost) {
            return true;
        }
        let impossible = self.check_impossible(faults);
        if keeps(self.rejecting, &cost) {
            return impossible.is_empty();
        }
        let found = if impossible.is_empty() { self.find(first, seed) } else { Err(None) };
        let Words { section, network, has, .. } = self.words;
        for constraint in self.rejecting.iter().filter(|constraint| constraint.rejects(&cost) && !impossible.contains(constraint)) {
            let place = constraints::place(constraint.cost, constraint.side);
            let (default, summary) = (if given { "" } else { "default " }, self.extent.summary(start));
            let value = number(cost[&constraint.cost]);
            let message =
                format!("the {default}start {network} `{summary}` {has} {} {value}, which this bound rejects", constraint.cost.word());
            let help = match &found {
                Ok(fits) => match written(fits) {
                    Some(fits) => format!("give `space.{section}` a {network} that fits, such as `start: {fits}`"),
                    None => format!("give `space.{section}.start` as a {network} that fits, such as `{}`", self.extent.summary(fits)),
                },
                Err(_) => format!("loosen the bound, or give `space.{section}.start` as a {network} that fits"),
            };
            faults.error("space::start", &place, message, help);
        }
        if let Err(Some(nearest)) = found {
            // What is measured is not known before.
            let mut kinds: Vec<CostKind> = self.rejecting.iter().map(|limit| limit.cost).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let cost = |kind: CostKind| Some(format!("{} {}", kind.word(), number(*nearest.get(&kind)?)));
            let costs: Vec<String> = kinds.into_iter().filter_map(cost).collect();
            let message = format!(
                "none of {} random {network}s of the first stage keeps all constraints; the nearest {has} {}",
                self.extent.draws(),
                costs.join(", ")
            );
            let place = Path::root().key("constraints");
            faults.warning("space::no-feasible-network", &place, message, "there may be none: look at what the bounds ask for together");
        }
        impossible.is_empty()
    }

    /// The constraints that certainly no network keeps, alone or together; reports them.
    fn check_impossible(&self, faults: &mut Diagnostics) -> Vec<Constraint> {
        let Words { network, has, other, .. } = self.words;
        let mut impossible = Vec::new();
        for constraint in self.required {
            if let Some(nearest) = rule_out(self.extent, constraint) {
                let most = if constraint.side == Side::Max { "least" } else { "most" };
                let message = format!("no {network} of the space {has} {}: the {most} is {}", constraint.summary(), number(nearest));
                let help = format!("loosen the bound, or {other}");
                faults.error("space::no-feasible-network", &constraints::place(constraint.cost, constraint.side), message, help);
                impossible.push(*constraint);
            }
        }
        if !impossible.is_empty() {
            return impossible;
        }
        match self.extent.all(SMALL) {
            Some(all) if !all.iter().any(|network| self.keeps(network, self.required)) => {
                let message = format!("none of the {} {network}s of the space keeps all constraints", all.len());
                let help = "loosen a bound, or give the space more choices";
                faults.error("space::no-feasible-network", &Path::root().key("constraints"), message, help);
                self.required.to_vec()
            }
            _ => vec![],
        }
    }

    /// A feasible network that the first stage could start with, or the costs of the one that came nearest.
    fn find(&self, first: Limits, seed: &Seed) -> Result<Architecture, Option<Costs>> {
        let opened = self.space.open(first);
        let random = (0..self.extent.draws()).map(|index| opened.draw(&mut seed.nth(index).stream()));
        let mut nearest: Option<(f64, Costs)> = None;
        let outer = extent(self.space, first).outer();
        for network in outer.into_iter().chain(random).filter(|network| opened.contains(network).is_ok()) {
            let Some(cost) = opened.costs(&network) else { continue };
            let excess = self.rejecting.iter().filter_map(|constraint| constraint.excess(&cost)).fold(0.0, f64::max);
            if excess <= 0.0 {
                return Ok(network);
            }
            if nearest.as_ref().is_none_or(|(least, _)| excess < *least) {
                nearest = Some((excess, cost));
            }
        }
        Err(nearest.map(|(_, cost)| cost))
    }

    /// Whether each stage finds as many different networks as it asks for.
    fn check_count(&self, faults: &mut Diagnostics, resolved: &ResolvedSpec) {
        let mut counts = BTreeMap::new();
        for (index, stage) in resolved.stages.iter().enumerate() {
            let trained = stage.rounds.saturating_mul(stage.trainings);
            let asked = stage.proposals.max(trained);
            let Some(count) = *counts.entry((stage.depth, asked)).or_insert_with(|| self.count(stage.depth, asked)) else { continue };
            if asked as f64 <= count {
                continue;
            }
            let (key, what) = if stage.proposals > trained { ("proposals", "in a round") } else { ("trainings", "over its rounds") };
            let Words { network, parts, more, .. } = self.words;
            let message = format!(
                "stage `{}` asks for {asked} different {network}s {what}, and there are {count} of at most {} {parts}",
                stage.name, stage.depth
            );
            let place = Path::root().key("stages").index(index).key(key);
            faults.error("space::too-small", &place, message, format!("ask for fewer, or {more}"));
        }
    }

    /// Networks of the space at a depth, less those that are rejected; how many these are is known for small spaces only.
    fn count(&self, depth: usize, asked: usize) -> Option<f64> {
        let extent = extent(self.space, Limits { depth, ..self.limits });
        let small = if self.rejecting.is_empty() { None } else { extent.all(SMALL) };
        small.map_or_else(
            || extent.count(asked),
            |all| Some(all.iter().filter(|network| self.keeps(network, self.rejecting)).count() as f64),
        )
    }

    /// Whether a network keeps these, as far as its costs are known.
    fn keeps(&self, network: &Architecture, constraints: &[Constraint]) -> bool {
        self.opened.costs(network).is_some_and(|cost| keeps(constraints, &cost))
    }
}

/// Whether costs keep constraints, as far as they are known.
fn keeps(constraints: &[Constraint], costs: &Costs) -> bool {
    !constraints.iter().any(|constraint| constraint.excess(costs).is_some_and(|excess| excess > 0.0))
}
