//! Pixels that go elsewhere.

use super::Sides;

/// Mirrored or not, then each pixel from so many rows below and columns to the right; black moves in.
pub fn shift(image: &[u8], sides: Sides, is_mirrored: bool, [rows, columns]: [i64; 2], to: &mut [u8]) {
    let Sides { height, width, channels } = sides;
    let last = width as i64 - 1;
    for (row, to) in to.chunks_mut(sides.line()).enumerate() {
        let from_row = row as i64 + rows;
        if !(0..height as i64).contains(&from_row) {
            to.fill(0);
            continue;
        }
        let from = &image[from_row as usize * sides.line()..][..sides.line()];
        if !is_mirrored && columns == 0 {
            to.copy_from_slice(from);
            continue;
        }
        for (column, to) in to.chunks_exact_mut(channels).enumerate() {
            let column = column as i64;
            let from_column = if is_mirrored { last - column } else { column } + columns;
            let pixel = (0..=last).contains(&from_column).then(|| &from[from_column as usize * channels..][..channels]);
            copy(pixel, to);
        }
    }
}

/// Each pixel from the nearest to a row and a column that its own say, or black.
pub(super) fn moved(image: &[u8], sides: Sides, to: &mut [u8], from: impl Fn(f32, f32) -> (f32, f32)) {
    let Sides { height, width, channels } = sides;
    let within = |place: f32, side: usize| {
        let place = place + 0.5;
        (place >= 0.0 && place < side as f32).then_some(place as usize)
    };
    for (row, to) in to.chunks_mut(sides.line()).enumerate() {
        for (column, to) in to.chunks_exact_mut(channels).enumerate() {
            let (row, column) = from(row as f32, column as f32);
            let place = within(row, height).zip(within(column, width));
            copy(place.map(|(row, column)| &image[(row * width + column) * channels..][..channels]), to);
        }
    }
}

/// A pixel, or black. A loop: for so few bytes a call costs more than the copy.
fn copy(pixel: Option<&[u8]>, to: &mut [u8]) {
    match pixel {
        Some(pixel) => to.iter_mut().zip(pixel).for_each(|(to, &byte)| *to = byte),
        None => to.iter_mut().for_each(|to| *to = 0),
    }
}
