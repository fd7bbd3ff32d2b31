//! Chains over a plan of which nothing runs.

use std::collections::BTreeSet;

use super::*;
use crate::cache::{Fingerprint, Record, RecordedOutcome};
use crate::plan::DataDigests;
use crate::spec::{ResolvedSpec, Source};
use crate::task::TaskKind;

const SPEC: &str = "name: a
dataset: {name: mnist}
references: none
constraints:
  params: {max: 100k, enforcement: penalty}
strategy: random
stages:
  - {name: grow, rounds: 4, trainings: 2}
final: {networks: 1}
";

struct Search {
    spec: ResolvedSpec,
    source: Source,
    plan: Plan,
}

fn search(text: &str) -> Search {
    let reading = crate::spec::read(text.as_bytes());
    let spec = reading.resolved.expect("a spec");
    let plan = Plan::new(&spec, DataDigests::unknown(), "a processor");
    Search { spec, source: reading.source, plan }
}

/// What a finished search asked.
fn asked(plan: &Plan) -> EarlierTasks {
    let record = |planned: &Planned| Record {
        format: Record::FORMAT,
        fingerprint: Fingerprint {
            kind: planned.task.kind().word().to_owned(),
            version: planned.task.kind().version(),
            parameters: serde_json::to_value(&planned.task).expect("plain data"),
            inputs: BTreeMap::new(),
        },
        outcome: RecordedOutcome::Done { outputs: BTreeMap::new() },
        sizes: BTreeMap::new(),
        seconds: 1.0,
        finished: 1,
        environment: BTreeMap::new(),
    };
    let mut earlier = EarlierTasks::of(asked_by(plan));
    plan.tasks().map(record).for_each(|record| earlier.add(&record));
    earlier
}

/// Why the tasks of a search run of which all from `first` on wait, and those before it are cached.
fn causes(search: &Search, asked: &EarlierTasks, first: &str, reason: &MissReason) -> Causes {
    let first = node(&search.plan, first);
    let new = |node| (node >= first).then_some(if node == first { New::Runs(reason) } else { New::Waits });
    let places = Places { spec: &search.spec, source: &search.source, file: "a.yaml".to_owned() };
    Causes::find(&search.plan, new, asked, &places)
}

fn node(plan: &Plan, id: &str) -> usize {
    plan.tasks().position(|planned| planned.id.0 == id).unwrap_or_else(|| panic!("no task `{id}`"))
}

#[test]
fn a_chain_leads_from_the_last_task_to_the_limit_that_was_edited() {
    let (old, new) = (search(SPEC), search(&SPEC.replace("100k", "90k")));
    let causes = causes(&new, &asked(&old.plan), "grow/round-00/reward-01", &MissReason::NeverRun);
    let of = |id: &str| causes.of(node(&new.plan, id)).expect("it is new");
    let said = "a.yaml:5:12 `constraints.params.max` was 100000, now 90000";
    assert_eq!(of("grow/round-00/reward-01").to_string(), format!("`grow/round-00/reward-01` ← {said}"));
    // A reward in a later round is new by itself, so that the chain to it is the shortest.
    assert_eq!(of("grow/round-03/update").chain.len(), 2);
    let chain = of("final/train-01").to_string();
    assert_eq!(chain, format!("`final/train-01` ← `final/sample` ← `grow/round-04/update` ← `grow/round-04/reward-01` ← {said}"));
    let count = new.plan.graph.node_count() - node(&new.plan, "grow/round-00/reward-01");
    assert_eq!(causes.lines(), [format!("why: {said} ({count} tasks)")]);
    assert_eq!(causes.of(0), None, "it is cached");
}

#[test]
fn every_task_that_reads_an_edited_parameter_says_so_and_no_other_task_does() {
    let (old, new) = (search(SPEC), search(&SPEC.replace("100k", "90k")));
    let causes = causes(&new, &asked(&old.plan), "grow/round-00/sample", &MissReason::NeverRun);
    let alone = |(node, _): &(usize, &Planned)| causes.of(*node).is_some_and(|cause| cause.chain.len() == 1);
    let changed = new.plan.tasks().enumerate().filter(alone).filter(|(node, _)| causes.of(*node).expect("new").reason != Reason::NeverRun);
    let kinds: BTreeSet<TaskKind> = changed.map(|(_, planned)| planned.task.kind()).collect();
    assert_eq!(kinds, [TaskKind::Reward].into());
}

#[test]
fn a_task_of_a_further_round_is_not_held_against_those_of_other_rounds() {
    let (old, new) = (search(SPEC), search(&SPEC.replace("rounds: 4", "rounds: 5")));
    let causes = causes(&new, &asked(&old.plan), "grow/round-05/sample", &MissReason::NeverRun);
    let reason = |id: &str| causes.of(node(&new.plan, id)).expect("new").reason;
    assert_eq!((reason("grow/round-05/sample"), reason("grow/round-05/train-01")), (Reason::NeverRun, Reason::NeverRun));
    assert!(causes.lines().is_empty());
}

