//! Random changes of whole batches as tensor operations. What is random is drawn from our own streams, an epoch at
//! a time, and not from the generator hidden in libtorch: a training that goes on within an epoch draws it anew, and the
//! same. On a processor the same is done [image by image](by_image).

mod by_image;
mod mixup;
mod resized_crop;
mod shift;
mod trivial;

use tch::{Kind, Tensor};

use self::by_image::Draws;
use self::trivial::Change;
use super::data::Normalizer;
use super::loader::{Batch, Loader, threads};
use epnas::engine::Augment;
use epnas::seed::Seed;

/// What is drawn for the images of an epoch, in their order.
#[derive(Debug)]
pub struct Epoch<'a> {
    images: &'a Loader,
    augment: Augment,
    /// Of each image [`shift::DRAWS`] numbers; `None` where nothing of it is to be drawn.
    shifts: Option<Vec<i64>>,
    /// Of each image top, left, height and width of what becomes of it the image.
    crops: Option<Vec<i64>>,
    /// Of each image.
    changes: Vec<Change>,
    /// Of each batch how much of each image stays, where two are mixed.
    shares: Vec<f64>,
}

impl<'a> Epoch<'a> {
    /// Of the epoch with this number, in which `count` images are seen in `batches`. `seed` is that of the training.
    pub fn new(augment: Augment, images: &'a Loader, (count, batches): (usize, usize), seed: &Seed, epoch: usize) -> Self {
        let stream = |name: &str| seed.child(name).nth(epoch).stream();
        let sides = sides(images);
        let is_shifted = augment.flip || augment.crop > 0 || augment.cutout > 0;
        let shifts = is_shifted.then(|| shift::draw(augment, sides, count, &mut stream("augment")));
        let is_cropped = augment.resized_crop > 0.0;
        let crops = is_cropped.then(|| resized_crop::draw(augment.resized_crop, sides, count, &mut stream("resized-crop")));
        let changes = if augment.trivial { trivial::draw(count, &mut stream("trivial-augment")) } else { Vec::new() };
        let shares = if augment.mixup > 0.0 { mixup::shares(augment.mixup, batches, &mut stream("mixup")) } else { Vec::new() };
        Self { images, augment, shifts, crops, changes, shares }
    }

    /// The batch with this number, changed and normalised; 32-bit, images × channels × height × width, channels last in memory.
    pub fn batch(&self, number: usize, batch: &Batch<'_>, normalizer: &Normalizer) -> Tensor {
        let draws = self.draws(number, batch.index.numel());
        let mut pixels = match batch.rows().memory() {
            Some(bytes) => by_image::batch((bytes, self.images.shape()), &batch.index, draws, normalizer, threads()),
            None => self.as_tensors(batch, draws, normalizer),
        };
        if let Some(share) = self.share(number) {
            pixels = mixup::mixed(&pixels, share);
        }
        pixels.permute([0, 3, 1, 2])
    }

    /// Those of a batch of so many images.
    fn draws<'b>(&'b self, number: usize, length: usize) -> Draws<'b> {
        let all = number * length..(number + 1) * length;
        let part = |numbers: Option<&'b Vec<i64>>, of: usize| numbers.map(|numbers| &numbers[all.start * of..all.end * of]);
        Draws {
            augment: self.augment,
            shifts: part(self.shifts.as_ref(), shift::DRAWS),
            crops: part(self.crops.as_ref(), 4),
            changes: self.changes.get(all.clone()).unwrap_or_default(),
        }
    }

    /// A batch by operations on the whole of it; images × height × width × channels.
    fn as_tensors(&self, batch: &Batch<'_>, draws: Draws<'_>, normalizer: &Normalizer) -> Tensor {
        let (device, index, rows) = (self.images.device(), &batch.index, &batch.rows().pixels);
        let table = |numbers: &[i64]| Tensor::from_slice(numbers).view([index.numel() as i64, -1]).to_device(device);
        let (shifts, crops) = (draws.shifts.map(table), draws.crops.map(table));
        let mut pixels = match (&crops, &shifts) {
            (Some(crops), shifts) => {
                let flips = shifts.as_ref().map(shift::flips);
                resized_crop::cut(rows, index, crops, flips.as_ref())
            }
            (None, Some(shifts)) => shift::shifted(rows, index, self.augment, shifts),
            (None, None) => batch.pixels().to_kind(Kind::Float),
        };
        if !draws.changes.is_empty() {
            pixels = trivial::changed(&pixels, draws.changes);
        }
        let mut pixels = normalizer.apply(&pixels);
        if let Some(shifts) = shifts.filter(|_| self.augment.cutout > 0) {
            pixels *= shift::uncut(self.augment.cutout, sides(self.images), &shifts);
        }
        pixels
    }

    /// How much of each image of a batch stays, where it is mixed with the one before it: its loss is [`mixed_loss`].
    pub fn share(&self, number: usize) -> Option<f64> {
        self.shares.get(number).copied()
    }
}

pub use mixup::mixed_loss;

/// The images of a batch as they are, normalised; 32-bit, images × channels × height × width, channels last in memory.
pub fn plain(batch: &Batch<'_>, normalizer: &Normalizer) -> Tensor {
    normalizer.apply(&batch.pixels().to_kind(Kind::Float)).permute([0, 3, 1, 2])
}

const fn sides(images: &Loader) -> (i64, i64) {
    let shape = images.shape();
    (shape.height as i64, shape.width as i64)
}

/// Bytes at a place for each pixel of each image, as 32-bit numbers; images × height × width × channels. Rows and columns
/// are whole numbers that broadcast to images × height × width.
fn gathered(pixels: &Tensor, index: &Tensor, rows: &Tensor, columns: &Tensor) -> Tensor {
    let place = [Some(index.view([-1, 1, 1])), Some(rows.shallow_clone()), Some(columns.shallow_clone())];
    pixels.index(&place).to_kind(Kind::Float)
}

#[cfg(test)]
mod tests;
