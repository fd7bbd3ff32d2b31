//! What the pools file gives: one slot of each launched pool is started and let go again, and each measure measures a network.

use std::time::{Duration, Instant};

use super::machine_report::{Fault, MeasureTrial, PoolSlot};
use super::worker::reference_network;
use crate::cache::Cache;
use crate::cli::machine::{LocalArguments, launch_settings};
use crate::cli::{Exit, fail};
use crate::run::{LaunchedExecutor, MeterExecutor, Notifier};
use crate::text::ErrorText;

/// How long a slot is waited for; one that is in a queue for longer says nothing of itself here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tries one slot of each pool; what keeps it from answering joins the faults.
pub(super) fn try_all(arguments: &LocalArguments, faults: &mut Vec<Fault>) -> Result<Vec<PoolSlot>, Exit> {
    let Some(file) = &arguments.pools else { return Ok(Vec::new()) };
    let (_folder, cache) = scratch()?;
    let mut found = Vec::new();
    for pool in &file.pools {
        let Some(settings) = launch_settings(pool, &[])? else { continue };
        let patience = settings.start_limit.unwrap_or(PATIENCE);
        let command = settings.command.clone();
        let answer = LaunchedExecutor::new(settings, cache.clone(), Notifier::default()).try_one(patience);
        let (about, seconds) = match answer {
            Ok((about, took)) => (Some(about), Some(took.as_secs_f64())),
            Err(said) => {
                let why = ErrorText::with_help(said, format!("try the launcher by hand: {command} </dev/null"));
                faults.push(Fault::new(format!("pool `{}` gives no slot", pool.name), why));
                (None, None)
            }
        };
        found.push(PoolSlot { pool: pool.name.clone(), seconds, about });
    }
    Ok(found)
}

/// Nothing of a run is computed: no cache is asked for anything.
fn scratch() -> Result<(tempfile::TempDir, Cache), Exit> {
    let trouble = |error: &dyn std::fmt::Display| fail(Exit::Trouble, &error.to_string());
    let folder = tempfile::tempdir().map_err(|error| trouble(&error))?;
    let cache = Cache::open(folder.path()).map_err(|error| trouble(&error))?;
    Ok((folder, cache))
}

/// Tries each measure on the reference network; what keeps it from measuring joins the faults.
pub(super) fn measure_all(arguments: &LocalArguments, faults: &mut Vec<Fault>) -> Result<Vec<MeasureTrial>, Exit> {
    let (_folder, cache) = scratch()?;
    let mut found = Vec::new();
    for measure in arguments.measures() {
        let (name, unit, began) = (measure.settings.name, measure.settings.unit.clone(), Instant::now());
        let cost = MeterExecutor::new(measure.settings.clone(), cache.clone(), Notifier::default()).try_one(&reference_network());
        if let Err(failure) = &cost {
            let help = "try the command by hand with a model, such as that of `epnas export`";
            faults.push(Fault::new(format!("measure `{name}` gives no cost"), ErrorText::with_help(failure.to_string(), help)));
        }
        found.push(MeasureTrial { measure: name.to_string(), cost: cost.ok(), unit, seconds: began.elapsed().as_secs_f64() });
    }
    Ok(found)
}
