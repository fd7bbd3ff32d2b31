//! The key table of `cache/fingerprint.rs`: what means the same, what only adds, and what data are known by. Field by field it is held
//! in `fields.rs`.

use std::collections::BTreeSet;

use epnas::digest::{Digest, Domain};
use epnas::plan::{DataDigests, Plan};
use epnas::spec::{ResolvedSpec, Spec, Subject};
use epnas::table::Table;
use epnas::task::TaskKind;

pub const BASE: &str = "
name: base
seed: 1
dataset: {name: fashion-mnist, validation: 5000, split-seed: 0}
references: none
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
epnas: {edits: 3, parents: 4}
predict: {random-share: 0.2}
pnas: {beam: 8}
regularized-evolution: {population: 10, sample: 3}
local-search: {initial: 10}
reinforce: {learning-rate: 0.01, baseline-decay: 0.9}
stages:
  - {name: one, rounds: 2, proposals: 8, trainings: 4, examples: 0.5, carry: 2, depth: 2}
  - {name: two, rounds: 1, proposals: 8, trainings: 4, depth: 4}
train: {batch-size: 64, learning-rate: 0.1, seed: 0}
final: {networks: 2, epochs: 4}
";

fn plan(text: &str, train: &[u8], test: &[u8]) -> Plan {
    let spec: Spec = serde_yaml::from_str(text).expect("a valid spec");
    let data = DataDigests { search: Digest::of(Domain::Dataset, train), last: Digest::of(Domain::Dataset, test) };
    Plan::new(&ResolvedSpec::new(&spec), data, "a processor")
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

/// Edits of [`BASE`] that mean the same.
pub const SAME: &[(&str, &str)] = &[
    ("name: base", "name: other  # a comment"),
    ("name: one", "name: first"),
    ("kernels: [3, 5]", "kernels: [5, 3, 3]"),
    ("channels: [16, 32]", "channels: [32, 16]"),
    ("skips: true", "squeeze-ratios: [0]"),
    ("max: 100k", "max: 100000"),
    ("validation: 5000", "path: /elsewhere, validation: 5k"),
    ("{batch-size: 64, learning-rate: 0.1, seed: 0}", "{seed: 0, learning-rate: 0.1, batch-size: 64, momentum: 0.9}"),
    ("strategy: epnas\n", ""),
    // Sections of strategies that are not chosen.
    ("beam: 8", "beam: 9"),
    ("population: 10, sample: 3", "population: 50, sample: 10"),
    ("initial: 10", "initial: 20"),
    ("baseline-decay: 0.9", "baseline-decay: 0.5"),
];

#[test]
fn what_means_the_same_changes_nothing() {
    for (from, to) in SAME {
        assert_eq!(edited(from, to), BTreeSet::new(), "`{from}` → `{to}`");
    }
}

#[test]
fn replicates_only_add_trainings() {
    let base = plan(BASE, b"train", b"test");
    for (to, of_search, of_end) in [
        ("seed: 0, replicates: 3}\nfinal: {networks: 2, epochs: 4}", 2, 2),
        ("seed: 0, replicates: 3}\nfinal: {networks: 2, epochs: 4, train: {replicates: 1}}", 2, 0),
        ("seed: 0}\nfinal: {networks: 2, epochs: 4, train: {replicates: 2}}", 0, 1),
        ("seed: 0, replicates: 1}\nfinal: {networks: 2, epochs: 4}", 0, 0),
    ] {
        let new = plan(&BASE.replacen("seed: 0}\nfinal: {networks: 2, epochs: 4}", to, 1), b"train", b"test");
        for planned in base.tasks() {
            let same = new.tasks().find(|other| other.id == planned.id).expect("still planned");
            assert_eq!(same.task, planned.task, "{}", planned.id);
        }
        for planned in base.tasks().filter(|planned| planned.task.kind() == TaskKind::Train) {
            let id = format!("{}-r", planned.id);
            let further: Vec<_> = new.tasks().filter(|other| other.id.0.starts_with(&id)).collect();
            assert_eq!(further.len(), if planned.stage == 2 { of_end } else { of_search }, "{id}");
            for (index, other) in further.iter().enumerate() {
                assert_eq!(other.id.0, format!("{id}{}", index + 2));
                let parameters = |task| serde_json::to_value(task).expect("plain data")["train"].clone();
                let (mut of_first, of_other) = (parameters(&planned.task), parameters(&other.task));
                assert!(of_first.get("replicate").is_none(), "the first has the key of a training without others");
                of_first["replicate"] = (index + 2).into();
                assert_eq!(of_first, of_other);
            }
        }
    }
}

#[test]
fn scores_change_what_steers_and_their_images_change_predictions_alone() {
    use TaskKind::{Final, Predict, Sample, Train, Update};
    let scored = BASE.replacen("predict: {random-share: 0.2}", "predict: {random-share: 0.2, zero-cost: [naswot, synflow]}", 1);
    let base = plan(BASE, b"train", b"test");
    for task in base.tasks().map(|planned| serde_json::to_string(&planned.task).expect("plain data")) {
        assert!(!task.contains("zero_cost") && !task.contains("minibatch"), "keys stay where no score is asked for: {task}");
    }
    assert_eq!(changed(&base, &plan(&scored, b"train", b"test")), [Sample, Predict, Update].into());
    let edited = |text: &str, train: &[u8], test: &[u8]| changed(&plan(&scored, b"train", b"test"), &plan(text, train, test));
    assert_eq!(edited(&scored.replacen("[naswot, synflow]", "[synflow, naswot, naswot]", 1), b"train", b"test"), [].into());
    assert_eq!(edited(&scored.replacen("validation: 5000", "validation: 6000", 1), b"train", b"test"), [Predict, Train].into());
    assert_eq!(edited(&scored.replacen("split-seed: 0", "split-seed: 1", 1), b"train", b"test"), [Predict, Train].into());
    assert_eq!(edited(&scored, b"other", b"test"), [Predict, Train].into());
    assert_eq!(edited(&scored, b"train", b"other"), [Final].into());
    // Synflow needs no images.
    let flow = scored.replacen("[naswot, synflow]", "[synflow]", 1);
    assert_eq!(changed(&plan(&flow, b"train", b"test"), &plan(&flow, b"other", b"test")), [Train].into());
    // A predictor that reads no scores changes nothing by them, wherever they come from.
    let unread = scored.replacen("random-share: 0.2", "predictor: random", 1);
    assert!(plan(&unread, b"train", b"test").tasks().all(|planned| planned.task.kind() != Predict || !planned.task.needs_tensors()));
}

const IN_A_TABLE: &str = "
name: table
space:
  table:
    path: table.csv
    choices: {columns: [a, b]}
    metric: early
    reported: {validation: late, test: test}
    costs: {params: size, macs: work}
constraints: {params: {max: 3, enforcement: penalty}}
strategy: regularized-evolution
stages: [{rounds: 2, trainings: 1}]
";

const TABLE: &str = "a,b,early,late,test,size,work,note
x,p,50,60,59,1,2,
x,q,51,62,61,2,3,
y,p,52,61,60,3,4,
y,q,53,63,62,4,5,
";

fn plan_in(text: &str, table: &str) -> Plan {
    let spec = ResolvedSpec::new(&serde_yaml::from_str(text).expect("a valid spec"));
    let Subject::Table { layout, .. } = &spec.subject else { panic!("a table is searched") };
    let table = Table::read(table.as_bytes(), layout).expect("a table without faults");
    Plan::new(&spec, DataDigests { search: table.search_digest(), last: table.digest() }, "a processor")
}

#[test]
fn a_table_is_known_by_what_its_columns_hold_and_reported_figures_by_the_end_alone() {
    use TaskKind::{Final, Predict, Reward, Sample, Train, Update};
    let searched = [Sample, Predict, Train, Reward, Update, Final];
    let base = plan_in(IN_A_TABLE, TABLE);
    let rows: Vec<&str> = TABLE.lines().collect();
    let reordered = [rows[0], rows[3], rows[1], rows[4], rows[2], ""].join("\n");
    let moved = TABLE.replace("size,work", "work,size");
    let edits: &[(&str, &str, &str, &str, &[TaskKind])] = &[
        ("path: table.csv", "path: /elsewhere/table.csv.gz", "", "", &[]),
        ("", "", TABLE, &reordered, &[]),
        ("", "", ",4,\n", ",4,a remark\n", &[]),
        ("", "", "size,work", "volume,work", &[]),
        ("late, test: test", "late", "", "", &[Train, Final]),
        ("validation: late", "validation: early", "", "", &[Train, Final]),
        ("", "", "60,59", "60,58", &[Train, Final]),
        ("", "", "50,60", "50,61", &[Train, Final]),
        ("", "", "x,p,50", "x,p,49", &searched),
        ("", "", TABLE, &moved, &searched),
        ("metric: early", "metric: late", "", "", &searched),
        (", macs: work", "", "", "", &searched),
        ("max: 3", "max: 2", "", "", &[Reward]),
        ("strategy: regularized-evolution", "strategy: random", "", "", &[Sample, Predict, Update]),
    ];
    for (from, to, cells, instead, kinds) in edits {
        let spec = IN_A_TABLE.replacen(from, to, 1);
        let spec = if instead.contains("volume") { spec.replacen("params: size", "params: volume", 1) } else { spec };
        assert!(TABLE.contains(cells), "{cells}");
        let new = plan_in(&spec, &TABLE.replacen(cells, instead, 1));
        assert_eq!(changed(&base, &new), kinds.iter().copied().collect(), "`{from}` → `{to}`, `{cells}` → `{instead}`");
        let same = |(old, new): (&epnas::plan::Planned, &epnas::plan::Planned)| old.task == new.task || new.stage == 1;
        assert!(*kinds != [Train, Final] || base.tasks().zip(new.tasks()).all(same), "the search reads no reported figure");
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
