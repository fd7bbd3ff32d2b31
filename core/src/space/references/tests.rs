//! References of small spaces: large enough, within the limits, and of the families that they name.

use std::collections::BTreeSet;

use super::{Family, Frame, regular};
use crate::arch::{Architecture, Cost, CostKind, Costs, Layer, LayerNetwork, Operation, OperationKind, Parameter, Shape};
use crate::seed::Seed;
use crate::space::{Choices, LayerSpace, Limits, SearchSpace};

/// Like the space of `specs/fashion-mnist-pools.yaml`, with every operation.
fn space() -> LayerSpace {
    LayerSpace {
        stem: Operation::convolution(3, 16, 1),
        operations: OperationKind::ALL.to_vec(),
        choices: Choices::of([&[3, 5], &[16, 24, 32, 48, 64], &[1, 2], &[2, 4]]),
        skips: true,
        min_depth: 1,
        min_resolution: 4,
    }
}

const LIMITS: Limits = Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 9 };

fn frame(space: &LayerSpace, family: Family) -> Frame {
    Frame::of(&SearchSpace::Layers(space, LIMITS), family).expect("layers have a frame")
}

fn costs(network: &LayerNetwork) -> Costs {
    let built = Architecture::from(network.clone()).network(LIMITS.image, LIMITS.classes).expect("well-formed");
    Cost::of(&built).costs()
}

fn within(params: f64, macs: f64, activations: f64) -> impl Fn(&Costs) -> bool {
    move |costs| costs[&CostKind::Params] <= params && costs[&CostKind::Macs] <= macs && costs[&CostKind::Activations] <= activations
}

#[test]
fn every_family_fills_the_limits_inside_the_space() {
    let space = space();
    let opened = SearchSpace::Layers(&space, LIMITS);
    for (params, macs, activations) in [(100e3, 10e6, 101e3), (30e3, 2e6, 1e9)] {
        let fit = within(params, macs, activations);
        for family in Family::ALL {
            let network = frame(&space, family).largest(family, &fit).expect("one fits");
            let costs = costs(&network);
            assert!(fit(&costs), "{}", network.summary());
            let used = f64::max(costs[&CostKind::Params] / params, costs[&CostKind::Macs] / macs);
            // Or it is the largest that the space offers after so many stages.
            let behind_stem = &network.layers[1..];
            let is_widest = behind_stem.iter().all(|layer| layer.operation.get(Parameter::Channels) == Some(64));
            assert!(used > 0.7 || (is_widest && behind_stem.len() == LIMITS.depth), "{} uses {used:.2}", network.summary());
            let unexpanded = network.layers.iter().any(|layer| layer.operation.get(Parameter::Expansion) == Some(1));
            assert_eq!(opened.contains(&network.into()).is_ok(), !unexpanded);
        }
    }
}

#[test]
fn wider_limits_give_no_smaller_network_and_none_the_largest_of_the_space() {
    let space = space();
    let params = |network: &LayerNetwork| costs(network)[&CostKind::Params];
    for family in Family::ALL {
        let frame = frame(&space, family);
        let sizes = [20e3, 60e3, 180e3].map(|limit| params(&frame.largest(family, &within(limit, 1e9, 1e9)).expect("one fits")));
        assert!(sizes.is_sorted(), "{sizes:?}");
        let unbounded = frame.largest(family, &|_| true).expect("all fit");
        let widest = unbounded.layers.iter().filter_map(|layer| layer.operation.get(Parameter::Channels)).max();
        assert_eq!(widest, Some(64), "{}", unbounded.summary());
        assert_eq!(frame.largest(family, &|_| false), None);
    }
}

#[test]
fn under_every_limit_a_resnet_adds_something() {
    let space = space();
    for params in [5e3, 10e3, 20e3, 40e3, 60e3, 80e3, 100e3] {
        let network = frame(&space, Family::Resnet).largest(Family::Resnet, &within(params, 1e9, 1e9));
        let adds = network.as_ref().is_none_or(|network| network.layers.iter().any(|layer| layer.sources.len() > 1));
        assert!(adds, "{params}: {}", network.expect("one that adds nothing").summary());
    }
    let shallow = Frame { depth: [1, 2], ..frame(&space, Family::Resnet) };
    assert_eq!(shallow.largest(Family::Resnet, &|_| true), None);
}

