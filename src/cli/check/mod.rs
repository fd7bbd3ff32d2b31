//! `epnas check`: reads specs and says everything that is wrong with them, to people and to programs. Trains nothing,
//! and opens the data only where it is asked to.

mod data;
mod files;
mod output;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use self::data::Opened;
use self::files::{spec_files, unreadable};
use self::output::Output;
use super::data::Data;
use super::diagnostics::{Finding, Style};
use super::{CacheArgument, lock};
use crate::cli::paths::path;
use crate::diagnostic::Diagnostic;
use crate::files as raw;
use crate::spec::{self, ResolvedSpec, Source, Subject, pools};
use crate::text::counted;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Arguments {
    /// Spec files and pools files, or folders of them.
    #[arg(required = true, value_parser = path())]
    pub paths: Vec<PathBuf>,
    /// Format of the faults. In a format for programs, standard output holds nothing else.
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// Warnings also make the command exit with 2.
    #[arg(long, value_enum)]
    pub deny: Option<Deny>,
    /// Also open the data, and check that they are present, complete and as described.
    #[arg(long)]
    pub with_data: bool,
    /// Where it is there already, photographs are prepared once and kept in it, as by `plan` and `run`.
    #[command(flatten)]
    pub cache: CacheArgument,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// Workflow commands of GitHub Actions, shown as annotations of a pull request.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings count as errors.
    Warnings,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Every spec can run.
    Good,
    /// At least one cannot, or there was none.
    Bad,
}

/// A spec, looked at.
struct Look {
    file: PathBuf,
    source: Source,
    /// In the order of the text.
    faults: Vec<Diagnostic>,
    /// Of other files, such as a table.
    beside: Vec<Finding>,
    /// Where there is no error.
    resolved: Option<ResolvedSpec>,
    /// In place of a spec, what a pools file without an error says.
    pools: Option<String>,
    /// Where the data were opened.
    data: Option<Data>,
    /// Where the spec says that data lie and nothing is, if the data were not to be opened.
    absent: Option<PathBuf>,
}

/// Checks files, and all specs in folders and below them. Everything goes to `out`: it is what was asked for.
pub fn check(arguments: &Arguments, style: Style, out: &mut dyn Write) -> io::Result<Checked> {
    let mut output = Output::new(arguments.format, style, out);
    let mut opened = arguments.with_data.then(|| Opened::with(&arguments.cache));
    if arguments.paths.is_empty() {
        let help = "name files or folders, such as `specs`";
        output.unread(Finding::of_file("file::missing", Path::new(""), "nothing to check", Some(help)))?;
    }
    for path in &arguments.paths {
        match spec_files(path) {
            Ok(found) if found.is_empty() => {
                let message = format!("no spec in `{}`", path.display());
                let help = "a spec is a file that ends in `.yaml` or `.yml`";
                output.unread(Finding::of_file("file::no-spec", path, &message, Some(help)))?;
            }
            Ok(found) => {
                for file in found {
                    match raw::read(&file, spec::load::MAX_BYTES as u64) {
                        Ok(bytes) => output.look(look(file, &bytes, opened.as_mut()))?,
                        Err(error) => output.unread(unreadable(&error))?,
                    }
                }
            }
            Err(error) => output.unread(unreadable(&error))?,
        }
    }
    let tally = output.end(arguments.deny)?;
    let denied = arguments.deny == Some(Deny::Warnings) && tally.warnings > 0;
    Ok(if tally.errors == 0 && !denied { Checked::Good } else { Checked::Bad })
}

fn look(file: PathBuf, bytes: &[u8], opened: Option<&mut Opened>) -> Look {
    if pools::is_pools(bytes) {
        let pools::PoolsReading { source, faults, spec } = pools::read(bytes);
        let pools = spec.map(|spec| {
            let names = |names: Vec<String>, word: &str| format!("{}: {}", counted(names.len(), word), names.join(", "));
            let pools = spec.pools.map(|pools| names(pools.iter().map(|pool| format!("`{}`", pool.name)).collect(), "pool"));
            let measures = spec.measures.filter(|measures| !measures.is_empty());
            let measures = measures.map(|measures| names(measures.keys().map(|name| format!("`{name}`")).collect(), "measure"));
            pools.into_iter().chain(measures).collect::<Vec<_>>().join("; ")
        });
        return Look { file, source, faults, beside: Vec::new(), resolved: None, pools, data: None, absent: None };
    }
    let spec::Reading { source, faults, resolved } = spec::read(bytes);
    let mut look = Look { file, source, faults, beside: Vec::new(), resolved, pools: None, data: None, absent: None };
    match opened {
        Some(opened) => opened.open(&mut look),
        None => look.absent = look.resolved.as_ref().and_then(|spec| data::absent(spec, &look.file)),
    }
    let meant = look.resolved.as_ref().filter(|spec| look.data.is_some() || is_told_whole(spec));
    look.beside.extend(meant.and_then(|spec| lock::warning(&look.file, spec)));
    look
}

/// Whether a spec means the same before its data are opened: classes and images of data of one's own are in no spec.
const fn is_told_whole(spec: &ResolvedSpec) -> bool {
    match &spec.subject {
        Subject::Images { dataset, .. } => dataset.described.published.is_some(),
        Subject::Table { .. } => true,
    }
}

/// One line about a spec, such as `1 stage, 8 trainings: 6 in rounds + 1 of the start network + 1 final; 30 proposals`.
pub fn summary(spec: &ResolvedSpec) -> String {
    let proposals: usize = spec.stages.iter().map(|stage| stage.rounds * stage.proposals).sum();
    format!("{}, {}; {}", counted(spec.stages.len(), "stage"), spec.trainings().text(), counted(proposals, "proposal"))
}
