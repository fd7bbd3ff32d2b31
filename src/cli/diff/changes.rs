//! What differs between two resolved specs, in the words of the spec language. Differences that change nothing, such
//! as comments, the order of a set or a default that is written out, are gone by then.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::arch::Shape;
use crate::cache;
use crate::dataset::Described;
use crate::dataset::photos::Portion;
use crate::objective::Side;
use crate::spec::{Dataset, ResolvedSpec, Subject};

/// A field with another value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// Such as `constraints.params.max` or `stages[0].rounds`.
    pub field: String,
    /// `None` where there was none.
    pub was: Option<Value>,
    pub now: Option<Value>,
}

/// Every field that differs, in the order of the resolved spec.
pub(super) fn between(old: &ResolvedSpec, new: &ResolvedSpec) -> Vec<Change> {
    let mut changes: Vec<Change> = cache::between(&named(old), &named(new))
        .into_iter()
        .map(|difference| Change { field: difference.path.join("."), was: difference.was, now: difference.now })
        .collect();
    gather_recipes(&mut changes, new.stages.len() + 1);
    changes
}

/// A resolved spec with lists that have names of their own as maps, and with the words of the language.
fn named(spec: &ResolvedSpec) -> Value {
    let Value::Object(mut fields) = serde_json::to_value(spec).expect("plain data always serialises") else {
        unreachable!("a spec is an object")
    };
    let mut constraints = serde_json::Map::new();
    for constraint in &spec.constraints {
        let side = if constraint.side == Side::Max { "max" } else { "min" };
        let cost = constraints.entry(constraint.cost.word()).or_insert_with(|| json!({}));
        cost[side] = json!(constraint.limit);
        cost["enforcement"] = json!(constraint.enforcement);
    }
    fields.insert("constraints".to_owned(), Value::Object(constraints));
    // Each by its family, as the network that it became.
    let by_family = spec.references.iter().map(|reference| (reference.family.word().to_owned(), json!(reference.network.summary())));
    fields.insert("references".to_owned(), Value::Object(by_family.collect()));
    if let Some(growth) = fields.remove("growth") {
        fields.insert("extrapolate".to_owned(), growth);
    }
    // By place: a stage is the same whatever its name.
    if let Some(Value::Array(stages)) = fields.remove("stages") {
        fields.extend(stages.into_iter().map(trained_in_language).enumerate().map(|(index, stage)| (format!("stages[{index}]"), stage)));
    }
    if let Some(Value::Object(subject)) = fields.remove("subject") {
        for (_, inner) in subject {
            let Value::Object(inner) = inner else { continue };
            fields.extend(inner.into_iter().filter_map(in_language));
        }
    }
    if let (Some(Value::Object(dataset)), Subject::Images { dataset: Dataset { described, .. }, .. }) =
        (fields.get_mut("dataset"), &spec.subject)
    {
        // Where data lie and how many there are is in no key.
        for field in ["path", "examples", "skipped", "described"] {
            dataset.remove(field);
        }
        dataset.extend(described_in_language(described));
    }
    if let Some(Value::Object(strategy)) = fields.get("strategy").cloned() {
        // The one that is chosen, with its own section and what all share.
        for (name, parameters) in strategy {
            let Value::Object(mut parameters) = parameters else { continue };
            fields.extend(parameters.remove("predict").map(|predict| ("predict".to_owned(), predict)));
            fields.insert(name.clone(), Value::Object(parameters));
            fields.insert("strategy".to_owned(), Value::String(name));
        }
    }
    if let Some(last) = fields.remove("last") {
        fields.insert("final".to_owned(), trained_in_language(last));
    }
    words(Value::Object(fields))
}

/// How often a network is trained, and what trainings begin with, are fields of `train` there.
fn trained_in_language(mut stage: Value) -> Value {
    let mut take = |field: &str| stage.as_object_mut().and_then(|fields| fields.remove(field));
    let (replicates, inherits) = (take("replicates"), take("inherits"));
    if let Some(replicates) = replicates {
        stage["recipe"]["replicates"] = replicates;
    }
    if inherits == Some(json!(true)) {
        stage["recipe"]["inherit"] = json!("parent");
    }
    stage
}

/// A published data set by its name, files of one's own by what is said of them.
fn described_in_language(described: &Described) -> serde_json::Map<String, Value> {
    let Described { format, shape: Shape { height, width, .. }, classes, .. } = described;
    let fields = match (described.published, &described.photos) {
        (Some(kind), _) => json!({ "name": kind }),
        (None, Some(photos)) => json!({
            "format": format,
            "size": photos.size,
            "test": photos.test.map(portion),
            "val-as-test": photos.val_as_test,
            "corrupt": photos.corrupt,
            "corrupt-limit": portion(photos.corrupt_limit),
            "group": photos.group,
            "storage": photos.storage,
        }),
        (None, None) => json!({ "format": format, "height": height, "width": width, "classes": classes }),
    };
    if let Value::Object(fields) = fields { fields } else { serde_json::Map::new() }
}

