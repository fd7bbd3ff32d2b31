//! Stages and their depths, with nothing implied.

use super::Stage;
use super::cells::DEFAULT_BLOCKS;
use super::recipe::Recipes;
use crate::spec::schema::{SpaceSpec, Spec, StageSpec};
use crate::strategy::Strategy;

/// What the defaults of a stage depend on.
pub(super) struct StageContext<'a> {
    pub recipes: &'a Recipes,
    pub strategy: &'a Strategy,
    pub max_depth: usize,
    pub min_depth: usize,
    /// Networks that the first stage begins with.
    pub begins_with: usize,
}

pub(super) fn stages(stages: &[StageSpec], setting: &StageContext<'_>) -> Vec<Stage> {
    let depths = stage_depths(stages, setting.max_depth, setting.min_depth);
    // How many networks a stage starts with: the start network, later those carried over.
    let mut begins_with = setting.begins_with;
    let mut resolved = Vec::with_capacity(stages.len());
    for (index, (stage, depth)) in stages.iter().zip(depths).enumerate() {
        let carry =
            stage.carry.unwrap_or_else(|| DEFAULT_CARRY.min(stage.rounds.saturating_mul(stage.trained()).saturating_add(begins_with)));
        begins_with = carry;
        let proposals = stage.proposals.unwrap_or(stage.trained().saturating_mul(5));
        resolved.push(Stage {
            name: stage.name.clone().unwrap_or_else(|| format!("stage-{}", index + 1)),
            rounds: stage.rounds,
            proposals: if setting.strategy.predicts() { proposals } else { stage.trained() },
            trainings: stage.trained(),
            depth,
            carry,
            size: setting.recipes.size(stage),
            recipe: setting.recipes.stage(stage),
            replicates: setting.recipes.replicates(stage.train.as_ref()),
            inherits: setting.recipes.inherits(stage.train.as_ref()),
        });
    }
    resolved
}

/// Networks carried over, where a stage trains as many.
pub const DEFAULT_CARRY: usize = 3;

/// The stages of a spec that names none: rounds, trainings a round, share of the examples.
pub fn default_stages(in_table: bool) -> Vec<StageSpec> {
    let stages: &[(usize, usize, f64)] = if in_table { &[(100, 1, 1.0)] } else { &[(4, 8, 0.1), (3, 6, 0.25), (2, 4, 1.0)] };
    stages
        .iter()
        .map(|&(rounds, trainings, examples)| StageSpec {
            name: None,
            rounds,
            proposals: None,
            trainings: Some(trainings),
            depth: None,
            epochs: None,
            examples: Some(examples),
            size: None,
            carry: None,
            train: None,
        })
        .collect()
}

/// The most layers of each stage: as given, or growing evenly to the space's.
pub fn stage_depths(stages: &[StageSpec], max_depth: usize, min_depth: usize) -> Vec<usize> {
    let grown = |index: usize| max_depth.saturating_mul(index + 1).div_ceil(stages.len()).max(min_depth);
    stages.iter().enumerate().map(|(index, stage)| stage.depth.unwrap_or_else(|| grown(index))).collect()
}

/// The fewest and the most layers after the stem, or blocks of a cell.
pub fn depths(spec: &Spec) -> (usize, usize) {
    let (given, default) = match &spec.space {
        Some(SpaceSpec::Cells(cells)) => (cells.blocks.as_ref().map(|blocks| (blocks.min, blocks.max)), DEFAULT_BLOCKS),
        Some(SpaceSpec::Layers(layers)) => (layers.depth.as_ref().map(|depth| (depth.min, depth.max)), DEFAULT_DEPTHS),
        Some(SpaceSpec::Table(_)) | None => (None, DEFAULT_DEPTHS),
    };
    let (min, max) = given.unwrap_or((None, None));
    (min.unwrap_or(default.0), max.unwrap_or(default.1))
}

/// The fewest and the most layers where a spec does not say.
const DEFAULT_DEPTHS: (usize, usize) = (1, 8);
