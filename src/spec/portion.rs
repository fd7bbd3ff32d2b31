//! How many of a number of things: a count, or a share in percent.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::size::Size;
use crate::dataset::photos::Portion;

/// A number such as `5000` or `5k`, or a share such as `10%` or `0.1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PortionSpec {
    Count(Size),
    /// Of 0 to 1.
    Share(f64),
}

impl PortionSpec {
    /// Its name in the schema.
    pub const NAME: &'static str = "Portion";
    /// What is accepted, for messages.
    pub const EXPECTED: &'static str = "a number such as `5000` or `5k`, or a share such as `10%` or `0.1`";

    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                let number = number.as_f64().filter(|number| number.is_finite() && *number >= 0.0)?;
                // No count lies between 0 and 1.
                Some(if number > 0.0 && number < 1.0 { Self::Share(number) } else { Self::Count(Size(number)) })
            }
            Value::String(text) => match text.strip_suffix('%') {
                Some(percent) if percent.ends_with(|last: char| last.is_ascii_digit()) => {
                    Size::parse(percent).filter(|percent| percent.0 <= 100.0).map(|percent| Self::Share(percent.0 / 100.0))
                }
                Some(_) => None,
                None => Size::parse(text).filter(|size| size.0.is_finite()).map(Self::Count),
            },
            _ => None,
        }
    }

    /// The number, of so many things where it is a share.
    pub fn of(self, things: usize) -> f64 {
        match self {
            Self::Count(count) => count.0,
            Self::Share(_) => self.resolved().of(things) as f64,
        }
    }

    pub fn resolved(self) -> Portion {
        match self {
            Self::Count(count) => Portion::Count(count.0 as usize),
            Self::Share(share) => Portion::share(share),
        }
    }
}

impl std::fmt::Display for PortionSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{}", count.0),
            // Not a product, which would make 28.999999999999996 of 29.
            Self::Share(share) => write!(f, "{}%", (share * 1e8).round() / 1e6),
        }
    }
}

impl Serialize for PortionSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(serializer),
            Self::Share(_) => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for PortionSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::read(&value).ok_or_else(|| serde::de::Error::custom(format!("expected {}", Self::EXPECTED)))
    }
}

impl JsonSchema for PortionSpec {
    fn schema_name() -> Cow<'static, str> {
        Self::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number, optionally with k, M or G, or a share: 10% and 0.1 are a tenth.",
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": r"^[0-9]+(\.[0-9]+)?[kMG]?$|^(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%$",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_and_shares_are_read() {
        for (value, read) in [
            (json!(5000), Some(PortionSpec::Count(Size(5000.0)))),
            (json!("5k"), Some(PortionSpec::Count(Size(5000.0)))),
            (json!("10%"), Some(PortionSpec::Share(0.1))),
            (json!("0.1%"), Some(PortionSpec::Share(0.001))),
            (json!(0.1), Some(PortionSpec::Share(0.1))),
            (json!(1), Some(PortionSpec::Count(Size(1.0)))),
            (json!(0), Some(PortionSpec::Count(Size(0.0)))),
            (json!("101%"), None),
            (json!("1k%"), None),
            (json!("%"), None),
            (json!(-1), None),
            (json!([]), None),
        ] {
            assert_eq!(PortionSpec::read(&value), read, "{value}");
        }
        assert_eq!((PortionSpec::Share(0.29).to_string(), PortionSpec::Share(0.1).of(54)), ("29%".to_owned(), 5.0));
    }
}
