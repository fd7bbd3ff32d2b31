//! One binary for all integration tests.

mod architecture;
mod diagnostics;
mod keys;
mod lab;
mod rendering;
mod run;
mod schema;
mod specs;
mod worker;
