//! The text of a file, packed or not, and which line of it a byte stands in.

use std::io::{self, Read};
use std::path::Path;

use super::fault::TableFaults;
use crate::files::Unpacked;

/// Unpacks and decodes `bytes`: at most `limit` bytes of text. A mark of byte order is left out. `name`: of the file, where
/// it has one.
pub(super) fn decode(bytes: &[u8], name: &Path, limit: u64) -> Result<String, TableFaults> {
    let mut unpacked = Unpacked::new(bytes).map_err(|error| damaged(&error))?;
    if let Some(misnamed) = unpacked.misnamed(name).map_err(|error| damaged(&error))? {
        return fault("table::file", format!("the file is {}", misnamed.what()), misnamed.help());
    }
    let mut text = Vec::new();
    unpacked.take(limit + 1).read_to_end(&mut text).map_err(|error| damaged(&error))?;
    if text.len() as u64 > limit {
        return fault("table::size", format!("the text is larger than {limit} bytes"), "leave out the columns and rows that are not used");
    }
    match String::from_utf8(text) {
        Ok(text) if text.starts_with('\u{feff}') => Ok(text.trim_start_matches('\u{feff}').to_owned()),
        Ok(text) => Ok(text),
        Err(error) => {
            let message = format!("byte {} of the text is no UTF-8", error.utf8_error().valid_up_to() + 1);
            fault("table::encoding", message, "a table is CSV text in UTF-8, plain or packed with gzip")
        }
    }
}

fn damaged(error: &io::Error) -> TableFaults {
    one("table::gzip", format!("the gzip data is damaged: {error}"), "fetch or pack the file again")
}

fn fault<T>(code: &'static str, message: String, help: &str) -> Result<T, TableFaults> {
    Err(one(code, message, help))
}

fn one(code: &'static str, message: String, help: &str) -> TableFaults {
    let mut faults = TableFaults::default();
    faults.add(code, None, message, help);
    faults
}

/// Counts lines as editors do: the CSV reader counts by itself, but is off by blank lines and by `\r\n`.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), byte: 0, line: 1 }
    }

    /// The line of the first record that starts at `byte` or, after ends of lines only, behind it. `byte` never decreases.
    pub(super) fn line_of_record(&mut self, byte: usize) -> usize {
        while let Some(&letter) = self.text.get(self.byte) {
            if self.byte >= byte && !matches!(letter, b'\r' | b'\n') {
                break;
            }
            self.byte += 1;
            let ends = letter == b'\n' || letter == b'\r' && self.text.get(self.byte) != Some(&b'\n');
            self.line += usize::from(ends);
        }
        self.line
    }
}
