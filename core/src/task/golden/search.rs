//! Searches, task by task, on made-up trainings and scores: what the golden table is of.

use super::*;
use crate::arch::{Cost, CostKind, Network};
use crate::dataset::Images;
use crate::engine::{
    Metrics, Minibatch, NoCallback, Policies, Policy, PolicyParameters, Speed, Tested, TrainJob, TrainRecipe, Trained, Trainer,
};
use crate::objective::{Enforcement, Side};
use crate::space::{SearchSpace, Vocabulary};
use crate::strategy::Rejected;
use crate::strategy::examples::{EvenPolicy, Start, grows, of_paper, strategies, with_spaces};
use crate::table::Table;

/// Images and a table for tasks that ask, and engines that make things up.
struct Data<'a> {
    images: Images,
    table: Option<&'a Table>,
}

impl DataStore for Data<'_> {
    fn images(&mut self, _: Digest) -> Result<&Images, TaskFailure> {
        Ok(&self.images)
    }

    fn smaller(&mut self, _: Digest, _: usize) -> Result<&Images, TaskFailure> {
        Ok(&self.images)
    }

    fn table(&mut self, _: Digest) -> Result<&Table, TaskFailure> {
        self.table.ok_or_else(|| refused("there is no table".to_owned()))
    }
}

struct MadeUp;

impl Trainer for MadeUp {
    fn train(&mut self, _: &TrainJob<'_>, _: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        Err(refused("nothing is trained here".to_owned()))
    }

    fn latency(&mut self, _: &Network) -> Result<f64, TaskFailure> {
        Err(refused("nothing is timed here".to_owned()))
    }

    fn synflow(&mut self, network: &Network) -> Result<f64, TaskFailure> {
        Ok((Cost::of(network).params % 97) as f64 / 7.0)
    }

    fn naswot(&mut self, network: &Network, minibatch: &Minibatch<'_>) -> Result<f64, TaskFailure> {
        Ok((network.nodes.len() * 10 + minibatch.examples.len()) as f64 / 3.0)
    }

    fn evaluate(&mut self, _: &Network, _: &[u8], _: &TrainRecipe, _: Digest, _: &Images) -> Result<Tested, TaskFailure> {
        Err(refused("nothing is tested here".to_owned()))
    }

    fn speed(&mut self, _: &Network, _: &TrainRecipe, _: usize, _: usize) -> Result<Speed, TaskFailure> {
        Err(refused("nothing is timed here".to_owned()))
    }
}

impl Policies for MadeUp {
    fn policy(&mut self, _: &Vocabulary, _: &PolicyParameters, _: Seed, _: Option<&[u8]>) -> Result<Box<dyn Policy>, TaskFailure> {
        Ok(Box::new(EvenPolicy::default()))
    }
}

/// The strategies of the conformance tests, and the one whose policy needs tensors.
fn all_strategies() -> Vec<(&'static str, Strategy)> {
    strategies().into_iter().chain([("epnas of the paper", of_paper(Rejected::Zero))]).collect()
}

/// A bound of every sort on a cost that every space has.
fn constraints() -> Vec<Constraint> {
    let bound = |side, limit, enforcement| Constraint { cost: CostKind::Params, side, limit, enforcement };
    vec![
        bound(Side::Max, 3_000.0, Enforcement::Reject),
        bound(Side::Max, 700.0, Enforcement::Penalty { base: 0.5 }),
        bound(Side::Min, 900.0, Enforcement::Exponent { exponent: -0.05 }),
        bound(Side::Max, 600.0, Enforcement::Filter),
    ]
}

/// A search, task by task.
struct Search<'a> {
    name: String,
    problem: &'a Problem,
    strategy: Strategy,
    data: Data<'a>,
    state: BTreeMap<String, Vec<u8>>,
    states: StateCache,
    lines: Lines,
}

