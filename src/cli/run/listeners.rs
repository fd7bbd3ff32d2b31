//! All who are told of a run: the screen, the log, the timeline and `run.json`. The clock enters here.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::logged;
use crate::cli::clock::unix_seconds;
use crate::cli::log::Log;
use crate::cli::output::refuse_overwrite;
use crate::cli::{Exit, Talk, fail, print, process};
use crate::digest::Digest;
use crate::event::{Event, PoolUse};
use crate::files;
use crate::host::{self, locked};
use crate::plan::Plan;
use crate::report::slots::{Slots, Span};
use crate::report::status::{Beginning, RunStatus, StatusFile};
use crate::report::{Lines, Live, Moment, PoolHours, TIMELINE_BEGINNING, Timeline, Tracker};
use crate::spec::ResolvedSpec;

/// How often those are told the time who would not hear anything else for long.
const BEAT: Duration = Duration::from_secs(1);

/// Where and how a run is told of.
pub(super) struct Telling<'a> {
    /// Path of the spec.
    pub spec: &'a Path,
    /// Of the results.
    pub folder: &'a Path,
    pub talk: Talk,
    /// Slots that are there from the beginning.
    pub workers: usize,
    pub began: Instant,
    pub log: &'a Log,
}

/// Told of every event, and every second that a run goes on. Dropped, it says that the run has ended.
pub(super) struct Listeners {
    all: Arc<Mutex<All>>,
    began: Instant,
    spent: f64,
    beat: Option<(Sender<()>, JoinHandle<()>)>,
}

struct All {
    tracker: Tracker,
    screen: Screen,
    timeline: Option<Timeline<File>>,
    status: StatusFile,
    slots: Slots,
    hours: PoolHours,
    /// Of the results.
    folder: PathBuf,
    /// Whether it was said that the status cannot be written.
    status_fails: bool,
}

/// The file of a timeline, where one is asked for.
pub(super) fn timeline(path: Option<&Path>) -> Result<Option<Timeline<File>>, Exit> {
    let Some(path) = path else { return Ok(None) };
    refuse_overwrite(path, "timeline", TIMELINE_BEGINNING)?;
    let file = files::create(path).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(Some(Timeline::new(file)))
}

impl Listeners {
    /// Tells that a run begins.
    pub(super) fn begin(spec: &ResolvedSpec, plan: &Plan, telling: &Telling<'_>, timeline: Option<Timeline<File>>) -> Result<Self, Exit> {
        let Telling { folder, workers, began, .. } = *telling;
        let trouble = |error: files::FileError| fail(Exit::Trouble, &error.to_string());
        telling.log.write_below(folder).map_err(trouble)?;
        let search = plan.digest();
        let (spent, doubt) = earlier(folder, search);
        let beginning =
            Beginning { name: spec.name.clone(), spec: telling.spec.display().to_string(), search, process: process::this(), spent };
        logged::beginning(&beginning);
        let tracker = Tracker::new(spec, plan);
        let screen = Screen::new(telling.talk, &tracker);
        let slots = Slots::begin(folder, spent.0);
        let status = StatusFile::new(folder, beginning);
        let all =
            All { tracker, screen, timeline, status, slots, hours: PoolHours::default(), folder: folder.to_owned(), status_fails: false };
        let all = Arc::new(Mutex::new(all));
        let (stop, stopped) = bounded(0);
        let of_beat = Arc::clone(&all);
        let keep_beating = move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                locked(&of_beat).tick(now(began));
            }
        };
        let beat = host::thread("beat", keep_beating).map_err(|refused| fail(Exit::Trouble, &refused.to_string()))?;
        let mut listeners = Self { all, began, spent: spent.0, beat: Some((stop, beat)) };
        let mut tasks = BTreeMap::new();
        for planned in plan.tasks() {
            *tasks.entry(planned.task.kind()).or_default() += 1;
        }
        listeners.hear(&Event::RunStarted { name: spec.name.clone(), workers, tasks });
        if let Some(message) = doubt {
            listeners.hear(&Event::Warning { message });
        }
        Ok(listeners)
    }

    /// Whole seconds that the runs before took with which this one goes on.
    pub(super) const fn wall_before(&self) -> u64 {
        self.spent as u64
    }

    /// Keeps what was on the slots of the run, and gives it.
    pub(super) fn keep_slots(&mut self) -> Vec<Span> {
        locked(&self.all).keep_slots(now(self.began))
    }

    /// What the run has had of each pool.
    pub(super) fn pools(&self) -> BTreeMap<String, PoolUse> {
        locked(&self.all).hours.used(now(self.began))
    }

    pub(super) fn hear(&mut self, event: &Event) {
        locked(&self.all).hear(event, now(self.began));
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        if let Some((stop, beat)) = self.beat.take() {
            drop(stop);
            // A beat that panicked has said so.
            let _ = beat.join();
        }
        locked(&self.all).close(now(self.began));
    }
}

