//! Rules of the stages and of the end: budgets, depths, what one stage hands to the next.

use std::collections::BTreeSet;

use super::bounds::{Interval, name, real, whole};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::resolve::{DEFAULT_CARRY, default_stages, depths};
use crate::spec::schema::{SpaceSpec, StageSpec, TrainSpec};

const MAX_STAGES: usize = 100;
/// The fewest rows and columns of a photograph.
pub(super) const SMALLEST: usize = 8;
const MAX_ROUNDS: usize = 10_000;
const MAX_PROPOSALS: usize = 100_000;
pub(super) const MAX_EPOCHS: usize = 100_000;
/// What the trainings behind the last stage are called in task names and tables.
pub const FINAL: &str = "final";
/// The most trainings that one spec may plan.
pub(super) const MAX_TRAININGS: usize = 1_000_000;

/// A later stage may do no more than train again what it starts with.
fn check_rounds(faults: &mut Diagnostics, rounds: usize, is_first: bool, place: &Path) {
    if rounds == 0 && is_first {
        let help = format!("allowed in the first stage: 1 to {MAX_ROUNDS}; later stages may have 0");
        faults.error("spec::out-of-range", place, "`rounds` is 0", help);
    } else {
        whole(faults, place, Some(rounds), 0..=MAX_ROUNDS);
    }
}

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let place = Path::root().key("stages");
    let default = default_stages(spec.described().is_none());
    let stages = spec.stages.as_ref().unwrap_or(&default);
    if stages.is_empty() || stages.len() > MAX_STAGES {
        let message = format!("there are {} stages", stages.len());
        faults.error("stages::count", &place, message, format!("allowed: 1 to {MAX_STAGES}; take `stages` out for the default"));
        return;
    }
    let before = faults.len();
    for (index, stage) in stages.iter().enumerate() {
        check_rounds(faults, stage.rounds, index == 0, &place.index(index).key("rounds"));
        check_stage(faults, stage, &place.index(index));
    }
    check_names(faults, stages, &place);
    let last = spec.last.clone().unwrap_or_default();
    let last_place = Path::root().key("final");
    whole(faults, &last_place.key("networks"), last.networks, 1..=1000);
    whole(faults, &last_place.key("epochs"), last.epochs, 1..=MAX_EPOCHS);
    check_depths(faults, spec, stages, &place);
    check_sizes(faults, spec, stages, &place);
    if faults.len() > before {
        return;
    }
    let trained = check_carry(faults, stages, &place);
    if let Some(networks) = last.networks.filter(|&networks| networks > trained && !spec.is_fixed()) {
        let message = format!("{networks} networks are asked for, and the last stage trains {trained}");
        faults.error("final::networks", &last_place.key("networks"), message, format!("allowed: 1 to {trained}"));
    }
    let replicates = |train: Option<&TrainSpec>| train.and_then(|train| train.replicates);
    let of_stage = |stage: &StageSpec| replicates(stage.train.as_ref()).or(replicates(spec.train.as_ref())).unwrap_or(1);
    let trainings = stages.iter().map(|stage| (stage.rounds * stage.trained()).saturating_mul(of_stage(stage)));
    let planned = trainings.fold(0_usize, usize::saturating_add);
    if planned > MAX_TRAININGS {
        let message = format!("{planned} trainings are planned");
        faults.error(
            "stages::too-many-trainings",
            &place,
            message,
            format!("allowed: at most {MAX_TRAININGS}; lower `rounds` or `trainings`"),
        );
    }
}

fn check_stage(faults: &mut Diagnostics, stage: &StageSpec, place: &Path) {
    if let Some(given) = &stage.name {
        name(faults, &place.key("name"), given);
    }
    whole(faults, &place.key("trainings"), stage.trainings, 1..=MAX_PROPOSALS);
    whole(faults, &place.key("proposals"), stage.proposals, 1..=MAX_PROPOSALS);
    whole(faults, &place.key("epochs"), stage.epochs, 1..=MAX_EPOCHS);
    whole(faults, &place.key("carry"), stage.carry, 1..=1000);
    real(faults, &place.key("examples"), stage.examples, Interval::above(0.0, 1.0));
    if let Some(proposals) = stage.proposals.filter(|&proposals| stage.trained() > proposals) {
        let message = format!("{} trainings a round out of {proposals} proposals", stage.trained());
        let help = "only what is proposed is trained: raise `proposals` or lower `trainings`";
        faults.error("stages::proposals", &place.key("trainings"), message, help);
    } else if stage.proposals.is_none() && (MAX_PROPOSALS / 5 + 1..=MAX_PROPOSALS).contains(&stage.trained()) {
        let message = format!("{} trainings a round, and by default five times as many proposals", stage.trained());
        let help = format!("give `proposals`, at most {MAX_PROPOSALS}");
        faults.error("stages::proposals", &place.key("trainings"), message, help);
    }
}

