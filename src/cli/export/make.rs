//! From a network to a proven folder.

use std::path::PathBuf;

use super::target::Target;
use super::{ExportError, Format, Wish, python};
use crate::cli::inference::Desk;
use crate::cli::machine::Site;
use crate::dataset::Images;
use crate::export::{Agreement, Case, Folder, Found, ONNX, ONNX_INT8, ONNX_UINT8, Proof, Times, UNLABELLED, probes};
use crate::run::NetworkPlace;

/// Training images that ranges are taken from.
const CALIBRATION: usize = 512;

/// What was written.
pub(super) struct Made {
    pub folder: PathBuf,
    pub proofs: Vec<Proof>,
    /// Files that nothing here could run.
    pub unproven: Vec<&'static str>,
    /// Images of the proofs that have a class.
    pub labelled: usize,
}

pub(super) fn make(found: &Found, images: &Images, wish: &Wish, target: Target) -> Result<Made, ExportError> {
    let path = target.path().to_owned();
    let split = found.file.split.split(&images.labels)?;
    let desk = Desk::new()?;
    let probes = probes(images, &split.validation);
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
        let laid = desk.images(&crate::export::probes(images, learnt))?;
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