impl Search<'_> {
    /// Runs a task and takes down what it reads and gives.
    fn run(&mut self, step: &str, task: &Task, inputs: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
        let read = format!("{} {}", digest(&serde_json::to_vec(task).expect("plain data")), digests(&inputs));
        let (mut trainer, mut policies) = (MadeUp, MadeUp);
        let engines = Some(Engines { trainer: &mut trainer, policies: &mut policies });
        let world = World { data: &mut self.data, engines, meter: None, states: &mut self.states };
        let outputs = run(task, &Inputs(inputs), world, &mut NoCallback).expect("it succeeds").blobs;
        let line = self.lines.entry(format!("{} {step}", self.name)).or_default();
        let [all_read, all_given] = line.entry(task.kind()).or_default();
        for (all, text) in [(all_read, read), (all_given, digests(&outputs))] {
            *all = short(format!("{all}{text}").as_bytes());
        }
        outputs
    }

    fn sample(&mut self, step: &str, from: SampleSource, count: usize) -> BTreeMap<String, Vec<u8>> {
        let task = Task::Sample(Sample { problem: self.problem.clone(), from, count, besides: Vec::new() });
        self.run(step, &task, self.state.clone())
    }

    /// Rewards of networks, one of which failed to train, another one was trained twice.
    fn rewards(&mut self, step: &str, chosen: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
        let setting = match self.problem {
            Problem::Layers { limits, .. } => CostBasis::Images { shape: limits.image, classes: limits.classes },
            Problem::Cells { space, limits } => CostBasis::Cells { shape: limits.image, classes: limits.classes, last: space.last },
            Problem::Table { table } => CostBasis::Table { table: *table },
        };
        let task = Task::Reward { setting, constraints: constraints(), extrapolation: None };
        let mut measured = BTreeMap::new();
        for (number, candidate) in chosen.iter().filter_map(|(name, bytes)| Some((name.strip_prefix("candidate-")?, bytes))) {
            let mut inputs = BTreeMap::from([("candidate".to_owned(), candidate.clone()), ("metrics".to_owned(), metrics(candidate, 0))]);
            match number {
                "3" => continue,
                "2" => drop(inputs.insert("metrics-r2".to_owned(), metrics(candidate, 1))),
                _ => drop(inputs.insert("latency".to_owned(), b"1.5".to_vec())),
            }
            measured.insert(format!("measured-{number}"), self.run(step, &task, inputs)["measured"].clone());
        }
        measured
    }

    fn update(&mut self, step: &str, stage: usize, seed: Seed, more: BTreeMap<String, Vec<u8>>) {
        let task = Task::Update { problem: self.problem.clone(), strategy: self.strategy, stage, seed };
        let inputs = self.state.clone().into_iter().chain(more).collect();
        let mut outputs = self.run(step, &task, inputs);
        outputs.remove("report");
        self.state = outputs;
    }

    /// Proposals, choice, rewards, lesson.
    fn round(&mut self, number: usize) {
        let (step, seed) = (format!("round {number}"), Seed::root(7).nth(number));
        let (strategy, problem, stage) = (self.strategy, self.problem.clone(), number / 2);
        let rejecting = constraints().into_iter().filter(|constraint| constraint.enforcement == Enforcement::Reject).collect();
        let proposed = self.sample(&step, SampleSource::Strategy { strategy, rejecting, seed: seed.child("sample") }, 8);
        let split = SplitName { digest: Digest::of(Domain::Dataset, b"images"), validation: 10, seed: 0, last: false, size: None };
        let minibatch = (!strategy.zero_cost().is_empty()).then_some(split);
        let task = Task::Predict { problem, strategy, count: 4, seed: seed.child("predict"), minibatch, probing: None };
        let inputs = self.state.clone().into_iter().chain(proposed.clone()).collect();
        let selected = self.run(&step, &task, inputs);
        let mut learnt = self.rewards(&step, &selected);
        learnt.extend(proposed);
        learnt.insert("selection".to_owned(), selected["selection"].clone());
        self.update(&step, stage, seed.child("update"), learnt);
    }

    fn whole(mut self, start: &Start) -> Lines {
        if let Some(start) = start {
            let given = self.sample("start", SampleSource::Start { networks: vec![start.clone()] }, 1);
            let mut learnt = self.rewards("start", &given);
            learnt.insert("proposals".to_owned(), given["proposals"].clone());
            self.update("start", 0, Seed::root(7).child("update"), learnt);
        }
        for number in 0..4 {
            self.round(number);
        }
        self.sample("carried", SampleSource::Carried, 2);
        self.sample("final", SampleSource::BestFeasible, 3);
        self.lines
    }
}

/// A training that only the network decides.
fn metrics(candidate: &[u8], replicate: usize) -> Vec<u8> {
    let sum: usize = Digest::of(Domain::Blob, candidate).as_bytes().iter().map(|byte| usize::from(*byte)).sum();
    let validation_accuracy = ((sum + replicate) % 64) as f64 / 64.0;
    let metrics = Metrics { validation_accuracy, validation_loss: None, train_loss: vec![1.5, 0.25], diverged: None, score: None };
    serde_json::to_vec(&metrics).expect("plain data")
}

/// All lines of the table, as the present code gives them.
pub fn now() -> Lines {
    let lines = std::cell::RefCell::new(Lines::new());
    with_spaces(|space_name, problem, space, start| {
        // Rows of a table are no networks that could be scored.
        let suits = |strategy: &Strategy| grows(strategy, space_name) && (space_name != "table" || strategy.zero_cost().is_empty());
        for (word, strategy) in all_strategies().into_iter().filter(|(_, strategy)| suits(strategy)) {
            let (pixels, labels) = (vec![0; 30 * 4], (0..30).map(|index| index % 3).collect::<Vec<u16>>());
            let shape = Shape { channels: 1, height: 2, width: 2 };
            let images = Images { shape, classes: 3, pixels: pixels.into(), labels };
            let table = if let SearchSpace::Table(table) = space { Some(table) } else { None };
            let (name, state) = (format!("{space_name} / {word} /"), BTreeMap::new());
            let search =
                Search { name, problem, strategy, data: Data { images, table }, state, states: StateCache::default(), lines: Lines::new() };
            lines.borrow_mut().extend(search.whole(&start));
        }
    });
    lines.into_inner()
}
