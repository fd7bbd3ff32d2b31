//! `epnas cache export`.

use std::path::PathBuf;

use super::reads::keys;
use super::trouble;
use super::words::{bytes, count};
use crate::cache::Cache;
use crate::cli::{CacheArgument, Exit, say};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The specs whose results are exported.
    #[arg(required = true)]
    specs: Vec<PathBuf>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    cache: CacheArgument,
}

pub fn export(arguments: &Arguments) -> Result<Exit, Exit> {
    let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(trouble)?;
    let keys = keys(&arguments.specs, &cache, "")?;
    let exported = cache.export(&keys, &arguments.output).map_err(trouble)?;
    let (records, blobs) = (count(exported.records, "record"), count(exported.blobs, "blob"));
    say(&format!("wrote `{}`: {records}, {blobs}, {} before packing", arguments.output.display(), bytes(exported.bytes)));
    Ok(Exit::Done)
}
