//! Findings as workflow commands of GitHub Actions, which become annotations of a pull request.

use std::fmt::Write as _;

use super::{Finding, word};
use crate::text::visible;

/// One command a line.
pub fn github(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = write!(text, "::{} file={}", word(finding.severity), property(&finding.file.to_string_lossy()));
        if let Some(region) = finding.region {
            let _ = write!(text, ",line={}", region.line);
            if let Some((first, end)) = region.columns {
                // Theirs is the last column, ours the one after it.
                let _ = write!(text, ",col={first},endColumn={}", end.saturating_sub(1).max(first));
            }
        }
        let _ = writeln!(text, ",title={}::{}", property(finding.code), data(&finding.text()));
    }
    text
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    let escaped = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    visible(&escaped).into_owned()
}

/// What stands after `name=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
