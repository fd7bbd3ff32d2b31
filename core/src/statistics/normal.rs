//! The normal distribution.

use std::f64::consts::PI;

/// Density at `z` of the normal distribution with mean 0 and deviation 1.
pub fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Its share below `z`. Abramowitz & Stegun 26.2.17: wrong by less than 7.5e-8.
pub fn normal_distribution(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let tail = t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = normal_density(z) * tail;
    if z < 0.0 { upper } else { 1.0 - upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_tables() {
        // Abramowitz & Stegun, table 26.1.
        for (z, share) in [(-3.0, 0.001_349_90), (-1.0, 0.158_655_25), (0.0, 0.5), (0.5, 0.691_462_46), (2.0, 0.977_249_87)] {
            assert!((normal_distribution(z) - share).abs() < 1e-7, "{z}: {}", normal_distribution(z));
        }
    }
}
