//! The changes of a batch on the processor, image by image: an image stays in the processor's cache from its bytes to its
//! normalised numbers, where tensor operations carry whole batches to memory and back. Every number is that of the tensor
//! operations.

use std::ops::Range;

use epnas_pixels::change::{self, Sides};
use tch::{Device, Kind, Tensor};

use super::shift;
use super::trivial::{Change, Operation};
use crate::torch::data::Normalizer;
use crate::torch::loader::in_parts;
use epnas::arch::Shape;
use epnas::engine::Augment;

/// What is drawn for the images of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws<'a> {
    pub augment: Augment,
    pub shifts: Option<&'a [i64]>,
    pub crops: Option<&'a [i64]>,
    /// Empty where there are none.
    pub changes: &'a [Change],
}

/// The images at `index` among these bytes, changed as drawn and normalised, by so many threads; 32-bit, images × height ×
/// width × channels.
pub(super) fn batch(
    (pixels, Shape { channels, height, width }): (&[u8], Shape),
    index: &Tensor,
    draws: Draws<'_>,
    normalizer: &Normalizer,
    threads: usize,
) -> Tensor {
    let index = Vec::<i64>::try_from(index).expect("a row of whole numbers");
    let sides = Sides { height, width, channels };
    let length = sides.elements();
    let levels = &normalizer.levels;
    let batch = Tensor::empty([index.len(), height, width, channels].map(|side| side as i64), (Kind::Float, Device::Cpu));
    // SAFETY: the tensor was made here, of so many 32-bit numbers one behind the other, and nobody else has it yet.
    #[allow(unsafe_code)]
    let numbers = unsafe { std::slice::from_raw_parts_mut(batch.data_ptr().cast::<f32>(), index.len() * length) };
    let some = |range: Range<usize>, numbers: &mut [f32]| {
        let mut room = Room { sides, draws, moved: vec![0; length], changed: vec![0; length], lines: Vec::new() };
        for (number, image) in range.zip(numbers.chunks_mut(length)) {
            let bytes = &pixels[index[number] as usize * length..][..length];
            change::by_table(room.changed(number, bytes), levels, image);
            room.cut_out(number, image);
        }
    };
    in_parts(numbers, index.len(), threads, some);
    batch
}

/// Room for what becomes of one image.
struct Room<'a> {
    sides: Sides,
    draws: Draws<'a>,
    moved: Vec<u8>,
    changed: Vec<u8>,
    lines: Vec<f32>,
}

impl Room<'_> {
    /// The image with this number in the batch, from its bytes in memory.
    fn changed<'b>(&'b mut self, number: usize, image: &'b [u8]) -> &'b [u8] {
        let Self { sides, draws, .. } = *self;
        let shifts = draws.shifts.map(|shifts| &shifts[number * shift::DRAWS..][..shift::DRAWS]);
        let is_mirrored = shifts.is_some_and(|shifts| shifts[0] == 1);
        let image = match (draws.crops, shifts) {
            (Some(crops), _) => {
                let part = std::array::from_fn(|draw| crops[number * 4 + draw] as usize);
                change::crop(image, sides, part, is_mirrored, &mut self.lines, &mut self.moved);
                &self.moved
            }
            (None, Some(shifts)) => {
                change::shift(image, sides, is_mirrored, [shifts[1], shifts[2]], &mut self.moved);
                &self.moved
            }
            (None, None) => image,
        };
        match draws.changes.get(number) {
            None => image,
            Some(change) => {
                change::change(image, sides, exact(*change, image, sides), &mut self.changed);
                &self.changed
            }
        }
    }

    /// Zeros in the square that was drawn for the image.
    fn cut_out(&self, number: usize, image: &mut [f32]) {
        let Self { sides, draws: Draws { augment, shifts, .. }, .. } = *self;
        let Some(shifts) = shifts.filter(|_| augment.cutout > 0) else { return };
        let [top, left] = [3, 4].map(|draw| shifts[number * shift::DRAWS + draw]);
        let within = |start: i64, side: usize| start.max(0) as usize..(start + augment.cutout as i64).clamp(0, side as i64) as usize;
        let columns = within(left, sides.width);
        for row in within(top, sides.height) {
            let row = &mut image[row * sides.width * sides.channels..][..sides.width * sides.channels];
            row[columns.start * sides.channels..columns.end * sides.channels].fill(0.0);
        }
    }
}

/// A change with all its numbers. Sines and sums are those of libtorch, whose last bits may be others than ours.
fn exact(Change { operation, strength }: Change, image: &[u8], sides: Sides) -> change::Change {
    let strength = strength as f32;
    match operation {
        Operation::Identity => change::Change::Identity,
        Operation::ShearX => change::Change::ShearX(strength),
        Operation::ShearY => change::Change::ShearY(strength),
        Operation::TranslateX => change::Change::TranslateX(strength.trunc()),
        Operation::TranslateY => change::Change::TranslateY(strength.trunc()),
        Operation::Rotate => {
            let angle = Tensor::from(strength).deg2rad();
            let [sine, cosine] = [angle.sin(), angle.cos()].map(|number| number.double_value(&[]) as f32);
            change::Change::Rotate { sine, cosine }
        }
        Operation::Brightness => change::Change::Brightness(strength),
        Operation::Colour => change::Change::Colour(strength),
        Operation::Contrast => {
            let greys = Tensor::from_slice(&change::greys(image, sides)).view([1, sides.height as i64, sides.width as i64, 1]);
            let mean = greys.mean_dim([1_i64, 2].as_slice(), true, Kind::Float).double_value(&[0, 0, 0, 0]) as f32;
            change::Change::Contrast { strength, mean }
        }
        Operation::Sharpness => change::Change::Sharpness(strength),
        Operation::Posterize => change::Change::Posterize(strength.round_ties_even() as u32),
        Operation::Solarize => change::Change::Solarize(255.0 - strength),
        Operation::AutoContrast => change::Change::AutoContrast,
        Operation::Equalize => change::Change::Equalize,
    }
}
