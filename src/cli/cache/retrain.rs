//! `epnas cache verify --retrain`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::reads::{Replayed, reads};
use super::trouble;
use crate::arch::Architecture;
use crate::cache::{Cache, CacheReader, TaskKey};
use crate::cli::clock::unix_seconds;
use crate::cli::machine::{Local, LocalArguments};
use crate::cli::{Exit, fail, print, say};
use crate::run::{self, Retrained, Retraining};
use crate::seed::{Seed, shuffle};
use crate::task::{Port, TaskKind};
use crate::text::{counted, visible};

const METRICS: Port = Port::Metrics { replicate: 1 };

/// Of the plans, the one that has a task, and the task's place in it.
type Place = (usize, usize);

/// Which trainings are done again.
pub(super) struct RetrainSelection {
    pub count: usize,
    pub seed: u64,
}

pub(super) fn retrain(spec: &Path, choice: &RetrainSelection, cache: &CacheReader, local: &LocalArguments) -> Result<Exit, Exit> {
    let reads = reads(spec, cache)?;
    let is_training = |(_, place): &(TaskKey, Place)| {
        let Replayed { plan, results } = &reads.plans[place.0];
        let trained = results[place.1].as_ref().is_some_and(|result| result.output(METRICS).is_some());
        trained && plan.tasks().nth(place.1).is_some_and(|planned| planned.task.kind() == TaskKind::Train)
    };
    // Sorted by key, so that the choice hangs on the seed and on what is remembered alone.
    let mut trainings: Vec<(TaskKey, Place)> = reads.found.iter().map(|(key, place)| (*key, *place)).filter(is_training).collect();
    if trainings.is_empty() {
        let said = format!(
            "the cache remembers no training of `{}`\nhelp: run it first, or name another cache with `--cache DIR`",
            spec.display()
        );
        return Err(fail(Exit::Trouble, &said));
    }
    let all = trainings.len();
    shuffle(&mut Seed::root(choice.seed).child("retrain").stream(), &mut trainings);
    trainings.truncate(choice.count);
    say(&format!("doing {} again, of {all} that `{}` reads from the cache", counted(trainings.len(), "training"), spec.display()));

    let machine = |error: std::io::Error| fail(Exit::Trouble, &format!("no temporary folder can be had: {error}"));
    let folder = tempfile::tempdir().map_err(machine)?;
    let scratch = Cache::open(folder.path()).map_err(trouble)?;
    reads.images.keep(&scratch, unix_seconds());
    let mut crew = Local::find(local)?.without_sharing().crew(&scratch, std::slice::from_ref(&reads.spec))?;
    let (total, mut done) = (trainings.len(), 0);
    let mut retrained: BTreeMap<TaskKey, Retrained> = BTreeMap::new();
    for (index, Replayed { plan, results }) in reads.plans.iter().enumerate() {
        let (keys, nodes): (Vec<TaskKey>, Vec<usize>) =
            trainings.iter().filter(|(_, place)| place.0 == index).map(|(key, (_, node))| (*key, *node)).unzip();
        let retraining = Retraining {
            cache,
            scratch: &scratch,
            place: reads.data.place(&reads.spec),
            store: &mut reads.data.store(&reads.spec),
            pools: &mut crew.pools,
            execution: &reads.spec.execution,
            now: &unix_seconds,
            listen: &mut |network: &Architecture| {
                done += 1;
                say(&format!("[{done}/{total}] {}", network.summary()));
            },
        };
        let again = run::retrain(plan, results, &nodes, retraining).map_err(trouble)?.ok_or(Exit::Interrupted)?;
        retrained.extend(keys.into_iter().zip(again));
    }
    let retrained: Vec<(TaskKey, Retrained)> = trainings.iter().filter_map(|(key, _)| Some((*key, retrained.remove(key)?))).collect();
    print(&table(&retrained));
    if let Some((_, training)) = retrained.iter().find(|(_, training)| differs(training)) {
        say(&format!("note: {}", difference(training)));
    }
    Ok(if retrained.iter().all(|(_, training)| training.again.is_ok()) { Exit::Done } else { Exit::Incomplete })
}

fn table(retrained: &[(TaskKey, Retrained)]) -> String {
    let mut text = format!("{:<10}  {:>10}  {:>8}  {:>8}  network\n", "key", "remembered", "again", "drift");
    let mut drifts = Vec::new();
    for (key, training) in retrained {
        let (key, remembered) = (key.short(), training.remembered.validation_accuracy);
        let network = visible(&training.network.summary()).into_owned();
        let _ = match (&training.again, training.drift()) {
            (Ok(again), Some(drift)) => {
                drifts.push(drift.abs());
                writeln!(text, "{key}  {remembered:>10.4}  {:>8.4}  {drift:>+8.4}  {network}", again.validation_accuracy)
            }
            (Err(failure), _) => {
                writeln!(text, "{key}  {remembered:>10.4}  {:>8}  {:>8}  {network}: {}", "failed", "", visible(&failure.to_string()))
            }
            (Ok(_), None) => unreachable!("what was trained has drifted by a number"),
        };
    }
    if !drifts.is_empty() {
        let largest = drifts.iter().copied().fold(0.0, f64::max);
        let mean = drifts.iter().sum::<f64>() / drifts.len() as f64;
        let _ = writeln!(
            text,
            "\ndrift of the validation accuracy: at most {largest:.4}, {mean:.4} on average, over {}",
            counted(drifts.len(), "training")
        );
    }
    text
}

fn differs(training: &Retrained) -> bool {
    let [then, now] = &training.environments;
    training.again.is_ok() && then != now
}

/// What a training was computed with then and is not now.
fn difference(training: &Retrained) -> String {
    let [then, now] = &training.environments;
    let unknown = "unknown".to_owned();
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let parts: Vec<String> = names
        .into_iter()
        .filter(|name| then.get(*name) != now.get(*name))
        .map(|name| {
            format!(
                "{} was `{}` and is `{}`",
                visible(name),
                visible(then.get(name).unwrap_or(&unknown)),
                visible(now.get(name).unwrap_or(&unknown))
            )
        })
        .collect();
    format!("trainings were done with something else then: {}", parts.join(", "))
}
