//! A run while it goes on, for people: bars on a terminal, lines elsewhere. Both from events alone.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tracker::{Moment, Running, Tracker};
use crate::arch::CostKind;
use crate::engine::PolicyReport;
use crate::event::Event;
use crate::plan::TaskId;
use crate::strategy::{Measured, UpdateReport};
use crate::task::TaskKind;
use crate::text::{clock, counted, percent, percent_with, quantity, visible, visible_lines};

fn network_line(network: &Measured) -> String {
    let infeasible = if network.reward.feasible { "" } else { " (infeasible)" };
    let costs: Vec<String> = CostKind::told(&network.costs).map(|(word, cost)| format!("{word} {}  ", quantity(cost))).collect();
    // Where the search goes by another figure than accuracy.
    let score = network.score.map_or_else(String::new, |score| format!("score {}, accuracy ", percent(score)));
    format!(
        "{score}{}{infeasible}  {}{}",
        percent_with(network.validation_accuracy, network.deviation()),
        costs.concat(),
        visible(&network.architecture.summary())
    )
}

/// Share of the entropy of uniform answers below which a policy is said to collapse.
const COLLAPSED: f64 = 0.05;

/// What is said of an event besides networks.
fn remark(event: &Event) -> Option<String> {
    match event {
        Event::RunStarted { name, workers, tasks } => {
            let tasks: Vec<String> = tasks.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            Some(format!("running `{name}` on {}: {}", counted(*workers, "worker"), tasks.join(", ")))
        }
        Event::TaskRetried { task, failure } => Some(format!("`{task}` failed and is tried again: {failure}")),
        Event::TaskRequeued { task } => Some(format!("`{task}` lost its slot and waits for another one")),
        Event::TaskFinished { task, outcome, .. } => outcome.failure().map(|failure| format!("`{task}` failed: {failure}")),
        Event::Learned { task, report: UpdateReport { gated: Some(rho), .. }, .. } => Some(format!(
            "`{task}`: the round was chosen at random, the rank correlation {rho:.2} of the latest predictions is below the gate"
        )),
        Event::Learned { task, report: UpdateReport { policy: Some(PolicyReport { entropy: Some(entropy), .. }), .. }, .. }
            if *entropy < COLLAPSED =>
        {
            let share = 100.0 * entropy;
            Some(format!("warning: `{task}`: the policy has nearly collapsed, its entropy is {share:.0} % of that of chance"))
        }
        Event::Data { summary, .. } => Some(format!("data: {summary}")),
        Event::Warning { message } => Some(format!("warning: {message}")),
        Event::BudgetUsed { budget, next, left } => Some(format!(
            "the budget of `{budget}` is used up: the best networks so far are trained at length; `{next}` would have been next, with {left} trainings left in all"
        )),
        Event::Pausing => Some("stopping: what is quick is finished, the rest is saved; Ctrl-C once more ends it at once".to_owned()),
        Event::Interrupted => Some("interrupted: what is finished is kept, the same command goes on".to_owned()),
        _ => None,
    }
}

/// After so long without a line, one says how far things are.
pub const QUIET: Duration = Duration::from_secs(10);

/// Plain lines, one for each network measured, and one where nothing else was said for long.
#[derive(Debug)]
pub struct Lines<W: Write> {
    output: W,
    /// When the last one was written.
    said: Duration,
}

impl<W: Write> Lines<W> {
    pub const fn new(output: W) -> Self {
        Self { output, said: Duration::ZERO }
    }

    /// Lets the time go on where nothing else happens.
    pub fn tick(&mut self, tracker: &Tracker, moment: Moment) {
        if moment.elapsed.saturating_sub(self.said) < QUIET {
            return;
        }
        let (done, all) = (tracker.trainings_done(), tracker.trainings());
        let best = tracker.best().map_or_else(String::new, |best| format!(", best {}", percent(best.network.score())));
        let line = format!("{}   {done} of {all} trainings, {}{}{best}", clocks(tracker, moment), tracker.place(), under_way(tracker));
        self.write(&line, moment);
    }

    fn write(&mut self, line: &str, moment: Moment) {
        self.said = moment.elapsed;
        // Nobody may be reading.
        let _ = writeln!(self.output, "{line}");
    }

    /// `better`: the event brought a new best network. The tracker has heard it already.
    pub fn hear(&mut self, event: &Event, tracker: &Tracker, moment: Moment, better: bool) {
        let line = match event {
            Event::NetworkMeasured { task, network, .. } => {
                let mark = if better { "*" } else { " " };
                format!("{} {mark} {}  {}", clocks(tracker, moment), visible(&task.0), network_line(network))
            }
            _ => match remark(event) {
                Some(line) => visible_lines(&line).into_owned(),
                None => return,
            },
        };
        self.write(&line, moment);
    }
}

/// How far the trainings are that run now, where that is known.
fn under_way(tracker: &Tracker) -> String {
    let share = |running: &Running| {
        let progress = running.progress.filter(|progress| progress.total_steps > 0)?;
        Some(format!("{:.0} %", 100.0 * progress.done_steps as f64 / progress.total_steps as f64))
    };
    let shares: Vec<String> = tracker.running().filter_map(|(_, running)| share(running)).collect();
    if shares.is_empty() { String::new() } else { format!(" ({} done)", shares.join(" and ")) }
}

