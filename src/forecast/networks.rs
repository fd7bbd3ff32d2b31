//! How much work the networks are that a stage will train: those that are not known yet, by what its space and the constraints allow.

use std::collections::BTreeMap;

use super::dearest::{of_cells, of_layers};
use super::gauge::Gauge;
use super::history::History;
use crate::arch::Architecture;
use crate::engine::TrainRecipe;
use crate::objective::{Constraint, Enforcement};
use crate::seed::Seed;
use crate::space::Limits;
use crate::spec::{ResolvedSpec, Space, Subject};
use crate::statistics::mean;
use crate::task::SplitName;

/// Networks that are drawn to see how much work they usually are.
const DRAWS: usize = 40;
/// Fewer networks of a search do not say what its others are like.
const FEW: usize = 4;
/// How far what a search has trained so far may be from what is drawn.
const FARTHEST: f64 = 20.0;

/// Work of one image of a network that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unknown {
    pub least: f64,
    pub typical: f64,
    pub most: f64,
}

/// By stage; the final trainings are one behind the last.
pub(super) struct Networks {
    unknown: BTreeMap<usize, Option<Unknown>>,
    /// How much dearer networks of this search were than those that are drawn.
    factor: f64,
    /// By stage, the work of networks that were trained by its recipe before.
    alike: BTreeMap<usize, f64>,
}

impl Networks {
    /// `known` are networks of this search with their stage; `history` knows those that were trained on the same `split`.
    pub(super) fn new(spec: &ResolvedSpec, gauge: &Gauge, known: &[(usize, Architecture)], history: &History, split: &SplitName) -> Self {
        let stages = 0..=spec.stages.len();
        let alike = stages.clone().filter_map(|stage| Some((stage, history.seen_by_recipe(split, recipe(spec, stage))?))).collect();
        let unknown: BTreeMap<usize, Option<Unknown>> = stages.map(|stage| (stage, of_stage(spec, gauge, stage))).collect();
        let shares = known.iter().filter_map(|(stage, network)| {
            let typical = unknown.get(stage).copied().flatten()?.typical;
            Some(gauge.work(network, recipe(spec, *stage), size(spec, *stage))? / typical)
        });
        let shares: Vec<f64> = shares.collect();
        let drawn: Vec<f64> = unknown.values().flatten().map(|unknown| unknown.typical).collect();
        // A start alone says little of where a search goes.
        let known = mean(&shares).filter(|_| shares.len() >= FEW);
        let factor = known.or_else(|| Some(history.seen(split)? / mean(&drawn)?)).unwrap_or(1.0).clamp(1.0 / FARTHEST, FARTHEST);
        Self { unknown, factor, alike }
    }

    /// `None` where the space is too wide to be bounded.
    pub(super) fn unknown(&self, stage: usize) -> Option<Unknown> {
        let Unknown { least, typical, most } = self.unknown.get(&stage).copied().flatten()?;
        let typical = self.alike.get(&stage).copied().unwrap_or(typical * self.factor);
        Some(Unknown { least, typical: typical.clamp(least, most), most })
    }
}

fn recipe(spec: &ResolvedSpec, stage: usize) -> &TrainRecipe {
    spec.stages.get(stage).map_or(&spec.last.recipe, |stage| &stage.recipe)
}

fn size(spec: &ResolvedSpec, stage: usize) -> Option<usize> {
    spec.stages.get(stage)?.size
}

fn of_stage(spec: &ResolvedSpec, gauge: &Gauge, stage: usize) -> Option<Unknown> {
    let Subject::Images { space, max_depth, start, .. } = &spec.subject else { return None };
    let depth = spec.stages.get(stage).map_or(*max_depth, |stage| stage.depth);
    let limits = Limits { image: gauge.image(), classes: gauge.classes(), depth };
    let (recipe, size, is_last) = (recipe(spec, stage), size(spec, stage), stage >= spec.stages.len());
    let rejecting: Vec<Constraint> =
        spec.constraints.iter().copied().filter(|constraint| constraint.enforcement == Enforcement::Reject).collect();
    let opened = space.open(limits);
    let dearest = |limits, rejecting: &[Constraint]| match space {
        Space::Layers(space) => of_layers(space, limits, rejecting, recipe.batch_size),
        Space::Cells(space) => of_cells(space, limits, if is_last { space.last } else { space.skeleton }, recipe.batch_size),
    };
    // Constraints bound networks in full size: made smaller they take no more than there, nor than any network that small.
    let small = size.and_then(|size| dearest(Limits { image: limits.image.at_size(Some(size)), ..limits }, &[]));
    let most = dearest(limits, &rejecting).map(|most| small.map_or(most, |small| most.min(small)));
    let trained = |network: &Architecture| if is_last { opened.at_length(network) } else { network.clone() };
    let works = |network: &Architecture| gauge.work(&trained(network), recipe, size);
    // What the head of a recipe adds is the same for all that end alike; what a search starts with may lie outside the space.
    let bare = |network: &Architecture| gauge.work(&trained(network), &TrainRecipe { auxiliary: 0.0, ..*recipe }, size);
    let seed = Seed::root(0).child("forecast");
    let drawn: Vec<Architecture> = (0..DRAWS).map(|index| opened.draw(&mut seed.nth(index).stream())).collect();
    let keeps =
        |network: &&Architecture| opened.costs(network).is_some_and(|costs| !rejecting.iter().any(|constraint| constraint.rejects(&costs)));
    let mut sample: Vec<&Architecture> = drawn.iter().filter(keeps).collect();
    sample.extend(start);
    let heads = sample.iter().filter_map(|network| Some(works(network)? - bare(network)?)).fold(0.0, f64::max);
    let works: Vec<f64> = sample.iter().filter_map(|network| works(network)).collect();
    let highest = works.iter().copied().fold(0.0, f64::max);
    let most = (most? + 2.0 * heads).max(highest);
    // Without constraints on what is drawn these are few; a search that keeps them tends to what they allow.
    Some(Unknown { least: works.iter().copied().fold(f64::INFINITY, f64::min).min(most), typical: mean(&works)?, most })
}
