//! What there is to say of a task, for people and for programs.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Explained, Nearest};
use crate::cache::{Difference, Fingerprint, MissReason, Record};
use crate::cause::{Reason, short};
use crate::run::Status;
use crate::text::{duration, quantity};

fn when(record: &Record) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(record.finished)).to_string()
}

pub(super) fn human(told: &Explained) -> String {
    let mut text = String::new();
    // What an edit made new was never run as it is now, which says less than the edit.
    let is_explained = told.cause.as_ref().is_some_and(|cause| cause.reason != Reason::NeverRun);
    let _ = match &told.status {
        Status::Cached => writeln!(text, "`{}` is cached", told.id),
        Status::Runs { reason: MissReason::NeverRun } if is_explained => writeln!(text, "`{}` runs", told.id),
        Status::Runs { reason } => writeln!(text, "`{}` runs: {reason}", told.id),
        Status::Failed { failure } => writeln!(
            text,
            "`{}` failed in an earlier run: {failure}\n  nothing has changed for the better since; `epnas run --retry-failed` tries it all the same",
            told.id
        ),
        Status::Open => writeln!(text, "`{}` waits for tasks that have to run first", told.id),
        Status::Skipped { missing } => writeln!(text, "`{}` is skipped: there is no {missing}", told.id),
    };
    for (task, reason) in &told.roots {
        let _ = writeln!(text, "  `{task}` ({reason})");
    }
    if let Some(cause) = told.cause.as_ref().filter(|cause| cause.reason != Reason::NeverRun) {
        let _ = writeln!(text, "  {}: {cause}", if told.record.is_some() { "it ran because" } else { "it runs because" });
    }
    if let Some(record) = &told.record {
        let environment: Vec<String> = record.environment.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let with = if environment.is_empty() { String::new() } else { format!(", with {}", environment.join(", ")) };
        let bytes = record.sizes.values().sum::<u64>() as f64;
        let _ = writeln!(text, "  computed {} in {}, {} bytes{with}", when(record), duration(record.seconds), quantity(bytes));
    }
    // Where the edit is known that makes a task run, what else differs from some record distracts.
    if let Some(Nearest { record, differences }) = told.nearest.as_ref().filter(|_| !is_explained) {
        let _ = writeln!(text, "  nearest earlier result: {}, computed {}; it differs in", record.fingerprint.key().short(), when(record));
        for (Difference { path, was, now }, place) in differences {
            let place = place.as_ref().map_or_else(String::new, |place| format!("  {place}"));
            let _ = writeln!(text, "    {}: was {}, now {}{place}", path.join("."), short(was.as_ref()), short(now.as_ref()));
        }
    }
    if let Some(fingerprint) = &told.fingerprint {
        let _ = writeln!(text, "\nkey {}\nkind {}, version {}\nparameters", fingerprint.key(), fingerprint.kind, fingerprint.version);
        tree(&mut text, &fingerprint.parameters, 1);
    }
    if !told.inputs.is_empty() {
        text.push_str("inputs\n");
    }
    for (input, output, task, known) in &told.inputs {
        let digest = told.fingerprint.as_ref().and_then(|fingerprint| fingerprint.inputs.get(input));
        let digest = match digest {
            Some(digest) => format!(" {}", digest.short()),
            None if *known => " (never came to be)".to_owned(),
            None => " (to come)".to_owned(),
        };
        let _ = writeln!(text, "  {input}{digest}: {output} of `{task}`");
    }
    text
}

/// Nested names, one value a line; lists of plain values on one line.
fn tree(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (format!("[{index}]"), value)).collect(),
        plain => {
            let _ = writeln!(text, "{indent}{plain}");
            return;
        }
    };
    for (name, child) in children {
        let is_plain = match child {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.iter().all(|item| !item.is_array() && !item.is_object()),
            _ => true,
        };
        if is_plain {
            let _ = writeln!(text, "{indent}{name}: {child}");
        } else {
            let _ = writeln!(text, "{indent}{name}");
            tree(text, child, depth + 1);
        }
    }
}

pub(super) fn json(told: &Explained) -> Value {
    let nearest = told.nearest.as_ref().map(|Nearest { record, differences }| {
        let differences: Vec<Value> = differences
            .iter()
            .map(|(Difference { path, was, now }, place)| json!({ "path": path.join("."), "was": was, "now": now, "place": place }))
            .collect();
        json!({ "key": record.fingerprint.key(), "finished": when(record), "differences": differences })
    });
    let status = match &told.status {
        Status::Cached => json!("cached"),
        Status::Runs { reason } => json!({ "runs": { "reason": reason.to_string() } }),
        Status::Failed { failure } => json!({ "failed": { "failure": failure.to_string() } }),
        Status::Open => json!("open"),
        Status::Skipped { missing } => json!({ "skipped": { "missing": missing } }),
    };
    let inputs: Vec<Value> =
        told.inputs.iter().map(|(input, output, task, _)| json!({ "input": input, "output": output, "task": task })).collect();
    json!({
        "task": told.id,
        "status": status,
        "key": told.fingerprint.as_ref().map(Fingerprint::key),
        "fingerprint": told.fingerprint,
        "inputs": inputs,
        "record": told.record.as_ref().map(|record| json!({
            "finished": when(record), "seconds": record.seconds, "sizes": record.sizes, "environment": record.environment,
        })),
        "nearest": nearest,
        "why": told.cause,
        "waits_for": told.roots.iter().map(|(task, reason)| json!({ "task": task, "reason": reason })).collect::<Vec<_>>(),
    })
}