fn now(began: Instant) -> Moment {
    Moment { elapsed: began.elapsed(), unix: unix_seconds() }
}

/// What the runs before have spent, and what is doubtful about it.
fn earlier(folder: &Path, search: Digest) -> ((f64, usize), Option<String>) {
    match RunStatus::read(folder) {
        Ok(None) => ((0.0, 0), None),
        Ok(Some(before)) => {
            let goes_on = before.state.goes_on() && process::lives(&before.process) == Some(true);
            let doubt = || format!("process {} is running `{}` too; both write to `{}`", before.process.pid, before.name, folder.display());
            (before.spent(search), goes_on.then(doubt))
        }
        Err(error) => ((0.0, 0), Some(format!("the time of the runs before is not counted: {error}"))),
    }
}

impl All {
    fn hear(&mut self, event: &Event, moment: Moment) {
        let better = self.tracker.hear(event, moment);
        logged::event(event, &self.tracker);
        self.screen.hear(event, &self.tracker, moment, better);
        if let Some(Err(error)) = self.timeline.as_mut().map(|timeline| timeline.hear(event, &self.tracker, moment)) {
            self.timeline = None;
            self.warn(format!("the timeline ends here, it cannot be written: {error}"), moment);
        }
        self.slots.hear(event, moment);
        self.hours.hear(event, moment);
        let told = self.status.hear(event, &self.tracker, moment);
        self.note(told, moment);
    }

    fn tick(&mut self, moment: Moment) {
        match &mut self.screen {
            Screen::Live(live) => live.tick(),
            Screen::Lines(lines) => lines.tick(&self.tracker, moment),
            Screen::Json => {}
        }
        let told = self.status.tick(&self.tracker, moment);
        self.note(told, moment);
    }

    fn close(&mut self, moment: Moment) {
        self.screen.close();
        if let Some(Err(error)) = self.timeline.as_mut().map(|timeline| timeline.close(moment)) {
            self.warn(format!("the timeline has no end: {error}"), moment);
        }
        let told = self.status.close(&self.tracker, moment);
        self.note(told, moment);
    }

    fn keep_slots(&mut self, moment: Moment) -> Vec<Span> {
        if let Err(error) = self.slots.write(&self.folder, moment) {
            self.warn(format!("a later report will not show the slots: {error}"), moment);
        }
        self.slots.spans().to_vec()
    }

    /// A run goes on without a status, and says so once.
    fn note(&mut self, told: Result<(), files::FileError>, moment: Moment) {
        match told {
            Ok(()) => self.status_fails = false,
            Err(error) if !std::mem::replace(&mut self.status_fails, true) => {
                self.warn(format!("`epnas status` will not know of this run: {error}"), moment);
            }
            Err(_) => {}
        }
    }

    fn warn(&mut self, message: String, moment: Moment) {
        let event = Event::Warning { message };
        logged::event(&event, &self.tracker);
        self.screen.hear(&event, &self.tracker, moment, false);
    }
}

/// What whoever started the run sees.
enum Screen {
    Json,
    Lines(Lines<std::io::Stderr>),
    Live(Box<Live>),
}

impl Screen {
    fn new(talk: Talk, tracker: &Tracker) -> Self {
        match talk {
            Talk::Json => Self::Json,
            Talk::Human if std::io::stderr().is_terminal() => Self::Live(Box::new(Live::new(tracker))),
            Talk::Human => Self::Lines(Lines::new(std::io::stderr())),
        }
    }

    fn hear(&mut self, event: &Event, tracker: &Tracker, moment: Moment, better: bool) {
        match self {
            Self::Json => print(&format!("{}\n", serde_json::to_string(event).expect("events are plain data"))),
            Self::Lines(lines) => lines.hear(event, tracker, moment, better),
            Self::Live(live) => live.hear(event, tracker, better),
        }
    }

    /// Takes bars off the terminal.
    fn close(&self) {
        if let Self::Live(live) = self {
            live.close();
        }
    }
}
