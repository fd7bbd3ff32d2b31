//! What tasks read and give: bytes by name. Where they come from and go to is not known here.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{of_replicate, unreadable};
use crate::engine::{MAX_REPLICATES, TaskFailure};

/// What a task gave.
#[derive(Debug, Default)]
pub struct Outputs {
    pub blobs: BTreeMap<String, Vec<u8>>,
    /// What it was computed with; recorded, never hashed.
    pub environment: BTreeMap<String, String>,
}

impl Outputs {
    pub(super) fn put(&mut self, name: impl Into<String>, value: &impl Serialize) {
        self.blobs.insert(name.into(), serde_json::to_vec(value).expect("plain data always serialises"));
    }
}

/// The bytes of the inputs, by name; an optional one may be missing.
pub struct Inputs(pub BTreeMap<String, Vec<u8>>);

impl Inputs {
    pub(super) fn bytes(&self, name: &str) -> Result<&[u8], TaskFailure> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| unreadable(format!("its input `{name}` is missing")))
    }

    pub(super) fn optional(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, TaskFailure> {
        parse(name, self.bytes(name)?)
    }

    /// A default where the input is missing, as the state before the first update.
    pub(super) fn json_or_default<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, TaskFailure> {
        self.optional(name).map_or_else(|| Ok(T::default()), |bytes| parse(name, bytes))
    }

    /// The inputs `stem`, `stem-r2` … that there are, by name.
    pub(super) fn replicates(&self, stem: &str) -> impl Iterator<Item = String> {
        (1..=MAX_REPLICATES).map(move |replicate| of_replicate(stem, replicate)).filter(|name| self.0.contains_key(name))
    }

    /// The names of the inputs that begin so.
    pub(super) fn beginning(&self, start: &str) -> impl Iterator<Item = &String> {
        self.0.keys().filter(move |name| name.starts_with(start))
    }

    /// The inputs `stem-1`, `stem-2` … up to `count`, with gaps.
    pub(super) fn numbered<T: DeserializeOwned>(&self, stem: &str, count: usize) -> Result<Vec<Option<T>>, TaskFailure> {
        (1..=count)
            .map(|number| {
                let name = format!("{stem}-{number}");
                self.optional(&name).map(|bytes| parse(&name, bytes)).transpose()
            })
            .collect()
    }
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, TaskFailure> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(format!("its input `{name}` is not what was expected: {error}")))
}
