//! Runs on slots that only pretend: what the scheduler makes of failures, budgets, memory, interruptions and lookahead.

mod agreement;
pub mod executor;
pub mod made_up;
mod endings;
mod failures;
mod forecast;
mod slots;
mod remembered;
mod retraining;

use std::collections::BTreeMap;

use epnas::cache::Cache;
use epnas::digest::Digest;
use epnas::engine::{Memory, TaskFailure};
use epnas::event::{Event, Outcome};
use epnas::plan::Plan;
use epnas::run::{DataPlace, Ended, Pools, Request, RunError};
use epnas::spec::{self, ResolvedSpec};
use epnas::task::{Task, TaskKind};

use executor::{Answer, Simulated, luck, pools};

const SPEC: &str = "
name: simulated
dataset: {name: mnist}
references: none
strategy: random
space: {layers: {stem: {channels: 4, stride: 2}, channels: [4, 8, 12, 16], depth: {max: 4}}}
stages: [{rounds: 6, trainings: 4, carry: 2}, {rounds: 3, trainings: 4}]
final: {networks: 2}
";

/// A cache that several runs share.
struct Workshop {
    /// Gone when the workshop is.
    _folder: tempfile::TempDir,
    cache: Cache,
}

/// A run and what it told.
struct Told {
    ended: Ended,
    events: Vec<Event>,
    plan: Plan,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        Self { _folder: folder, cache }
    }

    fn plan(spec: &ResolvedSpec) -> Plan {
        Plan::new(spec, made_up::data(), "a processor")
    }

    fn place(spec: &ResolvedSpec) -> DataPlace {
        DataPlace::new(&spec.subject, made_up::data())
    }

    fn run(&self, spec: &ResolvedSpec, executor: &mut Simulated<'_>) -> Told {
        self.run_if(spec, executor, false)
    }

    fn run_if(&self, spec: &ResolvedSpec, executor: &mut Simulated<'_>, retry_failed: bool) -> Told {
        self.run_on(spec, pools([executor]), retry_failed)
    }

    fn run_on(&self, spec: &ResolvedSpec, mut pools: Pools<'_>, retry_failed: bool) -> Told {
        let mut events = Vec::new();
        let ended = self.try_run(spec, &mut pools, retry_failed, &mut events).expect("the machine works");
        Told { ended, events, plan: Self::plan(spec) }
    }

    fn try_run(&self, spec: &ResolvedSpec, pools: &mut Pools<'_>, retry_failed: bool, events: &mut Vec<Event>) -> Result<Ended, RunError> {
        made_up::search(spec, &Self::plan(spec), &self.cache, pools, retry_failed, &mut |event| events.push(event.clone()))
    }

    fn slots<'a>(&self, count: usize, script: impl FnMut(&Request, usize) -> Answer + 'a) -> Simulated<'a> {
        Simulated::new(&self.cache, count, Box::new(script))
    }
}

