//! The parts of a data set.

/// One of the two parts a data set is published in. Validation examples are taken from the training part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Train,
    Test,
}
