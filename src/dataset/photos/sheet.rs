//! A picture of some images of each class, as networks will see them.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

use super::{PhotosError, Survey, decode, parallel};

/// Images of a class, and classes, at most.
const COLUMNS: usize = 10;
const ROWS: usize = 50;
const GAP: u32 = 2;

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
    let side = size as u32 + GAP;
    let mut picture = RgbImage::from_pixel(COLUMNS as u32 * side + GAP, classes as u32 * side + GAP, image::Rgb([255; 3]));
    let images = parallel::each(&places, |(index, ..)| {
        let bytes = survey.listing.entries[*index].place.read().ok()?;
        RgbImage::from_raw(size as u32, size as u32, decode::pixels(&bytes, size, 3).ok()?)
    });
    for ((_, row, column), image) in places.iter().zip(images) {
        if let Some(image) = image {
            let at = |place: usize| i64::from(place as u32 * side + GAP);
            image::imageops::replace(&mut picture, &image, at(*column), at(*row));
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| PhotosError::refused("sheet", error.to_string(), "choose a smaller `size`"))?;
    Ok(bytes.into_inner())
}
