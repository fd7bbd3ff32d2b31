//! Which extent a space has.

use super::cell_extent::CellExtent;
use super::extent::Extent;
use super::layer_extent::LayerExtent;
use crate::space::Limits;
use crate::spec::Space;

/// What can be said of a space at a depth.
pub(super) fn extent<'a>(space: &'a Space, limits: Limits) -> Box<dyn Extent + 'a> {
    match space {
        Space::Layers(space) => Box::new(LayerExtent::new(space, limits)),
        Space::Cells(space) => Box::new(CellExtent::new(space, limits)),
    }
}
