//! Ages and sizes as people write them.

use crate::spec::size::Size;

/// Seconds, written such as `30d`, `12h` or `2w`.
pub(super) fn parse_age(text: &str) -> Result<u64, String> {
    let wrong = |_| "a time such as `30d`, `12h` or `2w` is expected".to_owned();
    humantime::parse_duration(text).map(|age| age.as_secs()).map_err(wrong)
}

/// Bytes, written such as `500M` or `2G`.
pub(super) fn parse_bytes(text: &str) -> Result<u64, String> {
    let size = Size::read(text, true)?.0;
    if size <= u64::MAX as f64 { Ok(size as u64) } else { Err(format!("expected: {}", Size::EXPECTED)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_understood_or_refused() {
        assert_eq!((parse_age("30d"), parse_age("2w")), (Ok(2_592_000), Ok(1_209_600)));
        assert_eq!((parse_bytes("2G"), parse_bytes("0")), (Ok(2_000_000_000), Ok(0)));
        assert!(parse_age("soon").is_err() && parse_age("-1d").is_err());
        assert!(parse_bytes("2 GB").is_err() && parse_bytes(&"9".repeat(400)).is_err());
    }
}
