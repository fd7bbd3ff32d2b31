//! What a spec says of photographs, with nothing implied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Portion;

/// How photographs become images of one size, and which of them are kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Photos {
    /// Rows and columns of an image.
    pub size: usize,
    /// As written; a tenth where the data have no validation part of their own.
    pub validation: Option<Portion>,
    /// As written; a tenth where the data have no test part of their own.
    pub test: Option<Portion>,
    /// Of the choice of the images that are kept apart.
    pub seed: u64,
    pub corrupt: Corrupt,
    /// The largest share of unreadable files that is skipped.
    pub corrupt_limit: Portion,
    /// The column of a table whose images stay on one side.
    pub group: Option<String>,
    /// The validation part of the data is the test part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub val_as_test: bool,
}

/// What is done about files that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corrupt {
    /// Each of them is named, and nothing runs.
    #[default]
    Fail,
    /// They are left out and named, up to `corrupt-limit`.
    Skip,
}
