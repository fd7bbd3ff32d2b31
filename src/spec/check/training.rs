//! Rules of the recipes.

use super::bounds::{Interval, real, whole};
use super::dataset;
use crate::arch::Shape;
use crate::diagnostic::{Diagnostics, Path};
use crate::engine::{MAX_REPLICATES, Metric, TOP_5_FROM};
use crate::spec::Spec;
use crate::spec::resolve::{default_stages, default_validation};
use crate::spec::schema::{InheritSpec, TrainSpec};

const MAX_BATCH: usize = 65_536;

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    let Some(described) = spec.described() else { return };
    let recipe = |faults: &mut Diagnostics, place: &Path, train: Option<&TrainSpec>, shape| {
        if let Some(train) = train {
            check_recipe(faults, train, &place.key("train"), shape);
        }
    };
    let full = described.shape;
    // What all stages share must fit the smallest images of them.
    let sizes = spec.stages.iter().flatten().filter_map(|stage| stage.size);
    let smallest = full.at_size(sizes.chain([full.height.min(full.width)]).min().filter(|size| *size < full.height.min(full.width)));
    recipe(faults, &root, spec.train.as_ref(), smallest);
    for (index, stage) in spec.stages.iter().flatten().enumerate() {
        recipe(faults, &root.key("stages").index(index), stage.train.as_ref(), full.at_size(stage.size));
    }
    recipe(faults, &root.key("final"), spec.last.as_ref().and_then(|last| last.train.as_ref()), full);
    extrapolate(faults, spec);
    two_crops(faults, spec);
    check_inherit(faults, spec);
    top_5(faults, spec.metric, described.classes, described.photos.is_some());
    let before = faults.len();
    dataset::check(faults, spec);
    if faults.len() == before {
        check_examples(faults, spec);
    }
}

/// A growth of 1 brings 50 % to 73 % with each e-fold of passes.
fn extrapolate(faults: &mut Diagnostics, spec: &Spec) {
    let Some(given) = &spec.extrapolate else { return };
    let place = Path::root().key("extrapolate");
    real(faults, &place.key("passes"), given.passes, Interval::closed(0.0, 1.0));
    real(faults, &place.key("macs"), given.macs, Interval::closed(0.0, 1.0));
}

/// Images are cut in one way: what a stage says of its own counts before what all say.
fn two_crops(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    let stages = spec.stages.iter().flatten().enumerate().map(|(index, stage)| (root.key("stages").index(index), stage.train.as_ref()));
    let last = spec.last.as_ref().and_then(|last| last.train.as_ref());
    for (place, own) in std::iter::once((root.clone(), None)).chain(stages).chain([(root.key("final"), last)]) {
        let of = |train: Option<&TrainSpec>| train.and_then(|train| train.augment.clone()).unwrap_or_default();
        let (own, all) = (of(own), of(spec.train.as_ref()));
        let says_any = own.crop.is_some() || own.resized_crop.is_some() || place == root;
        let (Some(crop), Some(share)) = (own.crop.or(all.crop), own.resized_crop.or(all.resized_crop)) else { continue };
        if says_any && crop > 0 && share > 0.0 {
            let message = format!("images are cut in two ways, by `crop: {crop}` and by `resized-crop: {share}`");
            let here = if own.resized_crop.is_none() && own.crop.is_some() { "crop" } else { "resized-crop" };
            let help = "take one of them out, or set it to 0 here";
            faults.error("train::crop", &place.key("train").key("augment").key(here), message, help);
        }
    }
}

/// Of few classes five are nearly all. Those of photographs are counted once they are looked at.
pub(super) fn top_5(faults: &mut Diagnostics, metric: Option<Metric>, classes: usize, is_unknown: bool) {
    if metric == Some(Metric::Top5) && classes < TOP_5_FROM && !is_unknown {
        let message = format!("the five likeliest of {classes} classes");
        let help = format!("`top-5` is for {TOP_5_FROM} classes or more: say `accuracy` or `balanced-accuracy`");
        faults.error("metric::classes", &Path::root().key("metric"), message, help);
    }
}

