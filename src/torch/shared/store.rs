//! Shared weights by name, and networks put together of them.

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

use super::super::blob::{Array, Blob, unreadable};
use super::super::flat::host;
use super::super::model::Model;
use super::super::weights::drawn;
use epnas::arch::{Group, Piece, PlacedNetwork};
use epnas::engine::{SharedBytes, TaskFailure};
use epnas::seed::Seed;

/// What is trained of a network, in the order of its leaves.
pub const TRAINED: [Group; 3] = [Group::Kernel, Group::Matrix, Group::Scale];

/// Weights and moments by name; kernels with their channels last, as models keep them.
#[derive(Debug)]
pub struct Store {
    /// Weights that are missing are drawn from their name below it, so that they do not depend on what was drawn before.
    seed: Seed,
    device: Device,
    pub entries: BTreeMap<String, Entry>,
}

/// One piece of a tensor of weights.
#[derive(Debug)]
pub struct Entry {
    pub weights: Tensor,
    pub momentum: Tensor,
}

/// What of an entry is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Weights,
    Momentum,
}

impl Part {
    /// What a part of an entry is called where both lie together.
    pub fn stored(self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// The entry behind such a name.
    pub fn of_stored(self, name: &str) -> Option<&str> {
        name.strip_prefix(self.prefix())
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Weights => "weights/",
            Self::Momentum => "momentum/",
        }
    }
}

impl Entry {
    fn part(&self, part: Part) -> &Tensor {
        match part {
            Part::Weights => &self.weights,
            Part::Momentum => &self.momentum,
        }
    }
}

impl Store {
    pub fn new(recipe_seed: u64, device: Device) -> Self {
        Self { seed: Seed::root(recipe_seed).child("shared"), device, entries: BTreeMap::new() }
    }

    /// Takes in what [`Store::save`] wrote.
    pub fn load(&mut self, saved: SharedBytes<'_>) -> Result<(), TaskFailure> {
        let mut momentum = Blob::from_bytes(saved.momentum)?;
        for (name, Array { shape, values }) in Blob::from_bytes(saved.weights)?.into_arrays() {
            let momentum = momentum.take(&name, &shape)?;
            self.put(name, &shape, &values, Some(&momentum));
        }
        momentum.finish()
    }

    /// The same without moments, for those who do not train.
    pub fn load_weights(&mut self, weights: &[u8]) -> Result<(), TaskFailure> {
        for (name, Array { shape, values }) in Blob::from_bytes(weights)?.into_arrays() {
            self.put(name, &shape, &values, None);
        }
        Ok(())
    }

    /// Without moments they are zeros.
    pub fn put(&mut self, name: String, shape: &[usize], values: &[f32], momentum: Option<&[f32]>) {
        let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
        let tensor = |values: &[f32]| Tensor::from_slice(values).view(&shape[..]).to_device(self.device);
        let weights = tensor(values);
        let momentum = momentum.map_or_else(|| weights.zeros_like(), tensor);
        self.entries.insert(name, Entry { weights, momentum });
    }

    /// Weights and moments, safetensors.
    pub fn save(&self) -> [Vec<u8>; 2] {
        [Part::Weights, Part::Momentum].map(|part| {
            let mut blob = Blob::default();
            for (name, entry) in &self.entries {
                let tensor = entry.part(part);
                blob.put(name, tensor.size().into_iter().map(|side| side as usize).collect(), host(tensor));
            }
            blob.to_bytes()
        })
    }

    /// The network with its present weights; those that were never trained are drawn. Its running statistics are zeros.
    pub fn model<'a>(&mut self, path: &'a PlacedNetwork, kind: Kind) -> Result<Model<'a>, TaskFailure> {
        for piece in path.pieces() {
            self.ensure(piece)?;
        }
        let mut model = Model::blank(&path.network, self.device, kind);
        for group in TRAINED {
            if let Some(weights) = self.gathered(path, group, Part::Weights) {
                model.groups[group as usize].set(&weights);
            }
        }
        Ok(model)
    }

    fn ensure(&mut self, piece: &Piece) -> Result<(), TaskFailure> {
        let shape = in_memory(piece);
        match self.entries.get(&piece.name) {
            Some(entry) if entry.weights.size() == shape => Ok(()),
            Some(_) => Err(unreadable(format!("the shared weights hold `{}` in another shape", piece.name))),
            None => {
                let values = drawn(piece.initial, piece.elements(), &mut self.seed.child(&piece.name).stream());
                let shape: Vec<usize> = shape.into_iter().map(|side| side as usize).collect();
                self.put(piece.name.clone(), &shape, &values, None);
                Ok(())
            }
        }
    }

    /// All of one group of a network, end to end; `None` where it has nothing of it.
    pub fn gathered(&self, path: &PlacedNetwork, group: Group, part: Part) -> Option<Tensor> {
        let weights = path.weights.iter().filter(|weight| weight.group == group);
        let flat = |pieces: &[Piece]| match pieces {
            [only] => self.entries[&only.name].part(part).view(-1),
            several => {
                let parts: Vec<&Tensor> = several.iter().map(|piece| self.entries[&piece.name].part(part)).collect();
                Tensor::cat(&parts, -1).view(-1)
            }
        };
        let all: Vec<Tensor> = weights.map(|weight| flat(&weight.pieces)).collect();
        (!all.is_empty()).then(|| Tensor::cat(&all, 0))
    }

    /// Puts back what [`Store::gathered`] gave.
    pub fn scatter(&mut self, path: &PlacedNetwork, group: Group, part: Part, flat: &Tensor) {
        let _guard = tch::no_grad_guard();
        let mut begin = 0;
        for weight in path.weights.iter().filter(|weight| weight.group == group) {
            let count: i64 = weight.pieces.iter().map(|piece| piece.elements() as i64).sum();
            let here = flat.narrow(0, begin, count);
            begin += count;
            let columns: Vec<i64> = weight.pieces.iter().map(|piece| in_memory(piece).last().copied().unwrap_or(1)).collect();
            let rows = here.view([-1, columns.iter().sum()]);
            let mut column = 0;
            for (piece, width) in weight.pieces.iter().zip(columns) {
                let entry = self.entries.get_mut(&piece.name).expect("it was gathered");
                let to = match part {
                    Part::Weights => &mut entry.weights,
                    Part::Momentum => &mut entry.momentum,
                };
                to.copy_(&rows.narrow(1, column, width).reshape(to.size()));
                column += width;
            }
        }
    }
}

/// The shape of a piece as it is kept: channels last for kernels.
fn in_memory(piece: &Piece) -> Vec<i64> {
    let shape: Vec<i64> = piece.shape.iter().map(|&side| side as i64).collect();
    if let [output, input, height, width] = shape[..] { vec![output, height, width, input] } else { shape }
}
