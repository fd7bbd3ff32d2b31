//! Values that have several forms: a type or nothing, a word or a list of words, a group or another.

use serde_json::Value;

use super::Structure;
use crate::diagnostic::{Path, Place};
use crate::spec::source::last_key;
use crate::spec::wording::did_you_mean;
use crate::text::{list, suggestion};

/// The words that are allowed by one of `branches`.
pub(super) fn words(branches: &[Value]) -> Vec<&str> {
    let mut words: Vec<&str> = branches.iter().filter_map(|branch| branch["const"].as_str()).collect();
    words.extend(branches.iter().filter_map(|branch| branch["enum"].as_array()).flatten().filter_map(Value::as_str));
    words
}

impl<'a> Structure<'a> {
    /// `Option` of a named type, which is the type or null; or several forms, of which the value looks like one.
    pub(super) fn forms(&mut self, branches: &'a [Value], value: &Value, path: &Path) {
        let definitions = self.definitions;
        let is_group = |branch: &Value| branch["type"] == "object" || named(definitions, branch).is_some_and(|one| one["type"] == "object");
        if value.is_null() {
            if branches.iter().any(is_group) {
                self.no_value(path);
            }
            return;
        }
        let first = branches.iter().find(|branch| branch["type"] != "null");
        let array = branches.iter().find(|branch| branch["type"] == "array");
        if let (Some(first), Some(array)) = (first, array)
            && self.is_no_word_or_list(first, array, value, path)
        {
            return;
        }
        // A list or a group, where one of the forms is one; else the first form.
        let looks_like = |branch: &&Value| value.is_array() && branch["type"] == "array" || value.is_object() && is_group(branch);
        if let Some(branch) = branches.iter().find(looks_like).or(first) {
            self.value(branch, value, path);
        }
    }

    /// Reports a word that stands in brackets or lacks them, and one that is neither a word of `first` nor an item of `array`.
    fn is_no_word_or_list(&mut self, first: &'a Value, array: &'a Value, value: &Value, path: &Path) -> bool {
        let definitions = self.definitions;
        let [alone, items] = [first, &array["items"]].map(|schema| words(named(definitions, schema).map_or(&[], branches)));
        let in_list = |word: &&str| value.as_array().is_some_and(|given| given.iter().any(|item| item.as_str() == Some(word)));
        match value {
            Value::Array(_) => {
                let Some(word) = alone.iter().copied().find(in_list) else { return false };
                let help = format!("write it alone, without brackets: `{}: {word}`", last_key(path).trim_matches('`'));
                self.fault("spec::wrong-type", Place::Value(path.clone()), format!("`{word}` is not for a list"), help);
            }
            Value::String(word) if items.contains(&word.as_str()) => self.value(array, value, path),
            Value::String(word) if !alone.contains(&word.as_str()) => {
                let near = suggestion(word, &[&alone[..], &items[..]].concat());
                let help = format!("{}allowed: {}, or a list of {}", did_you_mean(near), list(&alone), list(&items));
                self.fault("spec::unknown-word", Place::Value(path.clone()), format!("unknown word `{word}`"), help);
            }
            _ => return false,
        }
        true
    }
}

/// What a reference to a definition stands for.
fn named<'a>(definitions: &'a Value, schema: &Value) -> Option<&'a Value> {
    definitions.get(schema["$ref"].as_str()?.strip_prefix("#/$defs/")?)
}

fn branches(schema: &Value) -> &[Value] {
    schema["oneOf"].as_array().map_or(std::slice::from_ref(schema), Vec::as_slice)
}
