//! Each change against a loop over pixels, on images of one and of three channels.

use tch::{Device, Tensor};

use super::*;
use crate::torch::flat::host;
use epnas::seed::Seed;

const HEIGHT: usize = 6;
const WIDTH: usize = 5;

/// Rows × columns × channels.
type Image = Vec<f64>;

fn image(channels: usize, seed: u64) -> Image {
    let mut stream = Seed::root(seed).stream();
    (0..HEIGHT * WIDTH * channels).map(|_| (40 + below(&mut stream, 150)) as f64).collect()
}

/// One change, by a loop over pixels.
fn expected(image: &Image, channels: usize, Change { operation, strength }: Change) -> Image {
    let at = |row: f64, column: f64, channel: usize| {
        let inside = (0.0..HEIGHT as f64).contains(&row) && (0.0..WIDTH as f64).contains(&column);
        if inside { image[(row as usize * WIDTH + column as usize) * channels + channel] } else { 0.0 }
    };
    let grey = |row: usize, column: usize| match &image[(row * WIDTH + column) * channels..][..channels] {
        [red, green, blue] => 0.299 * red + 0.587 * green + 0.114 * blue,
        others => others.iter().sum::<f64>() / others.len() as f64,
    };
    let blend = |own: f64, other: f64| (own + (own - other) * strength).clamp(0.0, 255.0).round();
    let plane = |channel: usize| image.iter().skip(channel).step_by(channels).copied().collect::<Vec<f64>>();
    let places = (0..HEIGHT).flat_map(|row| (0..WIDTH).map(move |column| (row, column)));
    let mut changed = Vec::new();
    for (row, column) in places {
        for channel in 0..channels {
            let (y, x) = (row as f64, column as f64);
            let own = at(y, x, channel);
            let nearest = |y: f64, x: f64| at((y + 0.5).floor(), (x + 0.5).floor(), channel);
            changed.push(match operation {
                Operation::Identity => own,
                Operation::ShearX => nearest(y, x + (y + 0.5) * strength),
                Operation::ShearY => nearest(y + (x + 0.5) * strength, x),
                Operation::TranslateX => nearest(y, x - strength.trunc()),
                Operation::TranslateY => nearest(y - strength.trunc(), x),
                Operation::Rotate => {
                    let (sine, cosine) = strength.to_radians().sin_cos();
                    let (down, across) = (y - (HEIGHT - 1) as f64 / 2.0, x - (WIDTH - 1) as f64 / 2.0);
                    let from = (across * sine + down * cosine, across * cosine - down * sine);
                    nearest(from.0 + (HEIGHT - 1) as f64 / 2.0, from.1 + (WIDTH - 1) as f64 / 2.0)
                }
                Operation::Brightness => blend(own, 0.0),
                Operation::Colour => blend(own, grey(row, column)),
                Operation::Contrast => {
                    let all = (0..HEIGHT * WIDTH).map(|place| grey(place / WIDTH, place % WIDTH)).sum::<f64>();
                    blend(own, all / (HEIGHT * WIDTH) as f64)
                }
                Operation::Sharpness => {
                    let inner = (1..HEIGHT - 1).contains(&row) && (1..WIDTH - 1).contains(&column);
                    let around = [-1.0, 0.0, 1.0];
                    let sum: f64 = around
                        .iter()
                        .flat_map(|dy| around.iter().map(move |dx| (dy, dx)))
                        .map(|(dy, dx)| at(y + dy, x + dx, channel))
                        .sum();
                    blend(own, if inner { ((sum + 4.0 * own) / 13.0).round() } else { own })
                }
                Operation::Posterize => {
                    let lost = strength.round() as u32;
                    f64::from(own as u32 >> lost << lost)
                }
                Operation::Solarize => {
                    if own >= 255.0 - strength {
                        255.0 - own
                    } else {
                        own
                    }
                }
                Operation::AutoContrast => {
                    let (low, high) =
                        plane(channel).iter().fold((f64::MAX, f64::MIN), |(low, high), &pixel| (low.min(pixel), high.max(pixel)));
                    ((own - low) * 255.0 / (high - low)).round()
                }
                Operation::Equalize => {
                    let plane = plane(channel);
                    let brightest = plane.iter().copied().fold(0.0, f64::max);
                    let step = (plane.iter().filter(|pixel| **pixel < brightest).count() / 255) as f64;
                    let darker = plane.iter().filter(|pixel| **pixel < own).count() as f64;
                    if step > 0.0 { ((darker + (step / 2.0).floor()) / step).floor().min(255.0) } else { own }
                }
            });
        }
    }
    changed
}

