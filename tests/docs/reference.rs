//! `docs/spec.md` and `docs/pools.md`: every field of the spec language and of pools files, from their schemas.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use epnas::cli::schema;
use serde_json::{Map, Value};

use super::COLUMNS;

const SPEC: &str = "# The spec, field by field

*This page is made from the schema: `cargo test --test main docs::renew -- --ignored` writes it anew.*

A spec is one YAML file. Only `name` and a source of accuracies (`dataset`, or `space.table`) are required. Editors that
know `yaml-language-server` complete and check a spec by [`schemas/spec.schema.json`](../schemas/spec.schema.json).
Paths are seen from the folder of the spec, except that `~` is the home folder.

* A *size* is a number such as `100000`, `100k`, `12M` or `0.5G`: `k` is a thousand, `M` a million, `G` a billion (10⁹).
* A *time* has units: `30s`, `10m`, `2h`, `3d`, `1h30m`.
* A *share* is a number from 0 to 1: a tenth is `0.1`. Where a count can stand too, `10%` is the same.
";

const POOLS: &str = "# The pools file, field by field

*This page is made from the schema: `cargo test --test main docs::renew -- --ignored` writes it anew.*

A pools file says where workers are and how devices of your own measure networks: see [clusters](clusters.md). Editors
complete it by [`schemas/pools.schema.json`](../schemas/pools.schema.json). A *time* has units: `30s`, `10m`, `2h`.
";

/// A group of fields, by the place where it first stands.
struct Group<'a> {
    path: String,
    schema: &'a Value,
}

/// What is written of the fields of a schema.
struct Reference<'a> {
    definitions: &'a Value,
    /// Place of every group by its name in the schema.
    places: BTreeMap<&'a str, String>,
    waiting: VecDeque<Group<'a>>,
    text: String,
}

pub fn spec() -> String {
    text(SPEC, &schema::text())
}

pub fn pools() -> String {
    text(POOLS, &schema::pools_text())
}

fn text(introduction: &str, schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let mut reference = Reference {
        definitions: &schema["$defs"],
        places: BTreeMap::new(),
        waiting: VecDeque::from([Group { path: String::new(), schema: &schema }]),
        text: introduction.to_owned(),
    };
    while let Some(group) = reference.waiting.pop_front() {
        reference.group(&group);
    }
    reference.text
}

impl<'a> Reference<'a> {
    fn group(&mut self, group: &Group<'a>) {
        let title = if group.path.is_empty() { "All fields".to_owned() } else { format!("`{}`", group.path) };
        let _ = write!(self.text, "\n## {title}\n\n");
        let about = description(group.schema);
        self.paragraph("", &about);
        self.text.push('\n');
        let required: Vec<&str> = group.schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in fields(group.schema) {
            // Fields that are alike have one section: `constraints.<name>`.
            let are_alike = fields(group.schema).filter(|(_, other)| self::name(other).is_some() && self::name(other) == self::name(field));
            let name_in_path = if are_alike.count() > 1 && !group.path.is_empty() { "<name>" } else { name.as_str() };
            let path = if group.path.is_empty() { name.clone() } else { format!("{}.{name_in_path}", group.path) };
            let type_of = self.type_of(field, &path);
            let needed = if required.contains(&name.as_str()) { ", required" } else { "" };
            let own = description(field);
            let about = if own.is_empty() { self.definition(field).map(description).unwrap_or_default() } else { own };
            self.paragraph("* ", &format!("`{name}` ({type_of}{needed}): {about}"));
            self.words(field);
        }
    }

    /// The words that a field may be, where their meaning is described.
    fn words(&mut self, field: &'a Value) {
        let schema = self.definition(field).unwrap_or(field);
        let schema = schema["items"].as_object().and_then(|_| self.definition(&schema["items"])).unwrap_or(schema);
        for word in schema["oneOf"].as_array().into_iter().flatten() {
            if let Some(name) = word["const"].as_str() {
                let about = description(word);
                self.paragraph("  * ", &format!("`{name}`: {about}"));
            }
        }
        // A word, or a list of others.
        for form in schema["anyOf"].as_array().into_iter().flatten() {
            self.words(form);
        }
    }

