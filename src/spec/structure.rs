//! Compares a document with the schema of [`Spec`](super::Spec): unknown and missing keys, wrong types, unknown
//! words, all at once and in words of our own. Rules between values are `check`'s.
//!
//! Written by hand because a validator's messages ("not valid under any of the schemas") help nobody; a test holds
//! it against the crate jsonschema. It knows the keywords that schemars makes of our types, no others.

mod forms;
mod quantities;

use serde_json::{Map, Value};

use super::portion::PortionSpec;
use super::size::Size;
use super::source::{Source, last_key};
use super::span::TimeSpan;
use super::wording::{did_you_mean, instead, lowercase_start, number};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Place, Severity};
use crate::text::{list, suggestion};

/// After so many faults no more are looked for.
const MAX_FAULTS: usize = 50;

/// Every way in which `document` departs from `schema`.
pub(super) fn compare(schema: &Value, document: &Value, source: &Source) -> Vec<Diagnostic> {
    let mut structure = Structure { schema, definitions: &schema["$defs"], source, faults: Diagnostics::default() };
    structure.value(schema, document, &Path::root());
    structure.faults.into_vec()
}

struct Structure<'a> {
    schema: &'a Value,
    definitions: &'a Value,
    source: &'a Source,
    faults: Diagnostics,
}

