//! `epnas what-if`: what other constraints would say of everything a search has measured, without running anything.

mod render;

use std::path::{Path, PathBuf};

use super::data::Data;
use super::diagnostics::{Style, render};
use super::known::{From, Known};
use super::machine::ways;
use super::paths::{home, path};
use super::{CacheArgument, Exit, Talk, fail, print, print_json, say};
use crate::arch::CostKind;
use crate::cache::{Cache, CacheError};
use crate::files;
use crate::plan::Plan;
use crate::spec::set::Setting;
use crate::spec::{self, Reading, ResolvedSpec, Subject};
use crate::what_if::{Variant, WhatIf, WhatIfError};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The spec.
    #[arg(value_parser = path())]
    spec: PathBuf,
    /// A changed constraint, such as `constraints.params.max=60k`; `constraints.macs=null` removes one. May be given several times.
    #[arg(long = "set", value_name = "PATH=VALUE", required = true)]
    settings: Vec<Setting>,
    /// Format of the output. JSON is one object.
    #[arg(long, value_enum, default_value = "human")]
    format: Talk,
    #[command(flatten)]
    cache: CacheArgument,
}

pub(super) fn what_if(arguments: &Arguments) -> Exit {
    match try_what_if(arguments) {
        Ok(()) => Exit::Done,
        Err(exit) => exit,
    }
}

fn try_what_if(arguments: &Arguments) -> Result<(), Exit> {
    let (mut old, mut new) = load(&arguments.spec, &arguments.settings)?;
    let known = Known::find(&mut old, &arguments.spec, arguments.cache.look().as_ref())?;
    let data = match known {
        Known { data: Some(data), .. } => {
            data.fit(&mut new);
            data
        }
        // Images are not looked at here, and a table is.
        Known { digests, ref warnings, from: From::Lock | From::Cache, .. } if matches!(old.subject, Subject::Images { .. }) => {
            for warning in warnings {
                say(&format!("warning: {warning}"));
            }
            Data::absent(digests)
        }
        Known { missing, .. } => return Err(missing.map_or(Exit::Trouble, |error| error.tell())),
    };
    let trouble = |error: CacheError| fail(Exit::Trouble, &error.to_string());
    let cache = Cache::open_for_reading(&arguments.cache.folder).map_err(trouble)?;
    // What was measured counts, also when another device or machine did it.
    let mut found = Err(WhatIfError::NothingMeasured);
    for (old, new) in ways(&old, &cache).map_err(trouble)?.into_iter().zip(ways(&new, &cache).map_err(trouble)?) {
        let plans = [&old.spec, &new.spec].map(|spec| Plan::new(spec, data.digests, &old.device));
        let variant = |plan, spec: &'_ ResolvedSpec| (plan, spec.constraints.clone());
        let both = [variant(&plans[0], &old.spec), variant(&plans[1], &new.spec)];
        let [before, after] = [0, 1].map(|index| Variant { plan: both[index].0, constraints: &both[index].1 });
        let stages = old.spec.stages.len();
        found = WhatIf::new(before, after, stages, &cache, &old.remembered, &mut data.store(&old.spec));
        if !matches!(found, Err(WhatIfError::NothingMeasured)) {
            break;
        }
    }
    let found = found.map_err(|error| match error {
        WhatIfError::Cache(error) => trouble(error),
        WhatIfError::NothingMeasured => {
            let path = arguments.spec.display();
            let help = format!("`epnas run {path}` measures; if you edited the spec after a run, undo the edit and ask with `--set`");
            fail(Exit::Incomplete, &format!("nothing of `{}`, as it is now, has been measured yet\nhelp: {help}", old.name))
        }
        error @ WhatIfError::Unknown { cost } => {
            let with = match cost {
                CostKind::Measured(name) => format!(", with a pools file that has `measures: {{{name}: …}}`: `--pools FILE`"),
                _ => String::new(),
            };
            fail(Exit::BadSpec, &format!("{error}\nhelp: a run of the changed spec measures it{with}"))
        }
    })?;
    match arguments.format {
        Talk::Human => print(&render::human(&old, &arguments.settings, &found)),
        Talk::Json => print_json(render::json(&old, &arguments.settings, &found)),
    }
    Ok(())
}

/// The spec as it is and as it would be; faults of the latter are shown in the settings that made them.
fn load(path: &Path, settings: &[Setting]) -> Result<(ResolvedSpec, ResolvedSpec), Exit> {
    let old = super::load(path)?;
    let bytes = files::read(path, spec::load::MAX_BYTES as u64).map_err(|error| fail(Exit::BadSpec, &error.to_string()))?;
    let before = spec::read(&bytes).faults;
    let (Reading { source, faults, resolved }, placed) = spec::read_set(&bytes, settings);
    // What is doubtful about the file itself has been said.
    let new_ones: Vec<_> = faults.into_iter().filter(|fault| !before.contains(fault)).collect();
    let (of_settings, of_file): (Vec<_>, Vec<_>) = new_ones.into_iter().partition(|fault| placed.owns(fault, &source));
    let style = Style::of(&std::io::stderr());
    let told = [render("--set", &placed.source, &of_settings, style), render(&path.display().to_string(), &source, &of_file, style)];
    let told = told.concat();
    if !told.is_empty() {
        let with: Vec<String> = settings.iter().map(|setting| format!("`--set {}`", setting.text)).collect();
        say(&format!("{told}these are faults of `{}` with {}", path.display(), with.join(" and ")));
    }
    let mut new = resolved.ok_or(Exit::BadSpec)?.in_folder(path.parent().unwrap_or(Path::new("")), home().as_deref());
    // What was measured is held against the new limits: references that would be scaled to them were not.
    new.references.clone_from(&old.references);
    if (ResolvedSpec { constraints: old.constraints.clone(), ..new.clone() }) != old {
        let others: Vec<&Setting> = settings.iter().filter(|setting| setting.section() != "constraints").collect();
        let others: Vec<String> = others.iter().map(|setting| format!("`--set {}`", setting.text)).collect();
        let message = format!("{} changes more than constraints, so that what was measured says nothing of it", others.join(" and "));
        let help = "change the spec itself, and `epnas plan` says what would run again";
        return Err(fail(Exit::BadSpec, &format!("{message}\nhelp: {help}")));
    }
    Ok((old, new))
}
