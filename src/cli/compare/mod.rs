//! `epnas compare`: several searches over several seeds, under one budget and on one cache.

mod comparable;
mod contestants;
mod curve;
mod failures;
mod progress;
mod search;
mod unseen;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::Builder;

use self::comparable::{expect_comparable, unlike};
use self::contestants::{Contestant, Part, by_hand, with_ablations};
use self::progress::Progress;
use self::search::{Searched, search};
use super::data::Data;
use super::machine::{Local, LocalArguments, kept_back};
use super::{CacheArgument, Exit, fail, print, say};
use super::{former, interrupt};
use crate::cache::Cache;
use crate::cli::paths::path;
use crate::cli::results::ResultsArgument;
use crate::comparison::{Axis, Ceiling, Comparison, Summary, markdown};
use crate::digest::{Digest, Domain};
use crate::files;
use crate::page::PAGE_FILE;
use crate::space::Family;
use crate::spec::check::{NAMES, name_fault};
use crate::spec::schema::StrategySpec;
use crate::spec::{ResolvedSpec, Source, Subject};
use crate::text::{list, suggestion};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The specs; the first one is the contestant that the others are compared with.
    #[arg(required = true, value_parser = path())]
    specs: Vec<PathBuf>,
    /// Number of seeds that each search runs with.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    first_seed: u64,
    /// Run each spec with these strategies instead of its own.
    #[arg(long, value_delimiter = ',', value_name = "STRATEGY", value_parser = strategy)]
    strategies: Vec<StrategySpec>,
    /// Also run the first strategy of each spec without these parts (ablations).
    #[arg(long, value_delimiter = ',', value_enum)]
    ablate: Vec<Part>,
    /// Also train networks written by hand at length, the largest of each family that keep the limits of the first spec: `auto`,
    /// or families such as `vgg,resnet`.
    #[arg(long, value_delimiter = ',', value_name = "FAMILY", value_parser = family)]
    references: Vec<Option<Family>>,
    /// Numbers of trainings after which the searches are compared. Default: 10, 20, 50, 100, … and the end.
    #[arg(long, value_delimiter = ',', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    at: Vec<u32>,
    /// On a table, also report how well the predictors rank the unseen rows after N trainings.
    #[arg(long, value_name = "N")]
    unseen: Option<usize>,
    /// Name of the comparison and of its folder.
    #[arg(long, default_value = "comparison", value_parser = folder_name)]
    name: String,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
    #[command(flatten)]
    results: ResultsArgument,
}

