//! The text of a spec with the place of every key and value in it. Says where things stand, not whether they are right.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::diagnostic::{Path, Place, Segment};

/// A text and the byte ranges of its keys and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub text: String,
    pub(super) keys: BTreeMap<Path, Range<usize>>,
    pub(super) values: BTreeMap<Path, Range<usize>>,
}

impl Source {
    /// A text of which no place is known.
    pub fn opaque(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// The bytes of a place, never more than one line. Where the text says nothing there (a default), the closest
    /// place around it.
    pub fn range(&self, place: &Place) -> Range<usize> {
        let range = match place {
            Place::Byte(byte) => self.word(*byte),
            Place::Value(path) => self.closest(path, [&self.values, &self.keys]),
            Place::Key(path) => self.closest(path, [&self.keys, &self.values]),
        };
        let line_end = self.text[range.start..].find('\n').map_or(self.text.len(), |length| range.start + length);
        range.start..range.end.min(line_end)
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..self.boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Whether the text gives this key.
    pub(super) fn has_key(&self, path: &Path) -> bool {
        self.keys.contains_key(path)
    }

    /// What is written at a path, where a scalar is.
    pub fn scalar(&self, path: &Path) -> Option<&str> {
        self.values.get(path).map(|range| &self.text[range.clone()])
    }

    fn closest(&self, path: &Path, sides: [&BTreeMap<Path, Range<usize>>; 2]) -> Range<usize> {
        let mut here = Some(path.clone());
        while let Some(path) = here {
            let found = |side: &BTreeMap<Path, Range<usize>>| side.get(&path).filter(|range| !range.is_empty()).cloned();
            if let Some(range) = found(sides[0]).or_else(|| found(sides[1])) {
                // A group or a list is best shown by its key.
                let several_lines = self.text[range.clone()].contains('\n');
                return self.keys.get(&path).filter(|_| several_lines).cloned().unwrap_or(range);
            }
            here = path.parent();
        }
        0..0
    }

    /// From `byte` to the end of the word there; at least one character, except at the very end.
    fn word(&self, byte: usize) -> Range<usize> {
        let start = self.boundary(byte);
        let rest = &self.text[start..];
        let length = rest.find(|c: char| c.is_whitespace() || ",:]}".contains(c)).unwrap_or(rest.len());
        let one = rest.chars().next().filter(|&c| c != '\n').map_or(0, char::len_utf8);
        start..start + length.max(one)
    }

    fn boundary(&self, byte: usize) -> usize {
        (0..=byte.min(self.text.len())).rev().find(|&byte| self.text.is_char_boundary(byte)).unwrap_or(0)
    }
}

/// The last key of a path, for messages; an index is named with the list it belongs to.
pub fn last_key(path: &Path) -> String {
    match path.0.last() {
        None => "the spec".to_owned(),
        Some(Segment::Key(key)) => format!("`{key}`"),
        Some(Segment::Index(_)) => format!("`{path}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_or_the_closest_around_them() {
        let text = "a:\n  b: [1, 22]\n  c:\n    d: é\n";
        let source = crate::spec::events::walk(text).0;
        let at = |place: Place| &text[source.range(&place)];
        let path = Path::root().key("a");
        assert_eq!(at(Place::Value(path.key("b").index(1))), "22");
        assert_eq!(at(Place::Key(path.key("b"))), "b");
        assert_eq!(at(Place::Value(path.key("b"))), "[1, 22]");
        assert_eq!(at(Place::Value(path.key("c").key("d"))), "é");
        assert_eq!(at(Place::Value(path.key("c").key("x").key("y"))), "d: é");
        assert_eq!(at(Place::Value(path.key("b").key("none"))), "[1, 22]");
        assert_eq!(at(Place::Value(Path::root().key("zzz"))), "a:");
        assert_eq!(source.line_and_column(text.find('é').expect("there")), (4, 8));
        assert_eq!(at(Place::Byte(text.len() + 9)), "");
    }
}
