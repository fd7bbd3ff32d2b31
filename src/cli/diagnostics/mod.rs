//! Diagnostics, rendered: as text for people, and in the formats of programs. What is wrong is decided elsewhere.

mod finding;
mod github;
mod human;
mod json;
mod rules;
mod sarif;

use std::fmt;

use crate::diagnostic::{Diagnostic, Severity};
use crate::text::counted;

pub use crate::text::{visible, visible_lines};
pub use finding::{Finding, Region, in_spec, in_table};
pub use github::github;
pub use human::{Style, render, render_loose, render_table};
pub use json::{CheckedSpec, json};
pub use rules::{meaning, rules};
pub use sarif::sarif;

/// How many faults in how many files, such as `3 errors, 1 warning in 2 files`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub errors: usize,
    pub warnings: usize,
    /// Files with a fault.
    pub files: usize,
}

impl Tally {
    /// Takes the faults of one more file.
    pub fn add(&mut self, faults: &[Diagnostic]) {
        self.take(faults.iter().map(|fault| fault.severity));
    }

    /// The same of faults that are severe like this.
    pub fn take(&mut self, severities: impl IntoIterator<Item = Severity>) {
        let before = self.errors + self.warnings;
        for severity in severities {
            match severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
            }
        }
        self.files += usize::from(self.errors + self.warnings > before);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [(self.errors, "error"), (self.warnings, "warning")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| counted(number, word))
            .collect();
        write!(f, "{} in {}", if parts.is_empty() { "no faults".to_owned() } else { parts.join(", ") }, counted(self.files, "file"))
    }
}

/// The word of a severity in the formats of programs.
const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_read_well() {
        for (errors, warnings, files, text) in
            [(3, 1, 2, "3 errors, 1 warning in 2 files"), (1, 0, 1, "1 error in 1 file"), (0, 2, 1, "2 warnings in 1 file")]
        {
            assert_eq!(Tally { errors, warnings, files }.to_string(), text);
        }
    }
}
