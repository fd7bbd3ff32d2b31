//! Sketches of networks as tensors, padded to the longest.

use tch::{Kind, Tensor};

use epnas::space::Sketch;

/// Some networks side by side.
#[derive(Debug)]
pub struct Batch {
    /// Indices into the tables: networks × tokens × features.
    pub features: Tensor,
    /// How many tokens each network has.
    pub lengths: Tensor,
    pub globals: Tensor,
}

impl Batch {
    /// `tables`: how many features a token has.
    pub fn new(tables: usize, sketches: &[&Sketch]) -> Self {
        let longest = sketches.iter().map(|sketch| sketch.tokens.len()).max().unwrap_or(0).max(1);
        let mut features = vec![0_i64; sketches.len() * longest * tables];
        for (rows, sketch) in features.chunks_mut(longest * tables).zip(sketches) {
            for (row, token) in rows.chunks_mut(tables).zip(&sketch.tokens) {
                row.iter_mut().zip(token).for_each(|(place, &feature)| *place = feature as i64);
            }
        }
        let lengths: Vec<i64> = sketches.iter().map(|sketch| sketch.tokens.len().max(1) as i64).collect();
        let globals: Vec<f32> = sketches.iter().flat_map(|sketch| sketch.globals.iter().map(|&global| global as f32)).collect();
        let count = sketches.len() as i64;
        Self {
            features: Tensor::from_slice(&features).view([count, longest as i64, tables as i64]),
            lengths: Tensor::from_slice(&lengths),
            globals: Tensor::from_slice(&globals).to_kind(Kind::Float).view([count, Sketch::GLOBALS as i64]),
        }
    }

    pub fn len(&self) -> i64 {
        self.lengths.size()[0]
    }

    /// The networks at `index`.
    pub fn select(&self, index: &Tensor) -> Self {
        Self {
            features: self.features.index_select(0, index),
            lengths: self.lengths.index_select(0, index),
            globals: self.globals.index_select(0, index),
        }
    }
}
