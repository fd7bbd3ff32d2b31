//! What a check has found, written: to people file by file, to programs at the end.

use std::io::{self, Write};

use serde_json::json;

use super::super::data::Data;
use super::super::diagnostics::{
    CheckedSpec, Finding, Style, Tally, github, in_spec, json as as_json, render, render_loose, sarif, visible,
};
use super::{Deny, Format, Look, summary};
use crate::plan::NamedData;
use crate::spec::Subject;

pub(super) struct Output<'a> {
    format: Format,
    style: Style,
    out: &'a mut dyn Write,
    tally: Tally,
    /// For programs.
    specs: Vec<CheckedSpec>,
    findings: Vec<Finding>,
}

impl<'a> Output<'a> {
    pub(super) fn new(format: Format, style: Style, out: &'a mut dyn Write) -> Self {
        Self { format, style, out, tally: Tally::default(), specs: Vec::new(), findings: Vec::new() }
    }

    /// Takes what keeps a file from being read.
    pub(super) fn unread(&mut self, finding: Finding) -> io::Result<()> {
        self.tally.take([finding.severity]);
        if self.format == Format::Human {
            let help = finding.help.as_ref().map_or_else(String::new, |help| format!("  help: {help}\n"));
            return writeln!(self.out, "error: {}\n{help}", finding.message);
        }
        self.findings.push(finding);
        Ok(())
    }

    /// Takes a spec.
    pub(super) fn look(&mut self, look: Look) -> io::Result<()> {
        self.tally.add(&look.faults);
        self.tally.take(look.beside.iter().map(|finding| finding.severity));
        let file = look.file.to_string_lossy();
        if self.format == Format::Human {
            let faults = render(&file, &look.source, &look.faults, self.style);
            write!(self.out, "{faults}{}", render_loose(&look.beside, self.style))?;
            if let Some(resolved) = &look.resolved {
                let data = look.data.as_ref().map_or_else(String::new, |data| describe(data, &resolved.subject));
                let absent = look.absent.as_ref().map_or_else(String::new, |path| format!("; there is nothing at `{}`", path.display()));
                writeln!(self.out, "ok {}: {}{}{data}", visible(&file), summary(resolved), visible(&absent))?;
            }
            if let Some(pools) = &look.pools {
                writeln!(self.out, "ok {}: {}", visible(&file), visible(pools))?;
            }
            return Ok(());
        }
        self.specs.push(CheckedSpec {
            file: file.into_owned(),
            ok: look.resolved.is_some() || look.pools.is_some(),
            summary: look.resolved.as_ref().map(summary).or(look.pools),
            data: look.data.as_ref().zip(look.resolved.as_ref()).map(|(data, resolved)| NamedData::new(&resolved.subject, data.digests)),
            holds: look.data.as_ref().map(|data| json!(data.content())),
        });
        self.findings.extend(in_spec(&look.file, &look.source, &look.faults));
        self.findings.extend(look.beside);
        Ok(())
    }

    /// Writes what is still to be written.
    pub(super) fn end(self, deny: Option<Deny>) -> io::Result<Tally> {
        let text = match self.format {
            Format::Human if self.tally.files == 0 => String::new(),
            Format::Human => {
                let denied = deny == Some(Deny::Warnings) && self.tally.warnings > 0;
                format!("{}{}\n", self.tally, if denied { "; warnings are denied" } else { "" })
            }
            Format::Json => as_json(&self.specs, &self.findings, self.tally),
            Format::Github => github(&self.findings),
            Format::Sarif => sarif(&self.findings),
        };
        self.out.write_all(text.as_bytes())?;
        Ok(self.tally)
    }
}

/// What the data hold and by which digests they are known, as lines of their own.
fn describe(data: &Data, subject: &Subject) -> String {
    let digests = match NamedData::new(subject, data.digests) {
        NamedData::Images { train, test } => format!("training images {}, test images {}", train.short(), test.short()),
        NamedData::Table { search, whole } => format!("what is searched {}, the whole table {}", search.short(), whole.short()),
    };
    let holds = data.content().map(|content| format!("\n   {}", visible(&content.summary(subject)))).unwrap_or_default();
    format!("\n   digests: {digests}{holds}")
}
