//! A run as a timeline: Chrome's trace events as a JSON array, for Perfetto (ui.perfetto.dev) and chrome://tracing. One
//! track for the tasks that the coordinator does itself, one for each slot.
//!
//! Every line is written as soon as it is known and nothing is kept, however long the run is. What a killed run leaves is
//! an array without its end, which both programs read.
//! The format: "Trace Event Format", the document that chrome://tracing refers to.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::tracker::{Moment, Tracker};
use crate::event::{Event, Outcome};
use crate::plan::TaskId;
use crate::task::TaskKind;

/// What every timeline begins with.
pub const TIMELINE_BEGINNING: &[u8] = b"[\n{\"name\":\"process_name\",\"ph\":\"M\"";

/// The track of tasks that need no slot; slot N has track N + 1.
const COORDINATOR: usize = 0;

#[derive(Debug)]
pub struct Timeline<W: Write> {
    output: W,
    begun: bool,
    /// Tasks that were started and have not ended, by track.
    open: BTreeMap<usize, Open>,
    counted: Counted,
}

#[derive(Debug)]
struct Open {
    task: TaskId,
    kind: TaskKind,
    since: u64,
    attempt: usize,
}

/// What the counters showed last.
#[derive(Debug, Default, PartialEq)]
struct Counted {
    done: Option<usize>,
    best: Option<f64>,
    busy: Option<usize>,
}

/// One trace event, in the order in which people read it.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    /// Its sort: M metadata, X a task with its duration, i an instant, C a counter.
    ph: char,
    /// Microseconds.
    ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<u64>,
    pid: u32,
    tid: usize,
    /// How far an instant is drawn: t its track, p all tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'a str>,
    args: Value,
}

impl<W: Write> Timeline<W> {
    pub const fn new(output: W) -> Self {
        let counted = Counted { done: None, best: None, busy: None };
        Self { output, begun: false, open: BTreeMap::new(), counted }
    }

    /// The tracker has heard the event already.
    pub fn hear(&mut self, event: &Event, tracker: &Tracker, moment: Moment) -> io::Result<()> {
        let now = microseconds(moment.elapsed);
        match event {
            Event::RunStarted { name, .. } => self.head(name)?,
            Event::SlotAppeared { slot, device, .. } => self.track(*slot, device)?,
            Event::SlotGone { slot } => self.instant("gone", "slot", slot + 1, 't', now, json!({}))?,
            Event::TaskStarted { task, kind, slot } => {
                let open = Open { task: task.clone(), kind: *kind, since: now, attempt: tracker.attempt(task) };
                self.open.insert(slot.map_or(COORDINATOR, |slot| slot + 1), open);
            }
            Event::TaskRetried { task, failure } => {
                let args = json!({ "outcome": "retried", "failure": failure.to_string() });
                let track = self.end(task, now, args.clone())?.unwrap_or(COORDINATOR);
                self.instant(&format!("{task} is tried again"), "retry", track, 't', now, args)?;
            }
            Event::TaskRequeued { task } => {
                self.end(task, now, json!({ "outcome": "requeued" }))?;
            }
            Event::TaskLeft { task, failure } => {
                self.end(task, now, json!({ "outcome": "left", "failure": failure.to_string() }))?;
            }
            Event::TaskFinished { task, kind, stage, round, outcome, seconds } => {
                let (word, more) = outcome_label(outcome);
                let args = json!({ "outcome": word, "stage": tracker.stage(*stage), "round": round, "seconds": seconds, "why": more });
                if self.end(task, now, args.clone())?.is_none() {
                    // It was never started: remembered, or without its inputs.
                    self.instant(&task.0, kind.word(), COORDINATOR, 't', now, args)?;
                }
            }
            Event::Warning { message } => {
                self.instant("warning", "warning", COORDINATOR, 'p', now, json!({ "message": message }))?;
            }
            Event::BudgetUsed { budget, next, left } => {
                let args = json!({ "budget": budget, "next": next, "left": left });
                self.instant(&format!("budget of {budget} used"), "run", COORDINATOR, 'p', now, args)?;
            }
            Event::Pausing => self.instant("pausing", "run", COORDINATOR, 'p', now, json!({}))?,
            Event::Stopping { cause } => self.instant("stopping", "run", COORDINATOR, 'p', now, json!({ "cause": cause }))?,
            Event::Interrupted => self.instant("interrupted", "run", COORDINATOR, 'p', now, json!({}))?,
            Event::Summary(_) => self.instant("done", "run", COORDINATOR, 'p', now, json!({}))?,
            Event::PoolChanged { .. }
            | Event::Data { .. }
            | Event::TaskProgress { .. }
            | Event::NetworkMeasured { .. }
            | Event::Learned { .. } => {}
        }
        self.count(tracker, now)
    }

