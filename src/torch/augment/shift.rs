//! Images mirrored and shifted, and squares cut out of them.

use tch::{Kind, Tensor};

use super::gathered;
use epnas::engine::Augment;
use epnas::seed::{Stream, below};

/// What is drawn for each example: mirrored or not, rows and columns shifted, row and column of the cut.
pub(super) const DRAWS: usize = 5;

/// A row of [`DRAWS`] numbers for each example.
pub(super) fn draw(augment: Augment, (height, width): (i64, i64), count: usize, stream: &mut Stream) -> Vec<i64> {
    let Augment { flip, crop, cutout, .. } = augment;
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

/// Which images are mirrored: ones and zeros, images × 1.
pub(super) fn flips(draws: &Tensor) -> Tensor {
    draws.narrow(1, 0, 1)
}

/// The images at `index`, mirrored and shifted, with zeros moving in; images × height × width × channels.
pub(super) fn shifted(pixels: &Tensor, index: &Tensor, augment: Augment, draws: &Tensor) -> Tensor {
    let size = pixels.size();
    let (height, width) = (size[1], size[2]);
    let [rows, columns] = [height, width].map(|side| Tensor::arange(side, (Kind::Int64, pixels.device())).unsqueeze(0));
    // Shift first, then mirror: where each pixel of the result comes from.
    let from_rows = &rows + draws.narrow(1, 1, 1);
    let from_columns = &columns + flips(draws) * (width - 1 - &columns * 2) + draws.narrow(1, 2, 1);
    let [to_rows, to_columns] = [from_rows.clamp(0, height - 1).unsqueeze(2), from_columns.clamp(0, width - 1).unsqueeze(1)];
    let mut shifted = gathered(pixels, index, &to_rows, &to_columns);
    if augment.crop > 0 {
        shifted *= window(&from_rows, 0, height, &from_columns, 0, width);
    }
    shifted
}

/// Zero in the square that is cut out, else one; images × height × width × 1.
pub(super) fn uncut(side: usize, (height, width): (i64, i64), draws: &Tensor) -> Tensor {
    let [rows, columns] = [height, width].map(|side| Tensor::arange(side, (Kind::Int64, draws.device())).unsqueeze(0));
    let side = side as i64;
    1.0 - window(&(rows - draws.narrow(1, 3, 1)), 0, side, &(columns - draws.narrow(1, 4, 1)), 0, side)
}

/// One where a row and a column are within these bounds, else zero; images × height × width × 1.
fn window(rows: &Tensor, top: i64, bottom: i64, columns: &Tensor, left: i64, right: i64) -> Tensor {
    let rows = rows.ge(top).logical_and(&rows.lt(bottom)).unsqueeze(2);
    let columns = columns.ge(left).logical_and(&columns.lt(right)).unsqueeze(1);
    rows.logical_and(&columns).unsqueeze(3).to_kind(Kind::Float)
}
