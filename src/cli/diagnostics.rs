//! Diagnostics as text for people: code, file, line, column, the line itself, what to do. Rendering only.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::path::Path;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents, Report, SourceCode, SourceSpan,
    SpanContents,
};

use crate::diagnostic::{Diagnostic, Severity};
use crate::spec::Source;
use crate::table::TableFaults;

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Colours and line drawings, for terminals.
    Colour,
    /// ASCII, the same everywhere.
    Plain,
}

impl Style {
    /// Colours where `output` is a terminal and nobody asked for none (<https://no-color.org>).
    #[expect(clippy::disallowed_methods, reason = "the environment enters in `cli`")]
    pub fn of(output: &impl std::io::IsTerminal) -> Self {
        let wanted = std::env::var("NO_COLOR").map_or(true, |value| value.is_empty());
        if output.is_terminal() && wanted { Self::Colour } else { Self::Plain }
    }
}

/// The faults of one file, each followed by an empty line.
pub fn render(file: &str, source: &Source, faults: &[Diagnostic], style: Style) -> String {
    let handler = handler(style);
    let mut text = String::new();
    for fault in faults {
        let range = source.range(&fault.place);
        let mut diagnostic = MietteDiagnostic::new(&fault.message).with_code(fault.code).with_severity(match fault.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        });
        if let Some(help) = &fault.help {
            diagnostic = diagnostic.with_help(help);
        }
        // A text without a line has nothing to show; the file is named all the same.
        let report = if source.text.trim().is_empty() {
            diagnostic.message = format!("{file}: {}", fault.message);
            Report::new(diagnostic)
        } else {
            let (line, marked) = Line::around(file, source, &range);
            diagnostic = diagnostic.with_label(LabeledSpan::underline(marked));
            Report::new(diagnostic).with_source_code(line)
        };
        write_report(&mut text, &handler, &report);
    }
    text
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = match style {
        Style::Colour => GraphicalTheme::unicode(),
        Style::Plain => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme).with_links(false).with_wrap_lines(false)
}

fn write_report(text: &mut String, handler: &GraphicalReportHandler, report: &Report) {
    if handler.render_report(text, report.as_ref()).is_err() {
        *text += &report.to_string();
        *text += "\n";
    }
    *text += "\n";
}

/// The faults of a table, each followed by an empty line.
pub fn render_table(path: &Path, faults: &TableFaults, style: Style) -> String {
    let mut text = String::new();
    for fault in faults.faults() {
        let place = fault.lines.first().map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
        let message = format!("{place}: {}", fault.what());
        let diagnostic = MietteDiagnostic::new(message).with_code(fault.code).with_help(&fault.help);
        write_report(&mut text, &handler(style), &Report::new(diagnostic));
    }
    if faults.unsaid() > 0 {
        let _ = write!(text, "and {} more\n\n", faults.unsaid());
    }
    text
}

/// The one line that a fault is about, cut where it is very long.
#[derive(Debug)]
struct Line {
    file: String,
    text: String,
    /// From 0.
    number: usize,
    /// Where the text begins in its line and where the mark does, in characters from 0.
    columns: (usize, usize),
}

/// Bytes shown before and after the start of a mark.
const BEFORE: usize = 60;
const AFTER: usize = 100;

impl Line {
    /// The line, and the marked bytes as a range of its text.
    fn around(file: &str, source: &Source, range: &Range<usize>) -> (Self, Range<usize>) {
        let text = &source.text;
        let line_start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[range.start..].find('\n').map_or(text.len(), |length| range.start + length);
        let boundary = |byte: usize| (0..=byte).rev().find(|&byte| text.is_char_boundary(byte)).unwrap_or(0);
        let start = boundary(range.start.saturating_sub(BEFORE)).max(line_start);
        let end = boundary((range.start + AFTER).min(line_end));
        let (number, column) = source.line_and_column(range.start);
        let cut = text[line_start..start].chars().count();
        let line = Self {
            file: file.to_owned(),
            text: text[start..end].trim_end_matches('\r').to_owned(),
            number: number - 1,
            columns: (cut, column - 1),
        };
        let marked = range.start - start..range.end.min(end).min(start + line.text.len()).max(range.start) - start;
        (line, marked)
    }
}

impl SourceCode for Line {
    /// The renderer asks twice: without lines around for the place in the heading, with them for what it shows.
    fn read_span<'a>(&'a self, _: &SourceSpan, before: usize, _: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let column = if before == 0 { self.columns.1 } else { self.columns.0 };
        let whole = SourceSpan::from(0..self.text.len());
        Ok(Box::new(MietteSpanContents::new_named(self.file.clone(), self.text.as_bytes(), whole, self.number, column, 1)))
    }
}

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
        let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        self.errors += errors;
        self.warnings += faults.len() - errors;
        self.files += usize::from(!faults.is_empty());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let parts: Vec<String> = [(self.errors, "error"), (self.warnings, "warning")]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| count(number, word))
            .collect();
        write!(f, "{} in {}", if parts.is_empty() { "no faults".to_owned() } else { parts.join(", ") }, count(self.files, "file"))
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
