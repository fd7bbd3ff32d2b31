//! The Cholesky factor of a small dense matrix, and what is solved with it. Rows lie one after another.

/// A lower triangular factor L of a positive definite matrix L·Lᵀ.
#[derive(Clone, Debug)]
pub(super) struct Cholesky {
    size: usize,
    rows: Vec<f64>,
}

impl Cholesky {
    /// Factors the matrix whose lower triangle is given row by row, the upper one ignored; `None` when it is not
    /// positive definite.
    pub(super) fn new(mut rows: Vec<f64>, size: usize) -> Option<Self> {
        for i in 0..size {
            let (above, below) = rows.split_at_mut(i * size);
            let row = &mut below[..size];
            for j in 0..i {
                let other = &above[j * size..=j * size + j];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let rest = row[i] - dot(&row[..i], &row[..i]);
            if rest.is_nan() || rest <= 0.0 {
                return None;
            }
            row[i] = rest.sqrt();
        }
        Some(Self { size, rows })
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.rows[i * self.size..(i + 1) * self.size]
    }

    /// L⁻¹·b, in place.
    pub(super) fn forward(&self, b: &mut [f64]) {
        for i in 0..self.size {
            let row = self.row(i);
            b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
        }
    }

    /// L⁻ᵀ·b, in place.
    pub(super) fn backward(&self, b: &mut [f64]) {
        for i in (0..self.size).rev() {
            let row = self.row(i);
            b[i] /= row[i];
            let value = b[i];
            for (earlier, factor) in b[..i].iter_mut().zip(row) {
                *earlier -= value * factor;
            }
        }
    }

    /// The columns of L⁻¹, one after another.
    pub(super) fn inverse_columns(&self) -> Vec<f64> {
        let size = self.size;
        let mut columns = vec![0.0; size * size];
        for c in 0..size {
            let column = &mut columns[c * size..(c + 1) * size];
            column[c] = 1.0 / self.row(c)[c];
            for i in c + 1..size {
                let row = self.row(i);
                column[i] = -dot(&row[c..i], &column[c..i]) / row[i];
            }
        }
        columns
    }
}

/// The sum of products; eight partial sums, so that it is vectorised.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    tail + sums.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_solves_and_inverts() {
        let matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        let factor = Cholesky::new(matrix, 3).expect("positive definite");
        let mut x = vec![4.0 + 4.0 + 3.0, 2.0 + 10.0 + 9.0, 1.0 + 6.0 + 18.0];
        factor.forward(&mut x);
        factor.backward(&mut x);
        assert!(x.iter().zip([1.0, 2.0, 3.0]).all(|(found, right)| (found - right).abs() < 1e-12), "{x:?}");
        let columns = factor.inverse_columns();
        let mut unit = vec![0.0, 1.0, 0.0];
        factor.forward(&mut unit);
        assert!(unit.iter().zip(&columns[3..6]).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn what_is_not_positive_definite_has_none() {
        assert!(Cholesky::new(vec![1.0, 0.0, 2.0, 1.0], 2).is_none());
    }
}
