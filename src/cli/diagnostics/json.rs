//! Findings as one JSON object, for programs of our users. The fields are described in `docs/ci.md`.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::{Finding, Tally, word};
use crate::plan::NamedData;
use crate::text::hidden;

/// Raised when a field is taken out or comes to mean something else.
const FORMAT: u32 = 1;

/// A spec that was looked at.
#[derive(Debug, Serialize)]
pub struct CheckedSpec {
    pub file: String,
    /// It can run.
    pub ok: bool,
    /// What it plans, in words.
    pub summary: Option<String>,
    /// The digests of its data, where they were opened.
    pub data: Option<NamedData>,
    /// The same in numbers: images of each class, rows, the ends of what is measured.
    pub holds: Option<Value>,
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    errors: usize,
    warnings: usize,
    specs: &'a [CheckedSpec],
    faults: Vec<Fault<'a>>,
}

#[derive(Serialize)]
struct Fault<'a> {
    code: &'static str,
    severity: &'static str,
    path: Option<&'a str>,
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    end_column: Option<usize>,
    message: &'a str,
    help: Option<&'a str>,
}

/// What was looked at and what was found.
pub fn json(specs: &[CheckedSpec], findings: &[Finding], tally: Tally) -> String {
    let faults = findings
        .iter()
        .map(|finding| {
            let columns = finding.region.and_then(|region| region.columns);
            Fault {
                code: finding.code,
                severity: word(finding.severity),
                path: finding.path.as_deref(),
                file: name(&finding.file),
                line: finding.region.map(|region| region.line),
                column: columns.map(|(first, _)| first),
                end_column: columns.map(|(_, end)| end),
                message: &finding.message,
                help: finding.help.as_deref(),
            }
        })
        .collect();
    text(&Document { format: FORMAT, errors: tally.errors, warnings: tally.warnings, specs, faults })
}

/// The name of a file as it is; what is not Unicode in it cannot be told.
pub(super) fn name(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}

/// Indented JSON in which nothing is hidden: what JSON leaves as it is, is escaped too.
pub(super) fn text(document: &impl Serialize) -> String {
    let plain = serde_json::to_string_pretty(document).expect("findings are plain data");
    let mut text = String::with_capacity(plain.len() + 1);
    for letter in plain.chars() {
        // Outside of strings there is nothing of the kind but line ends.
        if hidden(letter) && letter != '\n' {
            let _ = write!(text, "\\u{:04x}", u32::from(letter));
        } else {
            text.push(letter);
        }
    }
    text + "\n"
}
