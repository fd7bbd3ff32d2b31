//! Batches against loops over pixels, and that they depend on nothing but their draws.

use tch::{Device, Kind, Tensor};

use super::*;
use crate::torch::data::Statistics;
use crate::torch::flat::host;
use epnas::arch::Shape;
use epnas::dataset::Images;
use epnas::seed::below;

const SHAPE: Shape = Shape { channels: 2, height: 5, width: 4 };
const COUNT: usize = 30;

fn images() -> Images {
    let mut stream = Seed::root(1).stream();
    let pixels: Vec<u8> = (0..COUNT * SHAPE.elements()).map(|_| below(&mut stream, 256) as u8).collect();
    Images { shape: SHAPE, classes: 2, pixels: pixels.into(), labels: vec![0; COUNT] }
}

/// All images backwards, in two batches.
fn batches(augment: Augment) -> Vec<f32> {
    let images = images();
    let loader = Loader::new(&images, Device::Cpu);
    let examples: Vec<u32> = (0..COUNT as u32).collect();
    let normalizer = Statistics::of(&images, &examples).on(Device::Cpu);
    let order = Tensor::from_slice(&(0..COUNT as i64).rev().collect::<Vec<_>>());
    let epoch = Epoch::new(augment, &loader, (COUNT, 2), &Seed::root(2), 3);
    let half = COUNT / 2;
    (0..2)
        .flat_map(|number| host(&epoch.batch(number, &loader.at(&order.narrow(0, (number * half) as i64, half as i64)), &normalizer)))
        .collect()
}

/// What a loop over pixels makes of the same draws.
fn expected(augment: Augment) -> Vec<f32> {
    let images = images();
    let loader = Loader::new(&images, Device::Cpu);
    let examples: Vec<u32> = (0..COUNT as u32).collect();
    let normalizer = Statistics::of(&images, &examples).on(Device::Cpu);
    let rows = shift::draw(augment, (5, 4), COUNT, &mut Seed::root(2).child("augment").nth(3).stream());
    let zero = host(&normalizer.apply(&Tensor::zeros([1, 2], (Kind::Float, Device::Cpu))));
    let order = Tensor::from_slice(&(0..COUNT as i64).rev().collect::<Vec<_>>());
    let plain = host(&plain(&loader.at(&order), &normalizer));
    let mut expected = Vec::new();
    let (height, width) = (SHAPE.height as i64, SHAPE.width as i64);
    for (example, draw) in rows.chunks(shift::DRAWS).enumerate() {
        for (channel, &zero) in zero.iter().enumerate() {
            for (row, column) in (0..height).flat_map(|row| (0..width).map(move |column| (row, column))) {
                let from_row = row + draw[1];
                let from_column = if draw[0] == 1 { width - 1 - column } else { column } + draw[2];
                let inside = (0..height).contains(&from_row) && (0..width).contains(&from_column);
                let at = ((example * SHAPE.channels + channel) * SHAPE.height) * SHAPE.width;
                let pixel = if inside { plain[at + (from_row * width + from_column) as usize] } else { zero };
                let side = augment.cutout as i64;
                let cut = (draw[3]..draw[3] + side).contains(&row) && (draw[4]..draw[4] + side).contains(&column);
                expected.push(if cut { 0.0 } else { pixel });
            }
        }
    }
    expected
}

#[test]
fn shifts_are_equal_to_a_loop_over_pixels() {
    for (flip, crop, cutout) in [(false, 0, 0), (true, 0, 0), (false, 2, 0), (false, 0, 3), (true, 2, 2), (true, 9, 1)] {
        let augment = Augment { flip, crop, cutout, ..Augment::NONE };
        assert_eq!(batches(augment), expected(augment), "{augment:?}");
    }
}

