//! Images where trainings read them: on the device as bytes, or in memory and on the disk, from where each batch is brought to
//! the device when it is needed. What is computed from them is the same.

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use epnas::arch::Shape;
use epnas::dataset::{Images, Pixels};
use epnas::files::Bytes;

/// The most bytes of one file of images that stay on a GPU.
const MOST_ON_GPU: usize = 8 << 30;

/// The images of one file.
#[derive(Debug)]
pub struct Loader {
    place: Place,
    /// One class index an image, 64-bit, on the device.
    labels: Tensor,
    shape: Shape,
    device: Device,
}

#[derive(Debug)]
enum Place {
    OnDevice(Rows),
    /// Packed, or too many for the device.
    Elsewhere(Pixels),
}

/// The bytes of images on a device: on the processor those of [`Images`], on a GPU a copy.
#[derive(Debug)]
pub struct Rows {
    /// Images × height × width × channels. Never written to: others read the same memory, and a mapped file cannot be written.
    /// What is taken from here by indices is a copy.
    pub pixels: Tensor,
    /// What `pixels` lies in, unless that is a GPU. Stands below it, so that it goes after it.
    memory: Option<Bytes>,
}

/// Some of the images, ready on the device.
#[derive(Debug)]
pub struct Batch<'a> {
    rows: Lent<'a>,
    /// Which of the rows.
    pub index: Tensor,
    /// One class index an image, 64-bit.
    pub labels: Tensor,
}

#[derive(Debug)]
enum Lent<'a> {
    Whole(&'a Rows),
    Brought(Rows),
}

impl Loader {
    pub fn new(images: &Images, device: Device) -> Self {
        let labels: Vec<i64> = images.labels.iter().copied().map(i64::from).collect();
        let place = match images.pixels.raw().filter(|bytes| !device.is_cuda() || bytes.len() <= MOST_ON_GPU) {
            Some(bytes) => Place::OnDevice(Rows::new(bytes.clone(), images.shape, device)),
            None => Place::Elsewhere(images.pixels.clone()),
        };
        Self { place, labels: Tensor::from_slice(&labels).to_device(device), shape: images.shape, device }
    }

    pub fn len(&self) -> usize {
        self.labels.numel()
    }

    pub const fn shape(&self) -> Shape {
        self.shape
    }

    pub const fn device(&self) -> Device {
        self.device
    }

    /// The bytes of all images in memory or in a file, where trainings read them from there.
    pub fn memory(&self) -> Option<&Bytes> {
        match &self.place {
            Place::OnDevice(rows) => rows.memory(),
            Place::Elsewhere(_) => None,
        }
    }

    /// The images, where each batch has to be brought.
    pub const fn elsewhere(&self) -> Option<&Pixels> {
        match &self.place {
            Place::OnDevice(_) => None,
            Place::Elsewhere(pixels) => Some(pixels),
        }
    }

    /// The images at `index`, whole numbers on the device.
    pub fn at(&self, index: &Tensor) -> Batch<'_> {
        let labels = self.labels.index_select(0, index);
        match &self.place {
            Place::OnDevice(rows) => Batch { rows: Lent::Whole(rows), index: index.shallow_clone(), labels },
            Place::Elsewhere(pixels) => {
                let examples: Vec<u32> =
                    Vec::<i64>::try_from(index).expect("a row of whole numbers").into_iter().map(|example| example as u32).collect();
                self.brought(index, gather(pixels, self.shape, &examples, threads()))
            }
        }
    }

    /// The images at `index`, whose bytes were gathered.
    pub fn brought(&self, index: &Tensor, bytes: Vec<u8>) -> Batch<'_> {
        Batch {
            rows: Lent::Brought(Rows::new(bytes.into(), self.shape, self.device)),
            index: Tensor::arange(index.numel() as i64, (Kind::Int64, self.device)),
            labels: self.labels.index_select(0, index),
        }
    }
}

/// Indices of examples on a device.
pub fn indices(examples: &[u32], device: Device) -> Tensor {
    let wide: Vec<i64> = examples.iter().map(|&example| i64::from(example)).collect();
    Tensor::from_slice(&wide).to_device(device)
}

/// Those of this process.
pub fn threads() -> usize {
    tch::get_num_threads().max(1) as usize
}

/// The bytes of these images, one image behind the other; copied or decoded by so many threads.
pub fn gather(pixels: &Pixels, shape: Shape, examples: &[u32], threads: usize) -> Vec<u8> {
    let elements = shape.elements();
    let mut bytes = vec![0; examples.len() * elements];
    let some = |range: Range<usize>, bytes: &mut [u8]| {
        for (&example, into) in examples[range].iter().zip(bytes.chunks_mut(elements)) {
            pixels.read(example as usize, into);
        }
    };
    in_parts(&mut bytes, examples.len(), threads, some);
    bytes
}

