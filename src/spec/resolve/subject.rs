//! What a search is about, with nothing implied: images and a space, or a table.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Space, Subject, cells, default_validation, depths, space};
use crate::arch::Architecture;
use crate::dataset::{DatasetKind, Described, Examples};
use crate::objective::Constraint;
use crate::spec::schema::{CellsSpec, LayersSpec, Spec, TableSpec};

/// Images that are searched on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    pub described: Described,
    /// As many as the data set is published with; those of the files where they were opened. In no key.
    pub examples: Option<Examples>,
    /// Photographs that could not be read and are left out, once they are looked at. In no key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// As written: seen from the folder of the spec; see [`super::ResolvedSpec::in_folder`]. In no key.
    pub path: Option<PathBuf>,
    /// Examples of the validation split.
    pub validation: usize,
    pub split_seed: u64,
}

pub(super) fn layers_subject(spec: &Spec, layers: &LayersSpec, constraints: &[Constraint]) -> Subject {
    let space = space::layers(layers, side(spec));
    let mut starts = space::starts(layers, &space).into_iter().map(Architecture::from);
    let meant = starts.next().expect("one is meant");
    let mut subject = images_subject(spec, Space::Layers(space), meant.clone());
    if let Subject::Images { dataset, space, max_depth, start } = &mut subject {
        let opened = space.open(dataset.limits(*max_depth));
        let fits = |network: &Architecture| opened.costs(network).is_some_and(|costs| !constraints.iter().any(|one| one.rejects(&costs)));
        if !fits(&meant) {
            start.extend(starts.find(fits));
            start.drain(..start.len() - 1);
        }
    }
    subject
}

pub(super) fn cells_subject(spec: &Spec, given: &CellsSpec) -> Subject {
    let space = cells::cells(given, &spec.last.clone().unwrap_or_default(), side(spec));
    let start = cells::start(given, &space).into();
    images_subject(spec, Space::Cells(space), start)
}

/// The shorter one of the images.
fn side(spec: &Spec) -> usize {
    let described = spec.described().expect("`check` asks for a data set that is described");
    described.shape.height.min(described.shape.width)
}

fn images_subject(spec: &Spec, space: Space, start: Architecture) -> Subject {
    let given = spec.dataset.clone().unwrap_or_default();
    let default = given.name.map_or(0, default_validation);
    Subject::Images {
        dataset: Dataset {
            skipped: Vec::new(),
            described: given.described().expect("`check` asks for a data set that is described"),
            examples: given.name.map(DatasetKind::examples),
            validation: given.validation.map_or(default, |portion| portion.of(given.name.map_or(0, |name| name.examples().train)) as usize),
            path: given.path,
            split_seed: given.split_seed.unwrap_or(0),
        },
        space,
        max_depth: depths(spec).1,
        start: vec![start],
    }
}

pub(super) fn table_subject(table: &TableSpec) -> Subject {
    Subject::Table { path: table.path.clone(), layout: space::layout(table) }
}
