//! Why there is no prediction.

use crate::cli::Exit;
use crate::cli::inference::InferenceError;
use crate::dataset::photos::PhotosError;
use crate::export::FoundError;
use crate::files::FileError;

/// Why there is no prediction.
#[derive(Debug, thiserror::Error)]
pub(super) enum PredictError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Found(#[from] FoundError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Photos(#[from] PhotosError),
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

impl PredictError {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::Photos(_) | Self::Found(FoundError::Unusable { .. }) => Exit::BadSpec,
            Self::Found(FoundError::File(_)) | Self::File(_) | Self::Inference(_) => Exit::Trouble,
        }
    }
}
