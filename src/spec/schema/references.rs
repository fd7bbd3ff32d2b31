//! Which networks written by hand a search is held against.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::space::Family;

/// The families, or a word for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ReferencesSpec {
    Word(ReferencesWord),
    /// These families.
    Families(Vec<Family>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReferencesWord {
    /// All families of which a network keeps the limits; none in a table, where nothing can be trained.
    Auto,
    /// No reference.
    None,
}
