//! Logits by a worker on the processor of this machine, outside of a run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::machine::{Site, cores, devices, executor_beside};
use crate::dataset::Images;
use crate::export::{Found, Logits, Ranges};
use crate::files::{self, FileError};
use crate::run::{InferenceReply, InferenceRequest, LocalExecutor, MeasureError, NetworkPlace, Notifier, SlotSettings};

/// A worker that needs longer will not answer.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Why there are no logits.
#[derive(Debug, thiserror::Error)]
pub(super) enum InferenceError {
    #[error("no temporary folder can be had: {0}")]
    Folder(std::io::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("no worker computes: {0}\nhelp: `epnas doctor` says what the machine lacks")]
    Worker(#[from] MeasureError),
    #[error("this program does not know where it lies: {0}")]
    Program(std::io::Error),
    #[error("the worker gave other logits than it was asked for")]
    Logits,
}

/// What a network gave.
pub(super) struct Answer {
    pub logits: Logits,
    pub ranges: Ranges,
    /// Such as `epnas-worker with libtorch 2.11.0`.
    pub by: String,
}

/// Files that pass between this program and its workers; gone with it.
pub(super) struct Desk(TempDir);

impl Desk {
    pub(super) fn new() -> Result<Self, InferenceError> {
        tempfile::tempdir().map(Self).map_err(InferenceError::Folder)
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, FileError> {
        let path = self.folder().join(name);
        files::write_unflushed(&path, bytes).map(|()| path)
    }

    /// Lays images out for workers.
    pub(super) fn images(&self, images: &Images) -> Result<PathBuf, FileError> {
        self.put("images", &images.stored().concat())
    }

    /// Lays a network out with its weights.
    pub(super) fn network(&self, found: &Found) -> Result<NetworkPlace, FileError> {
        let weights = self.put("weights", &found.bytes)?;
        Ok(NetworkPlace::Weights { architecture: found.file.architecture.clone(), weights })
    }

    /// A process of its own on all cores.
    pub(super) fn worker(&self) -> Result<Worker<'_>, InferenceError> {
        self.worker_with(cores())
    }

    /// The time of one image on one thread, in milliseconds: the median of some, with normalisation folded away.
    pub(super) fn time(&self, network: NetworkPlace, images: &Path) -> Result<Option<f64>, InferenceError> {
        let asked = InferenceRequest { network, images: images.to_owned(), logits: self.folder().join("logits"), timed: true };
        Ok(self.worker_with(1)?.executor.infer(0, &asked, PATIENCE)?.milliseconds)
    }

    fn worker_with(&self, threads: usize) -> Result<Worker<'_>, InferenceError> {
        let device = devices(&Site::processor()).remove(0);
        let slot = SlotSettings { device, threads };
        let program = std::env::current_exe().map_err(InferenceError::Program)?;
        Ok(Worker { desk: self, executor: executor_beside(&program, vec![slot], Notifier::default()) })
    }
}

pub(super) struct Worker<'a> {
    desk: &'a Desk,
    executor: LocalExecutor,
}

impl Worker<'_> {
    /// The logits of images that were laid out.
    pub(super) fn infer(&mut self, network: NetworkPlace, images: &Path, classes: usize) -> Result<Answer, InferenceError> {
        let logits = self.desk.folder().join("logits");
        let asked = InferenceRequest { network, images: images.to_owned(), logits: logits.clone(), timed: false };
        let InferenceReply { ranges, environment, .. } = self.executor.infer(0, &asked, PATIENCE)?;
        let bytes = files::read(&logits, 1 << 31)?;
        let logits = Logits::from_bytes(&bytes, classes).ok_or(InferenceError::Logits)?;
        let libtorch = environment.get("libtorch").map(|version| format!(" with libtorch {version}")).unwrap_or_default();
        Ok(Answer { logits, ranges, by: format!("epnas-worker{libtorch}") })
    }
}
