//! The inputs of tasks. What lies in a cache that others write to can be anything, also where its digest is right: a task
//! refuses what makes no sense, it does not fall over it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use epnas::arch::{Cost, Network};
use epnas::dataset::{DatasetKind, Described, Images};
use epnas::diagnostic::Diagnostic;
use epnas::digest::Digest;
use epnas::engine::{
    Callback, Confusion, Metrics, Minibatch, NoCallback, Policies, Policy, PolicyParameters, Speed, TaskFailure, Tested, TrainJob,
    TrainRecipe, Trained, Trainer,
};
use epnas::plan::{DataDigests, Plan};
use epnas::seed::Seed;
use epnas::space::Vocabulary;
use epnas::spec::{self, Subject};
use epnas::table::Table;
use epnas::task::{self, DataStore, Engines, Inputs, Outputs, StateCache, Task, World};
use petgraph::visit::EdgeRef;

/// One task after another of these searches is given what was found.
const SEARCHES: [&str; 8] = [
    "strategy: random",
    "strategy: epnas\nepnas: {initial: 2, pool: 8}",
    "strategy: epnas\nepnas: {initial: 1, pool: 0}\npredict: {predictor: forest, zero-cost: [synflow, naswot]}",
    "strategy: pnas",
    "strategy: regularized-evolution",
    "strategy: local-search",
    "strategy: reinforce",
    "strategy: epnas\npredict: {gate: {spearman: 0.5}, predictor: mlp-ensemble}",
];

const SPACES: [&str; 3] = [
    "space: {layers: {stem: {channels: 4, stride: 2}, channels: [4, 8], depth: {max: 3}}}\ndataset: {name: mnist, validation: 40}\nconstraints: {params: {max: 100k}, latency: {max: 9}}",
    "space: {cells: {blocks: {max: 2}, skeleton: {channels: 4, cells: 1, reductions: 1}}}\ndataset: {name: mnist, validation: 40}",
    "space: {table: {path: tiny.csv, choices: {split: {column: layers}}, metric: early, costs: {params: params}}}",
];

fn plans() -> impl Iterator<Item = Plan> {
    let searches = SPACES.iter().flat_map(|space| SEARCHES.iter().map(move |search| (space, search)));
    searches.filter_map(|(space, search)| {
        let text = format!("name: search\n{space}\n{search}\nstages: [{{rounds: 2, proposals: 6, trainings: 2}}]\n");
        let reading = spec::read(text.as_bytes());
        // Not every space has every search: a table does not grow, and its networks are never built.
        let is_told = |fault: &Diagnostic| ["strategy::space", "strategy::zero-cost"].contains(&fault.code);
        assert!(reading.resolved.is_some() || reading.faults.iter().any(is_told), "{text}: {:?}", reading.faults);
        let resolved = reading.resolved?;
        let digests = match &resolved.subject {
            Subject::Images { .. } => DataDigests::unknown(),
            Subject::Table { .. } => DataDigests { search: TABLE.search_digest(), last: TABLE.digest() },
        };
        Some(Plan::new(&resolved, digests, "a device"))
    })
}

/// Every task of every search; its place in the list is its number.
pub static TASKS: LazyLock<Vec<Task>> = LazyLock::new(|| {
    let mut tasks: Vec<Task> = Vec::new();
    for plan in plans() {
        for planned in plan.tasks().filter(|planned| planned.stage == 1 || planned.round < 2 || planned.id.0.ends_with("01")) {
            if !tasks.contains(&planned.task) {
                tasks.push(planned.task.clone());
            }
        }
    }
    tasks
});

/// What [`artifact`] takes, as a run makes it: the tasks of all searches with the inputs that they have there.
pub fn made() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for plan in plans() {
        let mut outputs: Vec<BTreeMap<String, Vec<u8>>> = Vec::new();
        for node in plan.graph.node_indices() {
            let bound = plan.graph.edges_directed(node, petgraph::Direction::Incoming).filter_map(|edge| {
                let bytes = outputs[edge.source().index()].get(edge.weight().output.name().as_ref())?;
                Some((edge.weight().input.to_string(), bytes.clone()))
            });
            let inputs: BTreeMap<String, Vec<u8>> = bound.collect();
            let task = &plan.graph[node].task;
            outputs.push(run(task, &Inputs(inputs.clone())).map(|outputs| outputs.blobs).unwrap_or_default());
            if let Some(number) = TASKS.iter().position(|other| other == task) {
                let mut text = number.to_string().into_bytes();
                for (name, bytes) in inputs {
                    text.extend([b"\n", name.as_bytes(), b" ", &bytes].concat());
                }
                found.push(text);
            }
        }
    }
    found
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let layout = r#"{"choices":{"split":{"column":"layers","separator":""}},"metric":{"name":"early","unit":"percent"},"validation":null,"test":null,"costs":{"params":"params"}}"#;
    let layout = serde_json::from_str(layout).expect("a layout");
    Table::read(include_bytes!("../../../specs/tables/tiny.csv"), &layout).expect("a table")
});

