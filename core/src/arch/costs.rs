//! Costs of a network by kind, wherever they come from: computed from shapes, measured, or a column of a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::host::locked;

/// A cost that can be constrained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostKind {
    /// Trainable parameters.
    Params,
    /// Multiply–accumulates of convolutions and linear layers.
    Macs,
    /// Floating-point operations, 2 × macs.
    Flops,
    /// Floating-point operations per byte moved.
    Intensity,
    /// Peak bytes of activations during inference.
    Activations,
    /// Milliseconds of one inference at batch size 1.
    Latency,
    /// What a command of the user's prints, in the unit of the command.
    Measured(MeasureName),
}

/// The costs that are known of one network.
pub type Costs = BTreeMap<CostKind, f64>;

impl CostKind {
    /// Those that have a name of their own.
    pub const NAMED: [Self; 6] = [Self::Params, Self::Macs, Self::Flops, Self::Intensity, Self::Activations, Self::Latency];

    /// Its word in specs, tables and results.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::Intensity => "intensity",
            Self::Activations => "activations",
            Self::Latency => "latency",
            Self::Measured(name) => name.dotted,
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.strip_prefix(MeasureName::PREFIX) {
            Some(name) => name.parse().ok().map(Self::Measured),
            None => Self::NAMED.into_iter().find(|kind| kind.word() == word),
        }
    }

    /// Whether nobody knows it of a network before the network is measured.
    pub const fn is_measured(self) -> bool {
        matches!(self, Self::Latency | Self::Measured(_))
    }

    /// The costs that a line about a network tells, by their words: its size, its work and what was measured.
    pub fn told(costs: &Costs) -> impl Iterator<Item = (&'static str, f64)> {
        let is_told = |kind: Self| matches!(kind, Self::Params | Self::Macs) || kind.is_measured();
        costs.iter().filter(move |(kind, _)| is_told(**kind)).map(|(kind, cost)| (kind.word(), *cost))
    }

    /// Every kind that is known of some of these networks, in one order.
    pub fn of_all<'a>(networks: impl IntoIterator<Item = &'a Costs>) -> BTreeSet<Self> {
        networks.into_iter().flat_map(|costs| costs.keys().copied()).collect()
    }
}

impl Serialize for CostKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for CostKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::from_word(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no cost")))
    }
}

/// The name of a measure: of a device of the user's and of what is measured on it. Names are few and short, and each is kept
/// once for as long as the process lives, so that a cost can be copied like any other word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeasureName {
    /// `measured.pi4`: the place in a spec.
    dotted: &'static str,
}

static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

impl MeasureName {
    const PREFIX: &str = "measured.";

    /// The most letters.
    pub const LONGEST: usize = 64;

    /// `pi4`
    pub fn as_str(self) -> &'static str {
        &self.dotted[Self::PREFIX.len()..]
    }

    /// Whether a text can be such a name: letters, digits, `-` and `_`.
    pub fn is_valid(text: &str) -> bool {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        (1..=Self::LONGEST).contains(&text.len()) && text.chars().all(is_plain)
    }
}

/// A text that is no name of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a measure has 1 to 64 letters, digits, `-` and `_`")]
pub struct NoMeasureName;

impl FromStr for MeasureName {
    type Err = NoMeasureName;

    fn from_str(text: &str) -> Result<Self, NoMeasureName> {
        if !Self::is_valid(text) {
            return Err(NoMeasureName);
        }
        let dotted = format!("{}{text}", Self::PREFIX);
        let mut names = locked(&NAMES);
        if let Some(dotted) = names.get(dotted.as_str()).copied() {
            return Ok(Self { dotted });
        }
        let dotted: &'static str = Box::leak(dotted.into_boxed_str());
        names.insert(dotted);
        Ok(Self { dotted })
    }
}

impl fmt::Display for MeasureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MeasureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for MeasureName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MeasureName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_of_ones_own_is_a_cost_like_the_others() {
        let pi: MeasureName = "pi4".parse().expect("a name");
        let kind = CostKind::Measured(pi);
        assert_eq!((kind.word(), pi.as_str(), CostKind::from_word("measured.pi4")), ("measured.pi4", "pi4", Some(kind)));
        assert_eq!(pi, "pi4".parse().expect("the same"));
        let costs = Costs::from([(kind, 12.5), (CostKind::Latency, 1.0), (CostKind::Params, 10.0)]);
        let text = serde_json::to_string(&costs).expect("plain data");
        assert_eq!(text, r#"{"params":10.0,"latency":1.0,"measured.pi4":12.5}"#);
        assert_eq!(serde_json::from_str::<Costs>(&text).expect("what was written"), costs);
        for word in ["pi4", "measured.", "measured.a b", "measured.a.b", "Params"] {
            assert_eq!(CostKind::from_word(word), None, "{word}");
        }
        assert!(CostKind::NAMED.into_iter().all(|kind| CostKind::from_word(kind.word()) == Some(kind)));
        assert!("x".repeat(65).parse::<MeasureName>().is_err() && "".parse::<MeasureName>().is_err());
    }
}
