//! Networks that people would write by hand: families from the literature, each scaled to the largest that keeps the
//! limits of a search. Every search should end ahead of them.

mod family;
mod frame;
mod scale;

pub use family::Family;
pub use frame::Frame;

#[cfg(test)]
mod tests;
