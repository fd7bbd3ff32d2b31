//! Why a task is not cached: the record that comes closest to it, and what differs.

use serde_json::Value;

use super::fingerprint::Fingerprint;
use super::records::Record;

/// One value of a fingerprint that is another one in a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Names and indices from the root of the fingerprint, such as `parameters`, `train`, `recipe`, `epochs`.
    pub path: Vec<String>,
    /// In the record; `None` where it has no such value.
    pub was: Option<Value>,
    /// In what is asked for.
    pub now: Option<Value>,
}

/// Of the records of the same kind, the one that differs in the fewest values; of several, the latest.
pub fn nearest(asked: &Fingerprint, records: impl Iterator<Item = Record>) -> Option<(Record, Vec<Difference>)> {
    let wanted = as_value(asked);
    let mut best: Option<(Record, Vec<Difference>)> = None;
    for record in records.filter(|record| record.fingerprint.kind == asked.kind) {
        let differences = between(&as_value(&record.fingerprint), &wanted);
        let rank = |record: &Record, differences: &[Difference]| (differences.len(), std::cmp::Reverse(record.finished));
        if best.as_ref().is_none_or(|(other, others)| rank(&record, &differences) < rank(other, others)) {
            best = Some((record, differences));
        }
    }
    best
}

fn as_value(fingerprint: &Fingerprint) -> Value {
    serde_json::to_value(fingerprint).expect("a fingerprint is plain data")
}

/// Where two values differ, as deep down as they are built alike.
pub fn between(was: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), Some(was), Some(now), &mut found);
    found
}

fn compare(path: &mut Vec<String>, was: Option<&Value>, now: Option<&Value>, found: &mut Vec<Difference>) {
    let mut inside = |name: String, was: Option<&Value>, now: Option<&Value>| {
        path.push(name);
        compare(path, was, now, found);
        path.pop();
    };
    match (was, now) {
        (Some(was), Some(now)) if was == now => {}
        (Some(Value::Object(was)), Some(Value::Object(now))) => {
            for (name, value) in was {
                inside(name.clone(), Some(value), now.get(name));
            }
            for (name, value) in now.iter().filter(|(name, _)| !was.contains_key(*name)) {
                inside(name.clone(), None, Some(value));
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(now))) if are_limits(was) && are_limits(now) => {
            let same = |left: &Value, right: &Value| left["cost"] == right["cost"] && left["side"] == right["side"];
            for (index, value) in now.iter().enumerate() {
                inside(index.to_string(), was.iter().find(|before| same(before, value)), Some(value));
            }
            for value in was.iter().filter(|before| !now.iter().any(|value| same(before, value))) {
                let name = value["cost"].as_str().map_or_else(|| value["cost"].to_string(), str::to_owned);
                inside(name, Some(value), None);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(now))) => {
            for index in 0..was.len().max(now.len()) {
                inside(index.to_string(), was.get(index), now.get(index));
            }
        }
        (was, now) => found.push(Difference { path: path.clone(), was: was.cloned(), now: now.cloned() }),
    }
}

/// Whether a list is one of constraints, which are known by what they limit and not by their place in the list.
fn are_limits(list: &[Value]) -> bool {
    list.iter().all(|value| value.get("cost").is_some() && value.get("side").is_some())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::cache::RecordedOutcome;

    fn record(kind: &str, parameters: Value, finished: u64) -> Record {
        Record {
            format: Record::FORMAT,
            fingerprint: Fingerprint { kind: kind.to_owned(), version: 1, parameters, inputs: BTreeMap::new() },
            outcome: RecordedOutcome::Done { outputs: BTreeMap::new() },
            sizes: BTreeMap::new(),
            seconds: 1.0,
            finished,
            environment: BTreeMap::new(),
        }
    }

    #[test]
    fn differences_go_as_deep_as_both_are_alike() {
        let was = json!({"a": {"b": 1, "c": [1, 2]}, "d": {"x": 1}, "same": [{"y": null}]});
        let now = json!({"a": {"b": 2, "c": [1, 3, 4]}, "d": {"z": {"deep": 1}}, "same": [{"y": null}]});
        let found: Vec<(String, Option<Value>, Option<Value>)> =
            between(&was, &now).into_iter().map(|difference| (difference.path.join("."), difference.was, difference.now)).collect();
        let expected = [
            ("a.b", Some(json!(1)), Some(json!(2))),
            ("a.c.1", Some(json!(2)), Some(json!(3))),
            ("a.c.2", None, Some(json!(4))),
            ("d.x", Some(json!(1)), None),
            ("d.z", None, Some(json!({"deep": 1}))),
        ];
        assert_eq!(found, expected.map(|(path, was, now)| (path.to_owned(), was, now)));
    }

    #[test]
    fn the_record_with_the_fewest_differences_is_the_nearest_and_of_those_the_latest() {
        let asked = record("train", json!({"epochs": 3, "rate": 0.1}), 0).fingerprint;
        let records = [
            record("train", json!({"epochs": 1, "rate": 0.2}), 9),
            record("train", json!({"epochs": 2, "rate": 0.1}), 1),
            record("train", json!({"epochs": 4, "rate": 0.1}), 2),
            record("reward", json!({"epochs": 3, "rate": 0.1}), 9),
        ];
        let (record, differences) = nearest(&asked, records.into_iter()).expect("a record");
        assert_eq!(record.finished, 2);
        assert_eq!(
            differences,
            [Difference { path: vec!["parameters".to_owned(), "epochs".to_owned()], was: Some(json!(4)), now: Some(json!(3)) }]
        );
        assert_eq!(nearest(&asked, std::iter::empty()), None);
    }

    #[test]
    fn constraints_are_known_by_what_they_limit() {
        let limit = |cost: &str, limit: u64| json!({ "cost": cost, "side": "max", "limit": limit });
        let found = between(&json!([limit("params", 1), limit("macs", 2)]), &json!([limit("macs", 3)]));
        let told: Vec<(String, bool)> = found.iter().map(|difference| (difference.path.join("."), difference.now.is_some())).collect();
        assert_eq!(told, [("0.limit".to_owned(), true), ("params".to_owned(), false)]);
    }
}
