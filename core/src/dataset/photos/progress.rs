//! How far a preparation is, for people who wait.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    pub done: usize,
    pub of: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Files are read and their headers looked at.
    Look,
    Decode,
}

impl Step {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Look => "reading images",
            Self::Decode => "preparing images",
        }
    }
}
