//! What is to be known of an exported network, for programs: by the keys of timm, and by keys in ONNX models.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Found, Proof, Times};

/// What an ONNX model says of itself.
pub(super) fn metadata(found: &Found) -> BTreeMap<String, String> {
    let file = &found.file;
    let shape = file.input;
    let names: Vec<String> = (0..file.classes).map(|label| file.class(label)).collect();
    let mut metadata = BTreeMap::from([
        ("name", file.name.clone()),
        ("epnas", file.epnas.clone()),
        ("architecture", file.summary.clone()),
        ("classes", json!(names).to_string()),
        ("input", format!("batch x {} x {} x {}", shape.channels, shape.height, shape.width)),
        ("dataset", file.dataset.clone()),
        ("data_digest", file.split.digest.to_string()),
        ("weights_digest", file.weights_digest.to_string()),
        ("validation_accuracy", file.validation_accuracy.to_string()),
    ]);
    metadata.extend(file.test_accuracy.map(|accuracy| ("test_accuracy", accuracy.to_string())));
    metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// `config.json`.
pub(super) fn config(found: &Found, proofs: &[Proof], times: &Times) -> Value {
    let mut config = described(found);
    config["epnas"]["proofs"] = json!(proofs);
    config["epnas"]["latency"] = json!(times);
    config
}

/// Whether the configuration of an export says of its network what an export of `found` would say.
pub fn describes(config: &Value, found: &Found) -> bool {
    let mut of_network = config.clone();
    if let Some(own) = of_network["epnas"].as_object_mut() {
        own.retain(|key, _| !["proofs", "latency"].contains(&key.as_str()));
    }
    // Both read from text, which rounds numbers.
    serde_json::to_vec(&described(found)).ok().and_then(|text| serde_json::from_slice(&text).ok()) == Some(of_network)
}

fn described(found: &Found) -> Value {
    let file = &found.file;
    let shape = file.input;
    let names: Vec<String> = (0..file.classes).map(|label| file.class(label)).collect();
    let features = found.network.features().channels;
    json!({
        "architecture": file.summary,
        "num_classes": file.classes,
        "num_features": features,
        "pretrained_cfg": {
            "input_size": [shape.channels, shape.height, shape.width],
            "fixed_input_size": true,
            "interpolation": "bilinear",
            "crop_pct": 1.0,
            "crop_mode": "center",
            "mean": found.weights.mean,
            "std": found.weights.deviation,
            "num_classes": file.classes,
            "label_names": names,
        },
        "epnas": {
            "version": file.epnas,
            "name": file.name,
            "channels": if shape.channels == 1 { "grey" } else { "RGB" },
            "value_range": [0, 1],
            "dataset": file.dataset,
            "split": file.split,
            "weights_digest": file.weights_digest,
            "costs": file.costs,
            "precision": file.precision,
            "validation_accuracy": file.validation_accuracy,
            "validation_accuracies": file.validation_accuracies,
            "test_accuracy": file.test_accuracy,
            "test_accuracies": file.test_accuracies,
            "recipe": file.recipe,
        },
    })
}
