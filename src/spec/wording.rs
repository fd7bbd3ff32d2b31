//! Words of messages about the structure of a spec.

use super::size::Size;
use super::span::TimeSpan;

/// Settings of other programs, and what says the same here.
const ELSEWHERE: [(&[&str], &str); 11] = [
    (&["max-params", "max-parameters", "param-limit"], "`constraints: {params: {max: 100k}}`"),
    (&["max-flops", "flops-limit", "max-macs"], "`constraints: {macs: {max: 10M}}`"),
    (&["max-latency", "latency-limit", "target-latency"], "`constraints: {latency: {max: 5}}`, in milliseconds"),
    (&["search-space", "model", "network", "backbone"], "`space`"),
    (&["trials", "max-trials", "num-trials", "n-trials"], "`budget: {trainings: 50}`, or `rounds` and `trainings` in `stages`"),
    (&["gpu-hours", "cpu-hours", "max-hours"], "`budget: {device-hours: 2}`, the hours of all slots"),
    (&["max-epochs", "num-epochs", "n-epochs"], "`epochs` in `stages` and in `final`"),
    (&["image-size", "img-size", "input-size", "resolution"], "`dataset: {size: 64}`, for photographs"),
    (&["objective", "score", "monitor"], "`metric`"),
    (&["gpu", "gpus", "device", "devices"], "`epnas run --device cuda`, outside the spec"),
    (&["workers", "num-workers", "jobs", "n-jobs", "trial-concurrency"], "`epnas run --workers 2`, outside the spec"),
];

/// What says here what a key of other programs says there.
pub(super) fn instead(key: &str) -> Option<&'static str> {
    let plain = key.to_lowercase().replace('_', "-");
    ELSEWHERE.iter().find(|(others, _)| others.contains(&plain.as_str())).map(|(_, ours)| *ours)
}

/// The first sentence of a description as the rest of another sentence.
pub(super) fn lowercase_start(text: &str) -> String {
    let text = text.replace('\n', " ");
    let sentence = text.split(". ").next().unwrap_or(&text);
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The number that a text was probably meant to be at `key`: a share in percent, a size, or a time in hours.
pub(super) fn number(key: &str, text: &str, may_be_fraction: bool) -> Option<String> {
    if let Some(time) = TimeSpan::parse(text).filter(|_| key.contains("hours") && may_be_fraction) {
        return Some((time.0 as f64 / 3600.0).to_string());
    }
    let percent = text.strip_suffix('%').filter(|_| may_be_fraction).and_then(|share| share.trim().parse::<f64>().ok());
    let size = || Size::parse(text).map(|size| size.0).filter(|size| may_be_fraction || size.fract() == 0.0);
    percent.map(|share| share / 100.0).or_else(size).filter(|number| number.is_finite()).map(|number| number.to_string())
}

pub(super) fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("did you mean `{word}`? "))
}
