//! A cell network as a [`Network`]: which primitives an operation is, and how shapes are brought together.
//!
//! Where the papers leave a choice, or we differ:
//! * Every 1×1 convolution that changes a width is rectifier, convolution, batch normalisation, as in the
//!   "preprocessing" of NASNet's, PNAS's and DARTS's code. There it stands at the inputs of every cell; here it stands
//!   at the output, where there are several loose ends to bring to the width of the cell. A single one is the output
//!   itself: so `id(1)+conv3(1)` is a residual layer. In a cell without convolutions it is convolved all the same, else
//!   stages of sums of identities would grow without bounds, and learn nothing.
//! * In a reduction cell input 1 is brought to the doubled width at full resolution before the operations (as there).
//! * Input 0 is brought to the shape of input 1 by the same, strided: no factorized reduction of two shifted halves,
//!   so of four places one is read.
//! * The first cell reads the stem twice.
//! * 1×7 and 7×1 in a reduction: the second convolution has the stride, so that no place goes unread.
//! * Dilated convolutions are depthwise with a 1×1 convolution after them, as in DARTS (arXiv 1806.09055, §3.1).
//! * All rectified copies of one tensor are one node: every branch that reads it shares it.

use std::collections::BTreeMap;

use super::{Block, CellNetwork, CellOperation, Combine};
use crate::arch::places::{BlockPlace, Built, Place};
use crate::arch::{Malformed, Network, Primitive, Shape};

impl CellNetwork {
    /// Builds the layers; fails where the network is malformed.
    pub fn build(&self, image: Shape, classes: usize) -> Result<Network, Malformed> {
        self.built(image, classes).map(|built| built.network)
    }

    /// The same with the last node of the stem and of each cell, and where the nodes stand.
    pub(in crate::arch) fn built(&self, image: Shape, classes: usize) -> Result<Built, Malformed> {
        self.validate()?;
        let skeleton = self.skeleton;
        let (network, input) = Network::begun(image);
        let mut stack = Stack { network, rectified: BTreeMap::new(), places: Vec::new(), cells: 0 };
        stack.mark(Place::Stem);
        let blocks = self.cell.places();
        let stem = stack.network.convolution(input, 3, skeleton.stem_stride, 1, skeleton.channels);
        let mut outputs = [stem, stem];
        let mut ends = vec![stem];
        let mut width = skeleton.channels;
        let mut auxiliary = None;
        for stage in 0..=skeleton.reductions {
            if stage > 0 {
                // The last cell before the last reduction.
                auxiliary = Some(outputs[1]);
                width *= 2;
                outputs = [outputs[1], stack.cell((self, &blocks), outputs, width, 2)];
                ends.push(outputs[1]);
            }
            for _ in 0..skeleton.cells {
                outputs = [outputs[1], stack.cell((self, &blocks), outputs, width, 1)];
                ends.push(outputs[1]);
            }
        }
        let last = stack.rectified(outputs[1]);
        stack.mark(Place::Classifier);
        let Stack { mut network, places, .. } = stack;
        network.classifier(last, classes);
        network.auxiliary = auxiliary;
        Ok(Built { network, ends, places })
    }
}

/// A network that grows, cell by cell.
struct Stack {
    network: Network,
    /// The rectified form of nodes that have one.
    rectified: BTreeMap<usize, usize>,
    /// From which node on a place begins.
    places: Vec<(usize, Place)>,
    /// How many cells there are.
    cells: usize,
}

impl Stack {
    /// Adds a cell; gives its output.
    fn cell(&mut self, (of, blocks): (&CellNetwork, &[BlockPlace]), [before, last]: [usize; 2], width: usize, stride: usize) -> usize {
        let cell = self.cells;
        self.cells += 1;
        self.mark(Place::Input { cell, input: 1 });
        let last = self.fitted(last, Shape { channels: width, ..self.shape(last) });
        self.mark(Place::Input { cell, input: 0 });
        let mut values = vec![self.fitted(before, self.shape(last)), last];
        for (&Block { inputs, operations, combine }, &block) in of.cell.blocks.iter().zip(blocks) {
            let [first, second] = [0, 1].map(|branch| {
                let stride = if inputs[branch] < 2 { stride } else { 1 };
                let operation = operations[branch];
                self.mark(Place::Branch { cell, level: block.level, branch: block.branches[branch], operation: operation.word() });
                self.branch(values[inputs[branch]], operation, stride)
            });
            self.mark(Place::Combined { cell, block });
            values.push(match combine {
                Combine::Add => self.network.add(first, second),
                Combine::Concat => self.merged(&[first, second], width),
            });
        }
        let ends: Vec<usize> = of.cell.loose_ends().into_iter().map(|block| values[block + 2]).collect();
        self.mark(Place::Output { cell });
        if of.cell.has_output_convolution() { self.merged(&ends, width) } else { ends[0] }
    }

