//! Random changes of whole batches as tensor operations. What is random is drawn from our own streams, an epoch at
//! a time, and not from the generator hidden in libtorch.

use tch::{Kind, Tensor};

use super::data::{Normalizer, Resident};
use epnas::engine::Augment;
use epnas::seed::{Stream, below};

/// What is drawn for each example: mirrored or not, rows and columns shifted, row and column of the cut.
const DRAWS: usize = 5;

/// Draws for an epoch of `count` examples, on the device of `images`; `None` where nothing is to be drawn.
pub fn epoch(augment: Augment, images: &Resident, count: usize, stream: &mut Stream) -> Option<Tensor> {
    if augment == (Augment { flip: false, crop: 0, cutout: 0 }) {
        return None;
    }
    let draws = Tensor::from_slice(&draws(augment, sides(images), count, stream)).view([count as i64, DRAWS as i64]);
    Some(draws.to_device(images.pixels.device()))
}

/// A row of [`DRAWS`] numbers for each example.
fn draws(augment: Augment, (height, width): (i64, i64), count: usize, stream: &mut Stream) -> Vec<i64> {
    let Augment { flip, crop, cutout } = augment;
    let mut draws = Vec::with_capacity(count * DRAWS);
    for _ in 0..count {
        draws.push(if flip { below(stream, 2) as i64 } else { 0 });
        for _ in 0..2 {
            draws.push(if crop > 0 { below(stream, 2 * crop + 1) as i64 - crop as i64 } else { 0 });
        }
        // The centre of the square may be anywhere, so part of it may be outside (arXiv 1708.04552, §3).
        for side in [height, width] {
            draws.push(if cutout > 0 { below(stream, side as usize) as i64 - (cutout / 2) as i64 } else { 0 });
        }
    }
    draws
}

/// The images at `index`, changed by `draws`, normalised; 32-bit, images × channels × height × width, channels last in memory.
pub fn batch(images: &Resident, index: &Tensor, normalizer: &Normalizer, augment: Augment, draws: Option<&Tensor>) -> Tensor {
    let pixels = match draws {
        None => normalizer.apply(&images.pixels.index_select(0, index).to_kind(Kind::Float)),
        Some(draws) => changed(images, index, normalizer, augment, draws),
    };
    pixels.permute([0, 3, 1, 2])
}

fn changed(images: &Resident, index: &Tensor, normalizer: &Normalizer, augment: Augment, draws: &Tensor) -> Tensor {
    let (height, width) = sides(images);
    let device = images.pixels.device();
    let draw = |column: i64| draws.narrow(1, column, 1);
    let rows = Tensor::arange(height, (Kind::Int64, device)).unsqueeze(0);
    let columns = Tensor::arange(width, (Kind::Int64, device)).unsqueeze(0);
    // Shift first, then mirror: where each pixel of the result comes from.
    let from_rows = &rows + draw(1);
    let from_columns = &columns + draw(0) * (width - 1 - &columns * 2) + draw(2);
    let place = [
        Some(index.view([-1, 1, 1])),
        Some(from_rows.clamp(0, height - 1).unsqueeze(2)),
        Some(from_columns.clamp(0, width - 1).unsqueeze(1)),
    ];
    let mut pixels = images.pixels.index(&place).to_kind(Kind::Float);
    if augment.crop > 0 {
        pixels *= window(&from_rows, 0, height, &from_columns, 0, width);
    }
    let mut pixels = normalizer.apply(&pixels);
    if augment.cutout > 0 {
        let side = augment.cutout as i64;
        let cut = window(&(rows - draw(3)), 0, side, &(columns - draw(4)), 0, side);
        pixels *= 1.0 - cut;
    }
    pixels
}

