//! What the shim computes is what libtorch computes, forth and back.

use tch::{Device, Kind, Tensor};

use super::*;
use crate::torch::flat::host;
use epnas::seed::{Seed, unit};

/// Numbers from −1 to 1 with their channels last in memory, with gradients.
fn numbers(size: [i64; 4], kind: Kind, name: &str) -> Tensor {
    let mut stream = Seed::root(1).child(name).stream();
    let values: Vec<f32> = (0..size.iter().product()).map(|_| (2.0 * unit(&mut stream) - 1.0) as f32).collect();
    let [images, channels, height, width] = size;
    let last = Tensor::from_slice(&values).view([images, height, width, channels]).to_kind(kind);
    last.permute([0, 3, 1, 2]).detach().set_requires_grad(true)
}

/// The result and the gradients of its product with some numbers.
fn there_and_back(result: Tensor, leaves: &[&Tensor]) -> Vec<Vec<f32>> {
    let weights = numbers(result.size().try_into().expect("four sides"), result.kind(), "weights").detach();
    let gradients = Tensor::run_backward(&[(&result * weights).sum(Kind::Float)], leaves, false, false);
    std::iter::once(result).chain(gradients).map(|tensor| host(&tensor)).collect()
}

#[track_caller]
fn close(ours: &[Vec<f32>], theirs: &[Vec<f32>], tolerance: f32, what: &str) {
    for (number, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(ours.len(), theirs.len(), "{what}, {number}");
        let scale = theirs.iter().fold(1.0_f32, |most, value| most.max(value.abs()));
        // Gradients of single channels gather what rounding decides at many places.
        let tolerance = if ours.len() < 200 { 4.0 * tolerance } else { tolerance };
        let off = ours.iter().zip(theirs).filter(|(a, b)| (*a - *b).abs() > tolerance * scale || a.is_nan() != b.is_nan()).count();
        // Where rounding decides whether a rectifier is at work, or which of two numbers is the largest.
        assert!(off <= ours.len() / 100, "{what}, {number}: {off} of {} are off", ours.len());
    }
}

/// Widths that fill vectors, that do not, and beyond what is repeated.
const WIDTHS: [i64; 6] = [1, 3, 12, 16, 40, 130];

#[test]
fn normalisation_and_what_follows() {
    for (kind, tolerance) in [(Kind::Float, 1e-4), (Kind::BFloat16, 5e-2)] {
        for (channels, rectify, adds) in
            WIDTHS.into_iter().flat_map(|width| [(width, true, false), (width, true, true), (width, false, true)])
        {
            let images = numbers([5, channels, 7, 6], kind, "images");
            let added = numbers([5, channels, 7, 6], kind, "added");
            let one = |from: f64| (Tensor::arange(channels, (Kind::Float, Device::Cpu)) * 0.01 + from).set_requires_grad(true);
            let parameters = || [one(0.7), one(0.1), one(0.0).detach(), one(1.0).detach()];
            let leaves = |parameters: &[Tensor; 4]| {
                let mut leaves = vec![images.shallow_clone(), parameters[0].shallow_clone(), parameters[1].shallow_clone()];
                leaves.extend(adds.then(|| added.shallow_clone()));
                leaves
            };
            let run = |result: Tensor, parameters: &[Tensor; 4]| {
                let leaves = leaves(parameters);
                let mut all = there_and_back(result, &leaves.iter().collect::<Vec<_>>());
                all.extend(parameters[2..].iter().map(host));
                all
            };
            let (mine, theirs) = (parameters(), parameters());
            let ours = norm(&images, &mine, Then { add: adds.then_some(&added), rectify }, true);
            let [weight, bias, mean, variance] = theirs.each_ref().map(|tensor| Some(tensor.shallow_clone()));
            let mut expected = images.batch_norm(weight, bias, mean, variance, true, 0.1, 1e-5, true);
            if adds {
                expected += &added;
            }
            if rectify {
                expected = expected.relu();
            }
            let what = format!("{kind:?}, {channels} channels, rectified {rectify}, added {adds}");
            close(&run(ours, &mine), &run(expected, &theirs), tolerance, &what);
        }
    }
}

