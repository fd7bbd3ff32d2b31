//! What samples say and how surely: spread, rank correlation, intervals, paired differences.
//! Pure functions of numbers. What is undefined is `None`, never a `NaN` and never a made-up zero.

mod bootstrap;
mod kendall;
mod normal;
mod paired;
mod rank;
mod spread;
mod wilson;

/// The fewest cases of which a rank correlation or a bootstrap interval says anything: of three, one order in six is perfect by
/// chance, and the interval is hardly more than the values themselves.
pub const FEWEST: usize = 5;

pub use bootstrap::{Estimate, bootstrap};
pub use kendall::kendall;
pub use normal::{normal_density, normal_distribution};
pub use paired::{PairedDifference, Standing};
pub use rank::{precision_at_k, spearman};
pub use spread::{Spread, mean, median, quantile, standard_deviation, standard_error};
pub use wilson::wilson;
