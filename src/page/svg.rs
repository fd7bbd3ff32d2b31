//! Markup of figures, as text: escaped words, elements, coordinates.

use std::fmt::{self, Write as _};

use crate::text::visible_lines;

/// Words of others inside markup: nothing in them acts, and letters that XML does not allow are written out.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in visible_lines(text).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            _ => safe.push(letter),
        }
    }
    safe
}

/// At most so many letters; the last one says that there were more.
pub(super) fn short(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// A coordinate: one decimal, and none where it says nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(pub f64);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (10.0 * self.0).round();
        // Not -0.
        let tenths = if tenths == 0.0 { 0.0 } else { tenths };
        if tenths % 10.0 == 0.0 { write!(f, "{}", tenths / 10.0) } else { write!(f, "{:.1}", tenths / 10.0) }
    }
}

/// Where a word stands by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// Elements one after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(pub String);

impl Marks {
    /// Words in one line.
    pub(super) fn words(&mut self, class: &str, anchor: Anchor, (x, y): (f64, f64), text: &str) {
        let (x, y, anchor, text) = (At(x), At(y), anchor.word(), escaped(text));
        let _ = write!(self.0, r#"<text class="{class}" text-anchor="{anchor}" x="{x}" y="{y}">{text}</text>"#);
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, y1, x2, y2) = (At(x1), At(y1), At(x2), At(y2));
        let _ = write!(self.0, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    /// A rectangle; what it says on its own, where it says anything.
    pub(super) fn rectangle(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: Option<&str>) {
        let (x, y, width, height) = (At(x), At(y), At(width), At(height));
        let _ = write!(self.0, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}""#);
        self.close("rect", title);
    }

    /// A path from its commands.
    pub(super) fn path(&mut self, class: &str, commands: &str, title: Option<&str>) {
        let _ = write!(self.0, r#"<path class="{class}" d="{commands}""#);
        self.close("path", title);
    }

    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64, title: Option<&str>) {
        let _ = write!(self.0, r#"<circle class="{class}" cx="{}" cy="{}" r="{}""#, At(x), At(y), At(radius));
        self.close("circle", title);
    }

    fn close(&mut self, element: &str, title: Option<&str>) {
        let _ = match title {
            Some(title) => write!(self.0, "><title>{}</title></{element}>", escaped(title)),
            None => write!(self.0, "/>"),
        };
    }
}

/// The commands of a path through points.
pub(super) fn through(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut commands = String::new();
    for (x, y) in points {
        let _ = write!(commands, "{}{} {}", if commands.is_empty() { 'M' } else { 'L' }, At(x), At(y));
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_others_acts() {
        assert_eq!(escaped("</script>&'\"]]>"), "&lt;/script&gt;&amp;&#39;&quot;]]&gt;");
        assert_eq!(escaped("a\u{1b}\u{ffff}\nb"), "a\\u{1b}\u{fffd}\nb");
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("abcd", 4), "abcd");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([At(-0.01), At(2.0), At(2.06), At(-3.06)].map(|at| at.to_string()), ["0", "2", "2.1", "-3.1"]);
        assert_eq!(through([(0.0, 1.0), (2.5, 3.0)]), "M0 1L2.5 3");
    }
}
