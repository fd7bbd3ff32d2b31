//! Numbers, shares, times and sizes as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// The last second that has a date of four digits of a year.
const LAST_SECOND: u64 = 253_402_300_799;

/// `92.31 %`.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// `92.31 %`; with a standard deviation `92.31 ± 0.12 %`.
pub fn percent_with(share: f64, deviation: Option<f64>) -> String {
    deviation.map_or_else(|| percent(share), |deviation| format!("{:.2} ± {:.2} %", 100.0 * share, 100.0 * deviation))
}

/// `98.3k`, `9.61M`; small and fractional numbers as they are.
pub fn quantity(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{:.2}G", value / 1e9),
        value if value >= 1e6 => format!("{:.2}M", value / 1e6),
        value if value >= 1e3 => format!("{:.1}k", value / 1e3),
        value if value.fract() == 0.0 => format!("{value}"),
        value => format!("{value:.2}"),
    }
}

/// `4.2 s`, `4 min 20 s`, `5 h 04 min`.
pub fn duration(seconds: f64) -> String {
    if seconds < 90.0 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60, seconds % 60);
    if hours < 2 { format!("{minutes} min {seconds:02} s") } else { format!("{hours} h {:02} min", minutes % 60) }
}

/// `2:03`, `1:02:03`.
pub fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Bytes in units of a thousand.
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut units = ["B", "kB", "MB", "GB"].into_iter();
    let mut unit = units.next().expect("there are four");
    for larger in units {
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    if unit == "B" { format!("{count} B") } else { format!("{value:.1} {unit}") }
}

/// A time in seconds since 1970, such as `2026-05-04T10:00:00Z`.
pub fn date(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND))).to_string()
}

/// `1 record`, `2 records`.
pub fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_well() {
        let sizes = [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (999_960, "1.0 MB"), (2_340_000_000, "2.3 GB")];
        for (count, text) in sizes {
            assert_eq!(bytes(count), text);
        }
        let times = [(0.04, "0.0 s"), (89.9, "89.9 s"), (119.6, "2 min 00 s"), (7_199.4, "119 min 59 s"), (18_250.0, "5 h 04 min")];
        for (seconds, text) in times {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!(bytes(u64::MAX), "18446744073.7 GB");
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(u64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!((counted(1, "record"), counted(2, "record")), ("1 record".to_owned(), "2 records".to_owned()));
    }
}
