//! What can be said of a space of layers.

use std::cell::OnceCell;

use super::count;
use super::extent::{Extent, Words};
use super::extremes::Extremes;
use super::space::place;
use crate::arch::{Architecture, Layer, LayerNetwork, Parameter};
use crate::diagnostic::Diagnostics;
use crate::objective::Constraint;
use crate::space::{LayerSpace, Limits};

const WORDS: Words = Words {
    section: "layers",
    network: "network",
    has: "has",
    stages_have: "",
    parts: "layers after the stem",
    other: "give the space other channels, kernels or depths",
    more: "give the space more choices or more depth",
};

pub(super) struct LayerExtent<'a> {
    space: &'a LayerSpace,
    limits: Limits,
    extremes: OnceCell<Option<Extremes>>,
}

impl<'a> LayerExtent<'a> {
    pub(super) const fn new(space: &'a LayerSpace, limits: Limits) -> Self {
        Self { space, limits, extremes: OnceCell::new() }
    }
}

impl Extent for LayerExtent<'_> {
    fn words(&self) -> &'static Words {
        &WORDS
    }

    /// Whether networks keep the resolution that they must.
    fn check(&self, faults: &mut Diagnostics) {
        let (space, depth) = (self.space, self.limits.depth);
        let stem = count::stem_resolution(space, self.limits);
        if stem < space.min_resolution {
            let message = format!("the stem gives {stem}×{stem}, and `min-resolution` is {}", space.min_resolution);
            faults.error("space::resolution", &place().key("min-resolution"), message, "lower it, or the stride of the stem");
        } else if let Some((depth_there, resolution)) = count::dead_end(space, self.limits) {
            let message = format!(
                "after {depth_there} layers a network can be down to {resolution}×{resolution}, and every stride takes it below `min-resolution`"
            );
            let help = format!("add 1 to `strides`, or lower `min-resolution` ({}) or the depth ({depth})", space.min_resolution);
            faults.error("space::resolution", &place().key("strides"), message, help);
        }
    }

    fn nearest(&self, constraint: &Constraint) -> Option<f64> {
        (*self.extremes.get_or_init(|| Extremes::of(self.space, self.limits)))?.nearest(constraint)
    }

    fn draws(&self) -> usize {
        2_000
    }

    /// The smallest and the largest layers of each kind, as few and as many as allowed.
    fn outer(&self) -> Vec<Architecture> {
        let space = self.space;
        let mut chains = Vec::new();
        for kind in &space.operations {
            for &stride in space.options(Parameter::Stride) {
                for pick in [<[usize]>::first, <[usize]>::last] {
                    let mut operation = space.operation(*kind, |_, options| pick(options).copied().unwrap_or(1));
                    operation.set(Parameter::Stride, stride);
                    for depth in [space.min_depth, self.limits.depth] {
                        let stem = Layer { operation: space.stem, sources: vec![] };
                        let layers = (0..depth).map(|index| Layer { operation, sources: vec![index] });
                        chains.push(LayerNetwork { layers: std::iter::once(stem).chain(layers).collect() }.into());
                    }
                }
            }
        }
        chains
    }

    fn all(&self, most: usize) -> Option<Vec<Architecture>> {
        let all = count::enumerate(self.space, self.limits, most)?;
        Some(all.into_iter().map(Architecture::Layers).collect())
    }

    fn count(&self, _: usize) -> Option<f64> {
        Some(count::networks(self.space, self.limits))
    }
}
