//! The fields that the schema names.

use std::collections::BTreeSet;

use epnas::spec;
use serde_json::Value;

/// Every field of the schema that holds a value, without indices.
pub fn fields() -> BTreeSet<String> {
    let schema = spec::load::schema();
    let mut found = BTreeSet::new();
    walk(schema, schema, &mut Vec::new(), &mut found);
    found
}

/// Whether there are fields below.
fn walk(schema: &Value, here: &Value, path: &mut Vec<String>, found: &mut BTreeSet<String>) -> bool {
    if let Some(name) = here["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
        return walk(schema, &schema["$defs"][name], path, found);
    }
    let mut has_fields = false;
    for choices in ["anyOf", "oneOf"] {
        for choice in here[choices].as_array().into_iter().flatten().filter(|choice| choice["type"] != "null") {
            has_fields |= walk(schema, choice, path, found);
        }
    }
    for (name, field) in here["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        if !walk(schema, field, path, found) {
            found.insert(path.join("."));
        }
        path.pop();
        has_fields = true;
    }
    // Names of the user's: one stands for all.
    if here["additionalProperties"].is_object() {
        path.push("pi4".to_owned());
        has_fields |= walk(schema, &here["additionalProperties"], path, found);
        path.pop();
    }
    if here["items"].is_object() {
        has_fields |= walk(schema, &here["items"], path, found);
    }
    has_fields
}
