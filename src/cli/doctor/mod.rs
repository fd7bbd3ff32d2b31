//! `epnas doctor`: what this machine has, what of it a run would use and why, how fast it is, and what is missing.

mod data;
mod machine_report;
mod machine;
mod pools;
mod text;
mod worker;

use std::path::Path;

use clap::ValueEnum;

use self::machine_report::{Cache, DeviceSpeed, Fault, MachineReport};
use super::machine::{Local, LocalArguments, Site, kept_back};
use super::output::FORMAT;
use super::{CacheArgument, Exit, fail, print};
use crate::cache::{Cache as Store, CacheError};
use crate::files;
use crate::text::ErrorText;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// Store the measured speeds in the cache, and create the cache if it is missing. `epnas plan` uses the speeds until
    /// trainings have been measured. An existing cache stores them without this option.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    local: LocalArguments,
    #[command(flatten)]
    cache: CacheArgument,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// One object.
    Json,
}

pub(super) fn doctor(arguments: &Arguments) -> Exit {
    let found = match look(arguments) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    print(&match arguments.format {
        Format::Human => text::human(&found),
        Format::Json => format!("{:#}\n", serde_json::json!(found)),
    });
    if found.faults.is_empty() { Exit::Done } else { Exit::Trouble }
}

fn look(arguments: &Arguments) -> Result<MachineReport, Exit> {
    let local = Local::at(Site::find(&arguments.local)?, &arguments.local);
    let (processor, gpus) = (machine::processor(), machine::gpus());
    let mut faults = Vec::new();
    if let Some(doubt) = &local.site.doubt {
        faults.push(Fault::new("a GPU is there and cannot be used", ErrorText::received(doubt)));
    }
    let worker::WorkerReport { worker, cuda, speeds } = worker::ask(&local.site, &mut faults)?;
    let pools = pools::try_all(&arguments.local, &mut faults)?;
    let measures = pools::measure_all(&arguments.local, &mut faults)?;
    let cache = cache(&arguments.cache, &mut faults);
    if (arguments.keep || cache.is_there) && cache.writable {
        keep(&cache.folder, &local.site, &speeds).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    }
    let mut doubts = worker::doubts(&speeds);
    doubts.extend(local.site.hidden.clone());
    doubts.extend(kept_back());
    doubts.extend(local.site.of_file.clone());
    Ok(MachineReport {
        format: FORMAT,
        epnas: env!("CARGO_PKG_VERSION"),
        processor,
        gpus,
        precision: local.site.ability.clone(),
        worker,
        cuda,
        workers: local.devices(),
        pools,
        measures,
        speeds,
        data: data::found(),
        cache,
        doubts,
        faults,
    })
}

/// Keeps the speeds as seconds of a unit of work.
fn keep(folder: &Path, site: &Site, speeds: &[DeviceSpeed]) -> Result<(), CacheError> {
    let cache = Store::open(folder)?;
    let mut kept = cache.reader().speeds();
    for measured in speeds {
        let machine = if measured.device == "cpu" { Site::processor().name } else { site.name.clone() };
        kept.note(&machine, measured.precision, 1.0 / (measured.images_per_second * worker::reference_work(&measured.device)));
    }
    cache.keep_speeds(&kept)
}

fn cache(argument: &CacheArgument, faults: &mut Vec<Fault>) -> Cache {
    let folder = argument.folder.clone();
    // One that is not there yet is made by the first run, and not here.
    let writable = if folder.exists() { files::check_writable(&folder) } else { Ok(()) };
    if let Err(error) = &writable {
        let why = ErrorText::with_help(error.to_string(), "make it writable, or name another one with `--cache DIR`");
        faults.push(Fault::new("the cache cannot be written", why));
    }
    Cache { is_there: folder.exists(), writable: writable.is_ok(), free: files::free_space(&folder).ok(), folder }
}
