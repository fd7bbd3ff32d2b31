//! Numbers, times and texts of records as people read them, and as they write them.

use std::time::{Duration, UNIX_EPOCH};

use crate::spec::size::Size;

/// The last second that has a date of four digits of a year.
const LAST_SECOND: u64 = 253_402_300_799;

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
pub fn time(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds.min(LAST_SECOND))).to_string()
}

/// A text from a record that a terminal can be trusted with.
pub fn plain(text: &str) -> String {
    text.chars().flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }).collect()
}

/// `1 record`, `2 records`.
pub fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Seconds, written such as `30d`, `12h` or `2w`.
pub fn parse_age(text: &str) -> Result<u64, String> {
    let wrong = |_| "a time such as `30d`, `12h` or `2w` is expected".to_owned();
    humantime::parse_duration(text).map(|age| age.as_secs()).map_err(wrong)
}

/// Bytes, written such as `500M` or `2G`.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let size = Size::parse(text).filter(|size| size.0 <= u64::MAX as f64);
    size.map(|size| size.0 as u64).ok_or_else(|| format!("{} is expected", Size::EXPECTED))
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
        assert_eq!(bytes(u64::MAX), "18446744073.7 GB");
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(u64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(plain("Xeon® \u{1b}[2J\n"), "Xeon® \\u{1b}[2J\\n");
    }

    #[test]
    fn ages_and_sizes_are_understood_or_refused() {
        assert_eq!((parse_age("30d"), parse_age("2w")), (Ok(2_592_000), Ok(1_209_600)));
        assert_eq!((parse_bytes("2G"), parse_bytes("0")), (Ok(2_000_000_000), Ok(0)));
        assert!(parse_age("soon").is_err() && parse_age("-1d").is_err());
        assert!(parse_bytes("2 GB").is_err() && parse_bytes(&"9".repeat(400)).is_err());
    }
}