/// Each training must have an example of each class and fill a batch.
fn check_examples(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    let default = default_stages(false);
    let stages = spec.stages.as_ref().unwrap_or(&default).iter().enumerate();
    for (index, stage) in stages.filter(|_| !spec.is_fixed()) {
        let place = root.key("stages").index(index);
        check_share(faults, spec, stage.examples.unwrap_or(1.0), stage.train.as_ref(), &place);
    }
    let last = spec.last.clone().unwrap_or_default();
    check_share(faults, spec, 1.0, last.train.as_ref(), &root.key("final"));
}

/// `place` is that of the stage.
fn check_share(faults: &mut Diagnostics, spec: &Spec, share: f64, own: Option<&TrainSpec>, place: &Path) {
    // How many examples files of one's own hold is known once they are opened.
    let Some((dataset, kind)) = spec.dataset.as_ref().and_then(|dataset| Some((dataset, dataset.name?))) else { return };
    let classes = kind.described().classes;
    let split = kind.examples().train
        - dataset.validation.map_or_else(|| default_validation(kind), |portion| portion.of(kind.examples().train) as usize);
    let used = (split as f64 * share) as usize;
    let batch_of = |train: Option<&TrainSpec>| train.and_then(|train| train.batch_size);
    let batch = batch_of(own).or_else(|| batch_of(spec.train.as_ref())).unwrap_or(128);
    // A share out of range has been told already.
    if used < batch.max(classes) && share > 0.0 {
        let what = if batch > classes { format!("a batch takes {batch}") } else { format!("there are {classes} classes") };
        let message = format!("{used} of {split} training examples are used, and {what}");
        // The batch is to blame where it is given and no share would do; else what makes the examples few.
        let batch_size = if batch_of(own).is_some() {
            Some(place.key("train").key("batch-size"))
        } else {
            batch_of(spec.train.as_ref()).map(|_| Path::root().key("train").key("batch-size"))
        };
        let given_share = share < 1.0 && spec.stages.is_some();
        let few = || if given_share { place.key("examples") } else { Path::root().key("dataset").key("validation") };
        let to_blame = batch_size.filter(|_| batch > classes && (batch > split || !given_share)).unwrap_or_else(few);
        faults.error("stages::examples", &to_blame, message, "use more examples, or lower `batch-size`");
    }
}

/// Final trainings say how good a network is by itself.
fn check_inherit(faults: &mut Diagnostics, spec: &Spec) {
    let place = Path::root().key("final").key("train").key("inherit");
    let last = spec.last.as_ref().and_then(|last| last.train.as_ref()).and_then(|train| train.inherit);
    if last == Some(InheritSpec::Parent) {
        let help = "take it out; a stage may have `train: {inherit: parent}`";
        faults.error("final::inherit", &place, "final trainings begin with new weights", help);
    }
}

fn check_recipe(faults: &mut Diagnostics, train: &TrainSpec, place: &Path, shape: Shape) {
    let side = shape.height.min(shape.width).max(1);
    whole(faults, &place.key("batch-size"), train.batch_size, 1..=MAX_BATCH);
    whole(faults, &place.key("replicates"), train.replicates, 1..=MAX_REPLICATES);
    for (key, value, interval) in [
        ("learning-rate", train.learning_rate, Interval::above(0.0, 100.0)),
        ("momentum", train.momentum, Interval::below(0.0, 1.0)),
        ("weight-decay", train.weight_decay, Interval::closed(0.0, 1.0)),
        ("warmup", train.warmup, Interval::below(0.0, 1.0)),
        ("label-smoothing", train.label_smoothing, Interval::below(0.0, 1.0)),
        ("ema", train.ema, Interval::below(0.0, 1.0)),
        ("auxiliary", train.auxiliary, Interval::closed(0.0, 10.0)),
        ("path-dropout", train.path_dropout, Interval::below(0.0, 1.0)),
    ] {
        real(faults, &place.key(key), value, interval);
    }
    if let Some(augment) = &train.augment {
        let place = place.key("augment");
        whole(faults, &place.key("crop"), augment.crop, 0..=side - 1);
        whole(faults, &place.key("cutout"), augment.cutout, 0..=side - 1);
        real(faults, &place.key("resized-crop"), augment.resized_crop, Interval::below(0.0, 1.0));
        real(faults, &place.key("mixup"), augment.mixup, Interval::closed(0.0, 1.0));
    }
}
