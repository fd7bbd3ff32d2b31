//! Stretches of shared training on images made from seeds.

use super::super::TorchTrainer;
use super::super::data::Statistics;
use super::super::evaluation::tested;
use super::super::loader::{Loader, indices};
use super::super::model::{Model, Pass};
use super::super::train::tests as plain;
use super::probe::renew;
use super::store::Store;
use crate::torch::blob::Blob;
use epnas::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, Skeleton};
use epnas::arch::{Architecture, PlacedNetwork};
use epnas::dataset::Images;
use epnas::engine::{Callback, Control, Metric, NoCallback, ProbeJob, Progress, ShareJob, Shared, SharedBytes, TaskFailure, Trainer};
use epnas::seed::Seed;
use tch::{Device, Kind};

const BATCH: usize = 32;

/// Two cells with one block in common.
fn paths() -> [PlacedNetwork; 2] {
    let block = |inputs, operation, combine| Block { inputs, operations: [operation, CellOperation::Identity], combine };
    let first = block([0, 1], CellOperation::Convolution3x3, Combine::Add);
    let second = block([1, 1], CellOperation::SeparableConvolution3x3, Combine::Concat);
    [vec![first], vec![first, second]].map(|blocks| {
        let skeleton = Skeleton { channels: 8, cells: 1, reductions: 1, stem_stride: 1 };
        let network = CellNetwork { cell: Cell { blocks }, skeleton };
        Architecture::from(network).canonical().placed(plain::SHAPE, 4).expect("a network")
    })
}

/// Trains along `paths`, a batch each, after what a stretch before gave.
fn share(paths: &[PlacedNetwork], before: Option<&Shared>, callback: &mut dyn Callback) -> Result<Shared, TaskFailure> {
    let images = plain::images(BATCH * paths.len(), 1);
    let train: Vec<u32> = (0..images.len() as u32).collect();
    let recipe = epnas::engine::TrainRecipe { learning_rate: 0.05, ..plain::recipe() };
    let job = ShareJob {
        paths,
        recipe: &recipe,
        dataset: plain::dataset(&images),
        images: &images,
        split: &train,
        train: &train,
        seed: Seed::root(2),
        before: before.map(|Shared { weights, momentum, .. }| SharedBytes { weights, momentum }),
    };
    TorchTrainer::new("cpu", 1).expect("a processor").share(&job, callback)
}

fn alternating(count: usize) -> Vec<PlacedNetwork> {
    paths().into_iter().cycle().take(count).collect()
}

fn probe(shared: &[u8], images: &Images, statistics: usize) -> Result<Vec<f64>, TaskFailure> {
    let all: Vec<u32> = (0..images.len() as u32).collect();
    let job = ProbeJob {
        weights: shared,
        recipe: &plain::recipe(),
        metric: Metric::Accuracy,
        dataset: plain::dataset(images),
        images,
        split: &all,
        statistics: &all[..statistics],
        validation: &all,
    };
    TorchTrainer::new("cpu", 1).expect("a processor").probe(&job, &paths())
}

#[test]
fn paths_learn_together_and_are_measured_with_what_they_learned() {
    let images = plain::images(600, 5);
    let [first, last] = [2, 60].map(|steps| share(&alternating(steps), None, &mut NoCallback).expect("trains"));
    assert!(last.train_loss < first.train_loss);
    let accuracy = probe(&last.weights, &images, 512).expect("measures");
    assert!(accuracy.iter().all(|accuracy| *accuracy > 0.8), "{accuracy:?}");
    let by_batch = probe(&last.weights, &images, 0).expect("measures");
    assert!(by_batch.iter().zip(&accuracy).all(|(by_batch, accuracy)| (by_batch - accuracy).abs() < 0.1), "{by_batch:?} {accuracy:?}");
    assert_eq!(probe(&last.weights, &images, 512), Ok(accuracy), "the same each time");
}

#[test]
fn a_step_moves_the_weights_that_its_path_names_and_no_others() {
    let begun = share(&alternating(2), None, &mut NoCallback).expect("trains");
    let after = share(&paths()[..1], Some(&begun), &mut NoCallback).expect("trains");
    let [before, after] = [begun, after].map(|shared| Blob::from_bytes(&shared.weights).expect("weights"));
    let [small, large] = paths();
    let after: std::collections::BTreeMap<_, _> = after.into_arrays().collect();
    assert_eq!(after.len(), large.pieces().chain(small.pieces()).map(|piece| &piece.name).collect::<std::collections::BTreeSet<_>>().len());
    for (name, values) in before.into_arrays() {
        let named = small.pieces().any(|piece| piece.name == name);
        assert_eq!(after[&name] != values, named, "{name}");
    }
}

