//! `epnas study`: whether a search is set up so that it can find anything.

mod collect;

use std::cell::Cell;
use std::path::PathBuf;

use super::clock::unix_seconds;
use super::data::Data;
use super::former;
use super::machine::{Local, LocalArguments, kept_back};
use super::paths::path;
use super::results::ResultsArgument;
use super::run::{execute, finished};
use super::{CacheArgument, Exit, fail, print, say};
use crate::arch::Architecture;
use crate::cache::Cache;
use crate::event::Event;
use crate::files;
use crate::page;
use crate::plan::{Plan, Studied};
use crate::seed::Seed;
use crate::spec::{ResolvedSpec, resolve};
use crate::statistics::FEWEST;
use crate::strategy::Predictor;
use crate::study::{Findings, STUDY_FILE, advice, csv, draw, growth, learned, markdown, rankings};
use crate::task::TaskKind;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// Number of random networks to train at the fidelity of every stage. A larger number keeps the networks of a smaller one.
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    networks: u32,
    /// How many of them are also trained by the final recipe. Default: 20, or all if there are fewer.
    #[arg(long, value_name = "N")]
    at_length: Option<u32>,
    /// How often the references and the first network are trained at each fidelity, which measures the noise.
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20))]
    replicates: u32,
    /// Recommend stages that use this many passes over the training split. Default: as many as the spec plans.
    #[arg(long, value_name = "PASSES", value_parser = passes)]
    budget: Option<f64>,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
}

pub(super) fn study(arguments: &Arguments) -> Exit {
    match try_study(arguments) {
        Ok(exit) | Err(exit) => exit,
    }
}

const DEFAULT_AT_LENGTH: u32 = 20;

fn try_study(arguments: &Arguments) -> Result<Exit, Exit> {
    let asked = Cell::new(0);
    let (mut spec, source) =
        super::load_with_source(&arguments.spec, &|spec| asked.set(resolve::families(spec.references.as_ref()).len()))?;
    let trouble = |error: &dyn std::error::Error| fail(Exit::Trouble, &error.to_string());
    // Networks are drawn for the images that are there.
    let (data, images) = Data::open_to_keep(&mut spec, arguments.cache.look().as_ref()).map_err(|error| error.tell())?;
    let networks = networks(arguments, &spec, asked.get())?;
    let references = spec.references.len();
    let drawn_at_length = at_length(arguments)?;
    if drawn_at_length < FEWEST {
        let ranks =
            format!("rank correlations need {FEWEST} drawn networks that are trained at length, and this study has {drawn_at_length}");
        say(&format!("warning: {ranks}; `--at-length N` asks for more"));
    }
    let at_length = drawn_at_length + references;
    data.judge(&spec, &arguments.spec, &source)?.tell();
    let local = Local::find(&arguments.local)?;
    local.site.doubts().cloned().chain(kept_back()).for_each(|doubt| say(&format!("warning: {doubt}")));
    local.site.require_supported(&spec)?;
    let cache = Cache::open(&arguments.cache.folder).map_err(|error| trouble(&error))?;
    let folder = arguments.results.create(&format!("{}-study", spec.name))?;
    images.keep(&cache, unix_seconds());
    let studied = Studied { networks: &networks, at_length, repeated: (references + 1, arguments.replicates as usize) };
    let plan = local.site.study(&spec, data.digests, &studied)?;
    let mut crew = local.crew(&cache, &[local.site.decided(&spec)?])?;
    let ended = execute(&spec, &plan, &data, &cache, &mut crew, 0, &mut progress(&plan))?;
    drop(crew);
    let study = collect::collect(&spec, &plan, &ended.results, &cache).map_err(|error| trouble(&error))?;
    let space = spec.space().expect("a study of images");
    let predictor = spec.strategy.predict().map_or(Predictor::Gaussian, |predict| predict.predictor);
    let predictor = if predictor.reads_features() { predictor } else { Predictor::Gaussian };
    let rankings = rankings(&study);
    let learned = learned(&study, &space, predictor);
    let passes = arguments.budget.unwrap_or_else(|| spec.passes());
    let advice = advice(&study, &rankings, passes, spec.finalists() * spec.last.replicates);
    let word = serde_json::to_value(predictor).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    let growth = growth(&study);
    let findings = Findings { study, rankings, learned, predictor: word, growth, advice };
    let text = markdown(&findings);
    let page = page::of_study(&findings).html();
    let networks = csv(&findings.study);
    if let Some(told) = former::make_way_for_study(&folder)? {
        say(&format!("warning: {told}"));
    }
    for (file, bytes) in [(STUDY_FILE, text.as_bytes()), ("networks.csv", &networks), (page::PAGE_FILE, page.as_bytes())] {
        files::write(&folder.join(file), bytes).map_err(|error| trouble(&error))?;
    }
    print(&format!("{text}\nresults: {}\nreport:  {}\n", folder.display(), folder.join(page::PAGE_FILE).display()));
    if ended.interrupted {
        say("interrupted: this is what was trained so far; the same command goes on");
    }
    finished(&ended)?;
    let whole = findings.study.networks.iter().all(|network| network.outcomes[..spec.stages.len()].iter().all(Option::is_some));
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}

