//! What is known of photographs only when they are looked at.

use super::references::references;
use super::{ResolvedSpec, Subject};
use crate::arch::Shape;
use crate::dataset::{Examples, Facts};
use crate::space::Family;

impl ResolvedSpec {
    /// What photographs turned out to be is put in for what is not known before they are looked at.
    pub fn fit(&mut self, facts: &Facts) {
        let (Subject::Images { dataset, .. }, Some(photos)) = (&mut self.subject, &facts.photos) else { return };
        dataset.described.shape = Shape { channels: photos.channels, height: photos.size, width: photos.size };
        dataset.described.classes = photos.classes.len();
        dataset.described.class_names.clone_from(&photos.classes);
        dataset.validation = photos.validation;
        dataset.skipped.clone_from(&photos.skipped);
        dataset.examples = Some(Examples { train: facts.train.images, test: facts.test.images });
        // More classes are more parameters: what kept the limits with the classes that were assumed may not keep them now.
        let families: Vec<Family> = self.references.iter().map(|reference| reference.family).collect();
        self.references = references(&families, &self.subject, &self.stages, &self.constraints);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Cost;

    const TEXT: &str = "
name: a
dataset: {path: photos, size: 32}
constraints: {params: {max: 40k}}
stages: [{rounds: 1, trainings: 2}]
";

    #[test]
    fn references_keep_the_limits_with_the_classes_that_photographs_have() {
        let part = serde_json::json!({"images": 900, "per-class": [9], "values": [0, 255], "repeated": 0});
        let classes: Vec<String> = (0..100).map(|class| class.to_string()).collect();
        let photos = serde_json::json!({
            "layout": "class folders", "channels": 1, "size": 32, "classes": classes, "validation": 90, "notes": [], "skipped": []
        });
        let facts = serde_json::json!({"train": part, "test": part, "shared": 0, "photos": photos});
        let facts: Facts = serde_json::from_value(facts).expect("facts");
        let mut spec = crate::spec::read(TEXT.as_bytes()).resolved.expect("a spec");
        let of = |spec: &ResolvedSpec| spec.references.iter().map(|reference| reference.network.clone()).collect::<Vec<_>>();
        let before = of(&spec);
        spec.fit(&facts);
        let params = |network: &crate::arch::Architecture| {
            Cost::of(&network.network(Shape { channels: 1, height: 32, width: 32 }, 100).expect("well-formed")).params
        };
        assert!(before.iter().any(|network| params(network) > 40_000), "nothing had to change");
        assert_eq!(spec.references.len(), Family::ALL.len());
        for network in of(&spec) {
            assert!(params(&network) <= 40_000, "{}", network.summary());
        }
    }
}