/// Fills `all`, which is of `count` images, by so many threads: each has the numbers of its images, and their part.
pub fn in_parts<T: Send>(all: &mut [T], count: usize, threads: usize, fill: impl Fn(Range<usize>, &mut [T]) + Sync) {
    if threads == 1 || count == 0 {
        fill(0..count, all);
        return;
    }
    let (length, share) = (all.len() / count, count.div_ceil(threads));
    std::thread::scope(|scope| {
        for (part, all) in all.chunks_mut(share * length).enumerate() {
            let fill = &fill;
            scope.spawn(move || fill(part * share..((part + 1) * share).min(count), all));
        }
    });
}

impl Rows {
    fn new(bytes: Bytes, Shape { channels, height, width }: Shape, device: Device) -> Self {
        let images = bytes.len() / (channels * height * width);
        let pixels = over(&bytes, &[images, height, width, channels].map(|side| side as i64));
        if device == Device::Cpu { Self { pixels, memory: Some(bytes) } } else { Self { pixels: pixels.to_device(device), memory: None } }
    }

    /// The same bytes, unless they are on a GPU.
    pub const fn memory(&self) -> Option<&Bytes> {
        self.memory.as_ref()
    }
}

impl Batch<'_> {
    pub const fn rows(&self) -> &Rows {
        match &self.rows {
            Lent::Whole(rows) => rows,
            Lent::Brought(rows) => rows,
        }
    }

    /// The bytes as they are, images × height × width × channels; a copy.
    pub fn pixels(&self) -> Tensor {
        self.rows().pixels.index_select(0, &self.index)
    }
}

/// A tensor that is these bytes; whoever has it must have them, too.
fn over(bytes: &Bytes, size: &[i64]) -> Tensor {
    assert_eq!(size.iter().product::<i64>(), bytes.len() as i64, "one byte an element");
    // SAFETY: as many bytes as the tensor has elements lie there, as was just made sure of, and do not move. Here above,
    // the only place that calls this, the tensor is either copied to a GPU and dropped, which waits until it is copied, or
    // kept beside an owner of the bytes, which are freed after it. Nobody has it to change it: `tch` writes through
    // `&mut Tensor`, and `Rows` are only lent out as `&Rows`.
    #[allow(unsafe_code)]
    unsafe {
        Tensor::from_blob(bytes.as_ptr(), size, &[], Kind::Uint8, Device::Cpu)
    }
}

#[cfg(test)]
impl Loader {
    /// Brings every batch, as where images are too many for a GPU.
    pub fn bringing(images: &Images) -> Self {
        Self { place: Place::Elsewhere(images.pixels.clone()), ..Self::new(images, Device::Cpu) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_processor_images_are_not_copied_and_outlive_their_store() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("images");
        let pixels: Vec<u8> = (0..24).collect();
        epnas::files::write_unflushed(&path, &pixels).expect("write");
        let shape = Shape { channels: 3, height: 2, width: 2 };
        for pixels in [Bytes::from(pixels.clone()), epnas::files::map(&path).expect("map")] {
            let (place, labels) = (pixels.as_ptr(), vec![0, 1]);
            let images = Images { shape, classes: 2, pixels: pixels.into(), labels };
            let loader = Loader::new(&images, Device::Cpu);
            drop(images);
            let batch = loader.at(&Tensor::from_slice(&[1_i64]));
            let pixels = &batch.rows().pixels;
            assert_eq!(pixels.data_ptr().cast::<u8>().cast_const(), place);
            assert_eq!((pixels.size(), loader.len()), (vec![2, 2, 2, 3], 2));
            // Image, row, column, channel.
            assert_eq!(pixels.int64_value(&[1, 0, 1, 2]), 12 + 3 + 2);
        }
    }

    #[test]
    fn images_that_are_brought_are_those_that_lie_on_the_device() {
        let shape = Shape { channels: 1, height: 2, width: 2 };
        let images = Images { shape, classes: 9, pixels: (0..28).collect::<Vec<u8>>().into(), labels: (0..7).collect() };
        let index = Tensor::from_slice(&[6_i64, 0, 3]);
        let (resident, bringing) = (Loader::new(&images, Device::Cpu), Loader::bringing(&images));
        let (one, other) = (resident.at(&index), bringing.at(&index));
        assert_eq!((one.pixels(), &one.labels), (other.pixels(), &other.labels));
        assert_eq!((resident.memory().is_some(), bringing.memory().is_some()), (true, false));
        let pixels = images.pixels;
        for threads in 1..5 {
            assert_eq!(gather(&pixels, shape, &[6, 0, 3], threads), [24, 25, 26, 27, 0, 1, 2, 3, 12, 13, 14, 15], "{threads}");
        }
    }
}