impl Told {
    /// Outcomes by their first word.
    fn counts(&self, kind: TaskKind) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (planned, result) in self.plan.tasks().zip(&self.ended.results) {
            let word = match result.as_ref().map(|result| &result.outcome) {
                None => "undone",
                Some(Outcome::Executed) => "executed",
                Some(Outcome::Cached) => "cached",
                Some(Outcome::Failed { .. }) => "failed",
                Some(Outcome::Skipped { .. }) => "skipped",
            };
            if planned.task.kind() == kind {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    }

    /// Digests of all outputs in the order of the plan: the trajectory of the search.
    fn trajectory(&self) -> Vec<BTreeMap<String, Digest>> {
        self.ended.results.iter().map(|result| result.as_ref().map(|result| result.outputs.clone()).unwrap_or_default()).collect()
    }

    /// What is told of networks and of what was learned, in order.
    fn news(&self) -> Vec<String> {
        let matters = |event: &&Event| matches!(event, Event::NetworkMeasured { .. } | Event::Learned { .. });
        self.events.iter().filter(matters).map(|event| serde_json::to_string(event).expect("plain data")).collect()
    }
}

fn spec(more: &str) -> ResolvedSpec {
    let reading = spec::read(format!("{SPEC}{more}").as_bytes());
    reading.resolved.unwrap_or_else(|| panic!("{:?}", reading.faults))
}

/// Trainings that all succeed, some ten times as long as others.
fn uneven(request: &Request, _: usize) -> Answer {
    Answer::Done(1.0 + 9.0 * luck(request, "seconds"))
}

fn out_of_memory() -> TaskFailure {
    TaskFailure::OutOfMemory { memory: Memory::Host, message: "no room".to_owned() }
}

#[test]
fn one_two_and_eight_slots_tell_and_find_the_same() {
    for more in ["", "lookahead: 1\n", "lookahead: 2\n", "budget: {trainings: 17}\n", "lookahead: 1\nbudget: {trainings: 17}\n"] {
        let spec = spec(more);
        let runs: Vec<Told> = [1, 2, 8]
            .map(|slots| {
                let workshop = Workshop::new();
                workshop.run(&spec, &mut workshop.slots(slots, uneven))
            })
            .into();
        for other in &runs[1..] {
            assert_eq!(other.trajectory(), runs[0].trajectory(), "{more}");
            assert_eq!(other.news(), runs[0].news(), "{more}");
        }
    }
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_end() {
    let spec = spec("lookahead: 1\n");
    let whole = Workshop::new();
    let whole = whole.run(&spec, &mut whole.slots(3, uneven));
    let workshop = Workshop::new();
    for at in [1, 2, 5, 9] {
        let mut slots = workshop.slots(3, uneven);
        slots.interrupt_at = Some(at);
        assert!(workshop.run(&spec, &mut slots).ended.interrupted);
    }
    let last = workshop.run(&spec, &mut workshop.slots(3, uneven));
    assert_eq!(last.trajectory(), whole.trajectory());
    assert_eq!(last.news(), whole.news());
}

#[test]
fn lookahead_keeps_slots_busy_and_proposes_nothing_twice() {
    let stages = "name: simulated\ndataset: {name: mnist}\nreferences: none\nstrategy: random\nstages: [{rounds: 50, trainings: 4}]\nfinal: {networks: 1}\n";
    let share = |more: &str| {
        let spec = spec::read(format!("{stages}{more}").as_bytes()).resolved.expect("a spec");
        let workshop = Workshop::new();
        let mut slots = workshop.slots(4, uneven);
        let told = workshop.run(&spec, &mut slots);
        let trained = told.counts(TaskKind::Train);
        assert_eq!(trained.get("cached").copied().unwrap_or(0) + trained["executed"], 1 + 200 + 1);
        let distinct: std::collections::BTreeSet<_> = told
            .plan
            .tasks()
            .zip(told.trajectory())
            .filter(|(planned, _)| planned.task.kind() == TaskKind::Predict)
            .flat_map(|(_, outputs)| outputs.into_iter().filter(|(name, _)| name.starts_with("candidate")).map(|(_, digest)| digest))
            .collect();
        assert_eq!(distinct.len(), 200, "every network is another one");
        slots.busy_share()
    };
    let (without, with) = (share(""), share("lookahead: 1\n"));
    assert!(without < 0.85 && with > 0.9, "{without} without, {with} with");
}

#[test]
fn a_budget_of_trainings_ends_the_search_in_order_and_more_of_it_goes_on() {
    let workshop = Workshop::new();
    let ends = |trainings: usize| {
        let told = workshop.run(&spec(&format!("budget: {{trainings: {trainings}}}\n")), &mut workshop.slots(2, uneven));
        let searched = told.plan.tasks().zip(&told.ended.results).filter(|(planned, result)| {
            !planned.is_last && planned.task.kind() == TaskKind::Train && result.as_ref().is_some_and(|result| !result.outputs.is_empty())
        });
        assert_eq!(searched.count(), trainings);
        assert!(told.ended.results.last().expect("a plan").as_ref().expect("tested").outputs.contains_key("final-result"));
        let said: Vec<_> = told.events.iter().filter(|event| matches!(event, Event::BudgetUsed { .. })).cloned().collect();
        let [Event::BudgetUsed { budget, left, .. }] = &said[..] else { panic!("it is said once: {said:?}") };
        // The start network, 6 × 4, 2 carried over, 3 × 4.
        assert_eq!((budget.as_str(), *left), ("trainings", 39 - trainings));
        let executed = |kind| told.counts(kind).get("executed").copied().unwrap_or(0);
        (executed(TaskKind::Train), executed(TaskKind::Final))
    };
    let (trained, tested) = ends(10);
    assert!(trained >= 10 && tested == 1, "{trained} trained");
    // Whatever was found before is not trained again.
    assert!(ends(12).0 <= 2 + 2);
    assert_eq!(ends(10), (0, 0), "neither is it tested again");
}

#[test]
fn device_hours_end_the_search_too() {
    let workshop = Workshop::new();
    let told = workshop.run(&spec("budget: {device-hours: 0.01}\n"), &mut workshop.slots(1, |_, _| Answer::Done(10.0)));
    // 36 seconds: the fourth training reaches them, and two more follow at the end.
    assert_eq!(told.counts(TaskKind::Train)["executed"], 4 + 2);
    let again = workshop.run(&spec("budget: {device-hours: 0.01}\n"), &mut workshop.slots(4, |_, _| Answer::Done(10.0)));
    assert_eq!((again.counts(TaskKind::Train).get("executed"), again.trajectory()), (None, told.trajectory()));
}

/// Fails the trainings of one network in three, always in the same way.
fn one_in_three(failure: TaskFailure) -> impl FnMut(&Request, usize) -> Answer {
    move |request: &Request, attempt: usize| match &request.task {
        Task::Train { keep_weights: false, .. } if luck(request, "fate") < 0.33 => Answer::Fails(attempt as f64 + 1.0, failure.clone()),
        _ => uneven(request, attempt),
    }
}

#[test]
fn trainings_share_a_device_as_far_as_its_memory_goes() {
    let workshop = Workshop::new();
    let mut roomy = workshop.slots(4, uneven).on("a processor", 1 << 40);
    workshop.run(&spec(""), &mut roomy);
    assert_eq!(roomy.most_at_once, 4);
    let workshop = Workshop::new();
    let mut tight = workshop.slots(4, uneven).on("a processor", 1);
    let told = workshop.run(&spec(""), &mut tight);
    assert_eq!(tight.most_at_once, 1);
    assert_eq!(told.counts(TaskKind::Train).get("failed"), None);
}
