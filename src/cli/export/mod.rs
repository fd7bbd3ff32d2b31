//! `epnas export`: a network that was found, in a folder that needs nothing of epnas.

mod make;
mod python;
mod source;
mod target;

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::make::{Made, make};
use self::source::Source;
use self::target::Target;
use super::inference::InferenceError;
use super::paths::path;
use super::results::ResultsArgument;
use super::{CacheArgument, Exit, fail, print};
use crate::cache::{CacheError, CacheReader};
use crate::engine::TaskFailure;
use crate::export::{Found, FoundError, Proof};
use crate::files::FileError;
use crate::text::percent;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A folder of results, such as `results/NAME`, the name of a run, or a spec whose networks are in the cache.
    #[arg(value_name = "RESULT|SPEC", value_parser = path())]
    from: PathBuf,
    /// Number of a final training of the spec, such as 2 for `final/train-02`. Default: the best.
    #[arg(long, value_name = "N")]
    network: Option<usize>,
    /// Formats to write.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "pytorch,onnx", value_name = "FORMAT,…")]
    format: Vec<Format>,
    /// Also write an 8-bit ONNX model; the ranges of activations are measured on 512 training images.
    #[arg(long)]
    int8: bool,
    /// Folder to write: a new one, an empty one, or an earlier export. Default: `export` in the folder of results.
    #[arg(short, long, value_name = "DIR", value_parser = path())]
    out: Option<PathBuf>,
    /// Python that runs the proof, if it has NumPy and onnxruntime or torch.
    #[arg(long, default_value = "python3", value_name = "PROGRAM")]
    python: PathBuf,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A PyTorch module: `model.py` and `model.safetensors`.
    Pytorch,
    /// ONNX models for pixels as 32-bit floats and as bytes.
    Onnx,
}

/// What an export is made of.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    formats: Vec<Format>,
    int8: bool,
    python: PathBuf,
}

impl Default for Wish {
    /// Everything but the 8 bits.
    fn default() -> Self {
        Self { formats: vec![Format::Pytorch, Format::Onnx], int8: false, python: "python3".into() }
    }
}

/// Why there is no export.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Found(#[from] FoundError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Inference(#[from] InferenceError),
    #[error("the images cannot be split as they were: {0}")]
    Data(#[from] TaskFailure),
    #[error("the export is not kept, for it failed its proof: {0}")]
    Proof(String),
    /// The message was printed already.
    #[error("")]
    Reported(Exit),
}

impl ExportError {
    fn exit(&self) -> Exit {
        match self {
            Self::Reported(exit) => *exit,
            Self::Usage(_) | Self::Found(FoundError::Unusable { .. }) => Exit::BadSpec,
            Self::Proof(_) => Exit::Incomplete,
            _ => Exit::Trouble,
        }
    }
}

pub(super) fn export(arguments: &Arguments) -> Exit {
    match try_export(arguments) {
        Ok(text) => {
            print(&text);
            Exit::Done
        }
        Err(ExportError::Reported(exit)) => exit,
        Err(error) => fail(error.exit(), &error.to_string()),
    }
}

fn try_export(arguments: &Arguments) -> Result<String, ExportError> {
    if arguments.int8 && !arguments.format.contains(&Format::Onnx) {
        return Err(ExportError::Usage("8 bits are written as ONNX\nhelp: add `onnx` to `--format`, or leave out `--int8`".to_owned()));
    }
    let wish = Wish { formats: arguments.format.clone(), int8: arguments.int8, python: arguments.python.clone() };
    let source = Source::open(&arguments.from, arguments.network, &arguments.cache.folder, &arguments.results)?;
    let target = Target::new(arguments.out.as_deref().unwrap_or(&source.folder))?;
    let made = make(&source.found, &source.images, &wish, target)?;
    Ok(told(&made))
}

/// At the end of a run: as by default, unless it is there already. Gives a line for people.
pub(super) fn at_end(found: Found, cache: &CacheReader, results: &Path) -> Result<String, ExportError> {
    let folder = results.join(source::FOLDER);
    let target = Target::new(&folder)?;
    if target.holds(&found) {
        return Ok(format!("export: {}", folder.display()));
    }
    let source = Source::of(found, cache, folder)?;
    let made = make(&source.found, &source.images, &Wish::default(), target)?;
    let by: std::collections::BTreeSet<&str> = made.proofs.iter().map(|proof| proof.by.as_str()).collect();
    let by: Vec<&str> = by.into_iter().collect();
    Ok(format!("export: {}, proven by {}", made.folder.display(), by.join(", ")))
}

fn told(made: &Made) -> String {
    let proof = |proof: &Proof| {
        let Proof { file, by, agreement, is_rounded, .. } = proof;
        if *is_rounded {
            let [before, after] = agreement.right.map(|right| percent(right as f64 / made.labelled as f64));
            return format!("{file}: accuracy {after}, in 32 bits {before}; by {by}");
        }
        let (images, difference, equal) = (agreement.images, agreement.difference, percent(agreement.equal));
        format!("{file}: {images} images, difference {difference:.1e}, {equal} of the answers equal; by {by}")
    };
    let unproven = |name: &&str| {
        let how = "`python3 verify.py` in the folder does it, with numpy, onnxruntime and torch installed";
        format!("note: {name} was not run: this machine has no Python with torch and safetensors; {how}")
    };
    let wrote = format!("wrote `{}`", made.folder.display());
    let lines: Vec<String> = [wrote].into_iter().chain(made.proofs.iter().map(proof)).chain(made.unproven.iter().map(unproven)).collect();
    lines.join("\n") + "\n"
}
