//! Lessons of a controller on a made-up trainer.

use super::*;
use crate::arch::{CostKind, Network};
use crate::dataset::Images;
use crate::digest::Domain;
use crate::engine::{Augment, Optimizer, Policy};
use crate::engine::{ClassWeights, Minibatch, NoCallback, Policies, Precision, Schedule, Shared, Speed, Tested, TrainJob, Trained};
use crate::objective::{Enforcement, Side};
use crate::space::Vocabulary;
use crate::strategy::EditPolicy;
use crate::strategy::examples::{ENAS, problem};
use crate::task::{StateCache, Task, run};

/// Says of a network what only its weights decide, and counts how often it is asked.
#[derive(Default)]
struct MadeUp {
    asked: usize,
    validation: usize,
    /// What was learned from, and along how many paths.
    learned: (Vec<u32>, usize),
}

impl Trainer for MadeUp {
    fn probe(&mut self, job: &ProbeJob<'_>, networks: &[PlacedNetwork]) -> Result<Vec<f64>, TaskFailure> {
        self.asked += networks.len();
        self.validation = job.validation.len();
        assert_eq!(job.statistics.len(), 8);
        let better = if job.weights == b"shared" { 0.0 } else { 0.5 };
        Ok(networks.iter().map(|network| better + (network.pieces().count() % 13) as f64 / 26.0).collect())
    }
    fn share(&mut self, job: &ShareJob<'_>, _: &mut dyn Callback) -> Result<Shared, TaskFailure> {
        self.learned = (job.train.to_vec(), job.paths.len());
        Ok(Shared { weights: Vec::new(), momentum: Vec::new(), train_loss: 0.0, environment: BTreeMap::new() })
    }
    fn train(&mut self, _: &TrainJob<'_>, _: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        unreachable!()
    }
    fn latency(&mut self, _: &Network) -> Result<f64, TaskFailure> {
        unreachable!()
    }
    fn synflow(&mut self, _: &Network) -> Result<f64, TaskFailure> {
        unreachable!()
    }
    fn naswot(&mut self, _: &Network, _: &Minibatch<'_>) -> Result<f64, TaskFailure> {
        unreachable!()
    }
    fn evaluate(&mut self, _: &Network, _: &[u8], _: &TrainRecipe, _: Digest, _: &Images) -> Result<Tested, TaskFailure> {
        unreachable!()
    }
    fn speed(&mut self, _: &Network, _: &TrainRecipe, _: usize, _: usize) -> Result<Speed, TaskFailure> {
        unreachable!()
    }
}

impl Policies for MadeUp {
    fn policy(&mut self, words: &Vocabulary, _: &PolicyParameters, _: Seed, saved: Option<&[u8]>) -> Result<Box<dyn Policy>, TaskFailure> {
        Ok(Box::new(EditPolicy::new(words, 0.1, saved).map_err(refused)?))
    }
}

struct Data(Images);

impl super::super::DataStore for Data {
    fn images(&mut self, _: Digest) -> Result<&Images, TaskFailure> {
        Ok(&self.0)
    }
    fn smaller(&mut self, _: Digest, _: usize) -> Result<&Images, TaskFailure> {
        Ok(&self.0)
    }
    fn table(&mut self, _: Digest) -> Result<&crate::table::Table, TaskFailure> {
        Err(refused("no table".to_owned()))
    }
}

fn dataset() -> SplitName {
    SplitName { digest: Digest::of(Domain::Dataset, b"images"), validation: 10, seed: 0, last: false, size: None }
}

const fn recipe() -> TrainRecipe {
    TrainRecipe {
        epochs: 1,
        examples: 1.0,
        batch_size: 4,
        optimizer: Optimizer::Sgd,
        learning_rate: 0.1,
        momentum: 0.9,
        weight_decay: 0.0,
        schedule: Schedule::Cosine,
        warmup: 0.0,
        augment: Augment::NONE,
        label_smoothing: 0.0,
        ema: 0.0,
        precision: Precision::Fp32,
        auxiliary: 0.0,
        path_dropout: 0.0,
        deterministic: false,
        class_weights: ClassWeights::None,
        seed: 0,
    }
}

fn probing(constraints: Vec<Constraint>) -> Probing {
    Probing { dataset: dataset(), recipe: recipe(), statistics: 8, validation: 5, metric: Metric::Accuracy, constraints }
}

fn steering(constraints: Vec<Constraint>) -> Task {
    Task::Steer { problem: problem(), parameters: ENAS, probing: probing(constraints), seed: Seed::root(3) }
}

fn data() -> Data {
    let Problem::Layers { limits, .. } = problem() else { panic!("a problem of layers") };
    let labels: Vec<u16> = (0..40).map(|index| index % limits.classes as u16).collect();
    let pixels = vec![0; 40 * limits.image.elements()];
    Data(Images { shape: limits.image, classes: limits.classes, pixels: pixels.into(), labels })
}

