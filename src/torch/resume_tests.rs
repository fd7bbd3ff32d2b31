//! Trainings that are stopped and go on, in another process as it were: the same bits as without a stop.

use super::*;

/// Wishes a pause after each of these steps, counted from the beginning of the training, and saves after all others.
#[derive(Default)]
struct Interruptions {
    pauses: Vec<usize>,
    saved: Option<Vec<u8>>,
    steps: Vec<usize>,
}

impl Callback for Interruptions {
    fn saved(&mut self) -> Option<Vec<u8>> {
        self.saved.clone()
    }

    fn on_step(&mut self, progress: Progress) -> Control {
        self.steps.push(progress.done_steps);
        if self.pauses.contains(&progress.done_steps) { Control::Pause } else { Control::Checkpoint }
    }

    fn save(&mut self, state: &[u8]) -> Result<(), TaskFailure> {
        self.saved = Some(state.to_vec());
        Ok(())
    }
}

/// 12 steps an epoch, twice.
fn short() -> TrainRecipe {
    TrainRecipe { epochs: 2, ..recipe() }
}

#[test]
fn a_training_that_was_stopped_gives_the_bits_of_one_that_was_not() {
    let plain = short();
    let adamw = TrainRecipe { optimizer: Optimizer::Adamw, learning_rate: 0.01, ..plain };
    let cases = [
        (network(), plain),
        (network(), TrainRecipe { ema: 0.9, augment: Augment { flip: true, crop: 1, cutout: 2, ..Augment::NONE }, ..adamw }),
        (cells::some(), TrainRecipe { auxiliary: 0.4, path_dropout: 0.2, ema: 0.9, precision: Precision::Bf16, ..plain }),
        (
            network(),
            TrainRecipe { augment: Augment { flip: true, resized_crop: 0.4, trivial: true, mixup: 0.3, ..Augment::NONE }, ..plain },
        ),
        (cells::some(), TrainRecipe { auxiliary: 0.4, path_dropout: 0.3, label_smoothing: 0.1, ..adamw }),
    ];
    for (network, recipe) in cases {
        let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
        let whole = train_network(&mut trainer, &network, &recipe, 1);
        // The first step, the middle of an epoch, its end, the beginning of the next, the last step.
        let mut callback = Interruptions { pauses: vec![1, 7, 12, 13, 24], ..Interruptions::default() };
        for pause in 0..5 {
            let paused = accompanied(&mut trainer, &network, &recipe, 1, &mut callback).expect_err("it pauses");
            assert_eq!((paused, callback.steps.last()), (TaskFailure::Paused, Some(&callback.pauses[pause])));
            // As another process would go on.
            trainer = TorchTrainer::new("cpu", 1).expect("the processor");
        }
        let again = accompanied(&mut trainer, &network, &recipe, 1, &mut callback).expect("trains");
        assert_eq!(callback.steps, (1..=24).collect::<Vec<_>>(), "no step is done twice");
        assert!(again.metrics == whole.metrics && again.weights == whole.weights, "{recipe:?}");
    }
}

#[test]
fn a_state_that_is_damaged_or_of_another_training_is_none() {
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let paused = |trainer: &mut TorchTrainer, network: &Network, recipe: &TrainRecipe, seed| {
        let mut callback = Interruptions { pauses: vec![7], ..Interruptions::default() };
        accompanied(trainer, network, recipe, seed, &mut callback).expect_err("it pauses");
        callback.saved.expect("a state")
    };
    let network = network();
    let recipe = short();
    let whole = train(&mut trainer, &recipe, 1);
    let good = paused(&mut trainer, &network, &recipe, 1);
    let edited = |from: &str, to: &str| {
        let end = good.iter().position(|&byte| byte == b'\n').expect("a line");
        let line = String::from_utf8(good[..end].to_vec()).expect("text");
        assert!(line.contains(from), "{line}");
        [line.replace(from, to).as_bytes(), &good[end..]].concat()
    };
    let bad = [
        b"".to_vec(),
        b"{}\n".to_vec(),
        good[..good.len() - 1].to_vec(),
        good[..40].to_vec(),
        edited("\"steps\":7", "\"steps\":13"),
        edited("\"steps\":7", "\"steps\":18446744073709551615"),
        edited("\"losses\":[]", "\"losses\":[1.0,1.0,1.0]"),
        edited("\"paths\":null", "\"paths\":5"),
        paused(&mut trainer, &network, &recipe, 2),
        paused(&mut trainer, &network, &TrainRecipe { learning_rate: 0.2, ..recipe }, 1),
        paused(&mut trainer, &network, &TrainRecipe { precision: Precision::Bf16, ..recipe }, 1),
        paused(&mut trainer, &cells::some(), &recipe, 1),
    ];
    for (index, saved) in bad.into_iter().enumerate() {
        let mut callback = Interruptions { saved: Some(saved), ..Interruptions::default() };
        let again = accompanied(&mut trainer, &network, &recipe, 1, &mut callback).expect("trains");
        assert_eq!(callback.steps.first(), Some(&1), "{index}");
        assert!(again.metrics == whole.metrics && again.weights == whole.weights, "{index}");
    }
}

#[test]
fn a_state_that_cannot_be_saved_ends_a_training() {
    struct Full;
    impl Callback for Full {
        fn saved(&mut self) -> Option<Vec<u8>> {
            None
        }
        fn on_step(&mut self, _: Progress) -> Control {
            Control::Pause
        }
        fn save(&mut self, _: &[u8]) -> Result<(), TaskFailure> {
            Err(TaskFailure::DiskFull { message: "no room".to_owned() })
        }
    }
    let mut trainer = TorchTrainer::new("cpu", 1).expect("the processor");
    let failure = accompanied(&mut trainer, &network(), &short(), 1, &mut Full).expect_err("it cannot pause");
    assert_eq!(failure, TaskFailure::DiskFull { message: "no room".to_owned() });
}
