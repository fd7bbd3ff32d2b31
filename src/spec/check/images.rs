//! What the images at hand make wrong or doubtful: about themselves, and about a spec that was checked with published sizes.

use super::coverage;
use super::training::top_5;
use crate::dataset::PhotoFacts;
use crate::dataset::{DatasetKind, Facts, Part, PartFacts};
use crate::diagnostic::{Diagnostics, Path};
use crate::seed::Seed;
use crate::spec::{Dataset, ResolvedSpec};
use crate::text::counted;

/// One part with its name.
type Named<'a> = (Part, &'static str, &'a PartFacts);

pub(super) fn check(faults: &mut Diagnostics, resolved: &ResolvedSpec, dataset: &Dataset, facts: &Facts) {
    let parts = [(Part::Train, "training", &facts.train), (Part::Test, "test", &facts.test)];
    let place = Path::root().key("dataset").key(if dataset.path.is_some() { "path" } else { "name" });
    for part in parts {
        published(faults, dataset.described.published, &place, part);
        values(faults, &place, part);
        classes(faults, &place, part, facts.photos.as_ref().map_or(&[], |photos| &photos.classes));
    }
    match &facts.photos {
        Some(photos) => {
            asked_twice(faults, dataset, photos);
            photographs(faults, resolved, &place, photos);
        }
        None => repeated(faults, &place, facts),
    }
    shared(faults, &place, facts);
    let before = faults.len();
    split(faults, dataset, facts);
    if faults.len() > before {
        return;
    }
    few(faults, dataset.validation);
    if dataset.described.published.is_none_or(|kind| kind.examples().train != facts.train.images) {
        batches(faults, resolved, facts.train.images - dataset.validation, facts.train.present());
    }
}

/// Contents that are known: of another data set, of the other part, or not all of them.
fn published(faults: &mut Diagnostics, kind: Option<DatasetKind>, place: &Path, (part, word, facts): Named) {
    match (facts.published(), kind) {
        (Some((known, _)), Some(kind)) if known != kind => {
            let message = format!("the {word} labels are those of `{known}`, and the spec says `{kind}`");
            let help = format!("say `name: {known}`, or name the folder of `{kind}` in `path`");
            faults.warning("data::other", &Path::root().key("dataset").key("name"), message, help);
        }
        (Some((kind, known)), _) if known != part => {
            let other = if part == Part::Train { "test" } else { "training" };
            let message = format!("the {word} files hold the {other} part of `{kind}`");
            faults.error("data::exchanged", place, message, "give the files the names they were published with");
        }
        (Some(_), _) | (None, None) => {}
        (None, Some(kind)) => {
            let wanted = if part == Part::Train { kind.examples().train } else { kind.examples().test };
            if facts.images != wanted {
                let message = format!("{} {word} images, and `{kind}` is published with {wanted}", facts.images);
                let help = "is a file cut short? fetch it again; with images of your own this is as it should be";
                faults.warning("data::count", place, message, help);
            }
        }
    }
}

fn values(faults: &mut Diagnostics, place: &Path, (_, word, facts): Named) {
    let [low, high] = facts.values;
    if low == high {
        let message = format!("every pixel of the {word} images is {low}");
        faults.error("data::values", place, message, "fetch the files again: there is nothing to see in these images");
    } else if high <= 1 {
        let message = format!("the pixels of the {word} images are 0 and 1, and a pixel is a byte from 0 to 255");
        faults.warning("data::values", place, message, "were they scaled before they were written? write bytes from 0 to 255");
    }
}

/// `names` are those of photographs, by class.
fn classes(faults: &mut Diagnostics, place: &Path, (part, word, facts): Named, names: &[String]) {
    let missing = facts.missing();
    let all = facts.per_class.len();
    let name = |class: usize| names.get(class).map_or_else(|| class.to_string(), |name| format!("`{name}`"));
    if facts.present() == 1 {
        let class = facts.per_class.iter().position(|count| *count > 0).unwrap_or(0);
        let message = format!("all {word} images are of class {}", name(class));
        if part == Part::Train {
            faults.error("data::classes", place, message, "bring images of at least two classes: there is nothing to tell apart");
        } else {
            faults.warning("data::classes", place, message, "a test of one class says nothing of the others");
        }
    } else if !missing.is_empty() {
        let listed: Vec<String> = missing.iter().take(10).map(|class| name(*class)).collect();
        let more = if missing.len() > 10 { ", …" } else { "" };
        let message = format!("{} of {all} classes have no {word} image: {}{more}", missing.len(), listed.join(", "));
        let of_files = "are the labels counted from 0, and is the file whole?";
        let help =
            if names.is_empty() { of_files.to_owned() } else { format!("bring {word} images of these classes, or ask for a larger part") };
        faults.warning("data::classes", place, message, help);
    }
}

