//! The schema: committed as generated, every property described, every spec valid, and our own comparison of a spec
//! with it as strict as a validator's.

use std::fs;
use std::path::Path;

use epnas::cli::schema;
use epnas::seed::{Seed, Stream, below};
use epnas::space::SearchSpace;
use epnas::spec::{self, Space, Subject};
use serde_json::{Value, json};

fn schema_value() -> Value {
    serde_json::from_str(&schema::text()).unwrap()
}

fn document(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(schema::FILE)).unwrap();
    assert!(committed == schema::text(), "run `epnas schema`");
    let folder = tempfile::tempdir().unwrap();
    let [spec, pools] = schema::write_schemas(&folder.path().join("new")).unwrap();
    assert_eq!(fs::read_to_string(spec).unwrap(), committed);
    let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(schema::POOLS_FILE)).unwrap();
    assert!(committed == fs::read_to_string(pools).unwrap(), "run `epnas schema`");
}

#[test]
fn every_spec_is_valid() {
    let validator = jsonschema::validator_for(&schema_value()).unwrap();
    for file in crate::specs::files() {
        let errors: Vec<String> = validator.iter_errors(&document(&file)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn every_property_has_a_description_and_no_keyword_is_unknown() {
    fn walk(whole: &Value, schema: &Value, place: &str, properties: &mut usize) {
        for (key, value) in schema.as_object().into_iter().flatten() {
            // What `spec::structure` understands.
            let known = [
                "$schema",
                "$defs",
                "$ref",
                "title",
                "description",
                "type",
                "properties",
                "required",
                "additionalProperties",
                "items",
                "anyOf",
                "oneOf",
                "enum",
                "const",
                "format",
                "minimum",
                "pattern",
            ];
            assert!(known.contains(&key.as_str()), "`{key}` in {place}");
            match value {
                Value::Object(inside) if key == "properties" || key == "$defs" => {
                    for (name, inner) in inside {
                        // Its own, or that of the type it refers to.
                        let named = inner["$ref"].as_str().and_then(|reference| whole.pointer(reference.trim_start_matches('#')));
                        let description = inner["description"].as_str().or_else(|| named.and_then(|named| named["description"].as_str()));
                        let described = description.is_some_and(|text| text.len() > 5);
                        assert!(key != "properties" || described, "{place}.{name} has no description");
                        *properties += 1;
                        walk(whole, inner, &format!("{place}.{name}"), properties);
                    }
                }
                Value::Object(_) => walk(whole, value, place, properties),
                Value::Array(branches) => {
                    branches.iter().filter(|branch| branch.is_object()).for_each(|branch| walk(whole, branch, place, properties));
                }
                _ => {}
            }
        }
    }
    let mut properties = 0;
    let schema = schema_value();
    walk(&schema, &schema, "spec", &mut properties);
    assert!(properties > 60, "{properties}");
}

/// Values that are wrong in most places and right in some.
fn odd_value(stream: &mut Stream) -> Value {
    let values = [
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(7),
        json!(64),
        json!(65),
        json!(100_000),
        json!(u64::MAX),
        json!(-1),
        json!(0.5),
        json!(1e-300),
        json!(""),
        json!("k"),
        json!("1k"),
        json!("9G"),
        json!("../x"),
        json!("mnist"),
        json!("random"),
        json!("penalty"),
        json!([]),
        json!({}),
        json!(null),
        json!(true),
        json!([1, 2]),
        json!({"name": "x"}),
    ];
    values[below(stream, values.len())].clone()
}

/// Puts an odd value somewhere, takes something out, or doubles an item.
fn mutate(value: &mut Value, stream: &mut Stream) {
    let deeper = below(stream, 5) > 0;
    match value {
        Value::Object(group) if deeper && !group.is_empty() => {
            let key = group.keys().nth(below(stream, group.len())).unwrap().clone();
            match below(stream, 8) {
                0 => drop(group.remove(&key)),
                1 => drop(group.insert(format!("{key}s"), json!(1))),
                _ => mutate(&mut group[&key], stream),
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let index = below(stream, items.len());
            if below(stream, 4) == 0 { items.push(items[index].clone()) } else { mutate(&mut items[index], stream) }
        }
        _ => *value = odd_value(stream),
    }
}

#[test]
fn odd_specs_never_panic_and_what_passes_runs() {
    let validator = jsonschema::validator_for(&schema_value()).unwrap();
    let originals: Vec<Value> = crate::specs::files().iter().map(|file| document(file)).collect();
    let structural = ["spec::unknown-key", "spec::missing-key", "spec::wrong-type", "spec::unknown-word", "spec::size"];
    let (mut valid, mut resolved) = (0, 0);
    for index in 0..4_000 {
        let mut stream = Seed::root(1).nth(index).stream();
        let mut document = originals[index % originals.len()].clone();
        for _ in 0..=below(&mut stream, 2) {
            mutate(&mut document, &mut stream);
        }
        // JSON is YAML.
        let text = document.to_string();
        let reading = spec::read(text.as_bytes());
        let right = !reading.faults.iter().any(|fault| structural.contains(&fault.code));
        assert_eq!(right, validator.is_valid(&document), "{text}\n{:?}", reading.faults);
        valid += usize::from(right);
        for fault in &reading.faults {
            assert_ne!(fault.code, "spec::unreadable", "{text}\n{fault:?}");
        }
        let Some(spec) = reading.resolved else { continue };
        resolved += 1;
        for stage in &spec.stages {
            let Subject::Images { dataset, space: Space::Layers(space), start, .. } = &spec.subject else { continue };
            let limits = dataset.limits(stage.depth);
            let space = SearchSpace::Layers(space, limits);
            for network in start.iter().chain([&space.draw(&mut stream)]) {
                assert_eq!(space.contains(network), Ok(()), "{text}");
            }
        }
    }
    assert!(valid > 500 && resolved > 200, "{valid} valid, {resolved} resolved");
}
