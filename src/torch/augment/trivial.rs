//! TrivialAugment (Müller & Hutter 2021, arXiv 2103.10158, algorithm 1): of each image one property is changed, by a
//! strength that is drawn evenly. The wide variant, with the 14 changes, their ranges and 31 strengths of the paper's
//! table of RandAugment's and its own space and of torchvision's `TrivialAugmentWide`. Numbers stay whole numbers from 0
//! to 255; what is rounded there by cutting off is rounded here to the nearest. Black moves in.

use tch::{Kind, Tensor};

use epnas::seed::{Stream, below};

/// Strengths of a change.
const STRENGTHS: usize = 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Colour,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
}

impl Operation {
    pub(super) const ALL: [Self; 14] = [
        Self::Identity,
        Self::ShearX,
        Self::ShearY,
        Self::TranslateX,
        Self::TranslateY,
        Self::Rotate,
        Self::Brightness,
        Self::Colour,
        Self::Contrast,
        Self::Sharpness,
        Self::Posterize,
        Self::Solarize,
        Self::AutoContrast,
        Self::Equalize,
    ];

    /// The strongest, and whether it acts in two directions.
    const fn range(self) -> (f64, bool) {
        match self {
            Self::Identity | Self::AutoContrast | Self::Equalize => (0.0, false),
            Self::ShearX | Self::ShearY | Self::Brightness | Self::Colour | Self::Contrast | Self::Sharpness => (0.99, true),
            // Pixels.
            Self::TranslateX | Self::TranslateY => (32.0, true),
            // Degrees.
            Self::Rotate => (135.0, true),
            // Bits that are lost.
            Self::Posterize => (6.0, false),
            Self::Solarize => (255.0, false),
        }
    }
}

/// What is done to an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub operation: Operation,
    /// Between the strongest in both directions.
    pub strength: f64,
}

/// A change of each of `count` images.
pub(super) fn draw(count: usize, stream: &mut Stream) -> Vec<Change> {
    let mut one = || {
        let operation = Operation::ALL[below(stream, Operation::ALL.len())];
        let (strongest, is_signed) = operation.range();
        let strength = strongest * below(stream, STRENGTHS) as f64 / (STRENGTHS - 1) as f64;
        let is_negative = below(stream, 2) == 1 && is_signed;
        Change { operation, strength: if is_negative { -strength } else { strength } }
    };
    (0..count).map(|_| one()).collect()
}

/// Images × height × width × channels, numbers from 0 to 255; those with the same change are changed together.
pub(super) fn changed(pixels: &Tensor, changes: &[Change]) -> Tensor {
    let mut result = pixels.copy();
    for operation in Operation::ALL.into_iter().filter(|operation| *operation != Operation::Identity) {
        let of: Vec<usize> = (0..changes.len()).filter(|&image| changes[image].operation == operation).collect();
        if of.is_empty() {
            continue;
        }
        let places: Vec<i64> = of.iter().map(|&image| image as i64).collect();
        let places = Tensor::from_slice(&places).to_device(pixels.device());
        let strengths: Vec<f32> = of.iter().map(|&image| changes[image].strength as f32).collect();
        let strengths = Tensor::from_slice(&strengths).to_device(pixels.device()).view([-1, 1, 1, 1]);
        let _ = result.index_copy_(0, &places, &apply(operation, &pixels.index_select(0, &places), &strengths));
    }
    result
}

/// Strengths are images × 1 × 1 × 1.
fn apply(operation: Operation, images: &Tensor, strength: &Tensor) -> Tensor {
    let size = images.size();
    let flat = strength.view([-1, 1, 1]);
    match operation {
        Operation::Identity => images.shallow_clone(),
        Operation::ShearX => moved(images, |rows, columns| (rows.shallow_clone(), columns + (rows + 0.5) * &flat)),
        Operation::ShearY => moved(images, |rows, columns| (rows + (columns + 0.5) * &flat, columns.shallow_clone())),
        Operation::TranslateX => moved(images, |rows, columns| (rows.shallow_clone(), columns - flat.trunc())),
        Operation::TranslateY => moved(images, |rows, columns| (rows - flat.trunc(), columns.shallow_clone())),
        Operation::Rotate => {
            let angle = flat.deg2rad();
            let middle = [size[1], size[2]].map(|side| (side - 1) as f64 / 2.0);
            moved(images, |rows, columns| {
                let (y, x) = (rows - middle[0], columns - middle[1]);
                (&x * angle.sin() + &y * angle.cos() + middle[0], &x * angle.cos() - &y * angle.sin() + middle[1])
            })
        }
        Operation::Brightness => blended(images, &images.zeros_like(), strength),
        Operation::Colour => blended(images, &grey(images), strength),
        Operation::Contrast => blended(images, &grey(images).mean_dim([1_i64, 2].as_slice(), true, Kind::Float), strength),
        Operation::Sharpness => blended(images, &blurred(images), strength),
        Operation::Posterize => {
            let step = strength.round().exp2();
            (images / &step).floor() * step
        }
        Operation::Solarize => {
            let (inverse, threshold): (Tensor, Tensor) = (255.0 - images, 255.0 - strength);
            inverse.where_self(&images.ge_tensor(&threshold), images)
        }
        Operation::AutoContrast => {
            let (low, high) = (images.amin([1_i64, 2].as_slice(), true), images.amax([1_i64, 2].as_slice(), true));
            let stretched = (images - &low) * 255.0 / (&high - &low).clamp_min(1.0);
            stretched.round().where_self(&high.gt_tensor(&low), images)
        }
        Operation::Equalize => equalized(images),
    }
}

