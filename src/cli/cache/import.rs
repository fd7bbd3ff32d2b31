//! `epnas cache import`.

use std::path::PathBuf;

use super::trouble;
use crate::cache::{Bundle, Cache};
use crate::cli::paths::path;
use crate::cli::{CacheArgument, Exit, fail, say};
use crate::files::{self, Entry};
use crate::text::{bytes, counted};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file that `epnas cache export` wrote. Its results are not computed again: import only files of people you trust.
    #[arg(value_parser = path())]
    file: PathBuf,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn import(arguments: &Arguments) -> Result<Exit, Exit> {
    let file = &arguments.file;
    if files::entry(file).is_ok_and(|entry| entry == Entry::Nothing) {
        let said = format!("there is nothing at `{}`", file.display());
        return Err(fail(Exit::BadSpec, &format!("{said}\nhelp: name a file that `epnas cache export` wrote")));
    }
    let bundle = Bundle::open(file).map_err(trouble)?;
    // Not before the file is known to be whole: a bad one leaves not even an empty folder.
    let cache = Cache::open(&arguments.cache.folder).map_err(trouble)?;
    let imported = cache.import(&bundle).map_err(trouble)?;
    let (records, blobs, known) = (counted(imported.records, "record"), counted(imported.blobs, "blob"), counted(imported.known, "record"));
    say(&format!("added {records} and {blobs} ({}); {known} were there already", bytes(imported.bytes)));
    Ok(Exit::Done)
}
