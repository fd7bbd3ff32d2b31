//! `epnas cache show`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{opened, trouble};
use crate::cache::{CacheReader, MissReason, Record, RecordedOutcome, TaskKey};
use crate::cli::{CacheArgument, Exit, Talk, fail, print};
use crate::digest::Digest;
use crate::text::{bytes, date, visible};

/// How many keys are shown to choose from.
const CANDIDATES: usize = 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The key of a record, or its first digits.
    key: String,
    /// Format of the output. JSON is one object.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn show(arguments: &Arguments) -> Result<Exit, Exit> {
    let cache = opened(&arguments.cache.folder)?;
    let key = find(&cache, &arguments.key)?;
    let record = match cache.record(&key).map_err(trouble)? {
        Ok(record) => record,
        Err(MissReason::NeverRun) => return Err(fail(Exit::Trouble, &format!("the record `{key}` was taken away just now"))),
        Err(reason) => return Err(fail(Exit::Trouble, &reason.to_string())),
    };
    match arguments.format {
        Talk::Human => print(&text(&cache, &key, &record)?),
        Talk::Json => print(&format!("{:#}\n", json!({ "key": key, "record": record }))),
    }
    Ok(Exit::Done)
}

/// The one key that begins so.
fn find(cache: &CacheReader, digits: &str) -> Result<TaskKey, Exit> {
    let keys = cache.contents().map_err(trouble)?.keys;
    let wanted = digits.to_ascii_lowercase();
    // Those that share most digits with what was asked for; all of them, where they are as it was asked for.
    let shared = |key: &TaskKey| key.to_string().chars().zip(wanted.chars()).take_while(|(one, other)| one == other).count();
    let most = keys.iter().map(shared).max().unwrap_or(0);
    let is_empty = keys.is_empty();
    let nearest: Vec<TaskKey> = keys.into_iter().filter(|key| most > 0 && shared(key) == most).collect();
    let is_found = most == wanted.chars().count() && most > 0;
    if let ([key], true) = (&nearest[..], is_found) {
        return Ok(*key);
    }
    let digits = visible(digits);
    let mut message = match (is_found, is_empty) {
        (true, _) => format!("{} records begin with `{digits}`\nhelp: give more digits, of one of these:", nearest.len()),
        (false, false) => {
            format!("no record begins with `{digits}`\nhelp: `epnas cache list` lists all{}", if most > 0 { "; the nearest:" } else { "" })
        }
        (false, true) => format!("no record begins with `{digits}`\nhelp: this cache has none; choose another one with `--cache DIR`"),
    };
    for key in nearest.iter().take(CANDIDATES) {
        // A damaged one has a key and no more.
        let about = cache.record(key).map_err(trouble)?;
        let about = about.map_or_else(|_| "damaged".to_owned(), |it| format!("{}, {}", visible(&it.fingerprint.kind), date(it.finished)));
        let width = (most + 4).max(10);
        let _ = write!(message, "\n  {} ({about})", &key.to_string()[..width.min(64)]);
    }
    if nearest.len() > CANDIDATES {
        let _ = write!(message, "\n  and {} more", nearest.len() - CANDIDATES);
    }
    Err(fail(Exit::BadSpec, &message))
}

fn text(cache: &CacheReader, key: &TaskKey, record: &Record) -> Result<String, Exit> {
    let fingerprint = &record.fingerprint;
    let mut text = format!("key: {key}\nkind: {}, version {}\n", visible(&fingerprint.kind), fingerprint.version);
    let _ = writeln!(text, "finished: {}\nseconds: {:.3}", date(record.finished), record.seconds);
    tree(&mut text, 0, "environment", &json!(record.environment));
    tree(&mut text, 0, "parameters", &fingerprint.parameters);
    text.push_str("inputs:\n");
    for (name, digest) in &fingerprint.inputs {
        artifact(&mut text, cache, name, digest, None)?;
    }
    match &record.outcome {
        RecordedOutcome::Done { outputs } => {
            text.push_str("outputs:\n");
            for (name, digest) in outputs {
                artifact(&mut text, cache, name, digest, record.sizes.get(name).copied())?;
            }
        }
        RecordedOutcome::Failed { failure } => {
            let _ = writeln!(text, "failed: {}", visible(&failure.to_string()));
        }
    }
    Ok(text)
}

/// A line on an input or output; `stored` is the size that an output was stored with.
fn artifact(text: &mut String, cache: &CacheReader, name: &str, digest: &Digest, stored: Option<u64>) -> Result<(), Exit> {
    let there = cache.size(digest).map_err(trouble)?;
    let state = match (there, stored) {
        (Some(size), Some(stored)) if size != stored => format!("damaged: {}, stored were {}", bytes(size), bytes(stored)),
        (Some(size), _) => bytes(size),
        (None, Some(stored)) => format!("gone from the cache, had {}", bytes(stored)),
        (None, None) => "gone from the cache".to_owned(),
    };
    let _ = writeln!(text, "  {}: {digest} ({state})", visible(name));
    Ok(())
}

/// A value with its name, its parts below it.
fn tree(text: &mut String, depth: usize, name: &str, value: &Value) {
    let (indent, name) = ("  ".repeat(depth), visible(name));
    match value {
        Value::Object(parts) if !parts.is_empty() => {
            let _ = writeln!(text, "{indent}{name}:");
            for (name, part) in parts {
                tree(text, depth + 1, name, part);
            }
        }
        Value::Array(parts) if parts.iter().any(|part| part.is_object() || part.is_array()) => {
            let _ = writeln!(text, "{indent}{name}:");
            for (number, part) in parts.iter().enumerate() {
                tree(text, depth + 1, &format!("{number}"), part);
            }
        }
        Value::Array(parts) => {
            let parts: Vec<String> = parts.iter().map(scalar).collect();
            let _ = writeln!(text, "{indent}{name}: [{}]", parts.join(", "));
        }
        other => {
            let _ = writeln!(text, "{indent}{name}: {}", scalar(other));
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text).into_owned(),
        other => other.to_string(),
    }
}
