//! Networks that people would write by hand: families from the literature, each scaled to the largest that keeps the
//! limits of a search. Every search should end ahead of them. And networks of the same kinds, drawn at random.

mod family;
mod frame;
mod regular;
mod scale;

pub use family::Family;
pub use frame::Frame;
pub use regular::regular;

#[cfg(test)]
mod tests;
