//! Ranges and names: rules about one value.

use std::fmt;
use std::ops::RangeInclusive;

use crate::arch::Parameter;
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::source::last_key;
use crate::text::list;

pub(super) const MAX_DEPTH: usize = 64;

/// An interval of numbers with or without its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub low: f64,
    pub high: f64,
    pub with_low: bool,
    pub with_high: bool,
}

impl Interval {
    /// (low, high)
    pub(super) const fn open(low: f64, high: f64) -> Self {
        Self { low, high, with_low: false, with_high: false }
    }

    /// [low, high]
    pub(super) const fn closed(low: f64, high: f64) -> Self {
        Self { low, high, with_low: true, with_high: true }
    }

    /// (low, high]
    pub(super) const fn above(low: f64, high: f64) -> Self {
        Self { low, high, with_low: false, with_high: true }
    }

    /// [low, high)
    pub(super) const fn below(low: f64, high: f64) -> Self {
        Self { low, high, with_low: true, with_high: false }
    }

    fn contains(&self, value: f64) -> bool {
        let above = if self.with_low { value >= self.low } else { value > self.low };
        let below = if self.with_high { value <= self.high } else { value < self.high };
        above && below
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.with_low {
            write!(f, "{} or more", self.low)?;
        } else {
            write!(f, "above {}", self.low)?;
        }
        if self.with_high { write!(f, " and {} or less", self.high) } else { write!(f, " and below {}", self.high) }
    }
}

/// A whole number, where given, must lie in `range`.
pub(super) fn whole(faults: &mut Diagnostics, path: &Path, value: Option<usize>, range: RangeInclusive<usize>) {
    if let Some(value) = value.filter(|value| !range.contains(value)) {
        let help = format!("allowed: {} to {}", range.start(), range.end());
        faults.error("spec::out-of-range", path, format!("{} is {value}", last_key(path)), help);
    }
}

/// A number, where given, must lie in `interval`.
pub(super) fn real(faults: &mut Diagnostics, path: &Path, value: Option<f64>, interval: Interval) {
    if let Some(value) = value.filter(|&value| !interval.contains(value)) {
        faults.error("spec::out-of-range", path, format!("{} is {value}", last_key(path)), format!("allowed: {interval}"));
    }
}

/// An odd window that fits an image.
pub(super) fn window(faults: &mut Diagnostics, path: &Path, value: Option<usize>, side: usize) {
    let Some(value) = value else { return };
    let largest = if side % 2 == 1 { side } else { side - 1 };
    if value % 2 == 0 || value > largest {
        let wrong = if value % 2 == 0 { "even" } else { "larger than the image" };
        let help = format!("allowed: odd sizes from 1 to {largest}, so that a window has a middle");
        faults.error("spec::out-of-range", path, format!("a window of {value} is {wrong}"), help);
    }
}

/// The value of a parameter, where given, is within its range; a window also fits the image.
pub(super) fn value(faults: &mut Diagnostics, place: &Path, parameter: Parameter, given: Option<usize>, side: usize) {
    let [least, most] = parameter.description().range;
    if parameter == Parameter::Kernel { window(faults, place, given, side) } else { whole(faults, place, given, least..=most) }
}

/// `min` and `max` of a depth: as given, with the defaults, and the least and the most ever allowed.
pub(super) fn bounds_of_depth(
    faults: &mut Diagnostics,
    given: (Option<usize>, Option<usize>),
    (min, max): (usize, usize),
    (least, most): (usize, usize),
    place: &Path,
) {
    whole(faults, &place.key("min"), given.0, least..=most);
    whole(faults, &place.key("max"), given.1, 1..=most);
    if min > max {
        let by_default = |given: Option<usize>| if given.is_some() { "" } else { " (the default)" };
        let message = format!("`min` is {min}{}, `max` is {max}{}", by_default(given.0), by_default(given.1));
        let at = if given.0.is_some() { place.key("min") } else { place.key("max") };
        faults.error("space::depth", &at, message, "`min` must not be above `max`");
    }
}

/// The most values in one set.
pub(super) const MAX_SET: usize = 32;

/// A set, where given, must have 1 to [`MAX_SET`] values, each of which `rule` allows.
pub(super) fn set<T: Copy>(
    faults: &mut Diagnostics,
    path: &Path,
    values: Option<&Vec<T>>,
    mut rule: impl FnMut(&mut Diagnostics, &Path, T),
) {
    let Some(values) = values else { return };
    if values.is_empty() {
        let help = "name at least one, or take the line out for the default";
        faults.error("spec::empty-set", path, format!("{} is empty", last_key(path)), help);
    }
    if values.len() > MAX_SET {
        faults.error(
            "spec::out-of-range",
            path,
            format!("{} has {} values", last_key(path), values.len()),
            format!("allowed: 1 to {MAX_SET}"),
        );
        return;
    }
    for (index, &value) in values.iter().enumerate() {
        rule(faults, &path.index(index), value);
    }
}

/// A path is taken as it is written, but for the home folder, `~/`: what else a shell would put in its place stays.
pub(super) fn shell_word(faults: &mut Diagnostics, code: &'static str, place: &Path, path: &std::path::Path) {
    let text = path.to_string_lossy();
    if text.starts_with(['~', '$']) && text != "~" && !text.starts_with("~/") {
        let message = format!("the path begins with `{}`, which only a shell replaces", &text[..1]);
        let help = format!("write the path out, such as `/home/…`; a folder of this name is `./{text}`");
        faults.error(code, place, message, help);
    }
}

/// A name becomes a folder and a part of task names.
pub(super) fn name(faults: &mut Diagnostics, path: &Path, name: &str) {
    if let Some(message) = name_fault(name) {
        faults.error("spec::name", path, message, NAMES);
    }
}

/// Which names there are.
pub const NAMES: &str = "allowed: 1 to 100 letters, digits, `-`, `_` and `.`, as in `fashion-mnist-2`";

/// What keeps a word from being a name.
pub fn name_fault(name: &str) -> Option<String> {
    let mut wrong: Vec<char> = name.chars().filter(|c| !c.is_ascii_alphanumeric() && !"-_.".contains(*c)).collect();
    wrong.sort_unstable();
    wrong.dedup();
    if name.is_empty() {
        Some("the name is empty".to_owned())
    } else if name.chars().count() > 100 {
        Some(format!("the name has {} characters", name.chars().count()))
    } else if !wrong.is_empty() {
        let wrong: Vec<String> = wrong.iter().take(5).map(|c| c.escape_default().to_string()).collect();
        Some(format!("the name contains {}", list(&wrong)))
    } else if name.contains("..") || name.starts_with(['.', '-']) || name.ends_with('.') {
        Some("the name begins with `.` or `-`, ends with `.` or contains `..`".to_owned())
    } else {
        None
    }
}
