//! A fault with its place in a file: what the formats of programs are made of.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::diagnostic::{self, Diagnostic, Place, Severity};
use crate::spec::Source;
use crate::table::TableFaults;
use crate::text::visible;

/// One fault in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    pub file: PathBuf,
    /// The place inside the document, such as `stages[1].rounds`; none of the whole file.
    pub path: Option<String>,
    /// The place inside the text; none of the whole file.
    pub region: Option<Region>,
    pub message: String,
    pub help: Option<String>,
}

/// A part of one line; lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub line: usize,
    /// The first column and the one after the last; none for the whole line.
    pub columns: Option<(usize, usize)>,
}

impl Finding {
    /// An error about a whole file.
    pub fn of_file(code: &'static str, file: &Path, message: &str, help: Option<&str>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: file.to_owned(),
            path: None,
            region: None,
            message: visible(message).into_owned(),
            help: help.map(|help| visible(help).into_owned()),
        }
    }

    /// Message and help as one text of two lines.
    pub fn text(&self) -> String {
        self.help.as_ref().map_or_else(|| self.message.clone(), |help| format!("{}\nhelp: {help}", self.message))
    }
}

/// The faults of a spec, with what hides in their words written out.
pub fn in_spec(file: &Path, source: &Source, faults: &[Diagnostic]) -> Vec<Finding> {
    faults.iter().map(|fault| one_in_spec(file, source, fault)).collect()
}

fn one_in_spec(file: &Path, source: &Source, fault: &Diagnostic) -> Finding {
    let range = source.range(&fault.place);
    let (line, column) = source.line_and_column(range.start);
    let width = source.text[range].chars().count();
    Finding {
        severity: fault.severity,
        path: match &fault.place {
            Place::Value(path) | Place::Key(path) => (*path != diagnostic::Path::root()).then(|| visible(&path.to_string()).into_owned()),
            Place::Byte(_) => None,
        },
        region: Some(Region { line, columns: Some((column, column + width)) }),
        ..Finding::of_file(fault.code, file, &fault.message, fault.help.as_deref())
    }
}

/// The faults of a table: of lines, where a line is to blame. How many more there are than are told is told with the last.
pub fn in_table(file: &Path, faults: &TableFaults) -> Vec<Finding> {
    let mut found: Vec<Finding> = faults
        .faults()
        .iter()
        .map(|fault| Finding {
            path: fault.column.as_deref().map(|column| visible(column).into_owned()),
            region: fault.lines.first().map(|&line| Region { line, columns: None }),
            ..Finding::of_file(fault.code, file, &fault.what(), Some(&fault.help))
        })
        .collect();
    if let Some(last) = found.last_mut().filter(|_| faults.unsaid() > 0) {
        let _ = write!(last.message, "; and {} more faults", faults.unsaid());
    }
    found
}
