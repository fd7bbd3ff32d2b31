//! The key table of `cache/fingerprint.rs`: each field of the spec is edited, and exactly these kinds of task change.

use std::collections::BTreeSet;

use epnas::digest::{Digest, Domain};
use epnas::plan::{DatasetDigests, Plan};
use epnas::spec::{ResolvedSpec, Spec};
use epnas::task::TaskKind;

const BASE: &str = "
name: base
seed: 1
dataset: {name: fashion-mnist, validation: 5000, split-seed: 0}
space:
  layers:
    stem: {kernel: 3, channels: 16, stride: 1}
    operations: [convolution, max-pool]
    kernels: [3, 5]
    channels: [16, 32]
    strides: [1, 2]
    expansions: [2]
    skips: true
    depth: {min: 1, max: 4}
    min-resolution: 4
    start: [{operation: convolution, channels: 16}]
constraints: {params: {max: 100k}, macs: {max: 10M, enforcement: penalty}}
strategy: epnas
epnas: {edits: 3, parents: 4, random-share: 0.2}
stages:
  - {name: one, rounds: 2, proposals: 8, trainings: 4, examples: 0.5, carry: 2, depth: 2}
  - {name: two, rounds: 1, proposals: 8, trainings: 4, depth: 4}
train: {batch-size: 64, learning-rate: 0.1, seed: 0}
final: {networks: 2, epochs: 4}
";

fn plan(text: &str, train: &[u8], test: &[u8]) -> Plan {
    let spec: Spec = serde_yaml::from_str(text).expect("a valid spec");
    let data = DatasetDigests { train: Digest::of(Domain::Dataset, train), test: Digest::of(Domain::Dataset, test) };
    Plan::new(&ResolvedSpec::new(&spec), data)
}

/// Kinds of which a task of `new` has parameters that no task of `old` has at the same place.
fn changed(old: &Plan, new: &Plan) -> BTreeSet<TaskKind> {
    let parameters = |plan: &Plan| plan.tasks().map(|planned| planned.task.clone()).collect::<Vec<_>>();
    let (old, new) = (parameters(old), parameters(new));
    new.iter().enumerate().filter(|(index, task)| old.get(*index) != Some(task)).map(|(_, task)| task.kind()).collect()
}

fn edited(from: &str, to: &str) -> BTreeSet<TaskKind> {
    assert!(BASE.contains(from), "`{from}` is in the base spec");
    changed(&plan(BASE, b"train", b"test"), &plan(&BASE.replacen(from, to, 1), b"train", b"test"))
}

#[test]
fn what_means_the_same_changes_nothing() {
    let same = [
        ("name: base", "name: other  # a comment"),
        ("name: one", "name: first"),
        ("kernels: [3, 5]", "kernels: [5, 3, 3]"),
        ("channels: [16, 32]", "channels: [32, 16]"),
        ("max: 100k", "max: 100000"),
        ("validation: 5000", "path: /elsewhere, validation: 5k"),
        ("{batch-size: 64, learning-rate: 0.1, seed: 0}", "{seed: 0, learning-rate: 0.1, batch-size: 64, momentum: 0.9}"),
        ("strategy: epnas\n", ""),
    ];
    for (from, to) in same {
        assert_eq!(edited(from, to), BTreeSet::new(), "`{from}` → `{to}`");
    }
}

#[test]
fn each_field_changes_the_kinds_of_the_table() {
    use TaskKind::{Final, Predict, Reward, Sample, Train, Update};
    let edits: &[(&str, &str, &[TaskKind])] = &[
        ("seed: 1", "seed: 2", &[Sample, Predict, Update]),
        ("validation: 5000", "validation: 6000", &[Train]),
        ("split-seed: 0", "split-seed: 1", &[Train]),
        ("kernels: [3, 5]", "kernels: [3]", &[Sample]),
        ("skips: true", "skips: false", &[Sample]),
        ("channels: 16}]", "channels: 32}]", &[Sample]),
        ("max: 100k", "max: 90k", &[Sample, Reward]),
        ("max: 10M", "max: 9M", &[Reward]),
        ("edits: 3", "edits: 2", &[Sample, Predict, Update]),
        ("random-share: 0.2", "random-share: 0.5", &[Sample, Predict, Update]),
        ("strategy: epnas", "strategy: random", &[Sample, Predict, Update]),
        ("batch-size: 64", "batch-size: 32", &[Train, Final]),
        ("learning-rate: 0.1,", "learning-rate: 0.2,", &[Train, Final]),
        ("0.1, seed: 0}", "0.1, seed: 3}", &[Train, Final]),
        ("examples: 0.5", "examples: 0.6", &[Train]),
        ("epochs: 4", "epochs: 5", &[Train, Final]),
        ("depth: 2}", "depth: 3}", &[Sample]),
    ];
    for (from, to, kinds) in edits {
        assert_eq!(edited(from, to), kinds.iter().copied().collect(), "`{from}` → `{to}`");
    }
}

#[test]
fn data_are_known_by_content_and_the_test_split_by_the_final_task_alone() {
    let base = plan(BASE, b"train", b"test");
    assert_eq!(changed(&base, &plan(BASE, b"other", b"test")), [TaskKind::Train].into());
    assert_eq!(changed(&base, &plan(BASE, b"train", b"other")), [TaskKind::Final].into());
}

#[test]
fn more_rounds_at_the_end_only_add_tasks() {
    let longer = BASE.replacen("{name: two, rounds: 1", "{name: two, rounds: 2", 1);
    let (old, new) = (plan(BASE, b"train", b"test"), plan(&longer, b"train", b"test"));
    for planned in old.tasks().filter(|planned| planned.stage < 2) {
        let same = new.tasks().find(|other| other.id == planned.id).expect("still planned");
        assert_eq!(same.task, planned.task, "{}", planned.id);
    }
}
