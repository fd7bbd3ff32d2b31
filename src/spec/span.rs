//! Lengths of time as people write them: `90s`, `10m`, `1h30m`, `2d`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whole seconds, written with their units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(pub u64);

impl TimeSpan {
    /// Its name in the schema.
    pub const NAME: &'static str = "TimeSpan";
    /// What is accepted, for messages.
    pub const EXPECTED: &'static str = "a time with its unit, such as `90s`, `10m`, `1h30m` or `2d`";
    /// The same as a pattern for editors.
    pub const PATTERN: &'static str = r"^([0-9]{1,9}[smhd])+$";

    pub fn parse(text: &str) -> Option<Self> {
        let mut seconds = 0_u64;
        let mut rest = text;
        while let Some(end) = rest.find(|letter: char| !letter.is_ascii_digit()) {
            let (number, unit) = rest.split_at(end);
            let unit_seconds = match unit.chars().next()? {
                's' => 1,
                'm' => 60,
                'h' => 3_600,
                'd' => 86_400,
                _ => return None,
            };
            let number = Some(number).filter(|digits| digits.len() <= 9)?.parse::<u64>().ok()?;
            seconds = seconds.checked_add(number.checked_mul(unit_seconds)?)?;
            rest = &unit[1..];
        }
        (rest.is_empty() && !text.is_empty()).then_some(Self(seconds))
    }
}

impl Serialize for TimeSpan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}s", self.0))
    }
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spans;
        impl Visitor<'_> for Spans {
            type Value = TimeSpan;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str(TimeSpan::EXPECTED)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<TimeSpan, E> {
                TimeSpan::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Spans)
    }
}

impl JsonSchema for TimeSpan {
    fn schema_name() -> Cow<'static, str> {
        Self::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A time with its unit: s, m, h or d; 1h30m is 90 minutes.",
            "type": "string",
            "pattern": Self::PATTERN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h30m", 5_400), ("2d", 172_800), ("0s", 0), ("1d1s", 86_401)] {
            assert_eq!(TimeSpan::parse(text), Some(TimeSpan(seconds)), "{text}");
        }
        for text in ["", "90", "m", "1.5h", "1 h", "-1s", "1w", "s90", "1h30", "9999999999s", "1H"] {
            assert_eq!(TimeSpan::parse(text), None, "{text}");
        }
    }
}
