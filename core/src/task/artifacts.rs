//! What tasks read and give: bytes by name. Where they come from and go to is not known here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::port::PENDING;
use super::{Port, unreadable};
use crate::arch::{Architecture, CostKind, Costs};
use crate::engine::{MAX_REPLICATES, TaskFailure};
use crate::strategy::Measured;

/// What a task gave.
#[derive(Debug, Default)]
pub struct Outputs {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// What it was computed with; recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

impl Outputs {
    pub(super) fn put(&mut self, port: Port, value: &impl Serialize) {
        self.put_bytes(port, bytes(value));
    }

    pub(super) fn put_bytes(&mut self, port: Port, bytes: Vec<u8>) {
        self.blobs.insert(port.name().into_owned(), bytes);
    }
}

/// The bytes of the inputs, by name; an optional one may be missing.
pub struct Inputs(pub BTreeMap<String, Vec<u8>>);

impl Inputs {
    pub(super) fn bytes(&self, port: Port) -> Result<&[u8], TaskFailure> {
        self.optional(port).ok_or_else(|| unreadable(format!("its input `{port}` is missing")))
    }

    pub(super) fn optional(&self, port: Port) -> Option<&[u8]> {
        self.0.get(port.name().as_ref()).map(Vec::as_slice)
    }

    pub(super) fn json<T: DeserializeOwned>(&self, port: Port) -> Result<T, TaskFailure> {
        parse(&port.name(), self.bytes(port)?)
    }

    /// The inputs of the trainings of one network that are there.
    pub(super) fn replicates(&self, port: impl Fn(usize) -> Port) -> impl Iterator<Item = Port> {
        (1..=MAX_REPLICATES).map(port).filter(|port| self.optional(*port).is_some())
    }

    /// What the measures of the user's gave.
    pub(super) fn measured_costs(&self) -> Result<Costs, TaskFailure> {
        let of_measure = |(name, bytes): (&String, &Vec<u8>)| match CostKind::from_word(name)? {
            kind @ CostKind::Measured(_) => Some(parse(name, bytes).map(|value| (kind, value))),
            _ => None,
        };
        self.0.iter().filter_map(of_measure).collect()
    }

    /// Networks that earlier rounds chose and of which nothing was learned yet.
    pub(super) fn pending(&self) -> impl Iterator<Item = Result<Architecture, TaskFailure>> {
        self.0.iter().filter(|(name, _)| name.starts_with(PENDING)).map(|(name, bytes)| parse(name, bytes))
    }

    /// The measured networks 1, 2 … up to `count`, with gaps.
    pub(super) fn measured(&self, count: usize) -> Result<Vec<Option<Measured>>, TaskFailure> {
        (1..=count)
            .map(|number| {
                let port = Port::MeasuredOf(number);
                self.optional(port).map(|bytes| parse(&port.name(), bytes)).transpose()
            })
            .collect()
    }
}

pub(super) fn bytes(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data always serialises")
}

pub(super) fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, TaskFailure> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(format!("its input `{name}` is not what was expected: {error}")))
}
