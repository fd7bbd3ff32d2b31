//! The one place where the clock enters.

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "time enters here alone")]
pub(super) fn unix_seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
