//! Budgets for CI: `hours > 2` and the like, judged by the most that a run can take.

use std::fmt;
use std::str::FromStr;

use crate::forecast::Forecast;
use crate::spec::size::Size;

/// A bound on what a run may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Condition {
    quantity: Quantity,
    comparison: Comparison,
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Hours,
    DeviceHours,
    Trainings,
    Tasks,
    Disk,
}

impl Quantity {
    const ALL: [Self; 5] = [Self::Hours, Self::DeviceHours, Self::Trainings, Self::Tasks, Self::Disk];

    const fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::DeviceHours => "device-hours",
            Self::Trainings => "trainings",
            Self::Tasks => "tasks",
            Self::Disk => "disk",
        }
    }

    /// Whether it is known only by earlier tasks.
    const fn is_measured(self) -> bool {
        matches!(self, Self::Hours | Self::DeviceHours | Self::Disk)
    }

    fn most(self, forecast: &Forecast) -> f64 {
        match self {
            Self::Hours => forecast.seconds.at_most / 3600.0,
            Self::DeviceHours => forecast.worker_seconds.at_most / 3600.0,
            Self::Trainings => forecast.trainings().at_most,
            Self::Tasks => forecast.tasks.values().map(|tasks| tasks.run.at_most).sum(),
            Self::Disk => forecast.bytes.at_most,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = Quantity::ALL.map(Quantity::word).join("`, `");
        let wrong = || format!("`{text}` is no condition such as `hours > 2`; what can be bounded: `{words}`, by `>` or `>=`");
        let (name, rest) = text.split_once('>').ok_or_else(wrong)?;
        let (comparison, limit) = match rest.strip_prefix('=') {
            Some(limit) => (Comparison::AtLeast, limit),
            None => (Comparison::Above, rest),
        };
        let quantity = Quantity::ALL.into_iter().find(|quantity| quantity.word() == name.trim()).ok_or_else(wrong)?;
        let limit = Size::parse(limit.trim()).ok_or_else(wrong)?.0;
        Ok(Self { quantity, comparison, limit })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::Above => ">",
            Comparison::AtLeast => ">=",
        };
        write!(f, "{} {sign} {}", self.quantity.word(), self.limit)
    }
}

impl Condition {
    /// What to say where it holds, or cannot be judged: a budget that is not known to be kept is not kept.
    pub(super) fn fault(&self, forecast: &Forecast) -> Option<String> {
        let most = self.quantity.most(forecast);
        let holds = match self.comparison {
            Comparison::Above => most > self.limit,
            Comparison::AtLeast => most >= self.limit,
        };
        if holds {
            let most = if most.fract() == 0.0 || most >= 1000.0 { format!("{most:.0}") } else { format!("{most:.2}") };
            return Some(format!("`{self}`: it can be {most}"));
        }
        // Of a table nothing is trained, and what a task will write is known by earlier ones alone.
        let nothing_known = matches!(self.quantity, Quantity::Disk) && most == 0.0 && Quantity::Tasks.most(forecast) > 0.0;
        let unknown = self.quantity.is_measured() && forecast.unmeasured > 0 || nothing_known;
        unknown.then(|| {
            let tasks = if nothing_known { "the".to_owned() } else { forecast.unmeasured.to_string() };
            format!(
                "`{self}` cannot be judged: {tasks} tasks are like none that was measured\nhelp: bound `trainings`, measure this machine with `epnas doctor --keep`, or bring a cache in which trainings on this data were measured"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_they_are_written() {
        for (text, again) in [("hours > 2", "hours > 2"), ("disk>=1.5G", "disk >= 1500000000"), (" trainings >10", "trainings > 10")] {
            assert_eq!(text.parse::<Condition>().map(|condition| condition.to_string()), Ok(again.to_owned()));
        }
        for text in ["", "hours", "hours < 2", "hours > two", "weeks > 1", "hours > -1", "hours > 1 > 2"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}
