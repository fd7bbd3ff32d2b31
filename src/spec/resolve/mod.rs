//! The spec with nothing implied: every default filled in, every set sorted, every size a number.
//! Two specs that mean the same resolve to equal values; what is hashed later comes from here.

mod cells;
mod execution;
mod constraints;
mod fit;
mod growth;
mod recipe;
mod references;
mod space;
mod stages;
mod stem;
mod subject;
mod strategy;
mod trainings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::recipe::Recipes;
use self::stages::StageContext;
use self::subject::{cells_subject, layers_subject, table_subject};
use super::schema::{LayersSpec, SpaceSpec, Spec, StrategySpec};
use crate::arch::{Architecture, Cost, Costs, MeasureName};
use crate::dataset::Examples;
use crate::engine::{Metric, Precision, TrainRecipe};
use crate::objective::{Constraint, Growth};
use crate::space::{CellSpace, LayerSpace, Limits, SearchSpace};
use crate::strategy::Strategy;
use crate::table::Layout;

pub use cells::skeletons;
pub use constraints::limits_by_cost;
pub use execution::{Budget, ExecutionSettings, FailurePolicy, Failures};
pub use recipe::default_validation;
pub use references::{Reference, families};
pub use space::cost_columns;
pub use stages::{DEFAULT_CARRY, default_stages, depths, stage_depths};
pub use strategy::DEFAULT_POPULATION;
pub use subject::Dataset;
pub use trainings::Trainings;

/// A spec, resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolvedSpec {
    /// For people and for the results folder; in no key.
    pub name: String,
    pub seed: u64,
    pub subject: Subject,
    /// Sorted by cost and side.
    pub constraints: Vec<Constraint>,
    /// Versions of the measures that constraints name, once a pools file has told them; see [`ResolvedSpec::with_measures`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<MeasureName, u32>,
    pub strategy: Strategy,
    /// What rewards are made of.
    #[serde(default, skip_serializing_if = "Metric::is_accuracy")]
    pub metric: Metric,
    /// How rewards look ahead to the final trainings, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Growth>,
    /// Networks written by hand that the search is held against.
    pub references: Vec<Reference>,
    /// None where the networks are given.
    pub stages: Vec<Stage>,
    pub last: Final,
    pub execution: ExecutionSettings,
}