    /// The nodes from here on stand at a place.
    fn mark(&mut self, place: Place) {
        self.places.push((self.network.nodes.len(), place));
    }

    fn branch(&mut self, source: usize, operation: CellOperation, stride: usize) -> usize {
        let width = self.shape(source).channels;
        let output = match operation {
            // Never dropped, as in the code of NASNet.
            CellOperation::Identity if stride == 1 => return source,
            CellOperation::Identity => return self.pointwise(source, stride, width),
            CellOperation::SeparableConvolution3x3 => self.separable_twice(source, 3, stride),
            CellOperation::SeparableConvolution5x5 => self.separable_twice(source, 5, stride),
            CellOperation::SeparableConvolution7x7 => self.separable_twice(source, 7, stride),
            CellOperation::Convolution1x7_7x1 => {
                let source = self.rectified(source);
                let wide = self.filter(source, [1, 7], 1, 1, 1);
                let tall = self.filter(wide, [7, 1], stride, 1, 1);
                self.network.batch_norm(tall)
            }
            CellOperation::DilatedConvolution3x3 => self.separable(source, 3, stride, 2),
            CellOperation::AveragePool3x3 => self.network.push(Primitive::AveragePool { kernel: 3, stride }, &[source]),
            CellOperation::MaxPool3x3 => self.network.push(Primitive::MaxPool { kernel: 3, stride }, &[source]),
            CellOperation::Convolution1x1 => self.pointwise(source, stride, width),
            CellOperation::Convolution3x3 => {
                let source = self.rectified(source);
                self.network.convolution(source, 3, stride, 1, width)
            }
        };
        self.network.push(Primitive::PathDropout, &[output])
    }

    fn separable_twice(&mut self, source: usize, kernel: usize, stride: usize) -> usize {
        let once = self.separable(source, kernel, stride, 1);
        self.separable(once, kernel, 1, 1)
    }

    /// Relu, depthwise and 1×1 convolution, normalisation.
    fn separable(&mut self, source: usize, kernel: usize, stride: usize, dilation: usize) -> usize {
        let width = self.shape(source).channels;
        let rectified = self.rectified(source);
        let depthwise = self.filter(rectified, [kernel; 2], stride, dilation, width);
        self.network.convolution(depthwise, 1, 1, 1, width)
    }

    /// A convolution that keeps the width, with nothing after it.
    fn filter(&mut self, source: usize, kernel: [usize; 2], stride: usize, dilation: usize, groups: usize) -> usize {
        let width = self.shape(source).channels;
        self.network.push(Primitive::Convolution { kernel, stride, dilation, groups, input: width, output: width }, &[source])
    }

    /// Relu, 1×1 convolution, normalisation.
    fn pointwise(&mut self, source: usize, stride: usize, width: usize) -> usize {
        let rectified = self.rectified(source);
        self.network.convolution(rectified, 1, stride, 1, width)
    }

    /// Tensors of one shape, concatenated and brought to `width`. They are rectified before, not after, which is the
    /// same: on the way back libtorch then makes each part's gradient a tensor of its own, where a view into that of the
    /// whole would send normalisation down a path several times as slow.
    fn merged(&mut self, parts: &[usize], width: usize) -> usize {
        let rectified: Vec<usize> = parts.iter().map(|&part| self.rectified(part)).collect();
        let source = if let [only] = rectified[..] { only } else { self.network.push(Primitive::Concat, &rectified) };
        self.network.convolution(source, 1, 1, 1, width)
    }

    /// The tensor in another shape: the same resolution, or what one reduction leaves of it.
    fn fitted(&mut self, source: usize, target: Shape) -> usize {
        let shape = self.shape(source);
        if shape == target {
            return source;
        }
        let stride = if (shape.height, shape.width) == (target.height, target.width) { 1 } else { 2 };
        self.pointwise(source, stride, target.channels)
    }

    fn rectified(&mut self, source: usize) -> usize {
        if let Some(&rectified) = self.rectified.get(&source) {
            return rectified;
        }
        let rectified = self.network.rectifier(source);
        self.rectified.insert(source, rectified);
        rectified
    }

    fn shape(&self, node: usize) -> Shape {
        self.network.nodes[node].shape
    }
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
