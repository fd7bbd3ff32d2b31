//! What was probably meant by a word that is not known.

/// Data sets that are spelt like one that is known and hold other data.
const OTHERS: [&str; 6] = ["kmnist", "emnist", "qmnist", "notmnist", "cifar-10.1", "cifar-10-c"];

/// What other programs call what is called otherwise here.
const ELSEWHERE: [(&str, &str); 8] = [
    ("lr", "learning-rate"),
    ("wd", "weight-decay"),
    ("bs", "batch-size"),
    ("parameters", "params"),
    ("ops", "operations"),
    ("data", "dataset"),
    ("mbconv", "inverted-bottleneck"),
    ("dwconv", "separable-convolution"),
];

/// Parts of names of operations, as DARTS, NAS-Bench and Keras write them.
const PARTS: [(&str, &str); 6] = [
    ("sep", "separable"),
    ("dil", "dilated"),
    ("conv", "convolution"),
    ("conv2d", "convolution"),
    ("avg", "average"),
    ("skip", "identity"),
];

/// The shortest part of a hyphenated word that may stand for the whole.
const PART: usize = 4;

/// Longer words of others are not compared.
const LONGEST: usize = 200;

/// The candidate closest to `word`, where one is close.
pub fn suggestion<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    if OTHERS.contains(&word.to_lowercase().as_str()) {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', ' ', '.'], "-");
    let split = hyphenated(word);
    let word = plain(word);
    if let Some(ours) = spelt_out(&plain(&split)).find_map(|whole| candidates.iter().find(|candidate| **candidate == whole)) {
        return Some(ours);
    }
    // `conv` of `conv3x3`.
    let letters = word.split(|letter: char| letter.is_ascii_digit()).next();
    let before_digits = letters.filter(|letters| letters.len() >= 3 && letters.len() < word.len());
    let named = ELSEWHERE.iter().find(|(other, _)| *other == word || Some(*other) == before_digits).map(|(_, ours)| *ours);
    if let Some(ours) = candidates.iter().find(|candidate| Some(**candidate) == named) {
        return Some(ours);
    }
    let near = |candidate: &&str| {
        let candidate = plain(candidate);
        let distance = strsim::osa_distance(&word, &candidate);
        let shared_start = word.len() >= 3 && candidate.len() >= 3 && (candidate.starts_with(&word) || word.starts_with(&candidate));
        let is_part = word.len() >= PART && candidate.split('-').any(|part| part == word);
        let is_abbreviated = before_digits.is_some_and(|letters| candidate.starts_with(letters));
        (distance <= (word.chars().count() / 3).max(1) || shared_start || is_part || is_abbreviated).then_some(distance)
    };
    let candidates = candidates.iter().filter(|candidate| !candidate.is_empty() && candidate.len() <= LONGEST);
    candidates.filter_map(|candidate| Some((near(candidate)?, *candidate))).min().map(|(_, candidate)| candidate)
}

/// `SepConv` as `Sep-Conv`.
fn hyphenated(word: &str) -> String {
    let mut split = String::new();
    let mut is_lower = false;
    for letter in word.chars() {
        if is_lower && letter.is_uppercase() {
            split.push('-');
        }
        is_lower = letter.is_lowercase();
        split.push(letter);
    }
    split
}

/// A name of hyphenated parts with its abbreviations spelt out, as it is and without the size of its kernel.
fn spelt_out(word: &str) -> impl Iterator<Item = String> {
    let whole = |part| PARTS.iter().find(|(short, _)| *short == part).map_or(part, |(_, whole)| *whole);
    let parts: Vec<&str> = word.split('-').map(whole).collect();
    let is_size = |part: &str| part.contains('x') && part.chars().all(|letter| letter == 'x' || letter.is_ascii_digit());
    let sizeless: Vec<&str> = parts.iter().copied().filter(|part| !is_size(part)).collect();
    [parts.join("-"), sizeless.join("-"), parts[0].to_owned()].into_iter()
}

/// Words for people: "`a`, `b`, `c`".
pub fn list<T: std::fmt::Display>(words: &[T]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_data_are_not_suggested() {
        let known = ["fashion-mnist", "mnist", "cifar-10", "cifar-100"];
        for other in OTHERS {
            assert_eq!(suggestion(other, &known), None, "{other}");
        }
        assert_eq!(suggestion("MNST", &known), Some("mnist"));
    }

    #[test]
    fn abbreviated_operations_are_spelt_out() {
        let layers = ["convolution", "separable-convolution", "max-pool", "average-pool"];
        let cells = ["identity", "separable-convolution-3x3", "dilated-convolution-5x5", "average-pool-3x3"];
        for (words, given, meant) in [
            (&layers, "sep_conv_3x3", Some("separable-convolution")),
            (&layers, "SeparableConv", Some("separable-convolution")),
            (&layers, "avg_pool", Some("average-pool")),
            (&cells, "sep_conv_3x3", Some("separable-convolution-3x3")),
            (&cells, "dil_conv_5x5", Some("dilated-convolution-5x5")),
            (&cells, "skip_connect", Some("identity")),
            (&cells, "attention_3x3", None),
        ] {
            assert_eq!(suggestion(given, words), meant, "{given}");
        }
    }

    #[test]
    fn only_what_is_close_is_suggested() {
        let words = ["rounds", "trainings", "learning-rate", "max-pool", "sgd", "convolution", "inverted-bottleneck"];
        for (given, meant) in [
            ("round", Some("rounds")),
            ("Learning_Rate", Some("learning-rate")),
            ("trianings", Some("trainings")),
            ("max pool", Some("max-pool")),
            ("SGD", Some("sgd")),
            ("colour", None),
            ("lr", Some("learning-rate")),
            ("pool", Some("max-pool")),
            ("rate", Some("learning-rate")),
            ("conv3x3", Some("convolution")),
            ("mbconv6", Some("inverted-bottleneck")),
            ("3x3", None),
            ("", None),
        ] {
            assert_eq!(suggestion(given, &words), meant, "{given}");
        }
    }
}
