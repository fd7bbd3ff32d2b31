//! Rules of a pools file.

use super::schema::{MeasureSpec, PoolSpec, PoolsSpec, SlotRangeSpec, SlotsSpec};
use crate::arch::{MeasureName, NoMeasureName};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::spec::check::{NAMES, name_fault};

/// The most slots of a pool.
const MOST: usize = 10_000;

/// The most runs of a command for one network, and the highest version of one.
const MOST_RUNS: usize = 1_000;
const VERSIONS: usize = 1_000_000;

/// What stands in the command of a measure for the path of the network.
pub const ONNX: &str = "{onnx}";

/// Everything that is wrong or doubtful about it.
pub(super) fn check(spec: &PoolsSpec) -> Vec<Diagnostic> {
    let mut faults = Diagnostics::default();
    let root = Path::root().key("pools");
    let pools = spec.pools.as_deref().unwrap_or_default();
    let has_measures = spec.measures.as_ref().is_some_and(|measures| !measures.is_empty());
    if pools.is_empty() && (spec.pools.is_some() || !has_measures) {
        faults.error("pools::none", &root, "there are no pools", "add one, such as `- {name: here, workers: 2}`");
    }
    for (name, measure) in spec.measures.iter().flatten() {
        self::measure(&mut faults, name, measure, pools);
    }
    for (index, pool) in pools.iter().enumerate() {
        let place = root.index(index);
        if let Some(fault) = name_fault(&pool.name) {
            faults.error("pools::name", &place.key("name"), fault, NAMES);
        }
        if pools[..index].iter().any(|other| other.name == pool.name) {
            let help = "give every pool a name of its own";
            faults.error("pools::name", &place.key("name"), format!("two pools are called `{}`", pool.name), help);
        }
        device(&mut faults, pool, &place);
        match (&pool.launch, pool.workers) {
            (Some(launch), None) => {
                command(&mut faults, launch, &place.key("launch"));
                slots(&mut faults, pool.slots, &place.key("slots"));
                paths(&mut faults, pool, &place);
                count(&mut faults, pool.cpus_per_slot.unwrap_or(1), 1, &place.key("cpus-per-slot"));
            }
            (None, Some(workers)) => {
                count(&mut faults, workers, 1, &place.key("workers"));
                local(&mut faults, pool, &place);
            }
            (Some(_), Some(_)) => {
                let help = "make two pools of it: one with `workers` for this machine, one with `launch` for others";
                faults.error("pools::kind", &place, format!("`{}` has both `workers` and `launch`", pool.name), help);
            }
            (None, None) => {
                let help = "say `workers: N` for this machine, or `launch: …` for a command that starts a slot";
                faults.error("pools::kind", &place, format!("`{}` has neither `workers` nor `launch`", pool.name), help);
            }
        }
    }
    faults.into_vec()
}

fn measure(faults: &mut Diagnostics, name: &str, measure: &MeasureSpec, pools: &[PoolSpec]) {
    let place = Path::root().key("measures").key(name);
    if !MeasureName::is_valid(name) {
        faults.error("measures::name", &place, format!("`{name}` is no name of a measure"), NoMeasureName.to_string());
    }
    if pools.iter().any(|pool| pool.name == name) {
        let help = "give the pool or the measure another name, so that messages tell them apart";
        faults.error("measures::name", &place, format!("a pool is called `{name}` too"), help);
    }
    let command = place.key("command");
    if !measure.command.contains(ONNX) {
        let help = format!("put `{ONNX}` where the path of the network belongs, such as `{} {ONNX}`", measure.command.trim());
        faults.error("measures::command", &command, "nothing says where the network is read", help);
    }
    may_ask(faults, &measure.command, &command);
    for (key, value, most) in
        [("repeat", measure.repeat.unwrap_or(1), MOST_RUNS), ("version", measure.version.unwrap_or(1) as usize, VERSIONS)]
    {
        if !(1..=most).contains(&value) {
            faults.error(
                "measures::count",
                &place.key(key),
                format!("`{value}` is outside of its range"),
                format!("a number from 1 to {most}"),
            );
        }
    }
    if measure.time_limit.is_some_and(|limit| limit.0 == 0) {
        let help = "say how long the command may take, such as `60s`";
        faults.error("measures::count", &place.key("time-limit"), "no command ends in no time", help);
    }
}