fn portion(portion: Portion) -> Value {
    match portion {
        Portion::Count(count) => json!(count),
        Portion::Millionths(share) => json!(format!("{}%", f64::from(share) / 1e4)),
    }
}

/// A field of what is searched, where the language has it; depths are told of stages.
fn in_language((name, value): (String, Value)) -> Option<(String, Value)> {
    match name.as_str() {
        "path" | "max_depth" => None,
        "layout" => Some(("space.table".to_owned(), value)),
        "start" => Some(("space.start".to_owned(), value)),
        _ => Some((name, value)),
    }
}

/// Names as in the language: `learning_rate` is `learning-rate` there.
fn words(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.into_iter().map(|(name, value)| (word(&name), words(value))).collect()),
        other => other,
    }
}

fn word(name: &str) -> String {
    match name {
        "recipe" => "train".to_owned(),
        _ => name.replace('_', "-"),
    }
}

/// A change of all recipes alike is one change of `train`; epochs and examples are fields of a stage.
fn gather_recipes(changes: &mut Vec<Change>, recipes: usize) {
    type Of = (String, String);
    let mut counts: BTreeMap<Of, usize> = BTreeMap::new();
    let of_recipe = |change: &Change| -> Option<Of> {
        let (_, field) = change.field.split_once(".train.")?;
        Some((field.to_owned(), format!("{:?} {:?}", change.was, change.now)))
    };
    for change in changes.iter() {
        if let Some(of) = of_recipe(change) {
            *counts.entry(of).or_default() += 1;
        }
    }
    let mut told: Vec<Of> = Vec::new();
    changes.retain_mut(|change| {
        let Some(of) = of_recipe(change) else { return true };
        if counts[&of] == recipes && recipes > 1 {
            change.field = format!("train.{}", of.0);
            let first = !told.contains(&of);
            told.push(of);
            return first;
        }
        if ["epochs", "examples"].contains(&of.0.as_str()) {
            change.field = change.field.replacen(".train.", ".", 1);
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "name: a
dataset: {name: mnist}
references: none
constraints: {params: {max: 100k}, macs: {min: 1M, max: 5M}}
stages:
  - {name: grow, rounds: 1, trainings: 2}
  - {rounds: 2, trainings: 2}
";

    fn changes(new: &str) -> Vec<String> {
        let resolve = |text: &str| crate::spec::read(text.as_bytes()).resolved.expect("a right spec");
        let shown = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        between(&resolve(OLD), &resolve(new))
            .into_iter()
            .map(|change| format!("{} {} {}", change.field, shown(change.was), shown(change.now)))
            .collect()
    }

    #[test]
    fn references_and_extrapolation_are_told_in_the_words_of_specs() {
        let told = changes(&OLD.replace("references: none", "references: [vgg]\nextrapolate: {macs: 0.1}"));
        let starts: Vec<&str> = told.iter().filter_map(|line| line.split(" - ").next()).collect();
        assert_eq!(starts, ["references.vgg", "extrapolate"], "{told:?}");
        assert!(told[0].contains("conv3×"), "{told:?}");
    }

    #[test]
    fn what_means_the_same_is_no_change() {
        let same = OLD
            .replace("100k", "100000")
            .replace("name: a", "name: a  # a comment")
            .replace("{min: 1M, max: 5M}", "{max: 5M, min: 1M, enforcement: reject}");
        assert!(changes(&same).is_empty());
    }

    #[test]
    fn fields_are_named_as_in_the_language() {
        for (from, to, told) in [
            ("max: 100k", "max: 90k", &["constraints.params.max 100000.0 90000.0"][..]),
            ("name: grow", "name: begin", &["stages[0].name \"grow\" \"begin\""]),
            ("rounds: 2", "rounds: 2, epochs: 3", &["stages[1].epochs 1 3"]),
            ("rounds: 2", "rounds: 2, train: {batch-size: 32}", &["stages[1].train.batch-size 128 32"]),
            ("dataset: {name: mnist}", "dataset: {name: mnist}\ntrain: {learning-rate: 0.2}", &["train.learning-rate 0.1 0.2"]),
            ("rounds: 2", "rounds: 2, train: {inherit: parent}", &["stages[1].train.inherit - \"parent\""]),
            ("rounds: 2", "rounds: 2, train: {replicates: 3}", &["stages[1].train.replicates 1 3"]),
            ("name: a", "name: a\ntrain: {replicates: 3}", &["train.replicates 1 3"]),
            ("name: a", "name: b\nfinal: {epochs: 9}", &["final.epochs 20 9", "name \"a\" \"b\""]),
            ("name: mnist", "name: mnist, validation: 5k", &["dataset.validation 6000 5000"]),
            ("name: mnist", "name: mnist, path: /elsewhere", &[]),
            ("name: a", "name: a\npredict: {random-share: 0.5}", &["predict.random-share 0.1 0.5"]),
        ] {
            assert_eq!(changes(&OLD.replacen(from, to, 1)), told, "`{from}` → `{to}`");
        }
    }
}
