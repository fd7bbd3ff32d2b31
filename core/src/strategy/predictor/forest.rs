//! Extremely randomised trees (Geurts et al. 2006), one member of the ensemble a tree: their spread says how sure it is.

use smartcore::ensemble::extra_trees_regressor::{ExtraTreesRegressor, ExtraTreesRegressorParameters};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::features::Features;
use super::{Model, Observed, Prediction};
use crate::seed::Seed;
use crate::statistics::{mean, standard_deviation};

const TREES: usize = 30;

type Tree = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

pub(super) struct Forest {
    features: Features,
    trees: Vec<Tree>,
}

impl Forest {
    /// `None` with too little to split.
    pub(super) fn learn(features: &Features, observed: &Observed, seed: Seed) -> Option<Self> {
        if observed.targets.len() < 4 {
            return None;
        }
        let rows: Vec<Vec<f64>> = observed.rows.iter().map(|row| features.one_hot(row)).collect();
        let matrix = DenseMatrix::from_2d_vec(&rows).ok()?;
        let tree = |number: usize| {
            let parameters = ExtraTreesRegressorParameters {
                min_samples_leaf: 2,
                n_trees: 1,
                seed: seed.nth(number).number().unsigned_abs(),
                ..ExtraTreesRegressorParameters::default()
            };
            ExtraTreesRegressor::fit(&matrix, &observed.targets, parameters).ok()
        };
        Some(Self { features: features.clone(), trees: (0..TREES).map(tree).collect::<Option<_>>()? })
    }
}

impl Model for Forest {
    fn predict(&self, row: &[f64]) -> Prediction {
        let row = self.features.one_hot(row);
        let width = row.len();
        let matrix = DenseMatrix::new(1, width, row, false).expect("one row of the right width");
        let told: Vec<f64> = self.trees.iter().filter_map(|tree| tree.predict(&matrix).ok()).flatten().collect();
        Prediction { mean: mean(&told).unwrap_or(0.0), deviation: standard_deviation(&told), noise: 0.0 }
    }
}