/// A batch of images of these sides, every one with draws of its own, image by image and by tensor operations.
fn both_ways(shape: Shape, augment: Augment, changes: Vec<trivial::Change>) -> [Vec<f32>; 2] {
    let count = changes.len();
    let noise = |place: u32| (place.wrapping_mul(2_654_435_761) >> 13) as u8;
    let pixels: Vec<u8> = (0..(count * shape.elements()) as u32).map(noise).collect();
    let images = Images { shape, classes: 2, pixels: pixels.into(), labels: vec![0; count] };
    let loader = Loader::new(&images, Device::Cpu);
    let normalizer = Statistics::of(&images, &[0, 1]).on(Device::Cpu);
    let mut epoch = Epoch::new(augment, &loader, (count, 1), &Seed::root(5), 0);
    epoch.changes = changes;
    let index = Tensor::from_slice(&(0..count as i64).rev().collect::<Vec<_>>());
    let draws = epoch.draws(0, count);
    let batch = loader.at(&index);
    let by = |threads| by_image::batch((loader.memory().expect("in memory"), shape), &index, draws, &normalizer, threads);
    let alone = by(1);
    assert!(alone.equal(&by(7)), "whoever computes it");
    [alone, epoch.as_tensors(&batch, draws, &normalizer)].map(|batch| {
        assert_eq!(batch.size()[1..], [shape.height as i64, shape.width as i64, shape.channels as i64]);
        host(&batch)
    })
}

/// Every operation of TrivialAugment at each of its strengths.
fn every_change() -> Vec<trivial::Change> {
    let mut changes = trivial::draw(14 * 31 * 2 * 12, &mut Seed::root(6).stream());
    changes.sort_by_key(|change| (change.operation as u8, change.strength.to_bits()));
    changes.dedup();
    assert!(changes.len() > 500, "only {} were drawn", changes.len());
    changes
}

#[test]
fn image_by_image_and_as_tensors_is_the_same_to_the_last_bit() {
    let identity = trivial::Change { operation: trivial::Operation::Identity, strength: 0.0 };
    let all = Augment { flip: true, crop: 3, cutout: 4, ..Augment::NONE };
    for (channels, height, width) in [(1, 28, 28), (3, 32, 32), (3, 20, 24), (2, 7, 9)] {
        let shape = Shape { channels, height, width };
        for augment in [Augment::NONE, all, Augment { crop: 0, ..all }, Augment { resized_crop: 0.1, ..all }] {
            let [got, expected] = both_ways(shape, augment, vec![identity; 60]);
            // Both zeros are one.
            let bits = |number: &f32| (number + 0.0).to_bits();
            let differs = got.iter().zip(&expected).position(|(got, expected)| bits(got) != bits(expected));
            assert_eq!(differs.map(|place| (place, got[place], expected[place])), None, "{shape:?}, {augment:?}");
        }
        let changes = every_change();
        let [got, expected] = both_ways(shape, Augment::NONE, changes.clone());
        for ((change, got), expected) in changes.iter().zip(got.chunks(shape.elements())).zip(expected.chunks(shape.elements())) {
            assert!(got == expected, "{shape:?}, {change:?}");
        }
    }
}

#[test]
fn every_draw_is_used() {
    let plain = batches(Augment::NONE);
    for augment in [
        Augment { flip: true, ..Augment::NONE },
        Augment { resized_crop: 0.3, ..Augment::NONE },
        Augment { trivial: true, ..Augment::NONE },
    ] {
        let got = batches(augment);
        let changed = got.chunks(SHAPE.elements()).zip(plain.chunks(SHAPE.elements())).filter(|(a, b)| a != b).count();
        assert!((5..COUNT).contains(&changed), "{changed} of {COUNT} were changed by {augment:?}");
    }
}

