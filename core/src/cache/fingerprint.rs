//! What a result depends on, and the key made of it. Nothing else may decide whether a task runs again.
//!
//! Which field of a spec enters the key of which kind of task:
//!
//! | spec field | sample | predict | measure | train | reward | update | final |
//! |--|--|--|--|--|--|--|--|
//! | `name`, names of stages, comments, order of keys and sets | | | | | | | |
//! | `space`, depth of a stage | ✓ | ✓ | through the architecture | through the architecture | | ✓ | |
//! | a table: choices, metric, costs, graph | ✓ | ✓ | | ✓ | costs | ✓ | |
//! | a table: reported figures | | | | final ones | | | ✓ |
//! | `strategy`, its section, `predict` | ✓ | ✓ | | | | ✓ | |
//! | training images, split | | with `naswot` among `zero-cost` | | ✓ | | | |
//! | number of proposals, of trainings, of networks carried | ✓ | ✓ | | | | | |
//! | `train`, fidelity, precision (`auto` is decided before) | | | | ✓ | | | recipe |
//! | `size` of a stage | | | | ✓ | | | |
//! | `metric` | | | | ✓ | through the accuracies | | |
//! | `extrapolate`; with it passes of stages and of the final trainings | | | | | ✓ | | |
//! | `train.replicates` | | | | further ones alone, by their number | through the accuracies | | |
//! | `constraints` | only those that reject | | latency that rejects; of a measure its name | | ✓ | | |
//! | `final.skeleton` | ✓ | ✓ | | through the architecture | ✓ | ✓ | |
//! | `seed` | ✓ | ✓ | | the recipe's own | | ✓ | |
//! | test images | | | | | | | ✓ |
//! | `lookahead` | ✓ through inputs | ✓ through inputs | | | | through inputs | |
//! | `budget`, `failures`, `checkpoint` | | | | | through what failed or was left out | | |
//! | devices, number of workers, paths, log level | | | | | | | |
//! | libtorch, device | | | device model | recorded | | | recorded |
//! | version of a measure in the pools file | | | ✓ | | | | |
//!
//! `enas` has two kinds more. In the key of `share` are `space`, the depth and `size` of the stage, the training images and their
//! split, `train` without what is of separate trainings alone, `seed`, and of `enas` the sizes and rates. In that of `steer` are the
//! same, all of `enas`, `metric` and `constraints`. In that of `predict` are then the images, `train`, `metric` and `constraints`
//! besides. All three read what earlier rounds gave, so that what shared weights tell holds along one history. With
//! `predict.shared-weights` there is `share` alone, which reads nothing of the rounds.
//!
//! With `train.inherit` there is a kind `inherit`: a `keep` task depends on the passes of a training and on what it reads, an
//! `inherit` task on the shape of the images. A training then depends on the weights that it begins with.
//!
//! "Through the architecture" means that the field acts by the digest of an input alone. A task's place in the plan never enters.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::{Digest, Domain};

/// Of what is asked of a task: its kind and parameters, whatever it reads.
pub fn asked(kind: &str, version: u32, parameters: &Value) -> Digest {
    Digest::of_json(Domain::Task, &(kind, version, parameters))
}

/// All that a task's result depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The kind of task, such as `train`.
    pub kind: String,
    /// Version of the kind: raised when its code computes something else from the same parameters and inputs.
    pub version: u32,
    /// Resolved parameters, the seed among them. `1` and `1.0` are two values; what is not a number is `null`.
    pub parameters: Value,
    /// Digests of the inputs, by name.
    pub inputs: BTreeMap<String, Digest>,
}

impl Fingerprint {
    pub fn key(&self) -> TaskKey {
        let mut text = Vec::new();
        let fingerprint = serde_json::to_value(self).expect("a fingerprint is plain data");
        write_canonical(&fingerprint, &mut text).expect("writing to memory does not fail");
        TaskKey(Digest::of(Domain::Task, &text))
    }
}

/// The digest of a [`Fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskKey(Digest);

impl TaskKey {
    /// The key that a file of the cache is named by.
    pub(super) const fn of_name(name: Digest) -> Self {
        Self(name)
    }

