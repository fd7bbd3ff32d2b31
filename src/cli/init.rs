//! `epnas init`: writes a commented spec to standard output, which passes `epnas check` and runs as it is.

use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::diagnostics::{self, Style};
use super::photos::{Bar, look};
use super::{Exit, fail, paths, print, say};
use crate::dataset::photos::{PhotoPart, Survey};
use crate::dataset::{DatasetKind, Files, Part};
use crate::spec;
use crate::spec::check::name_fault;
use crate::spec::schema::DatasetSpec;
use crate::spec::size::Size;
use crate::text::{counted, list, suggestion};

/// Batch sizes, of which the largest that fits is chosen.
const BATCHES: [usize; 5] = [64, 32, 16, 8, 4];

/// Which data set an unnamed folder of files is taken for: of two with the same files, the one whose images are not mirrored.
const LIKELY: [DatasetKind; 4] = [DatasetKind::Mnist, DatasetKind::Cifar10, DatasetKind::Cifar100, DatasetKind::FashionMnist];

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The images: the name of a data set (`fashion-mnist`, `mnist`, `cifar-10`, `cifar-100`), a folder with its files, or a
    /// folder, table or archive of your own images.
    #[arg(long, default_value = "fashion-mnist", value_name = "NAME|PATH", value_parser = paths::path())]
    data: PathBuf,
    /// Most trainable parameters of a network, such as `100k`.
    #[arg(long, default_value = "100k", value_name = "SIZE", value_parser = size())]
    max_params: String,
    /// Most multiply–accumulates of a network, such as `10M`. Default: no limit.
    #[arg(long, value_name = "SIZE", value_parser = size())]
    max_macs: Option<String>,
}

/// A size as it was written.
fn size() -> impl TypedValueParser<Value = String> {
    clap::builder::StringValueParser::new().try_map(|text: String| Size::read(&text, false).map(|_| text))
}

/// What is searched.
enum Data {
    Published {
        kind: DatasetKind,
        own: Option<Own>,
    },
    /// A folder, table or archive of photographs.
    Photos {
        place: PathBuf,
        survey: Survey,
    },
}

/// A folder of files.
struct Own {
    folder: PathBuf,
    /// In the training part.
    images: usize,
}

pub(super) fn init(arguments: &Arguments) -> Exit {
    let data = match find(&arguments.data) {
        Ok(data) => data,
        Err(exit) => return exit,
    };
    let text = text(&data, &arguments.max_params, arguments.max_macs.as_deref());
    let reading = spec::read(text.as_bytes());
    if reading.resolved.is_none() {
        say(diagnostics::render("the spec", &reading.source, &reading.faults, Style::of(&std::io::stderr())).trim_end());
        return Exit::BadSpec;
    }
    print(&text);
    if let Data::Photos { place, survey } = &data
        && let Some((first, why)) = survey.unreadable().into_iter().next()
    {
        let count = counted(survey.unreadable().len(), "image");
        say(&format!("warning: {count} cannot be read, such as `{first}`: {why}"));
        say(&format!("help: `epnas data {}` lists them; mend them, or add `corrupt: skip` to `dataset`", place.display()));
        return Exit::Incomplete;
    }
    Exit::Done
}

fn find(data: &Path) -> Result<Data, Exit> {
    if let Some(kind) = DatasetKind::ALL.into_iter().find(|kind| data == Path::new(kind.word())) {
        return Ok(Data::Published { kind, own: None });
    }
    // The spec may be kept anywhere, so the folder is named in full.
    let Ok(folder) = data.canonicalize() else {
        let known = DatasetKind::ALL.map(DatasetKind::word);
        let names = list(&known);
        let near = data.to_str().and_then(|word| suggestion(word, &known));
        let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        let help = format!("{near}allowed: {names}, or a folder with the files of one or with images of your own");
        return Err(fail(Exit::BadSpec, &format!("`{}` is neither a data set nor a folder\nhelp: {help}", data.display())));
    };
    let is_named = |kind: &DatasetKind| folder.file_name().is_some_and(|name| name == kind.word());
    let (named, others): (Vec<_>, Vec<_>) = LIKELY.into_iter().partition(is_named);
    let find = |kind: DatasetKind| Some((kind, Files::find(&kind.described(), Some(&folder)).ok()?));
    let Some((kind, files)) = named.into_iter().chain(others).find_map(find) else {
        let photos =
            DatasetSpec { path: Some(folder.clone()), ..DatasetSpec::default() }.described().and_then(|described| described.photos);
        let photos = photos.expect("a path alone is of photographs");
        let mut bar = Bar::default();
        let survey = look(&folder, &photos, &mut |progress| bar.hear(progress)).map_err(|error| {
            let more = "; IDX files like those of MNIST and binary files like those of CIFAR-10 or CIFAR-100 will do, too";
            fail(Exit::BadSpec, &format!("{error}{more}"))
        })?;
        return Ok(Data::Photos { place: folder, survey });
    };
    let images = files.load(Part::Train).map_err(|error| fail(Exit::BadSpec, &error.to_string()))?.len();
    Ok(Data::Published { kind, own: Some(Own { folder, images }) })
}

/// What of a spec depends on the data.
struct Lines {
    name: String,
    dataset: String,
    /// Images that are learned from.
    learnt: usize,
}

/// The least steps of a training in each stage.
const GROW_STEPS: usize = 150;
const REFINE_STEPS: usize = 600;

