//! The worker's side of an inference: from files to a file.

use std::path::Path;

use super::protocol::{InferenceRequest, NetworkPlace, Reply};
use crate::dataset::Images;
use crate::engine::{Loadable, TaskFailure, Trainer};
use crate::files::{self, FileError};

/// More bytes than a network has.
const LIMIT: u64 = 1 << 31;

pub(super) fn infer(asked: &InferenceRequest, trainer: &mut dyn Trainer) -> Result<Reply, TaskFailure> {
    let unreadable = |error: &FileError| TaskFailure::Unreadable { message: error.to_string() };
    let read = |path: &Path| files::read(path, LIMIT).map_err(|error| unreadable(&error));
    let bytes = files::map(&asked.images).map_err(|error| unreadable(&error))?;
    let images =
        Images::from_stored(&bytes).map_err(|how| TaskFailure::Unreadable { message: format!("the images cannot be read: {how}") })?;
    let mut milliseconds = None;
    let inferred = match &asked.network {
        NetworkPlace::Onnx(path) => trainer.infer(Loadable::Onnx(&read(path)?), &images),
        NetworkPlace::Weights { architecture, weights } => {
            let network =
                architecture.network(images.shape, images.classes).map_err(|malformed| TaskFailure::Refused { message: malformed.0 })?;
            if asked.timed {
                milliseconds = Some(trainer.latency(&network)?);
            }
            trainer.infer(Loadable::Weights(&network, &read(weights)?), &images)
        }
    }?;
    if !inferred.logits.iter().all(|logit| logit.is_finite()) {
        return Err(TaskFailure::Refused { message: "the network gives logits that are no finite numbers".to_owned() });
    }
    let logits: Vec<u8> = inferred.logits.iter().flat_map(|logit| logit.to_le_bytes()).collect();
    files::write_unflushed(&asked.logits, &logits).map_err(|error| unreadable(&error))?;
    Ok(Reply::Inferred { ranges: inferred.ranges, environment: inferred.environment, milliseconds })
}
