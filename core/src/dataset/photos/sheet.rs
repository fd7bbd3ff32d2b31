//! A picture of some images of each class, as networks will see them.

use super::{PhotosError, Survey, decode, parallel};

/// Images of a class, and classes, at most.
const COLUMNS: usize = 10;
const ROWS: usize = 50;
const GAP: usize = 2;

/// PNG bytes: a row for each class in the order of their labels, with its first images.
pub fn sheet(survey: &Survey, size: usize) -> Result<Vec<u8>, PhotosError> {
    let classes = survey.listing.classes.len().min(ROWS);
    let mut places = Vec::new();
    let mut taken = vec![0; classes];
    for (index, (entry, probe)) in survey.listing.entries.iter().zip(&survey.probes).enumerate() {
        let row = usize::from(entry.label);
        if row < classes && taken[row] < COLUMNS && probe.header.is_ok() {
            places.push((index, row, taken[row]));
            taken[row] += 1;
        }
    }
    let side = size + GAP;
    let (width, height) = (COLUMNS * side + GAP, classes * side + GAP);
    let mut picture = vec![255; 3 * width * height];
    let images = parallel::each(&places, |(index, ..)| {
        let bytes = survey.listing.entries[*index].place.read().ok()?;
        decode::pixels(&bytes, size, 3).ok()
    });
    for ((_, row, column), image) in places.iter().zip(images) {
        for (line, pixels) in image.iter().flat_map(|image| image.chunks_exact(3 * size)).enumerate() {
            let start = 3 * ((row * side + GAP + line) * width + column * side + GAP);
            picture[start..start + pixels.len()].copy_from_slice(pixels);
        }
    }
    epnas_pixels::png(picture, width as u32, height as u32).map_err(|how| PhotosError::refused("sheet", how, "choose a smaller `size`"))
}
