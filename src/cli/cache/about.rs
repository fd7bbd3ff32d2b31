//! What a record is of, in a few words to choose by: the network it was computed for, and what tells its task from others.

use serde_json::Value;

use crate::arch::Architecture;
use crate::cache::{CacheReader, Record};
use crate::task::Port;

/// Parameters that tell tasks of one kind apart, by name.
const TELLING: [&str; 8] = ["strategy", "epochs", "examples", "batch_size", "replicate", "figure", "stage", "count"];

/// The network of a record, if it has one that is still in the cache, and its telling parameters.
pub(super) fn about(cache: &CacheReader, record: &Record) -> String {
    let candidate = record.fingerprint.inputs.get(Port::Candidate.name().as_ref());
    let network = candidate.and_then(|digest| cache.get_json::<Architecture>(digest).ok()).map(|network| network.summary());
    let mut parts: Vec<String> = network.into_iter().collect();
    let parameters = TELLING.iter().filter_map(|name| Some((name, find(&record.fingerprint.parameters, name)?)));
    parts.extend(parameters.map(|(name, value)| format!("{} {value}", name.replace('_', "-"))));
    parts.join(", ")
}

/// The value of a name, wherever it stands; of a group, the word it begins with.
fn find(value: &Value, name: &str) -> Option<String> {
    let group = value.as_object()?;
    match group.get(name) {
        Some(Value::Object(inside)) => inside.keys().next().cloned(),
        Some(Value::String(word)) => Some(word.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => group.values().find_map(|inside| find(inside, name)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_parameter_is_found_where_it_stands() {
        let parameters = json!({"train": {"recipe": {"epochs": 2, "optimizer": "sgd"}, "strategy": {"epnas": {"edits": 2}}}});
        let found = |name| find(&parameters, name);
        assert_eq!(found("epochs").as_deref(), Some("2"));
        assert_eq!(found("optimizer").as_deref(), Some("sgd"));
        assert_eq!(found("strategy").as_deref(), Some("epnas"));
        assert_eq!(found("stage"), None);
    }
}
