//! Tiny trainings on images made from seeds.

use crate::torch::TorchTrainer;
use epnas::arch::{Layer, LayerNetwork, Network, Operation, Shape};
use epnas::dataset::Images;
use epnas::digest::{Digest, Domain};
use epnas::engine::{
    Augment, Callback, ClassWeights, Control, Metric, NoCallback, Optimizer, Precision, Progress, Schedule, TaskFailure, TrainJob,
    TrainRecipe, Trained, Trainer,
};
use epnas::seed::{Seed, below};

#[path = "train_cell_tests.rs"]
mod cells;
#[path = "packed_tests.rs"]
mod packed;
#[path = "resume_tests.rs"]
mod resume;
pub const SHAPE: Shape = Shape { channels: 1, height: 8, width: 8 };

/// Noise with a bright quarter, which tells the class.
pub fn images(count: usize, seed: u64) -> Images {
    let mut stream = Seed::root(seed).stream();
    let labels: Vec<u16> = (0..count).map(|_| below(&mut stream, 4) as u16).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        for place in 0..64 {
            let quarter = (place / 32) * 2 + (place % 8) / 4;
            pixels.push(below(&mut stream, 120) as u8 + if quarter == usize::from(label) { 100 } else { 0 });
        }
    }
    Images { shape: SHAPE, classes: 4, pixels: pixels.into(), labels }
}

fn network() -> Network {
    let layer =
        |channels, stride, source: &[usize]| Layer { operation: Operation::convolution(3, channels, stride), sources: source.to_vec() };
    LayerNetwork { layers: vec![layer(8, 1, &[]), layer(16, 2, &[0]), layer(16, 2, &[1])] }.build(SHAPE, 4).expect("well-formed")
}

