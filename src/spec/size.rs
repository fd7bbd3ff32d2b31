//! Numbers as people write sizes: `100k`, `12M`, `0.5G`, or plain.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::diagnostic::{Path, Segment};

/// A number that may be written with `k`, `M` or `G` (thousand, million, 10⁹).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Size(pub f64);

impl Size {
    /// Its name in the schema.
    pub const NAME: &'static str = "Size";
    /// What is accepted, for messages.
    pub const EXPECTED: &'static str = "a number such as `100000`, `100k`, `12M` or `0.5G`";
    /// The same as a pattern for editors.
    pub const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)?[kMG]?$";

    pub fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.char_indices().last()? {
            (end, 'k') => (&text[..end], 3),
            (end, 'M') => (&text[..end], 6),
            (end, 'G') => (&text[..end], 9),
            _ => (text, 0),
        };
        let plain = number.starts_with(|first: char| first.is_ascii_digit()) && number.ends_with(|last: char| last.is_ascii_digit());
        let digits = plain && number.chars().all(|digit| digit.is_ascii_digit() || digit == '.');
        // Not a product, which would make 4099.999999999999 of 4.1k.
        digits.then(|| format!("{number}e{exponent}").parse().ok()).flatten().map(Self)
    }

    /// A size of the command line, or what is expected there.
    pub fn read(text: &str, counts_bytes: bool) -> Result<Self, String> {
        let help = || {
            let Meant { size, note } = Meant::of_text(text, counts_bytes);
            let meant = size.map_or_else(String::new, |size| format!("did you mean `{size}`? "));
            format!("{note}{meant}expected: {}", Self::EXPECTED)
        };
        Self::parse(text).ok_or_else(help)
    }
}

/// What was probably meant by a text that is no size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    pub size: Option<String>,
    /// What is to be known of it, in front of what is meant.
    pub note: &'static str,
}

impl Meant {
    /// By its unit, at a place in a spec: most sizes are counts, a few are bytes.
    pub fn of(value: &Value, path: &Path) -> Self {
        let counts_bytes = path.0.iter().any(|step| matches!(step, Segment::Key(key) if ["disk", "activations"].contains(&key.as_str())));
        let names = |word: &str| path.0.iter().any(|step| matches!(step, Segment::Key(key) if key == word));
        let note = if names("latency") {
            Some("a latency is in milliseconds, without a unit; ")
        } else if names("measured") {
            Some("what is measured is in the unit of its command, and is given without it; ")
        } else {
            None
        };
        match (value.as_str(), note) {
            (Some(text), Some(note)) if text.ends_with("ms") => {
                let number = text.trim_end_matches("ms").trim();
                Self { size: Size::parse(number).map(|_| number.to_owned()), note }
            }
            (text, _) => text.map_or_else(Self::default, |text| Self::of_text(text, counts_bytes)),
        }
    }

    fn of_text(text: &str, counts_bytes: bool) -> Self {
        let Some((number, unit)) = text.find(|c: char| !c.is_ascii_digit() && c != '.').map(|end| text.split_at(end)) else {
            return Self::default();
        };
        let unit = unit.trim().to_lowercase();
        let (unit, of_bytes) = match unit.as_str() {
            "k" | "thousand" => ("k", false),
            "m" | "million" => ("M", false),
            "g" | "b" | "billion" => ("G", false),
            "kb" | "kib" => ("k", true),
            "mb" | "mib" => ("M", true),
            "gb" | "gib" => ("G", true),
            _ => return Self::default(),
        };
        let note = if of_bytes && !counts_bytes { "it is a count, not bytes; " } else { "" };
        let written = format!("{number}{unit}");
        Self { size: Size::parse(&written).map(|_| written), note }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sizes;
        impl Visitor<'_> for Sizes {
            type Value = Size;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str(Size::EXPECTED)
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Size, E> {
                Ok(Size(value as f64))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Size, E> {
                self.visit_f64(value as f64)
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Size, E> {
                if value.is_finite() && value >= 0.0 { Ok(Size(value)) } else { Err(E::invalid_value(de::Unexpected::Float(value), &self)) }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                Size::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(Sizes)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        Self::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, optionally with k, M or G: 100k is 100,000.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": Self::PATTERN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_is_none_says_what_was_meant() {
        assert_eq!(Size::read("50k", false), Ok(Size(50e3)));
        assert!(Size::read("50K", false).expect_err("no size").starts_with("did you mean `50k`?"));
        assert!(Size::read("2 GB", false).expect_err("no size").starts_with("it is a count, not bytes; did you mean `2G`?"));
        assert!(Size::read("2GB", true).expect_err("no size").starts_with("did you mean `2G`?"));
        assert!(Size::read("many", true).expect_err("no size").starts_with("expected: "));
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        for (text, value) in [("100k", 100e3), ("12M", 12e6), ("0.5G", 5e8), ("7", 7.0), ("1.5k", 1500.0), ("4.1k", 4100.0)] {
            assert_eq!(Size::parse(text), Some(Size(value)), "{text}");
        }
        for text in ["", "k", "M", "-1k", "1kk", "1e3", ".5k", "5.", "100K", "1 k", "NaN", "1.2.3k"] {
            assert_eq!(Size::parse(text), None, "{text}");
        }
    }
}