fn tensor(images: &[&Image], channels: usize) -> Tensor {
    let numbers: Vec<f32> = images.iter().flat_map(|image| image.iter().map(|&number| number as f32)).collect();
    Tensor::from_slice(&numbers).view([images.len() as i64, HEIGHT as i64, WIDTH as i64, channels as i64]).to_device(Device::Cpu)
}

#[test]
fn each_change_is_equal_to_a_loop_over_pixels() {
    for channels in [1, 3] {
        for operation in Operation::ALL {
            let (strongest, is_signed) = operation.range();
            let shares: &[f64] = if is_signed { &[0.0, 0.1, 0.37, -0.1, -0.63] } else { &[0.0, 0.1, 0.5, 0.9] };
            for share in shares {
                let (change, image) = (Change { operation, strength: strongest * share }, image(channels, 7));
                let got = host(&changed(&tensor(&[&image], channels), &[change]));
                let expected = expected(&image, channels, change);
                let differ = got.iter().zip(&expected).filter(|(got, expected)| (f64::from(**got) - **expected).abs() > 1e-3).count();
                assert!(differ == 0, "{change:?} of {channels} channels: {differ} differ\n{got:?}\n{expected:?}");
            }
        }
    }
}

/// Small images have too few pixels to be equalised.
#[test]
fn large_images_are_equalised_as_is_done_elsewhere() {
    let mut stream = Seed::root(5).stream();
    let pixels: Vec<f32> = (0..64 * 64).map(|_| (100 + below(&mut stream, 40)) as f32).collect();
    let change = Change { operation: Operation::Equalize, strength: 0.0 };
    let got = host(&changed(&Tensor::from_slice(&pixels).view([1, 64, 64, 1]), &[change]));
    let brightest = pixels.iter().copied().fold(0.0, f32::max);
    let step = pixels.iter().filter(|pixel| **pixel < brightest).count() / 255;
    let mut seen = std::collections::BTreeSet::new();
    for (pixel, got) in pixels.iter().zip(got) {
        let darker = pixels.iter().filter(|other| *other < pixel).count();
        assert_eq!(got as usize, ((darker + step / 2) / step).min(255));
        seen.insert(got as usize);
    }
    assert!(seen.len() >= 39 && seen.first() == Some(&0) && seen.last() == Some(&255), "{seen:?}");
}

#[test]
fn images_of_a_batch_are_changed_each_by_its_own_change() {
    let images = [image(3, 1), image(3, 2), image(3, 3)];
    let changes = [(Operation::Solarize, 200.0), (Operation::Identity, 0.0), (Operation::TranslateX, 2.0)];
    let changes = changes.map(|(operation, strength)| Change { operation, strength });
    let got = host(&changed(&tensor(&images.iter().collect::<Vec<_>>(), 3), &changes));
    let expected: Vec<f64> = images.iter().zip(changes).flat_map(|(image, change)| expected(image, 3, change)).collect();
    assert_eq!(got.into_iter().map(f64::from).collect::<Vec<_>>(), expected);
}

#[test]
fn all_changes_and_strengths_are_drawn() {
    let drawn = draw(5_000, &mut Seed::root(1).stream());
    for operation in Operation::ALL {
        let of: Vec<f64> = drawn.iter().filter(|change| change.operation == operation).map(|change| change.strength).collect();
        let (strongest, is_signed) = operation.range();
        assert!((280..440).contains(&of.len()), "{operation:?}: {}", of.len());
        let (low, high) = of.iter().fold((f64::MAX, f64::MIN), |(low, high), &strength| (low.min(strength), high.max(strength)));
        assert_eq!((low, high), (if is_signed { -strongest } else { 0.0 }, strongest), "{operation:?}");
    }
}
