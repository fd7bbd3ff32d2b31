//! Images at a smaller size: a pixel is the mean of the area that it covers, in whole numbers, so that every machine gives
//! the same bytes.

use std::io::{self, Write};

use super::photos::parallel;
use super::{Form, Images, stored};
use crate::arch::Shape;
use crate::digest::{Digest, Domain};
use epnas_pixels::QUALITY;

/// Raised when other pixels come out.
pub const SMALLER_VERSION: u32 = 1;

/// Images that are made between two writes.
const AT_ONCE: usize = 4096;

/// Of each pixel along a side, the pixels that it covers and by how much, in parts of which it covers `from` in all.
type Cover = Vec<Vec<(usize, u64)>>;

impl Images {
    /// The same images, `size` × `size`, which is at most what they have; in memory.
    #[must_use]
    pub fn smaller(&self, size: usize) -> Self {
        let mut bytes = Vec::new();
        self.write_smaller(size, &mut bytes).expect("writing to memory cannot fail");
        Self::from_stored(&bytes.into()).expect("a stored form")
    }

    /// Writes the same images, `size` × `size`, which is at most what they have, in their stored form; gives their digest.
    pub fn write_smaller(&self, size: usize, out: &mut dyn Write) -> io::Result<Digest> {
        let Shape { channels, height, width } = self.shape;
        let shape = Shape { channels, height: size, width: size };
        let mut hasher = Domain::Dataset.hasher();
        let mut put = |bytes: &[u8]| {
            hasher.update(bytes);
            out.write_all(bytes)
        };
        let form = if self.pixels.form() == Form::Jpeg && size > Form::LARGEST_RAW { Form::Jpeg } else { Form::Raw };
        put(&stored::header(form, shape, self.classes, self.len()))?;
        let (rows, columns) = (cover(height, size), cover(width, size));
        let made = |image: &usize| {
            let image = shrunk(&self.image(*image), channels, &rows, &columns);
            if form == Form::Jpeg { epnas_pixels::pack(&image, size, channels, QUALITY) } else { image }
        };
        let mut lengths = Vec::new();
        for some in (0..self.len()).collect::<Vec<_>>().chunks(AT_ONCE) {
            for image in parallel::each(some, made) {
                put(&image)?;
                lengths.push(image.len() as u32);
            }
        }
        if form == Form::Jpeg {
            put(&stored::length_bytes(lengths.into_iter()))?;
        }
        put(&self.label_bytes())?;
        Ok(Digest::from_hasher(&hasher))
    }
}

/// A pixel of `to` covers `from` parts of a side that has `from` × `to` of them.
fn cover(from: usize, to: usize) -> Cover {
    let of = |pixel: usize| {
        let (start, end) = (pixel * from, (pixel + 1) * from);
        let overlap = |source: usize| (source, (((source + 1) * to).min(end) - (source * to).max(start)) as u64);
        (start / to..end.div_ceil(to)).map(overlap).collect()
    };
    (0..to).map(of).collect()
}

fn shrunk(image: &[u8], channels: usize, rows: &Cover, columns: &Cover) -> Vec<u8> {
    let side = |cover: &Cover| cover.first().map_or(0, |parts| parts.iter().map(|(_, part)| part).sum::<u64>());
    let area = side(rows) * side(columns);
    let width = side(columns) as usize * channels;
    let mut shrunk = Vec::with_capacity(rows.len() * columns.len() * channels);
    let mut sums = vec![0; width];
    for parts in rows {
        sums.fill(0);
        for &(row, part) in parts {
            let row = &image[row * width..][..width];
            sums.iter_mut().zip(row).for_each(|(sum, &pixel)| *sum += part * u64::from(pixel));
        }
        for parts in columns {
            for channel in 0..channels {
                let sum: u64 = parts.iter().map(|&(column, part)| part * sums[column * channels + channel]).sum();
                shrunk.push(((sum + area / 2) / area) as u8);
            }
        }
    }
    shrunk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::{Seed, below};

    fn images(side: usize, channels: usize) -> Images {
        let mut stream = Seed::root(3).stream();
        let pixels: Vec<u8> = (0..5 * side * side * channels).map(|_| below(&mut stream, 256) as u8).collect();
        Images { shape: Shape { channels, height: side, width: side }, classes: 3, pixels: pixels.into(), labels: vec![0, 1, 2, 1, 0] }
    }

    #[test]
    fn a_pixel_is_the_mean_of_its_area() {
        for (side, size, channels) in [(8, 4, 3), (7, 3, 1), (9, 9, 2), (10, 8, 3), (5, 1, 1)] {
            let images = images(side, channels);
            let smaller = images.smaller(size);
            assert_eq!((smaller.shape, &smaller.labels), (Shape { channels, height: size, width: size }, &images.labels));
            let ratio = side as f64 / size as f64;
            // How much of a pixel lies between two bounds.
            let share = |place: usize, pixel: usize| {
                let (low, high) = (place as f64 * ratio, (place + 1) as f64 * ratio);
                (high.min(pixel as f64 + 1.0) - low.max(pixel as f64)).max(0.0)
            };
            let bytes = |images: &Images| images.pixels.raw().expect("raw").clone();
            let (before, after) = (bytes(&images), bytes(&smaller));
            for (index, &got) in after.iter().enumerate() {
                let (channel, column, row) = (index % channels, index / channels % size, index / channels / size % size);
                let image = index / (channels * size * size);
                let mut sum = 0.0;
                for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
                    let pixel = before[((image * side + y) * side + x) * channels + channel];
                    sum += f64::from(pixel) * share(row, y) * share(column, x);
                }
                assert!((f64::from(got) - sum / (ratio * ratio)).abs() < 0.51, "{side} to {size}: {got} for {sum}");
            }
        }
    }

    #[test]
    fn the_digest_is_of_what_is_written() {
        let (images, mut bytes) = (images(6, 3), Vec::new());
        let digest = images.write_smaller(4, &mut bytes).expect("memory");
        assert_eq!((digest, images.smaller(4).digest()), (Digest::of(Domain::Dataset, &bytes), digest));
        assert_eq!(images.smaller(6).digest(), images.digest(), "of the same size they are the same");
    }

    #[test]
    fn large_images_of_a_packed_set_stay_packed() {
        let images = packed(200);
        let [large, small] = [100, 96].map(|size| images.smaller(size));
        assert_eq!((large.pixels.form(), small.pixels.form()), (Form::Jpeg, Form::Raw));
        assert_eq!((large.len(), large.shape.height), (2, 100));
        assert!(large.image(1).iter().all(|pixel| pixel.abs_diff(70) < 3), "a grey image stays one");
    }

    /// Two grey images, packed.
    fn packed(side: usize) -> Images {
        let shape = Shape { channels: 3, height: side, width: side };
        let jpegs = [20, 70].map(|pixel| epnas_pixels::pack(&vec![pixel; shape.elements()], side, 3, QUALITY));
        let lengths = stored::length_bytes(jpegs.iter().map(|jpeg| jpeg.len() as u32));
        let bytes = [&stored::header(Form::Jpeg, shape, 2, 2)[..], &jpegs.concat(), &lengths, &[0, 1]].concat();
        Images::from_stored(&bytes.into()).expect("a stored form")
    }
}
