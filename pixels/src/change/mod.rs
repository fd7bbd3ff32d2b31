//! Changes of single images for training, on bytes in memory: rows × columns × channels, one byte a channel. They give what
//! the tensor operations of the worker give for whole batches, to the last bit.

mod colour;
mod crop;
mod place;

pub use colour::greys;
pub use crop::crop;
pub use place::shift;

/// Rows, columns and channels of an image, whose bytes lie in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Sides {
    #[must_use]
    pub fn elements(self) -> usize {
        self.height * self.width * self.channels
    }

    fn line(self) -> usize {
        self.width * self.channels
    }
}

/// A change of TrivialAugment (Müller & Hutter 2021, arXiv 2103.10158). Strengths of blending are 0 where nothing changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    Identity,
    ShearX(f32),
    ShearY(f32),
    /// By pixels.
    TranslateX(f32),
    TranslateY(f32),
    /// About the middle, by the angle of this sine and cosine.
    Rotate {
        sine: f32,
        cosine: f32,
    },
    Brightness(f32),
    Colour(f32),
    /// Away from the mean of [`greys`].
    Contrast {
        strength: f32,
        mean: f32,
    },
    Sharpness(f32),
    /// Bits that are lost.
    Posterize(u32),
    /// The lowest level that is inverted.
    Solarize(f32),
    AutoContrast,
    Equalize,
}

/// Writes the changed image to `to`.
pub fn change(image: &[u8], sides: Sides, change: Change, to: &mut [u8]) {
    let [middle_row, middle_column] = [sides.height, sides.width].map(|side| ((side as f64 - 1.0) / 2.0) as f32);
    match change {
        Change::Identity => to.copy_from_slice(image),
        Change::ShearX(strength) => place::moved(image, sides, to, |row, column| (row, column + (row + 0.5) * strength)),
        Change::ShearY(strength) => place::moved(image, sides, to, |row, column| (row + (column + 0.5) * strength, column)),
        Change::TranslateX(by) => place::moved(image, sides, to, |row, column| (row, column - by)),
        Change::TranslateY(by) => place::moved(image, sides, to, |row, column| (row - by, column)),
        Change::Rotate { sine, cosine } => place::moved(image, sides, to, |row, column| {
            let (y, x) = (row - middle_row, column - middle_column);
            (x * sine + y * cosine + middle_row, x * cosine - y * sine + middle_column)
        }),
        Change::Brightness(strength) => colour::by_level(image, to, |level| blend(level, 0.0, strength)),
        Change::Colour(strength) => colour::from_grey(image, sides, strength, to),
        Change::Contrast { strength, mean } => colour::by_level(image, to, |level| blend(level, mean, strength)),
        Change::Sharpness(strength) => colour::sharpened(image, sides, strength, to),
        Change::Posterize(bits) => colour::by_level(image, to, |level| level >> bits << bits),
        Change::Solarize(from) => colour::by_level(image, to, |level| if f32::from(level) >= from { 255 - level } else { level }),
        Change::AutoContrast => colour::by_plane(image, sides, to, colour::stretched),
        Change::Equalize => colour::by_plane(image, sides, to, colour::equalized),
    }
}

/// Every byte as the number that the table of its channel has for it.
pub fn by_table(image: &[u8], tables: &[[f32; 256]], to: &mut [f32]) {
    match tables {
        [only] => to.iter_mut().zip(image).for_each(|(to, &level)| *to = only[usize::from(level)]),
        [red, green, blue] => {
            for (to, pixel) in to.as_chunks_mut::<3>().0.iter_mut().zip(image.as_chunks::<3>().0) {
                *to = [red[usize::from(pixel[0])], green[usize::from(pixel[1])], blue[usize::from(pixel[2])]];
            }
        }
        _ => {
            for (to, pixel) in to.chunks_mut(tables.len()).zip(image.chunks(tables.len())) {
                to.iter_mut().zip(pixel).zip(tables).for_each(|((to, &level), table)| *to = table[usize::from(level)]);
            }
        }
    }
}

/// (1 + strength) × own − strength × other, as a byte.
fn blend(own: u8, other: f32, strength: f32) -> u8 {
    let own = f32::from(own);
    nearest((own + (own - other) * strength).clamp(0.0, 255.0))
}

/// A number from 0 to 255 as a byte; of two as near the even one.
fn nearest(number: f32) -> u8 {
    // So large a number has no room for a fraction.
    const WHOLE: f32 = 8_388_608.0;
    ((number + WHOLE) - WHOLE) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_byte() {
        for (number, byte) in [(0.0, 0), (0.5, 0), (1.5, 2), (2.5, 2), (2.500_001, 3), (254.5, 254), (255.0, 255)] {
            assert_eq!(nearest(number), byte, "{number}");
        }
    }

    #[test]
    fn tables_are_those_of_the_channels() {
        for channels in [1, 2, 3] {
            let tables: Vec<[f32; 256]> =
                (0..channels).map(|channel| std::array::from_fn(|level| (level + 1000 * channel) as f32)).collect();
            let image: Vec<u8> = (0..6).map(|place| 40 * place).collect();
            let mut to = vec![0.0; 6];
            by_table(&image, &tables, &mut to);
            let expected: Vec<f32> = (0..6).map(|place| (40 * place + 1000 * (place % channels)) as f32).collect();
            assert_eq!(to, expected);
        }
    }
}
