//! One binary for all integration tests.

mod architecture;
mod keys;
mod lab;
mod run;
mod worker;
