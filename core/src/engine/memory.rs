//! How much memory a training takes at its peak, from the shapes of its network: an estimate, to be corrected by what is
//! observed on a machine.

use super::{Optimizer, TrainRecipe};
use crate::arch::{Cost, Network};

/// Images at a time where accuracy is measured; with many more, that would take more memory than a training.
pub const EVALUATION_BATCH: usize = 256;

/// The name under which a training's environment holds what it took: bytes at its peak beyond what was there before.
pub const PEAK: &str = "peak-memory";

/// Bytes of a 32-bit number.
const NUMBER: u64 = 4;

/// Peak bytes of a training beside the data set: weights, gradients, moments of the optimiser and a moving average; and,
/// whichever is more, all activations of a batch with the gradient of the largest, or those alive at once when accuracy
/// is measured.
pub fn training_bytes(network: &Network, recipe: &TrainRecipe) -> u64 {
    let copies = match recipe.optimizer {
        Optimizer::Sgd => 3,
        Optimizer::Adamw => 4,
    } + u64::from(recipe.ema > 0.0);
    let kept = network.nodes.iter().filter(|node| node.primitive.profile().kept_in_training);
    let sizes: Vec<u64> = kept.map(|node| node.shape.elements() as u64).collect();
    let batch = recipe.batch_size as u64;
    let learning = batch.saturating_mul(NUMBER * (sizes.iter().sum::<u64>() + 2 * sizes.iter().max().copied().unwrap_or(0)));
    let cost = Cost::of(network);
    let measuring = (EVALUATION_BATCH as u64).saturating_mul(cost.activations);
    (copies * NUMBER * cost.params).saturating_add(learning.max(measuring))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Architecture, Shape};

    #[test]
    fn a_larger_batch_and_a_wider_network_take_more() {
        let network = |channels: usize| {
            let text = format!(
                r#"{{"layers":{{"layers":[{{"operation":{{"convolution":{{"kernel":3,"channels":{channels},"stride":1}}}},"sources":[]}}]}}}}"#
            );
            let architecture: Architecture = serde_json::from_str(&text).expect("an architecture");
            architecture.network(Shape { channels: 1, height: 28, width: 28 }, 10).expect("a network")
        };
        let recipe = |batch: usize| -> TrainRecipe {
            let text = format!(
                r#"{{"epochs":1,"examples":1.0,"batch_size":{batch},"optimizer":"sgd","learning_rate":0.1,"momentum":0.9,"weight_decay":0.0005,"schedule":"one-cycle","warmup":0.2,"augment":{{"flip":true,"crop":0,"cutout":0}},"label_smoothing":0.0,"ema":0.0,"precision":"auto","seed":7}}"#
            );
            serde_json::from_str(&text).expect("a recipe")
        };
        let of = |channels, batch| training_bytes(&network(channels), &recipe(batch));
        // Two tensors of 64 × 28 × 28 for each image, convolution and normalisation, and as much again for gradients.
        assert!(of(64, 512) > 512 * 4 * 4 * 64 * 784 && of(64, 512) < 512 * 5 * 4 * 64 * 784);
        assert!(of(64, 512) > of(64, 256) && of(64, 512) > of(32, 512));
        assert_eq!(of(64, 1), of(64, 2), "then measuring takes more than learning");
    }
}
