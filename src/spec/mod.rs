//! The spec language: as written (`schema`), with positions (`source`), its rules (`check`), with nothing implied (`resolve`).

pub mod resolve;
pub mod schema;
pub mod size;

pub use resolve::ResolvedSpec;
pub use schema::Spec;