    /// Ends what was not ended, and the file.
    pub fn close(&mut self, moment: Moment) -> io::Result<()> {
        let now = microseconds(moment.elapsed);
        while let Some((track, open)) = self.open.pop_first() {
            self.task(track, &open, now, json!({ "outcome": "unfinished" }))?;
        }
        if self.begun {
            self.output.write_all(b"\n]\n")?;
        }
        self.output.flush()
    }

    fn head(&mut self, name: &str) -> io::Result<()> {
        self.name("process_name", COORDINATOR, &format!("epnas {name}"))?;
        self.name("thread_name", COORDINATOR, "coordinator")
    }

    /// The track of a slot.
    fn track(&mut self, slot: usize, device: &str) -> io::Result<()> {
        self.name("thread_name", slot + 1, &format!("slot {slot} ({device})"))?;
        let args = json!({ "sort_index": slot + 1 });
        self.line(&Line { name: "thread_sort_index", ph: 'M', ts: 0, dur: None, pid: 1, tid: slot + 1, s: None, cat: None, args })
    }

    fn name(&mut self, of: &str, track: usize, name: &str) -> io::Result<()> {
        let args = json!({ "name": name });
        self.line(&Line { name: of, ph: 'M', ts: 0, dur: None, pid: 1, tid: track, s: None, cat: None, args })
    }

    /// Writes a task that ends now; its track, if it was started.
    fn end(&mut self, task: &TaskId, now: u64, args: Value) -> io::Result<Option<usize>> {
        let Some(track) = self.open.iter().find(|(_, open)| open.task == *task).map(|(track, _)| *track) else { return Ok(None) };
        if let Some(open) = self.open.remove(&track) {
            self.task(track, &open, now, args)?;
        }
        Ok(Some(track))
    }

    fn task(&mut self, track: usize, open: &Open, now: u64, mut args: Value) -> io::Result<()> {
        args["kind"] = json!(open.kind);
        args["attempt"] = json!(open.attempt);
        let (dur, cat) = (Some(now.saturating_sub(open.since)), Some(open.kind.word()));
        self.line(&Line { name: &open.task.0, ph: 'X', ts: open.since, dur, pid: 1, tid: track, s: None, cat, args })
    }

    fn instant(&mut self, name: &str, cat: &str, track: usize, reach: char, now: u64, args: Value) -> io::Result<()> {
        self.line(&Line { name, ph: 'i', ts: now, dur: None, pid: 1, tid: track, s: Some(reach), cat: Some(cat), args })
    }

    /// Writes the counters that changed.
    fn count(&mut self, tracker: &Tracker, now: u64) -> io::Result<()> {
        let (done, busy) = (tracker.trainings_done(), self.open.keys().filter(|track| **track != COORDINATOR).count());
        let best = tracker.best().map(|best| 100.0 * best.network.validation_accuracy);
        let before = std::mem::replace(&mut self.counted, Counted { done: Some(done), best, busy: Some(busy) });
        if before.done != Some(done) {
            self.counter("trainings done", now, json!({ "trainings": done }))?;
        }
        if before.busy != Some(busy) {
            self.counter("slots busy", now, json!({ "slots": busy }))?;
        }
        match best {
            Some(best) if before.best != Some(best) => self.counter("best validation accuracy", now, json!({ "percent": best })),
            _ => Ok(()),
        }
    }

    fn counter(&mut self, name: &str, now: u64, args: Value) -> io::Result<()> {
        self.line(&Line { name, ph: 'C', ts: now, dur: None, pid: 1, tid: COORDINATOR, s: None, cat: None, args })
    }

    /// In one piece, so that a killed run leaves whole lines.
    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut text = if self.begun { b",\n".to_vec() } else { b"[\n".to_vec() };
        self.begun = true;
        serde_json::to_writer(&mut text, line).expect("plain data always serialises");
        self.output.write_all(&text)
    }
}

const fn microseconds(elapsed: Duration) -> u64 {
    elapsed.as_micros() as u64
}

