//! Classes with too few images to be shared among the parts.

use std::collections::{BTreeMap, BTreeSet};

use super::{PhotoPart, Survey};

/// A sentence where a class is in no part but training, though that part was shared out.
pub(super) fn thin(survey: &Survey, readable: &[usize], parts: &[PhotoPart]) -> Option<String> {
    let entries = &survey.listing.entries;
    let mut classes: BTreeMap<u16, BTreeSet<PhotoPart>> = BTreeMap::new();
    for &index in readable {
        classes.entry(entries[index].label).or_default().insert(parts[index]);
    }
    let shared: Vec<PhotoPart> = [PhotoPart::Validation, PhotoPart::Test].into_iter().filter(|part| !survey.listing.has(*part)).collect();
    let lacking: Vec<&String> = classes
        .iter()
        .filter(|(_, there)| shared.iter().any(|part| !there.contains(part)))
        .map(|(label, _)| &survey.listing.classes[usize::from(*label)])
        .collect();
    let (first, more) = lacking.split_first()?;
    let more = if more.is_empty() { "has".to_owned() } else { format!("and {} more have", more.len()) };
    Some(format!("the class `{first}` {more} too few different images to be in each part"))
}
