//! A plan saved in a file. A run of it runs exactly what was shown, or nothing.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::status;
use crate::cli::{Exit, fail};
use crate::digest::Digest;
use crate::files;
use crate::plan::{Plan, TaskId};
use crate::run::Standing;
use crate::spec::{Budget, ResolvedSpec};

const FORMAT: &str = "epnas plan v2";
/// What every saved plan begins with.
pub(super) const BEGINNING: &[u8] = b"{\"format\":\"epnas plan";
/// Room for millions of tasks.
const LIMIT: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPlan {
    format: String,
    name: String,
    /// Of all tasks.
    plan: Digest,
    /// What ends the search before its last task.
    budget: Budget,
    tasks: Vec<SavedTask>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedTask {
    id: TaskId,
    status: serde_json::Value,
}

fn tasks(plan: &Plan, standings: &[Standing]) -> Vec<SavedTask> {
    plan.tasks().zip(standings).map(|(planned, standing)| SavedTask { id: planned.id.clone(), status: status(standing) }).collect()
}

pub(super) fn to_json(spec: &ResolvedSpec, plan: &Plan, standings: &[Standing]) -> String {
    let saved = SavedPlan {
        format: FORMAT.to_owned(),
        name: spec.name.clone(),
        plan: plan.digest(),
        budget: spec.execution.budget,
        tasks: tasks(plan, standings),
    };
    serde_json::to_string(&saved).expect("plain data always serialises") + "\n"
}

/// Refuses where what would run now is more, or something else, than the plan of `path` says. What it says to run may have run
/// meanwhile: a run that was cut short goes on.
pub(crate) fn refuse_if_moved_on(path: &Path, spec: &ResolvedSpec, plan: &Plan, standings: &[Standing]) -> Result<(), Exit> {
    let refuse = |why: &str| {
        let said = format!("the plan in `{}` cannot run: {why}\nhelp: plan again with `epnas plan SPEC --out FILE`", path.display());
        Err(fail(Exit::BadSpec, &said))
    };
    let bytes = files::read(path, LIMIT).map_err(|error| fail(Exit::BadSpec, &error.to_string()))?;
    let saved: SavedPlan = match serde_json::from_slice(&bytes) {
        Ok(saved) => saved,
        Err(error) => return refuse(&format!("it is no plan that this version of epnas reads ({error})")),
    };
    if saved.format != FORMAT {
        return refuse(&format!("its format is `{}`, expected `{FORMAT}`", saved.format));
    }
    if saved.plan != plan.digest() {
        let of = if saved.name == spec.name {
            "the spec, its data or the device it is for have changed".to_owned()
        } else {
            format!("it is of `{}`", saved.name)
        };
        return refuse(&of);
    }
    if saved.budget != spec.execution.budget {
        return refuse("`budget` of the spec has changed");
    }
    let now = tasks(plan, standings);
    let done = |status: &serde_json::Value| status.get("cached").or(status.get("failed")).is_some();
    match saved.tasks.iter().zip(&now).find(|(then, now)| done(&then.status) && then.status != now.status) {
        None if saved.tasks.len() == now.len() => Ok(()),
        None => refuse("it was altered"),
        Some((then, now)) => {
            let word = |status: &serde_json::Value| match status.as_object().and_then(|only| only.keys().next()) {
                Some(word) => word.replace("runs", "to run"),
                None => "open".to_owned(),
            };
            refuse(&format!("the cache has changed: `{}` was {}, now it is {}", now.id, word(&then.status), word(&now.status)))
        }
    }
}
