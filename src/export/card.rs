//! The model card of an export, `README.md`.

use std::fmt::Write as _;

use super::names::ONNX_INT8;
use super::{Found, Proof, Times, UNLABELLED};
use crate::statistics::standard_deviation;
use crate::text::markdown::{cell, code, code_in_cell};
use crate::text::{percent, percent_with, quantity};

/// Markdown with the front matter that model hubs read.
pub(super) fn card(found: &Found, proofs: &[Proof], times: &Times, files: &[&str]) -> String {
    let file = &found.file;
    let shape = file.input;
    let mut text = String::from("---\ntags: [image-classification]\nmetrics: [accuracy]\n");
    let _ = writeln!(text, "library_name: {}", if files.contains(&"model.py") { "pytorch" } else { "onnx" });
    let _ = writeln!(text, "datasets: [{}]\n---\n", serde_json::json!(file.dataset));
    let _ = writeln!(text, "# {}\n", cell(&file.name));
    let _ = writeln!(
        text,
        "A network that tells {} classes of {} apart, on images of {}×{}×{} (channels × height × width). epnas {} found it.\n",
        file.classes,
        cell(&file.dataset),
        shape.channels,
        shape.height,
        shape.width,
        file.epnas
    );
    let _ = writeln!(text, "{}\n", code(&file.summary));
    let _ = writeln!(text, "| accuracy | |\n|--|--|");
    let _ = writeln!(
        text,
        "| validation, as trained ({}) | {} |",
        file.precision,
        percent_with(file.validation_accuracy, standard_deviation(&file.validation_accuracies))
    );
    if let Some(test) = file.test_accuracy {
        let _ =
            writeln!(text, "| test, as trained ({}) | {} |", file.precision, percent_with(test, standard_deviation(&file.test_accuracies)));
    }
    let share = |proof: &Proof, right: usize| percent(right as f64 / labelled(proof) as f64);
    if let Some(proof) = proofs.first() {
        let _ = writeln!(text, "| validation, these weights in 32 bits | {} |", share(proof, proof.agreement.right[0]));
    }
    for proof in proofs.iter().filter(|proof| proof.is_rounded) {
        let right = share(proof, proof.agreement.right[1]);
        let _ = writeln!(text, "| validation, {} by {} | {right} |", ONNX_INT8, cell(&proof.by));
    }
    let _ = writeln!(text, "\n| cost | |\n|--|--|");
    for (kind, cost) in &file.costs {
        let _ = writeln!(text, "| {} | {} |", kind.word(), quantity(*cost));
    }
    text.push_str(&latencies(proofs, times));
    if !file.constraints.is_empty() {
        let _ = writeln!(text, "\nThe search kept to: {}.", file.constraints.join(", "));
    }
    text.push_str("\n## Files\n\n");
    for (name, what) in FILES.iter().filter(|(name, _)| files.contains(name)) {
        let _ = writeln!(text, "* `{name}`: {what}.");
    }
    text.push_str("* `check/`: images as bytes, their logits and labels. `python3 verify.py` compares with them.\n");
    text.push_str("\nPixels are from 0 to 1 in batch × channels × height × width; normalisation is part of the network.\n");
    let _ = writeln!(
        text,
        "Images are {}: of others the largest square in the middle is taken and resized.\n",
        if shape.channels == 1 { "grey" } else { "RGB" }
    );
    let compared = proofs.first().map_or(0, labelled);
    let _ = writeln!(
        text,
        "\n## Proof\n\nEach file was loaded in another process and compared on {compared} of the {} validation images, one black image and one of noise.\n",
        file.split.validation
    );
    text.push_str("| file | by | images | largest difference | equal answers | right |\n|--|--|--|--|--|--|\n");
    for Proof { file, by, agreement, .. } in proofs {
        let [before, after] = agreement.right;
        let _ = writeln!(
            text,
            "| {file} | {} | {} | {:.1e} | {} | {after} (before: {before}) |",
            cell(by),
            agreement.images,
            agreement.difference,
            percent(agreement.equal)
        );
    }
    text.push_str("\nA difference is a share of 1 + the size of the logit.");
    if files.contains(&"model.py") && !proofs.iter().any(|proof| proof.file == "model.py") {
        text.push_str(" **`model.py` was not run**: no Python with torch was found; `verify.py` does it.");
    }
    text.push_str("\n\n## Classes\n\n| label | class |\n|--|--|\n");
    for label in 0..file.classes {
        let _ = writeln!(text, "| {label} | {} |", cell(&file.class(label)));
    }
    let recipe = serde_json::to_string(&file.recipe).unwrap_or_default();
    let _ = writeln!(text, "\n## How it was made\n\n* recipe: {}", code_in_cell(&recipe));
    let _ = writeln!(
        text,
        "* training images: `{}`, {} of them kept for validation (seed {})",
        file.split.digest, file.split.validation, file.split.seed
    );
    let _ = writeln!(text, "* weights: `{}`", file.weights_digest);
    text.push_str("\n## Limits\n\nAccuracies are those on images like the ones of the data set. Nothing is known of others.\n");
    text
}

/// Images of a proof that have a class.
const fn labelled(proof: &Proof) -> usize {
    proof.agreement.images.saturating_sub(UNLABELLED)
}

/// How long one image takes by each program that was at hand; nothing where none was timed.
fn latencies(proofs: &[Proof], times: &Times) -> String {
    let own = times.milliseconds.map(|milliseconds| format!("| the network as trained, by {} | {milliseconds:.2} |\n", cell(&times.by)));
    let others = proofs.iter().filter_map(|proof| {
        let milliseconds = proof.milliseconds?;
        Some(format!("| {}, by {} | {milliseconds:.2} |\n", proof.file, cell(&proof.by)))
    });
    let rows: String = own.into_iter().chain(others).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\n| one image on {} | ms |\n|--|--|\n{rows}", cell(&times.processor))
}

const FILES: [(&str, &str); 6] = [
    ("model.onnx", "opset 17; `image` as 32-bit numbers to `logits`"),
    ("model.uint8.onnx", "the same for `image` as bytes"),
    ("model.int8.onnx", "in 8 bits, with QuantizeLinear and DequantizeLinear"),
    ("model.py", "a PyTorch module; `load()` reads `model.safetensors`"),
    ("model.safetensors", "its weights"),
    ("config.json", "the keys of timm, and what epnas measured"),
];
