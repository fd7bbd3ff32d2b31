//! What is known of photographs only when they are looked at.

use super::{ResolvedSpec, Subject};
use crate::arch::Shape;
use crate::dataset::{Examples, Facts};

impl ResolvedSpec {
    /// What photographs turned out to be is put in for what is not known before they are looked at.
    pub fn fit(&mut self, facts: &Facts) {
        let (Subject::Images { dataset, .. }, Some(photos)) = (&mut self.subject, &facts.photos) else { return };
        dataset.described.shape = Shape { channels: photos.channels, height: photos.size, width: photos.size };
        dataset.described.classes = photos.classes.len();
        dataset.described.class_names.clone_from(&photos.classes);
        dataset.validation = photos.validation;
        dataset.examples = Some(Examples { train: facts.train.images, test: facts.test.images });
    }
}