/// What is searched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Subject {
    /// Networks that are trained on images.
    Images {
        dataset: Dataset,
        space: Space,
        /// The most layers after the stem, or blocks of a cell, over all stages.
        max_depth: usize,
        /// Canonical.
        start: Vec<Architecture>,
    },
    /// The rows of a table.
    Table {
        /// As written: seen from the folder of the spec; see [`ResolvedSpec::in_folder`]. In no key.
        path: PathBuf,
        layout: Layout,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Space {
    Layers(LayerSpace),
    Cells(CellSpace),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// In no key.
    pub name: String,
    pub rounds: usize,
    pub proposals: usize,
    pub trainings: usize,
    /// The most layers after the stem, or blocks of a cell.
    pub depth: usize,
    /// Networks the next stage starts with.
    pub carry: usize,
    /// Rows and columns of the images, where they are made smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    pub recipe: TrainRecipe,
    /// Trainings of each network.
    pub replicates: usize,
    /// Whether trainings begin with weights of another network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherits: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Final {
    pub networks: usize,
    pub recipe: TrainRecipe,
    /// Trainings of each network.
    pub replicates: usize,
}

impl ResolvedSpec {
    /// Fills in every default of a spec that `check` passed.
    pub fn new(spec: &Spec) -> Self {
        let strategy = strategy::strategy(spec);
        let train = spec.train.clone().unwrap_or_default();
        let given_space = spec.space.clone().unwrap_or_else(|| SpaceSpec::Layers(LayersSpec::default()));
        let constraints = constraints::constraints(&spec.constraints.clone().unwrap_or_default());
        let subject = match &given_space {
            SpaceSpec::Layers(layers) => layers_subject(spec, layers, &constraints),
            SpaceSpec::Cells(cells) => cells_subject(spec, cells),
            SpaceSpec::Table(table) => table_subject(table),
        };
        let (min_depth, max_depth) = depths(spec);
        let in_table = matches!(subject, Subject::Table { .. });
        let recipes = Recipes { train, images: spec.described() };
        let setting = StageContext { recipes: &recipes, strategy: &strategy, max_depth, min_depth, begins_with: subject.start().len() };
        let stages = match spec.strategy {
            Some(StrategySpec::Fixed) => Vec::new(),
            _ => stages::stages(&spec.stages.clone().unwrap_or_else(|| default_stages(in_table)), &setting),
        };
        let last = recipes.last(&spec.last.clone().unwrap_or_default());
        Self {
            name: spec.name.clone(),
            seed: spec.seed.unwrap_or(0),
            references: references::references(&families(spec.references.as_ref()), &subject, &stages, &constraints),
            constraints,
            measures: BTreeMap::new(),
            subject,
            stages,
            last: if strategy == Strategy::Fixed { Final { networks: 1, ..last } } else { last },
            strategy,
            metric: spec.metric.unwrap_or_default(),
            growth: spec.extrapolate.as_ref().filter(|_| !in_table).map(growth::growth),
            execution: ExecutionSettings::new(spec),
        }
    }

    /// With the path of its data seen from `folder`, where the spec lies, and no longer from the spec; one that begins with `~`
    /// is seen from `home`.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path, home: Option<&Path>) -> Self {
        let path = match &mut self.subject {
            Subject::Table { path, .. } => Some(path),
            Subject::Images { dataset, .. } => dataset.path.as_mut(),
        };
        if let Some(path) = path {
            *path = match (path.strip_prefix("~"), home) {
                (Ok(below), Some(home)) => home.join(below),
                _ => folder.join(&*path),
            };
        }
        self
    }

    /// With the numbers of examples that the files of its data set hold.
    #[must_use]
    pub fn with_examples(mut self, held: Examples) -> Self {
        if let Subject::Images { dataset, .. } = &mut self.subject {
            dataset.examples = Some(held);
        }
        self
    }

    /// Every precision that a training asks for; none in a table, where nothing is trained.
    pub fn precisions(&self) -> BTreeSet<Precision> {
        match self.subject {
            Subject::Images { .. } => self.recipes().map(|recipe| recipe.precision).collect(),
            Subject::Table { .. } => BTreeSet::new(),
        }
    }

    /// With `auto` decided as `precision`, for every training.
    #[must_use]
    pub fn with_auto(mut self, precision: Precision) -> Self {
        let stages = self.stages.iter_mut().map(|stage| &mut stage.recipe);
        for recipe in stages.chain([&mut self.last.recipe]) {
            if recipe.precision == Precision::Auto {
                recipe.precision = precision;
            }
        }
        self
    }

    fn recipes(&self) -> impl Iterator<Item = &TrainRecipe> {
        self.stages.iter().map(|stage| &stage.recipe).chain([&self.last.recipe])
    }

    /// The networks that the search starts from.
    pub fn start(&self) -> &[Architecture] {
        self.subject.start()
    }

    /// The references that are trained at the beginning of a stage: those that the search learns from there; behind
    /// them, in the first stage and in the last, the others. The last stage measures all of them, as it measures the
    /// networks that they are held against.
    pub fn references_of(&self, stage: usize) -> (Vec<&Reference>, Vec<&Reference>) {
        let is_last = stage + 1 == self.stages.len();
        let learned = |joins: usize| joins == stage || is_last && joins < stage;
        let (known, others): (Vec<_>, Vec<_>) = self.references.iter().partition(|reference| reference.stage.is_some_and(learned));
        (known, if stage == 0 || is_last { others } else { Vec::new() })
    }

    /// What a reference costs.
    pub fn costs_of(&self, reference: &Reference) -> Option<Costs> {
        let Subject::Images { dataset, .. } = &self.subject else { return None };
        let network = reference.network.network(dataset.described.shape, dataset.described.classes).ok()?;
        Some(Cost::of(&network).costs())
    }

    /// How many networks are trained at length: the best of the search, and the best reference where there are any.
    pub const fn finalists(&self) -> usize {
        self.last.networks + if self.references.is_empty() { 0 } else { 1 }
    }

    /// The same as they are trained at length.
    pub fn start_at_length(&self) -> Vec<Architecture> {
        self.start().iter().map(|network| self.at_length(network)).collect()
    }

    /// A network of the space as it is trained at length; any other as it is.
    pub fn at_length(&self, network: &Architecture) -> Architecture {
        self.space().map_or_else(|| network.clone(), |space| space.at_length(network))
    }

    /// The whole space; `None` in a table, which has to be read first.
    pub const fn space(&self) -> Option<SearchSpace<'_>> {
        match &self.subject {
            Subject::Images { dataset, space, max_depth, .. } => Some(space.open(dataset.limits(*max_depth))),
            Subject::Table { .. } => None,
        }
    }
}

impl Dataset {
    /// What bounds a network for these images.
    pub const fn limits(&self, depth: usize) -> Limits {
        Limits { image: self.described.shape, classes: self.described.classes, depth }
    }
}

impl Space {
    /// Opens the space.
    pub const fn open(&self, limits: Limits) -> SearchSpace<'_> {
        match self {
            Self::Layers(space) => SearchSpace::Layers(space, limits),
            Self::Cells(space) => SearchSpace::Cells(space, limits),
        }
    }
}

impl Subject {
    fn start(&self) -> &[Architecture] {
        match self {
            Self::Images { start, .. } => start,
            Self::Table { .. } => &[],
        }
    }
}
