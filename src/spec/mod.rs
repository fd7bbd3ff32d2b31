//! The spec language: as written (`schema`), with positions (`source`, `events`), compared with its schema (`structure`,
//! `load`), with settings from outside (`set`), its rules (`check`), with nothing implied (`resolve`), and back (`origin`).

pub mod check;
mod events;
pub mod load;
pub mod origin;
pub mod pools;
pub mod portion;
pub mod resolve;
pub mod schema;
pub mod size;
pub mod span;
pub mod source;
pub mod set;
mod structure;
mod version;
mod wording;
mod yaml;

pub use load::{Change, Loaded, Reading, Refused, load, read, read_changed, read_set};
pub use resolve::{Budget, Dataset, ExecutionSettings, FailurePolicy, Failures, Reference, ResolvedSpec, Space, Stage, Subject};
pub use schema::Spec;
pub use source::Source;
