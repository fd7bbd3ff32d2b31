//! Pairs of images, mixed (Zhang et al. 2018, arXiv 1710.09412, §2): λ x + (1 − λ) x′ with λ from Beta(α, α), the same for
//! the loss. As in their code, one λ is drawn for a batch; x′ is the image before x, for the order is random already.

use tch::Tensor;

use epnas::seed::{Stream, unit};

/// λ of each of so many batches, for α in (0, 1].
pub(super) fn shares(alpha: f64, batches: usize, stream: &mut Stream) -> Vec<f64> {
    (0..batches).map(|_| beta(alpha, stream)).collect()
}

/// A number from Beta(α, α), by Jöhnk's way (1964): u^(1/α) by the sum of two such, where that is at most 1. In logarithms,
/// for with a small α both are less than the least number.
fn beta(alpha: f64, stream: &mut Stream) -> f64 {
    loop {
        let [a, b] = [(); 2].map(|()| (1.0 - unit(stream)).ln() / alpha);
        if a.exp() + b.exp() <= 1.0 {
            return 1.0 / (1.0 + (b - a).exp());
        }
    }
}

/// Of a batch, in its first dimension, what each is mixed with.
fn mixed_with(batch: &Tensor) -> Tensor {
    batch.roll([1], [0])
}

/// The loss of images that were mixed with others by `share`, from the loss for some labels.
pub fn mixed_loss(labels: &Tensor, share: Option<f64>, loss: impl Fn(&Tensor) -> Tensor) -> Tensor {
    match share {
        None => loss(labels),
        Some(share) => loss(labels) * share + loss(&mixed_with(labels)) * (1.0 - share),
    }
}

/// Images of which `share` stays.
pub(super) fn mixed(images: &Tensor, share: f64) -> Tensor {
    images * share + mixed_with(images) * (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use epnas::seed::Seed;

    /// Beta(α, α) has mean 1/2 and variance 1 / (4 (2α + 1)).
    #[test]
    fn mean_and_variance_are_those_of_beta() {
        for alpha in [0.01, 0.2, 1.0] {
            let drawn = shares(alpha, 20_000, &mut Seed::root(1).stream());
            assert!(drawn.iter().all(|share| (0.0..=1.0).contains(share)), "{alpha}");
            let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
            let variance = drawn.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / drawn.len() as f64;
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.015 && (variance / expected - 1.0).abs() < 0.03, "{alpha}: {mean}, {variance}");
        }
    }

    #[test]
    fn each_image_is_mixed_with_the_one_before() {
        let images = Tensor::from_slice(&[0.0_f32, 4.0, 8.0]).view([3, 1, 1, 1]);
        let mixed = Vec::<f32>::try_from(mixed(&images, 0.75).view([3])).expect("numbers");
        assert_eq!(mixed, [2.0, 3.0, 7.0]);
    }
}