/// Time gone and time left.
fn clocks(tracker: &Tracker, moment: Moment) -> String {
    let left = tracker.remaining().map_or_else(String::new, |left| format!(" -{}", clock(left)));
    format!("{}{left}", clock(moment.elapsed))
}

/// Bars on a terminal: the whole run, and each slot's training.
#[derive(Debug)]
pub struct Live {
    bars: MultiProgress,
    whole: ProgressBar,
    slots: BTreeMap<usize, (TaskId, ProgressBar)>,
}

impl Live {
    pub fn new(tracker: &Tracker) -> Self {
        Self::on(ProgressDrawTarget::stderr(), tracker)
    }

    fn on(target: ProgressDrawTarget, tracker: &Tracker) -> Self {
        let bars = MultiProgress::with_draw_target(target);
        let whole = bars.add(ProgressBar::new(tracker.trainings() as u64));
        whole.set_style(style("{elapsed} {bar:20} {pos}/{len} trainings  {wide_msg}"));
        Self { bars, whole, slots: BTreeMap::new() }
    }

    /// Lets the time go on where nothing else happens.
    pub fn tick(&self) {
        self.whole.tick();
    }

    /// `better`: the event brought a new best network. The tracker has heard it already.
    pub fn hear(&mut self, event: &Event, tracker: &Tracker, better: bool) {
        match event {
            Event::TaskStarted { task, slot: Some(slot), .. } => {
                let bar = self.slots.remove(slot).map_or_else(|| self.bars.add(ProgressBar::new(1)), |(_, bar)| bar);
                bar.reset();
                bar.set_style(style("  {bar:20} {wide_msg}"));
                bar.set_message(visible(&task.0).into_owned());
                self.slots.insert(*slot, (task.clone(), bar));
                self.tell_whole(tracker);
            }
            Event::TaskProgress { task, progress } => {
                if let Some((_, bar)) = self.slots.values().find(|(running, _)| running == task) {
                    bar.set_length(progress.total_steps as u64);
                    bar.set_position(progress.done_steps as u64);
                }
                self.tell_whole(tracker);
            }
            Event::TaskRetried { task, .. } | Event::TaskLeft { task, .. } | Event::TaskRequeued { task } => self.rest(task),
            Event::SlotGone { slot } => {
                if let Some((_, bar)) = self.slots.remove(slot) {
                    bar.finish_and_clear();
                    self.bars.remove(&bar);
                }
            }
            Event::TaskFinished { task, kind, .. } => {
                self.rest(task);
                if *kind == TaskKind::Train {
                    self.whole.set_position(tracker.trainings_done() as u64);
                    self.tell_whole(tracker);
                }
            }
            Event::NetworkMeasured { task, network, .. } if better => {
                self.say(&format!("* {}  {}", visible(&task.0), network_line(network)));
            }
            Event::Summary(_) => self.close(),
            Event::TaskStarted { slot: None, .. }
            | Event::RunStarted { .. }
            | Event::SlotAppeared { .. }
            | Event::PoolChanged { .. }
            | Event::NetworkMeasured { .. }
            | Event::Learned { .. }
            | Event::Data { .. }
            | Event::Warning { .. }
            | Event::BudgetUsed { .. }
            | Event::Pausing
            | Event::Stopping { .. }
            | Event::Interrupted => {}
        }
        if let Some(remark) = remark(event) {
            self.say(&visible_lines(&remark));
        }
    }

    /// Where the run is, the best so far and the time left.
    fn tell_whole(&self, tracker: &Tracker) {
        let left = tracker.remaining().map_or_else(|| "?".to_owned(), clock);
        let best = tracker.best().map_or_else(|| "–".to_owned(), |best| percent(best.network.score()));
        self.whole.set_message(format!("{}, best {best}, {left} left", tracker.place()));
    }

