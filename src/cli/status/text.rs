//! The state of runs for people. Everything comes from files, which anyone may have written: nothing in it acts on a
//! terminal.

use std::fmt::Write as _;
use std::time::Duration;

use crate::arch::{CostKind, Costs};
use crate::cli::diagnostics::visible;
use crate::engine::FailureKind;
use crate::report::status::{RunState, RunStatus, SlotStatus};
use crate::text::{clock, columns, counted, percent, percent_with, quantity};

/// A table of runs.
pub(super) fn all(runs: &[RunStatus], now: u64) -> String {
    let header = ["run", "state", "where", "trainings", "best", "time", "left", "updated"].map(str::to_owned);
    let rows = runs.iter().map(|run| {
        [
            visible(&run.name).into_owned(),
            run.state.word().to_owned(),
            visible(&run.place).into_owned(),
            format!("{}/{}", run.trainings.done, run.trainings.total),
            run.best.as_ref().map_or_else(|| "–".to_owned(), |best| percent(best.validation_accuracy)),
            time(run.wall_seconds),
            left(run).unwrap_or_else(|| "–".to_owned()),
            ago(run.updated, now),
        ]
    });
    columns(std::iter::once(header).chain(rows))
}

/// All of one run.
pub(super) fn one(run: &RunStatus, now: u64) -> String {
    let mut text = format!("{}: {}", visible(&run.name), run.state.word());
    if run.state.goes_on() {
        let _ = write!(text, ", {}", visible(&run.place));
    }
    let _ = match run.state {
        RunState::Killed => writeln!(text, "; its process is gone, last heard of {}", ago(run.updated, now)),
        RunState::Failed => writeln!(text, "; `log.jsonl` says why"),
        RunState::BudgetUsed => writeln!(text, ": `{}`", visible(run.budget.as_deref().unwrap_or_default())),
        _ if run.cause.is_some() => writeln!(text, "; {}", visible(run.cause.as_deref().unwrap_or_default())),
        _ => writeln!(text),
    };
    let help = match run.state {
        RunState::Killed | RunState::Interrupted | RunState::Stopped | RunState::Failed => "goes on",
        RunState::BudgetUsed => "goes on with a larger budget",
        RunState::Running | RunState::Pausing | RunState::Done => "",
    };
    if !help.is_empty() {
        let _ = writeln!(text, "  what is finished is kept, `epnas run {}` {help}", visible(&run.spec));
    }
    let _ = writeln!(
        text,
        "  spec       {}, epnas {}, process {} on {}",
        visible(&run.spec),
        visible(&run.version),
        run.process.pid,
        visible(&run.process.host)
    );
    let _ = writeln!(text, "  time       {}", times(run, now));
    let _ = writeln!(text, "  trainings  {} of {}", run.trainings.done, run.trainings.total);
    networks(&mut text, run);
    slots(&mut text, run, now);
    tasks(&mut text, run);
    troubles(&mut text, run);
    recent(&mut text, run, now);
    text
}

fn times(run: &RunStatus, now: u64) -> String {
    let mut text = format!("{}, started {}, updated {}", time(run.seconds), ago(run.started, now), ago(run.updated, now));
    if run.runs > 1 {
        let _ = write!(text, "; {} in all {} runs", time(run.wall_seconds), run.runs);
    }
    if let Some(left) = left(run) {
        let _ = write!(text, "; about {left} left");
    }
    text
}

fn networks(text: &mut String, run: &RunStatus) {
    match (&run.found, &run.best) {
        (Some(found), _) => {
            let test = found.test_accuracy.map(|test| format!("test {}, ", percent_with(test, found.test_deviation)));
            let validation = percent_with(found.validation_accuracy, found.validation_deviation);
            let accuracies = format!("{}validation {validation}", test.unwrap_or_default());
            let _ = writeln!(text, "  found      {accuracies}  {}{}", costs(&found.costs), visible(&found.architecture));
        }
        (None, Some(best)) => {
            let accuracy = percent_with(best.validation_accuracy, best.validation_deviation);
            let (architecture, task) = (visible(&best.architecture), visible(&best.task));
            let _ = writeln!(text, "  best       {accuracy}  {}{architecture}  ({task})", costs(&best.costs));
        }
        (None, None) => text.push_str("  best       nothing feasible was measured yet\n"),
    }
}

