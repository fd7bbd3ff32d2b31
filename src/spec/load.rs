//! From bytes to a [`Spec`], or to every fault that keeps them from being one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::set::{Placed, Setting};
use super::source::Source;
use super::yaml::document;
use super::{ResolvedSpec, Spec, check, events, structure, version};
use crate::diagnostic::{Diagnostic, Place, Segment, Severity};

/// The largest file that is read.
pub const MAX_BYTES: usize = 1 << 20;

/// A spec with the places of its text.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub spec: Spec,
    pub source: Source,
}

/// A text that is no spec.
#[derive(Clone, Debug)]
pub struct Refused {
    /// At least one error.
    pub faults: Vec<Diagnostic>,
    pub source: Source,
}

/// Everything there is to know about a spec without its data set.
#[derive(Clone, Debug)]
pub struct Reading {
    pub source: Source,
    /// Errors and warnings in the order of the text.
    pub faults: Vec<Diagnostic>,
    /// Where there is no error.
    pub resolved: Option<ResolvedSpec>,
}

/// What changes a spec after it was read.
pub type Change<'a> = &'a dyn Fn(&mut Spec);

/// Loads, checks and resolves.
pub fn read(bytes: &[u8]) -> Reading {
    read_changed(bytes, &|_| {})
}

/// The same with a change made between reading and checking.
pub fn read_changed(bytes: &[u8], change: Change<'_>) -> Reading {
    checked(load(bytes), change)
}

fn checked(loaded: Result<Loaded, Box<Refused>>, change: Change<'_>) -> Reading {
    let (source, spec, mut faults) = match loaded {
        Ok(Loaded { mut spec, source }) => {
            change(&mut spec);
            let faults = check::check(&spec);
            (source, Some(spec), faults)
        }
        Err(refused) => (refused.source, None, refused.faults),
    };
    faults.sort_by_key(|fault| source.range(&fault.place).start);
    let right = !faults.iter().any(|fault| fault.severity == Severity::Error);
    Reading { source, faults, resolved: spec.filter(|_| right).map(|spec| ResolvedSpec::new(&spec)) }
}

/// The same with settings put in before anything is compared with the schema; a fault stands in the text or, where
/// [`Placed::owns`] says so, in the settings.
pub fn read_set(bytes: &[u8], settings: &[Setting]) -> (Reading, Placed) {
    let mut placed = Placed::default();
    let loaded = load_set(bytes, settings, &mut placed);
    (checked(loaded, &|_| {}), placed)
}

/// The spec as written, structurally right.
pub fn load(bytes: &[u8]) -> Result<Loaded, Box<Refused>> {
    load_set(bytes, &[], &mut Placed::default())
}

fn load_set(bytes: &[u8], settings: &[Setting], placed: &mut Placed) -> Result<Loaded, Box<Refused>> {
    let text = text(bytes)?;
    let (mut source, mut faults) = events::walk(&text);
    if let Some(fault) = version::check(&source) {
        return Err(Box::new(Refused { faults: vec![fault], source }));
    }
    // Past a key given twice there is still something to compare; anything else leaves no document.
    if faults.iter().any(|fault| fault.code != "spec::duplicate-key") {
        return Err(Box::new(Refused { faults, source }));
    }
    let refuse = |mut faults: Vec<Diagnostic>, found: Vec<Diagnostic>, source: Source| {
        faults.extend(found);
        Err(Box::new(Refused { faults, source }))
    };
    let mut document: Value = match document(&text) {
        Ok(document) => document,
        Err(error) => return refuse(faults, vec![unreadable(&error)], source),
    };
    let mut found = placed.put(settings, &mut document, &mut source);
    found.extend(structure::compare(&SCHEMA, &document, &source));
    if !faults.is_empty() || !found.is_empty() {
        faults.extend(found);
        let rest = beyond(&document, &faults);
        return refuse(faults, rest, source);
    }
    match serde_json::from_value(document) {
        Ok(spec) => Ok(Loaded { spec, source }),
        Err(error) => {
            // Not expected: the comparison above is as strict as serde. The YAML reader knows the place.
            let located = serde_yaml::from_str::<Spec>(&text).err().map(|error| unreadable(&error));
            refuse(faults, vec![located.unwrap_or_else(|| fault("spec::unreadable", 0, &error.to_string(), None))], source)
        }
    }
}

/// What the rules say of the sections that have no fault in their structure.
fn beyond(document: &Value, faults: &[Diagnostic]) -> Vec<Diagnostic> {
    let Value::Object(mut sections) = document.clone() else { return Vec::new() };
    let mut left_out = BTreeSet::new();
    for fault in faults {
        if let Place::Value(path) | Place::Key(path) = &fault.place
            && let Some(Segment::Key(section)) = path.0.first()
        {
            sections.remove(section);
            left_out.insert(section.clone());
        }
    }
    if !sections.contains_key("name") {
        sections.insert("name".to_owned(), json!("unnamed"));
        left_out.insert("name".to_owned());
    }
    // One that is not given at all is missed.
    if left_out.contains("dataset") {
        sections.insert("dataset".to_owned(), json!({ "name": "fashion-mnist" }));
    }
    serde_json::from_value(Value::Object(sections)).map_or_else(|_| Vec::new(), |spec| check::check_without(&spec, &left_out))
}

/// The schema of [`Spec`], as `epnas schema` writes it.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// The words of `strategy`.
pub fn strategies() -> Vec<&'static str> {
    let words = SCHEMA["$defs"]["StrategySpec"]["oneOf"].as_array().into_iter().flatten();
    words.filter_map(|word| word["const"].as_str()).collect()
}

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Spec).to_value());

pub(super) fn text(bytes: &[u8]) -> Result<String, Box<Refused>> {
    let refuse = |fault, text: String| Err(Box::new(Refused { faults: vec![fault], source: Source::opaque(text) }));
    if bytes.len() > MAX_BYTES {
        let message = format!("the file has more than {MAX_BYTES} bytes");
        return refuse(fault("spec::too-large", 0, &message, Some("a spec is a short file; is this the right one?")), String::new());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let byte = error.valid_up_to();
            let message = format!("byte {byte} is not UTF-8 text");
            let help = "save the file as UTF-8; is it a spec at all?";
            refuse(fault("spec::encoding", byte, &message, Some(help)), String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

pub(super) fn unreadable(error: &serde_yaml::Error) -> Diagnostic {
    let byte = error.location().and_then(|location| location.span().byte_offset()).unwrap_or(0);
    fault("spec::unreadable", byte as usize, &error.without_snippet().to_string(), None)
}

pub(super) fn fault(code: &'static str, byte: usize, message: &str, help: Option<&str>) -> Diagnostic {
    Diagnostic { code, severity: Severity::Error, place: Place::Byte(byte), message: message.to_owned(), help: help.map(str::to_owned) }
}
