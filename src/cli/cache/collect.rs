//! `epnas cache gc`. How its options combine is told by [`crate::cache::Wanted`] and, for people, by `--help`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::reads::{Keys, keys};
use super::words::{parse_age, parse_bytes};
use super::{opened, trouble};
use crate::cache::{Cache, CacheReader, Garbage, Wanted};
use crate::cli::clock::unix_seconds;
use crate::cli::paths::path;
use crate::cli::{CacheArgument, Exit, fail, print, say};
use crate::text::{bytes, counted};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Delete records that finished longer ago than this, such as `30d` or `12h`.
    #[arg(long, value_name = "AGE", value_parser = parse_age)]
    older_than: Option<u64>,
    /// Delete the oldest records until the cache has at most so many bytes, such as `500M` or `2G`.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_size: Option<u64>,
    /// Keep all entries that these specs read, with the seeds and strategies in the specs.
    #[arg(long, value_name = "SPEC", num_args = 1.., value_parser = path())]
    keep: Vec<PathBuf>,
    /// Also delete unneeded blobs and images written within the last hour.
    #[arg(long)]
    force: bool,
    /// Dry run: list what would be deleted, and delete nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn collect(arguments: &Arguments) -> Result<Exit, Exit> {
    let folder = &arguments.cache.folder;
    if arguments.dry_run || !folder.exists() {
        let reader = opened(folder)?;
        let garbage = find(arguments, &reader)?;
        print(&(listing(&garbage) + &format!("would free {}: {}\n", bytes(garbage.bytes()), counts(&garbage))));
        tell(arguments, &garbage);
        return Ok(Exit::Done);
    }
    // Alone from here on: a run that is going on may yet read what it has found, or need a blob that has no record yet.
    opened(folder)?;
    let Some(cache) = Cache::open_alone(folder).map_err(trouble)? else {
        let said = format!(
            "the cache `{}` is in use by another program\nhelp: try again when that has ended; `--dry-run` works meanwhile",
            folder.display()
        );
        return Err(fail(Exit::Trouble, &said));
    };
    let garbage = find(arguments, cache.reader())?;
    let removed = cache.remove(&garbage).map_err(trouble)?;
    let (records, blobs, files) =
        (counted(removed.records, "record"), counted(removed.blobs, "blob"), counted(removed.leftovers, "leftover"));
    print(&format!("freed {}: {records}, {blobs}, {files}\n", bytes(removed.bytes)));
    if removed.locked > 0 {
        say(&format!("{} stayed, being computed by another program", counted(removed.locked, "record")));
    }
    tell(arguments, &garbage);
    Ok(Exit::Done)
}

fn find(arguments: &Arguments, cache: &CacheReader) -> Result<Garbage, Exit> {
    let keep = match &arguments.keep[..] {
        [] => None,
        specs => {
            let Keys { mut results, failures, .. } = keys(specs, cache, ", so keeping it would keep nothing")?;
            results.extend(failures);
            Some(results)
        }
    };
    let wanted = Wanted {
        now: unix_seconds(),
        older_than: arguments.older_than,
        max_size: arguments.max_size,
        spares_nothing: arguments.force,
        keep,
    };
    cache.garbage(&wanted).map_err(trouble)
}

fn counts(garbage: &Garbage) -> String {
    let [records, blobs, leftovers] =
        [(garbage.records.len(), "record"), (garbage.blobs.len(), "blob"), (garbage.leftovers.len(), "leftover")]
            .map(|(number, word)| counted(number, word));
    format!("{records}, {blobs}, {leftovers}")
}

fn listing(garbage: &Garbage) -> String {
    let mut text = String::new();
    for doomed in &garbage.records {
        let _ = writeln!(text, "record {} ({}): {}", doomed.key.short(), bytes(doomed.bytes), doomed.why);
    }
    for (digest, size) in &garbage.blobs {
        let _ = writeln!(text, "blob {} ({}): no record that stays needs it", digest.short(), bytes(*size));
    }
    for (path, size) in &garbage.leftovers {
        let _ = writeln!(text, "leftover `{}` ({})", path.display(), bytes(*size));
    }
    text
}

/// What stays although it may not have been expected to.
fn tell(arguments: &Arguments, garbage: &Garbage) {
    say(&format!("stays: {}, {}", counted(garbage.kept, "record"), bytes(garbage.kept_bytes)));
    if garbage.spared > 0 {
        say(&format!(
            "stays for now: {} written within the last hour, which no record needs; `--force` takes them away",
            counted(garbage.spared, "blob")
        ));
    }
    if arguments.max_size.is_some_and(|limit| garbage.kept_bytes > limit) {
        say("warning: what stays is larger than `--max-size`");
    }
}
