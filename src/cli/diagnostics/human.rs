//! Diagnostics as text for people: code, file, line, column, the line itself, what to do. Rendering only.

use std::ops::Range;
use std::path::Path;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents, Report, SourceCode, SourceSpan,
    SpanContents,
};

use super::finding::{Finding, in_table};
use crate::diagnostic::{Diagnostic, Severity};
use crate::spec::Source;
use crate::table::TableFaults;
use crate::text::{visible, visible_line};

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
    let file = visible(file);
    let mut text = String::new();
    for fault in faults {
        let range = source.range(&fault.place);
        let mut diagnostic = words(fault.code, fault.severity, &visible(&fault.message), fault.help.as_deref().map(visible).as_deref());
        // A text without a line has nothing to show; the file is named all the same.
        let report = if source.text.trim().is_empty() {
            diagnostic.message = format!("{file}: {}", diagnostic.message);
            Report::new(diagnostic)
        } else {
            let (line, marked) = Line::around(&file, source, &range);
            diagnostic = diagnostic.with_label(LabeledSpan::underline(marked));
            Report::new(diagnostic).with_source_code(line)
        };
        write_report(&mut text, &handler, &report);
    }
    text
}

fn words(code: &str, severity: Severity, message: &str, help: Option<&str>) -> MietteDiagnostic {
    let diagnostic = MietteDiagnostic::new(message).with_code(code).with_severity(match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
    });
    match help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
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
    render_loose(&in_table(path, faults), style)
}

/// Findings of which no text is at hand, each followed by an empty line.
pub fn render_loose(findings: &[Finding], style: Style) -> String {
    let handler = handler(style);
    let mut text = String::new();
    for finding in findings {
        let file = finding.file.display().to_string();
        let line = finding.region.map_or_else(String::new, |region| format!(":{}", region.line));
        let message = format!("{}{line}: {}", visible(&file), finding.message);
        write_report(&mut text, &handler, &Report::new(words(finding.code, finding.severity, &message, finding.help.as_deref())));
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
        let end = start + text[start..end].trim_end_matches('\r').len();
        let marked = range.start.min(end)..range.end.min(end).max(range.start.min(end));
        let pieces = [start..marked.start, marked.clone(), marked.end..end].map(|piece| visible_line(&text[piece]));
        let marked = pieces[0].len()..pieces[0].len() + pieces[1].len();
        let line = Self { file: file.to_owned(), text: pieces.concat(), number: number - 1, columns: (cut, column - 1) };
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
