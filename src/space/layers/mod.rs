//! The space of whole networks, layer by layer: a fixed stem, then layers chosen one after another, each with an
//! optional skip connection from an earlier layer.

use serde::{Deserialize, Serialize};

use super::{Decision, Limits, pick};
use crate::arch::{Layer, LayerNetwork, Operation, OperationKind, Shape};
use crate::seed::{Stream, below};

mod edit;
mod sketch;

/// The space `layers`. Lists are sorted and free of duplicates, so that equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerSpace {
    /// Layer 0, the same in every network.
    pub stem: Operation,
    pub operations: Vec<OperationKind>,
    /// Odd window sizes.
    pub kernels: Vec<usize>,
    pub channels: Vec<usize>,
    pub strides: Vec<usize>,
    /// Widths of inverted bottlenecks, as multiples of their input channels.
    pub expansions: Vec<usize>,
    /// Whether a layer may add the output of an earlier one to its input.
    pub skips: bool,
    /// The fewest layers after the stem.
    pub min_depth: usize,
    /// The smallest height or width a layer may give.
    pub min_resolution: usize,
}

impl LayerSpace {
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
            let kind = pick(&mut made, &self.operations, name("operation"))?;
            let kernel = pick(&mut made, &self.kernels, name("kernel"))?;
            let channels = if kind.has_channels() { pick(&mut made, &self.channels, name("channels"))? } else { 0 };
            let skips: Vec<Option<usize>> =
                if self.skips && index > 1 { std::iter::once(None).chain((0..index - 1).map(Some)).collect() } else { vec![None] };
            let skip = pick(&mut made, &skips, name("skip"))?;
            let here = resolutions[index - 1];
            let strides: Vec<usize> =
                self.strides.iter().copied().filter(|&stride| stride == 1 || here.div_ceil(stride) >= self.min_resolution).collect();
            let strides = if strides.is_empty() { self.strides[..1].to_vec() } else { strides };
            let stride = pick(&mut made, &strides, name("stride"))?;
            let expansion = if kind.has_expansion() { pick(&mut made, &self.expansions, name("expansion"))? } else { 0 };
            resolutions.push(here.div_ceil(stride));
            let sources = std::iter::once(index - 1).chain(skip).collect();
            layers.push(Layer { operation: kind.with(kernel, channels, stride, expansion), sources });
        }
        Ok(LayerNetwork { layers })
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

    /// Every operation with the smallest and the largest kernel and expansion only: costs grow with both.
    pub fn outer_operations(&self) -> Vec<Operation> {
        let outer = |values: &[usize]| -> Vec<usize> {
            let mut ends: Vec<usize> = values.first().into_iter().chain(values.last()).copied().collect();
            ends.dedup();
            ends
        };
        let mut operations = Vec::new();
        for kind in &self.operations {
            let channels = if kind.has_channels() { self.channels.clone() } else { vec![0] };
            let expansions = if kind.has_expansion() { outer(&self.expansions) } else { vec![0] };
            for kernel in outer(&self.kernels) {
                for &channels in &channels {
                    for &stride in &self.strides {
                        operations.extend(expansions.iter().map(|&expansion| kind.with(kernel, channels, stride, expansion)));
                    }
                }
            }
        }
        operations
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
            if !self.kernels.contains(&operation.kernel()) {
                return refuse(format!("kernel {}", operation.kernel()));
            }
            if operation.channels().is_some_and(|channels| !self.channels.contains(&channels)) {
                return refuse(format!("{} channels", operation.channels().unwrap_or(0)));
            }
            if !self.strides.contains(&operation.stride()) {
                return refuse(format!("stride {}", operation.stride()));
            }
            if operation.expansion().is_some_and(|expansion| !self.expansions.contains(&expansion)) {
                return refuse(format!("expansion {}", operation.expansion().unwrap_or(0)));
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

    /// A small space with every operation.
    pub fn space() -> LayerSpace {
        LayerSpace {
            stem: Operation::Convolution { kernel: 3, channels: 8, stride: 1 },
            operations: OperationKind::ALL.to_vec(),
            kernels: vec![3, 5],
            channels: vec![8, 16, 24],
            strides: vec![1, 2],
            expansions: vec![2, 4],
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
        let layer = Layer { operation: Operation::MaxPool { kernel: 7, stride: 2 }, sources: vec![0] };
        let stem = Layer { operation: space.stem, sources: vec![] };
        let refusal = space.contains(LIMITS, &LayerNetwork { layers: vec![stem, layer] }).expect_err("kernel 7");
        assert_eq!(refusal, "layer 1 has kernel 7, which the space does not offer");
    }
}
