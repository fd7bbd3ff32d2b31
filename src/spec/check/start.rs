//! Rules of the start network as written: each layer by itself. Whether the network as a whole belongs to the space
//! is seen in `networks`.

use super::bounds::{whole, window};
use super::space::{MAX_CHANNELS, MAX_DEPTH, MAX_EXPANSION, MAX_LAYER_STRIDE};
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::schema::{LayerSpec, LayersSpec};
use crate::text::list;

pub fn check(faults: &mut Diagnostics, layers: &LayersSpec, place: &Path, side: usize) {
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
        let layer = self.layer;
        window(faults, &self.place.key("kernel"), layer.kernel, side);
        whole(faults, &self.place.key("stride"), layer.stride, 1..=MAX_LAYER_STRIDE);
        for (key, value, has, most) in [
            ("channels", layer.channels, layer.operation.has_channels(), MAX_CHANNELS),
            ("expansion", layer.expansion, layer.operation.has_expansion(), MAX_EXPANSION),
        ] {
            whole(faults, &self.place.key(key), value, 1..=most);
            let word = layer.operation.word();
            if has && value.is_none() {
                faults.error("space::start", &self.place, format!("`{key}` is missing: a {word} has {key}"), format!("add `{key}: …`"));
            } else if !has && value.is_some() {
                let help = format!("take `{key}` out");
                faults.error("space::start", &self.place.key(key), format!("a {word} has no {key} of its own"), help);
            }
        }
    }

    /// Each value must be one of the space's, given or default.
    fn belongs(&self, faults: &mut Diagnostics, layers: &LayersSpec) {
        let layer = self.layer;
        let mut offered = |key: &str, value: Option<usize>, set: &Option<Vec<usize>>, default: &[usize]| {
            let set = set.as_deref().unwrap_or(default);
            if let Some(value) = value.filter(|value| *value > 0 && !set.contains(value) && !set.is_empty()) {
                let message = format!("layer {} has {key} {value}, which the space does not offer", self.number);
                let at = if key == "channels" { "channels".to_owned() } else { format!("{key}s") };
                self.outside(faults, key, message, format!("`{at}` of the space: {}", list(set)));
            }
        };
        offered("kernel", Some(layer.kernel.unwrap_or(3)), &layers.kernels, &[3, 5]);
        offered("channels", layer.channels.filter(|_| layer.operation.has_channels()), &layers.channels, &[16, 24, 32, 48, 64]);
        offered("stride", Some(layer.stride.unwrap_or(1)), &layers.strides, &[1, 2]);
        offered("expansion", layer.expansion.filter(|_| layer.operation.has_expansion()), &layers.expansions, &[2, 4]);
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
