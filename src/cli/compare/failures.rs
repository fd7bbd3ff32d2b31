//! What failed in a search that is compared: trainings may, as in any search; where anything else does, the search says
//! nothing of its strategy.

use crate::cli::{Exit, fail, say};
use crate::engine::{FailureKind, TaskFailure};
use crate::event::{Outcome, REMEMBERED, TaskResult};
use crate::plan::{Plan, Planned};
use crate::task::TaskKind;

/// Tells of trainings that failed; an error where the search, `name`, broke off.
pub(super) fn weigh(name: &str, plan: &Plan, results: &[Option<TaskResult>]) -> Result<(), Exit> {
    let failed: Vec<(&Planned, &TaskFailure)> = plan
        .tasks()
        .zip(results)
        .filter_map(|(task, result)| match &result.as_ref()?.outcome {
            Outcome::Failed { failure, .. } => Some((task, failure)),
            Outcome::Executed | Outcome::Cached | Outcome::Skipped { .. } => None,
        })
        .collect();
    if let Some((task, failure)) = failed.iter().find(|(task, failure)| !is_of_the_network(task, failure)) {
        let help = "no comparison is written; what is finished is kept, run again when this is mended";
        return Err(fail(Exit::Trouble, &format!("{name} broke off: `{}` failed: {failure}\nhelp: {help}", task.id)));
    }
    if let [(first, failure), ..] = failed[..] {
        let is_remembered = |result: &&TaskResult| matches!(result.outcome, Outcome::Failed { remembered: true, .. });
        let remembered = results.iter().flatten().filter(is_remembered).count();
        let note = if remembered == 0 { String::new() } else { format!("; {remembered} of them are {REMEMBERED}") };
        say(&format!("warning: {name}: {} trainings failed, the first `{}`: {failure}{note}", failed.len(), first.id));
    }
    Ok(())
}

/// Whether a failure may come of the network that is trained, and so is a result of the search.
fn is_of_the_network(task: &Planned, failure: &TaskFailure) -> bool {
    let is_trained = matches!(task.task.kind(), TaskKind::Train | TaskKind::Measure | TaskKind::Final) && task.task.needs_tensors();
    is_trained && !matches!(failure.kind(), FailureKind::DiskFull | FailureKind::Unreadable | FailureKind::Refused)
}