/// The largest batch of which a fifth of the images, on which the first stage trains, fills one.
fn batch(learnt: usize) -> usize {
    BATCHES.into_iter().find(|batch| *batch <= learnt / 5).unwrap_or(1)
}

/// A name in YAML, where a number or `true` would not be text.
fn quoted(name: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off"];
    let is_text = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !words.contains(&name.to_ascii_lowercase().as_str());
    if is_text { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

/// A path in YAML, and the name of a search on it.
fn named(place: &Path) -> (serde_json::Value, Option<String>) {
    let name = place.file_stem().and_then(|name| name.to_str()).filter(|name| name_fault(name).is_none());
    (place.display().to_string().into(), name.map(str::to_owned))
}

fn published(kind: DatasetKind, own: Option<&Own>) -> Lines {
    let described = kind.described();
    let shape = described.shape;
    let colour = if shape.channels == 1 { "grey" } else { "colour" };
    let about = format!("{}×{} {colour} images, {} classes", shape.height, shape.width, described.classes);
    let images = own.map_or(kind.examples().train, |own| own.images);
    let validation = images / 10;
    let named = own.map(|own| named(&own.folder));
    let path = named.as_ref().map_or_else(
        || "# path: data/mine        # folder of the files, seen from this spec; default: the usual places".to_owned(),
        |(path, _)| format!("path: {path}"),
    );
    Lines {
        name: named.and_then(|(_, name)| name).unwrap_or_else(|| kind.word().to_owned()),
        dataset: format!("  name: {kind}  # {about}\n  {path}\n  validation: {validation}  # training images set apart for the search\n"),
        learnt: images - validation,
    }
}

/// The largest side that is proposed for photographs, and what a side is a multiple of.
const LARGEST: u32 = 64;
const STEP: u32 = 8;

/// The side that networks see: half of the images are at least as large.
fn side(survey: &Survey) -> u32 {
    let mut sides: Vec<u32> =
        survey.probes.iter().filter_map(|probe| probe.header.as_ref().ok()).map(|header| header.width.min(header.height)).collect();
    sides.sort_unstable();
    let median = sides.get(sides.len() / 2).copied().unwrap_or(LARGEST);
    (median / STEP * STEP).clamp(STEP, LARGEST)
}

fn photographs(place: &Path, survey: &Survey) -> Lines {
    let (listing, side) = (&survey.listing, side(survey));
    let (path, name) = named(place);
    let about = format!("{}: {}, {} classes", listing.layout, counted(listing.entries.len(), "image"), listing.classes.len());
    let mut dataset = format!("  path: {path}  # {about}\n  size: {side:<18} # rows and columns that networks see\n");
    for (part, line) in [
        (PhotoPart::Validation, "  validation: 10%          # images set apart for the search\n"),
        (PhotoPart::Test, "  test: 10%                # images set apart for the final test\n"),
    ] {
        if !listing.has(part) {
            dataset += line;
        }
    }
    let learnt = listing.entries.len() * 4 / 5;
    Lines { name: name.unwrap_or_else(|| "photos".to_owned()), dataset, learnt }
}

fn text(data: &Data, max_params: &str, max_macs: Option<&str>) -> String {
    let Lines { name, dataset, learnt } = match data {
        Data::Published { kind, own } => published(*kind, own.as_ref()),
        Data::Photos { place, survey } => photographs(place, survey),
    };
    let batch = batch(learnt);
    // Trainings of few images need more passes to say anything.
    let passes = |steps: usize| (steps * batch).div_ceil(learnt.max(1));
    let grow = if passes(GROW_STEPS) <= 1 { "examples: 0.2".to_owned() } else { format!("epochs: {}", passes(GROW_STEPS)) };
    let refine = passes(REFINE_STEPS);
    let last = 10.max(3 * refine);
    let quoted = quoted(&name);
    let macs = max_macs.map_or_else(|| "# macs: {max: 10M}".to_owned(), |macs| format!("macs: {{max: {macs}}}"));
    format!(
        "\
# A search, written by `epnas init`. Only `name` and `dataset` are required; `epnas schema` writes what else there is.
#   epnas check FILE   finds mistakes              epnas plan FILE   says what will run
#   epnas run FILE     runs it, or resumes it      epnas status      says how far it is
name: {quoted}  # results go to results/{name}/
seed: 0                    # another seed is another search

dataset:
{dataset}
space:
  layers:                  # whole networks, layer by layer
    operations: [convolution, separable-convolution, inverted-bottleneck, max-pool, average-pool]
    kernels: [3, 5]
    channels: [16, 24, 32, 48, 64]
    depth: {{max: 8}}

constraints:               # a network beyond a limit is never trained
  params: {{max: {max_params}}}
  {macs}

strategy: epnas            # or random, regularized-evolution, local-search, pnas, enas, reinforce

stages:                    # networks and trainings grow from stage to stage
  - {{name: grow, rounds: 4, proposals: 40, trainings: 6, depth: 4, {grow}, carry: 3}}
  - {{name: refine, rounds: 3, proposals: 40, trainings: 4, depth: 8, epochs: {refine}}}

train: {{batch-size: {batch}}}    # also learning-rate, optimizer, augment, label-smoothing, replicates, …

final: {{networks: 2, epochs: {last}}}   # the best within the limits, trained at length; then the test images are read, once

# budget: {{wall-time: 2h}}  # ends the search in order; the best networks so far are still trained and tested
"
    )
}
