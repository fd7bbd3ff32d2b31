//! `epnas init`: writes a commented spec to standard output, which passes `epnas check` and runs as it is.

use std::path::{Path, PathBuf};

use clap::builder::TypedValueParser;

use super::diagnostics::{self, Style};
use super::{Exit, fail, paths, print, say};
use crate::dataset::{DatasetKind, Files};
use crate::spec;
use crate::spec::check::name_fault;
use crate::spec::size::Size;

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

pub fn init(arguments: &Arguments) -> Exit {
    let (kind, folder) = match data(&arguments.data) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let text = text(kind, folder.as_deref(), &arguments.max_params, arguments.max_macs.as_deref());
    let reading = spec::read(text.as_bytes());
    if reading.resolved.is_none() {
        say(diagnostics::render("the spec", &reading.source, &reading.faults, Style::of(&std::io::stderr())).trim_end());
        return Exit::BadSpec;
    }
    print(&text);
    Exit::Done
}

/// A data set, and its folder where it was named by that.
fn data(data: &Path) -> Result<(DatasetKind, Option<PathBuf>), Exit> {
    if let Some(kind) = DatasetKind::ALL.into_iter().find(|kind| data == Path::new(kind.word())) {
        return Ok((kind, None));
    }
    // The spec may be kept anywhere, so the folder is named in full.
    let Ok(folder) = data.canonicalize() else {
        let names = crate::text::list(&DatasetKind::ALL.map(DatasetKind::word));
        let message =
            format!("`{}` is neither a data set nor a folder\nhelp: allowed: {names}, or a folder with the files of one", data.display());
        return Err(fail(Exit::BadSpec, &message));
    };
    let is_named = |kind: &DatasetKind| folder.file_name().is_some_and(|name| name == kind.word());
    let (named, others): (Vec<_>, Vec<_>) = LIKELY.into_iter().partition(is_named);
    let kind = named.into_iter().chain(others).find(|kind| Files::find(*kind, Some(&folder)).is_ok());
    kind.map(|kind| (kind, Some(folder))).ok_or_else(|| {
        let help = "IDX files like those of MNIST, or binary files like those of CIFAR-10 or CIFAR-100, are expected";
        fail(Exit::BadSpec, &format!("`{}` holds no data set\nhelp: {help}", data.display()))
    })
}

fn text(kind: DatasetKind, folder: Option<&Path>, max_params: &str, max_macs: Option<&str>) -> String {
    let named = folder.and_then(|folder| folder.file_name()?.to_str()).filter(|name| name_fault(name).is_none());
    let name = named.unwrap_or(kind.word());
    let shape = kind.shape();
    let colour = if shape.channels == 1 { "grey" } else { "colour" };
    let images = format!("{}×{} {colour} images, {} classes", shape.height, shape.width, kind.classes());
    let path = folder.map_or_else(
        || "# path: data/mine        # folder of the files, seen from this spec; default: the usual places".to_owned(),
        |folder| format!("path: {}", serde_json::Value::from(folder.display().to_string())),
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
  name: {kind}  # {images}
  {path}
  # validation: 5k         # training images set apart for the search; default: a tenth

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

train: {{batch-size: 64}}    # also learning-rate, optimizer, augment, label-smoothing, replicates, …

final: {{networks: 2, epochs: 10}}   # the best within the limits, trained at length; then the test images are read, once

# budget: {{wall-time: 2h}}  # ends the search in order; the best networks so far are still trained and tested
"
    )
}
