//! What the shape of a plan is.

use super::*;
use crate::spec::read;

fn plan(text: &str) -> (ResolvedSpec, Plan) {
    let spec = read(text.as_bytes()).resolved.expect("well-formed");
    let plan = Plan::new(&spec, DataDigests::unknown(), "a processor");
    (spec, plan)
}

/// Numbers of the networks trained in a stage's round 0.
fn begins(plan: &Plan, stage: usize) -> usize {
    plan.tasks().filter(|planned| (planned.stage, planned.round) == (stage, 0) && planned.task.kind() == TaskKind::Train).count()
}

#[test]
fn a_stage_without_rounds_trains_what_it_starts_with_and_hands_on_its_best() {
    let text = "name: a\ndataset: {name: mnist}\nreferences: none\nstages: [{rounds: 2, trainings: 4, carry: 5}, {rounds: 0, epochs: 2, \
                carry: 3}, {rounds: 0, epochs: 4}]\nfinal: {networks: 1}\n";
    let (spec, plan) = plan(text);
    assert_eq!([1, 2, 3].map(|stage| begins(&plan, stage)), [5, 3, 1]);
    let trained = plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Train).count();
    assert_eq!(trained, spec.trainings().all());
    assert!((spec.passes() - (9.0 + 10.0 + 12.0 + 20.0)).abs() < 1e-9, "{}", spec.passes());
}

#[test]
fn references_are_measured_in_the_last_stage_as_what_they_are_held_against() {
    let text = "name: a\ndataset: {name: mnist}\nconstraints: {params: {max: 100k}}\nstages: [{rounds: 1, trainings: 2, carry: 2}, {rounds: 1, \
                trainings: 2, carry: 2}, {rounds: 1, trainings: 2}]\nfinal: {networks: 1}\n";
    let (spec, plan) = plan(text);
    let known = spec.references.len();
    assert!(known > 1, "{:?}", spec.references);
    let joining = |stage: usize| spec.references.iter().filter(|reference| reference.stage == Some(stage)).count();
    assert_eq!([0, 1, 2].map(|stage| begins(&plan, stage)), [1 + known, 2 + joining(1), 2 + known]);
    // The search learns from those that its space holds, in the last stage, too.
    let held = spec.references.iter().filter(|reference| reference.stage.is_some()).count();
    assert!(held > 0, "{:?}", spec.references);
    let first = |node: &petgraph::graph::NodeIndex| {
        let planned = &plan.graph[*node];
        (planned.stage, planned.round) == (2, 0) && planned.task.kind() == TaskKind::Update
    };
    let update = plan.graph.node_indices().find(first).expect("an update");
    let learned = plan.graph.edges_directed(update, petgraph::Incoming).filter(|edge| edge.weight().output == Port::Measured);
    assert_eq!(learned.count(), 2 + held);
    // The sample of the final trainings reads the rewards of the last stage.
    let last = plan.graph.node_indices().find(|&node| plan.graph[node].is_last && plan.graph[node].task.kind() == TaskKind::Sample);
    let sources = plan.graph.neighbors_directed(last.expect("a final round"), petgraph::Incoming);
    let rewards: Vec<usize> = sources
        .map(|node| &plan.graph[node])
        .filter(|planned| planned.task.kind() == TaskKind::Reward)
        .map(|planned| planned.stage)
        .collect();
    assert_eq!(rewards, vec![2; known]);
}

#[test]
fn shared_weights_warm_up_once_for_each_size_of_images() {
    let shares = |warm_up: usize, sizes: [usize; 3]| {
        let stages = sizes.map(|size| format!("{{rounds: 2, trainings: 1, size: {size}, carry: 1}}")).join(", ");
        let dataset = "{path: photos, size: 64}";
        let (spec, plan) = plan(&format!(
            "name: a\ndataset: {dataset}\nstrategy: enas\nenas: {{warm-up: {warm_up}, examples: 0.5}}\nreferences: none\n\
             space: {{cells: {{}}}}\nstages: [{stages}]\nfinal: {{networks: 1, epochs: 1}}\n"
        ));
        let of = |stage: usize| {
            let links = plan.tasks().filter(|planned| planned.stage == stage && planned.task.kind() == TaskKind::Share);
            links.map(Planned::name).collect::<Vec<_>>().join(" ")
        };
        let trained = spec.trainings().all() as f64;
        // Stages and the final training have one epoch each.
        ([0, 1, 2].map(of), spec.passes() - trained)
    };
    let links = |sizes| shares(2, sizes);
    assert_eq!(links([64, 64, 64]), (["share-01 share-02 share share", "share share", "share share"].map(str::to_owned), 2.0 + 3.0));
    let anew = "share-01 share-02 share share".to_owned();
    assert_eq!(links([32, 48, 48]).0, [anew.clone(), anew, "share share".to_owned()]);
    assert_eq!((links([32, 48, 48]).1, shares(0, [64; 3]).1), (4.0 + 3.0, 3.0));
}