pub fn recipe() -> TrainRecipe {
    TrainRecipe {
        epochs: 6,
        examples: 1.0,
        batch_size: 32,
        optimizer: Optimizer::Sgd,
        learning_rate: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        schedule: Schedule::OneCycle,
        warmup: 0.2,
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

pub fn dataset(images: &Images) -> Digest {
    Digest::of(Domain::Dataset, images.pixels.raw().expect("raw"))
}

fn train(trainer: &mut TorchTrainer, recipe: &TrainRecipe, seed: u64) -> Trained {
    train_network(trainer, &network(), recipe, seed)
}

fn train_network(trainer: &mut TorchTrainer, network: &Network, recipe: &TrainRecipe, seed: u64) -> Trained {
    accompanied(trainer, network, recipe, seed, &mut NoCallback).expect("trains")
}

fn accompanied(
    trainer: &mut TorchTrainer,
    network: &Network,
    recipe: &TrainRecipe,
    seed: u64,
    callback: &mut dyn Callback,
) -> Result<Trained, TaskFailure> {
    let images = images(500, 1);
    let (train, validation): (Vec<u32>, Vec<u32>) = (0..500).partition(|example| example % 5 > 0);
    let job = TrainJob {
        network,
        recipe,
        metric: Metric::Accuracy,
        dataset: dataset(&images),
        images: &images,
        train: &train,
        validation: &validation,
        seed: Seed::root(seed),
    };
    trainer.train(&job, callback)
}

#[test]
fn easy_images_are_learnt_with_every_option() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let plain = recipe();
    let recipes = [
        TrainRecipe { precision: Precision::Bf16, ..plain },
        TrainRecipe { optimizer: Optimizer::Adamw, learning_rate: 0.01, schedule: Schedule::Cosine, label_smoothing: 0.1, ..plain },
        TrainRecipe { augment: Augment { resized_crop: 0.7, mixup: 0.2, ..Augment::NONE }, ..plain },
        TrainRecipe { ema: 0.99, augment: Augment { crop: 1, cutout: 2, ..Augment::NONE }, ..plain },
        plain,
    ];
    for recipe in recipes {
        let Trained { metrics, weights, .. } = train(&mut trainer, &recipe, 1);
        assert!(metrics.validation_accuracy > 0.9, "{metrics:?} by {recipe:?}");
        assert_eq!((metrics.train_loss.len(), metrics.diverged), (6, None));
        assert!(metrics.train_loss[5] < metrics.train_loss[0]);
        let validation = only(&images(500, 1), |example| example % 5 == 0);
        let again = trainer.evaluate(&network(), &weights, &recipe, dataset(&validation), &validation);
        assert_eq!(again.map(|tested| tested.confusion.accuracy()), Ok(metrics.validation_accuracy));
    }
}

#[test]
fn with_many_classes_the_five_likeliest_count_too() {
    let of_many = |images: Images| Images { classes: 24, ..images };
    let layers = vec![Layer { operation: Operation::convolution(3, 8, 2), sources: vec![] }];
    let network = LayerNetwork { layers }.build(SHAPE, 24).expect("well-formed");
    let (recipe, images) = (TrainRecipe { epochs: 8, ..recipe() }, of_many(images(400, 3)));
    let everything: Vec<u32> = (0..400).collect();
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let job = TrainJob {
        network: &network,
        recipe: &recipe,
        metric: Metric::Accuracy,
        dataset: dataset(&images),
        images: &images,
        train: &everything,
        validation: &everything,
        seed: Seed::root(1),
    };
    let weights = trainer.train(&job, &mut NoCallback).expect("trains").weights;
    // Four classes were seen: a wrong one of them is still among the five likeliest.
    let labels = images.labels.iter().map(|label| (label + 1) % 4).collect();
    let shifted = Images { labels, ..images };
    let tested = trainer.evaluate(&network, &weights, &recipe, Digest::of(Domain::Dataset, b"shifted"), &shifted).expect("tested");
    assert!(tested.confusion.accuracy() < 0.2 && tested.top_5.is_some_and(|share| share > 0.95), "{tested:?}");
    assert_eq!((tested.confusion.classes, tested.confusion.images()), (24, 400));
}

#[test]
fn what_the_search_goes_by_is_measured_on_the_validation_split() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let (images, recipe, network) = (images(500, 1), TrainRecipe { epochs: 1, ..recipe() }, network());
    let (train, validation): (Vec<u32>, Vec<u32>) = (0..500).partition(|example| example % 5 > 0);
    let mut by = |metric| {
        let (dataset, seed) = (dataset(&images), Seed::root(1));
        let job =
            TrainJob { network: &network, recipe: &recipe, metric, dataset, images: &images, train: &train, validation: &validation, seed };
        trainer.train(&job, &mut NoCallback)
    };
    assert_eq!(by(Metric::Accuracy).expect("trains").metrics.score, None);
    let balanced = by(Metric::BalancedAccuracy).expect("trains");
    assert_eq!(by(Metric::Top5).expect_err("four classes").to_string(), "there are too few classes for `top-5`");
    let kept = only(&images, |example| example % 5 == 0);
    let tested = trainer.evaluate(&network, &balanced.weights, &recipe, dataset(&kept), &kept).expect("tested");
    assert_eq!(balanced.metrics.score, Some(tested.confusion.balanced_accuracy()));
    assert_eq!((balanced.metrics.validation_accuracy, balanced.metrics.validation_loss), (tested.confusion.accuracy(), Some(tested.loss)));
}

#[test]
fn class_weights_keep_a_small_class_from_being_given_up() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    // Noise: nothing tells the classes apart, and one image of ten is of the second.
    let noise = images(400, 5);
    let labels: Vec<u16> = (0..400).map(|example| u16::from(example % 10 == 0)).collect();
    let noise = Images { labels, ..noise };
    let (network, everything): (_, Vec<u32>) = (network(), (0..400).collect());
    let mut taken_for_the_second = |class_weights| {
        let recipe = TrainRecipe { epochs: 2, learning_rate: 0.01, class_weights, ..recipe() };
        let (dataset, seed, validation) = (dataset(&noise), Seed::root(1), &everything);
        let job = TrainJob {
            network: &network,
            recipe: &recipe,
            metric: Metric::Accuracy,
            dataset,
            images: &noise,
            train: &everything,
            validation,
            seed,
        };
        let weights = trainer.train(&job, &mut NoCallback).expect("trains").weights;
        let tested = trainer.evaluate(&network, &weights, &recipe, dataset, &noise).expect("tested");
        tested.confusion.matrix().iter().map(|row| row[1]).sum::<usize>()
    };
    let counts = [ClassWeights::None, ClassWeights::Inverse, ClassWeights::Effective].map(&mut taken_for_the_second);
    assert!(counts[0] < 10 && counts[1] > 100 && (20..100).contains(&counts[2]), "{counts:?}");
}

