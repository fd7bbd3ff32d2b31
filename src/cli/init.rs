//! `epnas init`: writes a commented spec to standard output, which passes `epnas check` and runs as it is.

use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::diagnostics::{self, Style};
use super::{Exit, fail, paths, print, say};
use crate::dataset::{DatasetKind, Files, Part};
use crate::spec;
use crate::spec::check::name_fault;
use crate::spec::size::Size;
use crate::text::list;

/// Batch sizes, of which the largest that fits is chosen.
const BATCHES: [usize; 5] = [64, 32, 16, 8, 4];

/// Which data set an unnamed folder of files is taken for: of two with the same files, the one whose images are not mirrored.
const LIKELY: [DatasetKind; 4] = [DatasetKind::Mnist, DatasetKind::Cifar10, DatasetKind::Cifar100, DatasetKind::FashionMnist];

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The images: a data set by name (`fashion-mnist`, `mnist`, `cifar-10`, `cifar-100`), or a folder with the files of one.
    #[arg(long, default_value = "fashion-mnist", value_name = "NAME|PATH", value_parser = paths::path())]
    data: PathBuf,
    /// The most trainable parameters of a network, such as `100k`.
    #[arg(long, default_value = "100k", value_name = "SIZE", value_parser = size())]
    max_params: String,
    /// The most multiply–accumulates of a network, such as `10M`; without it there is no limit.
    #[arg(long, value_name = "SIZE", value_parser = size())]
    max_macs: Option<String>,
}

/// A size as it was written.
fn size() -> impl TypedValueParser<Value = String> {
    clap::builder::StringValueParser::new().try_map(|text: String| Size::read(&text, false).map(|_| text))
}

/// What is searched.
struct Data {
    kind: DatasetKind,
    own: Option<Own>,
}

/// A folder of files.
struct Own {
    folder: PathBuf,
    /// In the training part.
    images: usize,
}

pub fn init(arguments: &Arguments) -> Exit {
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
    Exit::Done
}

fn find(data: &Path) -> Result<Data, Exit> {
    if let Some(kind) = DatasetKind::ALL.into_iter().find(|kind| data == Path::new(kind.word())) {
        return Ok(Data { kind, own: None });
    }
    // The spec may be kept anywhere, so the folder is named in full.
    let Ok(folder) = data.canonicalize() else {
        let names = list(&DatasetKind::ALL.map(DatasetKind::word));
        let help = format!("allowed: {names}, or a folder with the files of one");
        return Err(fail(Exit::BadSpec, &format!("`{}` is neither a data set nor a folder\nhelp: {help}", data.display())));
    };
    let is_named = |kind: &DatasetKind| folder.file_name().is_some_and(|name| name == kind.word());
    let (named, others): (Vec<_>, Vec<_>) = LIKELY.into_iter().partition(is_named);
    let find = |kind: DatasetKind| Some((kind, Files::find(&kind.described(), Some(&folder)).ok()?));
    let Some((kind, files)) = named.into_iter().chain(others).find_map(find) else {
        let help = "IDX files like those of MNIST, or binary files like those of CIFAR-10 or CIFAR-100, are expected";
        return Err(fail(Exit::BadSpec, &format!("`{}` holds no data set\nhelp: {help}", data.display())));
    };
    let images = files.load(Part::Train).map_err(|error| fail(Exit::BadSpec, &error.to_string()))?.len();
    Ok(Data { kind, own: Some(Own { folder, images }) })
}

fn text(data: &Data, max_params: &str, max_macs: Option<&str>) -> String {
    let Data { kind, own } = data;
    let named = own.as_ref().and_then(|own| own.folder.file_name()?.to_str()).filter(|name| name_fault(name).is_none());
    let name = named.unwrap_or(kind.word());
    let described = kind.described();
    let shape = described.shape;
    let colour = if shape.channels == 1 { "grey" } else { "colour" };
    let about = format!("{}×{} {colour} images, {} classes", shape.height, shape.width, described.classes);
    let images = own.as_ref().map_or(kind.examples().train, |own| own.images);
    let validation = images / 10;
    // The first stage trains on a fifth of what is left: a batch at least.
    let batch = BATCHES.into_iter().find(|batch| *batch <= (images - validation) / 5).unwrap_or(1);
    let path = own.as_ref().map_or_else(
        || "# path: data/mine        # folder of the files, seen from this spec; default: the usual places".to_owned(),
        |own| format!("path: {}", serde_json::Value::from(own.folder.display().to_string())),
    );
    let macs = max_macs.map_or_else(|| "# macs: {max: 10M}".to_owned(), |macs| format!("macs: {{max: {macs}}}"));
    format!(
        "\
# A search, written by `epnas init`. Only `name` and `dataset` are required; `epnas schema` writes what else there is.
#   epnas check FILE   finds mistakes              epnas plan FILE   says what will run
#   epnas run FILE     runs it, or resumes it      epnas status      says how far it is
name: {name}  # results go to results/{name}/
seed: 0                    # another seed is another search

dataset:
  name: {kind}  # {about}
  {path}
  validation: {validation}  # training images set apart for the search

space:
  layers:                  # whole networks, layer by layer
    operations: [convolution, separable-convolution, inverted-bottleneck, max-pool, average-pool]
    kernels: [3, 5]
    channels: [16, 24, 32, 48, 64]
    depth: {{max: 8}}

constraints:               # a network beyond a limit is never trained
  params: {{max: {max_params}}}
  {macs}

strategy: epnas            # or random, regularized-evolution, local-search, pnas, reinforce

stages:                    # networks and trainings grow from stage to stage
  - {{name: grow, rounds: 4, proposals: 40, trainings: 6, depth: 4, examples: 0.2, carry: 3}}
  - {{name: refine, rounds: 3, proposals: 40, trainings: 4, depth: 8}}

train: {{batch-size: {batch}}}    # also learning-rate, optimizer, augment, label-smoothing, replicates, …

final: {{networks: 2, epochs: 10}}   # the best within the limits, trained at length; then the test images are read, once

# budget: {{wall-time: 2h}}  # ends the search in order; the best networks so far are still trained and tested
"
    )
}
