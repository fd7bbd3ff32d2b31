//! Whether images fit a network, and the statistics they are normalised with.

use tch::{Device, Tensor};

use super::blob::{Blob, refused};
use epnas::arch::{Network, Shape};
use epnas::dataset::{Form, Images};
use epnas::engine::TaskFailure;

/// Whether `network` can read these images and these examples are among them.
pub fn check(network: &Network, images: &Images, examples: &[u32]) -> Result<(), TaskFailure> {
    check_all([network], images, examples)
}

/// The same for many networks; images and examples are looked at once.
pub fn check_all<'a>(networks: impl IntoIterator<Item = &'a Network>, images: &Images, examples: &[u32]) -> Result<(), TaskFailure> {
    if images.pixels.raw().is_some_and(|bytes| bytes.len() != images.len() * images.shape.elements()) {
        return Err(refused("the images do not have one byte an element"));
    }
    if examples.iter().any(|&example| example as usize >= images.len()) {
        return Err(refused("an example is not among the images"));
    }
    let labels = images.labels.iter().max().map_or(0, |&label| usize::from(label) + 1);
    for network in networks {
        let (Some(first), Some(last)) = (network.nodes.first(), network.nodes.last()) else {
            return Err(refused("the network has no layers"));
        };
        if first.shape != images.shape {
            return Err(refused(format!("the network reads images of {:?}, these are {:?}", first.shape, images.shape)));
        }
        if labels > last.shape.channels {
            return Err(refused(format!("the network tells {} classes apart, the labels have more", last.shape.channels)));
        }
    }
    Ok(())
}

/// The most packed images that statistics are computed of: their error is a hundredth of what single images differ by.
const MOST: usize = 10_000;

/// Mean and standard deviation of each channel, pixels as shares of 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Statistics {
    /// Of these examples and no others, summed exactly. Of packed images, whose decoding takes time, at most [`MOST`] count,
    /// spread over all.
    pub fn of(images: &Images, examples: &[u32]) -> Self {
        let Shape { height, width, .. } = images.shape;
        let step = if images.pixels.form() == Form::Jpeg { examples.len().div_ceil(MOST).max(1) } else { 1 };
        let some: Vec<u32> = examples.iter().copied().step_by(step).collect();
        let (mut mean, mut deviation) = (Vec::new(), Vec::new());
        for [sum, squares] in images.sums(&some) {
            let count = (height * width * some.len()).max(1) as f64;
            let average = sum as f64 / count;
            let variance = (squares as f64 / count - average * average).max(0.0);
            mean.push((average / 255.0) as f32);
            // A channel without any variation stays as it is.
            deviation.push(if variance > 0.0 { (variance.sqrt() / 255.0) as f32 } else { 1.0 });
        }
        Self { mean, deviation }
    }

    pub fn save(&self, blob: &mut Blob) {
        blob.put("input.mean", vec![self.mean.len()], self.mean.clone());
        blob.put("input.std", vec![self.deviation.len()], self.deviation.clone());
    }

    pub fn load(blob: &mut Blob, channels: usize) -> Result<Self, TaskFailure> {
        Ok(Self { mean: blob.take("input.mean", &[channels])?, deviation: blob.take("input.std", &[channels])? })
    }

    pub fn on(&self, device: Device) -> Normalizer {
        let mean: Vec<f32> = self.mean.iter().map(|mean| mean * 255.0).collect();
        let scale: Vec<f32> = self.deviation.iter().map(|deviation| 1.0 / (deviation * 255.0)).collect();
        let of_channel = |(mean, scale): (&f32, &f32)| std::array::from_fn(|byte| (byte as f32 - mean) * scale);
        let levels = mean.iter().zip(&scale).map(of_channel).collect();
        let [mean, scale] = [mean, scale].map(|values| Tensor::from_slice(&values).to_device(device));
        Normalizer { mean, scale, levels }
    }
}

/// Statistics on the device.
#[derive(Debug)]
pub struct Normalizer {
    mean: Tensor,
    scale: Tensor,
    /// What becomes of each byte, for every channel.
    pub levels: Vec<[f32; 256]>,
}

impl Normalizer {
    /// Pixels with channels last, as 32-bit numbers of any range, to mean 0 and deviation 1.
    pub fn apply(&self, pixels: &Tensor) -> Tensor {
        (pixels - &self.mean) * &self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_read_their_examples_only() {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        let images = Images { shape, classes: 2, pixels: vec![0, 51, 255, 51, 9, 9, 9, 9].into(), labels: vec![0, 1] };
        let statistics = Statistics::of(&images, &[0]);
        assert_eq!(statistics, Statistics { mean: vec![0.5, 0.2], deviation: vec![0.5, 1.0] });
    }
}
