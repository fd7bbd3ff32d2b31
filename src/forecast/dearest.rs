//! No network of a space is more work than this: by dynamic programming over the shape a layer gives. Bounds on parameters
//! and multiply–accumulates are taken in by their prices (Lagrange multipliers): what a network may cost beyond a
//! price is bounded without the bounds, and the price of what they leave comes on top.

use std::collections::BTreeMap;

use crate::arch::cells::{Block, Cell, Skeleton};
use crate::arch::{Architecture, Cost, CostKind, ELEMENT, LAYER, Layer, LayerNetwork, Network, Operation, Shape, work};
use crate::objective::{Constraint, Enforcement, Side};
use crate::space::{CellSpace, LayerSpace, Limits};

/// Above so many operations a layer no bound is worked out.
const MAX_OPERATIONS: usize = 500;

/// Prices that are tried, of a multiply–accumulate and of a parameter: each gives a bound, and the least of them counts.
const OF_MACS: [f64; 6] = [0.0, 2.0, 6.0, 20.0, 60.0, 200.0];
const OF_PARAMS: [f64; 6] = [0.0, 100.0, 400.0, 1_600.0, 6_400.0, 25_600.0];

/// What a part of a network comes to; it adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    params: f64,
    macs: f64,
    work: f64,
}

impl Part {
    fn of(network: &Network, batch: usize) -> Self {
        let cost = Cost::of(network);
        Self { params: cost.params as f64, macs: cost.macs as f64, work: work(network, batch) }
    }

    fn minus(self, other: Self) -> Self {
        Self { params: self.params - other.params, macs: self.macs - other.macs, work: self.work - other.work }
    }

    /// Its work beyond what its parameters and multiply–accumulates are paid with.
    fn beyond(self, prices: [f64; 2]) -> f64 {
        self.work - prices[0] * self.macs - prices[1] * self.params
    }
}

/// The most multiply–accumulates and parameters that constraints let a network have.
fn allowed(constraints: &[Constraint]) -> [f64; 2] {
    let mut allowed = [f64::INFINITY; 2];
    for constraint in constraints {
        if constraint.side != Side::Max || constraint.enforcement != Enforcement::Reject {
            continue;
        }
        let (index, limit) = match constraint.cost {
            CostKind::Macs => (0, constraint.limit),
            CostKind::Flops => (0, constraint.limit / 2.0),
            CostKind::Params => (1, constraint.limit),
            CostKind::Intensity | CostKind::Activations | CostKind::Latency | CostKind::Measured(_) => continue,
        };
        allowed[index] = f64::min(allowed[index], limit);
    }
    allowed
}

/// The most work of one image that a network of the space can be; `None` where the space is too wide to tell.
pub(super) fn of_layers(space: &LayerSpace, limits: Limits, constraints: &[Constraint], batch: usize) -> Option<f64> {
    let operations = space.outer_operations();
    if operations.len() > MAX_OPERATIONS {
        return None;
    }
    let mut steps = Steps { space, operations, batch, from: BTreeMap::new() };
    let allowed = allowed(constraints);
    let prices = |index: usize, all: [f64; 6]| if allowed[index].is_finite() { all.to_vec() } else { vec![0.0] };
    let mut least = f64::INFINITY;
    for of_macs in prices(0, OF_MACS) {
        for of_params in prices(1, OF_PARAMS) {
            let prices = [of_macs, of_params];
            let paid: f64 = prices.iter().zip(allowed).filter(|(price, _)| **price > 0.0).map(|(price, allowed)| price * allowed).sum();
            least = least.min(steps.beyond(limits, prices)? + paid);
        }
    }
    Some(least)
}

/// What layers come to, by the shape that they read.
struct Steps<'a> {
    space: &'a LayerSpace,
    operations: Vec<Operation>,
    batch: usize,
    from: BTreeMap<Shape, Vec<(Shape, Part)>>,
}

