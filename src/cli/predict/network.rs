//! The network that is asked, and how.

use std::path::Path;

use super::error::PredictError;
use super::images::Read;
use crate::cli::inference::{Desk, InferenceError};
use crate::dataset::Images;
use crate::export::{Found, Logits};

pub(super) struct Network {
    found: Found,
    desk: Desk,
}

impl Network {
    pub(super) fn open(folder: &Path) -> Result<Self, PredictError> {
        if folder.is_file() {
            let said = format!(
                "`{}` is a file, and a network is in a folder of results\nhelp: name the folder, such as `results/NAME`",
                folder.display()
            );
            return Err(PredictError::Usage(said));
        }
        let found = Found::read(folder)?;
        let shape = found.file.input;
        if shape.height != shape.width || ![1, 3].contains(&shape.channels) {
            let said = format!(
                "the network reads images of {}×{}×{}, and files are brought to a square, grey or in colour\n\
                 help: `epnas export` writes the network for programs that read such images",
                shape.channels, shape.height, shape.width
            );
            return Err(PredictError::Usage(said));
        }
        Ok(Self { found, desk: Desk::new()? })
    }

    /// Side and channels of the images that it reads.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.found.file.input.height, self.found.file.input.channels)
    }

    pub(super) fn classes(&self) -> usize {
        self.found.file.classes
    }

    pub(super) fn class(&self, label: usize) -> String {
        self.found.file.class(label)
    }

    /// The logits of images, by a worker.
    pub(super) fn logits(&self, images: &[Read<'_>]) -> Result<Logits, InferenceError> {
        let classes = self.classes();
        if images.is_empty() {
            return Ok(Logits { classes, values: Vec::new() });
        }
        let pixels: Vec<u8> = images.iter().flat_map(|image| image.pixels.iter().copied()).collect();
        let images = Images { shape: self.found.file.input, classes, pixels: pixels.into(), labels: vec![0; images.len()] };
        let laid = self.desk.images(&images)?;
        Ok(self.desk.worker()?.infer(self.desk.network(&self.found)?, &laid, classes)?.logits)
    }
}
