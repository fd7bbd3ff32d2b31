//! The spec language: as written (`schema`), with positions (`source`, `events`), compared with its schema (`structure`,
//! `load`), its rules (`check`), with nothing implied (`resolve`).

pub mod check;
mod events;
pub mod load;
pub mod resolve;
pub mod schema;
pub mod size;
pub mod source;
mod structure;
mod suggest;

pub use load::{Loaded, Reading, Refused, load, read};
pub use resolve::ResolvedSpec;
pub use schema::Spec;
pub use source::Source;