/// Images are made smaller, not larger, and only photographs are.
fn check_sizes(faults: &mut Diagnostics, spec: &Spec, stages: &[StageSpec], place: &Path) {
    let Some(described) = spec.described() else { return };
    for (index, stage) in stages.iter().enumerate() {
        let (Some(size), here) = (stage.size, place.index(index).key("size")) else { continue };
        let Some(photos) = &described.photos else {
            let help = "take `size` out; fewer `epochs` or `examples` make a stage cheaper too";
            faults.error("stages::size", &here, "a stage has a size of its own, and only photographs are made smaller", help);
            continue;
        };
        if !(SMALLEST..=photos.size).contains(&size) {
            let message = format!("stage {} has images of {size} × {size}, and `dataset.size` is {}", index + 1, photos.size);
            let help = format!("allowed: {SMALLEST} to {}; the final trainings are at `dataset.size`", photos.size);
            faults.error("stages::size", &here, message, help);
        }
    }
}

fn check_names(faults: &mut Diagnostics, stages: &[StageSpec], place: &Path) {
    let mut seen = BTreeSet::new();
    for (index, stage) in stages.iter().enumerate() {
        let name = stage.name.clone().unwrap_or_else(|| format!("stage-{}", index + 1));
        if name == FINAL {
            let message = format!("a stage is called `{name}`, as the trainings behind the last stage are");
            let help = "results of the two could not be told apart: give the stage another name";
            faults.error("spec::reserved-name", &place.index(index).key("name"), message, help);
        }
        if !seen.insert(name.clone()) {
            let message = format!("two stages are called `{name}`");
            let help = "names of stages are parts of task names: give each its own (`stage-1` and so on are the defaults)";
            faults.error("spec::duplicate-name", &place.index(index).key("name"), message, help);
        }
    }
}

fn check_depths(faults: &mut Diagnostics, spec: &Spec, stages: &[StageSpec], place: &Path) {
    let (min, max) = depths(spec);
    let (parts, key) = match &spec.space {
        Some(SpaceSpec::Cells(_)) => ("blocks", "space.cells.blocks"),
        _ => ("layers after the stem", "space.layers.depth"),
    };
    if min > max {
        return;
    }
    let depths = crate::spec::resolve::stage_depths(stages, max, min);
    let mut deepest = 0;
    for (index, (stage, depth)) in stages.iter().zip(depths).enumerate() {
        let here = place.index(index).key("depth");
        if stage.depth.is_some() && !(min..=max).contains(&depth) {
            let help = format!("the space has {min} to {max} {parts} (`{key}`)");
            faults.error("stages::depth", &here, format!("the depth of stage {} is {depth}", index + 1), help);
        } else if depth < deepest {
            let by_default = if stage.depth.is_none() { " by default" } else { "" };
            let number = index + 1;
            let parts = parts.split(' ').next().unwrap_or(parts);
            let message = format!("stage {number} has at most {depth} {parts}{by_default}, the one before it {deepest}");
            let help = "networks carried over must fit: depths may stay or grow, not fall";
            faults.error("stages::falling-depth", &here, message, help);
        }
        deepest = deepest.max(depth);
    }
}

/// Follows how many networks each stage trains; gives those of the last stage.
fn check_carry(faults: &mut Diagnostics, stages: &[StageSpec], place: &Path) -> usize {
    // The first stage trains the start network.
    let mut begins_with = 1;
    for (index, stage) in stages.iter().enumerate() {
        let chosen = stage.rounds * stage.trained();
        let trained = chosen + begins_with;
        if index + 1 == stages.len() {
            return trained;
        }
        let here = place.index(index).key("carry");
        if let Some(carry) = stage.carry.filter(|&carry| carry > trained) {
            let message = format!("{carry} networks are carried over, and stage {} trains {trained}", index + 1);
            let help = format!("allowed: 1 to {trained} ({chosen} in its rounds and {begins_with} it starts with)");
            faults.error("stages::carry", &here, message, help);
        } else if let Some(carry) = stage.carry.filter(|&carry| stage.rounds > 0 && carry > chosen) {
            let message = format!("{carry} networks are carried over, and the rounds of stage {} train only {chosen}", index + 1);
            faults.warning("stages::carry-all", &here, message, "what the stage started with is carried on unchanged; more trainings?");
        }
        begins_with = stage.carry.unwrap_or(DEFAULT_CARRY).min(trained);
    }
    begins_with
}
