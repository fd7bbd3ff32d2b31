//! What slots of launched pools are like: one of each is started and let go again.

use std::time::Duration;

use super::machine_report::{Fault, PoolSlot};
use crate::cache::Cache;
use crate::cli::machine::{LocalArguments, launch_settings};
use crate::cli::{Exit, fail};
use crate::run::{LaunchedExecutor, Notifier};
use crate::text::ErrorText;

/// How long a slot is waited for; one that is in a queue for longer says nothing of itself here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tries one slot of each pool; what keeps it from answering joins the faults.
pub(super) fn try_all(arguments: &LocalArguments, faults: &mut Vec<Fault>) -> Result<Vec<PoolSlot>, Exit> {
    let Some(file) = &arguments.pools else { return Ok(Vec::new()) };
    let trouble = |error: &dyn std::fmt::Display| fail(Exit::Trouble, &error.to_string());
    let folder = tempfile::tempdir().map_err(|error| trouble(&error))?;
    // Nothing is computed: no cache is asked for anything.
    let cache = Cache::open(folder.path()).map_err(|error| trouble(&error))?;
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