    /// The slot of this task has none now.
    fn rest(&self, task: &TaskId) {
        if let Some((_, bar)) = self.slots.values().find(|(ended, _)| ended == task) {
            bar.set_position(0);
            bar.set_message("–");
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

#[cfg(test)]
mod tests {
    use super::super::tracker::tests::{at, finished, progress, small, started, trainings};
    use super::*;
    use crate::arch::{Costs, Layer, LayerNetwork, Operation};
    use crate::engine::TaskFailure;
    use crate::event::Outcome;
    use crate::objective::Reward;

    /// What `Live` would say beside its bars.
    fn message(live: &Live) -> String {
        live.whole.message()
    }

    #[test]
    fn the_stage_and_the_time_left_move_before_a_training_ends() {
        let (spec, plan) = small();
        let mut tracker = Tracker::new(&spec, &plan);
        let mut live = Live::on(ProgressDrawTarget::hidden(), &tracker);
        let trainings = trainings(&plan);
        let mut tell = |event: Event, seconds: u64| {
            let better = tracker.hear(&event, at(seconds));
            live.hear(&event, &tracker, better);
            message(&live)
        };
        tell(started(&trainings[0], 0), 0);
        assert!(tell(finished(&trainings[0], 0, 0, 10.0), 10).starts_with("grow round 0, best –, "));
        let last = &trainings[trainings.len() - 1];
        let begun = tell(started(last, 0), 11);
        assert!(begun.starts_with("final, "), "{begun}");
        tell(progress(last, 10), 12);
        let before = tell(progress(last, 20), 13);
        let after = tell(progress(last, 90), 20);
        assert_ne!(before, after);
    }

    #[test]
    fn a_line_is_written_where_nothing_was_said_for_long() {
        let (spec, plan) = small();
        let mut tracker = Tracker::new(&spec, &plan);
        let first = trainings(&plan)[0].clone();
        tracker.hear(&started(&first, 0), at(0));
        tracker.hear(&finished(&first, 0, 0, 8.0), at(8));
        let mut lines = Lines::new(Vec::new());
        lines.tick(&tracker, at(9));
        assert_eq!(lines.output, b"");
        lines.tick(&tracker, at(10));
        lines.tick(&tracker, at(19));
        let said = String::from_utf8(lines.output).expect("text");
        assert!(said.starts_with("0:10 -") && said.contains("   1 of ") && said.ends_with(" trainings, grow round 0\n"), "{said}");
        assert_eq!(said.lines().count(), 1);
    }

    #[test]
    fn a_long_training_shows_how_far_it_is() {
        let (spec, plan) = small();
        let mut tracker = Tracker::new(&spec, &plan);
        let first = trainings(&plan)[0].clone();
        tracker.hear(&started(&first, 0), at(0));
        tracker.hear(&progress(&first, 37), at(9));
        let mut lines = Lines::new(Vec::new());
        lines.tick(&tracker, at(10));
        let said = String::from_utf8(lines.output).expect("text");
        assert!(said.contains("grow round 0 (37 % done)"), "{said}");
    }

    #[test]
    fn a_policy_collapses_where_there_is_one_and_what_is_remembered_is_said_to_be() {
        let (spec, plan) = small();
        let tracker = Tracker::new(&spec, &plan);
        let said = |event: Event| {
            let mut lines = Lines::new(Vec::new());
            lines.hear(&event, &tracker, at(0), false);
            String::from_utf8(lines.output).expect("text")
        };
        let task = || TaskId("grow/round-00/update".to_owned());
        let learned = |entropy| {
            let report = UpdateReport {
                policy: Some(PolicyReport { entropy, value_error: None }),
                predictions: None,
                gated: None,
                shared_weights: None,
            };
            said(Event::Learned { task: task(), stage: 0, round: 0, report })
        };
        assert_eq!((learned(None), learned(Some(0.5))), (String::new(), String::new()));
        assert!(learned(Some(0.01)).contains("its entropy is 1 % of that of chance"));
        let failed = |remembered| {
            let outcome = Outcome::Failed { failure: TaskFailure::Diverged { epoch: 0 }, remembered };
            said(Event::TaskFinished { task: task(), kind: TaskKind::Train, stage: 0, round: 0, outcome, seconds: 0.0 })
        };
        assert_eq!(failed(false), "`grow/round-00/update` failed: diverged in epoch 1\n");
        let told = "`grow/round-00/update` failed: diverged in epoch 1 (remembered from an earlier run; `--retry-failed` tries again)\n";
        assert_eq!(failed(true), told);
    }

    #[test]
    fn a_network_is_told_with_the_figure_that_the_search_goes_by() {
        let layers = vec![Layer { operation: Operation::convolution(3, 8, 1), sources: vec![] }];
        let reward = Reward { value: 0.75, feasible: true };
        let of = |score| Measured {
            architecture: LayerNetwork { layers: layers.clone() }.into(),
            costs: Costs::new(),
            validation_accuracy: 0.5,
            accuracies: Vec::new(),
            score,
            reward,
            age: None,
        };
        assert_eq!(network_line(&of(None)), "50.00 %  conv3×8");
        assert_eq!(network_line(&of(Some(0.75))), "score 75.00 %, accuracy 50.00 %  conv3×8");
    }

    #[test]
    fn no_text_of_others_acts_on_a_terminal() {
        let (spec, plan) = small();
        let tracker = Tracker::new(&spec, &plan);
        let mut lines = Lines::new(Vec::new());
        let failure = TaskFailure::Crashed { how: "\u{1b}[2J gone\nline two".to_owned() };
        lines.hear(&Event::TaskRetried { task: TaskId("grow/\u{7}bell".to_owned()), failure }, &tracker, at(0), false);
        lines.hear(&Event::Warning { message: "\u{202e}turned".to_owned() }, &tracker, at(0), false);
        let said = String::from_utf8(lines.output).expect("text");
        assert!(said.chars().all(|letter| letter == '\n' || !crate::text::hidden(letter)), "{said:?}");
        assert!(said.contains("\\u{1b}[2J gone\nline two"), "{said:?}");
    }
}
