//! Rules of what says how a run behaves: lookahead, checkpoints, budget, failures.

use super::bounds::{Interval, real, whole};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::span::TimeSpan;

const MAX_LOOKAHEAD: usize = 100;
const MAX_RETRIES: usize = 100;
const YEAR: u64 = 366 * 86_400;

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    whole(faults, &root.key("lookahead"), spec.lookahead, 0..=MAX_LOOKAHEAD);
    span(faults, &root.key("checkpoint"), spec.checkpoint, 1);
    if let Some(budget) = &spec.budget {
        let place = root.key("budget");
        for (key, size) in [("trainings", budget.trainings), ("disk", budget.disk)] {
            let wrong = size.filter(|size| size.0 < 1.0 || size.0 > 1e18 || size.0.fract() != 0.0);
            if let Some(size) = wrong {
                let help = "allowed: whole numbers from 1; take the line out for no limit";
                faults.error("spec::out-of-range", &place.key(key), format!("`{key}` is {}", size.0), help);
            }
        }
        real(faults, &place.key("device-hours"), budget.device_hours, Interval::above(0.0, 1e9));
        span(faults, &place.key("wall-time"), budget.wall_time, 1);
    }
    if let Some(failures) = &spec.failures {
        let place = root.key("failures");
        whole(faults, &place.key("retries"), failures.retries, 0..=MAX_RETRIES);
        real(faults, &place.key("limit"), failures.limit, Interval::above(0.0, 1.0));
        span(faults, &place.key("time-limit"), failures.time_limit, 1);
        span(faults, &place.key("silence"), failures.silence, 5);
    }
}

fn span(faults: &mut Diagnostics, path: &Path, value: Option<TimeSpan>, least: u64) {
    if let Some(value) = value.filter(|value| !(least..=YEAR).contains(&value.0)) {
        let name = crate::spec::source::last_key(path);
        let help = format!("allowed: {least} second{} to a year", if least == 1 { "" } else { "s" });
        faults.error("spec::out-of-range", path, format!("{name} is {} seconds", value.0), help);
    }
}
