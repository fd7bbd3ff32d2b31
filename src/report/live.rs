//! A run while it goes on, for people: bars on a terminal, lines elsewhere. Both from events alone.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::text::{count, percent, percent_with};
use crate::arch::CostKind;
use crate::event::{Event, Outcome};
use crate::plan::{Plan, TaskId};
use crate::spec::ResolvedSpec;
use crate::strategy::{Measured, UpdateReport};
use crate::task::{Task, TaskKind};

/// What is known of a run so far.
struct Tracker {
    stages: Vec<String>,
    /// Epochs × share of the examples of every training that has not ended.
    open: BTreeMap<TaskId, f64>,
    /// Work and time of the trainings that were executed.
    done_work: f64,
    done_seconds: f64,
    workers: usize,
    best: Option<(usize, Measured)>,
}

impl Tracker {
    fn new(spec: &ResolvedSpec, plan: &Plan) -> Self {
        let work = plan.tasks().filter_map(|planned| match &planned.task {
            Task::Train { recipe, .. } => Some((planned.id.clone(), recipe.epochs as f64 * recipe.examples)),
            _ => None,
        });
        let stages = spec.stages.iter().map(|stage| stage.name.clone()).collect();
        Self { stages, open: work.collect(), done_work: 0.0, done_seconds: 0.0, workers: 1, best: None }
    }

    /// Takes an event in; whether it brought a new best feasible network.
    fn hear(&mut self, event: &Event) -> bool {
        match event {
            Event::RunStarted { workers, .. } => self.workers = (*workers).max(1),
            Event::TaskFinished { task, kind: TaskKind::Train, outcome, seconds, .. } => {
                let work = self.open.remove(task).unwrap_or(0.0);
                if *outcome == Outcome::Executed {
                    self.done_work += work;
                    self.done_seconds += seconds;
                }
            }
            Event::NetworkMeasured { stage, network, .. } if network.reward.feasible => {
                // A later stage trains longer: its rewards stand above those before.
                let better = self.best.as_ref().is_none_or(|(best_stage, best)| {
                    stage > best_stage || (stage == best_stage && network.reward.value > best.reward.value)
                });
                if better {
                    self.best = Some((*stage, network.clone()));
                }
                return better;
            }
            _ => {}
        }
        false
    }

    /// Time until all trainings are done, from the trainings so far.
    fn remaining(&self) -> Option<Duration> {
        let rate = self.done_seconds / self.done_work;
        let seconds = rate * self.open.values().sum::<f64>() / self.workers as f64;
        seconds.is_finite().then(|| Duration::from_secs_f64(seconds.max(0.0)))
    }

    fn stage(&self, index: usize) -> &str {
        self.stages.get(index).map_or("final", String::as_str)
    }
}

fn network_line(network: &Measured) -> String {
    let infeasible = if network.reward.feasible { "" } else { " (infeasible)" };
    let told = [CostKind::Params, CostKind::Macs, CostKind::Latency];
    let costs: Vec<String> =
        told.iter().filter_map(|kind| Some(format!("{} {}  ", kind.word(), count(*network.costs.get(kind)?)))).collect();
    format!(
        "{}{infeasible}  {}{}",
        percent_with(network.validation_accuracy, network.deviation()),
        costs.concat(),
        network.architecture.summary()
    )
}

fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Share of the entropy of uniform answers below which a policy is said to collapse.
const COLLAPSED: f64 = 0.05;

/// What is said of an event besides networks.
fn remark(event: &Event) -> Option<String> {
    match event {
        Event::RunStarted { name, workers, tasks } => {
            let tasks: Vec<String> = tasks.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            Some(format!("running `{name}` on {workers} worker{}: {}", if *workers == 1 { "" } else { "s" }, tasks.join(", ")))
        }
        Event::TaskRetried { task, failure } => Some(format!("`{task}` failed and is tried again: {failure}")),
        Event::TaskFinished { task, outcome: Outcome::Failed { failure }, .. } => Some(format!("`{task}` failed: {failure}")),
        Event::Learned { task, report: UpdateReport { gated: Some(rho), .. }, .. } => Some(format!(
            "`{task}`: the round was chosen at random, the rank correlation {rho:.2} of the latest predictions is below the gate"
        )),
        Event::Learned { task, report: UpdateReport { policy: Some(policy), .. }, .. } if policy.entropy < COLLAPSED => {
            let share = 100.0 * policy.entropy;
            Some(format!("warning: `{task}`: the policy has nearly collapsed, its entropy is {share:.0} % of that of chance"))
        }
        Event::Warning { message } => Some(format!("warning: {message}")),
        Event::BudgetUsed { budget, next, left } => Some(format!(
            "the budget of `{budget}` is used up: the best networks so far are trained at length; `{next}` would have been next, with {left} trainings left in all"
        )),
        Event::Pausing => Some("stopping: what is quick is finished, the rest is saved; Ctrl-C once more ends it at once".to_owned()),
        Event::Interrupted => Some("interrupted: what is finished is kept, run again to go on".to_owned()),
        _ => None,
    }
}

