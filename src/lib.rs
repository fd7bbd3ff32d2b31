//! epnas: neural architecture search as a declarative pipeline.

pub mod diagnostic;
pub mod digest;
pub mod files;
pub mod seed;

pub mod arch;
pub mod dataset;
pub mod engine;
pub mod objective;
pub mod space;
