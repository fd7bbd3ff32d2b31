//! A row of a NAS benchmark table: a network known by its choices alone.

use serde::{Deserialize, Serialize};

/// The words chosen, one for each decision of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Row(pub Vec<String>);

impl Row {
    /// The words, with nothing between them where each is one letter.
    pub fn summary(&self) -> String {
        let short = self.0.iter().all(|word| word.chars().count() == 1);
        self.0.join(if short { "" } else { " · " })
    }
}