/// Cells are no version of layers, and what differs in many ways is another search.
#[test]
fn another_search_is_no_earlier_version() {
    let cells = SPEC.replace("strategy: random", "strategy: random\nspace: {cells: {}}");
    let recipe =
        "train: {batch-size: 32, optimizer: adamw, learning-rate: 0.01, momentum: 0.8, warmup: 0.1, ema: 0.9, label-smoothing: 0.1}";
    for (text, task) in [(cells, "grow/round-01/sample"), (format!("{SPEC}{recipe}\n"), "grow/round-01/train-01")] {
        let (old, new) = (search(SPEC), search(&text));
        let causes = causes(&new, &asked(&old.plan), "grow/round-00/sample", &MissReason::NeverRun);
        assert_eq!(causes.of(node(&new.plan, task)).expect("new").reason, Reason::NeverRun, "{task}");
    }
}

#[test]
fn other_images_are_told_by_the_data_set_without_their_shapes() {
    let (old, new) = (search(SPEC), search(&SPEC.replace("mnist", "cifar-10")));
    let causes = causes(&new, &asked(&old.plan), "grow/round-00/sample", &MissReason::NeverRun);
    let reason = causes.of(node(&new.plan, "grow/round-00/sample")).expect("new").reason.to_string();
    assert!(reason.starts_with("the images of a.yaml:2:1 `dataset` changed"), "{reason}");
}

#[test]
fn another_seed_is_told_once() {
    let (old, new) = (search(SPEC), search(&format!("{SPEC}seed: 7\n")));
    let causes = causes(&new, &asked(&old.plan), "grow/round-01/sample", &MissReason::NeverRun);
    let lines = causes.lines();
    assert!(lines.len() == 1 && lines[0].starts_with("why: a.yaml:10:1 `seed` changed ("), "{lines:?}");
}

#[test]
fn what_was_lost_is_told_and_what_is_behind_it_leads_there() {
    let search = search(SPEC);
    let lost = MissReason::NotAccepted { why: "it was asked for".to_owned() };
    let causes = causes(&search, &asked(&search.plan), "grow/round-01/train-01", &lost);
    let cause = causes.of(node(&search.plan, "final/test")).expect("new");
    assert_eq!(cause.reason, Reason::Lost { how: lost.to_string() });
    let all = cause.chain.len() + cause.left_out;
    assert_eq!((cause.chain.len(), cause.chain[0].0.as_str(), cause.chain[3].0.as_str()), (4, "final/test", "grow/round-01/train-01"));
    assert!(all > 4 && cause.to_string().contains(&format!(" ← {} more ← `grow/round-01/train-01`", cause.left_out)), "{cause}");
}

#[test]
fn what_is_kept_is_found_by_name_and_key_alone() {
    let search = search(SPEC);
    let causes = causes(&search, &EarlierTasks::default(), "grow/round-04/sample", &MissReason::NeverRun);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let key = |kind: &str| Fingerprint { kind: kind.to_owned(), version: 1, parameters: Value::Null, inputs: BTreeMap::new() }.key();
    let mut kept = SavedCauses::read(folder.path()).expect("nothing is there");
    for (id, kind) in [("final/sample", "a"), ("final/train-01", "b")] {
        let ran = BTreeMap::from([(node(&search.plan, id), (key(kind), MissReason::NeverRun))]);
        kept.add(&search.plan, &ran, &causes);
        kept.write(folder.path()).expect("our own folder");
        kept = SavedCauses::read(folder.path()).expect("just written");
    }
    let id = |id: &str| search.plan.tasks().nth(node(&search.plan, id)).expect("it is there").id.clone();
    assert_eq!(kept.cause(&id("final/sample"), &key("a")), causes.of(node(&search.plan, "final/sample")).as_ref());
    assert_eq!(kept.cause(&id("final/sample"), &key("b")), None);
    crate::files::write(&folder.path().join("why.json"), b"{}").expect("our own folder");
    assert!(SavedCauses::read(folder.path()).is_err());
}

#[test]
fn other_references_are_explained_by_all_that_decides_them() {
    let with = SPEC.replace("references: none\n", "");
    for edited in [with.replace("100k", "60k"), format!("{with}references: [vgg]\n")] {
        let (old, new) = (search(&with), search(&edited));
        let causes = causes(&new, &asked(&old.plan), "grow/round-00/sample", &MissReason::NeverRun);
        let sample = causes.of(node(&new.plan, "grow/round-00/sample")).expect("its networks are others").to_string();
        let said = ["`space`, ", "`constraints` and ", "`references` changed"];
        assert!(sample.contains("the references by ") && said.iter().all(|part| sample.contains(part)), "{sample}");
    }
}

#[test]
fn another_start_is_explained_by_the_space() {
    let start = |channels| format!("{SPEC}space: {{layers: {{start: [{{operation: convolution, channels: {channels}}}]}}}}\n");
    let (old, new) = (search(&start(16)), search(&start(24)));
    let causes = causes(&new, &asked(&old.plan), "grow/round-00/sample", &MissReason::NeverRun);
    let sample = causes.of(node(&new.plan, "grow/round-00/sample")).expect("its network is another").to_string();
    assert!(sample.contains("the start network by ") && sample.ends_with("`space` changed"), "{sample}");
}