/// The number of a task, then lines of a name, a space and an input.
pub fn artifact(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let number = lines.next().and_then(|first| std::str::from_utf8(first).ok()?.parse().ok()).unwrap_or(0_usize);
    let task = &TASKS[number % TASKS.len()];
    let input = |line: &[u8]| {
        let space = line.iter().position(|byte| *byte == b' ')?;
        Some((std::str::from_utf8(&line[..space]).ok()?.to_owned(), line[space + 1..].to_vec()))
    };
    let inputs = Inputs(lines.filter_map(input).collect());
    if let Ok(outputs) = run(task, &inputs) {
        assert!(!outputs.blobs.is_empty());
    }
}

fn run(task: &Task, inputs: &Inputs) -> Result<Outputs, TaskFailure> {
    let mut store = Store(images());
    let engines = Some(Engines { trainer: &mut Engine, policies: &mut Engine });
    task::run(task, inputs, World { data: &mut store, engines, meter: None, states: &mut StateCache::default() }, &mut NoCallback)
}

fn images() -> Images {
    let Described { shape, classes, .. } = DatasetKind::Mnist.described();
    let labels: Vec<u16> = (0..100).map(|index| index % 10).collect();
    let pixels = vec![7; labels.len() * shape.elements()];
    Images { shape, classes, pixels: pixels.into(), labels }
}

struct Store(Images);

impl DataStore for Store {
    fn images(&mut self, _: Digest) -> Result<&Images, TaskFailure> {
        Ok(&self.0)
    }

    fn smaller(&mut self, _: Digest, _: usize) -> Result<&Images, TaskFailure> {
        Ok(&self.0)
    }

    fn table(&mut self, _: Digest) -> Result<&Table, TaskFailure> {
        Ok(&TABLE)
    }
}

/// Trains nothing, and looks at all of a network as one that does would.
struct Engine;

impl Engine {
    fn look(network: &Network) -> f64 {
        let head = network.auxiliary_head().map_or(0, |head| Cost::of(&head).params);
        (Cost::of(network).params + head) as f64
    }
}

impl Trainer for Engine {
    fn train(&mut self, job: &TrainJob<'_>, _: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        Self::look(job.network);
        let metrics = Metrics { validation_accuracy: 0.5, validation_loss: Some(1.0), train_loss: vec![1.0], diverged: None, score: None };
        Ok(Trained { metrics, weights: vec![1], environment: BTreeMap::new() })
    }

    fn latency(&mut self, network: &Network) -> Result<f64, TaskFailure> {
        Ok(Self::look(network))
    }

    fn synflow(&mut self, network: &Network) -> Result<f64, TaskFailure> {
        Ok(Self::look(network))
    }

    fn naswot(&mut self, network: &Network, _: &Minibatch<'_>) -> Result<f64, TaskFailure> {
        Ok(Self::look(network))
    }

    fn evaluate(&mut self, network: &Network, _: &[u8], _: &TrainRecipe, _: Digest, _: &Images) -> Result<Tested, TaskFailure> {
        Self::look(network);
        Ok(Tested { confusion: Confusion::of(2, [(0, 0), (1, 0)]), loss: 0.5, top_5: None })
    }

    fn speed(&mut self, _: &Network, _: &TrainRecipe, _: usize, _: usize) -> Result<Speed, TaskFailure> {
        Err(TaskFailure::Refused { message: "no tensors here".to_owned() })
    }
}

impl Policies for Engine {
    fn policy(&mut self, _: &Vocabulary, _: &PolicyParameters, _: Seed, _: Option<&[u8]>) -> Result<Box<dyn Policy>, TaskFailure> {
        Err(TaskFailure::Refused { message: "no tensors here".to_owned() })
    }
}
