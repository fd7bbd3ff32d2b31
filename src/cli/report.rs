//! `epnas report`: a run or a comparison as one HTML page, its figures as SVG, its trainings for TensorBoard.

use std::path::{Path, PathBuf};

use super::known::{From, Known};
use super::machine::ways;
use super::output::refuse_overwrite;
use super::paths::path;
use super::results::ResultsArgument;
use super::{CacheArgument, Exit, fail, print, say};
use crate::cache::{Cache, CacheError, CacheReader};
use crate::comparison::{COMPARISON_FILE, Comparison, Summary};
use crate::digest::{Digest, Domain};
use crate::event::{Outcome, TaskResult};
use crate::files::{self, Entry, FileError};
use crate::page::{self, PAGE_BEGINNING, PAGE_FILE, Page, Run};
use crate::plan::Plan;
use crate::report::slots::{self, Span};
use crate::report::status::{RunState, RunStatus, STATUS_FILE};
use crate::report::{Learning, Made, Report, learning};
use crate::run::{replay, replay_ended};
use crate::spec::ResolvedSpec;
use crate::tensorboard;
use crate::text::counted;

/// Curves of a thousand searches.
const MAX_BYTES: u64 = 1 << 30;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A spec, the results folder of a run or of a comparison, or its name.
    #[arg(value_name = "SPEC or FOLDER", value_parser = path())]
    subject: PathBuf,
    /// File to write the page to. Default: `report.html` in the folder of the results.
    #[arg(short, long, value_name = "FILE", value_parser = path())]
    out: Option<PathBuf>,
    /// Also write every figure of the page into this folder, as SVG.
    #[arg(long, value_name = "DIR", value_parser = path())]
    figures: Option<PathBuf>,
    /// Also write the trainings of a run into this folder, as TensorBoard event files.
    #[arg(long, value_name = "DIR", value_parser = path())]
    tensorboard: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
}

pub(super) fn report(arguments: &Arguments) -> Exit {
    match try_report(arguments) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn trouble(error: &dyn std::error::Error) -> Exit {
    fail(Exit::Trouble, &error.to_string())
}

fn try_report(arguments: &Arguments) -> Result<(), Exit> {
    let subject = &arguments.results.given_or_named(&arguments.subject);
    let is_folder = matches!(files::entry(subject), Ok(Entry::Folder));
    if is_folder && matches!(files::entry(&subject.join(COMPARISON_FILE)), Ok(Entry::File(_))) {
        if arguments.tensorboard.is_some() {
            let help = "name the spec of one of its searches";
            return Err(fail(
                Exit::BadSpec,
                &format!("`{}` is a comparison: `--tensorboard` is of the trainings of one run\nhelp: {help}", subject.display()),
            ));
        }
        let comparison = read_comparison(&subject.join(COMPARISON_FILE))?;
        let summary = Summary::new(&comparison, &comparison.checkpoints());
        return write(arguments, subject, &page::of_comparison(&comparison, &summary));
    }
    let told = ReportedRun::find(arguments, subject, is_folder)?;
    let ReportedRun { spec, report, learning, folder, spans } = &told;
    let page = page::of_run(&Run { spec, report, learning, spans });
    write(arguments, folder, &page)?;
    if let Some(logs) = &arguments.tensorboard {
        let count = tensorboard::write(logs, spec, report, learning).map_err(|error| trouble(&error))?;
        print(&format!(
            "wrote {} for TensorBoard into `{}`: tensorboard --logdir {}\n",
            counted(count, "training"),
            logs.display(),
            logs.display()
        ));
    }
    Ok(())
}

fn write(arguments: &Arguments, folder: &Path, page: &Page) -> Result<(), Exit> {
    let out = arguments.out.clone().unwrap_or_else(|| folder.join(PAGE_FILE));
    refuse_overwrite(&out, "report of epnas", PAGE_BEGINNING)?;
    let html = page.html();
    files::write(&out, html.as_bytes()).map_err(|error| trouble(&error))?;
    print(&format!("wrote `{}`, {}\n", out.display(), crate::text::bytes(html.len() as u64)));
    if let Some(figures) = &arguments.figures {
        let count = page::write_figures(page, figures).map_err(|error| trouble(&error))?;
        print(&format!("wrote {} into `{}`\n", counted(count, "figure"), figures.display()));
    }
    Ok(())
}

fn read_comparison(path: &Path) -> Result<Comparison, Exit> {
    let bytes = files::read(path, MAX_BYTES).map_err(|error: FileError| trouble(&error))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let help = "run `epnas compare` again: what is finished is kept";
        fail(Exit::Trouble, &format!("`{}` is no comparison that this version reads: {error}\nhelp: {help}", path.display()))
    })
}

/// What there is to tell of a run.
struct ReportedRun {
    spec: ResolvedSpec,
    report: Report,
    learning: Vec<Learning>,
    folder: PathBuf,
    spans: Vec<Span>,
}

