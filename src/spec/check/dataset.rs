//! Rules of the section `dataset`. Files are not opened here: numbers of examples are the published ones, and files of
//! one's own have none yet.

use super::bounds::{shell_word, whole};
use super::stages::SMALLEST;
use crate::dataset::Format;
use crate::dataset::photos::Corrupt;
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Place, Severity};
use crate::spec::Spec;
use crate::spec::portion::PortionSpec;
use crate::spec::schema::DatasetSpec;
use crate::spec::size::Size;

/// The most rows or columns of an image.
const MAX_SIDE: usize = 4096;
/// As many as a label of 16 bits tells apart.
const MAX_CLASSES: usize = 1 << 16;

/// Whether enough is said, and rightly, to ask what networks fit the images.
pub(super) fn is_described(dataset: &DatasetSpec) -> bool {
    let mut faults = Diagnostics::default();
    if dataset.name.is_none() {
        own(&mut faults, dataset, &Path::root());
    }
    dataset.described().is_some() && faults.is_empty()
}

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let place = Path::root().key("dataset");
    let Some(dataset) = &spec.dataset else { return };
    if let Some(path) = &dataset.path {
        if path.as_os_str().is_empty() {
            faults.error("dataset::path", &place.key("path"), "the path is empty", "take it out for the usual places of the data set");
        }
        shell_word(faults, "dataset::path", &place.key("path"), path);
    }
    match (dataset.name, dataset.laid_out()) {
        (Some(_), _) => published(faults, dataset, &place),
        (None, Some(_)) => own(faults, dataset, &place),
        (None, None) => {
            let help = "add `name: …`, a published data set, or `path: …`, a folder of images of your own";
            missing(faults, "dataset::missing", &place, "name", help.to_owned());
        }
    }
    validation(faults, dataset, &place);
}

/// What a published data set says of itself is not said again.
fn published(faults: &mut Diagnostics, dataset: &DatasetSpec, place: &Path) {
    let own = [
        ("format", dataset.format.is_some()),
        ("height", dataset.height.is_some()),
        ("width", dataset.width.is_some()),
        ("classes", dataset.classes.is_some()),
        ("class-names", dataset.class_names.is_some()),
    ];
    for (key, _) in own.into_iter().chain(of_photos(dataset)).filter(|(_, given)| *given) {
        let message = format!("`{key}` describes files of one's own, and `name` a published data set");
        faults.error("dataset::format", &place.key(key), message, format!("take `{key}` out, or `name` for files of your own"));
    }
}

