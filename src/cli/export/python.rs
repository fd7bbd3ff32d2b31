//! The proof by Python, with the `verify.py` of the export itself.

use std::path::Path;
use std::process::Command;

use super::ExportError;
use crate::export::{Agreement, Case, ONNX_INT8, Proof};
use crate::files;

#[derive(serde::Deserialize)]
struct Line {
    file: String,
    by: String,
    #[serde(flatten)]
    agreement: Agreement,
    milliseconds: f64,
}

/// Compares the networks of `folder` on all of `case`; nothing where there is no Python that can.
pub(super) fn prove(python: &Path, folder: &Path, case: &Case, desk: &Path) -> Result<Vec<Proof>, ExportError> {
    let arrays = desk.join("arrays");
    for (name, bytes) in case.arrays() {
        files::write_unflushed(&arrays.join(name), &bytes)?;
    }
    // -B: nothing is left in the folder.
    let ran = Command::new(python).arg("-B").arg(folder.join("verify.py")).arg(&arrays).output();
    let Ok(output) = ran else { return Ok(Vec::new()) };
    let (told, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Line> = told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let proofs: Vec<Proof> = lines
        .into_iter()
        .map(|Line { file, by, agreement, milliseconds }| Proof {
            is_rounded: file == ONNX_INT8,
            file,
            by,
            agreement,
            milliseconds: Some(milliseconds),
        })
        .collect();
    let is_told = proofs.iter().any(|proof| proof.fault().is_some());
    if output.status.success() || is_told || complaint.contains("No module named 'numpy'") {
        return Ok(proofs);
    }
    let last = complaint.trim_end().lines().last().unwrap_or("it said nothing").to_owned();
    Err(ExportError::Proof(format!("`verify.py` ended with {}: {last}", output.status)))
}
