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
    /// List what is remembered, newest first, with totals by kind.
    List(list::Arguments),
    /// Show one record: what went in, what came out, when and with what.
    Show(show::Arguments),
    /// Read everything again and say what is damaged, missing or does not belong there.
    Verify(verify::Arguments),
    /// Take away what is old, too much, or not needed by the specs named.
    ///
    /// What the specs given with `--keep` read stays, whatever else is asked for. Of the rest goes what `--older-than` names, then
    /// the oldest until the cache fits `--max-size`; without these two all the rest goes. Without any option only what nobody can
    /// use goes: blobs without a record, damaged records, files put aside or never finished; and in any case decoded images,
    /// which the next run decodes again in a second. Blobs and images that were written within the last hour stay in any case.
    Gc(collect::Arguments),
    /// Write what specs read from the cache as one file.
    Export(export::Arguments),
    /// Add what a file written by `export` holds.
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