impl<'a> Structure<'a> {
    fn value(&mut self, schema: &'a Value, value: &Value, path: &Path) {
        if self.faults.len() >= MAX_FAULTS {
            return;
        }
        if let Some(definition) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")) {
            return match definition {
                Size::NAME => self.size(value, path),
                TimeSpan::NAME => self.time(value, path),
                PortionSpec::NAME => self.portion(value, path),
                _ => self.value(&self.definitions[definition], value, path),
            };
        }
        if let Some(branches) = schema["anyOf"].as_array() {
            return self.forms(branches, value, path);
        }
        if let Some(branches) = schema["oneOf"].as_array() {
            return self.choice(branches, value, path);
        }
        if schema["enum"].is_array() {
            return self.choice(std::slice::from_ref(schema), value, path);
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        if types.contains(&"null") && value.is_null() {
            return;
        }
        match types.iter().find(|word| **word != "null").copied() {
            Some("object") => match value {
                Value::Object(group) => self.group(schema, group, path),
                _ => self.not_a_group(schema, value, path),
            },
            Some("array") => match value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.value(&schema["items"], item, &path.index(index));
                    }
                }
                _ => self.wrong_type(path, "a list", value),
            },
            Some("integer") if !value.is_u64() => self.wrong_type(path, "a whole number, 0 or more", value),
            Some("number") if !value.is_number() => self.wrong_type(path, "a number", value),
            Some("boolean") if !value.is_boolean() => self.wrong_type(path, "`true` or `false`", value),
            Some("string") if !value.is_string() => self.wrong_type(path, "text", value),
            _ => {}
        }
    }

    fn group(&mut self, schema: &'a Value, group: &Map<String, Value>, path: &Path) {
        let none = Map::new();
        let properties = schema["properties"].as_object();
        let allowed: Vec<&str> = properties.unwrap_or(&none).keys().map(String::as_str).collect();
        for (key, value) in group {
            let here = path.key(key);
            // Or any name of the user's.
            let named = Some(&schema["additionalProperties"]).filter(|schema| schema.is_object());
            if let Some(property) = properties.and_then(|properties| properties.get(key)).or(named) {
                self.value(property, value, &here);
                continue;
            }
            // Nobody writes a key twice into a file; a setting from outside may well mean one that is there.
            let from_outside = !self.source.keys.contains_key(&here);
            let near = suggestion(key, &allowed).filter(|near| from_outside || !group.contains_key(*near));
            self.unknown_key(key, here, near, &allowed);
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !group.contains_key(required) {
                let inside = if path.0.is_empty() { String::new() } else { format!(" in {}", last_key(path)) };
                let about = properties.and_then(|properties| self.description(&properties[required]));
                let help =
                    format!("add `{required}: …`{}", about.map_or_else(String::new, |about| format!(", {}", lowercase_start(about))));
                self.fault("spec::missing-key", Place::Key(path.clone()), format!("`{required}` is missing{inside}"), help);
            }
        }
    }

    /// One of several words, or a group with one key that says which sort of thing it is.
    fn choice(&mut self, branches: &'a [Value], value: &Value, path: &Path) {
        let words = forms::words(branches);
        let mut sorts: Vec<(&str, &Value)> = Vec::new();
        for branch in branches {
            sorts.extend(branch["properties"].as_object().into_iter().flatten().map(|(key, schema)| (key.as_str(), schema)));
        }
        let names: Vec<&str> = words.iter().copied().chain(sorts.iter().map(|(name, _)| *name)).collect();
        match value {
            Value::String(word) if words.contains(&word.as_str()) => {}
            Value::String(word) if !words.is_empty() => {
                let help = format!("{}allowed: {}", did_you_mean(suggestion(word, &words)), list(&words));
                self.fault("spec::unknown-word", Place::Value(path.clone()), format!("unknown word `{word}`"), help);
            }
            Value::Object(group) if !sorts.is_empty() => {
                for (key, inside) in group {
                    let here = path.key(key);
                    if let Some((_, schema)) = sorts.iter().find(|(name, _)| name == key) {
                        self.value(schema, inside, &here);
                    } else {
                        self.unknown_key(key, here, suggestion(key, &names), &names);
                    }
                }
                if group.len() != 1 {
                    let message = format!("{} has {} keys, exactly one is expected", last_key(path), group.len());
                    self.fault("spec::wrong-type", Place::Key(path.clone()), message, format!("allowed: {}", list(&names)));
                }
            }
            _ if sorts.is_empty() => self.wrong_type(path, &format!("one of {}", list(&words)), value),
            _ => self.wrong_type(path, &format!("a group with one of the keys {}", list(&names)), value),
        }
    }

    fn unknown_key(&mut self, key: &str, path: Path, near: Option<&str>, allowed: &[&str]) {
        let homes = if near.is_none() { self.homes(key) } else { vec![] };
        let elsewhere = if homes.is_empty() { String::new() } else { format!("it is a setting of {}; ", list(&homes)) };
        // `0,001` in braces is a zero and another key.
        let digits = key.trim_end_matches(['k', 'M', 'G', '%']);
        let is_fraction = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let comma =
            if is_fraction { format!("a comma begins the next setting: write a decimal point, as in `0.{key}`; ") } else { String::new() };
        let ours = instead(key).map(|ours| format!("here it is {ours}; "));
        let meant = ours.unwrap_or_else(|| format!("{}{elsewhere}", did_you_mean(near)));
        let help = format!("{comma}{meant}allowed here: {}", list(allowed));
        self.fault("spec::unknown-key", Place::Key(path), format!("unknown key `{key}`"), help);
    }

    /// The groups that do have a setting called `key`, by the names under which they stand.
    fn homes(&self, key: &str) -> Vec<&'a str> {
        let groups = std::iter::once(self.schema).chain(self.definitions.as_object().into_iter().flat_map(Map::values));
        let has_key = |property: &Value| {
            let branches = property["anyOf"].as_array().into_iter().flatten();
            branches
                .chain([property, &property["items"]])
                .filter_map(|schema| schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/")))
                .any(|name| self.definitions[name]["properties"].get(key).is_some())
        };
        let properties = groups.flat_map(|group| group["properties"].as_object().into_iter().flatten());
        let mut homes: Vec<&str> = properties.filter(|(_, property)| has_key(property)).map(|(name, _)| name.as_str()).collect();
        homes.sort_unstable();
        homes.dedup();
        homes
    }

    /// A value where a group of settings is expected: perhaps that of the setting which the group is mostly about.
    fn not_a_group(&mut self, schema: &'a Value, value: &Value, path: &Path) {
        let properties = schema["properties"].as_object();
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let only = properties.filter(|properties| properties.len() == 1).into_iter().flat_map(Map::keys).map(String::as_str);
        let takes =
            |name: &&str| properties.and_then(|properties| properties.get(*name)).is_some_and(|property| self.accepts(property, value));
        match required.chain(["max", "name", "path"]).chain(only).find(takes) {
            Some(name) if !value.is_null() && *path != Path::root() => {
                let message = format!("expected a group of settings, found {}", self.found(path, value));
                let help = format!("did you mean `{{{name}: {}}}`?", self.written(path, value));
                self.fault("spec::wrong-type", Place::Value(path.clone()), message, help);
            }
            _ => self.wrong_type(path, "a group of settings", value),
        }
    }

    /// Whether a value has no fault at all by a schema.
    fn accepts(&self, schema: &'a Value, value: &Value) -> bool {
        let Self { schema: whole, definitions, source, .. } = *self;
        let mut trial = Structure { schema: whole, definitions, source, faults: Diagnostics::default() };
        trial.value(schema, value, &Path::root());
        trial.faults.is_empty()
    }

    fn wrong_type(&mut self, path: &Path, expected: &str, value: &Value) {
        let message = format!("expected {expected}, found {}", self.found(path, value));
        let help = match value {
            _ if *path == Path::root() => "write lines such as `name: mine`; `epnas init --data PATH` writes a spec for images".to_owned(),
            Value::Null => "write a value, or take the line out".to_owned(),
            Value::Number(_) | Value::Bool(_) if expected == "text" => format!("put it into quotes: \"{}\"", self.written(path, value)),
            Value::Number(_) | Value::String(_) if expected == "a list" => {
                format!("put it into brackets: `[{}]`", self.written(path, value))
            }
            Value::String(text) if expected.ends_with("number") || expected.starts_with("a whole number") => {
                let meant = number(&last_key(path), text, expected == "a number");
                format!("{}{} takes {expected}", did_you_mean(meant.as_deref()), last_key(path))
            }
            Value::Object(_) if expected == "a list" => "begin every item of the list with `- `".to_owned(),
            _ => format!("{} takes {expected}", last_key(path)),
        };
        self.fault("spec::wrong-type", Place::Value(path.clone()), message, help);
    }

    /// A group without settings is not what `{}` is.
    fn no_value(&mut self, path: &Path) {
        let message = format!("{} has no value, which is as if it were not there", last_key(path));
        let help = "write `{}` to have it with its defaults, or take the line out".to_owned();
        let (code, severity, place) = ("spec::no-value", Severity::Warning, Place::Value(path.clone()));
        self.faults.push(Diagnostic { code, severity, place, message, help: Some(help) });
    }

    fn found(&self, path: &Path, value: &Value) -> String {
        match value {
            Value::Null => "nothing".to_owned(),
            Value::Bool(_) | Value::Number(_) => format!("`{}`", self.written(path, value)),
            Value::String(text) if text.chars().count() > 40 => format!("the text `{}…`", text.chars().take(40).collect::<String>()),
            Value::String(text) => format!("the text `{text}`"),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "a group of settings".to_owned(),
        }
    }

    fn written(&self, path: &Path, value: &Value) -> String {
        self.source.scalar(path).map_or_else(|| value.to_string(), |text| text.trim().to_owned())
    }

    fn description(&self, property: &'a Value) -> Option<&'a str> {
        let own = property["description"].as_str();
        let definition = property["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/$defs/"));
        own.or_else(|| definition.and_then(|name| self.definitions[name]["description"].as_str())).map(|text| text.trim_end_matches('.'))
    }

    fn fault(&mut self, code: &'static str, place: Place, message: String, help: String) {
        self.faults.push(Diagnostic { code, severity: Severity::Error, place, message, help: Some(help) });
    }
}
