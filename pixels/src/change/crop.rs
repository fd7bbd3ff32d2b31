//! A part of an image, brought to the size of the whole one by linear interpolation. What lies outside of it is not seen.

use super::{Sides, nearest};

/// Top, left, rows and columns of the part; `lines` is room for its rows.
pub fn crop(image: &[u8], sides: Sides, part: [usize; 4], is_mirrored: bool, lines: &mut Vec<f32>, to: &mut [u8]) {
    let Sides { height, width, channels } = sides;
    let [top, left, rows, columns] = part;
    let line = sides.line();
    let mut across = along(left, columns, width);
    if is_mirrored {
        across.reverse();
    }
    lines.resize(rows * line, 0.0);
    for (row, to) in lines.chunks_mut(line).enumerate() {
        let from = &image[(top + row) * line..][..line];
        for (to, &(before, behind, share)) in to.chunks_exact_mut(channels).zip(&across) {
            let (before, behind) = (&from[before * channels..][..channels], &from[behind * channels..][..channels]);
            to.iter_mut().zip(before).zip(behind).for_each(|((to, &a), &b)| *to = between(f32::from(a), f32::from(b), share));
        }
    }
    for (to, (above, below, share)) in to.chunks_mut(line).zip(along(top, rows, height)) {
        let [above, below] = [above, below].map(|row| &lines[(row - top) * line..][..line]);
        to.iter_mut().zip(above).zip(below).for_each(|((to, &a), &b)| *to = nearest(between(a, b, share)));
    }
}

/// Of each pixel along a side the two places of the part that it lies between, and how far it is from the first. Middles of
/// pixels are brought to middles of pixels.
fn along(start: usize, length: usize, side: usize) -> Vec<(usize, usize, f32)> {
    let last = length - 1;
    let place = |to: usize| {
        let from = ((to as f32 + 0.5) * length as f32 / side as f32 - 0.5).max(0.0).min(last as f32);
        let first = from as usize;
        (first + start, (first + 1).min(last) + start, from - first as f32)
    };
    (0..side).map(place).collect()
}

/// Linear interpolation as libtorch does it: from the nearer end, rounded once.
fn between(from: f32, to: f32, share: f32) -> f32 {
    let (base, share) = if share < 0.5 { (from, share) } else { (to, share - 1.0) };
    (f64::from(base) + f64::from(share) * f64::from(to - from)) as f32
}
