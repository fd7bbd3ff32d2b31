//! `epnas cache export`.

use std::path::PathBuf;

use super::reads::{Keys, keys};
use super::{opened, trouble};
use crate::cache::EXPORTED_BEGINNING;
use crate::cli::output::refuse_overwrite;
use crate::cli::paths::path;
use crate::cli::{CacheArgument, Exit, say};
use crate::text::{bytes, counted};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The specs whose results are exported.
    #[arg(required = true, value_parser = path())]
    specs: Vec<PathBuf>,
    /// The file to write.
    #[arg(short, long, value_name = "FILE", value_parser = path())]
    output: PathBuf,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn export(arguments: &Arguments) -> Result<Exit, Exit> {
    refuse_overwrite(&arguments.output, "exported file", EXPORTED_BEGINNING)?;
    let cache = opened(&arguments.cache.folder)?;
    let Keys { results, data, .. } = keys(&arguments.specs, &cache, "")?;
    let exported = cache.export(&results, data, &arguments.output).map_err(trouble)?;
    let (records, blobs) = (counted(exported.records, "record"), counted(exported.blobs, "blob"));
    say(&format!("wrote `{}`: {records}, {blobs}, {} before packing", arguments.output.display(), bytes(exported.bytes)));
    Ok(Exit::Done)
}
