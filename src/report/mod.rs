//! What a run is, was and found: while it goes on from its events, then from the plan, the results of its tasks and the
//! artifacts. Never asks `run`.

mod basis;
mod classes;
mod collect;
mod ending;
mod found;
mod learning;
mod live;
mod made;
mod pools;
mod references;
mod remarks;
mod row;
mod screen;
pub mod slots;
pub mod status;
mod text;
mod timeline;
mod tracker;
mod write;

pub use basis::basis;
pub use classes::{class_names, classes};
pub use collect::Report;
pub use found::{Found, network, trained};
pub use learning::{Learning, learning};
pub use live::{Lines, Live, QUIET};
pub use made::made;
pub use pools::PoolHours;
pub use references::references;
pub use remarks::doubts;
pub use row::{Made, Row, score_title};
pub use screen::screen;
pub use text::{fidelity, summary};
pub use timeline::{TIMELINE_BEGINNING, Timeline};
pub use tracker::{Moment, Tracker};
pub use write::{SUMMARY_FILE, TRIALS, trials, write};
