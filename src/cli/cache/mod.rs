//! `epnas cache`: what is remembered, looked at, checked, tidied and carried elsewhere.

mod about;
mod collect;
mod export;
mod import;
mod list;
pub(super) mod reads;
mod retrain;
mod show;
mod verify;
mod words;

use std::path::Path;

use clap::Subcommand;

use super::{Exit, fail};
use crate::cache::{Cache, CacheReader};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the cached results, newest first, with totals by kind.
    List(list::Arguments),
    /// Show one record: its inputs, its outputs, when it was computed and with which program.
    Show(show::Arguments),
    /// Read the whole cache and report damaged, missing and foreign files.
    Verify(verify::Arguments),
    /// Delete entries that are old, exceed a size, or are not needed by the named specs.
    ///
    /// `--keep` protects all entries that its specs read. Of the rest, `--older-than` deletes old entries, then `--max-size`
    /// deletes the oldest until the cache fits. With `--keep` alone, all the rest is deleted. Without any option only unusable
    /// files are deleted: blobs without a record, damaged records, files moved aside or never finished. Decoded files of MNIST
    /// and CIFAR are always deleted, because the next run decodes them in a second. Blobs and images written within the last hour
    /// stay, unless `--force` is given.
    Gc(collect::Arguments),
    /// Write the cached results of specs to one file.
    Export(export::Arguments),
    /// Add the results in a file that `export` wrote.
    Import(import::Arguments),
}

pub(super) fn cache(command: &Command) -> Exit {
    let ended = match command {
        Command::List(arguments) => list::list(arguments),
        Command::Show(arguments) => show::show(arguments),
        Command::Verify(arguments) => verify::verify(arguments),
        Command::Gc(arguments) => collect::collect(arguments),
        Command::Export(arguments) => export::export(arguments),
        Command::Import(arguments) => import::import(arguments),
    };
    ended.unwrap_or_else(|exit| exit)
}

/// Says what went wrong with the cache or the machine.
fn trouble(error: impl std::error::Error) -> Exit {
    fail(Exit::Trouble, &error.to_string())
}

/// A cache that is there: a wrong path must not look like an empty cache.
fn opened(folder: &Path) -> Result<CacheReader, Exit> {
    let cache = Cache::open_for_reading(folder).map_err(trouble)?;
    if cache.is_there() {
        return Ok(cache);
    }
    let help = "name it with `--cache DIR` or the variable `EPNAS_CACHE`; the first run makes one";
    Err(fail(Exit::Trouble, &format!("there is no cache in `{}`\nhelp: {help}", folder.display())))
}