#[test]
fn sets_of_weights_that_scores_are_of_are_trained_once_and_read_by_every_choice() {
    let (spec, plan) = plan(
        "name: a\ndataset: {name: mnist}\nreferences: none\npredict: {shared-weights: {chains: 2, passes: 5}}\n\
         stages: [{rounds: 2, trainings: 1, depth: 3, carry: 1}, {rounds: 1, trainings: 1, depth: 6}]\nfinal: {networks: 1, epochs: 1}\n",
    );
    let shares: Vec<&Planned> = plan.tasks().filter(|planned| planned.task.kind() == TaskKind::Share).collect();
    let names: Vec<String> = shares.iter().map(|planned| planned.name()).collect();
    assert_eq!(names, ["share-01", "share-02"]);
    let seeds: std::collections::BTreeSet<u64> = shares
        .iter()
        .map(|planned| {
            let Task::Share { recipe, problem: crate::space::Problem::Layers { limits, .. }, .. } = &planned.task else { panic!("layers") };
            assert_eq!((recipe.epochs, limits.depth), (5, 6), "the deepest networks are among those that are trained");
            recipe.seed
        })
        .collect();
    assert_eq!(seeds.len(), 2);
    for node in plan.graph.node_indices().filter(|&node| plan.graph[node].task.kind() == TaskKind::Predict) {
        let inputs = plan.graph.edges_directed(node, petgraph::Incoming).map(|edge| edge.weight().input.name().into_owned());
        let shared: Vec<String> =
            inputs.filter(|name| name.starts_with("shared")).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        assert_eq!(shared, ["shared", "shared-2"], "{:?}", plan.graph[node].id);
    }
    assert!((spec.passes() - (spec.trainings().all() as f64 + 10.0)).abs() < 1e-9, "{}", spec.passes());
}

#[test]
fn weights_are_handed_down_within_the_stages_that_ask_for_it() {
    let (_, plan) = plan(
        "name: a\ndataset: {name: mnist}\nreferences: none\nstages:\n\
         - {rounds: 1, trainings: 2, carry: 1}\n\
         - {rounds: 1, trainings: 2, carry: 1, train: {inherit: parent}}\n\
         - {rounds: 1, trainings: 2}\nfinal: {networks: 1, epochs: 1}\n",
    );
    let of = |stage: usize| {
        let named = plan.tasks().filter(|planned| planned.stage == stage && planned.task.kind() == TaskKind::Inherit);
        named.map(|planned| format!("{}/{}", planned.round, planned.name())).collect::<Vec<_>>().join(" ")
    };
    // The first stage keeps weights for the second, which the third leaves alone.
    assert_eq!(of(0), "0/keep 1/keep");
    assert_eq!(of(1), "0/inherit-01 0/keep 1/inherit-01 1/inherit-02 1/keep");
    assert_eq!(of(2), "");
    let kept = |planned: &Planned| matches!(planned.task, Task::Train { keep_weights: true, .. });
    let stages: Vec<usize> = plan.tasks().filter(|planned| kept(planned)).map(|planned| planned.stage).collect();
    assert_eq!(stages, [0, 0, 0, 1, 1, 1, 3]);
}

#[test]
fn references_begin_with_new_weights() {
    let (spec, plan) = plan(
        "name: a\ndataset: {name: mnist}\nconstraints: {params: {max: 100k}}\ntrain: {inherit: parent}\n\
         stages: [{rounds: 1, trainings: 2, carry: 2}, {rounds: 1, trainings: 2}]\nfinal: {networks: 1}\n",
    );
    assert_eq!(begins(&plan, 1), 2 + spec.references.len());
    let heirs = plan.tasks().filter(|planned| (planned.stage, planned.round) == (1, 0) && matches!(planned.task, Task::Inherit { .. }));
    assert_eq!(heirs.map(Planned::name).collect::<Vec<_>>(), ["inherit-01", "inherit-02"]);
}