pub(super) fn compare(arguments: &Arguments) -> Exit {
    match try_compare(arguments) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// A contestant with its data, opened once for all seeds.
struct Entry {
    contestant: Contestant,
    data: Data,
}

fn try_compare(arguments: &Arguments) -> Result<Exit, Exit> {
    let trouble = |error: &dyn std::error::Error| fail(Exit::Trouble, &error.to_string());
    let seeds = seeds(arguments)?;
    let (mut entries, mut images) = (Vec::new(), Vec::new());
    for path in &arguments.specs {
        let load = |strategy: StrategySpec| super::load_changed(path, &move |spec| spec.strategy = Some(strategy));
        let mut specs = match &arguments.strategies[..] {
            [] => vec![super::load(path)?],
            strategies => strategies.iter().map(|&strategy| load(strategy)).collect::<Result<_, Exit>>()?,
        };
        // The strategies of a spec search the same data.
        let (data, found) = Data::open_to_keep(&mut specs[0], arguments.cache.look().as_ref()).map_err(|error| error.tell())?;
        for spec in &mut specs {
            data.fit(spec);
        }
        data.judge(&specs[0], path, &Source::opaque(String::new()))?.tell();
        let several = arguments.specs.len() > 1;
        let references = if images.is_empty() { families(&arguments.references) } else { Vec::new() };
        let references = references.into_iter().map(|family| by_hand(&specs[0], family, several)).collect::<Result<Vec<_>, _>>();
        let references = references.map_err(|why| fail(Exit::BadSpec, &format!("{why}\nhelp: take it from `--references`")))?;
        images.push(found);
        for (index, spec) in specs.into_iter().enumerate() {
            let parts = if index == 0 { &arguments.ablate[..] } else { &[] };
            let contestants = with_ablations(spec, parts, several);
            for contestant in contestants.map_err(|why| fail(Exit::BadSpec, &format!("{why}\nhelp: take it from `--ablate`")))? {
                entries.push(Entry { contestant, data: data.clone() });
            }
        }
        entries.extend(references.into_iter().map(|contestant| Entry { contestant, data: data.clone() }));
    }
    expect_comparable(&entries)?;
    if let Some(Entry { contestant, .. }) = entries.iter().find(|entry| entry.contestant.spec.execution.budget.wall_seconds.is_some()) {
        let help = "compare with a budget of `trainings` or `device-hours`, which adds up over interruptions";
        let said = format!("`{}` has a budget of `wall-time`, which is that of one run, not of many searches", contestant.name);
        return Err(fail(Exit::BadSpec, &format!("{said}\nhelp: {help}")));
    }
    let cache = Cache::open(&arguments.cache.folder).map_err(|error| trouble(&error))?;
    former::refuse_if_running(&arguments.results.of(&arguments.name))?;
    let folder = arguments.results.create(&arguments.name)?;
    for found in images {
        found.keep(&cache, super::clock::unix_seconds());
    }
    let searches: Vec<(usize, u64)> = seeds.iter().flat_map(|&seed| (0..entries.len()).map(move |entry| (entry, seed))).collect();
    // Searches without tensors take a core each; the others share the workers and run one after another.
    let alone = entries.iter().all(|entry| {
        matches!(entry.contestant.spec.subject, Subject::Table { .. }) && !entry.contestant.spec.strategy.edits_with_tensors()
    });
    let threads = if alone { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) } else { 1 };
    let local = Local::find(&arguments.local)?;
    local.site.doubts().cloned().chain(kept_back()).for_each(|doubt| say(&format!("warning: {doubt}")));
    entries.iter().try_for_each(|entry| local.site.require_supported(&entry.contestant.spec))?;
    let decided: Vec<ResolvedSpec> = entries.iter().map(|entry| local.site.decided(&entry.contestant.spec)).collect::<Result<_, Exit>>()?;
    let next = Mutex::new(searches.iter());
    let progress = Progress::new(searches.len());
    let found: Mutex<Vec<((usize, u64), Searched)>> = Mutex::new(Vec::new());
    let ended = std::thread::scope(|scope| {
        let work = || -> Result<(), Exit> {
            // Slots stay from one search to the next: some took their time to come.
            let mut crew = local.crew(&cache, &decided)?;
            loop {
                if interrupt::asked() {
                    return Err(Exit::Interrupted);
                }
                let Some(&(index, seed)) = next.lock().expect("no search panics while it holds this").next() else { return Ok(()) };
                let Entry { contestant, data } = &entries[index];
                // Nothing will be written where one broke off: the others need not begin.
                let give_up = |_: &Exit| *next.lock().expect("no search panics while it holds this") = [].iter();
                let searched = search((contestant, data), seed, &cache, arguments.unseen, (&local.site, &mut crew)).inspect_err(give_up)?;
                progress.advance();
                found.lock().expect("no search panics while it holds this").push(((index, seed), searched));
            }
        };
        // A machine that refuses a thread still has this one.
        let workers: Vec<_> = (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, work).ok()).collect();
        let own = work();
        std::iter::once(own)
            .chain(workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
            .collect::<Vec<_>>()
    });
    progress.close();
    if ended.contains(&Err(Exit::Interrupted)) {
        say("interrupted: no comparison is written; what is finished is kept, the same command goes on");
    }
    ended.into_iter().collect::<Result<Vec<()>, Exit>>()?;
    let mut found = found.into_inner().expect("all searches have ended");
    found.sort_by_key(|(place, _)| *place);
    let unseen = arguments.unseen.map_or_else(String::new, |trainings| unseen::text(trainings, &unseen_by_contestant(&entries, &found)));
    let comparison = gather(arguments, &entries, seeds, found);
    let asked: Vec<usize> = arguments.at.iter().map(|&at| at as usize).collect();
    let checkpoints = if asked.is_empty() { comparison.checkpoints() } else { asked };
    for never in checkpoints.iter().filter(|&&checkpoint| checkpoint > comparison.budget()) {
        say(&format!("warning: nothing is told of `--at {never}`: the searches made up to {} trainings", comparison.budget()));
    }
    let summary = Summary::new(&comparison, &checkpoints);
    if let Some(told) = former::make_way_for_comparison(&folder, &comparison)? {
        say(&format!("warning: {told}"));
    }
    comparison.write(&folder, &summary, Axis::Linear).map_err(|error| trouble(&error))?;
    let page = crate::page::of_comparison(&comparison, &summary);
    files::write(&folder.join(PAGE_FILE), page.html().as_bytes()).map_err(|error| trouble(&error))?;
    print(&format!("{}\n{unseen}{}results: {}\n", markdown(&summary), none_feasible(&entries), folder.display()));
    let empty = comparison.curves.iter().any(|curve| curve.last.is_none());
    Ok(if empty { Exit::Incomplete } else { Exit::Done })
}