#[test]
fn a_resnet_adds_what_each_pair_reads() {
    let space = space();
    let frame = Frame { depth: [1, 7], ..frame(&space, Family::Resnet) };
    let network = Family::Resnet.network(&frame, &[(16, 1), (16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (64, 1)]);
    // The layers of `specs/fixed-resnet.yaml`.
    let sources: Vec<Vec<usize>> = network.layers.iter().map(|layer| layer.sources.clone()).collect();
    let expected: [&[usize]; 8] = [&[], &[0], &[1], &[2, 0], &[3], &[4, 2], &[5], &[6, 4]];
    assert_eq!(sources, expected);
}

#[test]
fn images_are_brought_down_where_no_limit_bounds_multiply_accumulates() {
    let space = LayerSpace { stem: Operation::convolution(3, 16, 2), ..space() };
    for (side, ends) in [(64, 8), (128, 8), (32, 8)] {
        let image = Shape { channels: 3, height: side, width: side };
        for family in Family::ALL {
            let frame = Frame::of(&SearchSpace::Layers(&space, Limits { image, ..LIMITS }), family).expect("a frame");
            let network = frame.largest(family, &|costs| costs[&CostKind::Params] <= 100e3).expect("one fits");
            let strides: usize = network.layers.iter().map(|layer| layer.operation.stride()).product();
            assert_eq!(side / strides, ends, "{}", network.summary());
        }
    }
}

#[test]
fn regular_networks_keep_the_limits_come_near_them_and_are_of_many_kinds() {
    let space = space();
    let opened = SearchSpace::Layers(&space, LIMITS);
    let fit = within(100e3, 10e6, 101e3);
    let costs = |network: &Architecture| opened.costs(network).expect("of the space");
    let of = |costs: &Costs| costs[&CostKind::Params] * costs[&CostKind::Macs];
    let size = |network: &Architecture| opened.costs(network).filter(|costs| fit(costs)).map(|costs| of(&costs));
    let draw = |number| regular(&opened, &size, &mut Seed::root(1).nth(number).stream());
    let networks: Vec<Architecture> = (0..100).filter_map(draw).collect();
    assert!(networks.iter().all(|network| opened.contains(network).is_ok() && fit(&costs(network))));
    let near = networks.iter().filter(|network| of(&costs(network)) > 0.2 * 100e3 * 10e6).count();
    let kinds: BTreeSet<_> = networks.iter().map(Architecture::digest).collect();
    assert!(networks.len() > 90 && near > 70 && kinds.len() > 60, "{} of 100, {near} near, {} kinds", networks.len(), kinds.len());
    assert_eq!(regular(&opened, &|_| None, &mut Seed::root(1).stream()), None);
    let pools = LayerSpace { operations: vec![OperationKind::MaxPool], ..space.clone() };
    assert_eq!(regular(&SearchSpace::Layers(&pools, LIMITS), &|_| Some(1.0), &mut Seed::root(1).stream()), None);
}

#[test]
fn a_regular_network_has_stages_of_equal_layers_and_skips_within_them_or_of_a_resnet() {
    let space = LayerSpace { operations: vec![OperationKind::Convolution], ..space() };
    let opened = SearchSpace::Layers(&space, LIMITS);
    let draw = |number| regular(&opened, &|network| opened.contains(network).ok().map(|()| 1.0), &mut Seed::root(2).nth(number).stream());
    for network in (0..40).filter_map(draw) {
        let Architecture::Layers(network) = network else { unreachable!("of a space of layers") };
        let behind = &network.layers[1..];
        let kernels: BTreeSet<_> = behind.iter().map(|layer| layer.operation.get(Parameter::Kernel)).collect();
        assert_eq!(kernels.len(), 1, "{}", network.summary());
        for pair in behind.windows(2) {
            let channels = |layer: &Layer| layer.operation.get(Parameter::Channels);
            let begins = pair[1].operation.stride() == 2;
            let holds = if begins { channels(&pair[0]) <= channels(&pair[1]) } else { channels(&pair[0]) == channels(&pair[1]) };
            assert!(holds, "{}", network.summary());
        }
        for (place, layer) in network.layers.iter().enumerate() {
            let skip = layer.sources.iter().find(|source| **source + 1 != place);
            assert!(skip.is_none_or(|skip| place - skip <= 3), "{}", network.summary());
        }
    }
}

#[test]
fn tight_limits_leave_half_of_the_regular_networks_the_full_resolution() {
    let space = LayerSpace { operations: vec![OperationKind::Convolution], ..space() };
    let opened = SearchSpace::Layers(&space, LIMITS);
    let fit = within(100e3, 10e6, 101e3);
    let size = |network: &Architecture| opened.costs(network).filter(|costs| fit(costs)).map(|costs| costs[&CostKind::Params]);
    let keeps = |number| match regular(&opened, &size, &mut Seed::root(4).nth(number).stream())? {
        Architecture::Layers(network) => Some(network.layers[1].operation.stride() == 1),
        _ => None,
    };
    let drawn: Vec<bool> = (0..200).filter_map(keeps).collect();
    let full = drawn.iter().filter(|keeps| **keeps).count();
    assert!(drawn.len() == 200 && (75..=125).contains(&full), "{full} of {}", drawn.len());
}

#[test]
fn regular_networks_are_of_the_space_or_there_are_none() {
    for (strides, depth) in [(&[1][..], [1, 9]), (&[2][..], [1, 9]), (&[1, 4][..], [1, 9]), (&[1, 2][..], [9, 9])] {
        let choices = Choices::of([&[3, 5], &[16, 24, 32, 48, 64], strides, &[2, 4]]);
        let space = LayerSpace { choices, min_depth: depth[0], min_resolution: 14, ..space() };
        let opened = SearchSpace::Layers(&space, LIMITS);
        let size = |network: &Architecture| opened.contains(network).ok().map(|()| 1.0);
        let drawn = (0..40).filter_map(|number| regular(&opened, &size, &mut Seed::root(3).nth(number).stream()));
        assert!(drawn.into_iter().all(|network| opened.contains(&network).is_ok()));
    }
    // Where one kind of first stage is left, the other takes its place.
    let space = LayerSpace { min_resolution: 15, ..space() };
    let opened = SearchSpace::Layers(&space, LIMITS);
    let size = |network: &Architecture| opened.contains(network).ok().map(|()| 1.0);
    assert!((0..40).all(|number| regular(&opened, &size, &mut Seed::root(3).nth(number).stream()).is_some()));
}
