//! Bounds on what the networks of a space cost, sound for every network, found without looking at each: the least
//! and the most parameters and multiply–accumulates by dynamic programming over the shape a layer gives.

use std::collections::BTreeMap;

use crate::arch::{Cost, CostKind, Layer, LayerNetwork, Operation, Parameter, Shape};
use crate::objective::{Constraint, Side};
use crate::space::{LayerSpace, Limits};

/// Above so many operations a layer the bounds are not computed.
const MAX_OPERATIONS: usize = 2_000;

/// No network of the space costs less than `least` or more than `most`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extremes {
    pub least: Figures,
    pub most: Figures,
    /// Bytes alive while the stem is computed.
    least_activations: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    pub params: f64,
    pub macs: f64,
}

impl Figures {
    fn plus(self, other: Self) -> Self {
        Self { params: self.params + other.params, macs: self.macs + other.macs }
    }

    fn merge(self, other: Self, choose: fn(f64, f64) -> f64) -> Self {
        Self { params: choose(self.params, other.params), macs: choose(self.macs, other.macs) }
    }
}

impl Extremes {
    /// `None` where the space is too wide to be bounded quickly.
    pub(super) fn of(space: &LayerSpace, limits: Limits) -> Option<Self> {
        let operations = space.outer_operations();
        if operations.len() > MAX_OPERATIONS {
            return None;
        }
        let stem = Layer { operation: space.stem, sources: vec![] };
        let (stem_shape, stem_cost) = body(&[stem], limits.image);
        let mut ends = BTreeMap::from([(stem_shape, (stem_cost, stem_cost))]);
        let mut steps: BTreeMap<Shape, Vec<Step>> = BTreeMap::new();
        let widest = space.options(Parameter::Channels).iter().copied().chain([stem_shape.channels]).max().unwrap_or(1);
        let mut found: Option<(Figures, Figures)> = None;
        for depth in 0..=limits.depth {
            if depth >= space.min_depth {
                for (shape, (least, most)) in &ends {
                    let head = classifier(shape.channels, limits.classes);
                    let (least, most) = (least.plus(head), most.plus(head));
                    found = Some(found.map_or((least, most), |(low, high)| (low.merge(least, f64::min), high.merge(most, f64::max))));
                }
            }
            let mut next: BTreeMap<Shape, (Figures, Figures)> = BTreeMap::new();
            for (shape, (least, most)) in &ends {
                // A skip may need a projection to the shape of the main source (ResNet, option B).
                let skip = if space.skips && depth > 0 { projection(widest, *shape) } else { Figures { params: 0.0, macs: 0.0 } };
                let steps = steps.entry(*shape).or_insert_with(|| steps_from(*shape, &operations, space.min_resolution));
                for step in steps {
                    let (low, high) = (least.plus(step.least), most.plus(step.most).plus(skip));
                    let entry = next.entry(step.to).or_insert((low, high));
                    *entry = (entry.0.merge(low, f64::min), entry.1.merge(high, f64::max));
                }
            }
            ends = next;
        }
        let least_activations = 4.0 * (limits.image.elements() + stem_shape.elements()) as f64;
        found.map(|(least, most)| Self { least, most, least_activations })
    }

    /// A value that no network goes beyond in the direction of a bound; `None` where that is not known.
    pub(super) fn nearest(&self, constraint: &Constraint) -> Option<f64> {
        let (least, most) = self.ends(constraint.cost);
        let end = match constraint.side {
            Side::Max => least,
            Side::Min => most,
        };
        Some(end).filter(|end| end.is_finite())
    }

    fn ends(&self, cost: CostKind) -> (f64, f64) {
        match cost {
            CostKind::Params => (self.least.params, self.most.params),
            CostKind::Macs => (self.least.macs, self.most.macs),
            CostKind::Flops => (2.0 * self.least.macs, 2.0 * self.most.macs),
            CostKind::Activations => (self.least_activations, f64::INFINITY),
            CostKind::Intensity | CostKind::Latency | CostKind::Measured(_) => (0.0, f64::INFINITY),
        }
    }
}

/// All layers that lead from one shape to another, by their least and most cost.
struct Step {
    to: Shape,
    least: Figures,
    most: Figures,
}

/// The cost of a layer on an input is that of a network with it less that of the same network without.
fn steps_from(input: Shape, operations: &[Operation], min_resolution: usize) -> Vec<Step> {
    let source = Layer { operation: Operation::convolution(1, input.channels, 1), sources: vec![] };
    let image = Shape { channels: 1, ..input };
    let (_, without) = body(std::slice::from_ref(&source), image);
    let mut steps: BTreeMap<Shape, Step> = BTreeMap::new();
    for &operation in operations {
        let (to, with) = body(&[source.clone(), Layer { operation, sources: vec![0] }], image);
        if operation.stride() > 1 && to.height.min(to.width) < min_resolution {
            continue;
        }
        let cost = Figures { params: with.params - without.params, macs: with.macs - without.macs };
        let step = steps.entry(to).or_insert(Step { to, least: cost, most: cost });
        (step.least, step.most) = (step.least.merge(cost, f64::min), step.most.merge(cost, f64::max));
    }
    steps.into_values().collect()
}

/// Last shape and cost of some layers, without the classifier.
fn body(layers: &[Layer], image: Shape) -> (Shape, Figures) {
    let network = LayerNetwork { layers: layers.to_vec() }.build(image, 1).expect("sizes were checked before");
    let shape = network.features();
    let cost = Cost::of(&network);
    let head = classifier(shape.channels, 1);
    (shape, Figures { params: cost.params as f64 - head.params, macs: cost.macs as f64 - head.macs })
}

fn classifier(channels: usize, classes: usize) -> Figures {
    let macs = (channels * classes) as f64;
    Figures { params: macs + classes as f64, macs }
}

fn projection(from: usize, to: Shape) -> Figures {
    Figures { params: (from * to.channels + 2 * to.channels) as f64, macs: (from * to.elements()) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::OperationKind;
    use crate::seed::Seed;
    use crate::space::Choices;

    fn space() -> (LayerSpace, Limits) {
        let space = LayerSpace {
            stem: Operation::convolution(3, 8, 1),
            operations: OperationKind::ALL.to_vec(),
            choices: Choices::few(),
            skips: true,
            min_depth: 1,
            min_resolution: 4,
        };
        (space, Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 4 })
    }

    #[test]
    fn no_network_costs_less_or_more() {
        let (space, limits) = space();
        let extremes = Extremes::of(&space, limits).expect("a small space");
        let mut close = f64::INFINITY;
        for index in 0..1_000 {
            let network = space.draw(limits, &mut Seed::root(7).nth(index).stream());
            let cost = Cost::of(&network.build(limits.image, limits.classes).expect("well-formed"));
            assert!(cost.params as f64 >= extremes.least.params && cost.params as f64 <= extremes.most.params);
            assert!(cost.macs as f64 >= extremes.least.macs && cost.macs as f64 <= extremes.most.macs);
            assert!(cost.activations as f64 >= extremes.least_activations);
            close = close.min(cost.params as f64 / extremes.least.params);
        }
        assert!(close < 1.2, "the bound is far from every network: {close}");
    }
}
