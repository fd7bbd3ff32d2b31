//! Scaling: the largest network of a family that keeps all limits.

use super::Family;
use super::frame::Frame;
use crate::arch::{Architecture, Cost, CostKind, Costs, LayerNetwork, Operation, Parameter};
use crate::space::{Limits, SearchSpace};

/// The most layers behind the stem.
const DEEPEST: usize = 16;
/// The most stages, each of half the resolution of the one before.
pub(super) const STAGES: usize = 4;
/// The last stage sees no larger image, where the stages are enough for that: nothing else keeps the resolution of a network
/// down whose multiply–accumulates no limit bounds.
pub(super) const COARSE: usize = 8;
/// The network with the fewest layers is taken among those at least as large as this share of the largest.
const NEARLY: f64 = 0.85;
/// Between numbers of channels where a space says nothing of them.
const STEP: usize = 8;
/// Layers behind the stem where a space says nothing of them.
const DEPTH: usize = 8;

impl Frame {
    /// As a space of layers has it, with wider layers for a family that it does not offer; for cells, a stem as that of
    /// their skeleton and channels up to its widest. A table has none.
    pub fn of(space: &SearchSpace<'_>, family: Family) -> Option<Self> {
        match *space {
            SearchSpace::Layers(space, Limits { image, classes, depth }) => {
                let near = |parameter, usual: usize| {
                    let options = space.options(parameter).iter().copied();
                    options.min_by_key(|option| option.abs_diff(usual)).unwrap_or(usual)
                };
                let mut channels = space.options(Parameter::Channels).to_vec();
                channels.sort_unstable();
                if !space.operations.contains(&family.operation()) {
                    channels = (STEP..=2 * channels.last()?).step_by(STEP).collect();
                }
                let expansion = near(Parameter::Expansion, 4);
                Some(Self {
                    stem: space.stem,
                    channels,
                    kernel: near(Parameter::Kernel, 3),
                    expansion,
                    first_expansion: expansion,
                    squeeze_ratio: 0,
                    depth: [space.min_depth, depth.min(DEEPEST)],
                    min_resolution: space.min_resolution,
                    image,
                    classes,
                })
            }
            SearchSpace::Cells(space, Limits { image, classes, .. }) => {
                let skeleton = space.last;
                let widest = skeleton.channels << skeleton.reductions.min(STAGES);
                Some(Self {
                    stem: Operation::convolution(3, skeleton.channels, skeleton.stem_stride),
                    channels: (STEP..=widest.max(STEP)).step_by(STEP).collect(),
                    kernel: 3,
                    expansion: 4,
                    first_expansion: 4,
                    squeeze_ratio: 0,
                    depth: [1, DEPTH],
                    min_resolution: 3,
                    image,
                    classes,
                })
            }
            SearchSpace::Table(_) => None,
        }
    }

    /// The largest network of a family whose costs `fit`: the most parameters × multiply–accumulates, found by
    /// bisection over the width for every number of layers and of stages that bring images down to [`COARSE`]. Among those
    /// that are nearly as large, the one with the fewest layers. `None` where none fits.
    pub fn largest(&self, family: Family, fit: &dyn Fn(&Costs) -> bool) -> Option<LayerNetwork> {
        // Expanded where the image is still large, none may fit: the first layer of MobileNetV2 expands nothing.
        let unexpanded = || Self { first_expansion: 1, ..self.clone() }.largest_so(family, fit);
        self.largest_so(family, fit).or_else(|| (family == Family::MobilenetV2).then(unexpanded).flatten())
    }

    fn largest_so(&self, family: Family, fit: &dyn Fn(&Costs) -> bool) -> Option<LayerNetwork> {
        let [fewest, deepest] = self.depth;
        let fewest = fewest.max(family.fewest_layers());
        let allowed = || (1..=STAGES.min(deepest)).filter(|&stages| self.resolution_after(stages) >= self.min_resolution);
        let with = |least: usize| -> Vec<(LayerNetwork, f64)> {
            allowed()
                .filter(|&stages| stages >= least)
                .flat_map(|stages| (stages.max(fewest)..=deepest).map(move |layers| (stages, layers)))
                .filter_map(|(stages, layers)| self.widest_so(family, stages, layers, fit))
                .collect()
        };
        let coarse = allowed().find(|&stages| self.resolution_after(stages) <= COARSE).or_else(|| allowed().next_back())?;
        let mut candidates = with(coarse);
        if candidates.is_empty() {
            candidates = with(1);
        }
        let most = candidates.iter().map(|(_, size)| *size).fold(0.0, f64::max);
        let nearly = candidates.into_iter().filter(|(_, size)| *size >= NEARLY * most);
        // Of equally many layers the larger one, and the first of equals.
        let better = |a: &(LayerNetwork, f64), b: &(LayerNetwork, f64)| a.0.layers.len().cmp(&b.0.layers.len()).then(b.1.total_cmp(&a.1));
        nearly.min_by(better).map(|(network, _)| network)
    }

    /// The widest of so many stages and layers, with its size.
    fn widest_so(&self, family: Family, stages: usize, layers: usize, fit: &dyn Fn(&Costs) -> bool) -> Option<(LayerNetwork, f64)> {
        let sized = |width: usize| {
            let network = family.network(self, &self.plan(stages, layers, width));
            let built = Architecture::from(network.clone()).network(self.image, self.classes).ok()?;
            let costs = Cost::of(&built).costs();
            let size = costs[&CostKind::Params] * costs[&CostKind::Macs];
            fit(&costs).then_some((network, size))
        };
        self.widest(sized)
    }

    /// Of networks by the width of their first stage, the widest there is, by bisection.
    pub(super) fn widest<T>(&self, sized: impl Fn(usize) -> Option<T>) -> Option<T> {
        // Bounds from below are kept by the widest network first: where that fits, no other is looked at.
        let (mut least, mut most) = (*self.channels.first()?, *self.channels.last()?);
        if let Some(found) = sized(most) {
            return Some(found);
        }
        let mut found = sized(least);
        while most - least > 1 {
            let middle = least.midpoint(most);
            match sized(middle) {
                Some(fits) => (found, least) = (Some(fits), middle),
                None => most = middle,
            }
        }
        found
    }

    /// The shorter side of the images behind so many stages.
    fn resolution_after(&self, stages: usize) -> usize {
        let stem = self.image.height.min(self.image.width).div_ceil(self.stem.stride());
        (0..stages).fold(stem, |side, stage| side.div_ceil(self.stride(stage)))
    }

    /// That of the first layer of a stage: the image is brought down early, by the stem or behind it.
    fn stride(&self, stage: usize) -> usize {
        if stage == 0 && self.stem.stride() > 1 { 1 } else { 2 }
    }

    /// Channels and strides of the layers. Stages have equally many; what is left over goes to the last ones.
    fn plan(&self, stages: usize, layers: usize, width: usize) -> Vec<(usize, usize)> {
        let of_stage = |stage: usize| {
            let count = layers / stages + usize::from(stage >= stages - layers % stages);
            let channels = self.channels_within(width << stage);
            (0..count).map(move |layer| (channels, if layer == 0 { self.stride(stage) } else { 1 }))
        };
        (0..stages).flat_map(of_stage).collect()
    }

    /// The most channels that a layer may have and that are no more than asked for; the fewest where all are more.
    pub(super) fn channels_within(&self, asked: usize) -> usize {
        let within = self.channels.partition_point(|channels| *channels <= asked);
        self.channels[within.saturating_sub(1)]
    }
}