fn steer(task: &Task, callback: &mut dyn Callback) -> (Result<Outputs, TaskFailure>, MadeUp) {
    let mut data = data();
    let (mut trainer, mut policies) = (MadeUp::default(), MadeUp::default());
    let engines = Some(Engines { trainer: &mut trainer, policies: &mut policies });
    let world = World { data: &mut data, engines, meter: None, states: &mut StateCache::default() };
    let inputs = Inputs(["shared", "momentum"].map(|port| (port.to_owned(), port.as_bytes().to_vec())).into());
    (run(task, &inputs, world, callback), trainer)
}

/// Wishes a pause after a step.
#[derive(Default)]
struct PauseAt {
    step: usize,
    saved: Option<Vec<u8>>,
}

impl Callback for PauseAt {
    fn saved(&mut self) -> Option<Vec<u8>> {
        self.saved.clone()
    }

    fn on_step(&mut self, progress: Progress) -> Control {
        if progress.done_steps == self.step { Control::Pause } else { Control::Continue }
    }

    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure> {
        self.saved = Some(state.to_vec());
        Ok(())
    }
}

#[test]
fn lessons_that_were_stopped_end_like_others_and_measure_a_network_once() {
    let task = steering(Vec::new());
    let (whole, trainer) = steer(&task, &mut NoCallback);
    let whole = whole.expect("lessons").blobs;
    assert_eq!(whole.keys().map(String::as_str).collect::<Vec<_>>(), ["controller", "policy"]);
    assert!((1..=ENAS.steps * ENAS.samples).contains(&trainer.asked) && trainer.validation == 5, "{}", trainer.asked);
    let mut callback = PauseAt { step: 2, saved: None };
    let (paused, first) = steer(&task, &mut callback);
    assert_eq!(paused.err(), Some(TaskFailure::Paused));
    callback.step = 0;
    let (resumed, second) = steer(&task, &mut callback);
    assert_eq!(resumed.expect("goes on").blobs, whole);
    assert_eq!(first.asked + second.asked, trainer.asked, "what was measured before the pause is not measured again");
    callback.saved = callback.saved.map(|saved| saved[..saved.len() / 4].to_vec());
    assert_eq!(steer(&task, &mut callback).0.expect("begins anew").blobs, whole);
}

#[test]
fn what_is_never_trained_is_not_measured() {
    let none = Constraint { cost: CostKind::Params, side: Side::Max, limit: 1.0, enforcement: Enforcement::Reject };
    let (outputs, trainer) = steer(&steering(vec![none]), &mut NoCallback);
    let controller: Controller = serde_json::from_slice(&outputs.expect("lessons").blobs["controller"]).expect("JSON");
    assert_eq!((trainer.asked, controller.reward), (0, Some(0.0)));
}

#[test]
fn every_pass_shows_every_image_once_in_an_order_of_its_own() {
    let learned = |epochs: usize| {
        let recipe = TrainRecipe { epochs, ..recipe() };
        let task = Task::Share { problem: problem(), policy: None, dataset: dataset(), recipe, seed: Seed::root(3) };
        steer(&task, &mut NoCallback).1.learned
    };
    let ((one, steps), (three, all)) = (learned(1), learned(3));
    // 30 images to learn from, in batches of 4.
    assert_eq!((one.len(), steps, all), (28, 7, 21));
    let passes: Vec<&[u32]> = three.chunks(28).collect();
    assert_eq!((passes.len(), passes[0]), (3, &one[..]));
    for pass in &passes {
        assert_eq!(pass.iter().collect::<std::collections::BTreeSet<_>>().len(), 28);
    }
    assert!(passes[1] != passes[0] && passes[2] != passes[1]);
}

#[test]
fn a_score_is_the_mean_over_the_sets_of_weights_that_came_to_be() {
    let network = crate::strategy::examples::start();
    let scores = |sets: &[(&str, &[u8])]| {
        let inputs = Inputs(sets.iter().map(|(port, weights)| ((*port).to_owned(), weights.to_vec())).collect());
        let (mut data, mut trainer, mut policies) = (data(), MadeUp::default(), MadeUp::default());
        let mut engines = Engines { trainer: &mut trainer, policies: &mut policies };
        let mut scores = Scored::new();
        let probing = probing(Vec::new());
        add_scores((&probing, 3), &[&network], &mut scores, &inputs, (&mut data, &mut engines)).expect("measures");
        scores.get(&network.digest()).map(|scores| scores[&Score::SharedWeights])
    };
    let low = scores(&[("shared", b"shared")]).expect("a score");
    assert_eq!(scores(&[("shared", b"shared"), ("shared-3", b"other")]), Some(low + 0.25));
    assert_eq!(scores(&[]), None);
}
