//! Words of others as code in Markdown: no bar ends a cell, no backtick the code, and nothing is taken for HTML.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::escape::visible;

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

/// Plain text in a cell or a line, as Markdown shows it unchanged: what acts in Markdown or HTML stands behind a backslash.
/// Underscores inside words mean nothing and stay readable.
pub fn cell(text: &str) -> String {
    let letters: Vec<char> = visible(text).chars().collect();
    let mut escaped = String::with_capacity(letters.len() + 8);
    for (index, &letter) in letters.iter().enumerate() {
        let inside = |other: Option<&char>| other.is_some_and(|other| other.is_alphanumeric());
        let inner = inside(index.checked_sub(1).and_then(|before| letters.get(before))) && inside(letters.get(index + 1));
        if "\\|`*<>[]&#~$".contains(letter) || letter == '_' && !inner {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
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
        assert_eq!(cell("a|b<i> c_d"), "a\\|b\\<i\\> c_d");
        assert_eq!(cell("local_search 2"), "local_search 2");
        assert_eq!(cell("_a_ <b>\n`c`"), "\\_a\\_ \\<b\\>\\\\n\\`c\\`");
    }
}
