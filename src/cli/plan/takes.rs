//! What a run will take: time, disk and passes over the data.

use super::Foreseen;
use crate::forecast::Range;
use crate::run::Status;
use crate::text::{counted, duration, quantity};

/// Beyond so many times the expected time, its bounds are not shown.
const ROUGH: f64 = 8.0;

/// Time, disk and passes, one line each.
pub(in crate::cli) fn takes(foreseen: &Foreseen) -> Vec<String> {
    let forecast = &foreseen.forecast;
    let mut lines = Vec::new();
    let between = |range: Range, show: &dyn Fn(f64) -> String| {
        let [least, expected, most] = [range.at_least, range.expected, range.at_most].map(show);
        if least == most { expected } else { format!("{expected} (between {least} and {most})") }
    };
    let all_unknown = forecast.unmeasured > 0 && forecast.worker_seconds.at_most == 0.0;
    if all_unknown {
        lines.push("time: not known until a training on this data was measured, or this machine with `epnas doctor --keep`".to_owned());
    } else {
        let workers = counted(foreseen.workers, "worker");
        // A sum of nothing is −0.
        let hours = |seconds: f64| format!("{:.2}", (seconds / 3600.0).abs());
        lines.push(if is_rough(forecast.seconds) {
            let (seconds, hours) = (duration(forecast.seconds.expected), hours(forecast.worker_seconds.expected));
            let why = "hardly any training like these was measured on this machine";
            format!("time: roughly {seconds} with {workers}, {hours} device-hours; a guess, for {why}")
        } else {
            let (seconds, hours) = (between(forecast.seconds, &duration), between(forecast.worker_seconds, &hours));
            format!("time: about {seconds} with {workers}, {hours} device-hours")
        });
        // Sizes of what steers are those of other rounds and searches: no bounds are claimed of them.
        lines.push(format!("disk: about {} bytes more in the cache", quantity(forecast.bytes.expected.round())));
        if forecast.unmeasured > 0 {
            let (count, verb) = (counted(forecast.unmeasured, "task"), if forecast.unmeasured == 1 { "is" } else { "are" });
            lines.push(format!("{count} on these data {verb} not in these figures, for none like it was measured yet"));
        }
    }
    let passes: f64 = foreseen
        .plan
        .tasks()
        .zip(&foreseen.replay.standings)
        .filter(|(_, standing)| matches!(standing.status, Status::Runs { .. } | Status::Open))
        .map(|(planned, _)| planned.task.passes())
        .sum();
    if passes > 0.0 {
        lines.push(format!("at most {passes:.1} passes over the training split; fewer where a network was trained before"));
    }
    lines
}

/// Whether a run may take so many times as long as expected that bounds tell nothing.
fn is_rough(Range { expected, at_most, .. }: Range) -> bool {
    at_most > ROUGH * expected
}
