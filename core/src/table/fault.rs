//! What can be wrong with a table, in words for the user: all at once, and equal faults of many rows as one.

use std::fmt;
use std::path::PathBuf;

use crate::files::FileError;

/// The most faults that are told one by one.
const MOST: usize = 20;
/// The most lines that are named with one fault.
const MOST_LINES: usize = 5;

/// A table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the table `{}` cannot be used\n{faults}", path.display())]
    Faults { path: PathBuf, faults: TableFaults },
}

/// One thing that is wrong, in one row or in many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFault {
    /// A stable name, such as `table::number`.
    pub code: &'static str,
    /// Where in the file, counted from 1; only the first few. Empty where no line is to blame.
    pub lines: Vec<usize>,
    /// How many more lines have this fault.
    pub more: usize,
    pub column: Option<String>,
    /// What is wrong in the first of the lines: a lowercase fragment; literal values in backticks.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl TableFault {
    /// Column, message and the lines after the first.
    pub fn what(&self) -> String {
        let column = self.column.as_ref().map_or_else(String::new, |column| format!("column `{column}`: "));
        let others: Vec<String> = self.lines.iter().skip(1).map(ToString::to_string).collect();
        let likewise = if others.is_empty() {
            String::new()
        } else {
            let more = if self.more > 0 { format!(" and {} more", self.more) } else { String::new() };
            format!(" (likewise {} {}{more})", if others.len() == 1 { "line" } else { "lines" }, others.join(", "))
        };
        format!("{column}{}{likewise}", self.message)
    }
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.lines.first() {
            write!(f, "line {line}{} ", if self.column.is_some() { "," } else { ":" })?;
        }
        write!(f, "{}\nhelp: {}", self.what(), self.help)
    }
}

/// All that is wrong with a table; never empty where it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
pub struct TableFaults {
    faults: Vec<TableFault>,
    /// How many were found beyond those.
    unsaid: usize,
}

impl TableFaults {
    /// The first of them, in the order they were found.
    pub fn faults(&self) -> &[TableFault] {
        &self.faults
    }

    /// How many were found beyond those.
    pub fn unsaid(&self) -> usize {
        self.unsaid
    }

    pub(super) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// A fault of the whole table, or of one column as a whole.
    pub(super) fn add(&mut self, code: &'static str, column: Option<&str>, message: impl Into<String>, help: impl Into<String>) {
        let column = column.map(str::to_owned);
        self.push(TableFault { code, lines: Vec::new(), more: 0, column, message: message.into(), help: help.into() });
    }

    /// A fault of one line. `words` gives message and help; it is asked for the first line with this fault only.
    pub(super) fn add_line(&mut self, code: &'static str, line: usize, column: Option<&str>, words: impl FnOnce() -> (String, String)) {
        let known = self.faults.iter_mut().find(|fault| fault.code == code && fault.column.as_deref() == column && !fault.lines.is_empty());
        match known {
            Some(fault) if fault.lines.last() == Some(&line) => {}
            Some(fault) if fault.lines.len() < MOST_LINES => fault.lines.push(line),
            Some(fault) => fault.more += 1,
            None => {
                let (message, help) = words();
                self.push(TableFault { code, lines: vec![line], more: 0, column: column.map(str::to_owned), message, help });
            }
        }
    }

    fn push(&mut self, fault: TableFault) {
        if self.faults.contains(&fault) {
            return;
        }
        if self.faults.len() < MOST {
            self.faults.push(fault);
        } else {
            self.unsaid += 1;
        }
    }
}

impl fmt::Display for TableFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("\n"))?;
        if self.unsaid > 0 {
            write!(f, "\nand {} more", self.unsaid)?;
        }
        Ok(())
    }
}

/// A word of a file, for a message: not too long, and without what would break its line.
pub(super) fn shown(word: &str) -> String {
    let mut letters = word.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter });
    let start: String = letters.by_ref().take(40).collect();
    if letters.next().is_some() { start + "…" } else { start }
}
