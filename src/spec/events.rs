//! One walk over the events of a YAML text: where each key and value stands, and what makes the text unfit for a
//! spec whatever it says: broken syntax, keys given twice, anchors, several documents, absurd sizes.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::source::Source;
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Place, Severity};

/// The deepest nesting of lists and groups.
pub(super) const MAX_DEPTH: usize = 64;
/// The most keys and values.
pub(super) const MAX_NODES: usize = 100_000;
/// After so many faults of this kind no more are looked for.
const MAX_FAULTS: usize = 20;

/// The places of a text, and its faults. With faults the places are as far as they were found.
pub(super) fn walk(text: &str) -> (Source, Vec<Diagnostic>) {
    let mut walk = Walk {
        source: Source::opaque(text.to_owned()),
        faults: Diagnostics::default(),
        open: Vec::new(),
        nodes: 0,
        last_end: 0,
        documents: 0,
    };
    let options = granit_parser::options! { emit_comments: false };
    for event in Parser::new_from_str_with_options(text, options) {
        let went_on = match event {
            Ok((event, span)) => walk.event(&event, &span),
            Err(error) => {
                walk.syntax(&error);
                false
            }
        };
        if !went_on || walk.faults.len() >= MAX_FAULTS {
            return walk.end();
        }
    }
    if walk.nodes == 0 || (walk.nodes == 1 && walk.source.scalar(&Path::root()) == Some("")) {
        walk.fault("spec::empty", 0, "the file says nothing", "a spec has at least `name` and `dataset`".to_owned());
    }
    walk.end()
}

/// The tab of this line before `byte`, else the first one from there on.
fn near_tab(text: &str, byte: usize) -> usize {
    let line = text[..byte].rfind('\n').map_or(0, |end| end + 1);
    text[line..byte].find('\t').map(|tab| line + tab).or_else(|| text[byte..].find('\t').map(|tab| byte + tab)).unwrap_or(byte)
}

/// A list or group that is not closed yet.
struct Open {
    path: Path,
    start: usize,
    inside: Inside,
}

enum Inside {
    /// The index of the next item.
    List(usize),
    /// Where each key was first given, and the key whose value comes next.
    Group { keys: BTreeMap<String, usize>, key: Option<String> },
}

struct Walk {
    source: Source,
    faults: Diagnostics,
    open: Vec<Open>,
    nodes: usize,
    /// Where the last scalar ended: the end of the lists and groups around it.
    last_end: usize,
    documents: usize,
}