/// Each pixel from a row and a column that are told by its own, images × height × width: the nearest there, or black.
fn moved(images: &Tensor, from: impl Fn(&Tensor, &Tensor) -> (Tensor, Tensor)) -> Tensor {
    let size = images.size();
    let line = |side: i64| Tensor::arange(side, (Kind::Float, images.device()));
    let (rows, columns) = from(&line(size[1]).view([1, -1, 1]), &line(size[2]).view([1, 1, -1]));
    let nearest = |places: Tensor| (places + 0.5).floor().to_kind(Kind::Int64);
    let (rows, columns) = (nearest(rows), nearest(columns));
    let within = |places: &Tensor, side: i64| places.ge(0).logical_and(&places.lt(side));
    let seen = within(&rows, size[1]).logical_and(&within(&columns, size[2])).unsqueeze(3);
    let every = Tensor::arange(size[0], (Kind::Int64, images.device()));
    super::gathered(images, &every, &rows.clamp(0, size[1] - 1), &columns.clamp(0, size[2] - 1)) * seen
}

/// (1 + strength) × images − strength × others.
fn blended(images: &Tensor, others: &Tensor, strength: &Tensor) -> Tensor {
    (images + (images - others) * strength).clamp(0.0, 255.0).round()
}

/// ITU-R 601 of three channels, else their mean; images × height × width × 1.
fn grey(images: &Tensor) -> Tensor {
    if images.size()[3] == 3 {
        let weights = Tensor::from_slice(&[0.299_f32, 0.587, 0.114]).to_device(images.device());
        (images * weights).sum_dim_intlist([3_i64].as_slice(), true, Kind::Float)
    } else {
        images.mean_dim([3_i64].as_slice(), true, Kind::Float)
    }
}

/// The mean of a pixel, which counts five times, and its eight neighbours; at the edges the pixel itself.
fn blurred(images: &Tensor) -> Tensor {
    let size = images.size();
    let (height, width) = (size[1] - 2, size[2] - 2);
    let blurred = images.copy();
    if height > 0 && width > 0 {
        let shifted = |row: i64, column: i64| images.narrow(1, row, height).narrow(2, column, width);
        let mut sum = shifted(1, 1) * 4.0;
        for (row, column) in (0..3).flat_map(|row| (0..3).map(move |column| (row, column))) {
            sum += shifted(row, column);
        }
        blurred.narrow(1, 1, height).narrow(2, 1, width).copy_(&(sum / 13.0).round());
    }
    blurred
}

/// Each channel of each image so that all brightnesses are about as frequent: the brightness b becomes ⌊(s/2 + the number of
/// darker pixels) / s⌋, where s is a 255th of the pixels without the brightest, cut off; where s is 0 it stays.
fn equalized(images: &Tensor) -> Tensor {
    let size = images.size();
    let (planes, pixels) = (size[0] * size[3], size[1] * size[2]);
    let flat = images.permute([0, 3, 1, 2]).reshape([planes, pixels]).to_kind(Kind::Int64);
    let counts = Tensor::zeros([planes, 256], (Kind::Int64, images.device())).scatter_add(1, &flat, &flat.ones_like());
    let brightest = counts.gather(1, &flat.amax([1_i64].as_slice(), true), false);
    let step = (pixels - brightest).divide_scalar_mode(255, "floor");
    let darker = counts.cumsum(1, Kind::Int64) - &counts;
    let table = (darker + step.divide_scalar_mode(2, "floor")).divide_tensor_mode(&step.clamp_min(1), "floor").clamp(0, 255);
    let equalized = table.gather(1, &flat, false).where_self(&step.gt(0), &flat);
    equalized.view([size[0], size[3], size[1], size[2]]).permute([0, 2, 3, 1]).to_kind(Kind::Float)
}

#[cfg(test)]
#[path = "trivial_tests.rs"]
mod tests;
