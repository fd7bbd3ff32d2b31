//! Regular networks, drawn at random: stages of equal layers, each about twice as wide as the one before, all as wide as the
//! limits allow. Spaces of regular networks hold better ones than spaces in which every layer is drawn by itself
//! (Radosavovic et al., "Designing Network Design Spaces", arXiv 2003.13678, sections 3.2 and 4).

use super::scale::{COARSE, STAGES};
use super::{Family, Frame};
use crate::arch::{Architecture, LayerNetwork, Parameter};
use crate::seed::{Stream, below};
use crate::space::{LayerSpace, Limits, SearchSpace};

/// How many times as wide a stage is as the one before, in halves.
const GROWTH: [usize; 3] = [3, 4, 5];

/// A draw that fills one limit often leaves another half empty. So the largest of several is taken.
const DRAWS: usize = 8;

/// A stage of equal layers.
struct Stage {
    layers: usize,
    /// Of its first layer.
    stride: usize,
    /// Its width over that of the first stage.
    width: f64,
}

/// A regular network of one of the families that the space offers. Several are drawn; each is as wide as possible, and the largest
/// is taken. `size` says how large a network is, and `None` where it may not be chosen. `None` where no draw may be, where the
/// space has no operation of a family, and outside spaces of layers.
pub fn regular(space: &SearchSpace<'_>, size: &dyn Fn(&Architecture) -> Option<f64>, stream: &mut Stream) -> Option<Architecture> {
    let SearchSpace::Layers(layers, limits) = *space else { return None };
    // Whether the first stage keeps the resolution is drawn once for all: under tight limits few of the draws that keep it may
    // be, so the largest of both kinds would seldom be one of them.
    let becomes_coarse = |first: usize| side(layers, limits, first, STAGES) <= COARSE;
    let first = if becomes_coarse(1) || !becomes_coarse(2) { 1 + below(stream, 2) } else { 2 };
    let mut largest = |first: usize| {
        let drawn = (0..DRAWS).filter_map(|_| drawn(space, (layers, limits), first, size, stream));
        drawn.max_by(|(_, one), (_, other)| one.total_cmp(other))
    };
    largest(first).or_else(|| largest(3 - first)).map(|(network, _)| network)
}

/// One draw, with its size; `first` is the stride of its first layer.
fn drawn(
    space: &SearchSpace<'_>,
    (layers, limits): (&LayerSpace, Limits),
    first: usize,
    size: &dyn Fn(&Architecture) -> Option<f64>,
    stream: &mut Stream,
) -> Option<(Architecture, f64)> {
    let is_offered = |family: &Family| layers.operations.contains(&family.operation()) && (layers.skips || *family != Family::Resnet);
    let families: Vec<Family> = Family::ALL.into_iter().filter(is_offered).collect();
    let family = *families.get(below(stream, families.len().max(1)))?;
    let mut choose = |parameter: Parameter, usual: usize| {
        let options = layers.options(parameter);
        if options.is_empty() { usual } else { options[below(stream, options.len())] }
    };
    let (kernel, expansion, squeeze_ratio) =
        (choose(Parameter::Kernel, 3), choose(Parameter::Expansion, 4), choose(Parameter::SqueezeRatio, 0));
    let frame = Frame { kernel, expansion, first_expansion: expansion, squeeze_ratio, ..Frame::of(space, family)? };
    let stages = stages((layers, limits), first, &frame, stream)?;
    let skips = layers.skips && below(stream, 2) == 0;
    let sized = |width: usize| {
        let wide = |stage: &Stage| frame.channels_within((width as f64 * stage.width).round() as usize);
        let plan: Vec<(usize, usize)> = stages
            .iter()
            .flat_map(|stage| (0..stage.layers).map(move |layer| (wide(stage), if layer == 0 { stage.stride } else { 1 })))
            .collect();
        let network = family.network(&frame, &plan);
        let network = Architecture::from(if skips { with_skips(network, &stages) } else { network });
        size(&network).map(|size| (network, size))
    };
    frame.widest(sized)
}

/// The same with skips within the stages in place of others: a skip goes around one layer, and ends at every second layer of a
/// stage. It never reads another stage, so nothing is projected.
fn with_skips(mut network: LayerNetwork, stages: &[Stage]) -> LayerNetwork {
    let mut place = 0;
    for stage in stages {
        for layer in 0..stage.layers {
            place += 1;
            let skip = (layer > 1 && layer % 2 == 0).then(|| place - 2);
            network.layers[place].sources = std::iter::once(place - 1).chain(skip).collect();
        }
    }
    network
}

/// The shorter side of images behind so many stages, the first of which has the stride `first`.
fn side(space: &LayerSpace, limits: Limits, first: usize, count: usize) -> usize {
    let stem = limits.image.height.min(limits.image.width).div_ceil(space.stem.stride());
    (1..count).fold(stem.div_ceil(first), |side, _| side.div_ceil(2))
}

/// The number of stages is drawn among those that bring images down to [`COARSE`] or further; so is the number of layers among
/// those that the depth allows. Each layer beyond the first of a stage joins any stage.
fn stages((space, limits): (&LayerSpace, Limits), first: usize, frame: &Frame, stream: &mut Stream) -> Option<Vec<Stage>> {
    let [fewest, deepest] = frame.depth;
    let behind = |count: usize| side(space, limits, first, count);
    let most = (1..=STAGES.min(deepest)).take_while(|&count| behind(count) >= space.min_resolution).last()?;
    let least = (1..most).find(|&count| behind(count) <= COARSE).unwrap_or(most);
    let count = least + below(stream, most - least + 1);
    let fewest = fewest.max(count);
    let layers = fewest + below(stream, deepest.saturating_sub(fewest) + 1);
    let mut stages: Vec<Stage> = Vec::new();
    let mut width = 1.0;
    for stage in 0..count {
        if stage > 0 {
            width *= GROWTH[below(stream, GROWTH.len())] as f64 / 2.0;
        }
        stages.push(Stage { layers: 1, stride: if stage == 0 { first } else { 2 }, width });
    }
    for _ in count..layers {
        stages[below(stream, count)].layers += 1;
    }
    Some(stages)
}