/// Plain lines, one for each network measured.
pub struct Lines<W: Write> {
    tracker: Tracker,
    output: W,
    began: Instant,
}

impl<W: Write> Lines<W> {
    pub fn new(spec: &ResolvedSpec, plan: &Plan, output: W) -> Self {
        Self { tracker: Tracker::new(spec, plan), output, began: Instant::now() }
    }

    pub fn hear(&mut self, event: &Event) {
        let better = self.tracker.hear(event);
        let line = match event {
            Event::NetworkMeasured { task, network, .. } => {
                let left = self.tracker.remaining().map_or_else(String::new, |left| format!(" -{}", clock(left)));
                let mark = if better { "*" } else { " " };
                format!("{}{left} {mark} {task}  {}", clock(self.began.elapsed()), network_line(network))
            }
            _ => match remark(event) {
                Some(line) => line,
                None => return,
            },
        };
        // Nobody may be reading.
        let _ = writeln!(self.output, "{line}");
    }
}

/// Bars on a terminal: the whole run, and each slot's training.
pub struct Live {
    tracker: Tracker,
    bars: MultiProgress,
    whole: ProgressBar,
    slots: BTreeMap<usize, (TaskId, ProgressBar)>,
}

impl Live {
    pub fn new(spec: &ResolvedSpec, plan: &Plan) -> Self {
        let tracker = Tracker::new(spec, plan);
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let whole = bars.add(ProgressBar::new(tracker.open.len() as u64));
        whole.set_style(style("{elapsed} {bar:20} {pos}/{len} trainings  {wide_msg}"));
        whole.enable_steady_tick(Duration::from_millis(500));
        Self { tracker, bars, whole, slots: BTreeMap::new() }
    }

    pub fn hear(&mut self, event: &Event) {
        let better = self.tracker.hear(event);
        match event {
            Event::TaskStarted { task, slot: Some(slot), .. } => {
                let bar = self.slots.remove(slot).map_or_else(|| self.bars.add(ProgressBar::new(1)), |(_, bar)| bar);
                bar.reset();
                bar.set_style(style("  {bar:20} {wide_msg}"));
                bar.set_message(task.to_string());
                self.slots.insert(*slot, (task.clone(), bar));
            }
            Event::TaskProgress { task, progress } => {
                if let Some((_, bar)) = self.slots.values().find(|(running, _)| running == task) {
                    bar.set_length(progress.total_steps as u64);
                    bar.set_position(progress.done_steps as u64);
                }
            }
            Event::TaskFinished { kind: TaskKind::Train, stage, round, .. } => {
                self.whole.inc(1);
                let left = self.tracker.remaining().map_or_else(|| "?".to_owned(), clock);
                let best = self.tracker.best.as_ref().map_or_else(|| "–".to_owned(), |(_, best)| percent(best.validation_accuracy));
                self.whole.set_message(format!("{} round {round}, best {best}, {left} left", self.tracker.stage(*stage)));
            }
            Event::NetworkMeasured { task, network, .. } if better => self.say(&format!("* {task}  {}", network_line(network))),
            Event::Summary(_) => self.close(),
            _ => {}
        }
        if let Event::TaskFinished { task, .. } = event
            && let Some((_, bar)) = self.slots.values().find(|(ended, _)| ended == task)
        {
            bar.set_position(0);
            bar.set_message("–");
        }
        if let Some(remark) = remark(event) {
            self.say(&remark);
        }
    }

    /// Takes the bars off the terminal.
    pub fn close(&self) {
        self.slots.values().for_each(|(_, bar)| bar.finish_and_clear());
        self.whole.finish_and_clear();
    }

    fn say(&self, line: &str) {
        // The terminal may be gone.
        let _ = self.bars.println(line);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are valid")
}