/// Some of the images, in order.
fn only(images: &Images, keep: impl Fn(usize) -> bool) -> Images {
    let kept: Vec<usize> = (0..images.len()).filter(|&index| keep(index)).collect();
    let pixels = kept.iter().flat_map(|&index| images.image(index).into_owned()).collect::<Vec<u8>>();
    let labels: Vec<u16> = kept.iter().map(|&index| images.labels[index]).collect();
    Images { shape: SHAPE, classes: 4, pixels: pixels.into(), labels }
}

#[test]
fn a_result_depends_on_its_seed_and_on_nothing_before() {
    let recipe = TrainRecipe { epochs: 1, augment: Augment { flip: true, crop: 1, cutout: 2, ..Augment::NONE }, ..recipe() };
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let first = train(&mut trainer, &recipe, 1);
    let other = train(&mut trainer, &recipe, 2);
    let again = train(&mut trainer, &recipe, 1);
    assert!(first.weights == again.weights && first.metrics == again.metrics);
    assert!(first.weights != other.weights);
    assert!(first.weights == train(&mut TorchTrainer::new("cpu", 1).expect("the processor"), &recipe, 1).weights);
}

#[test]
fn a_loss_that_is_no_number_ends_a_training() {
    let wild = TrainRecipe { learning_rate: 1e30, warmup: 0.0, ..recipe() };
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let failure = accompanied(&mut trainer, &network(), &wild, 1, &mut NoCallback).expect_err("it diverges");
    assert_eq!(failure, TaskFailure::Diverged { epoch: 0 });
}

#[test]
fn one_incomplete_batch_is_better_than_none() {
    let recipe = TrainRecipe { batch_size: 4096, epochs: 2, ..recipe() };
    let metrics = train(&mut TorchTrainer::new("cpu", 1).expect("the processor"), &recipe, 1).metrics;
    assert_eq!(metrics.train_loss.len(), 2);
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let recipe = TrainRecipe { epochs: 1, ..recipe() };
    let weights = train(&mut trainer, &recipe, 1).weights;
    let images = images(20, 2);
    let mut evaluate = |network: &Network, weights: &[u8]| trainer.evaluate(network, weights, &recipe, dataset(&images), &images);
    assert!(evaluate(&network(), &weights).is_ok());
    for bytes in [&weights[..weights.len() - 4], &weights[4..], b"nothing"] {
        assert!(matches!(evaluate(&network(), bytes), Err(TaskFailure::Unreadable { .. })));
    }
    let mut shallow = network();
    shallow.nodes.drain(4..7);
    shallow.nodes.iter_mut().skip(4).for_each(|node| node.inputs.iter_mut().for_each(|input| *input -= 3));
    assert!(matches!(evaluate(&shallow, &weights), Err(TaskFailure::Unreadable { .. })));
    let colour = Shape { channels: 3, ..SHAPE };
    let mut other = network();
    other.nodes[0].shape = colour;
    assert!(matches!(evaluate(&other, &weights), Err(TaskFailure::Refused { .. })));
}

#[test]
fn a_training_says_what_it_took() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let trained = train(&mut trainer, &TrainRecipe { epochs: 1, ..recipe() }, 1);
    // How much it was, other tests blur, which take memory of this process meanwhile. A system that tells it is told of,
    // unless a peak before hides it, which a count that begins anew rules out.
    let told = trained.environment.get(epnas::engine::PEAK).map(|peak| peak.parse::<u64>().expect("bytes"));
    let tells = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    assert!(told.is_some() || !tells, "{:?}", trained.environment);
}
