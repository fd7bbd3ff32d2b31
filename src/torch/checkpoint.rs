//! What a training is at a moment, as bytes: where it is, and every tensor that changes on the way. Exact: a training that
//! goes on from them gives the same bits as one that never stopped.
//!
//! A line of JSON, the [`Position`] with the digest of what it belongs to, and safetensors. Bytes that are not those of
//! this training, whatever they are, are no state.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::blob::Blob;
use super::flat::host;
use epnas::digest::{Digest, Domain};
use epnas::engine::{Parent, TrainJob};

/// Raised when a training computes something else, or a state holds something else.
const VERSION: u32 = 1;

/// Where a training is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// What it is a state of; see [`belonging`].
    pub of: Digest,
    pub steps: usize,
    /// Of the epochs that are over; all finite.
    pub losses: Vec<f64>,
    /// Place in the stream that drops paths.
    pub paths: Option<u128>,
}

/// What a state belongs to: all that decides the bits of a training but the machine. `with` says what it computes with.
pub fn belonging(job: &TrainJob<'_>, parent: Option<Parent<'_>>, with: &str) -> Digest {
    let TrainJob { network, recipe, metric: _, dataset, images: _, train, validation: _, seed } = job;
    let alone = Digest::of_json(Domain::Checkpoint, &(VERSION, network, recipe, dataset, train, seed, with));
    parent.map_or(alone, |parent| Digest::of_json(Domain::Checkpoint, &(alone, Digest::of(Domain::Blob, parent.weights))))
}

/// The state as bytes.
pub fn write(position: &Position, tensors: &[(String, &mut Tensor)]) -> Vec<u8> {
    let mut blob = Blob::default();
    for (name, tensor) in tensors {
        blob.put(name, tensor.size().into_iter().map(|side| side as usize).collect(), host(tensor));
    }
    let mut bytes = serde_json::to_vec(position).expect("plain data always serialises");
    bytes.push(b'\n');
    bytes.extend(blob.to_bytes());
    bytes
}

/// A state that was read.
pub struct TrainingState {
    pub position: Position,
    blob: Blob,
}

impl TrainingState {
    /// `None` for what is no state of the training that `of` stands for.
    pub fn read(bytes: &[u8], of: Digest) -> Option<Self> {
        let end = bytes.iter().position(|&byte| byte == b'\n')?;
        let position: Position = serde_json::from_slice(&bytes[..end]).ok()?;
        let blob = Blob::from_bytes(&bytes[end + 1..]).ok()?;
        (position.of == of && position.losses.iter().all(|loss| loss.is_finite())).then_some(Self { position, blob })
    }

    /// The tensors, for those who know them by name.
    pub fn into_blob(self) -> Blob {
        self.blob
    }

    /// Takes out a tensor of as many columns, with rows as many as there are.
    pub fn take_rows(&mut self, name: &str, columns: i64) -> Option<Tensor> {
        let shape = self.blob.shape(name)?.to_vec();
        let [rows, found] = shape[..] else { return None };
        let values = self.blob.take(name, &shape).ok()?;
        (found as i64 == columns).then(|| Tensor::from_slice(&values).view([rows as i64, columns]))
    }

    /// Sets all these tensors to what was saved of them, or none where one does not fit or something is left over.
    pub fn fill(mut self, tensors: Vec<(String, &mut Tensor)>) -> Option<()> {
        let mut take = |(name, tensor): &(String, &mut Tensor)| {
            let shape: Vec<usize> = tensor.size().into_iter().map(|side| side as usize).collect();
            Some(Tensor::from_slice(&self.blob.take(name, &shape).ok()?).view(&tensor.size()[..]))
        };
        let saved: Vec<Tensor> = tensors.iter().map(&mut take).collect::<Option<_>>()?;
        self.blob.finish().ok()?;
        for ((_, tensor), saved) in tensors.into_iter().zip(&saved) {
            tch::no_grad(|| tensor.copy_(saved));
        }
        Some(())
    }
}
