//! Rules about the networks a spec leads to: the start belongs to the space and is feasible, some network is, and
//! there are as many as the stages ask for.

use std::collections::BTreeMap;

use super::census::number;
use super::count;
use super::extremes::Extremes;
use super::space::place as space_place;
use super::{constraints, count::networks as count_networks};
use crate::arch::{Architecture, Cost, Costs, Layer, LayerNetwork, Parameter};
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::{Constraint, Enforcement, Side};
use crate::seed::Seed;
use crate::space::{LayerSpace, Limits};
use crate::spec::{ResolvedSpec, Space, Spec, Subject};

/// Random networks that are tried when the start network is not feasible.
const DRAWS: usize = 2_000;
/// Spaces of at most so many networks are looked at whole.
const SMALL: usize = 2_000;

pub fn check(faults: &mut Diagnostics, spec: &Spec, resolved: &ResolvedSpec, seed: &Seed) {
    let Subject::Images { dataset, space: Space::Layers(space), max_depth, start } = &resolved.subject else { return };
    let [Architecture::Layers(start_network)] = &start[..] else { return };
    let limits = Limits { image: dataset.kind.shape(), classes: dataset.kind.classes(), depth: *max_depth };
    let first = Limits { depth: resolved.stages.first().map_or(limits.depth, |stage| stage.depth), ..limits };
    let stem = count::stem_resolution(space, limits);
    if stem < space.min_resolution {
        let message = format!("the stem gives {stem}×{stem}, and `min-resolution` is {}", space.min_resolution);
        return faults.error("space::resolution", &space_place().key("min-resolution"), message, "lower it, or the stride of the stem");
    }
    if let Some((depth, resolution)) = count::dead_end(space, limits) {
        let message = format!(
            "after {depth} layers a network can be down to {resolution}×{resolution}, and every stride takes it below `min-resolution`"
        );
        let help = format!("add 1 to `strides`, or lower `min-resolution` ({}) or the depth ({})", space.min_resolution, limits.depth);
        return faults.error("space::resolution", &space_place().key("strides"), message, help);
    }
    let start = space_place().key("start");
    if let Err(reason) = space.contains(first, start_network) {
        let message = format!("the start network does not belong to the space: {reason}");
        let stage = resolved.stages.first().map_or("final", |stage| &stage.name);
        let help = format!("stage `{stage}` has at most {} layers after the stem", first.depth);
        return faults.error("space::start", &start, message, help);
    }
    let rejecting: Vec<Constraint> =
        resolved.constraints.iter().copied().filter(|limit| limit.enforcement == Enforcement::Reject).collect();
    let given = matches!(&spec.space, Some(crate::spec::schema::SpaceSpec::Layers(layers)) if layers.start.is_some());
    let search = Search { space, limits, rejecting: &rejecting };
    if search.check_feasible(faults, start_network, given, first, seed) {
        search.check_count(faults, resolved);
    }
}

struct Search<'a> {
    space: &'a LayerSpace,
    limits: Limits,
    rejecting: &'a [Constraint],
}

