//! Words of messages about the structure of a spec.

use super::size::Size;

/// The first sentence of a description as the rest of another sentence.
pub(super) fn lowercase_start(text: &str) -> String {
    let text = text.replace('\n', " ");
    let sentence = text.split(". ").next().unwrap_or(&text);
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The number that a text was probably meant to be: a share in percent, or a size.
pub(super) fn number(text: &str, may_be_fraction: bool) -> Option<String> {
    let percent = text.strip_suffix('%').filter(|_| may_be_fraction).and_then(|share| share.trim().parse::<f64>().ok());
    let size = || Size::parse(text).map(|size| size.0).filter(|size| may_be_fraction || size.fract() == 0.0);
    percent.map(|share| share / 100.0).or_else(size).filter(|number| number.is_finite()).map(|number| number.to_string())
}

pub(super) fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("did you mean `{word}`? "))
}
