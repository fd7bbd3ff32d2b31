//! Images that are there more than once, byte for byte.

use std::collections::BTreeMap;

use super::{PhotoPart, Survey};

/// Sentences about images with several labels and in several parts.
pub(super) fn doubles(survey: &Survey, readable: &[usize], parts: &[PhotoPart]) -> Vec<String> {
    let entries = &survey.listing.entries;
    let mut first: BTreeMap<&[u8; 32], usize> = BTreeMap::new();
    let (mut labels, mut across, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for &index in readable {
        let before = *first.entry(&survey.probes[index].content).or_insert(index);
        if before == index {
            continue;
        }
        let pair = format!("`{}` and `{}`", entries[before].path, entries[index].path);
        if entries[before].label != entries[index].label {
            labels.push(pair);
        } else if parts[before] != parts[index] {
            across.push(pair);
        } else {
            copies.push(pair);
        }
    }
    let told = |pairs: &[String], one: &str, many: &str| {
        pairs.first().map(|pair| if pairs.len() == 1 { format!("{pair} {one}") } else { format!("{} {many}, such as {pair}", pairs.len()) })
    };
    [
        told(&labels, "are one image under two labels", "images are there under another label too"),
        told(&across, "are one image in two parts", "images are in another part too"),
        told(&copies, "are one image", "images are copies of another one of their class"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