/// The word of an outcome, and why it is not a result.
fn outcome_label(outcome: &Outcome) -> (&'static str, Option<String>) {
    match outcome {
        Outcome::Executed => ("executed", None),
        Outcome::Cached => ("cached", None),
        Outcome::Failed { .. } => ("failed", outcome.failure()),
        Outcome::Skipped { missing } => ("skipped", Some(format!("{missing} never came to be"))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tracker::tests::{appeared, at, finished, small, started, trainings};
    use super::*;
    use crate::engine::TaskFailure;

    /// Tells these events, each one second after the other; what was written before it was closed, and then.
    fn written(events: &[Event]) -> (String, String) {
        let (spec, plan) = small();
        let mut tracker = Tracker::new(&spec, &plan);
        let mut timeline = Timeline::new(Vec::new());
        for (second, event) in events.iter().enumerate() {
            tracker.hear(event, at(second as u64));
            timeline.hear(event, &tracker, at(second as u64)).expect("writing to memory");
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let killed = text(&timeline.output);
        timeline.close(at(events.len() as u64)).expect("writing to memory");
        (killed, text(&timeline.output))
    }

    fn events() -> Vec<Event> {
        let (_, plan) = small();
        let [first, second, ..] = &trainings(&plan)[..] else { panic!("there are five") };
        vec![
            Event::RunStarted { name: "small".to_owned(), workers: 2, tasks: BTreeMap::new() },
            appeared(0, "cpu"),
            appeared(1, "cuda:1"),
            started(first, 0),
            started(second, 1),
            Event::TaskRetried { task: first.clone(), failure: TaskFailure::Hung { seconds: 9 } },
            started(first, 0),
            finished(first, 0, 0, 1.0),
            Event::Warning { message: "\"quoted\"\n".to_owned() },
            Event::BudgetUsed { budget: "trainings".to_owned(), next: second.clone(), left: 1 },
            Event::Pausing,
            Event::Interrupted,
        ]
    }

    #[test]
    fn it_is_json_also_when_the_run_is_cut_short_and_needs_only_its_end_when_it_is_killed() {
        let (killed, closed) = written(&events());
        assert!(closed.as_bytes().starts_with(TIMELINE_BEGINNING), "{closed}");
        let lines: Vec<Value> = serde_json::from_str(&closed).expect("JSON");
        let mended: Vec<Value> = serde_json::from_str(&format!("{killed}]")).expect("JSON");
        assert_eq!(lines.len(), mended.len() + 1, "the second training was open");
        assert_eq!(lines.last().expect("lines")["args"]["outcome"], "unfinished");
        // A run that never began leaves nothing.
        assert_eq!(written(&[]).1, "");
    }

    #[test]
    fn every_attempt_is_a_stretch_of_its_own_and_counters_are_told_when_they_change() {
        let lines: Vec<Value> = serde_json::from_str(&written(&events()).1).expect("JSON");
        let of = |ph: &str| lines.iter().filter(|line| line["ph"] == ph).collect::<Vec<_>>();
        let tasks: Vec<(u64, u64, &Value, &Value)> = of("X")
            .iter()
            .map(|line| (line["ts"].as_u64().expect("a time"), line["dur"].as_u64().expect("a time"), &line["tid"], &line["args"]))
            .collect();
        let shape: Vec<(u64, u64)> = tasks.iter().map(|task| (task.0 / 1_000_000, task.1 / 1_000_000)).collect();
        assert_eq!(shape, [(3, 2), (6, 1), (4, 8)]);
        assert_eq!((&tasks[0].3["outcome"], &tasks[0].3["attempt"]), (&json!("retried"), &json!(1)));
        assert_eq!((&tasks[1].3["outcome"], &tasks[1].3["attempt"]), (&json!("executed"), &json!(2)));
        assert_eq!((tasks[1].2, tasks[2].2), (&json!(1), &json!(2)));
        let names: Vec<&Value> = of("M").iter().filter_map(|line| line["args"].get("name")).collect();
        assert_eq!(names, ["epnas small", "coordinator", "slot 0 (cpu)", "slot 1 (cuda:1)"]);
        let instants: Vec<&Value> = of("i").iter().map(|line| &line["name"]).collect();
        let retried =
            format!("{} is tried again", lines.iter().find(|line| line["ph"] == "X").expect("a task")["name"].as_str().expect("a name"));
        assert_eq!(instants, [retried.as_str(), "warning", "budget of trainings used", "pausing", "interrupted"]);
        let busy: Vec<u64> = of("C").iter().filter_map(|line| line["args"]["slots"].as_u64()).collect();
        assert_eq!(busy, [0, 1, 2, 1, 2, 1]);
    }
}
