//! The space of whole networks, layer by layer: a fixed stem, then layers chosen one after another, each with an
//! optional skip connection from an earlier layer.

use std::iter::once;

use serde::{Deserialize, Serialize};

use super::{Decision, Limits, pick};
use crate::arch::{Layer, LayerNetwork, Operation, OperationKind, Parameter, Shape};
use crate::seed::{Stream, below};

mod choices;
mod edit;
mod opened;
mod sketch;

pub use choices::Choices;

/// The space `layers`. Lists are sorted and free of duplicates, so that equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerSpace {
    /// Layer 0, the same in every network.
    pub stem: Operation,
    pub operations: Vec<OperationKind>,
    /// The options of every parameter that is searched.
    #[serde(flatten)]
    pub choices: Choices,
    /// Whether a layer may add the output of an earlier one to its input.
    pub skips: bool,
    /// The fewest layers after the stem.
    pub min_depth: usize,
    /// The smallest height or width a layer may give.
    pub min_resolution: usize,
}

impl LayerSpace {
    /// The options of a parameter; empty where it is not searched.
    pub fn options(&self, parameter: Parameter) -> &[usize] {
        self.choices.options(parameter)
    }

    /// The parameters of an operation that are searched, with their options.
    pub fn searched(&self, kind: OperationKind) -> impl Iterator<Item = (Parameter, &[usize])> {
        self.choices.iter().filter(move |(parameter, _)| kind.parameters().contains(parameter))
    }

    /// An operation, with every parameter that is searched as `choose` picks it from its options.
    pub fn operation(&self, kind: OperationKind, mut choose: impl FnMut(Parameter, &[usize]) -> usize) -> Operation {
        let mut operation = Operation::new(kind);
        for (parameter, options) in self.searched(kind) {
            operation.set(parameter, choose(parameter, options));
        }
        operation
    }

    /// The architecture of the choices `made`, each an index into the options of its decision; or what is to be
    /// decided next.
    pub fn decide(&self, limits: Limits, made: &[usize]) -> Result<LayerNetwork, Decision> {
        let mut made = made.iter().copied();
        let mut layers = vec![Layer { operation: self.stem, sources: vec![] }];
        let mut resolutions = vec![resolution(limits.image, self.stem.stride())];
        let depths: Vec<usize> = (self.min_depth..=limits.depth.max(self.min_depth)).collect();
        let depth = pick(&mut made, &depths, || "depth".to_owned())?;
        for index in 1..=depth {
            let name = |feature: &'static str| move || format!("layer-{index}/{feature}");
            let here = resolutions[index - 1];
            let mut operation = Operation::new(pick(&mut made, &self.operations, name("operation"))?);
            let mut skip = None;
            for (parameter, options) in self.searched(operation.kind()) {
                let mut options = options.to_vec();
                if parameter == Parameter::Stride {
                    skip = pick(&mut made, &self.skips_of(index), name("skip"))?;
                    options.retain(|&stride| stride == 1 || here.div_ceil(stride) >= self.min_resolution);
                    if options.is_empty() {
                        options = self.options(parameter)[..1].to_vec();
                    }
                }
                operation.set(parameter, pick(&mut made, &options, name(parameter.description().word))?);
            }
            resolutions.push(here.div_ceil(operation.stride()));
            layers.push(Layer { operation, sources: once(index - 1).chain(skip).collect() });
        }
        Ok(LayerNetwork { layers })
    }

    /// The layers that a layer may read besides the one before it.
    fn skips_of(&self, index: usize) -> Vec<Option<usize>> {
        let earlier = if self.skips { index - 1 } else { 0 };
        once(None).chain((0..earlier).map(Some)).collect()
    }

    /// A canonical network of uniformly random decisions.
    pub fn draw(&self, limits: Limits, stream: &mut Stream) -> LayerNetwork {
        let mut made = Vec::new();
        loop {
            match self.decide(limits, &made) {
                Ok(architecture) => return architecture.canonical(),
                Err(decision) => made.push(below(stream, decision.options)),
            }
        }
    }