/// What is said of photographs alone.
const fn of_photos(dataset: &DatasetSpec) -> [(&'static str, bool); 7] {
    [
        ("size", dataset.size.is_some()),
        ("test", dataset.test.is_some()),
        ("corrupt", dataset.corrupt.is_some()),
        ("corrupt-limit", dataset.corrupt_limit.is_some()),
        ("group", dataset.group.is_some()),
        ("val-as-test", dataset.val_as_test.is_some()),
        ("storage", dataset.storage.is_some()),
    ]
}

/// What photographs say of themselves is not said again.
fn photos(faults: &mut Diagnostics, dataset: &DatasetSpec, place: &Path) {
    if dataset.path.is_none() {
        missing(faults, "dataset::format", place, "path", "add `path: …`, the folder, table or archive of the images".to_owned());
    }
    whole(faults, &place.key("size"), dataset.size, SMALLEST..=MAX_SIDE);
    for (key, given, instead) in [
        ("height", dataset.height.is_some(), "say `size`, one number for both sides"),
        ("width", dataset.width.is_some(), "say `size`, one number for both sides"),
        ("classes", dataset.classes.is_some(), "the folders or the table say it"),
        ("class-names", dataset.class_names.is_some(), "the folders or the table say them"),
    ] {
        if given {
            let message = format!("photographs take no `{key}`");
            faults.error("dataset::format", &place.key(key), message, format!("take `{key}` out: {instead}"));
        }
    }
    if dataset.test.is_some() && dataset.val_as_test == Some(true) {
        let message = "the test images are those in `val`, and `test` keeps others apart";
        faults.error("dataset::format", &place.key("test"), message, "take `test` out, or `val-as-test`");
    }
    if dataset.corrupt_limit.is_some() && dataset.corrupt != Some(Corrupt::Skip) {
        let message = "`corrupt-limit` says how many files are skipped, and none are";
        faults.error("dataset::format", &place.key("corrupt-limit"), message, "add `corrupt: skip`, or take it out");
    }
    let mut whole = 1.0;
    for (key, portion) in [("validation", dataset.validation), ("test", dataset.test)] {
        let Some(portion) = portion else { continue };
        let (wrong, help) = match portion {
            PortionSpec::Share(share) => (share <= 0.0 || share >= whole, "allowed: shares above 0% that leave images to learn from"),
            PortionSpec::Count(count) => {
                (count.0 < 1.0 || count.0.fract() != 0.0, "allowed: a whole number, 1 or more, or a share such as `10%`")
            }
        };
        if wrong {
            let message = match (portion, dataset.validation) {
                (PortionSpec::Share(share), Some(validation)) if whole < 1.0 && share > 0.0 => {
                    format!("{validation} for validation and {portion} for {key} leave no images to learn from")
                }
                _ => format!("{portion} of the images for {key}"),
            };
            faults.error("dataset::validation", &place.key(key), message, help);
        } else if let PortionSpec::Share(share) = portion {
            whole -= share;
        }
    }
}

fn own(faults: &mut Diagnostics, dataset: &DatasetSpec, place: &Path) {
    if dataset.laid_out() == Some(Format::Photos) {
        return photos(faults, dataset, place);
    }
    for (key, _) in of_photos(dataset).into_iter().filter(|(_, given)| *given) {
        let message = format!("`{key}` is said of photographs, and `format` of other files");
        faults.error("dataset::format", &place.key(key), message, format!("take `{key}` out, or `format` for photographs"));
    }
    if let Some(share @ PortionSpec::Share(_)) = dataset.validation {
        let message = format!("{share} of files whose number of images is not known before they are opened");
        faults.error("dataset::validation", &place.key("validation"), message, "say a number, such as `5k`");
    }
    let needed = [
        ("path", dataset.path.is_some(), "the folder of the files"),
        ("height", dataset.height.is_some(), "rows of an image"),
        ("width", dataset.width.is_some(), "columns of an image"),
        ("classes", dataset.class_count().is_some(), "the largest label and one more"),
        ("validation", dataset.validation.is_some(), "the number of training examples kept apart"),
    ];
    for (key, _, what) in needed.into_iter().filter(|(_, given, _)| !given) {
        missing(faults, "dataset::format", place, key, format!("add `{key}: …`, {what}: `format` does not say it"));
    }
    whole(faults, &place.key("height"), dataset.height, 1..=MAX_SIDE);
    whole(faults, &place.key("width"), dataset.width, 1..=MAX_SIDE);
    whole(faults, &place.key("classes"), dataset.classes, 2..=MAX_CLASSES);
    let Some(names) = &dataset.class_names else { return };
    for (index, name) in names.iter().enumerate().filter(|(index, name)| names[..*index].contains(name)) {
        let place = place.key("class-names").index(index);
        faults.error("dataset::format", &place, format!("two classes are named `{name}`"), "give each class a name of its own");
    }
    if dataset.classes.is_none() && !(2..=MAX_CLASSES).contains(&names.len()) {
        let message = format!("{} class names", names.len());
        faults.error("dataset::format", &place.key("class-names"), message, format!("allowed: 2 to {MAX_CLASSES}"));
    }
    if let Some(classes) = dataset.classes.filter(|classes| *classes != names.len()) {
        let message = format!("{} names for {classes} classes", names.len());
        faults.error("dataset::format", &place.key("class-names"), message, "name each class, or none");
    }
}

fn missing(faults: &mut Diagnostics, code: &'static str, place: &Path, key: &str, help: String) {
    faults.push(Diagnostic {
        code,
        severity: Severity::Error,
        place: Place::Key(place.clone()),
        message: format!("`{key}` is missing in `dataset`"),
        help: Some(help),
    });
}

/// A whole number that leaves each class on both sides of the split.
fn validation(faults: &mut Diagnostics, dataset: &DatasetSpec, place: &Path) {
    let (Some(described), Some(given)) = (dataset.described(), dataset.validation) else { return };
    let (classes, published) = (described.classes, dataset.name.map(|name| name.examples().train));
    // Shares of files of one's own were told, and photographs share themselves out.
    if described.photos.is_some() || published.is_none() && matches!(given, PortionSpec::Share(_)) {
        return;
    }
    let validation = Size(given.of(published.unwrap_or_default()));
    let most = published.map_or(f64::INFINITY, |examples| (examples - classes) as f64);
    let message = if validation.0 < classes as f64 || validation.0 > most {
        let out_of = published.map_or_else(String::new, |examples| format!("out of {examples} "));
        format!("{} examples for validation, {out_of}in {classes} classes", validation.0)
    } else if validation.0.fract() != 0.0 {
        format!("{} examples for validation", validation.0)
    } else {
        return;
    };
    let range = if published.is_some() { format!("from {classes} to {most}") } else { format!("of {classes} or more") };
    let help = format!("allowed: a whole number {range}, so that each class is on both sides of the split");
    faults.error("dataset::validation", &place.key("validation"), message, help);
}
