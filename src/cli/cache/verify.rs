//! `epnas cache verify`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{opened, retrain, trouble};
use crate::cache::{Cache, Fault, Need, Verified};
use crate::cli::machine::LocalArguments;
use crate::cli::paths::path;
use crate::cli::{CacheArgument, Exit, print, say};
use crate::text::{bytes, counted, visible};

/// How many records that need a blob are named.
const NAMED: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// With `--retrain`: the spec whose trainings are repeated.
    #[arg(requires = "retrain", value_parser = path())]
    spec: Option<PathBuf>,
    /// Move damaged files aside, so that the next run computes them again.
    #[arg(long, conflicts_with = "retrain")]
    repair: bool,
    /// Instead of verifying, repeat K of the cached trainings of the spec, and report how far their validation accuracies moved.
    /// The cache stays as it is.
    #[arg(long, value_name = "K", requires = "spec", value_parser = clap::value_parser!(u64).range(1..))]
    retrain: Option<u64>,
    /// Seed that chooses which trainings are repeated.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn verify(arguments: &Arguments) -> Result<Exit, Exit> {
    let reader = opened(&arguments.cache.folder)?;
    if let (Some(count), Some(spec)) = (arguments.retrain, &arguments.spec) {
        let chosen = retrain::RetrainSelection { count: usize::try_from(count).unwrap_or(usize::MAX), seed: arguments.seed };
        return retrain::retrain(spec, &chosen, &reader, &arguments.local);
    }
    let verified = reader.verify().map_err(trouble)?;
    print(&text(&verified));
    if verified.put_aside + verified.unfinished > 0 {
        let [aside, unfinished] =
            [(verified.put_aside, "damaged file"), (verified.unfinished, "unfinished file")].map(|(it, word)| counted(it, word));
        say(&format!("also there: {aside} put aside, {unfinished}\nhelp: `epnas cache gc` removes them"));
    }
    if verified.faults.is_empty() {
        return Ok(Exit::Done);
    }
    if arguments.repair {
        let repaired = Cache::open(&arguments.cache.folder).and_then(|cache| cache.repair(&verified)).map_err(trouble)?;
        say(&format!("put aside: {}", counted(repaired, "damaged file")));
    } else if verified.faults.iter().any(|fault| !matches!(fault, Fault::Missing { .. } | Fault::Stray { .. })) {
        say("help: `--repair` puts damaged files aside");
    }
    if verified.faults.iter().any(|fault| !matches!(fault, Fault::Stray { .. })) {
        say("help: what is damaged or missing is computed anew when a run next asks for it");
    }
    Ok(Exit::Incomplete)
}

fn text(verified: &Verified) -> String {
    let mut text = String::new();
    for fault in &verified.faults {
        let _ = match fault {
            Fault::Record { path, how, .. } => writeln!(text, "damaged record: `{}`: {}", path.display(), visible(how)),
            Fault::Blob { path, how, needed_by, .. } => writeln!(text, "damaged: `{}`: {how}; {}", path.display(), needs(needed_by)),
            Fault::Missing { digest, needed_by } => writeln!(text, "missing: `{digest}`; {}", needs(needed_by)),
            Fault::Checkpoint { path, how } => writeln!(text, "damaged checkpoint: `{}`: {how}", path.display()),
            Fault::Images { path, how, .. } => writeln!(text, "damaged images: `{}`: {}", path.display(), visible(how)),
            Fault::Source { path, how } => writeln!(text, "damaged: `{}`: {}", path.display(), visible(how)),
            Fault::Stray { path } => writeln!(text, "stray: `{}` is no file of a cache", visible(&path.display().to_string())),
        };
    }
    let faults = if verified.faults.is_empty() { "no faults".to_owned() } else { counted(verified.faults.len(), "fault") };
    let (records, blobs) = (counted(verified.records, "record"), counted(verified.blobs, "blob"));
    let images = if verified.images > 0 { format!(", {} of decoded images", counted(verified.images, "file")) } else { String::new() };
    let _ = writeln!(text, "{faults}; whole: {records}, {blobs} with {}{images}", bytes(verified.bytes));
    text
}

fn needs(needed_by: &[Need]) -> String {
    if needed_by.is_empty() {
        return "no record needs it".to_owned();
    }
    let named: Vec<String> = needed_by.iter().take(NAMED).map(|need| visible(&need.to_string()).into_owned()).collect();
    let more = needed_by.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("it is {}{more}", named.join(", "))
}
