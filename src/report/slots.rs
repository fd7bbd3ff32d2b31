//! Which task was on which slot of a run, and when: kept as `slots.csv` for the report.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tracker::Moment;
use crate::event::{Event, Outcome};
use crate::files::{self, FileError};
use crate::plan::TaskId;
use crate::task::TaskKind;

/// The file in the folder of results.
pub const SLOTS_FILE: &str = "slots.csv";

/// Room for a million tasks.
const LIMIT: u64 = 128 << 20;

/// A task on a slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub slot: usize,
    pub task: String,
    pub kind: TaskKind,
    /// Seconds since the search began, without the time between two runs of it.
    pub began: f64,
    pub ended: f64,
    /// `executed`, `failed`, `retried`, `requeued`, `left` or `unfinished`.
    pub outcome: String,
}

/// Listens to a run.
#[derive(Debug, Default)]
pub struct Slots {
    /// Seconds that the runs before took with which this one goes on.
    before: f64,
    open: BTreeMap<TaskId, (usize, TaskKind, f64)>,
    spans: Vec<Span>,
}

impl Slots {
    /// Goes on with what the runs before left in `folder`, where there were any.
    pub fn begin(folder: &Path, before: f64) -> Self {
        // What cannot be read is no loss for a run: only the report shows it.
        let spans = if before > 0.0 { read(folder).unwrap_or_default() } else { Vec::new() };
        Self { before, open: BTreeMap::new(), spans }
    }

    pub fn hear(&mut self, event: &Event, moment: Moment) {
        let now = self.before + moment.elapsed.as_secs_f64();
        match event {
            Event::TaskStarted { task, kind, slot: Some(slot) } => drop(self.open.insert(task.clone(), (*slot, *kind, now))),
            Event::TaskRetried { task, .. } => self.end(task, now, "retried"),
            Event::TaskRequeued { task } => self.end(task, now, "requeued"),
            Event::TaskLeft { task, .. } => self.end(task, now, "left"),
            Event::TaskFinished { task, outcome, .. } => {
                self.end(task, now, if matches!(outcome, Outcome::Failed { .. }) { "failed" } else { "executed" });
            }
            _ => {}
        }
    }

    fn end(&mut self, task: &TaskId, now: f64, outcome: &str) {
        if let Some((slot, kind, began)) = self.open.remove(task) {
            self.spans.push(Span { slot, task: task.to_string(), kind, began, ended: now, outcome: outcome.to_owned() });
        }
    }

    /// All that has ended.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Keeps what was heard, with what is still open as unfinished. A run in which nothing ran leaves the file as it is.
    pub fn write(&mut self, folder: &Path, moment: Moment) -> Result<(), FileError> {
        let now = self.before + moment.elapsed.as_secs_f64();
        let open: Vec<TaskId> = self.open.keys().cloned().collect();
        for task in &open {
            self.end(task, now, "unfinished");
        }
        if self.spans.is_empty() { Ok(()) } else { files::write(&folder.join(SLOTS_FILE), &csv(&self.spans)) }
    }
}

fn csv(spans: &[Span]) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    for span in spans {
        let round = |seconds: f64| (1_000.0 * seconds).round() / 1_000.0;
        let span = Span { began: round(span.began), ended: round(span.ended), ..span.clone() };
        table.serialize(span).expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}

/// What the last runs of a search left; nothing where there is no such file.
pub fn read(folder: &Path) -> Result<Vec<Span>, String> {
    let path = folder.join(SLOTS_FILE);
    let bytes = match files::read(&path, LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return Ok(Vec::new()),
        Err(error) => return Err(error.to_string()),
    };
    let spans: Result<Vec<Span>, csv::Error> = csv::Reader::from_reader(&bytes[..]).deserialize().collect();
    spans.map_err(|error| format!("`{}` is damaged: {error}\nhelp: a run of the search writes it anew", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::tracker::tests::{at, finished, small, started, trainings};
    use super::*;
    use crate::engine::TaskFailure;

    #[test]
    fn a_run_that_goes_on_adds_to_what_was_kept_and_nothing_that_ran_is_lost() {
        let (_, plan) = small();
        let [first, second, ..] = &trainings(&plan)[..] else { panic!("there are five") };
        let lab = tempfile::tempdir().expect("a temporary folder");
        let mut slots = Slots::begin(lab.path(), 0.0);
        let retried = Event::TaskRetried { task: first.clone(), failure: TaskFailure::Hung { seconds: 9 } };
        for (second, event) in
            [started(first, 0), retried, started(first, 1), started(second, 0), finished(first, 0, 0, 1.0)].iter().enumerate()
        {
            slots.hear(event, at(second as u64));
        }
        slots.write(lab.path(), at(5)).expect("our own folder");
        let told = |spans: &[Span]| spans.iter().map(|span| (span.slot, span.began, span.ended, span.outcome.clone())).collect::<Vec<_>>();
        let kept = read(lab.path()).expect("what was written");
        let word = str::to_owned;
        let expected = [(0, 0.0, 1.0, word("retried")), (1, 2.0, 4.0, word("executed")), (0, 3.0, 5.0, word("unfinished"))];
        assert_eq!(told(&kept), expected);
        let mut more = Slots::begin(lab.path(), 10.0);
        more.hear(&started(second, 0), at(1));
        more.hear(&finished(second, 0, 0, 1.0), at(3));
        more.write(lab.path(), at(4)).expect("our own folder");
        let all = read(lab.path()).expect("what was written");
        assert_eq!(told(&all)[3..], [(0, 11.0, 13.0, word("executed"))]);
        // Nothing ran: the file stays. A search that begins anew begins at nothing.
        Slots::begin(lab.path(), 0.0).write(lab.path(), at(9)).expect("nothing to write");
        assert_eq!(read(lab.path()).expect("what was written"), all);
        files::write(&lab.path().join(SLOTS_FILE), b"slot,task\nx,y\n").expect("our own folder");
        assert!(read(lab.path()).expect_err("damaged").contains("is damaged"));
    }
}
