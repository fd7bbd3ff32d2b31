//! Rules of the space as written: sets, sizes, depths.

use super::bounds::{set, whole, window};
use super::{cells, start};
use crate::arch::{OperationKind, Parameter};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::resolve::depths;
use crate::spec::schema::{LayersSpec, SpaceSpec};

pub const MAX_DEPTH: usize = 64;

/// Where the space stands in a spec.
pub fn place() -> Path {
    Path::root().key("space").key("layers")
}

pub fn check(faults: &mut Diagnostics, spec: &Spec) {
    cells::check_last(faults, spec);
    let Some(kind) = spec.kind() else { return };
    let layers = match &spec.space {
        Some(SpaceSpec::Cells(given)) => return cells::check(faults, spec, given, kind.shape()),
        Some(SpaceSpec::Layers(layers)) => layers.clone(),
        Some(SpaceSpec::Table(_)) | None => LayersSpec::default(),
    };
    let place = place();
    let image = kind.shape();
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

/// The value of a parameter, where given, is within its range; a window also fits the image.
pub fn value(faults: &mut Diagnostics, place: &Path, parameter: Parameter, given: Option<usize>, side: usize) {
    let [least, most] = parameter.description().range;
    if parameter == Parameter::Kernel { window(faults, place, given, side) } else { whole(faults, place, given, least..=most) }
}

/// `min` and `max` of a depth: as given, with the defaults, and the least and the most ever allowed.
pub fn bounds_of_depth(
    faults: &mut Diagnostics,
    given: (Option<usize>, Option<usize>),
    (min, max): (usize, usize),
    (least, most): (usize, usize),
    place: &Path,
) {
    whole(faults, &place.key("min"), given.0, least..=most);
    whole(faults, &place.key("max"), given.1, 1..=most);
    if min > max {
        let by_default = |given: Option<usize>| if given.is_some() { "" } else { " (the default)" };
        let message = format!("`min` is {min}{}, `max` is {max}{}", by_default(given.0), by_default(given.1));
        let at = if given.0.is_some() { place.key("min") } else { place.key("max") };
        faults.error("space::depth", &at, message, "`min` must not be above `max`");
    }
}