    pub const fn digest(&self) -> &Digest {
        &self.0
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// JSON without spaces and with sorted keys at every level, whatever features `serde_json` was built with.
fn write_canonical(value: &Value, text: &mut Vec<u8>) -> serde_json::Result<()> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => serde_json::to_writer(text, value),
        Value::Array(items) => {
            text.push(b'[');
            for (index, item) in items.iter().enumerate() {
                separate(index, text);
                write_canonical(item, text)?;
            }
            text.push(b']');
            Ok(())
        }
        Value::Object(entries) => {
            let sorted: BTreeMap<_, _> = entries.iter().collect();
            text.push(b'{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                separate(index, text);
                serde_json::to_writer(text.by_ref(), key)?;
                text.push(b':');
                write_canonical(item, text)?;
            }
            text.push(b'}');
            Ok(())
        }
    }
}

fn separate(index: usize, text: &mut Vec<u8>) {
    if index > 0 {
        text.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn example() -> Fingerprint {
        Fingerprint {
            kind: "train".to_owned(),
            version: 1,
            parameters: json!({ "epochs": 3, "rate": 0.1, "augment": { "flip": true, "crop": [1, 2] } }),
            inputs: BTreeMap::from([("candidate".to_owned(), Digest::of(Domain::Blob, b"x"))]),
        }
    }

    #[test]
    fn the_key_of_a_known_fingerprint_stays() {
        let text = r#"{"inputs":{},"kind":"train","parameters":{"a":[1,0.1,1e-7,-0.0,null],"b":{"y":"é\n","z":true}},"version":1}"#;
        let fingerprint: Fingerprint = serde_json::from_str(text).expect("a fingerprint");
        assert_eq!(fingerprint.key().0, Digest::of(Domain::Task, text.as_bytes()));
        assert_eq!(fingerprint.key().to_string(), "b7a63dd9a537134ea9aaec2cb1abb6fe3e2684024fd712658230eb619564fe17");
    }

    #[test]
    fn every_field_enters_the_key() {
        let change = |edit: fn(&mut Fingerprint)| {
            let mut other = example();
            edit(&mut other);
            other.key()
        };
        let keys = [
            example().key(),
            change(|it| it.kind = "predict".to_owned()),
            change(|it| it.version = 2),
            change(|it| it.parameters["epochs"] = json!(4)),
            change(|it| it.parameters["epochs"] = json!(3.0)),
            change(|it| it.parameters["augment"]["crop"] = json!([2, 1])),
            change(|it| it.parameters["augment"]["flip"] = json!(null)),
            change(|it| it.parameters["more"] = json!(null)),
            change(|it| it.inputs = BTreeMap::new()),
            change(|it| it.inputs = BTreeMap::from([("candidate".to_owned(), Digest::of(Domain::Blob, b"y"))])),
            change(|it| it.inputs = BTreeMap::from([("weights".to_owned(), Digest::of(Domain::Blob, b"x"))])),
        ];
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("\\PC{0,6}", inner, 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// The same JSON with the keys of every object turned around and with spaces.
    fn turned(value: &Value) -> String {
        match value {
            Value::Array(items) => format!("[ {} ]", items.iter().map(turned).collect::<Vec<_>>().join(" , ")),
            Value::Object(entries) => {
                let entries: Vec<_> =
                    entries.iter().rev().map(|(key, item)| format!("{} : {}", Value::from(key.as_str()), turned(item))).collect();
                format!("{{ {} }}", entries.join(" , "))
            }
            plain => plain.to_string(),
        }
    }

    proptest! {
        #[test]
        fn order_and_spaces_do_not_matter_and_values_survive_text(parameters in values()) {
            let fingerprint = Fingerprint { parameters, ..example() };
            let text = turned(&serde_json::to_value(&fingerprint).expect("plain data"));
            let read: Fingerprint = serde_json::from_str(&text).expect("the same fingerprint");
            prop_assert_eq!(read.key(), fingerprint.key());
        }

        #[test]
        fn canonical_text_says_what_the_value_says(value in values()) {
            let mut text = Vec::new();
            write_canonical(&value, &mut text).expect("memory");
            prop_assert_eq!(serde_json::from_slice::<Value>(&text).expect("JSON"), value);
        }
    }
}