impl Search<'_> {
    /// Whether some network may be feasible.
    fn check_feasible(&self, faults: &mut Diagnostics, start: &LayerNetwork, given: bool, first: Limits, seed: &Seed) -> bool {
        let Some(cost) = self.cost(start) else { return false };
        if !self.rejecting.iter().any(|constraint| constraint.rejects(&cost)) {
            return true;
        }
        let impossible = self.check_impossible(faults);
        let found = if impossible.is_empty() { self.find(first, seed) } else { Err(None) };
        for constraint in self.rejecting.iter().filter(|constraint| constraint.rejects(&cost) && !impossible.contains(constraint)) {
            let place = constraints::place(constraint.cost, constraint.side);
            let whose = if given { "the start network" } else { "the default start network" };
            let value = number(cost[&constraint.cost]);
            let message = format!("{whose} `{}` has {} {value}, which this bound rejects", start.summary(), constraint.cost.word());
            let help = match &found {
                Ok(fits) => format!("give `space.layers.start` as a network that fits, such as `{}`", fits.summary()),
                Err(_) => "loosen the bound, or give `space.layers.start` as a network that fits".to_owned(),
            };
            faults.error("space::start", &place, message, help);
        }
        if let Err(Some(nearest)) = found {
            let costs: Vec<String> =
                self.rejecting.iter().map(|limit| format!("{} {}", limit.cost.word(), number(nearest[&limit.cost]))).collect();
            let message =
                format!("none of {DRAWS} random networks of the first stage keeps all constraints; the nearest has {}", costs.join(", "));
            let place = Path::root().key("constraints");
            faults.warning("space::no-feasible-network", &place, message, "there may be none: look at what the bounds ask for together");
        }
        impossible.is_empty()
    }

    /// The constraints that certainly no network keeps, alone or together; reports them.
    fn check_impossible(&self, faults: &mut Diagnostics) -> Vec<Constraint> {
        let extremes = Extremes::of(self.space, self.limits);
        let mut impossible = Vec::new();
        for constraint in self.rejecting {
            if let Some(nearest) = extremes.and_then(|extremes| extremes.rule_out(constraint)) {
                let most = if constraint.side == Side::Max { "least" } else { "most" };
                let message = format!("no network of the space has {}: the {most} is {}", constraint.summary(), number(nearest));
                let help = "loosen the bound, or give the space other channels, kernels or depths";
                faults.error("space::no-feasible-network", &constraints::place(constraint.cost, constraint.side), message, help);
                impossible.push(*constraint);
            }
        }
        if !impossible.is_empty() {
            return impossible;
        }
        match count::enumerate(self.space, self.limits, SMALL) {
            Some(all) if !all.iter().any(|network| self.feasible(network)) => {
                let message = format!("none of the {} networks of the space keeps all constraints", all.len());
                let help = "loosen a bound, or give the space more choices";
                faults.error("space::no-feasible-network", &Path::root().key("constraints"), message, help);
                self.rejecting.to_vec()
            }
            _ => vec![],
        }
    }

    /// A feasible network that the first stage could start with, or the costs of the one that came nearest.
    fn find(&self, first: Limits, seed: &Seed) -> Result<LayerNetwork, Option<Costs>> {
        let random = (0..DRAWS).map(|index| self.space.draw(first, &mut seed.nth(index).stream()));
        let mut nearest: Option<(f64, Costs)> = None;
        for network in self.chains(first).into_iter().chain(random).filter(|network| self.space.contains(first, network).is_ok()) {
            let Some(cost) = self.cost(&network) else { continue };
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

    /// The smallest and the largest layers of each kind, as few and as many as allowed.
    fn chains(&self, limits: Limits) -> Vec<LayerNetwork> {
        let space = self.space;
        let mut chains = Vec::new();
        for kind in &space.operations {
            for &stride in space.options(Parameter::Stride) {
                for pick in [<[usize]>::first, <[usize]>::last] {
                    let mut operation = space.operation(*kind, |_, options| pick(options).copied().unwrap_or(1));
                    operation.set(Parameter::Stride, stride);
                    for depth in [space.min_depth, limits.depth] {
                        let stem = Layer { operation: space.stem, sources: vec![] };
                        let layers = (0..depth).map(|index| Layer { operation, sources: vec![index] });
                        chains.push(LayerNetwork { layers: std::iter::once(stem).chain(layers).collect() });
                    }
                }
            }
        }
        chains
    }

    /// Whether each stage finds as many different networks as it asks for.
    fn check_count(&self, faults: &mut Diagnostics, resolved: &ResolvedSpec) {
        let mut held = BTreeMap::new();
        for (index, stage) in resolved.stages.iter().enumerate() {
            let limits = Limits { depth: stage.depth, ..self.limits };
            let asked = stage.proposals.max(stage.rounds * stage.trainings);
            let held = *held.entry(stage.depth).or_insert_with(|| self.held(limits));
            if (asked as f64) <= held {
                continue;
            }
            let place = Path::root().key("stages").index(index);
            let (place, what) = if asked == stage.proposals {
                (place.key(if asked > stage.rounds * stage.trainings { "proposals" } else { "trainings" }), "in a round")
            } else {
                (place.key("trainings"), "over its rounds")
            };
            let message = format!(
                "stage `{}` asks for {asked} different networks {what}, and there are {held} of at most {} layers",
                stage.name, stage.depth
            );
            faults.error("space::too-small", &place, message, "ask for fewer, or give the space more choices or more depth");
        }
    }

    /// Networks of the space, less those that are rejected; how many these are is known for small spaces only.
    fn held(&self, limits: Limits) -> f64 {
        let small = if self.rejecting.is_empty() { None } else { count::enumerate(self.space, limits, SMALL) };
        small.map_or_else(|| count_networks(self.space, limits), |all| all.iter().filter(|network| self.feasible(network)).count() as f64)
    }

    fn feasible(&self, network: &LayerNetwork) -> bool {
        self.cost(network).is_some_and(|cost| !self.rejecting.iter().any(|constraint| constraint.rejects(&cost)))
    }

    fn cost(&self, network: &LayerNetwork) -> Option<Costs> {
        network.build(self.limits.image, self.limits.classes).ok().map(|network| Cost::of(&network).costs())
    }
}
