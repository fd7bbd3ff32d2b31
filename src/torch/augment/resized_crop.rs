//! Random parts of images, brought to the size of the whole ones (Szegedy et al. 2015, arXiv 1409.4842, §6).

use tch::{Kind, Tensor};

use super::gathered;
use epnas::seed::{Stream, below, unit};

/// The narrowest part, as width by height; the widest is the inverse.
const RATIO: f64 = 3.0 / 4.0;
/// After so many parts that do not fit the image it is taken whole.
const TRIES: usize = 10;

/// Top, left, height and width of a part of each of `count` images. Its share of the area is even between `share` and 1, the
/// logarithm of its ratio of sides even between those of 3/4 and 4/3.
pub(super) fn draw(share: f64, (height, width): (i64, i64), count: usize, stream: &mut Stream) -> Vec<i64> {
    let mut one = || {
        for _ in 0..TRIES {
            let area = (height * width) as f64 * (share + (1.0 - share) * unit(stream));
            let ratio = ((1.0 - 2.0 * unit(stream)) * RATIO.ln()).exp();
            let [rows, columns] = [area / ratio, area * ratio].map(|square| square.sqrt().round() as i64);
            if (1..=height).contains(&rows) && (1..=width).contains(&columns) {
                let [top, left] = [height - rows, width - columns].map(|room| below(stream, room as usize + 1) as i64);
                return [top, left, rows, columns];
            }
        }
        [0, 0, height, width]
    };
    (0..count).flat_map(|_| one()).collect()
}

/// The parts of the images at `index`, with linear interpolation between their pixels and mirrored where `flips` has ones, in
/// whole numbers; images × height × width × channels. What lies outside of a part is not seen.
pub(super) fn cut(pixels: &Tensor, index: &Tensor, parts: &Tensor, flips: Option<&Tensor>) -> Tensor {
    let size = pixels.size();
    let number = |column: i64| parts.narrow(1, column, 1);
    let (above, below, down) = along(&number(0), &number(2), size[1], None);
    let (before, behind, across) = along(&number(1), &number(3), size[2], flips);
    let (above, below, down) = (above.unsqueeze(2), below.unsqueeze(2), down.unsqueeze(2).unsqueeze(3));
    let (before, behind, across) = (before.unsqueeze(1), behind.unsqueeze(1), across.unsqueeze(1).unsqueeze(3));
    let row = |rows: &Tensor| gathered(pixels, index, rows, &before).lerp_tensor(&gathered(pixels, index, rows, &behind), &across);
    row(&above).lerp_tensor(&row(&below), &down).round()
}

/// Of each pixel along a side the two places that it lies between, and how far it is from the first; images × `side`.
fn along(start: &Tensor, length: &Tensor, side: i64, flips: Option<&Tensor>) -> (Tensor, Tensor, Tensor) {
    let mut to = Tensor::arange(side, (Kind::Int64, start.device())).unsqueeze(0);
    if let Some(flips) = flips {
        to = &to + flips * (side - 1 - &to * 2);
    }
    let last: Tensor = length - 1;
    // Middles of pixels are brought to middles of pixels.
    let from = ((to.to_kind(Kind::Float) + 0.5) * length / side - 0.5).clamp_min(0.0).minimum(&last.to_kind(Kind::Float));
    let first = from.floor();
    let share = from - &first;
    let first = first.to_kind(Kind::Int64);
    let second = (&first + 1).minimum(&last);
    (first + start, second + start, share)
}
