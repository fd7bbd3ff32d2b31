//! The networks written by hand that a search is compared with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::space::Family;

/// A list of families, or a word.
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
    /// All families with a network that keeps the limits; none for a table, where nothing can be trained.
    Auto,
    /// No reference.
    None,
}
