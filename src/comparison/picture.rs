//! What a drawing shows: a title, axes and lines, in percent.

/// How trainings are laid out on the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Linear,
    Logarithmic,
}

/// The mean of a contestant after some trainings, with its standard error (zero where it is unknown).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) trainings: f64,
    pub(super) mean: f64,
    pub(super) error: f64,
}

/// What is drawn.
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) horizontal: String,
    pub(super) vertical: String,
    pub(super) axis: Axis,
    pub(super) lines: Vec<(String, Vec<Step>)>,
    pub(super) trainings: (f64, f64),
    pub(super) percent: (f64, f64),
}
