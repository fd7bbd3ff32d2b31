//! The text of a file, packed or not, and which line of it a byte stands in.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::fault::TableFaults;

/// What a gzip file starts with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks and decodes `bytes`: at most `limit` bytes of text. A mark of byte order is left out.
pub fn decode(bytes: &[u8], limit: u64) -> Result<Cow<'_, str>, TableFaults> {
    let bytes = if bytes.starts_with(&GZIP) { Cow::Owned(unpack(bytes, limit)?) } else { Cow::Borrowed(bytes) };
    if bytes.len() as u64 > limit {
        return fault("table::size", format!("the text is larger than {limit} bytes"), "leave out the columns and rows that are not used");
    }
    let text = match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).map_err(|error| error.utf8_error()),
    };
    match text {
        Ok(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text.trim_start_matches('\u{feff}'))),
        Ok(Cow::Owned(text)) if text.starts_with('\u{feff}') => Ok(Cow::Owned(text.trim_start_matches('\u{feff}').to_owned())),
        Ok(text) => Ok(text),
        Err(error) => {
            let message = format!("byte {} of the text is no UTF-8", error.valid_up_to() + 1);
            fault("table::encoding", message, "a table is CSV text in UTF-8, plain or packed with gzip")
        }
    }
}

fn unpack(bytes: &[u8], limit: u64) -> Result<Vec<u8>, TableFaults> {
    let mut text = Vec::new();
    match MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => fault("table::gzip", format!("the gzip data is damaged: {error}"), "fetch or pack the file again"),
    }
}

fn fault<T>(code: &'static str, message: String, help: &str) -> Result<T, TableFaults> {
    let mut faults = TableFaults::default();
    faults.add(code, None, message, help);
    Err(faults)
}

/// Counts lines as editors do: the CSV reader counts by itself, but is off by blank lines and by `\r\n`.
pub struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), byte: 0, line: 1 }
    }

    /// The line of the first record that starts at `byte` or, after ends of lines only, behind it. `byte` never decreases.
    pub fn line_of_record(&mut self, byte: usize) -> usize {
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
