//! YAML as plain data.

use serde_json::Value;

/// A YAML text as plain data.
pub(super) fn document(text: &str) -> Result<Value, serde_yaml::Error> {
    let options = serde_yaml::options! {
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::FirstWins,
        strict_booleans: true,
        // JSON has no such numbers; as text they are told to be no numbers.
        non_finite_float_policy: serde_yaml::NonFiniteFloatPolicy::AsString,
    };
    serde_yaml::from_str_with_options(text, options)
}