#[test]
fn normalisation_by_running_statistics_and_of_numbers_far_from_zero() {
    let images = numbers([4, 3, 5, 5], Kind::Float, "images").detach();
    let parameters = || [1.5, 0.5, 0.25, 4.0].map(|value| Tensor::full([3], value, (Kind::Float, Device::Cpu)));
    let plain = Then { add: None, rectify: false };
    let ours = norm(&images, &parameters(), plain, false);
    let expected = (&images - 0.25) * (1.5 / (4.0_f64 + 1e-5).sqrt()) + 0.5;
    close(&[host(&ours)], &[host(&expected)], 1e-5, "running statistics");
    let shifted = norm(&(&images + 1000.0), &parameters(), plain, true);
    close(&[host(&shifted)], &[host(&norm(&images, &parameters(), plain, true))], 1e-2, "a mean of a thousand");
}

#[test]
fn what_is_no_number_is_not_hidden() {
    let images = numbers([1, 16, 3, 3], Kind::Float, "images").detach();
    let broken = images.shallow_clone();
    let _ = broken.narrow(2, 1, 1).narrow(3, 1, 1).fill_(f64::NAN);
    let parameters = [1.0, 0.0, 0.0, 1.0].map(|value| Tensor::full([16], value, (Kind::Float, Device::Cpu)));
    let results = [norm(&broken, &parameters, Then { add: None, rectify: true }, true), max_pool(&broken, 3, 1), mean_pool(&broken, 3, 2)];
    assert!(results.iter().all(|result| result.isnan().any().int64_value(&[]) == 1));
}

#[test]
fn pools() {
    for (kind, tolerance) in [(Kind::Float, 1e-5), (Kind::BFloat16, 4e-2)] {
        for (channels, (height, width), kernel, stride) in
            [(3, (9, 8), 3, 1), (16, (7, 7), 3, 2), (12, (8, 5), 5, 2), (40, (4, 6), 3, 3), (1, (1, 1), 3, 2), (5, (6, 6), 1, 2)]
        {
            let images = numbers([3, channels, height, width], kind, "images");
            let (size, step, padding) = ([kernel as i64; 2], [stride as i64; 2], [(kernel as i64 - 1) / 2; 2]);
            let what = format!("{kind:?}, {channels} × {height} × {width}, {kernel} by {stride}");
            let most = images.max_pool2d(size, step, padding, [1, 1], false);
            close(
                &there_and_back(max_pool(&images, kernel, stride), &[&images]),
                &there_and_back(most, &[&images]),
                tolerance,
                &format!("maximum, {what}"),
            );
            let mean = images.avg_pool2d(size, step, padding, false, false, None);
            close(
                &there_and_back(mean_pool(&images, kernel, stride), &[&images]),
                &there_and_back(mean, &[&images]),
                tolerance,
                &format!("mean, {what}"),
            );
        }
    }
}

#[test]
fn depthwise_convolutions() {
    for (channels, (height, width), kernel, stride) in
        [(3, (9, 8), 5, 1), (16, (7, 7), 5, 2), (29, (6, 9), 7, 1), (24, (5, 5), 9, 2), (8, (3, 3), 5, 1), (4, (8, 8), 3, 3)]
    {
        let images = numbers([20, channels, height, width], Kind::Float, "images");
        let weight = numbers([channels, 1, kernel, kernel], Kind::Float, "weight");
        let expected = images.conv2d(&weight, None::<Tensor>, [stride; 2], [(kernel - 1) / 2; 2], [1, 1], channels);
        close(
            &there_and_back(depthwise(&images, &weight, stride), &[&images, &weight]),
            &there_and_back(expected, &[&images, &weight]),
            1e-5,
            &format!("{channels} × {height} × {width}, {kernel} by {stride}"),
        );
    }
}

#[test]
fn sums_do_not_depend_on_the_number_of_threads() {
    let images = numbers([33, 24, 9, 9], Kind::Float, "images");
    let weight = numbers([24, 1, 5, 5], Kind::Float, "weight");
    let all = [1, 3].map(|threads| {
        tch::set_num_threads(threads);
        let parameters = [1.0, 0.0, 0.0, 1.0].map(|value| Tensor::full([24], value, (Kind::Float, Device::Cpu)));
        let value = norm(&images, &parameters, Then { add: None, rectify: true }, true);
        let gradient = depthwise(&value, &weight, 1).square().sum(Kind::Float);
        let gradients = Tensor::run_backward(&[gradient], &[&weight], false, false);
        (host(&value), host(&gradients[0]))
    });
    tch::set_num_threads(1);
    assert_eq!(all[0].0, all[1].0);
    close(&[all[0].1.clone()], &[all[1].1.clone()], 1e-5, "libtorch's own convolutions may differ");
}