/// What was passed over or is doubtful about photographs, and which networks fit them: that was asked of the fewest classes.
fn photographs(faults: &mut Diagnostics, resolved: &ResolvedSpec, place: &Path, photos: &PhotoFacts) {
    for note in &photos.notes {
        faults.warning("data::photos", place, note.clone(), "`epnas data` shows what is there");
    }
    if let Some(first) = photos.skipped.first() {
        let message = format!("{} left out, for they cannot be read, such as {first}", counted(photos.skipped.len(), "image"));
        faults.warning("data::skipped", place, message, "fetch them again, or take them away");
    }
    top_5(faults, Some(resolved.metric), photos.classes.len(), false);
    coverage::check(faults, resolved, &Seed::root(0).child("census"));
}

/// Images that are to be set apart for a part that the data bring themselves.
fn asked_twice(faults: &mut Diagnostics, dataset: &Dataset, photos: &PhotoFacts) {
    let Some(asked) = &dataset.described.photos else { return };
    for (key, asked, own) in [("validation", asked.validation, photos.own_validation), ("test", asked.test, photos.own_test)] {
        if own && asked.is_some() {
            let message = format!("`{key}` sets no images apart: the data bring a {key} part of their own");
            faults.warning("data::own-part", &Path::root().key("dataset").key(key), message, format!("take `{key}` out"));
        }
    }
}

/// Images that are in both parts.
fn shared(faults: &mut Diagnostics, place: &Path, facts: &Facts) {
    let test = facts.test.images - facts.test.repeated;
    if facts.shared == test {
        let message = if test == facts.train.images - facts.train.repeated {
            "the test images are the training images".to_owned()
        } else {
            format!("all {} test images are training images too", facts.test.images)
        };
        faults.error("data::shared", place, message, "bring test images that are not trained on: these test nothing");
    } else if facts.shared > 0 {
        let message = format!("{} of {test} different test images are training images too", facts.shared);
        faults.warning("data::shared", place, message, "take them out of the training files: the test accuracy is too high with them");
    }
}

/// Images that are in the training part more than once.
fn repeated(faults: &mut Diagnostics, place: &Path, facts: &Facts) {
    if 100 * facts.train.repeated >= facts.train.images {
        let message = format!("{} of {} training images equal an earlier one", facts.train.repeated, facts.train.images);
        let help = "is a file there twice? copies lie on both sides of the split, and the validation accuracy is too high with them";
        faults.warning("data::repeated", place, message, help);
    }
}

/// Each side of the split has at least as many images as there are classes.
fn split(faults: &mut Diagnostics, dataset: &Dataset, facts: &Facts) {
    let (images, classes) = (facts.train.images, facts.train.present());
    let left = images.saturating_sub(dataset.validation);
    if left >= classes {
        return;
    }
    let message = if left == 0 {
        format!("{} images for validation, and there are {images} training images", dataset.validation)
    } else {
        format!("{} of {images} training images for validation leave {left} for {classes} classes", dataset.validation)
    };
    let most = images.saturating_sub(classes);
    let help = if most >= classes {
        format!("allowed with these files: {classes} to {most}")
    } else {
        "bring more images: these are too few for a split".to_owned()
    };
    faults.error("dataset::validation", &Path::root().key("dataset").key("validation"), message, help);
}

/// Below so many validation images, chance decides between networks that are points apart.
const FEW: usize = 500;

/// A validation part whose accuracies say little: the standard error of a share p of n images is √(p·(1−p)/n).
fn few(faults: &mut Diagnostics, validation: usize) {
    if (1..FEW).contains(&validation) {
        let error = 100.0 * (0.9 * 0.1 / validation as f64).sqrt();
        let message =
            format!("{} for validation: an accuracy of 90 % has a standard error of {error:.1} points", counted(validation, "image"));
        let help = "networks that differ by less are told apart by chance; set more images apart";
        faults.warning("data::few", &Path::root().key("dataset").key("validation"), message, help);
    }
}

/// Trainings that have fewer images than a batch or the classes. They go on with a smaller batch.
fn batches(faults: &mut Diagnostics, resolved: &ResolvedSpec, left: usize, classes: usize) {
    let root = Path::root();
    let stages = resolved.stages.iter().enumerate().map(|(index, stage)| {
        let place = root.key("stages").index(index).key("examples");
        (place, format!("stage `{}`", stage.name), &stage.recipe)
    });
    for (place, training, recipe) in stages.chain([(root.key("final"), "the final training".to_owned(), &resolved.last.recipe)]) {
        let used = ((left as f64 * recipe.examples).round() as usize).max(1);
        let few = [(recipe.batch_size, format!("a batch takes {}", recipe.batch_size)), (classes, format!("there are {classes} classes"))];
        if let Some((_, what)) = few.into_iter().find(|(least, _)| used < *least) {
            let message = format!("{training} uses {used} of {left} training images, and {what}");
            faults.warning(
                "stages::examples",
                &place,
                message,
                "use more examples, or lower `batch-size`: the batch is cut to what is there",
            );
        }
    }
}
