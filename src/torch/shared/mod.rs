//! Weights that networks share: they are kept by name, and a network is put together of those that it names, trained a step
//! or measured, and taken apart again. Nothing is kept of parts that no network has named yet.

mod probe;
mod store;
mod train;

pub use probe::probe;
pub use train::share;

#[cfg(test)]
mod tests;
