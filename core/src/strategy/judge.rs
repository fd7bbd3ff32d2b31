//! A predictor, judged on networks that it has not seen.

use super::predictor::features::Features;
use super::predictor::target::Target;
use super::predictor::{Observed, Predictor, Scored};
use crate::arch::Architecture;
use crate::engine::Score;
use crate::seed::Seed;
use crate::space::SearchSpace;

/// What was predicted of a network beside what it measured, on one scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldOut {
    pub predicted: f64,
    /// How far off the predictor thinks that it is, as a standard deviation, where it says so.
    pub deviation: Option<f64>,
    pub measured: f64,
}

/// Learns from networks with their rewards, and their scores where some are `asked` for, and predicts those of others; `None`
/// for predictors that do not learn from features.
pub fn held_out(
    (predictor, asked): (Predictor, &[Score]),
    scored: &Scored,
    space: &SearchSpace<'_>,
    learned: &[(&Architecture, f64)],
    others: &[(&Architecture, f64)],
    seed: Seed,
) -> Option<Vec<HeldOut>> {
    let features = Features::of(space, asked, scored.clone());
    let see = |networks: &[(&Architecture, f64)]| networks.iter().map(|(network, _)| features.see(space, network)).collect::<Vec<_>>();
    let rewards: Vec<f64> = learned.iter().map(|(_, reward)| *reward).collect();
    let target = Target::of(&rewards)?;
    let observed = Observed { rows: see(learned), targets: rewards.iter().map(|reward| target.score(*reward)).collect() };
    let model = predictor.learn(&features, &observed, None, seed)?;
    let judge = |(row, (_, reward)): (Vec<f64>, &(&Architecture, f64))| {
        let prediction = model.predict(&row);
        let deviation = prediction.deviation.map(|deviation| (deviation.powi(2) + prediction.noise).sqrt());
        HeldOut { predicted: prediction.mean, deviation, measured: target.score(*reward) }
    };
    Some(see(others).into_iter().zip(others).map(judge).collect())
}
