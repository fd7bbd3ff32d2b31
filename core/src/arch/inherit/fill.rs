//! The numbers of one tensor, from those of the parent.

use super::{Heir, Inheritance};
use crate::arch::{Group, Primitive, Weight};
use crate::statistics::{normal_density, normal_distribution};

/// What batch normalisation adds to variances.
const EPSILON: f64 = 1e-5;

/// A tensor of the parent, by node and name; `None` where it is not there.
pub type Tensors<'a> = &'a dyn Fn(usize, &str) -> Option<&'a [f32]>;

impl Inheritance {
    /// Puts into `values`, freshly drawn for a weight of a node of the child, what that takes over. Axes are outputs, inputs,
    /// rows, columns.
    pub fn fill(&self, node: usize, weight: &Weight, values: &mut [f32], parent: Tensors<'_>) {
        let primitive = self.child.nodes[node].primitive;
        match &self.heirs[node] {
            Heir::Nothing if weight.group == Group::Scale => values.fill(0.0),
            Heir::Fresh | Heir::Nothing => {}
            Heir::Identity { behind } => match primitive {
                Primitive::BatchNorm { .. } => {
                    let moments = behind.as_ref().and_then(|(node, places)| moments((*node, places), parent));
                    for (channel, value) in values.iter_mut().enumerate() {
                        let (mean, variance) = moments.as_ref().map_or((0.0, 1.0), |moments| moments[channel]);
                        *value = match weight.name {
                            "weight" => (variance + EPSILON).sqrt(),
                            "running_var" => variance,
                            _ => mean,
                        } as f32;
                    }
                }
                _ => unit(weight.shape(), values),
            },
            Heir::Of { node, outputs, inputs } => {
                let there = self.parent.nodes[*node].primitive.profile().weights.into_iter().find(|of| of.name == weight.name);
                let Some((there, theirs)) = there.zip(parent(*node, weight.name)) else { return };
                match weight.shape() {
                    [_] => {
                        for (value, place) in values.iter_mut().zip(outputs) {
                            if let Some(&theirs) = place.and_then(|place| theirs.get(place)) {
                                *value = theirs;
                            }
                        }
                    }
                    shape => windows((shape, values), (there.shape(), theirs), outputs, inputs),
                }
            }
        }
    }
}

/// Inputs, rows and columns of a weight; a matrix has one row and one column.
fn sides(shape: &[usize]) -> [usize; 3] {
    [shape[1], shape.get(2).copied().unwrap_or(1), shape.get(3).copied().unwrap_or(1)]
}

/// Every window from the middle of the parent's: a larger one has a border of zeros, a smaller one lacks the border.
fn windows(
    (shape, values): (&[usize], &mut [f32]),
    (old_shape, theirs): (&[usize], &[f32]),
    outputs: &[Option<usize>],
    inputs: &[Option<(usize, f32)>],
) {
    let [width, rows, columns] = sides(shape);
    let [old_width, old_rows, old_columns] = sides(old_shape);
    // Distance of the middles, counted from the first row and column.
    let shift = |new: usize, old: usize| new as isize / 2 - old as isize / 2;
    let (down, right) = (shift(rows, old_rows), shift(columns, old_columns));
    for (output, old_output) in outputs.iter().enumerate().filter_map(|(output, place)| Some((output, (*place)?))) {
        for input in 0..width {
            // Of a depthwise convolution there is one input, always the same.
            let Some((old_input, part)) = inputs.get(input).copied().unwrap_or(Some((0, 1.0))) else { continue };
            for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
                let (old_row, old_column) = (row as isize - down, column as isize - right);
                let is_inside = (0..old_rows as isize).contains(&old_row) && (0..old_columns as isize).contains(&old_column);
                let place =
                    ((old_output * old_width + old_input) * old_rows + old_row.max(0) as usize) * old_columns + old_column.max(0) as usize;
                let old = if is_inside { theirs.get(place).copied().unwrap_or(0.0) } else { 0.0 };
                values[((output * width + input) * rows + row) * columns + column] = part * old;
            }
        }
    }
}

/// A convolution that gives what it gets: 1 in the middle of the window of each channel with itself.
fn unit(shape: &[usize], values: &mut [f32]) {
    let [width, rows, columns] = sides(shape);
    values.fill(0.0);
    for output in 0..shape[0] {
        let input = if width == 1 { 0 } else { output };
        values[((output * width + input) * rows + rows / 2) * columns + columns / 2] = 1.0;
    }
}

/// Mean and variance of each channel behind a normalisation and a rectifier: those of a rectified normal distribution with the
/// bias of the normalisation as its mean and the weight as its deviation.
fn moments((node, places): (usize, &[usize]), parent: Tensors<'_>) -> Option<Vec<(f64, f64)>> {
    let (weights, biases) = (parent(node, "weight")?, parent(node, "bias")?);
    places.iter().map(|&place| Some(rectified(f64::from(*biases.get(place)?), f64::from(weights.get(place)?.abs())))).collect()
}

fn rectified(mean: f64, deviation: f64) -> (f64, f64) {
    if deviation < 1e-6 {
        return (mean.max(0.0), 0.0);
    }
    let z = mean / deviation;
    let (density, below) = (normal_density(z), normal_distribution(z));
    let first = mean * below + deviation * density;
    let second = (mean * mean + deviation * deviation) * below + mean * deviation * density;
    (first, (second - first * first).max(0.0))
}
