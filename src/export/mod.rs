//! A network that was found, in the forms that other programs load: ONNX, PyTorch, timm's keys, a model card. Pure: from
//! [`arch`](crate::arch) and the bytes of weights to the bytes of files. Who computes logits is not known here, only how they
//! are compared ([`Agreement`]).
//!
//! The files of an export are made in memory ([`Folder`]); what fails its proof is never seen under its name.

mod agreement;
#[cfg(test)]
mod arbitrary;
mod card;
mod case;
mod config;
mod folder;
mod found;
mod names;
mod npy;
mod onnx;
mod pytorch;
mod weights;

pub use agreement::{Agreement, Logits, Proof, Times};
pub use case::{Case, UNLABELLED, picked, probes};
pub use config::describes;
pub use folder::{CONFIG, Folder};
pub use found::{FILE, Found, FoundError, NetworkFacts, NetworkFile, WEIGHTS};
pub use names::{ONNX, ONNX_INT8, ONNX_UINT8};
pub use onnx::{Ranges, TENSORS, proto, unproven_model};

/// The most images that files are proven on: all of a large split take minutes and gigabytes.
pub const PROVEN: usize = 10_000;

#[cfg(test)]
mod tests;
