//! Single settings from outside the file, such as `constraints.params.max=60k`: put into the document before anything is
//! checked, so that all rules hold for them, with places of their own, so that a fault points at them.

use std::ops::Range;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::events::walk;
use super::source::{Source, last_key};
use super::yaml::document;
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Place, Segment};
use crate::text::{list, suggestion};

/// A path in the spec language and a value; `null` takes out what stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As given.
    pub text: String,
    /// Keys; a number is an index where a list stands.
    steps: Vec<String>,
    value: Value,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "expected a path and a value, such as `constraints.params.max=60k`";
        let (path, value) = text.split_once('=').ok_or_else(|| form.to_owned())?;
        let steps: Vec<String> = path.split('.').map(|step| step.trim().to_owned()).collect();
        if steps.iter().any(String::is_empty) || text.contains('\n') {
            return Err(form.to_owned());
        }
        if value.trim().is_empty() {
            return Err(format!("`{path}` is given no value; `{path}=null` takes out what the spec says"));
        }
        if let Some(fault) = walk(value).1.first() {
            return Err(format!("the value `{value}`: {}", fault.message));
        }
        let value = document(value).map_err(|error| format!("the value `{value}`: {}", error.without_snippet()))?;
        Ok(Self { text: text.to_owned(), steps, value })
    }
}

impl Setting {
    /// The first key of its path: the section of the spec that it is about.
    pub fn section(&self) -> &str {
        &self.steps[0]
    }
}

/// Settings that were put into a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placed {
    /// The settings, each a line, with the places that they name.
    pub source: Source,
    /// What each one set.
    paths: Vec<Path>,
}

impl Placed {
    /// Puts `settings` into `document`, one after another; what they replace has no place in `source` any more.
    pub(super) fn put(&mut self, settings: &[Setting], document: &mut Value, source: &mut Source) -> Vec<Diagnostic> {
        let mut faults = Diagnostics::default();
        for setting in settings {
            let path = path(setting, document);
            self.note(setting, &path);
            put(setting, document, &path, &mut faults);
            let replaced = |place: &Path| place.0.starts_with(&path.0);
            source.keys.retain(|place, _| !replaced(place));
            source.values.retain(|place, _| !replaced(place));
            self.paths.push(path);
        }
        faults.into_vec()
    }

    /// Whether a fault is to be shown in the settings, and not in the file.
    pub fn owns(&self, fault: &Diagnostic, file: &Source) -> bool {
        let (Place::Value(path) | Place::Key(path)) = &fault.place else { return false };
        let knows = |source: &Source| source.keys.contains_key(path) || source.values.contains_key(path);
        self.paths.iter().any(|set| path.0.starts_with(&set.0)) || !knows(file) && knows(&self.source)
    }

    /// A line of text for a setting, and the places of its keys and values there.
    fn note(&mut self, setting: &Setting, path: &Path) {
        if !self.source.text.is_empty() {
            self.source.text.push('\n');
        }
        let start = self.source.text.len();
        self.source.text.push_str(&setting.text);
        let equals = setting.text.find('=').unwrap_or(setting.text.len());
        let mut from = start;
        for (count, written) in setting.text[..equals].split('.').enumerate() {
            let place = Path(path.0[..=count].to_vec());
            self.source.keys.entry(place).or_insert(from..from + written.len());
            from += written.len() + 1;
        }
        let value_start = start + equals + 1;
        let (inner, _) = walk(&setting.text[equals + 1..]);
        let moved = |range: &Range<usize>| range.start + value_start..range.end + value_start;
        let below = |inside: &Path| Path([path.0.clone(), inside.0.clone()].concat());
        for (inside, range) in &inner.values {
            self.source.values.insert(below(inside), moved(range));
        }
        for (inside, range) in &inner.keys {
            self.source.keys.insert(below(inside), moved(range));
        }
    }
}

/// The path of a setting: a number is an index where the document has a list.
fn path(setting: &Setting, document: &Value) -> Path {
    let (mut path, mut here) = (Path::root(), Some(document));
    for step in &setting.steps {
        let index = here.filter(|value| value.is_array()).and_then(|_| step.parse::<usize>().ok());
        path = index.map_or_else(|| path.key(step), |index| path.index(index));
        here = here.and_then(|value| index.map_or_else(|| value.get(step), |index| value.get(index)));
    }
    path
}

fn put(setting: &Setting, document: &mut Value, path: &Path, faults: &mut Diagnostics) {
    let Some((last, before)) = path.0.split_last() else { return };
    let mut here = document;
    for (count, step) in before.iter().enumerate() {
        let below = Path(path.0[..=count].to_vec());
        here = match (step, here) {
            (Segment::Index(index), Value::Array(items)) => match items.get_mut(*index) {
                Some(item) => item,
                None => return no_item(faults, &below),
            },
            // Where nothing is said yet, a group begins.
            (Segment::Key(key), Value::Object(group)) => group.entry(key.clone()).or_insert(Value::Null),
            (_, other) => return no_group(faults, &below, other),
        };
        if here.is_null() {
            *here = Value::Object(Map::new());
        }
    }
    match (last, here) {
        (Segment::Index(index), Value::Array(items)) if *index < items.len() => {
            if setting.value.is_null() {
                items.remove(*index);
            } else {
                items[*index] = setting.value.clone();
            }
        }
        (Segment::Index(_), Value::Array(_)) => no_item(faults, path),
        (Segment::Key(key), Value::Object(group)) if setting.value.is_null() => {
            if group.remove(key).is_none() {
                let known: Vec<&str> = group.keys().map(String::as_str).collect();
                let near = suggestion(key, &known).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
                let help = format!("{near}given there: {}", if known.is_empty() { "nothing".to_owned() } else { list(&known) });
                faults.error("spec::unknown-key", path, format!("{} is not given, so that it cannot be taken out", last_key(path)), help);
            }
        }
        (Segment::Key(key), Value::Object(group)) => {
            group.insert(key.clone(), setting.value.clone());
        }
        (_, other) => no_group(faults, path, other),
    }
}

