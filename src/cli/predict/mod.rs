//! `epnas predict`: what a network that was found sees on images.

mod error;
mod evaluate;
mod images;
mod network;

use std::path::PathBuf;

use serde_json::json;

use self::error::PredictError;
use self::evaluate::evaluate;
use self::images::{Named, Read, found, read};
use self::network::Network;
use super::paths::path;
use super::results::ResultsArgument;
use super::{Exit, Talk, fail, print, say};
use crate::export::Logits;
use crate::text::{columns, counted, visible};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of results, such as `results/NAME`, or the name of a run.
    #[arg(value_parser = path())]
    result: PathBuf,
    /// Images, folders of images, or `-` for a list of paths on standard input, one per line.
    #[arg(required_unless_present = "evaluate", value_name = "IMAGE", value_parser = path())]
    images: Vec<PathBuf>,
    /// Number of classes to print for each image.
    #[arg(long, default_value_t = 5, value_name = "K", value_parser = clap::value_parser!(u16).range(1..))]
    top_k: u16,
    /// Evaluate on labelled images: a folder with one folder per class, named by the class; a CSV, JSON lines, an archive
    /// or a Parquet file as for `dataset: {path: …}`.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["images", "top_k"], value_parser = path())]
    evaluate: Option<PathBuf>,
    /// Format of the output. JSON has one object per line: one for each image, or with `--evaluate` one for each image that cannot be
    /// read and a last one for all others.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    results: ResultsArgument,
}

/// Images that are decoded before a worker sees them.
const AT_ONCE: usize = 2_000;

pub(super) fn predict(arguments: &Arguments) -> Exit {
    match try_predict(arguments) {
        Ok(exit) => exit,
        Err(error) => fail(error.exit(), &error.to_string()),
    }
}

fn try_predict(arguments: &Arguments) -> Result<Exit, PredictError> {
    let network = Network::open(&arguments.results.given_or_named(&arguments.result))?;
    if let Some(folder) = &arguments.evaluate {
        return evaluate(&network, folder, arguments.format);
    }
    let (mut lines, mut faults, mut seen) = (Vec::new(), 0, 0);
    let images = found(&arguments.images)?;
    for some in images.chunks(AT_ONCE) {
        let (good, bad) = read(some, network.size());
        for (image, how) in &bad {
            unreadable(image, how, arguments.format);
        }
        faults += bad.len();
        seen += good.len();
        let logits = network.logits(&good)?;
        for (Read { image, .. }, row) in good.iter().zip(logits.rows()) {
            let ranking = Logits::ranking(row).into_iter().take(usize::from(arguments.top_k));
            match arguments.format {
                Talk::Human => lines.extend(table(&network, image, ranking)),
                Talk::Json => print(&format!("{}\n", object(&network, image, ranking))),
            }
        }
    }
    if arguments.format == Talk::Human {
        print(&columns(lines));
    }
    if faults > 0 {
        say(&format!("{} could not be read; {} could", counted(faults, "image"), seen));
    }
    Ok(if faults == 0 { Exit::Done } else { Exit::Incomplete })
}

/// Says which image cannot be read, and why.
fn unreadable(image: &Named, how: &str, talk: Talk) {
    let path = image.path.display();
    match talk {
        Talk::Human => say(&format!("warning: `{}` cannot be read: {how}", visible(&path.to_string()))),
        Talk::Json => print(&format!("{}\n", json!({ "image": path.to_string(), "error": how }))),
    }
}

/// A line for each class.
fn table(network: &Network, image: &Named, ranking: impl Iterator<Item = (usize, f64)>) -> Vec<[String; 3]> {
    let name = visible(&image.path.display().to_string()).into_owned();
    let line = |(place, (class, probability)): (usize, (usize, f64))| {
        let image = if place == 0 { name.clone() } else { String::new() };
        [image, format!("{:.2} %", 100.0 * probability), visible(&network.class(class)).into_owned()]
    };
    ranking.enumerate().map(line).collect()
}

fn object(network: &Network, image: &Named, ranking: impl Iterator<Item = (usize, f64)>) -> serde_json::Value {
    let classes: Vec<_> =
        ranking.map(|(label, probability)| json!({ "label": label, "class": network.class(label), "probability": probability })).collect();
    json!({ "image": image.path.display().to_string(), "classes": classes })
}