fn costs(costs: &Costs) -> String {
    let told: Vec<String> = CostKind::told(costs).map(|(word, cost)| format!("{word} {}  ", quantity(cost))).collect();
    told.concat()
}

fn slots(text: &mut String, run: &RunStatus, now: u64) {
    if !run.state.goes_on() && run.slots.iter().all(|slot| slot.task.is_none()) {
        return;
    }
    let row = |slot: &SlotStatus| {
        let place = format!("  slot {}     {}", slot.number, visible(&slot.device));
        match &slot.task {
            None => [place, "–".to_owned(), String::new(), String::new()],
            Some(task) => {
                let again = if task.attempt > 1 { format!(", attempt {}", task.attempt) } else { String::new() };
                let steps = task.progress.map_or_else(String::new, |told| {
                    let share = 100.0 * told.done_steps as f64 / told.total_steps.max(1) as f64;
                    format!("{share:.0} % of {} steps", told.total_steps)
                });
                [place, visible(&task.task).into_owned(), steps, format!("for {}{again}", time(now.saturating_sub(task.since) as f64))]
            }
        }
    };
    for (name, pool) in &run.pools {
        let _ = writeln!(text, "  pool       {}: {} waited for, {} lost", visible(name), counted(pool.pending, "slot"), pool.lost);
    }
    // What a killed run was at when it was last heard of says nothing of now.
    let title = if run.state == RunState::Killed { "  when it was last heard of:\n" } else { "" };
    text.push_str(title);
    text.push_str(&columns(run.slots.iter().map(row)));
}

fn tasks(text: &mut String, run: &RunStatus) {
    let header = ["  tasks", "done", "executed", "cached", "failed", "skipped"].map(str::to_owned);
    let rows = run.tasks.iter().map(|(kind, tasks)| {
        let counts = tasks.counts;
        let done = format!("{}/{}", tasks.done(), tasks.total);
        let counts = [counts.executed, counts.cached, counts.failed, counts.skipped].map(|count| count.to_string());
        let [executed, cached, failed, skipped] = counts;
        [format!("  {kind}"), done, executed, cached, failed, skipped]
    });
    text.push_str(&columns(std::iter::once(header).chain(rows)));
}

fn troubles(text: &mut String, run: &RunStatus) {
    let told = |sorts: &std::collections::BTreeMap<FailureKind, usize>| {
        let sorts = sorts.iter().map(|(sort, count)| format!("{count} × {}", sort.word()));
        sorts.collect::<Vec<_>>().join(", ")
    };
    if !run.failures.is_empty() {
        let _ = writeln!(text, "  failed     {}", told(&run.failures));
    }
    if !run.retries.is_empty() {
        let _ = writeln!(text, "  retried    {}", told(&run.retries));
    }
    if let Some(last) = &run.last_warning {
        let _ = writeln!(text, "  warnings   {}, the last one: {}", run.warnings, visible(&last.replace('\n', "; ")));
    }
}

fn recent(text: &mut String, run: &RunStatus, now: u64) {
    let rows = run.recent.iter().rev().map(|ended| {
        let how = ended.failure.as_ref().map_or_else(|| "done".to_owned(), |why| format!("failed: {}", visible(why)));
        [format!("  {}", ago(ended.at, now)), visible(&ended.task).into_owned(), time(ended.seconds), how]
    });
    if !run.recent.is_empty() {
        let _ = write!(text, "  last\n{}", columns(rows));
    }
}

fn time(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(|_| "?".to_owned(), clock)
}

fn left(run: &RunStatus) -> Option<String> {
    run.remaining_seconds.filter(|_| run.state.goes_on()).map(time)
}

/// How long ago, by the largest unit.
fn ago(then: u64, now: u64) -> String {
    let seconds = now.saturating_sub(then);
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_largest_unit() {
        assert_eq!(
            [ago(0, 119), ago(0, 120), ago(5, 3), ago(0, 7_300), ago(0, 400_000)].join(" "),
            "119 s ago 2 min ago 0 s ago 2 h ago 4 days ago"
        );
        assert_eq!((time(3_723.9), time(-1.0)), ("1:02:03".to_owned(), "?".to_owned()));
    }
}
