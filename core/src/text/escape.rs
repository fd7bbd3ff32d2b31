//! Untrusted text with its control characters escaped: no letter of a spec or of a file name acts on a terminal, ends a line or
//! turns it round.

use std::borrow::Cow;

/// `text` with everything that does not show itself written out, such as `\n` or `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, hidden)
}

/// The same for several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && hidden(letter))
}

/// The same for a line of a document, which may be indented by tabs.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\t' && hidden(letter))
}

fn escaped(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if hidden(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, line ends of Unicode, marks that change the direction of text, and the byte order mark.
pub fn hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_itself_is_written_out() {
        assert_eq!(visible("a\u{1b}[31m\nb\u{202e}é\t\u{7f}"), "a\\u{1b}[31m\\nb\\u{202e}é\\t\\u{7f}");
        assert_eq!(visible_lines("a\r\nb"), "a\\r\nb");
        assert!(matches!(visible("plain é"), Cow::Borrowed(_)));
    }
}
