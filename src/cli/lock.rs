//! `epnas lock`, and what `--locked` asks of a spec.

use std::path::{Path, PathBuf};

use super::data::Data;
use super::diagnostics::Finding;
use super::machine::{LocalArguments, Site, Where};
use super::paths::path;
use super::{CacheArgument, Exit, fail, say};
use crate::diagnostic::Severity;
use crate::files;
use crate::lock::{Lock, LockFault};
use crate::plan::DataDigests;
use crate::spec::ResolvedSpec;

/// A lock is a page.
const MAX_BYTES: u64 = 1 << 16;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec; the lock file is written beside it.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// Device of the later run, as in `run`; the lock records what `precision: auto` means on it.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: Where,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn lock(arguments: &Arguments) -> Exit {
    match try_lock(arguments) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_lock(arguments: &Arguments) -> Result<(), Exit> {
    let file = &arguments.spec;
    let mut spec = super::load(file)?;
    let data = Data::open(&mut spec, arguments.cache.look().as_ref()).map_err(|error| error.tell())?;
    let site = Site::find_and_tell(&LocalArguments::on(arguments.device))?;
    let (place, text) = (place(file), Lock::new(&spec, data.digests, site.ability.auto).write());
    let told = place.display();
    if files::read(&place, MAX_BYTES).is_ok_and(|bytes| bytes == text.as_bytes()) {
        say(&format!("`{told}` holds already"));
        return Ok(());
    }
    files::write(&place, text.as_bytes()).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    say(&format!("wrote `{told}`"));
    Ok(())
}

/// Whether a search must be what was locked.
#[derive(Debug, Default, clap::Args)]
pub(super) struct LockedArgument {
    /// Refuse to start if the spec, the data or the program differ from the lock file beside the spec; see `epnas lock`.
    #[arg(long)]
    pub locked: bool,
}

impl LockedArgument {
    /// Refuses a search that is not what was locked, where that was asked for. Writes nothing.
    pub(super) fn require_match(&self, file: &Path, spec: &ResolvedSpec, data: DataDigests, site: &Site) -> Result<(), Exit> {
        if !self.locked {
            return Ok(());
        }
        let (place, spec_name) = (place(file), file.display().to_string());
        let refuse = |message: String| Err(fail(Exit::BadSpec, &message));
        let again = format!("run `epnas lock {spec_name}`");
        let bytes = match files::read(&place, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => {
                return refuse(format!("there is no lock `{}`\nhelp: {again} to hold this search fast", place.display()));
            }
            Err(error) => return refuse(format!("{error}\nhelp: restore the lock, or {again}")),
        };
        let locked = match Lock::read(&bytes) {
            Ok(locked) => locked,
            Err(fault) => {
                return refuse(format!("`{}` cannot be used: {fault}\nhelp: {}", place.display(), help(&fault, &again)));
            }
        };
        let differences = locked.differences(&Lock::new(spec, data, site.ability.auto));
        if differences.is_empty() {
            return Ok(());
        }
        let list = differences.join("\n  ");
        refuse(format!("`{spec_name}` is not what `{}` holds:\n  {list}\nhelp: restore what differs, or {again} again", place.display()))
    }
}

/// The warning of `check` about a lock beside a spec that does not match the spec.
pub(super) fn warning(file: &Path, spec: &ResolvedSpec) -> Option<Finding> {
    let place = place(file);
    let again = format!("run `epnas lock {}`", file.display());
    let warn = |code, message: &str, help: &str| {
        Some(Finding { severity: Severity::Warning, ..Finding::of_file(code, &place, message, Some(help)) })
    };
    let bytes = match files::read(&place, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return None,
        Err(error) => return warn("lock::unusable", &error.to_string(), &format!("restore the lock, or {again}")),
    };
    match Lock::read(&bytes) {
        Ok(locked) => {
            let difference = locked.difference_of_spec(spec)?;
            let message = format!("the spec is no longer what this lock holds, so that `run --locked` refuses it: {difference}");
            warn("lock::stale", &message, &format!("restore what differs, or {again} again"))
        }
        Err(fault) => warn("lock::unusable", &format!("the lock cannot be used: {fault}"), &help(&fault, &again)),
    }
}

fn help(fault: &LockFault, again: &str) -> String {
    match fault {
        LockFault::Newer(_) => format!("install a newer epnas, or {again} to lock for this one"),
        _ => format!("restore the lock, or {again} to write it anew"),
    }
}

/// The lock beside a spec, where there is one that can be read.
pub(super) fn beside(spec: &Path) -> Option<Lock> {
    files::read(&place(spec), MAX_BYTES).ok().and_then(|bytes| Lock::read(&bytes).ok())
}

/// The name of a spec with `.lock` behind it.
pub(super) fn place(spec: &Path) -> PathBuf {
    let mut name = spec.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