/// One where a row and a column are within these bounds, else zero; images × height × width × 1.
fn window(rows: &Tensor, top: i64, bottom: i64, columns: &Tensor, left: i64, right: i64) -> Tensor {
    let rows = rows.ge(top).logical_and(&rows.lt(bottom)).unsqueeze(2);
    let columns = columns.ge(left).logical_and(&columns.lt(right)).unsqueeze(1);
    rows.logical_and(&columns).unsqueeze(3).to_kind(Kind::Float)
}

fn sides(images: &Resident) -> (i64, i64) {
    let size = images.pixels.size();
    (size[1], size[2])
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::torch::data::Statistics;
    use crate::torch::flat::host;
    use epnas::arch::Shape;
    use epnas::dataset::Images;
    use epnas::seed::Seed;

    const SHAPE: Shape = Shape { channels: 2, height: 5, width: 4 };
    const COUNT: usize = 30;

    fn images() -> Images {
        let mut stream = Seed::root(1).stream();
        let pixels: Vec<u8> = (0..COUNT * SHAPE.elements()).map(|_| below(&mut stream, 256) as u8).collect();
        Images { shape: SHAPE, classes: 2, pixels: pixels.into(), labels: vec![0; COUNT] }
    }

    /// The batch of all images backwards, and what a loop over pixels makes of the same draws.
    fn both(augment: Augment) -> (Vec<f32>, Vec<f32>) {
        let images = images();
        let order: Vec<i64> = (0..COUNT as i64).rev().collect();
        let resident = Resident::new(&images, Device::Cpu);
        let examples: Vec<u32> = (0..COUNT as u32).collect();
        let normalizer = Statistics::of(&images, &examples).on(Device::Cpu);
        let tensor = epoch(augment, &resident, COUNT, &mut Seed::root(2).stream());
        let got = batch(&resident, &Tensor::from_slice(&order), &normalizer, augment, tensor.as_ref());
        let rows = draws(augment, (5, 4), COUNT, &mut Seed::root(2).stream());
        let mean = normalizer.apply(&Tensor::zeros([1, 2], (Kind::Float, Device::Cpu)));
        let zero = host(&mean);
        let plain = host(&batch(&resident, &Tensor::from_slice(&order), &normalizer, augment, None));
        let mut expected = Vec::new();
        let (height, width) = (SHAPE.height as i64, SHAPE.width as i64);
        for (example, draw) in rows.chunks(DRAWS).enumerate() {
            for (channel, &zero) in zero.iter().enumerate() {
                for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
                    let from_row = row + draw[1];
                    let from_column = if draw[0] == 1 { width - 1 - column } else { column } + draw[2];
                    let inside = (0..height).contains(&from_row) && (0..width).contains(&from_column);
                    let at = ((example * SHAPE.channels + channel) * SHAPE.height) * SHAPE.width;
                    let pixel = if inside { plain[at + (from_row * width + from_column) as usize] } else { zero };
                    let side = augment.cutout as i64;
                    let cut = (draw[3]..draw[3] + side).contains(&row) && (draw[4]..draw[4] + side).contains(&column);
                    expected.push(if cut { 0.0 } else { pixel });
                }
            }
        }
        (host(&got), expected)
    }

    #[test]
    fn equal_to_a_loop_over_pixels() {
        for (flip, crop, cutout) in [(false, 0, 0), (true, 0, 0), (false, 2, 0), (false, 0, 3), (true, 2, 2), (true, 9, 1)] {
            let (got, expected) = both(Augment { flip, crop, cutout });
            assert_eq!(got, expected, "flip {flip}, crop {crop}, cutout {cutout}");
        }
    }

    #[test]
    fn every_draw_is_used() {
        let (got, plain) = (both(Augment { flip: true, crop: 0, cutout: 0 }).0, both(Augment { flip: false, crop: 0, cutout: 0 }).0);
        let changed = got.chunks(SHAPE.elements()).zip(plain.chunks(SHAPE.elements())).filter(|(a, b)| a != b).count();
        assert!((5..COUNT - 5).contains(&changed), "{changed} of {COUNT} were mirrored");
    }
}