#[test]
fn an_epoch_drawn_again_is_the_same_and_the_next_one_is_another() {
    let images = images();
    let loader = Loader::new(&images, Device::Cpu);
    let examples: Vec<u32> = (0..COUNT as u32).collect();
    let normalizer = Statistics::of(&images, &examples).on(Device::Cpu);
    let all = Augment { flip: true, crop: 0, cutout: 2, resized_crop: 0.3, trivial: true, mixup: 0.5 };
    // The second batch alone, as after a pause.
    let second = |epoch: usize| {
        let index = Tensor::from_slice(&(15..30).collect::<Vec<i64>>());
        let epoch = Epoch::new(all, &loader, (COUNT, 2), &Seed::root(2), epoch);
        (host(&epoch.batch(1, &loader.at(&index), &normalizer)), epoch.share(1))
    };
    assert_eq!(second(0), second(0));
    assert_ne!(second(0), second(1));
    assert!(second(0).1.is_some_and(|share| (0.0..=1.0).contains(&share)));
}

#[test]
fn a_part_is_brought_to_the_full_size_between_its_pixels() {
    let images = images();
    let loader = Loader::new(&images, Device::Cpu);
    let index = Tensor::from_slice(&[3_i64, 8, 11]);
    let parts = [[0, 0, 5, 4], [1, 1, 3, 2], [4, 0, 1, 3]];
    let flips = [0, 1, 1];
    let table = Tensor::from_slice(&parts.concat()).view([3, 4]);
    let got = host(&resized_crop::cut(&loader.at(&index).rows().pixels, &index, &table, Some(&Tensor::from_slice(&flips).view([3, 1]))));
    let mut expected = Vec::new();
    for (image, ([top, left, rows, columns], flip)) in [3, 8, 11].into_iter().zip(parts.into_iter().zip(flips)) {
        for (row, column, channel) in
            (0..5).flat_map(|row| (0..4).flat_map(move |column| (0..2).map(move |channel| (row, column, channel))))
        {
            let column = if flip == 1 { 3 - column } else { column };
            let from =
                |to: i64, length: i64, side: i64| ((to as f32 + 0.5) * length as f32 / side as f32 - 0.5).clamp(0.0, (length - 1) as f32);
            let (y, x) = (from(row, rows, 5), from(column, columns, 4));
            let pixel = |y: i64, x: i64| {
                let (y, x) = (top + y.min(rows - 1), left + x.min(columns - 1));
                f32::from(images.image(image)[(y as usize * 4 + x as usize) * 2 + channel])
            };
            let (y0, x0) = (y.floor() as i64, x.floor() as i64);
            let along = |y| pixel(y, x0) + (pixel(y, x0 + 1) - pixel(y, x0)) * (x - x.floor());
            expected.push(along(y0) + (along(y0 + 1) - along(y0)) * (y - y.floor()));
        }
    }
    assert!(got.iter().zip(&expected).all(|(got, expected)| (got - expected).abs() <= 0.501), "{got:?}\n{expected:?}");
    assert_eq!(got[..40], images.image(3).iter().map(|&pixel| f32::from(pixel)).collect::<Vec<_>>(), "the whole image stays");
}

#[test]
fn parts_lie_in_the_image_and_have_the_shares_that_are_asked_for() {
    for (share, sides) in [(0.08, (64, 64)), (0.25, (20, 31)), (0.9, (3, 40))] {
        let parts = resized_crop::draw(share, sides, 2_000, &mut Seed::root(4).stream());
        let mut shares = Vec::new();
        for part in parts.chunks(4) {
            let [top, left, rows, columns] = part.try_into().expect("four numbers");
            assert!(top >= 0 && left >= 0 && rows > 0 && columns > 0 && top + rows <= sides.0 && left + columns <= sides.1, "{part:?}");
            shares.push((rows * columns) as f64 / (sides.0 * sides.1) as f64);
        }
        assert!(shares.iter().all(|of| *of > 0.8 * share), "{share}");
    }
    let shares = resized_crop::draw(0.08, (64, 64), 4_000, &mut Seed::root(4).stream());
    let mean = shares.chunks(4).map(|part| (part[2] * part[3]) as f64 / 4096.0).sum::<f64>() / 4_000.0;
    // Less than (0.08 + 1) / 2, for of the large parts those that are not square do not fit.
    assert!((0.44..0.54).contains(&mean), "{mean}");
}
