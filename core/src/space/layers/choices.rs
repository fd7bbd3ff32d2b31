//! The options of the parameters of operations in a space of layers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use crate::arch::Parameter;

/// The options of every parameter that is searched: sorted and free of duplicates. A parameter that can only be absent
/// is not among them; so it takes part in no decision and in no key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Vec<usize>>")]
pub struct Choices(BTreeMap<Parameter, Vec<usize>>);

impl Choices {
    /// The options of each parameter, by its place in [`Parameter::ALL`]; those behind the last one given are 0.
    pub fn of<const COUNT: usize>(options: [&[usize]; COUNT]) -> Self {
        Parameter::ALL.into_iter().zip(options.map(<[usize]>::to_vec)).collect()
    }

    /// Few options of every parameter, those that may be absent among them.
    pub fn few() -> Self {
        let few = |parameter: Parameter| match parameter.description().options {
            [0] => vec![0, 4],
            options => options.iter().copied().take(3).collect(),
        };
        Parameter::ALL.into_iter().map(|parameter| (parameter, few(parameter))).collect()
    }

    /// The options of a parameter; empty where it is not searched.
    pub fn options(&self, parameter: Parameter) -> &[usize] {
        self.0.get(&parameter).map_or(&[], Vec::as_slice)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Parameter, &[usize])> {
        self.0.iter().map(|(&parameter, options)| (parameter, options.as_slice()))
    }

    /// Whether a layer may have this value.
    pub fn offer(&self, parameter: Parameter, value: usize) -> bool {
        self.0.get(&parameter).map_or(value == 0, |options| options.contains(&value))
    }
}

impl FromIterator<(Parameter, Vec<usize>)> for Choices {
    fn from_iter<I: IntoIterator<Item = (Parameter, Vec<usize>)>>(options: I) -> Self {
        Self(options.into_iter().filter(|(_, options)| options[..] != [0]).collect())
    }
}

impl Serialize for Choices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(parameter, options)| (parameter.description().set, options)))
    }
}

impl TryFrom<BTreeMap<String, Vec<usize>>> for Choices {
    type Error = String;

    fn try_from(stored: BTreeMap<String, Vec<usize>>) -> Result<Self, String> {
        let parameter = |set: &str| Parameter::ALL.into_iter().find(|parameter| parameter.description().set == set);
        let read = |(set, options): (String, Vec<usize>)| match parameter(&set) {
            Some(parameter) => Ok((parameter, options)),
            None => Err(format!("a space of layers has no `{set}`")),
        };
        stored.into_iter().map(read).collect()
    }
}