fn no_item(faults: &mut Diagnostics, path: &Path) {
    let message = format!("there is no item `{path}`");
    faults.error("spec::unknown-key", path, message, "items of a list are counted from 0");
}

/// `other` stands where a group would have to.
fn no_group(faults: &mut Diagnostics, path: &Path, other: &Value) {
    let parent = path.parent().unwrap_or_default();
    let (what, help) = match other {
        Value::Array(items) => ("a list", format!("name an item by its number, from 0 to {}", items.len().saturating_sub(1))),
        _ => ("a single value", "set it as a whole".to_owned()),
    };
    faults.error("spec::wrong-type", path, format!("{} is {what}, without keys", last_key(&parent)), help);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Reading, read_set};

    const SPEC: &str = "name: a\nspace: {table: {path: t.csv, metric: m, choices: {columns: [x]}, costs: {params: p, macs: q}}}\n\
                        constraints: {params: {max: 100k}, macs: {min: 5}}\nstages: [{rounds: 3, trainings: 1}]\nseed: 3\n";

    fn set(settings: &[&str]) -> (Reading, Placed) {
        let settings: Vec<Setting> = settings.iter().map(|text| text.parse().expect("a setting")).collect();
        read_set(SPEC.as_bytes(), &settings)
    }

    #[test]
    fn settings_say_the_same_as_an_edited_file() {
        let edits: [(&[&str], &str, &str); 6] = [
            (&["constraints.params.max=60k"], "max: 100k", "max: 60k"),
            (&["constraints.macs=null"], ", macs: {min: 5}", ""),
            (&["constraints.macs={max: 7}"], "macs: {min: 5}", "macs: {max: 7}"),
            (&["stages.0.rounds=4", "seed = 5"], "rounds: 3, trainings: 1}]\nseed: 3", "rounds: 4, trainings: 1}]\nseed: 5"),
            (&["constraints.params.enforcement=penalty"], "max: 100k", "max: 100k, enforcement: penalty"),
            (&["final.networks=2"], "seed: 3", "seed: 3\nfinal: {networks: 2}"),
        ];
        for (settings, from, to) in edits {
            let (reading, _) = set(settings);
            let edited = crate::spec::read(SPEC.replacen(from, to, 1).as_bytes()).resolved;
            assert!(edited.is_some() && reading.resolved == edited, "{settings:?}: {:?}", reading.faults);
        }
        assert_eq!(set(&[]).0.resolved, crate::spec::read(SPEC.as_bytes()).resolved);
    }

    #[test]
    fn faults_point_at_the_setting_that_made_them() {
        for (setting, code, marked, said) in [
            ("constrants.params.max=60k", "spec::unknown-key", "constrants", "did you mean `constraints`?"),
            ("constraints.parms.max=60k", "spec::unknown-key", "parms", "allowed here"),
            ("constraints.params.max=60x", "spec::size", "60x", "expected: a number"),
            ("constraints.params={mx: 60}", "spec::unknown-key", "mx", "did you mean `max`?"),
            ("constraints.params.max=0", "spec::out-of-range", "0", "allowed: above 0"),
            ("constraints.mac=null", "spec::unknown-key", "null", "did you mean `macs`?"),
            ("stages.7.rounds=1", "spec::unknown-key", "7", "counted from 0"),
            ("stages.rounds=1", "spec::wrong-type", "1", "by its number"),
            ("name.x=1", "spec::wrong-type", "1", "as a whole"),
        ] {
            let (reading, placed) = set(&[setting]);
            assert!(reading.resolved.is_none(), "{setting}");
            let fault = reading.faults.first().expect("a fault");
            assert_eq!(fault.code, code, "{setting}");
            assert!(placed.owns(fault, &reading.source), "{setting}: {fault:?}");
            assert_eq!(&placed.source.text[placed.source.range(&fault.place)], marked, "{setting}: {fault:?}");
            let help = fault.help.clone().unwrap_or_default();
            assert!(help.contains(said), "{setting}: {help}");
        }
        // A contradiction with what the file says stands in the file.
        let (reading, placed) = set(&["constraints.macs.max=4"]);
        let fault = reading.faults.first().expect("a fault");
        assert!(!placed.owns(fault, &reading.source));
        assert_eq!(&reading.source.text[reading.source.range(&fault.place)], "5");
    }

    #[test]
    fn what_is_no_setting_is_told() {
        for (text, said) in [
            ("constraints", "expected a path and a value"),
            ("a..b=1", "expected a path and a value"),
            ("seed=", "`seed=null` takes out"),
            ("seed=[1", "the value `[1`: "),
            ("seed=&x 1", "the value `&x 1`: an anchor"),
        ] {
            let error = text.parse::<Setting>().expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
