//! What samples say and how surely: spread, rank correlation, bootstrap intervals, paired differences.
//! Pure functions of numbers. What is undefined is `None`, never a `NaN` and never a made-up zero.

mod bootstrap;
mod kendall;
mod paired;
mod rank;
mod spread;

pub use bootstrap::{Estimate, bootstrap};
pub use kendall::kendall;
pub use paired::{PairedDifference, Standing};
pub use rank::{precision_at_k, spearman};
pub use spread::{Spread, mean, median, quantile, standard_deviation, standard_error};