#[test]
fn a_network_copied_out_of_the_weights_reaches_what_its_probe_says() {
    let images = plain::images(600, 5);
    let shared = share(&alternating(30), None, &mut NoCallback).expect("trains");
    let probed = probe(&shared.weights, &images, 512).expect("measures");
    let all: Vec<u32> = (0..600).collect();
    let statistics = Statistics::of(&images, &all);
    let loader = Loader::new(&images, Device::Cpu);
    let mut store = Store::new(0, Device::Cpu);
    store.load_weights(&shared.weights).expect("weights");
    for (path, probed) in paths().iter().zip(probed) {
        let mut model = store.model(path, Kind::Float).expect("a model");
        renew(&mut model, &loader, &indices(&all[..512], Device::Cpu), &statistics.on(Device::Cpu));
        let mut saved = Blob::from_bytes(&model.save(&statistics)).expect("a network like any other");
        let copy = Model::load(&path.network, &mut saved, Device::Cpu, Kind::Float).expect("loads");
        let tested = tested(&copy, &loader, &indices(&all, Device::Cpu), &statistics.on(Device::Cpu), Pass::Inference);
        assert_eq!(tested.confusion.accuracy().to_bits(), probed.to_bits());
    }
}

/// Saves after every step, and wishes a pause after some.
#[derive(Default)]
struct Interruptions {
    pauses: Vec<usize>,
    saved: Option<Vec<u8>>,
}

impl Callback for Interruptions {
    fn saved(&mut self) -> Option<Vec<u8>> {
        self.saved.clone()
    }

    fn on_step(&mut self, progress: Progress) -> Control {
        if self.pauses.contains(&progress.done_steps) { Control::Pause } else { Control::Checkpoint }
    }

    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure> {
        self.saved = Some(state.to_vec());
        Ok(())
    }
}

#[test]
fn a_stretch_that_was_stopped_gives_the_bits_of_one_that_was_not() {
    let paths = alternating(9);
    let begun = share(&alternating(3), None, &mut NoCallback).expect("trains");
    let whole = share(&paths, Some(&begun), &mut NoCallback).expect("trains");
    let mut stops = Interruptions { pauses: vec![1, 6, 9], saved: None };
    for _ in 0..3 {
        let paused = share(&paths, Some(&begun), &mut stops);
        assert_eq!(paused.map(|shared| shared.train_loss), Err(TaskFailure::Paused));
    }
    let resumed = share(&paths, Some(&begun), &mut stops).expect("goes on to the end");
    assert_eq!((&resumed.weights, &resumed.momentum), (&whole.weights, &whole.momentum));
    assert_eq!(resumed.train_loss.to_bits(), whole.train_loss.to_bits());
    // A state of another stretch, or damaged, is none.
    let other = share(&alternating(4), Some(&whole), &mut NoCallback).expect("trains");
    let mut foreign = Interruptions { pauses: Vec::new(), saved: stops.saved.clone() };
    assert_eq!(share(&alternating(4), Some(&whole), &mut foreign).expect("begins anew").weights, other.weights);
    let mut damaged = Interruptions { pauses: Vec::new(), saved: stops.saved.map(|saved| saved[..saved.len() - 9].to_vec()) };
    assert_eq!(share(&paths, Some(&begun), &mut damaged).expect("begins anew").weights, whole.weights);
}

#[test]
fn weights_that_are_damaged_or_of_another_shape_are_refused() {
    let shared = share(&paths()[..1], None, &mut NoCallback).expect("trains");
    let images = plain::images(40, 5);
    let failure = probe(&shared.weights[..shared.weights.len() - 1], &images, 40).expect_err("cut off");
    assert!(failure.to_string().contains("the weights are not safetensors"), "{failure}");
    let name = &paths()[0].weights[0].pieces[0].name;
    let mut blob = Blob::default();
    blob.put(name, vec![2], vec![0.0; 2]);
    let failure = probe(&blob.to_bytes(), &images, 40).expect_err("another shape");
    assert!(failure.to_string().ends_with("the shared weights hold `stem.0.weight[8,1,3,3]` in another shape"), "{failure}");
    let lost = Shared { momentum: blob.to_bytes(), ..shared };
    let failure = share(&paths()[..1], Some(&lost), &mut NoCallback).expect_err("without moments");
    assert!(failure.to_string().contains("the weights lack"), "{failure}");
}