fn device(faults: &mut Diagnostics, pool: &PoolSpec, place: &Path) {
    let Some(device) = &pool.device else { return };
    let number = device.strip_prefix("cuda:").is_some_and(|number| number.parse::<u16>().is_ok());
    if !number && !["cpu", "cuda"].contains(&device.as_str()) {
        faults.error("pools::device", &place.key("device"), format!("`{device}` is no device"), "say `cpu`, `cuda` or `cuda:N`");
    }
}

fn command(faults: &mut Diagnostics, launch: &str, place: &Path) {
    match launch.matches("{worker}").count() {
        0 => {
            // Whoever wrote the bare word forgot the braces.
            let words = launch.split_whitespace().filter(|word| !matches!(*word, "worker" | "epnas-worker"));
            let line = words.chain(["{worker}"]).collect::<Vec<_>>().join(" ");
            let help = format!("put `{{worker}}` where the command of the worker belongs, such as `{line}`");
            faults.error("pools::launch", place, "nothing says where the worker is started", help);
        }
        1 => {}
        _ => faults.error("pools::launch", place, "it would start several workers", "a launcher starts one worker and carries its streams"),
    }
    may_ask(faults, launch, place);
}

/// A command that asks for something waits for ever.
fn may_ask(faults: &mut Diagnostics, command: &str, place: &Path) {
    if command.split_whitespace().next() == Some("ssh") && !command.contains("BatchMode") {
        let help = "say `ssh -o BatchMode=yes …`, so that it fails instead, and log in with a key";
        faults.warning("pools::password", place, "`ssh` may ask for a password, and nobody answers", help);
    }
}

fn slots(faults: &mut Diagnostics, slots: Option<SlotsSpec>, place: &Path) {
    match slots {
        None => {}
        Some(SlotsSpec::Most(most)) => count(faults, most, 1, place),
        Some(SlotsSpec::Range(SlotRangeSpec { min, max })) => {
            count(faults, max, 1, &place.key("max"));
            if min.is_some_and(|min| min > max) {
                faults.error("pools::count", &place.key("min"), "the least is above the most", format!("say at most `min: {max}`"));
            }
        }
    }
}

fn count(faults: &mut Diagnostics, count: usize, least: usize, place: &Path) {
    if !(least..=MOST).contains(&count) {
        faults.error("pools::count", place, format!("`{count}` is outside of its range"), format!("a number from {least} to {MOST}"));
    }
}

/// Paths pass through shells of several machines, and each has its own idea of quotes.
fn paths(faults: &mut Diagnostics, pool: &PoolSpec, place: &Path) {
    for (key, path) in [("worker", &pool.worker), ("scratch", &pool.scratch)] {
        let Some(path) = path else { continue };
        if !is_plain(path) {
            let help = "letters, digits and `/ . - _ + : @` are safe in every shell";
            faults.error("pools::path", &place.key(key), format!("`{path}` would not pass through shells as it is"), help);
        }
    }
}

/// Whether a path means the same in any shell.
pub fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/.-_+:@".contains(letter))
}

/// What a pool of this machine does not have.
fn local(faults: &mut Diagnostics, pool: &PoolSpec, place: &Path) {
    let given = [
        ("slots", pool.slots.is_some()),
        ("leaves-after", pool.leaves_after.is_some()),
        ("start-limit", pool.start_limit.is_some()),
        ("time-limit", pool.time_limit.is_some()),
        ("cpus-per-slot", pool.cpus_per_slot.is_some()),
        ("cache", pool.cache.is_some()),
        ("data", pool.data.is_some()),
        ("worker", pool.worker.is_some()),
        ("scratch", pool.scratch.is_some()),
    ];
    for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
        let help = "take it out; only pools with `launch` have it";
        faults.error("pools::kind", &place.key(key), format!("workers of this machine have no `{key}`"), help);
    }
}
