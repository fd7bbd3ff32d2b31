//! What a network is: the choices ([`Architecture`]), the full list of layers with shapes ([`Network`]) and what it costs ([`Cost`]).
//! No tensors, and no opinion on which architectures a search may choose: that is `space`.

mod bounds;
pub mod cells;
mod cost;
mod costs;
mod inherit;
mod layers;
mod network;
mod parts;
mod placed;
mod places;
mod primitive;
mod row;
mod shape;
mod words;
mod work;

pub use cells::CellNetwork;
pub use cost::Cost;
pub use costs::{CostKind, Costs, MeasureName, NoMeasureName};
pub use inherit::{Inheritance, Tensors};
pub use layers::{Description, Layer, LayerNetwork, MAX_LAYERS, Operation, OperationKind, Parameter};
pub use network::{Network, Node};
pub use parts::Part;
pub use placed::{Piece, PlacedNetwork, PlacedWeight};
pub use primitive::{Group, InPlace, Initial, Primitive, Profile, Weight};
pub use row::Row;
pub use shape::Shape;
pub use words::NO_WORD;
pub use work::{ELEMENT, LAYER, work};

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Domain};

/// What was chosen: complete in itself, so that its canonical form names all that a training depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    Layers(LayerNetwork),
    Cells(CellNetwork),
    Row(Row),
}

/// An architecture that makes no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

impl Architecture {
    /// One form for all that are equal up to the names and the order of their parts.
    #[must_use]
    pub fn canonical(&self) -> Self {
        match self {
            Self::Layers(network) => Self::Layers(network.canonical()),
            Self::Cells(network) => Self::Cells(network.canonical()),
            Self::Row(row) => Self::Row(row.clone()),
        }
    }

    /// The same for all networks that are isomorphic. Call it on a canonical architecture.
    pub fn digest(&self) -> Digest {
        Digest::of_json(Domain::Blob, self)
    }

    /// A line for people.
    pub fn summary(&self) -> String {
        match self {
            Self::Layers(network) => network.summary(),
            Self::Cells(network) => network.summary(),
            Self::Row(row) => row.summary(),
        }
    }

    /// All layers with their shapes, for images of this shape; fails where shapes cannot fit, where no machine could hold
    /// it, and for a row of a table.
    pub fn network(&self, image: Shape, classes: usize) -> Result<Network, Malformed> {
        self.built(image, classes)?.network.bounded()
    }

    fn built(&self, image: Shape, classes: usize) -> Result<places::Built, Malformed> {
        match self {
            Self::Layers(network) => network.built(image, classes),
            Self::Cells(network) => network.built(image, classes),
            Self::Row(_) => Err(Malformed("a row of a table has no layers".to_owned())),
        }
    }
}

impl From<CellNetwork> for Architecture {
    fn from(network: CellNetwork) -> Self {
        Self::Cells(network)
    }
}

impl From<LayerNetwork> for Architecture {
    fn from(network: LayerNetwork) -> Self {
        Self::Layers(network)
    }
}
