//! What a run was and found: from the plan, the results of its tasks and the artifacts. Never asks `run`.

mod collect;
mod live;
mod text;
mod write;

pub use collect::{Report, Row};
pub use live::{Lines, Live};
pub use text::{count, duration, fidelity, percent, percent_with, summary};
pub use write::write;
