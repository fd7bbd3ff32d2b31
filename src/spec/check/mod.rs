//! The rules of a structurally right spec: ranges, and what must hold between values. All faults at once, each at the
//! path of its value. What passes resolves and runs; what can be known from the spec alone is never left to a run.

mod as_start;
mod bounds;
mod cell_extent;
mod cells;
mod execution;
mod coverage;
mod constraints;
mod count;
mod dataset;
mod ineffective;
mod extent;
mod extents;
mod extremes;
mod images;
mod layer_extent;
mod networks;
mod references;
mod rows;
mod space;
mod stages;
mod start;
mod strategy;
mod table;
mod training;

use std::collections::BTreeSet;

use super::schema::{DatasetSpec, SpaceSpec};
use super::{ResolvedSpec, Spec, Subject, version};
use crate::dataset::{DatasetKind, Facts};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Place, Segment};
use crate::seed::Seed;
use crate::table::Table;

pub use bounds::{NAMES, name_fault};
pub use stages::FINAL;

/// What the data of a spec hold.
#[derive(Clone, Copy, Debug)]
pub enum Held<'a> {
    Images(&'a Facts),
    Table(&'a Table),
}

/// What is wrong or doubtful about a spec that passed, now that its data were read. What they hold must be what the spec
/// asks for: images or a table.
pub fn against_data(resolved: &ResolvedSpec, held: Held<'_>) -> Diagnostics {
    let mut faults = Diagnostics::default();
    match (&resolved.subject, held) {
        (Subject::Images { dataset, .. }, Held::Images(facts)) => images::check(&mut faults, resolved, dataset, facts),
        (Subject::Table { layout, .. }, Held::Table(table)) => {
            let kept = coverage::check_table(&mut faults, resolved, table);
            rows::check(&mut faults, resolved, layout, table, kept);
        }
        (Subject::Images { .. }, Held::Table(_)) | (Subject::Table { .. }, Held::Images(_)) => {}
    }
    faults
}

/// Every fault of `spec`; warnings among them keep nothing from running.
pub fn check(spec: &Spec) -> Vec<Diagnostic> {
    if lacks_data(spec) {
        return check_without(spec, &BTreeSet::new());
    }
    let mut faults = Diagnostics::default();
    settings(&mut faults, spec);
    if !faults.has_errors() {
        // Sizes are sane from here on, so that networks can be built and counted.
        let resolved = ResolvedSpec::new(spec);
        networks::check(&mut faults, spec, &resolved, &Seed::root(0).child("check"));
        if !faults.has_errors() {
            ineffective::check(&mut faults, spec, &resolved);
            references::check_scaled(&mut faults, spec, &resolved);
            coverage::check(&mut faults, &resolved, &Seed::root(0).child("census"));
        }
    }
    training::check(&mut faults, spec);
    faults.into_vec()
}

/// The rules that need no network.
fn settings(faults: &mut Diagnostics, spec: &Spec) {
    bounds::name(faults, &Path::root().key("name"), &spec.name);
    if let Some(fault) = spec.requires_epnas.as_deref().and_then(version::check_read) {
        faults.push(fault);
    }
    space::check(faults, spec);
    table::check(faults, spec);
    constraints::check(faults, spec);
    stages::check(faults, spec);
    strategy::check(faults, spec);
    references::check(faults, spec);
    execution::check(faults, spec);
}

/// Faults of the sections of `spec` that are given, where those named `left_out` could not be read and stand at their
/// defaults: rules that join one of them with another are silent.
pub fn check_without(spec: &Spec, left_out: &BTreeSet<String>) -> Vec<Diagnostic> {
    let (mut spec, mut left_out, mut missing) = (spec.clone(), left_out.clone(), Diagnostics::default());
    if lacks_data(&spec) {
        if spec.dataset.is_some() {
            dataset::check(&mut missing, &spec);
        } else if !left_out.contains("space") {
            let help = "add `dataset: {name: …}`: fashion-mnist, mnist, cifar-10 or cifar-100; only a table does without";
            missing.error("dataset::missing", &Path::root(), "`dataset` is missing", help);
        }
        // The other sections are told of as well.
        spec.dataset = Some(DatasetSpec { name: Some(DatasetKind::FashionMnist), ..DatasetSpec::default() });
        left_out.insert("dataset".to_owned());
    }
    let mut faults = Diagnostics::default();
    settings(&mut faults, &spec);
    training::check(&mut faults, &spec);
    let joins = |code: &str| match code {
        "stages::size" | "metric::classes" => ["dataset"].as_slice(),
        "space::start" | "stages::depth" => &["space", "stages"],
        "final::networks" => &["stages", "final", "strategy"],
        "stages::examples" => &["dataset", "stages", "train", "strategy"],
        "dataset::validation" => &["dataset", "stages", "train"],
        "strategy::space" => &["strategy", "space"],
        "strategy::shared-weights" | "strategy::zero-cost" => &["predict", "space"],
        "table::ignored" | "table::replicates" | "constraint::unknown-cost" => &["space"],
        "references::ignored" => &["strategy"],
        _ => &[],
    };
    let section = |fault: &Diagnostic| match &fault.place {
        Place::Value(path) | Place::Key(path) => path.0.first().and_then(|step| match step {
            Segment::Key(key) => Some(key.clone()),
            Segment::Index(_) => None,
        }),
        Place::Byte(_) => None,
    };
    let holds = |fault: &Diagnostic| {
        section(fault).is_some_and(|section| !left_out.contains(&section)) && !joins(fault.code).iter().any(|name| left_out.contains(*name))
    };
    missing.into_vec().into_iter().chain(faults.into_vec().into_iter().filter(holds)).collect()
}

/// Networks are trained on images that are described; only a table does without.
fn lacks_data(spec: &Spec) -> bool {
    !spec.dataset.as_ref().is_some_and(dataset::is_described) && !matches!(spec.space, Some(SpaceSpec::Table(_)))
}