    /// Every operation, of the parameters that costs grow with the smallest and the largest value only.
    pub fn outer_operations(&self) -> Vec<Operation> {
        let outer = |parameter: Parameter, options: &[usize]| match options {
            [first, .., last] if parameter.description().monotonic => vec![*first, *last],
            _ => options.to_vec(),
        };
        let with = |operations: Vec<Operation>, (parameter, options): (Parameter, &[usize])| {
            let values = outer(parameter, options);
            let set = |mut operation: Operation, value| {
                operation.set(parameter, value);
                operation
            };
            operations.into_iter().flat_map(|operation| values.iter().map(move |&value| set(operation, value))).collect()
        };
        let of_kind = |&kind: &OperationKind| self.searched(kind).fold(vec![Operation::new(kind)], with);
        self.operations.iter().flat_map(of_kind).collect()
    }

    /// Whether the space contains `architecture` at this depth, and why not where it does not.
    pub fn contains(&self, limits: Limits, architecture: &LayerNetwork) -> Result<(), String> {
        architecture.validate().map_err(|malformed| malformed.0)?;
        let depth = architecture.layers.len() - 1;
        if architecture.layers[0].operation != self.stem {
            return Err("its stem is not the space's".to_owned());
        }
        if depth < self.min_depth || depth > limits.depth {
            return Err(format!("it has {depth} layers after the stem, {} to {} are allowed", self.min_depth, limits.depth));
        }
        for (index, layer) in architecture.layers.iter().enumerate().skip(1) {
            let operation = layer.operation;
            let refuse = |what: String| Err(format!("layer {index} has {what}, which the space does not offer"));
            if !self.operations.contains(&operation.kind()) {
                return refuse(format!("the operation `{}`", operation.kind().word()));
            }
            if let Some((parameter, value)) = operation.values().find(|(parameter, value)| !self.choices.offer(*parameter, *value)) {
                return refuse(format!("{} {value}", parameter.description().word));
            }
            if layer.sources.len() > 1 && !self.skips {
                return refuse("a skip connection".to_owned());
            }
        }
        let network = architecture.build(limits.image, limits.classes).map_err(|malformed| malformed.0)?;
        let Shape { height, width, .. } = network.features();
        if height.min(width) < self.min_resolution {
            return Err(format!("it ends at a resolution of {height}×{width}, at least {} is asked for", self.min_resolution));
        }
        Ok(())
    }
}

/// The shorter side after a stride.
fn resolution(image: Shape, stride: usize) -> usize {
    image.height.min(image.width).div_ceil(stride)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::seed::Seed;

    /// A small space with every operation and every parameter.
    pub fn space() -> LayerSpace {
        LayerSpace {
            stem: Operation::convolution(3, 8, 1),
            operations: OperationKind::ALL.to_vec(),
            choices: Choices::few(),
            skips: true,
            min_depth: 1,
            min_resolution: 4,
        }
    }

    pub const LIMITS: Limits = Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 6 };

    #[test]
    fn every_sequence_of_choices_ends_in_a_network_of_the_space() {
        let space = space();
        for index in 0..200 {
            let architecture = space.draw(LIMITS, &mut Seed::root(index).stream());
            assert_eq!(space.contains(LIMITS, &architecture), Ok(()), "{}", architecture.summary());
        }
    }

    #[test]
    fn what_does_not_belong_is_told_by_name() {
        let space = space();
        let layer = Layer { operation: OperationKind::MaxPool.of(&[7, 2]), sources: vec![0] };
        let stem = Layer { operation: space.stem, sources: vec![] };
        let refusal = space.contains(LIMITS, &LayerNetwork { layers: vec![stem, layer] }).expect_err("kernel 7");
        assert_eq!(refusal, "layer 1 has kernel 7, which the space does not offer");
    }
}
