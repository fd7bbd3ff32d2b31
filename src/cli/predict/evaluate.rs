//! `epnas predict --evaluate`: how a network does on images whose classes are known.

use std::path::Path;

use serde_json::json;

use super::error::PredictError;
use super::images::{DEEPEST, Named, Read, below, read};
use super::network::Network;
use super::{AT_ONCE, unreadable};
use crate::cli::{Exit, Talk, print, say};
use crate::engine::Confusion;
use crate::files;
use crate::text::{Table, counted, percent, suggestion, visible};

pub(super) fn evaluate(network: &Network, folder: &Path, talk: Talk) -> Result<Exit, PredictError> {
    let images = labelled(network, folder)?;
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

/// The images of a folder that has one folder for each class, by the name of the class or by its label.
fn labelled(network: &Network, folder: &Path) -> Result<Vec<Named>, PredictError> {
    if folder.is_file() {
        let help = "name a folder with one folder of images for each class; archives and tables are not read";
        return Err(PredictError::Usage(format!("`{}` is a file\nhelp: {help}", folder.display())));
    }
    let names: Vec<String> = (0..network.classes()).map(|label| network.class(label)).collect();
    let mut images = Vec::new();
    let mut by_label = Vec::new();
    for path in files::list(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_dir() || name.starts_with('.') {
            continue;
        }
        let by_number = || name.parse().ok().filter(|label| *label < names.len());
        let label = names.iter().position(|class| file_name(class) == name).or_else(by_number).ok_or_else(|| {
            let known: Vec<String> = names.iter().map(|class| file_name(class)).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = suggestion(&name, &known).map_or_else(
                || format!("the network knows {}; the label of a class is taken for its name, too", known.join(", ")),
                |meant| format!("perhaps `{meant}` is meant"),
            );
            PredictError::Usage(format!("`{}` is named as no class\nhelp: {help}", path.display()))
        })?;
        if file_name(&names[label]) != name {
            by_label.push(format!("{name} = {}", names[label]));
        }
        below(&path, Some(label), DEEPEST, &mut images)?;
    }
    if !by_label.is_empty() {
        by_label.sort();
        say(&format!("warning: folders that no class is named like are taken as labels: {}", by_label.join(", ")));
    }
    if images.is_empty() {
        let help = "it must hold one folder for each class, with images whose names end in such as `.jpg` or `.png`; an archive has to be unpacked first";
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
