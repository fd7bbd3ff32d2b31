//! Rules of the space as written: sets, sizes, depths.

use super::bounds::{set, whole, window};
use super::start;
use crate::arch::OperationKind;
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::schema::{DepthSpec, LayersSpec, SpaceSpec};

pub const MAX_CHANNELS: usize = 4096;
pub const MAX_LAYER_STRIDE: usize = 8;
pub const MAX_EXPANSION: usize = 16;
pub const MAX_DEPTH: usize = 64;

/// Where the space stands in a spec.
pub fn place() -> Path {
    Path::root().key("space").key("layers")
}

/// The space as written, or the default.
pub fn layers(spec: &Spec) -> LayersSpec {
    match &spec.space {
        Some(SpaceSpec::Layers(layers)) => layers.clone(),
        None => LayersSpec::default(),
    }
}

/// The fewest and the most layers after the stem.
pub fn depths(layers: &LayersSpec) -> (usize, usize) {
    let depth: DepthSpec = layers.depth.clone().unwrap_or_default();
    (depth.min.unwrap_or(1), depth.max.unwrap_or(8))
}

pub fn check(faults: &mut Diagnostics, spec: &Spec) {
    let layers = layers(spec);
    let place = place();
    let image = spec.dataset.name.shape();
    let side = image.height.min(image.width);
    if let Some(stem) = &layers.stem {
        let place = place.key("stem");
        window(faults, &place.key("kernel"), stem.kernel, side);
        whole(faults, &place.key("channels"), stem.channels, 1..=MAX_CHANNELS);
        whole(faults, &place.key("stride"), stem.stride, 1..=MAX_LAYER_STRIDE);
    }
    set(faults, &place.key("operations"), layers.operations.as_ref(), |_, _, _: OperationKind| {});
    set(faults, &place.key("kernels"), layers.kernels.as_ref(), |faults, path, value| window(faults, path, Some(value), side));
    let mut sizes = |key: &str, values: Option<&Vec<usize>>, most: usize| {
        set(faults, &place.key(key), values, |faults, path, value| whole(faults, path, Some(value), 1..=most));
    };
    sizes("channels", layers.channels.as_ref(), MAX_CHANNELS);
    sizes("strides", layers.strides.as_ref(), MAX_LAYER_STRIDE);
    sizes("expansions", layers.expansions.as_ref(), MAX_EXPANSION);
    whole(faults, &place.key("min-resolution"), layers.min_resolution, 1..=side);
    check_depth(faults, &layers, &place.key("depth"));
    start::check(faults, &layers, &place.key("start"), side);
}

fn check_depth(faults: &mut Diagnostics, layers: &LayersSpec, place: &Path) {
    let Some(depth) = &layers.depth else { return };
    whole(faults, &place.key("min"), depth.min, 0..=MAX_DEPTH);
    whole(faults, &place.key("max"), depth.max, 1..=MAX_DEPTH);
    let (min, max) = depths(layers);
    if min > max {
        let by_default = |given: Option<usize>| if given.is_some() { "" } else { " (the default)" };
        let message = format!("`min` is {min}{}, `max` is {max}{}", by_default(depth.min), by_default(depth.max));
        let at = if depth.min.is_some() { place.key("min") } else { place.key("max") };
        faults.error("space::depth", &at, message, "`min` must not be above `max`");
    }
}