fn unseen_by_contestant(entries: &[Entry], found: &[((usize, u64), Searched)]) -> Vec<(String, Vec<f64>)> {
    let of = |index: usize| found.iter().filter(move |((of, _), _)| *of == index).filter_map(|(_, searched)| searched.unseen).collect();
    entries.iter().enumerate().map(|(index, entry)| (entry.contestant.name.clone(), of(index))).collect()
}

fn gather(arguments: &Arguments, entries: &[Entry], seeds: Vec<u64>, found: Vec<((usize, u64), Searched)>) -> Comparison {
    let mut predictor: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut curves = Vec::with_capacity(found.len());
    for (_, searched) in found {
        if let Some(rho) = searched.predictor {
            predictor.entry(searched.curve.contestant.clone()).or_default().push(rho);
        }
        curves.push(searched.curve);
    }
    let signal = match &entries[0].contestant.spec.subject {
        Subject::Table { layout, .. } => layout.metric.name.clone(),
        Subject::Images { .. } => format!("validation {}", entries[0].contestant.spec.metric.title()),
    };
    let search = |entry: &Entry| {
        let any_seed = ResolvedSpec { seed: 0, ..entry.contestant.spec.clone() };
        (entry.contestant.name.clone(), Digest::of_json(Domain::Spec, &any_seed))
    };
    Comparison {
        searches: entries.iter().map(search).collect(),
        name: arguments.name.clone(),
        signal,
        contestants: entries.iter().map(|entry| entry.contestant.name.clone()).collect(),
        reference: None,
        seeds,
        curves,
        predictor: predictor.into_iter().map(|(name, rhos)| (name, rhos.iter().sum::<f64>() / rhos.len() as f64)).collect(),
        ceiling: ceiling(entries),
        unlike: unlike(entries),
    }
}

/// The best that a table holds under the constraints: what no search can pass; nothing where no row keeps them.
fn ceiling(entries: &[Entry]) -> Option<Ceiling> {
    let table = entries[0].data.table()?;
    let spec = &entries[0].contestant.spec;
    let space = crate::space::SearchSpace::Table(table);
    let feasible = |row: &usize| spec.constraints.iter().all(|constraint| constraint.holds(&space.costs_of_row(*row)));
    let rows: Vec<usize> = (0..table.len()).filter(feasible).collect();
    let best = |value: &dyn Fn(usize) -> Option<f64>| rows.iter().filter_map(|&row| value(row)).reduce(f64::max);
    Some(Ceiling {
        rows: table.len(),
        feasible: rows.len(),
        signal: best(&|row| Some(table.metric(row)))?,
        validation: best(&|row| Some(table.reported(row).validation))?,
        test: best(&|row| table.reported(row).test),
    })
}

/// Says that no search of a table could find anything.
fn none_feasible(entries: &[Entry]) -> String {
    match entries[0].data.table() {
        Some(table) if ceiling(entries).is_none() => {
            format!("none of the {} rows keeps all constraints: `epnas check --with-data` says which bound is too tight\n\n", table.len())
        }
        _ => String::new(),
    }
}

fn seeds(arguments: &Arguments) -> Result<Vec<u64>, Exit> {
    let Some(last) = arguments.first_seed.checked_add(arguments.seeds - 1) else {
        let why = format!("`--first-seed {}` leaves no room for {} seeds", arguments.first_seed, arguments.seeds);
        return Err(fail(Exit::BadSpec, &format!("{why}\nhelp: the last one may be {}", u64::MAX)));
    };
    Ok((arguments.first_seed..=last).collect())
}

/// A family by its word in specs; `None` for all of them.
fn family(word: &str) -> Result<Option<Family>, String> {
    let words: Vec<&str> = std::iter::once("auto").chain(Family::ALL.map(Family::word)).collect();
    match word {
        "auto" => Ok(None),
        _ => Family::ALL.into_iter().find(|family| family.word() == word).map(Some).ok_or_else(|| unknown("family", word, &words)),
    }
}

/// Each once, in one order.
fn families(asked: &[Option<Family>]) -> Vec<Family> {
    Family::ALL.into_iter().filter(|family| asked.contains(&None) || asked.contains(&Some(*family))).collect()
}

/// A strategy by its word in specs.
fn strategy(word: &str) -> Result<StrategySpec, String> {
    serde_json::from_value(word.into()).map_err(|_| unknown("strategy", word, &crate::spec::load::strategies()))
}

/// A name by the rule of specs.
fn folder_name(name: &str) -> Result<String, String> {
    name_fault(name).map_or_else(|| Ok(name.to_owned()), |fault| Err(format!("{fault}; {NAMES}")))
}

fn unknown(what: &str, word: &str, words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let meant = suggestion(word, &words).map_or_else(String::new, |word| format!("did you mean `{word}`? "));
    format!("`{word}` is no {what}: {meant}allowed: {}", list(&words))
}
