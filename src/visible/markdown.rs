//! Words of others as code in Markdown: no bar ends a cell, no backtick the code, and nothing is taken for HTML.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::visible;

/// Code in running text.
pub fn code(text: &str) -> String {
    let text = visible(text);
    if !text.contains('`') {
        return format!("`{text}`");
    }
    // A fence longer than every run of backticks inside.
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    format!("{fence} {text} {fence}")
}

/// Code in a cell of a table. Tables are cut at bars before code is looked for, so that a bar stands behind a backslash; where
/// the text has backslashes or backticks itself, entities say it.
pub fn code_in_cell(text: &str) -> String {
    let text = visible(text);
    if text.contains(['\\', '`']) && text.contains(['|', '`']) {
        return format!("<code>{}</code>", entities(&text));
    }
    format!("`{}`", text.replace('|', "\\|"))
}

/// Plain text in a cell: what acts in Markdown or HTML stands as entities.
pub fn cell(text: &str) -> String {
    entities(&visible(text)).into_owned()
}

fn entities(text: &str) -> Cow<'_, str> {
    const ACTING: &str = "|<>&`\\*[]~";
    if !text.contains(|letter| ACTING.contains(letter)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if ACTING.contains(letter) {
            let _ = write!(escaped, "&#{};", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_in_their_cell() {
        for (text, expected) in [
            ("3-1", "`3-1`"),
            ("|a~0|+|b~0|", "`\\|a~0\\|+\\|b~0\\|`"),
            ("a\\|b", "<code>a&#92;&#124;b</code>"),
            ("`tick`", "<code>&#96;tick&#96;</code>"),
            ("end\\", "`end\\`"),
            ("<b>", "`<b>`"),
            ("new\nline|x", "<code>new&#92;nline&#124;x</code>"),
        ] {
            assert_eq!(code_in_cell(text), expected);
            let bars = code_in_cell(text).replace("\\|", "").matches('|').count();
            assert_eq!(bars, 0, "{text}");
        }
        assert_eq!(code("|a|"), "`|a|`");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(code("a\nb"), "`a\\nb`");
        assert_eq!(cell("a|b<i> c_d"), "a&#124;b&#60;i&#62; c_d");
    }
}
