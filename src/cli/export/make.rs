//! From a network to a proven folder.

use std::path::PathBuf;

use super::target::Target;
use super::{ExportError, Format, Wish, python};
use crate::cli::inference::Desk;
use crate::cli::machine::Site;
use crate::dataset::Images;
use crate::export::{Agreement, Case, Folder, Found, ONNX, ONNX_INT8, ONNX_UINT8, PROVEN, Proof, Times, UNLABELLED, picked, probes};
use crate::run::NetworkPlace;

/// Training images that ranges are taken from.
const CALIBRATION: usize = 512;

/// The most bytes of images that files are proven on.
const PROVEN_BYTES: usize = 256 << 20;

/// What was written.
pub(super) struct Made {
    pub folder: PathBuf,
    pub proofs: Vec<Proof>,
    /// Files that nothing here could run.
    pub unproven: Vec<&'static str>,
    /// Images of the proofs that have a class.
    pub labelled: usize,
}

/// Some of the examples, evenly out of all of them; all where these are few.
fn some(examples: &[u32], elements: usize) -> Vec<u32> {
    let most = PROVEN.min(PROVEN_BYTES / elements.max(1)).max(1);
    (0..examples.len().min(most)).map(|place| examples[place * examples.len() / examples.len().min(most)]).collect()
}

pub(super) fn make(found: &Found, images: &Images, wish: &Wish, target: Target) -> Result<Made, ExportError> {
    let path = target.path().to_owned();
    let split = found.file.split.split(&images.labels)?;
    let desk = Desk::new()?;
    let probes = probes(images, &some(&split.validation, images.shape.elements()));
    let classes = found.file.classes;
    let laid = desk.images(&probes)?;
    let reference = desk.worker()?.infer(desk.network(found)?, &laid, classes)?;
    let case = Case::new(probes, reference.logits);
    let mut folder = Folder::new(&case.check());
    let (onnx, pytorch) = (wish.formats.contains(&Format::Onnx), wish.formats.contains(&Format::Pytorch));
    if onnx {
        folder.add_onnx(found).map_err(ExportError::Proof)?;
    }
    if wish.int8 {
        let learnt = &split.train[..CALIBRATION.min(split.train.len())];
        let desk = Desk::new()?;
        // Noise would widen the ranges beyond those of any photograph.
        let laid = desk.images(&picked(images, learnt))?;
        let model = NetworkPlace::Onnx(desk.put(ONNX, &folder.0[ONNX])?);
        let ranges = desk.worker()?.infer(model, &laid, classes)?.ranges;
        folder.add_int8(found, &ranges).map_err(ExportError::Proof)?;
    }
    if pytorch {
        folder.add_pytorch(found);
    }
    let making = target.begin()?;
    making.write(&folder)?;
    let mut proofs = Vec::new();
    if onnx {
        // Another process than that of the reference.
        let mut worker = desk.worker()?;
        for file in [ONNX, ONNX_UINT8, ONNX_INT8].into_iter().filter(|file| folder.0.contains_key(*file)) {
            let answer = worker.infer(NetworkPlace::Onnx(making.folder.join(file)), &laid, classes)?;
            let agreement = Agreement::of(&case.logits, &answer.logits, &case.labels);
            let agreement = agreement.ok_or_else(|| ExportError::Proof(format!("{file} gives another number of logits")))?;
            proofs.push(Proof { file: file.to_owned(), by: answer.by, agreement, is_rounded: file == ONNX_INT8, milliseconds: None });
        }
    }
    proofs.extend(python::prove(&wish.python, &making.folder, &case, desk.folder())?);
    if let Some((proof, fault)) = proofs.iter().find_map(|proof| Some((proof, proof.fault()?))) {
        return Err(ExportError::Proof(format!("by {}, {}: {fault}", proof.by, proof.file)));
    }
    let one = desk.put("one", &crate::export::probes(images, &split.validation[..1.min(split.validation.len())]).stored().concat())?;
    let times = Times { processor: Site::processor().name, by: reference.by, milliseconds: desk.time(desk.network(found)?, &one)? };
    folder.finish(found, &proofs, &times);
    making.write(&folder)?;
    making.finish()?;
    let unproven = ["model.py"].into_iter().filter(|name| pytorch && !proofs.iter().any(|proof| proof.file == *name)).collect();
    Ok(Made { folder: path, proofs, unproven, labelled: case.labels.len() - UNLABELLED })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_examples_are_all_taken_and_many_evenly() {
        let examples: Vec<u32> = (0..25_000).map(|number| 3 * number).collect();
        assert_eq!(some(&examples[..9_999], 784), examples[..9_999]);
        let even = some(&examples, 784);
        assert_eq!((even.len(), even[0], even[5_000], even[9_999]), (10_000, 0, 3 * 12_500, 3 * 24_997));
        // 224 × 224 in three colours.
        assert_eq!((some(&examples, 150_528).len(), some(&examples, 1 << 40).len(), some(&[], 1).len()), (1_783, 1, 0));
    }
}
