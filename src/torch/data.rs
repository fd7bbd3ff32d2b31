//! Images resident on the device as bytes, and the statistics they are normalised with.

use tch::{Device, Kind, Tensor};

use super::blob::{Blob, refused};
use epnas::arch::{Network, Shape};
use epnas::dataset::Images;
use epnas::engine::TaskFailure;
use epnas::files::Bytes;

/// The images of one file on the device: on the processor the very bytes of [`Images`], on a GPU a copy.
#[derive(Debug)]
pub struct Resident {
    /// Bytes, images × height × width × channels. Never written to: others read the same memory, and a mapped file cannot
    /// be written. What is taken from here by indices is a copy.
    pub pixels: Tensor,
    /// One class index an image, 64-bit.
    pub labels: Tensor,
    /// What `pixels` lies in, unless that is a GPU. Stands below it, so that it goes after it.
    memory: Option<Bytes>,
}

impl Resident {
    pub fn new(images: &Images, device: Device) -> Self {
        let Shape { channels, height, width } = images.shape;
        let size = [images.len(), height, width, channels].map(|side| side as i64);
        let labels: Vec<i64> = images.labels.iter().copied().map(i64::from).collect();
        let labels = Tensor::from_slice(&labels).to_device(device);
        let pixels = over(&images.pixels, &size);
        if device == Device::Cpu {
            Self { pixels, labels, memory: Some(images.pixels.clone()) }
        } else {
            Self { pixels: pixels.to_device(device), labels, memory: None }
        }
    }

    pub fn len(&self) -> usize {
        self.labels.numel()
    }

    /// The same bytes, unless they are on a GPU.
    pub fn memory(&self) -> Option<&Bytes> {
        self.memory.as_ref()
    }
}

/// A tensor that is these bytes; whoever has it must have them, too.
fn over(bytes: &Bytes, size: &[i64]) -> Tensor {
    assert_eq!(size.iter().product::<i64>(), bytes.len() as i64, "one byte an element");
    // SAFETY: as many bytes as the tensor has elements lie there, as was just made sure of, and do not move. Here above,
    // the only place that calls this, the tensor is either copied to a GPU and dropped, which waits until it is copied, or
    // kept beside an owner of the bytes, which are freed after it. Nobody has it to change it: `tch` writes through
    // `&mut Tensor`, and a `Resident` is only lent out as `&Resident`.
    #[allow(unsafe_code)]
    unsafe {
        Tensor::from_blob(bytes.as_ptr(), size, &[], Kind::Uint8, Device::Cpu)
    }
}

/// Whether `network` can read these images and these examples are among them.
pub fn check(network: &Network, images: &Images, examples: &[u32]) -> Result<(), TaskFailure> {
    let (Some(first), Some(last)) = (network.nodes.first(), network.nodes.last()) else {
        return Err(refused("the network has no layers"));
    };
    if images.pixels.len() != images.len() * images.shape.elements() {
        return Err(refused("the images do not have one byte an element"));
    }
    if first.shape != images.shape {
        return Err(refused(format!("the network reads images of {:?}, these are {:?}", first.shape, images.shape)));
    }
    if examples.iter().any(|&example| example as usize >= images.len()) {
        return Err(refused("an example is not among the images"));
    }
    if images.labels.iter().any(|&label| usize::from(label) >= last.shape.channels) {
        return Err(refused(format!("the network tells {} classes apart, the labels have more", last.shape.channels)));
    }
    Ok(())
}

/// Mean and standard deviation of each channel, pixels as shares of 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Statistics {
    /// Of these examples and no others, summed exactly.
    pub fn of(images: &Images, examples: &[u32]) -> Self {
        let Shape { height, width, .. } = images.shape;
        let (mut mean, mut deviation) = (Vec::new(), Vec::new());
        for [sum, squares] in images.sums(examples) {
            let count = (height * width * examples.len()).max(1) as f64;
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

    #[test]
    fn on_the_processor_images_are_not_copied_and_outlive_their_store() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("images");
        let pixels: Vec<u8> = (0..24).collect();
        epnas::files::write_unflushed(&path, &pixels).expect("write");
        let shape = Shape { channels: 3, height: 2, width: 2 };
        for pixels in [Bytes::from(pixels.clone()), epnas::files::map(&path).expect("map")] {
            let (place, labels) = (pixels.as_ptr(), vec![0, 1]);
            let images = Images { shape, classes: 2, pixels, labels };
            let resident = Resident::new(&images, Device::Cpu);
            drop(images);
            assert_eq!(resident.pixels.data_ptr().cast::<u8>().cast_const(), place);
            assert_eq!((resident.pixels.size(), resident.len()), (vec![2, 2, 2, 3], 2));
            // Image, row, column, channel.
            assert_eq!(resident.pixels.int64_value(&[1, 0, 1, 2]), 12 + 3 + 2);
        }
    }
}
