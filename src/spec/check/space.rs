//! Rules of the space as written: sets, sizes, depths.

use super::bounds::{MAX_DEPTH, bounds_of_depth, set, value, whole};
use super::{cells, start};
use crate::arch::{OperationKind, Parameter};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::resolve::depths;
use crate::spec::schema::{LayersSpec, SpaceSpec};

/// Where the space stands in a spec.
pub(super) fn place() -> Path {
    Path::root().key("space").key("layers")
}

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    cells::check_last(faults, spec);
    let Some(image) = spec.described().map(|described| described.shape) else { return };
    let layers = match &spec.space {
        Some(SpaceSpec::Cells(given)) => return cells::check(faults, spec, given, image),
        Some(SpaceSpec::Layers(layers)) => layers.clone(),
        Some(SpaceSpec::Table(_)) | None => LayersSpec::default(),
    };
    let place = place();
    let side = image.height.min(image.width);
    if let Some(stem) = &layers.stem {
        let place = place.key("stem");
        let given = [(Parameter::Kernel, stem.kernel), (Parameter::Channels, stem.channels), (Parameter::Stride, stem.stride)];
        for (parameter, given) in given {
            value(faults, &place.key(parameter.description().word), parameter, given, side);
        }
    }
    set(faults, &place.key("operations"), layers.operations.as_ref(), |_, _, _: OperationKind| {});
    for parameter in Parameter::ALL {
        let options = place.key(parameter.description().set);
        set(faults, &options, layers.options(parameter), |faults, path, option| value(faults, path, parameter, Some(option), side));
    }
    whole(faults, &place.key("min-resolution"), layers.min_resolution, 1..=side);
    if let Some(depth) = &layers.depth {
        bounds_of_depth(faults, (depth.min, depth.max), depths(spec), (0, MAX_DEPTH), &place.key("depth"));
    }
    start::check(faults, &layers, &place.key("start"), side);
}
