//! All that is doubtful about photographs, in full sentences.

use super::doubles::doubles;
use super::thin::thin;
use super::{PhotoPart, Survey};

/// What was passed over, copies, and classes with too few images.
pub fn notes(survey: &Survey, readable: &[usize], parts: &[PhotoPart]) -> Vec<String> {
    let mut notes = survey.listing.notes.clone();
    notes.extend(doubles(survey, readable, parts));
    notes.extend(thin(survey, readable, parts));
    notes
}
