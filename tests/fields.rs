//! Every field of the spec language, edited alone, changes exactly these kinds of task: the key table of
//! `cache/fingerprint.rs`, field by field. A field that is added to the language must be added here.

mod bases;
mod named;
mod sharing;

use std::collections::BTreeSet;

use bases::{CELLS, LAYERS, OWN, PHOTOS, ROWS, TABLE};
use epnas::digest::{Digest, Domain};
use epnas::plan::{DataDigests, Plan};
use epnas::spec::set::Setting;
use epnas::spec::{self, Subject};
use epnas::table::Table;
use epnas::task::TaskKind::{self, Final, Measure, Predict, Reward, Sample, Train, Update};

/// All that the plan of a spec with these settings asks for.
fn asked(base: &str, settings: &[&str]) -> BTreeSet<(TaskKind, String)> {
    let settings: Vec<Setting> = settings.iter().map(|text| text.parse().expect("a setting")).collect();
    let reading = spec::read_set(base.as_bytes(), &settings).0;
    let spec = reading.resolved.unwrap_or_else(|| panic!("{settings:?}: {:?}", reading.faults));
    let data = match &spec.subject {
        Subject::Images { .. } => {
            let [search, last] = [&b"train"[..], b"test"].map(|bytes| Digest::of(Domain::Dataset, bytes));
            DataDigests { search, last }
        }
        Subject::Table { layout, .. } => {
            let table = Table::read(ROWS.as_bytes(), layout).expect("a table without faults");
            DataDigests { search: table.search_digest(), last: table.digest() }
        }
    };
    let plan = Plan::new(&spec, data, "a processor");
    plan.tasks().map(|planned| (planned.task.kind(), serde_json::to_string(&planned.task).expect("plain data"))).collect()
}

