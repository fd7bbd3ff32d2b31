//! epnas: neural architecture search as a declarative pipeline.

pub mod diagnostic;
pub mod digest;
pub mod files;
pub mod seed;

pub mod arch;
pub mod cache;
#[cfg(feature = "torch")]
pub mod torch;
pub mod cli;
pub mod dataset;
pub mod engine;
pub mod event;
pub mod objective;
pub mod plan;
pub mod report;
pub mod run;
pub mod space;
pub mod spec;
pub mod strategy;
pub mod task;
