//! Random changes of whole batches as tensor operations. What is random is drawn from our own streams, an epoch at
//! a time, and not from the generator hidden in libtorch: a training that goes on within an epoch draws it anew, and the
//! same.

mod mixup;
mod resized_crop;
mod shift;
mod trivial;

use tch::{Kind, Tensor};

use self::trivial::Change;
use super::data::{Normalizer, Resident};
use epnas::engine::Augment;
use epnas::seed::Seed;

/// What is drawn for the images of an epoch, in their order.
#[derive(Debug)]
pub struct Epoch<'a> {
    images: &'a Resident,
    augment: Augment,
    /// Of each image [`shift::DRAWS`] numbers; `None` where nothing of it is to be drawn.
    shifts: Option<Tensor>,
    /// Of each image top, left, height and width of what becomes of it the image.
    crops: Option<Tensor>,
    /// Of each image.
    changes: Vec<Change>,
    /// Of each batch how much of each image stays, where two are mixed.
    shares: Vec<f64>,
}

impl<'a> Epoch<'a> {
    /// Of the epoch with this number, in which `count` images are seen in `batches`. `seed` is that of the training.
    pub fn new(augment: Augment, images: &'a Resident, (count, batches): (usize, usize), seed: &Seed, epoch: usize) -> Self {
        let stream = |name: &str| seed.child(name).nth(epoch).stream();
        let (sides, device) = (sides(images), images.pixels.device());
        let table = |numbers: Vec<i64>, columns: usize| Tensor::from_slice(&numbers).view([count as i64, columns as i64]).to_device(device);
        let is_shifted = augment.flip || augment.crop > 0 || augment.cutout > 0;
        let shifts = is_shifted.then(|| table(shift::draw(augment, sides, count, &mut stream("augment")), shift::DRAWS));
        let is_cropped = augment.resized_crop > 0.0;
        let crops = is_cropped.then(|| table(resized_crop::draw(augment.resized_crop, sides, count, &mut stream("resized-crop")), 4));
        let changes = if augment.trivial { trivial::draw(count, &mut stream("trivial-augment")) } else { Vec::new() };
        let shares = if augment.mixup > 0.0 { mixup::shares(augment.mixup, batches, &mut stream("mixup")) } else { Vec::new() };
        Self { images, augment, shifts, crops, changes, shares }
    }

    /// The images at `index`, which is that of a batch of the epoch, changed and normalised; 32-bit, images × channels × height
    /// × width, channels last in memory.
    pub fn batch(&self, number: usize, index: &Tensor, normalizer: &Normalizer) -> Tensor {
        let length = index.numel();
        let start = number * length;
        let part = |tensor: &Tensor| tensor.narrow(0, start as i64, length as i64);
        let (shifts, crops) = (self.shifts.as_ref().map(part), self.crops.as_ref().map(part));
        let mut pixels = match (&crops, &shifts) {
            (Some(crops), shifts) => {
                let flips = shifts.as_ref().map(shift::flips);
                resized_crop::cut(&self.images.pixels, index, crops, flips.as_ref())
            }
            (None, Some(shifts)) => shift::shifted(&self.images.pixels, index, self.augment, shifts),
            (None, None) => self.images.pixels.index_select(0, index).to_kind(Kind::Float),
        };
        if let Some(changes) = self.changes.get(start..start + length) {
            pixels = trivial::changed(&pixels, changes);
        }
        let mut pixels = normalizer.apply(&pixels);
        if let Some(shifts) = shifts.filter(|_| self.augment.cutout > 0) {
            pixels *= shift::uncut(self.augment.cutout, sides(self.images), &shifts);
        }
        if let Some(share) = self.share(number) {
            pixels = mixup::mixed(&pixels, share);
        }
        pixels.permute([0, 3, 1, 2])
    }

    /// How much of each image of a batch stays, where it is mixed with the one before it: [`mixed_with`] says which.
    pub fn share(&self, number: usize) -> Option<f64> {
        self.shares.get(number).copied()
    }
}

pub use mixup::mixed_with;

/// The images at `index` as they are, normalised; 32-bit, images × channels × height × width, channels last in memory.
pub fn plain(images: &Resident, index: &Tensor, normalizer: &Normalizer) -> Tensor {
    normalizer.apply(&images.pixels.index_select(0, index).to_kind(Kind::Float)).permute([0, 3, 1, 2])
}

fn sides(images: &Resident) -> (i64, i64) {
    let size = images.pixels.size();
    (size[1], size[2])
}

/// Bytes at a place for each pixel of each image, as 32-bit numbers; images × height × width × channels. Rows and columns
/// are whole numbers that broadcast to images × height × width.
fn gathered(pixels: &Tensor, index: &Tensor, rows: &Tensor, columns: &Tensor) -> Tensor {
    let place = [Some(index.view([-1, 1, 1])), Some(rows.shallow_clone()), Some(columns.shallow_clone())];
    pixels.index(&place).to_kind(Kind::Float)
}

#[cfg(test)]
mod tests;