impl Steps<'_> {
    /// The most that any network is beyond these prices.
    fn beyond(&mut self, limits: Limits, prices: [f64; 2]) -> Option<f64> {
        let stem = Layer { operation: self.space.stem, sources: vec![] };
        let (shape, part) = body(&[stem], limits.image, self.batch)?;
        let mut ends = BTreeMap::from([(shape, part.beyond(prices))]);
        let mut widest = [shape.channels, shape.elements()];
        let mut found: Option<f64> = None;
        for depth in 0..=limits.depth {
            if depth >= self.space.min_depth {
                for (shape, beyond) in &ends {
                    let whole = beyond + head(*shape, limits.classes, self.batch).beyond(prices);
                    found = Some(found.map_or(whole, |most| most.max(whole)));
                }
            }
            let mut next: BTreeMap<Shape, f64> = BTreeMap::new();
            for (shape, beyond) in &ends {
                // An earlier layer's output that is added may have to be brought into shape first.
                let skip = if self.space.skips && depth > 0 { skip(widest, *shape, self.batch).beyond(prices).max(0.0) } else { 0.0 };
                for (to, part) in self.of(*shape) {
                    let beyond = beyond + part.beyond(prices) + skip;
                    let entry = next.entry(*to).or_insert(beyond);
                    *entry = entry.max(beyond);
                }
            }
            for shape in next.keys() {
                widest = [widest[0].max(shape.channels), widest[1].max(shape.elements())];
            }
            ends = next;
        }
        found
    }

    fn of(&mut self, shape: Shape) -> &[(Shape, Part)] {
        let Self { space, operations, batch, from } = self;
        from.entry(shape).or_insert_with(|| {
            let source = Layer { operation: Operation::convolution(1, shape.channels, 1), sources: vec![] };
            let image = Shape { channels: 1, ..shape };
            let Some((_, without)) = body(std::slice::from_ref(&source), image, *batch) else { return Vec::new() };
            let step = |&operation: &Operation| {
                let (to, with) = body(&[source.clone(), Layer { operation, sources: vec![0] }], image, *batch)?;
                let too_small = operation.stride() > 1 && to.height.min(to.width) < space.min_resolution;
                (!too_small).then(|| (to, with.minus(without)))
            };
            operations.iter().filter_map(step).collect()
        })
    }
}

/// Last shape of some layers and what they come to, without the classifier.
fn body(layers: &[Layer], image: Shape, batch: usize) -> Option<(Shape, Part)> {
    let network = LayerNetwork { layers: layers.to_vec() }.build(image, 1).ok()?;
    let shape = network.features();
    Some((shape, Part::of(&network, batch).minus(head(shape, 1, batch))))
}

/// The mean over the map and the classifier.
fn head(shape: Shape, classes: usize, batch: usize) -> Part {
    let (channels, classes) = (shape.channels as f64, classes as f64);
    let moved = shape.elements() as f64 + channels + channels + classes;
    let macs = channels * classes;
    Part { params: macs + classes, macs, work: macs + ELEMENT * moved + 2.0 * LAYER / batch.max(1) as f64 }
}

/// Projection, normalisation and sum, at their most: from the most channels and the largest map there are.
fn skip([channels, elements]: [usize; 2], to: Shape, batch: usize) -> Part {
    let (channels, from) = (channels as f64, elements as f64);
    let map = to.elements() as f64;
    let moved = (from + map) + 2.0 * map + 3.0 * map;
    let macs = channels * map;
    // That it has parameters too would only lower the bound.
    Part { params: 0.0, macs, work: macs + ELEMENT * moved + 3.0 * LAYER / batch.max(1) as f64 }
}

