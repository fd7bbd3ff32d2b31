//! What is known of photographs beyond what any images have.

use serde::{Deserialize, Serialize};

/// The layout, the classes, and what was passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhotoFacts {
    /// How they were found to be laid out.
    pub layout: String,
    pub channels: usize,
    pub size: usize,
    /// Names by label.
    pub classes: Vec<String>,
    /// The data bring a validation part themselves.
    #[serde(default, alias = "own-validation", skip_serializing_if = "std::ops::Not::not")]
    pub own_validation: bool,
    /// The data bring a test part themselves.
    #[serde(default, alias = "own-test", skip_serializing_if = "std::ops::Not::not")]
    pub own_test: bool,
    /// Of the training images, the last so many are for validation.
    pub validation: usize,
    /// What was passed over or is doubtful, in full sentences.
    pub notes: Vec<String>,
    /// Files that cannot be read and were skipped.
    pub skipped: Vec<String>,
}