/// The references, then the networks drawn.
fn networks(arguments: &Arguments, spec: &ResolvedSpec, asked: usize) -> Result<Vec<Architecture>, Exit> {
    let refuse = |why: &str, help: &str| fail(Exit::BadSpec, &format!("{why}\nhelp: {help}"));
    let Some(space) = spec.space() else {
        return Err(refuse(
            "a study trains networks, and the rows of a table are known already",
            "`epnas compare --unseen N` says how well a predictor ranks the rows of a table",
        ));
    };
    if spec.stages.is_empty() {
        return Err(refuse("the spec has no stages whose fidelity could be studied", "choose a strategy that searches, not `fixed`"));
    }
    if asked > 0 && spec.references.is_empty() {
        return Err(refuse(
            "no reference keeps all limits: not even the narrowest network of any family",
            "loosen a limit, or set `references: none` to study the space without them",
        ));
    }
    let seed = Seed::root(spec.seed).child("study");
    let drawn = draw(&space, &spec.constraints, arguments.networks as usize, &seed)
        .map_err(|error| refuse(&error.to_string(), &format!("ask for at most {} with `--networks`, or loosen a limit", error.found)))?;
    let references = spec.references.iter().map(|reference| reference.network.clone());
    Ok(references.chain(drawn).collect())
}

fn at_length(arguments: &Arguments) -> Result<usize, Exit> {
    let at_length = arguments.at_length.unwrap_or(DEFAULT_AT_LENGTH.min(arguments.networks));
    if at_length > arguments.networks {
        let why = format!("`--at-length {at_length}` asks for more than the {} networks that are drawn", arguments.networks);
        return Err(fail(Exit::BadSpec, &format!("{why}\nhelp: raise `--networks`, or lower `--at-length`")));
    }
    Ok(at_length as usize)
}

/// A budget of passes over the training split.
fn passes(text: &str) -> Result<f64, String> {
    let passes = text.parse().map_err(|error| format!("{error}"))?;
    if passes > 0.0 && f64::is_finite(passes) { Ok(passes) } else { Err("a number above 0 is expected".to_owned()) }
}

/// Says every tenth of the trainings that it is done, and every warning.
fn progress(plan: &Plan) -> impl FnMut(&Event) {
    let all = plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Train).count();
    let mut done = 0;
    say(&format!("studying: {all} trainings, those that are cached included"));
    move |event| match event {
        Event::Warning { message } => say(&format!("warning: {message}")),
        Event::TaskFinished { kind: TaskKind::Train, .. } => {
            done += 1;
            if done * 10 / all > (done - 1) * 10 / all {
                say(&format!("{done} of {all} trainings"));
            }
        }
        _ => {}
    }
}
