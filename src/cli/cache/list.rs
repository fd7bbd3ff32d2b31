//! `epnas cache list`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::about::about;
use super::{opened, trouble};
use crate::cache::{MissReason, Record, TaskKey};
use crate::cli::{CacheArgument, Exit, Talk, print, say};
use crate::digest::Digest;
use crate::task::TaskKind;
use crate::text::{bytes, counted, date, visible};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only records of these kinds.
    #[arg(long, value_delimiter = ',', value_parser = PossibleValuesParser::new(TaskKind::ALL.map(TaskKind::word)))]
    kind: Vec<String>,
    /// Format of the list. JSON has one object per line; the last one is a summary.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    cache: CacheArgument,
}

/// A line of the list.
#[derive(Serialize)]
struct Line {
    key: TaskKey,
    kind: String,
    /// Seconds since 1970.
    finished: u64,
    seconds: f64,
    /// Bytes of the outputs.
    bytes: u64,
    /// What it was computed from, in short.
    about: String,
}

#[derive(Default, Serialize)]
struct Total {
    records: usize,
    seconds: f64,
    /// An output that several records share counts once.
    bytes: u64,
    #[serde(skip)]
    seen: BTreeSet<Digest>,
}

impl Total {
    fn add(&mut self, record: &Record) {
        self.records += 1;
        self.seconds += record.seconds;
        for (name, digest) in record.outcome.outputs() {
            if self.seen.insert(*digest) {
                self.bytes = self.bytes.saturating_add(record.sizes.get(name).copied().unwrap_or(0));
            }
        }
    }
}

pub(super) fn list(arguments: &Arguments) -> Result<Exit, Exit> {
    let cache = opened(&arguments.cache.folder)?;
    let mut lines = Vec::new();
    let mut totals: BTreeMap<String, Total> = BTreeMap::new();
    let mut all = Total::default();
    let mut damaged = 0;
    let contents = cache.contents().map_err(trouble)?;
    for key in contents.keys {
        match cache.record(&key).map_err(trouble)? {
            Ok(record) => {
                let kind = record.fingerprint.kind.clone();
                if !arguments.kind.is_empty() && !arguments.kind.contains(&kind) {
                    continue;
                }
                totals.entry(kind.clone()).or_default().add(&record);
                all.add(&record);
                let bytes = record.sizes.values().fold(0, |sum: u64, size| sum.saturating_add(*size));
                let about = about(&cache, &record);
                lines.push(Line { key, kind, finished: record.finished, seconds: record.seconds, bytes, about });
            }
            Err(MissReason::NeverRun) => {}
            Err(_) => damaged += 1,
        }
    }
    lines.sort_by_key(|line| (std::cmp::Reverse(line.finished), line.key));
    match arguments.format {
        Talk::Human => print(&table(&lines, &totals, &all)),
        Talk::Json => {
            let totals: BTreeMap<&str, &Total> = totals.iter().map(|(kind, total)| (kind.as_str(), total)).chain([("all", &all)]).collect();
            let mut text = String::new();
            for line in &lines {
                let _ = writeln!(text, "{}", serde_json::to_string(line).expect("plain data"));
            }
            print(&format!("{text}{}\n", serde_json::json!({ "totals": totals })));
        }
    }
    if !contents.checkpoints.is_empty() {
        let size = contents.checkpoints.iter().map(|key| cache.checkpoint_size(key)).sum::<Result<u64, _>>().map_err(trouble)?;
        say(&format!("also there: {} of trainings on their way, {}", counted(contents.checkpoints.len(), "saved state"), bytes(size)));
    }
    if damaged > 0 {
        say(&format!("warning: {} left out, being damaged\nhelp: `epnas cache verify` names them", counted(damaged, "record")));
    }
    Ok(Exit::Done)
}

fn table(lines: &[Line], totals: &BTreeMap<String, Total>, all: &Total) -> String {
    if lines.is_empty() {
        return "no records\n".to_owned();
    }
    let mut text = format!("{:<10}  {:<8}  {:<20}  {:>10}  {:>10}  of\n", "key", "kind", "finished", "seconds", "bytes");
    for line in lines {
        let (kind, finished) = (visible(&line.kind), date(line.finished));
        let (key, size, about) = (line.key.short(), bytes(line.bytes), visible(&line.about));
        let _ = writeln!(text, "{key}  {kind:<8}  {finished}  {:>10.2}  {size:>10}  {about}", line.seconds);
    }
    let _ = writeln!(text, "\n{:<10}  {:>8}  {:>10}  {:>10}", "kind", "records", "seconds", "bytes");
    for (kind, total) in totals.iter().map(|(kind, total)| (kind.as_str(), total)).chain([("all", all)]) {
        let (kind, bytes) = (visible(kind), bytes(total.bytes));
        let _ = writeln!(text, "{kind:<10}  {:>8}  {:>10.2}  {bytes:>10}", total.records, total.seconds);
    }
    text
}
