//! Findings as SARIF 2.1.0, the format of code scanning services.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde::Serialize;

use super::json::text;
use super::{Finding, meaning, word};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    /// How columns are counted.
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
    help: Message,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Part>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    fully_qualified_name: &'a str,
}

/// One run of one tool, with the rules that found something.
pub fn sarif(findings: &[Finding]) -> String {
    let severities: BTreeMap<&'static str, _> = findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    let codes: Vec<&'static str> = severities.keys().copied().collect();
    let rules = severities
        .iter()
        .map(|(&id, &severity)| {
            let meaning = meaning(id).unwrap_or(id);
            let help = findings.iter().find(|finding| finding.code == id).and_then(|finding| finding.help.clone());
            Rule {
                id,
                short_description: Message { text: meaning.to_owned() },
                help: Message { text: help.unwrap_or_else(|| meaning.to_owned()) },
                default_configuration: Configuration { level: word(severity) },
            }
        })
        .collect();
    let results = findings.iter().map(|finding| outcome(finding, &codes)).collect();
    let driver = Driver { name: "epnas", version: env!("CARGO_PKG_VERSION"), rules };
    text(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    })
}

fn outcome<'a>(finding: &'a Finding, codes: &[&'static str]) -> Outcome<'a> {
    let columns = finding.region.and_then(|region| region.columns);
    let physical_location = Physical {
        artifact_location: Artifact { uri: uri(&finding.file) },
        region: finding.region.map(|region| Part {
            start_line: region.line,
            start_column: columns.map(|(first, _)| first),
            end_column: columns.map(|(_, end)| end),
        }),
    };
    let logical_locations = finding.path.iter().map(|path| Logical { fully_qualified_name: path }).collect();
    Outcome {
        rule_id: finding.code,
        rule_index: codes.binary_search(&finding.code).expect("every finding has a rule"),
        level: word(finding.severity),
        message: Message { text: finding.text() },
        locations: [Location { physical_location, logical_locations }],
    }
}

/// A relative path as a relative reference, an absolute one as a `file` URI (RFC 3986); every other byte in percent.
fn uri(file: &Path) -> String {
    let mut uri = if file.is_absolute() { "file://".to_owned() } else { String::new() };
    for &byte in file.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_references() {
        for (file, expected) in [("a b/ä:%.yaml", "a%20b/%C3%A4%3A%25.yaml"), ("/x\n.yaml", "file:///x%0A.yaml")] {
            assert_eq!(uri(Path::new(file)), expected);
        }
    }
}