/// Edits, and the fields that they cover.
#[derive(Default)]
struct Edits {
    covered: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Edits {
    /// Makes one edit of a spec with settings given already.
    fn check(&mut self, base: &str, given: &[&str], edit: &str, kinds: &[TaskKind]) {
        let old = asked(base, given);
        let new = asked(base, &[given, &[edit]].concat());
        let changed: BTreeSet<TaskKind> = new.difference(&old).map(|(kind, _)| *kind).collect();
        if changed != kinds.iter().copied().collect() {
            self.wrong.push(format!("{given:?}, then `{edit}`: {changed:?}, expected {kinds:?}"));
        }
        let (path, _) = edit.split_once('=').expect("a path and a value");
        self.covered.insert(path.split('.').filter(|step| step.parse::<usize>().is_err()).collect::<Vec<_>>().join("."));
    }
}

#[test]
fn every_field_changes_the_kinds_of_its_row_in_the_key_table() {
    let mut edits = Edits::default();
    nothing(&mut edits);
    images(&mut edits);
    recipes(&mut edits);
    constraints(&mut edits);
    steering(&mut edits);
    sharing::sharing(&mut edits);
    cells(&mut edits);
    table(&mut edits);
    assert!(edits.wrong.is_empty(), "{}", edits.wrong.join("\n"));
    let fields = named::fields();
    let missing: Vec<&String> = fields.difference(&edits.covered).collect();
    assert!(missing.is_empty(), "no edit of {missing:#?}");
}

fn nothing(edits: &mut Edits) {
    for edit in ["name=other", "requires-epnas=\"0.1\"", "dataset.path=/elsewhere", "stages.0.name=begin"] {
        edits.check(LAYERS, &[], edit, &[]);
    }
    edits.check(TABLE, &[], "space.table.path=/elsewhere.csv.gz", &[]);
    // How a run behaves; `lookahead` acts by what is bound to what.
    for edit in ["lookahead=1", "checkpoint=5m", "budget.trainings=10", "budget.device-hours=2", "budget.wall-time=1h", "budget.disk=1G"] {
        edits.check(LAYERS, &[], edit, &[]);
    }
    for edit in [
        "retries=3",
        "time-limit=2h",
        "silence=30s",
        "out-of-memory=skip",
        "diverged=stop",
        "timed-out=retry",
        "crashed=skip",
        "hung=skip",
        "unmeasured=skip",
        "unreadable=retry",
        "disk-full=retry",
        "limit=0.9",
        "reward=none",
    ] {
        edits.check(LAYERS, &[], &format!("failures.{edit}"), &[]);
    }
}

fn images(edits: &mut Edits) {
    edits.check(LAYERS, &[], "seed=2", STEERING);
    edits.check(LAYERS, &[], "dataset.validation=6000", &[Train]);
    edits.check(LAYERS, &[], "dataset.split-seed=1", &[Train]);
    edits.check(LAYERS, &[], "metric=balanced-accuracy", &[Train]);
    edits.check(LAYERS, &[], "extrapolate.passes=0.3", &[Reward]);
    edits.check(LAYERS, &["extrapolate.passes=0.3"], "extrapolate.macs=0.1", &[Reward]);
    // Other images: shapes and classes are in everything that knows networks; their default recipe differs too.
    edits.check(LAYERS, &[], "dataset.name=cifar-10", &[Sample, Predict, Train, Reward, Update, Final]);
    // The content of files is in keys by its digest; what is said of it is in those that know networks.
    edits.check(OWN, &[], "dataset.path=/elsewhere", &[]);
    edits.check(OWN, &[], "dataset.class-names=[a, b, c, d, e, f, g, h, i, j]", &[]);
    for edit in ["height=24", "width=30", "classes=12"] {
        edits.check(OWN, &[], &format!("dataset.{edit}"), &[Sample, Predict, Reward, Update, Final]);
    }
    edits.check(OWN, &[], "dataset.format=cifar-10", &[Sample, Predict, Train, Reward, Update, Final]);
    // Photographs count by their prepared content.
    edits.check(PHOTOS, &[], "dataset.size=24", &[Sample, Predict, Train, Reward, Update, Final]);
    edits.check(PHOTOS, &[], "stages.0.size=8", &[Train]);
    for edit in ["test=20%", "corrupt=skip", "group=patient", "val-as-test=true", "storage=jpeg"] {
        edits.check(PHOTOS, &[], &format!("dataset.{edit}"), &[]);
    }
    edits.check(PHOTOS, &["dataset.corrupt=skip"], "dataset.corrupt-limit=1%", &[]);
    for edit in ["stem.channels=32", "stem.kernel=5", "stem.stride=2", "operations=[convolution]", "kernels=[3]", "channels=[16]"] {
        let edit = format!("space.layers.{edit}");
        let start = "space.layers.start=[{operation: convolution, channels: 16}]";
        edits.check(LAYERS, &[start], &edit, STEERING);
    }
    for edit in ["strides=[1]", "expansions=[2]", "squeeze-ratios=[0, 4]", "skips=false", "depth.min=2", "min-resolution=5"] {
        edits.check(LAYERS, &[], &format!("space.layers.{edit}"), STEERING);
    }
    // One more network is drawn, trained and weighed, by tasks that are asked the same as the others.
    edits.check(LAYERS, &[], "references=auto", &[Sample]);
    edits.check(LAYERS, &["references=[vgg]"], "references=[vgg, resnet]", &[Sample]);
    // The depths of the stages are given; what remains is the end.
    edits.check(LAYERS, &[], "space.layers.depth.max=5", &[Sample]);
    for edit in ["0.channels=32", "0.kernel=5", "0.stride=2", "1.expansion=4", "1.skip=0"] {
        edits.check(LAYERS, &[], &format!("space.layers.start.{edit}"), &[Sample]);
    }
    edits.check(LAYERS, &["space.layers.squeeze-ratios=[0, 4]"], "space.layers.start.0.squeeze-ratio=4", &[Sample]);
    edits.check(LAYERS, &["space.layers.start=[{operation: max-pool}]"], "space.layers.start.0.operation=average-pool", &[Sample]);
    edits.check(LAYERS, &[], "stages.0.rounds=3", STEERING);
    edits.check(LAYERS, &[], "stages.0.proposals=9", &[Sample]);
    edits.check(LAYERS, &[], "stages.0.trainings=3", &[Predict]);
    edits.check(LAYERS, &[], "stages.0.carry=1", &[Sample]);
    edits.check(LAYERS, &[], "stages.0.depth=3", STEERING);
    edits.check(LAYERS, &[], "stages.0.epochs=2", &[Train]);
    edits.check(LAYERS, &[], "stages.0.examples=0.6", &[Train]);
    edits.check(LAYERS, &[], "final.networks=3", &[Sample]);
    edits.check(LAYERS, &[], "final.epochs=5", &[Train, Final]);
}

const STEERING: &[TaskKind] = &[Sample, Predict, Update];

fn recipes(edits: &mut Edits) {
    let fields = [
        "batch-size=64",
        "optimizer=adamw",
        "learning-rate=0.2",
        "momentum=0.8",
        "weight-decay=0.001",
        "schedule=cosine",
        "warmup=0.1",
        "augment.flip=false",
        "augment.crop=2",
        "augment.cutout=4",
        "augment.resized-crop=0.25",
        "augment.trivial-augment=true",
        "augment.mixup=0.2",
        "label-smoothing=0.1",
        "ema=0.9",
        "auxiliary=0.4",
        "path-dropout=0.1",
        "precision=fp32",
        "precision=tf32",
        "deterministic=true",
        "class-weights=inverse",
        "seed=3",
    ];
    for (section, kinds) in [("train", &[Train, Final][..]), ("stages.0.train", &[Train]), ("final.train", &[Train, Final])] {
        for field in fields {
            let base = if field.starts_with("auxiliary") || field.starts_with("path") { CELLS } else { LAYERS };
            edits.check(base, &[], &format!("{section}.{field}"), kinds);
        }
        // More trainings of the same networks; the others stay.
        edits.check(LAYERS, &[], &format!("{section}.replicates=2"), &[Train]);
    }
}

fn constraints(edits: &mut Edits) {
    for (cost, [low, high, other]) in [
        ("params", ["1k", "100k", "90k"]),
        ("macs", ["1k", "10M", "9M"]),
        ("flops", ["1k", "20M", "19M"]),
        ("intensity", ["0.1", "100", "90"]),
        ("activations", ["1k", "900k", "800k"]),
        ("latency", ["0.001", "100", "90"]),
        ("measured.pi4", ["0.001", "100", "90"]),
    ] {
        let set = |field: &str, value: &str| format!("constraints.{cost}.{field}={value}");
        let penalty = [set("min", low), set("max", high), set("enforcement", "penalty")];
        let penalty: Vec<&str> = penalty.iter().map(String::as_str).collect();
        let soft: &[TaskKind] = &[Reward];
        // A bound on a latency that keeps networks out of training is in the measurement.
        let hard: &[TaskKind] = if ["latency", "measured.pi4"].contains(&cost) { &[Sample, Measure, Reward] } else { &[Sample, Reward] };
        edits.check(LAYERS, &penalty, &set("max", other), soft);
        edits.check(LAYERS, &penalty, &set("min", "2"), soft);
        edits.check(LAYERS, &penalty, &set("penalty-base", "0.4"), soft);
        edits.check(LAYERS, &penalty, &set("enforcement", "filter"), soft);
        edits.check(LAYERS, &penalty, &set("enforcement", "reject"), hard);
        let exponent = set("enforcement", "exponent");
        edits.check(LAYERS, &[&penalty[..], &[&exponent]].concat(), &set("exponent", "-0.1"), soft);
        let reject = set("max", high);
        edits.check(LAYERS, &[&reject], &set("max", other), hard);
    }
}

fn steering(edits: &mut Edits) {
    edits.check(LAYERS, &[], "strategy=random", STEERING);
    for edit in [
        "edits=4",
        "parents=2",
        "initial=3",
        "pool=50",
        "enlarged=0.3",
        "from-given=0.3",
        "regular=0.3",
        "rejected=zero",
        "variant=paper",
        "policy=lstm",
    ] {
        edits.check(LAYERS, &[], &format!("epnas.{edit}"), STEERING);
    }
    edits.check(LAYERS, &["epnas.policy=logits"], "epnas.imagined=64", STEERING);
    for edit in ["hidden=16", "entropy=0.1", "learning-rate=0.01", "value-steps=3"] {
        edits.check(LAYERS, &["epnas.variant=paper"], &format!("epnas.{edit}"), STEERING);
    }
    for edit in ["predictor=forest", "acquisition=mean", "random-share=0.5", "gate.spearman=0.3", "zero-cost=[synflow]"] {
        edits.check(LAYERS, &[], &format!("predict.{edit}"), STEERING);
    }
    for (strategy, edit) in [
        ("pnas", "beam=9"),
        ("regularized-evolution", "population=11"),
        ("regularized-evolution", "sample=4"),
        ("local-search", "initial=11"),
        ("reinforce", "learning-rate=0.02"),
        ("reinforce", "baseline-decay=0.8"),
    ] {
        edits.check(LAYERS, &[&format!("strategy={strategy}")], &format!("{strategy}.{edit}"), STEERING);
        // Of a strategy that is not chosen.
        edits.check(LAYERS, &[], &format!("{strategy}.{edit}"), &[]);
    }
}

fn cells(edits: &mut Edits) {
    for edit in ["operations=[convolution-1x1, identity]", "combine=[add]", "blocks.min=2"] {
        let start = "space.cells.start=null";
        edits.check(CELLS, &[start], &format!("space.cells.{edit}"), STEERING);
    }
    edits.check(CELLS, &[], "space.cells.blocks.max=4", &[Sample]);
    for edit in ["channels=4", "cells=2", "reductions=2", "stem-stride=2"] {
        edits.check(CELLS, &[], &format!("space.cells.skeleton.{edit}"), STEERING);
    }
    for edit in ["channels=32", "cells=1", "reductions=1", "stem-stride=1"] {
        edits.check(CELLS, &[], &format!("final.skeleton.{edit}"), &[Sample, Predict, Reward, Update]);
    }
    for edit in ["inputs=[1, 1]", "operations=[identity, convolution-1x1]", "combine=concat"] {
        edits.check(CELLS, &[], &format!("space.cells.start.0.{edit}"), &[Sample]);
    }
}

fn table(edits: &mut Edits) {
    let searched = &[Sample, Predict, Train, Reward, Update, Final];
    let last = &[Train, Final];
    edits.check(TABLE, &[], "space.table.choices.columns=[c, b, a]", searched);
    let split = "space.table.choices={split: {column: word, separator: \"-\"}}";
    edits.check(TABLE, &[split], "space.table.choices.split.column=other", searched);
    edits.check(TABLE, &[split], "space.table.choices.split.separator=null", searched);
    edits.check(TABLE, &[], "space.table.metric=late", searched);
    edits.check(TABLE, &[], "space.table.unit=fraction", searched);
    edits.check(TABLE, &[], "space.table.reported.test=null", last);
    edits.check(TABLE, &[], "space.table.reported.validation=early", last);
    for cost in ["params", "macs", "flops", "intensity", "activations", "latency"] {
        edits.check(TABLE, &[], &format!("space.table.costs.{cost}=work"), searched);
    }
    let graph = "space.table.graph={edges: [[0, 1], [0, 2], [1, 2]]}";
    edits.check(TABLE, &[graph], "space.table.graph.none=x", searched);
    edits.check(TABLE, &[graph], "space.table.graph.edges=[[0, 1], [1, 2], [0, 2]]", searched);
}