impl ReportedRun {
    fn find(arguments: &Arguments, subject: &Path, is_folder: bool) -> Result<Self, Exit> {
        let (file, status) = if is_folder { of_folder(subject)? } else { (subject.to_owned(), None) };
        let (mut spec, source) = super::load_with_source(&file, &|_| {})?;
        let folder = if is_folder { subject.to_owned() } else { arguments.results.of(&spec.name) };
        let status = status.or_else(|| RunStatus::read(&folder).ok().flatten());
        let known = Known::find(&mut spec, &file, arguments.cache.look().as_ref())?;
        known.warnings.iter().filter(|_| known.from == From::Nowhere).for_each(|warning| say(&format!("warning: {warning}")));
        let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(|error| trouble(&error))?;
        let (plan, spec, report, learning) = results(&spec, &known, &cache, status.as_ref(), &folder).map_err(|error| trouble(&error))?;
        if report.rows.is_empty() {
            let said = format!("the cache has no result of `{}`", file.display());
            return Err(fail(
                Exit::Incomplete,
                &format!("{said}\nhelp: `epnas run {}` makes them; `--cache DIR` names another cache", file.display()),
            ));
        }
        let is_same = |status: &RunStatus| status.search == plan.digest();
        if status.as_ref().is_some_and(|status| !is_same(status)) {
            let said = format!("`{}` has changed since the run whose results are in `{}`", file.display(), folder.display());
            if arguments.out.is_none() {
                let help = "`--out FILE` writes a report of the spec as it is now, and leaves the page of that run";
                return Err(fail(Exit::BadSpec, &format!("{said}\nhelp: {help}")));
            }
            say(&format!("warning: {said}: the report is of what is known of it as it is now"));
        }
        let spans = if status.as_ref().is_some_and(is_same) {
            slots::read(&folder).map_err(|error| fail(Exit::Trouble, &error))?
        } else {
            Vec::new()
        };
        let status = status.filter(is_same);
        let made = Made {
            spec: file.display().to_string(),
            digest: Digest::of(Domain::Spec, source.text.as_bytes()).short(),
            version: status.as_ref().map_or_else(|| env!("CARGO_PKG_VERSION").to_owned(), |status| status.version.clone()),
            date: status.as_ref().map(|status| status.started),
            budget: status.and_then(|status| status.budget.filter(|_| status.state == RunState::BudgetUsed)),
        };
        Ok(Self { spec, report: Report { made: Some(made), ..report }, learning, folder, spans })
    }
}

/// The spec of a run and what its folder says of it.
fn of_folder(folder: &Path) -> Result<(PathBuf, Option<RunStatus>), Exit> {
    match RunStatus::read(folder) {
        Ok(Some(status)) => {
            let file = PathBuf::from(&status.spec);
            if matches!(files::entry(&file), Ok(Entry::Nothing)) {
                let said = format!("`{}` is of the spec `{}`, which is not there", folder.display(), status.spec);
                return Err(fail(Exit::BadSpec, &format!("{said}\nhelp: go to where the run was started, or name the spec")));
            }
            Ok((file, Some(status)))
        }
        Ok(None) if folder.join(PAGE_FILE).exists() => {
            let said = format!("`{}` holds a study, whose page `{PAGE_FILE}` is there already", folder.display());
            Err(fail(Exit::BadSpec, &format!("{said}\nhelp: open it; `epnas study` writes it anew")))
        }
        Ok(None) => {
            let said = format!("`{}` holds no results: neither `{STATUS_FILE}` nor `{COMPARISON_FILE}` is there", folder.display());
            Err(fail(Exit::BadSpec, &format!("{said}\nhelp: name a folder below `results`, or a spec")))
        }
        Err(error) => Err(trouble(&error)),
    }
}

/// What the cache knows of the spec, on the device of this machine on which it knows the most.
fn results(
    spec: &ResolvedSpec,
    known: &Known,
    cache: &CacheReader,
    status: Option<&RunStatus>,
    folder: &Path,
) -> Result<(Plan, ResolvedSpec, Report, Vec<Learning>), CacheError> {
    let seconds = status.map_or(0.0, |status| status.seconds);
    let mut best: Option<(usize, Plan, ResolvedSpec, Vec<Option<TaskResult>>)> = None;
    for way in ways(spec, cache)? {
        let plan = Plan::new(&way.spec, known.digests, &way.device);
        // A run that goes on has tasks to come; one that a budget or failures have ended has come past them.
        for held in [replay(&plan, cache, &way.remembered)?, replay_ended(&plan, cache)?] {
            let results = held.into_results();
            let done = results.iter().flatten().filter(|result| result.outcome == Outcome::Cached).count();
            if best.as_ref().is_none_or(|(most, ..)| done > *most) {
                best = Some((done, plan.clone(), way.spec.clone(), results));
            }
        }
    }
    let (_, plan, spec, results) = best.expect("a machine computes in one way at least");
    let report = Report::new(&spec, &plan, &results, cache, seconds, folder)?;
    let learning = learning(&plan, &results, cache)?;
    Ok((plan, spec, report, learning))
}