impl Walk {
    /// Takes one event; false when the walk cannot go on.
    fn event(&mut self, event: &Event<'_>, span: &Span) -> bool {
        let start = self.byte(span.start);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let help = "one file holds one spec: put the second one into a file of its own";
                    self.fault("spec::documents", start, "a second document begins here", help.to_owned());
                    return false;
                }
                true
            }
            Event::Scalar(value, style, ..) => self.node(event, start) && self.scalar(value, *style, span),
            Event::SequenceStart(..) => self.node(event, start) && self.begin(start, Inside::List(0)),
            Event::MappingStart(..) => self.node(event, start) && self.begin(start, Inside::Group { keys: BTreeMap::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    // With brackets it ends with the closing one, without them with its last scalar.
                    let bracketed = self.source.text[closed.start..].starts_with(['[', '{']);
                    self.last_end = self.last_end.max(if bracketed { self.byte(span.end) } else { closed.start });
                    self.source.values.entry(closed.path).or_insert(closed.start..self.last_end);
                }
                true
            }
            Event::Alias(_) => {
                self.unsupported("an alias", start);
                // Its place is taken, so that the rest keeps its shape.
                self.scalar("", ScalarStyle::Plain, span)
            }
            _ => true,
        }
    }

    /// What holds for every key and value.
    fn node(&mut self, event: &Event<'_>, start: usize) -> bool {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} keys and values");
            self.fault("spec::too-large", start, &message, "a spec is a short file; is this the right one?".to_owned());
            return false;
        }
        if event.anchor_id().is_some() {
            self.unsupported("an anchor", start);
        }
        if event.tag().is_some_and(|tag| !tag.is_yaml_core_schema()) {
            self.unsupported("a tag", start);
        }
        true
    }

    fn unsupported(&mut self, what: &str, start: usize) {
        self.fault("spec::unsupported", start, &format!("{what}, which specs do not have"), "write the value out".to_owned());
    }

    fn too_deep(&mut self, byte: usize) {
        let message = format!("nested more than {MAX_DEPTH} deep");
        self.fault("spec::too-large", byte, &message, "a spec is at most a few levels deep".to_owned());
    }

    fn begin(&mut self, start: usize, inside: Inside) -> bool {
        let Some(path) = self.value_path(start) else { return false };
        if self.open.len() >= MAX_DEPTH {
            self.too_deep(start);
            return false;
        }
        self.open.push(Open { path, start, inside });
        true
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, span: &Span) -> bool {
        let (start, end) = (self.byte(span.start), self.byte(span.end).max(self.byte(span.start)));
        self.last_end = end;
        if let Some(Open { path, inside: Inside::Group { keys, key: key @ None }, .. }) = self.open.last_mut() {
            if style == ScalarStyle::Plain && matches!(value, "" | "~" | "null") {
                self.fault(
                    "spec::syntax",
                    start,
                    "nothing stands where a key is expected",
                    "write the key, or put it into quotes".to_owned(),
                );
                return false;
            }
            let path = path.key(value);
            *key = Some(value.to_owned());
            let first = *keys.entry(value.to_owned()).or_insert(start);
            if value == "<<" && style == ScalarStyle::Plain {
                self.unsupported("a merge key", start);
            } else if first == start {
                self.source.keys.entry(path).or_insert(start..end);
            } else {
                let line = self.source.line_and_column(first).0;
                let help = format!("keep one of the two; the first is on line {line}");
                self.fault("spec::duplicate-key", start, &format!("`{value}` is given twice"), help);
            }
            return true;
        }
        let Some(path) = self.value_path(start) else { return false };
        // Of a key given twice the first value counts, as in the place of the key.
        self.source.values.entry(path).or_insert(start..end);
        true
    }

    /// The path of the value that begins now; none where a key is due, which only text can be.
    fn value_path(&mut self, start: usize) -> Option<Path> {
        let Some(open) = self.open.last_mut() else { return Some(Path::root()) };
        match &mut open.inside {
            Inside::List(next) => {
                *next += 1;
                Some(open.path.index(*next - 1))
            }
            Inside::Group { key, .. } => {
                if let Some(key) = key.take() {
                    return Some(open.path.key(&key));
                }
                let help = "a key is a word; text that begins with a bracket needs quotes";
                self.fault("spec::syntax", start, "a list or a group stands where a key is expected", help.to_owned());
                None
            }
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let info = error.info();
        let byte = self.byte(*error.marker());
        // The parser stands before or behind the tab that it means.
        let byte = if info.contains("tab") { near_tab(&self.source.text, byte) } else { byte };
        if info.contains("recursion limit") {
            return self.too_deep(byte);
        }
        let help = if info.contains("tab") {
            "YAML is indented with spaces: replace the tab by spaces"
        } else if info.contains("EOF") || info.contains("eof") || info.contains("unclosed") {
            "a bracket or a quote was opened and not closed"
        } else if info.contains("mapping values") {
            "put text that contains `: ` into quotes"
        } else {
            "look at the indentation, colons and quotes of this line and the one before"
        };
        self.fault("spec::syntax", byte, &format!("not YAML: {info}"), help.to_owned());
    }

    fn fault(&mut self, code: &'static str, byte: usize, message: &str, help: String) {
        let message = message.to_owned();
        self.faults.push(Diagnostic { code, severity: Severity::Error, place: Place::Byte(byte), message, help: Some(help) });
    }

    fn byte(&self, marker: granit_parser::Marker) -> usize {
        let text = &self.source.text;
        let counted = || text.char_indices().nth(marker.index()).map_or(text.len(), |(byte, _)| byte);
        marker.byte_offset().unwrap_or_else(counted).min(text.len())
    }

    fn end(self) -> (Source, Vec<Diagnostic>) {
        (self.source, self.faults.into_vec())
    }
}
