//! What a strategy carries from round to round.

/// An artifact that every update writes and the rounds after it read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carried {
    /// What was measured, and what the strategy remembers of it.
    State,
    /// The parameters of a policy that is trained.
    Policy,
}

impl Carried {
    /// The name it is stored under.
    pub const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Policy => "policy",
        }
    }
}