#[test]
fn a_study_hands_weights_down_from_round_to_round() {
    let (spec, _) = plan(
        "name: a\ndataset: {name: mnist}\nreferences: none\nstages:\n\
         - {rounds: 1, trainings: 4, carry: 1}\n\
         - {rounds: 1, trainings: 2, train: {inherit: parent}}\nfinal: {networks: 1, epochs: 1}\n",
    );
    let networks: Vec<Architecture> = (0..5).flat_map(|_| spec.start().to_vec()).collect();
    let studied = Studied { networks: &networks, at_length: 2, repeated: (1, 2) };
    let plan = Plan::study(&spec, DataDigests::unknown(), "a processor", &studied);
    let of = |stage: usize, kind: TaskKind| {
        let named = plan.tasks().filter(|planned| planned.stage == stage && planned.task.kind() == kind);
        named
            .map(|planned| format!("{}/{} of {:?}", planned.round, planned.name(), Plan::studied_network(&spec, planned)))
            .map(|name| name.replace("Some(", "").replace(')', "").replace(" of None", ""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let once = "0/train-01 of 1, 0/train-01-r2 of 1, 0/train-02 of 2";
    assert_eq!(of(2, TaskKind::Train), once);
    assert_eq!(of(0, TaskKind::Train), format!("{once}, 0/train-03 of 3, 0/train-04 of 4, 0/train-05 of 5"));
    assert_eq!(of(0, TaskKind::Inherit), "");
    let rounds = "1/train-01 of 1, 1/train-01-r2 of 1, 1/train-02 of 2, 2/train-01 of 3, 2/train-02 of 4, 3/train-01 of 5";
    assert_eq!(of(1, TaskKind::Train), rounds);
    assert_eq!(of(1, TaskKind::Inherit), "1/keep, 2/inherit-01 of 3, 2/inherit-02 of 4, 2/keep, 3/inherit-01 of 5, 3/keep");
    let keeps = plan.graph.node_indices().filter(|&node| matches!(plan.graph[node].task, Task::Keep { .. }));
    let known: Vec<bool> =
        keeps.map(|node| plan.graph.edges_directed(node, petgraph::Incoming).any(|edge| edge.weight().input == Port::Nursery)).collect();
    assert_eq!(known, [false, true, true]);
}

#[test]
fn chains_of_shared_weights_go_on_side_by_side_and_teach_one_controller() {
    let (spec, plan) = plan(
        "name: a\ndataset: {name: mnist}\nstrategy: enas\nenas: {warm-up: 1, chains: 2}\nreferences: none\n\
         space: {cells: {}}\nstages: [{rounds: 2, trainings: 1}]\nfinal: {networks: 1, epochs: 1}\n",
    );
    let named = |name: &str| {
        let node = plan.graph.node_indices().find(|&node| plan.graph[node].id.to_string() == format!("stage-1/{name}"));
        node.unwrap_or_else(|| panic!("no {name}"))
    };
    let shared = |node| {
        let edges = plan.graph.edges_directed(node, petgraph::Incoming);
        let of = |edge: petgraph::graph::EdgeReference<'_, Binding>| {
            let (source, input) = (petgraph::visit::EdgeRef::source(&edge), edge.weight().input.name().into_owned());
            input.starts_with("shared").then(|| format!("{input} from {}", plan.graph[source].name()))
        };
        edges.filter_map(of).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(shared(named("round-01/share-r2")), ["shared from share-01-r2"]);
    assert_eq!(shared(named("round-02/share-r2")), ["shared from share-r2"]);
    for reader in ["steer", "predict"] {
        assert_eq!(shared(named(&format!("round-02/{reader}"))), ["shared from share", "shared-2 from share-r2"]);
    }
    let trained = spec.trainings().all() as f64;
    assert!((spec.passes() - trained - 2.0 * (1.0 + 2.0)).abs() < 1e-9, "{}", spec.passes());
}
