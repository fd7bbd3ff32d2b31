//! Rules of the start network as written: each layer by itself. Whether the network as a whole belongs to the space
//! is seen in `networks`.

use super::bounds::{MAX_DEPTH, value};
use crate::arch::{Description, Parameter};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::schema::{LayerSpec, LayersSpec};
use crate::text::list;

pub(super) fn check(faults: &mut Diagnostics, layers: &LayersSpec, place: &Path, side: usize) {
    let Some(start) = &layers.start else { return };
    if start.len() > MAX_DEPTH {
        let help = format!("allowed: at most {MAX_DEPTH}");
        faults.error("spec::out-of-range", place, format!("the start network has {} layers", start.len()), help);
        return;
    }
    for (index, layer) in start.iter().enumerate() {
        let rules = LayerRules { number: index + 1, layer, place: place.index(index) };
        rules.sizes(faults, side);
        rules.belongs(faults, layers);
        rules.skip(faults, layers.skips.unwrap_or(true));
    }
}

struct LayerRules<'a> {
    /// From 1; 0 is the stem.
    number: usize,
    layer: &'a LayerSpec,
    place: Path,
}

impl LayerRules<'_> {
    fn sizes(&self, faults: &mut Diagnostics, side: usize) {
        let LayerSpec { operation, .. } = self.layer;
        for parameter in Parameter::ALL {
            let Description { word, default, .. } = parameter.description();
            let (has, given) = (operation.parameters().contains(&parameter), self.layer.value(parameter));
            value(faults, &self.place.key(word), parameter, given, side);
            let kind = operation.word();
            if has && given.or(default).is_none() {
                faults.error("space::start", &self.place, format!("`{word}` is missing: a {kind} has {word}"), format!("add `{word}: …`"));
            } else if !has && given.is_some() {
                let help = format!("take `{word}` out");
                faults.error("space::start", &self.place.key(word), format!("a {kind} has no {word} of its own"), help);
            }
        }
    }

    /// Each value must be one of the space's, given or default.
    fn belongs(&self, faults: &mut Diagnostics, layers: &LayersSpec) {
        let layer = self.layer;
        for &parameter in layer.operation.parameters() {
            let Description { word, set, options, default, range: [least, _], .. } = parameter.description();
            let options = layers.options(parameter).map_or(options, Vec::as_slice);
            let value = layer.value(parameter).or(default).filter(|value| *value >= least);
            if let Some(value) = value.filter(|value| !options.contains(value) && !options.is_empty()) {
                let message = format!("layer {} has {word} {value}, which the space does not offer", self.number);
                self.outside(faults, word, message, format!("`{set}` of the space: {}", list(options)));
            }
        }
        if let Some(operations) = layers.operations.as_ref().filter(|set| !set.is_empty() && !set.contains(&layer.operation)) {
            let words: Vec<&str> = operations.iter().map(|kind| kind.word()).collect();
            let message = format!("layer {} is a `{}`, which the space does not offer", self.number, layer.operation.word());
            self.outside(faults, "operation", message, format!("`operations` of the space: {}", list(&words)));
        }
    }

    fn outside(&self, faults: &mut Diagnostics, key: &str, message: String, help: String) {
        faults.error("space::start", &self.place.key(key), message, help);
    }

    /// A layer reads the one before it anyway; a skip adds one from further back.
    fn skip(&self, faults: &mut Diagnostics, allowed: bool) {
        let Some(skip) = self.layer.skip else { return };
        let (number, place) = (self.number, self.place.key("skip"));
        let message = if !allowed {
            "a skip connection, and `skips` of the space is false".to_owned()
        } else if skip == number {
            format!("layer {number} skips to itself")
        } else if skip > number {
            format!("layer {number} skips to the later layer {skip}")
        } else if skip + 1 == number {
            format!("layer {number} reads layer {skip} anyway")
        } else {
            return;
        };
        let help = if number > 1 && allowed {
            format!("a skip of layer {number} names a layer from 0 (the stem) to {}", number - 2)
        } else {
            "take `skip` out".to_owned()
        };
        faults.error("space::start", &place, message, help);
    }
}
