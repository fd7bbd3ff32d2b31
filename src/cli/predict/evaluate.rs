//! `epnas predict --evaluate`: how a network does on images whose classes are known.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::error::PredictError;
use super::images::{DEEPEST, Named, Read, below, read};
use super::network::Network;
use super::{AT_ONCE, unreadable};
use crate::cli::{Exit, Talk, print, say};
use crate::dataset::photos::{Entry, Listing, PhotoPart};
use crate::engine::Confusion;
use crate::files;
use crate::text::{Table, counted, percent, suggestion, visible};

pub(super) fn evaluate(network: &Network, path: &Path, talk: Talk) -> Result<Exit, PredictError> {
    let images = labelled(network, path)?;
    let (mut pairs, mut faults) = (Vec::new(), 0);
    for some in images.chunks(AT_ONCE) {
        let (good, bad) = read(some, network.size());
        for (image, how) in &bad {
            unreadable(image, how, talk);
        }
        faults += bad.len();
        let logits = network.logits(&good)?;
        for (Read { image, .. }, answer) in good.iter().zip(logits.answers()) {
            pairs.push((image.label.unwrap_or_default(), answer));
        }
    }
    let confusion = Confusion::of(network.classes(), pairs);
    match talk {
        Talk::Human => print(&text(network, &confusion)),
        Talk::Json => print(&format!("{}\n", object(network, &confusion, faults))),
    }
    Ok(if faults == 0 { Exit::Done } else { Exit::Incomplete })
}

/// The images at a path with the labels of the network's classes.
fn labelled(network: &Network, path: &Path) -> Result<Vec<Named>, PredictError> {
    if !path.exists() {
        let help = "name a folder with one folder of images for each class, a table or an archive";
        return Err(PredictError::Usage(format!("`{}` is not there\nhelp: {help}", path.display())));
    }
    let mut classes = Classes::of(network);
    let images = if path.is_file() { listed(&mut classes, path)? } else { in_folders(&mut classes, path)? };
    let by_label = classes.by_label;
    if !by_label.is_empty() {
        let pairs: Vec<String> = by_label.iter().map(|(name, class)| format!("{name} = {class}")).collect();
        say(&format!("warning: names that no class has are taken as labels: {}", pairs.join(", ")));
    }
    Ok(images)
}

/// The classes of a network, as people name them.
struct Classes {
    names: Vec<String>,
    /// Names that were taken as labels, with the class of each.
    by_label: BTreeMap<String, String>,
}

impl Classes {
    fn of(network: &Network) -> Self {
        Self { names: (0..network.classes()).map(|label| network.class(label)).collect(), by_label: BTreeMap::new() }
    }

    /// The label that a name means: that of the class of this name, or the label itself.
    fn label(&mut self, name: &str, whose: &str) -> Result<usize, PredictError> {
        if let Some(label) = self.names.iter().position(|class| class == name || file_name(class) == name) {
            return Ok(label);
        }
        if let Some((label, class)) = name.parse().ok().and_then(|label: usize| Some((label, self.names.get(label)?))) {
            self.by_label.insert(name.to_owned(), class.clone());
            return Ok(label);
        }
        let known: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let help = suggestion(name, &known).map_or_else(
            || format!("the network knows {}; the label of a class is taken for its name, too", known.join(", ")),
            |meant| format!("perhaps `{meant}` is meant"),
        );
        Err(PredictError::Usage(format!("{whose} has the name of no class\nhelp: {help}")))
    }
}

/// The images of a table or an archive; where some of them are for testing, those.
fn listed(classes: &mut Classes, path: &Path) -> Result<Vec<Named>, PredictError> {
    let Listing { classes: names, mut entries, .. } = Listing::labelled(path, None)?;
    if entries.iter().any(|entry| entry.part == Some(PhotoPart::Test)) {
        let all = entries.len();
        entries.retain(|entry| entry.part == Some(PhotoPart::Test));
        say(&format!("of {} in `{}`, the {} of the test part", counted(all, "image"), path.display(), entries.len()));
    }
    if entries.is_empty() {
        return Err(PredictError::Usage(format!("`{}` holds no images\nhelp: give each of its lines a path and a label", path.display())));
    }
    let named = |entry: Entry| {
        let name = &names[usize::from(entry.label)];
        let label = classes.label(name, &format!("`{name}`, a class of `{}`,", path.display()))?;
        Ok(Named { path: entry.path.into(), place: entry.place, label: Some(label) })
    };
    entries.into_iter().map(named).collect()
}

/// The images of a folder that has one folder for each class, by the name of the class or by its label.
fn in_folders(classes: &mut Classes, folder: &Path) -> Result<Vec<Named>, PredictError> {
    let mut images = Vec::new();
    for path in files::list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_dir() || name.starts_with('.') {
            continue;
        }
        let label = classes.label(&name, &format!("`{}`", path.display()))?;
        below(&path, Some(label), DEEPEST, &mut images)?;
    }
    if images.is_empty() {
        let help = "it must hold one folder for each class, with images whose names end in such as `.jpg` or `.png`; name a table or an archive itself";
        return Err(PredictError::Usage(format!("`{}` holds no images of classes\nhelp: {help}", folder.display())));
    }
    Ok(images)
}

/// A name as folders can have it.
fn file_name(class: &str) -> String {
    class.replace('/', "-")
}

fn text(network: &Network, confusion: &Confusion) -> String {
    let (right, all, balanced) = (confusion.right(), confusion.images(), confusion.balanced_accuracy());
    if all == 0 {
        return "no image could be read\n".to_owned();
    }
    let accuracy = percent(right as f64 / all as f64);
    let mut text = format!("accuracy {accuracy} ({right} of {}), mean over classes {}\n\n", counted(all, "image"), percent(balanced));
    let numbers = (0..network.classes()).map(|label| label.to_string());
    let mut table = Table::new(["class".to_owned(), "right".to_owned()].into_iter().chain(numbers).collect());
    for ((label, row), of) in confusion.matrix().iter().enumerate().zip(confusion.by_class()) {
        let share = of.accuracy().map_or_else(|| "–".to_owned(), percent);
        let cells = row.iter().map(|count| if *count > 0 { count.to_string() } else { "·".to_owned() });
        table.row([format!("{label} {}", visible(&network.class(label))), share].into_iter().chain(cells).collect());
    }
    text.push_str(&table.render());
    text.push_str("\nA row is a class, a column what its images were taken for.\n");
    text
}

fn object(network: &Network, confusion: &Confusion, faults: usize) -> serde_json::Value {
    let (right, all, balanced) = (confusion.right(), confusion.images(), confusion.balanced_accuracy());
    let classes: Vec<String> = (0..network.classes()).map(|label| network.class(label)).collect();
    json!({
        "images": all,
        "unreadable": faults,
        "accuracy": (all > 0).then(|| right as f64 / all as f64),
        "balanced_accuracy": (all > 0).then_some(balanced),
        "classes": classes,
        "confusion": confusion.matrix(),
    })
}