/// The same for cells in a skeleton: no cell is more work than equal blocks that all read the inputs of the cell, for each
/// reads the larger maps and widens the output.
pub(super) fn of_cells(space: &CellSpace, limits: Limits, skeleton: Skeleton, batch: usize) -> Option<f64> {
    let mut found: Option<f64> = None;
    for &operation in &space.operations {
        for inputs in [[0, 0], [0, 1], [1, 1]] {
            for &combine in &space.combines {
                let blocks = vec![Block { inputs, operations: [operation; 2], combine }; limits.depth.max(1)];
                let network: Architecture = space.network(Cell { blocks }).in_skeleton(skeleton).into();
                let most = work(&network.network(limits.image, limits.classes).ok()?, batch);
                found = Some(found.map_or(most, |before: f64| before.max(most)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::spec::{Space, Subject};

    /// The largest share of the bound that any drawn network reaches, of those that the spec lets be trained.
    fn closest(spec: &str) -> f64 {
        let spec = crate::spec::read(spec.as_bytes()).resolved.expect("a spec");
        let Subject::Images { dataset, space, max_depth, .. } = &spec.subject else { panic!("images") };
        let limits = dataset.limits(*max_depth);
        let mut closest: f64 = 0.0;
        for index in 0..400 {
            let stream = &mut Seed::root(5).nth(index).stream();
            let (network, costs, bound): (Architecture, _, _) = match space {
                Space::Layers(space) => {
                    let network = space.draw(limits, stream);
                    let costs = Cost::of(&network.build(limits.image, limits.classes).expect("a network")).costs();
                    (network.into(), costs, of_layers(space, limits, &spec.constraints, 64))
                }
                Space::Cells(space) => {
                    let network = space.draw(limits, stream);
                    let costs = space.costs(limits, &network).expect("a network");
                    (network.into(), costs, of_cells(space, limits, space.skeleton, 64))
                }
            };
            if spec.constraints.iter().any(|constraint| constraint.rejects(&costs)) {
                continue;
            }
            let share = work(&network.network(limits.image, limits.classes).expect("a network"), 64) / bound.expect("a bound");
            assert!(share <= 1.0, "{share} of {}", network.summary());
            closest = closest.max(share);
        }
        closest
    }

    #[test]
    fn no_network_is_more_work_than_the_bound() {
        let layers = "name: a\ndataset: {name: fashion-mnist}\nspace: {layers: {stem: {channels: 8, stride: 2}, channels: [8, 16], depth: {max: 3}}}\nstages: [{rounds: 1, trainings: 2, proposals: 4}]\n";
        let free = closest(layers);
        assert!(free > 0.25, "{free} of the bound");
        let bound = closest(&format!("{layers}constraints: {{macs: {{max: 500k}}, params: {{max: 20k}}}}\n"));
        assert!(bound > 0.15, "{bound} of the bound");
        let cells = closest(
            "name: a\ndataset: {name: fashion-mnist}\nspace: {cells: {blocks: {max: 2}, skeleton: {channels: 4, cells: 1}}}\nstages: [{rounds: 1, trainings: 2, proposals: 4}]\n",
        );
        assert!(cells > 0.25, "{cells} of the bound");
    }

    #[test]
    fn bounds_of_cost_lower_the_bound_of_work() {
        let of = |constraints: &str| {
            let text = format!(
                "name: a\ndataset: {{name: fashion-mnist}}\nspace: {{layers: {{channels: [8, 64], depth: {{max: 5}}}}}}\n{constraints}"
            );
            let spec = crate::spec::read(text.as_bytes()).resolved.expect("a spec");
            let Subject::Images { space: Space::Layers(space), dataset, max_depth, .. } = &spec.subject else { panic!("layers") };
            let limits = dataset.limits(*max_depth);
            of_layers(space, limits, &spec.constraints, 64).expect("a bound")
        };
        let free = of("");
        assert!(of("constraints: {macs: {max: 2M}}\n") < free / 2.0);
        assert!(of("constraints: {params: {max: 10k}}\n") < free);
        assert!((of("constraints: {macs: {max: 2M, enforcement: penalty}}\n") - free).abs() < 1e-6, "a penalty keeps nothing out");
    }
}