    /// What a value of this schema is; groups wait for a section of their own.
    fn type_of(&mut self, schema: &'a Value, path: &str) -> String {
        if let Some(name) = name(schema) {
            let definition = &self.definitions[name];
            return match name {
                "Size" => "size".to_owned(),
                "Portion" => "number or share".to_owned(),
                "TimeSpan" => "time".to_owned(),
                _ if definition["properties"].is_object() => self.link(name, definition, path),
                _ if has_groups(definition) => self.variants(definition, path),
                _ if definition["oneOf"].is_array() => "one of these words".to_owned(),
                _ if definition["anyOf"].is_array() => {
                    let forms = definition["anyOf"].as_array().into_iter().flatten();
                    forms.map(|form| self.type_of(form, path)).collect::<Vec<_>>().join(", or ")
                }
                _ => self.type_of(definition, path),
            };
        }
        let types = schema["type"].as_array().into_iter().flatten().chain([&schema["type"]]).filter_map(Value::as_str);
        match types.into_iter().find(|word| *word != "null") {
            Some("array") => match self.type_of(&schema["items"], &format!("{path}[]")).as_str() {
                "one of these words" => "list of these words".to_owned(),
                items => format!("list: {items}"),
            },
            Some("object") if schema["additionalProperties"].is_object() => {
                format!("for each name: {}", self.type_of(&schema["additionalProperties"], &format!("{path}.<name>")))
            }
            Some("integer") => "whole number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("string") => "text".to_owned(),
            Some(word) => word.to_owned(),
            None => "value".to_owned(),
        }
    }

    /// One key of several, each with a group of its own.
    fn variants(&mut self, definition: &'a Value, path: &str) -> String {
        let branches = definition["oneOf"].as_array().into_iter().flatten();
        let keys: Vec<(&String, &Value)> = branches.flat_map(fields).collect();
        let types: Vec<String> =
            keys.into_iter().map(|(key, field)| format!("`{key}`: {}", self.type_of(field, &format!("{path}.{key}")))).collect();
        format!("exactly one of {}", types.join("; "))
    }

    fn link(&mut self, name: &'a str, definition: &'a Value, path: &str) -> String {
        if !self.places.contains_key(name) {
            self.places.insert(name, path.to_owned());
            self.waiting.push_back(Group { path: path.to_owned(), schema: definition });
        }
        let place = &self.places[name];
        let anchor: String = place.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect();
        format!("group: [`{place}`](#{anchor})")
    }

    fn definition(&self, schema: &'a Value) -> Option<&'a Value> {
        name(schema).map(|name| &self.definitions[name])
    }

    /// Text in lines of a page; `mark` begins the first, as many spaces the others.
    fn paragraph(&mut self, mark: &str, text: &str) {
        let mut line = mark.to_owned();
        let mut is_first = true;
        for word in text.split_whitespace() {
            if !is_first && line.chars().count() + 1 + word.chars().count() > COLUMNS {
                self.text.push_str(&line);
                self.text.push('\n');
                line = " ".repeat(mark.len());
                is_first = true;
            }
            if !is_first {
                line.push(' ');
            }
            line.push_str(word);
            is_first = false;
        }
        self.text.push_str(&line);
        self.text.push('\n');
    }
}

/// The definition that a schema refers to, itself or where it may be null.
fn name(schema: &Value) -> Option<&str> {
    let branches = schema["anyOf"].as_array().into_iter().flatten();
    let reference = branches.chain([schema]).find_map(|schema| schema["$ref"].as_str());
    reference.and_then(|reference| reference.strip_prefix("#/$defs/"))
}

fn has_groups(definition: &Value) -> bool {
    definition["oneOf"].as_array().into_iter().flatten().any(|branch| branch["properties"].is_object())
}

fn fields(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flat_map(Map::iter)
}

fn description(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().to_owned()
}
