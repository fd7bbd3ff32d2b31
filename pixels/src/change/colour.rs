//! Pixels that stay where they are and get other colours.

use super::{Sides, blend, nearest};

/// How bright each pixel is: ITU-R 601 of three channels, else their mean.
#[must_use]
pub fn greys(image: &[u8], sides: Sides) -> Vec<f32> {
    image.chunks_exact(sides.channels).map(grey).collect()
}

fn grey(pixel: &[u8]) -> f32 {
    match *pixel {
        [red, green, blue] => f32::from(red) * 0.299 + f32::from(green) * 0.587 + f32::from(blue) * 0.114,
        _ => pixel.iter().map(|&channel| f32::from(channel)).sum::<f32>() / pixel.len() as f32,
    }
}

pub(super) fn by_level(image: &[u8], to: &mut [u8], of: impl Fn(u8) -> u8) {
    let table: [u8; 256] = std::array::from_fn(|level| of(level as u8));
    to.iter_mut().zip(image).for_each(|(to, &level)| *to = table[usize::from(level)]);
}

/// Each channel by a table that follows from how often it has each level; without one it stays.
pub(super) fn by_plane(image: &[u8], sides: Sides, to: &mut [u8], table: impl Fn(&[usize; 256]) -> Option<[u8; 256]>) {
    for channel in 0..sides.channels {
        let plane = image[channel..].iter().step_by(sides.channels);
        let mut counts = [0_usize; 256];
        plane.clone().for_each(|&level| counts[usize::from(level)] += 1);
        let table = table(&counts).unwrap_or_else(|| std::array::from_fn(|level| level as u8));
        to[channel..].iter_mut().step_by(sides.channels).zip(plane).for_each(|(to, &level)| *to = table[usize::from(level)]);
    }
}

/// From the darkest to the brightest level that there is, over all levels.
pub(super) fn stretched(counts: &[usize; 256]) -> Option<[u8; 256]> {
    let [low, high] = [counts.iter().position(|&count| count > 0)?, counts.iter().rposition(|&count| count > 0)?];
    let level = |level: usize| nearest((level.clamp(low, high) - low) as f32 * 255.0 / (high - low) as f32);
    (high > low).then(|| std::array::from_fn(level))
}

/// So that all levels are about as frequent: the level b becomes ⌊(s/2 + the number of darker pixels) / s⌋, where s is a 255th
/// of the pixels without the brightest, cut off; where s is 0 it stays.
pub(super) fn equalized(counts: &[usize; 256]) -> Option<[u8; 256]> {
    let brightest = *counts.iter().rfind(|&&count| count > 0)?;
    let step = (counts.iter().sum::<usize>() - brightest) / 255;
    let mut darker = 0;
    let levels = counts.map(|count| {
        let level = (darker + step / 2).checked_div(step).unwrap_or(0).min(255) as u8;
        darker += count;
        level
    });
    (step > 0).then_some(levels)
}

/// Away from the grey of each pixel.
pub(super) fn from_grey(image: &[u8], sides: Sides, strength: f32, to: &mut [u8]) {
    for (to, pixel) in to.chunks_exact_mut(sides.channels).zip(image.chunks_exact(sides.channels)) {
        let grey = grey(pixel);
        to.iter_mut().zip(pixel).for_each(|(to, &own)| *to = blend(own, grey, strength));
    }
}

/// Away from the mean of a pixel, which counts five times, and its eight neighbours. Pixels at the edges stay.
pub(super) fn sharpened(image: &[u8], sides: Sides, strength: f32, to: &mut [u8]) {
    let Sides { height, channels, .. } = sides;
    to.copy_from_slice(image);
    let line = sides.line();
    for row in 1..height.saturating_sub(1) {
        let lines = [row - 1, row, row + 1].map(|row| &image[row * line..][..line]);
        let sum = |place: usize| lines.iter().map(|line| u32::from(line[place])).sum::<u32>();
        for place in channels..line.saturating_sub(channels) {
            let own = lines[1][place];
            let all = sum(place - channels) + sum(place) + sum(place + channels) + 4 * u32::from(own);
            // Thirteenths are never halves, so this is the nearest.
            to[row * line + place] = blend(own, ((2 * all + 13) / 26) as f32, strength);
        }
    }
}
