//! Which proposals are worth training: most by what is predicted of them, a declared share at random.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::acquisition::{Acquisition, hope};
use super::predictor::features::Features;
use super::predictor::{Observed, Prediction, Predictor};
use super::propose::Origin;
use super::{Predict, Proposals, Scored, State, Strategy, quality};
use crate::arch::Architecture;
use crate::digest::Digest;
use crate::engine::{Policy, ZeroCosts};
use crate::seed::{Seed, shuffle, unit};
use crate::space::SearchSpace;

/// Why a proposal was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    Prediction,
    Random,
    /// In the order of the strategy, which does not predict.
    Order,
    /// Carried over from the stage before, or the start network.
    Carried,
}

/// A proposal to be trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Index into the proposals.
    pub proposal: usize,
    pub by: Choice,
    /// Predicted reward as a z-score, where the strategy predicts.
    pub predicted: Option<f64>,
}

/// What a predict task gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub chosen: Vec<Chosen>,
    /// Of every proposal, where the strategy predicts.
    pub predicted: Option<Vec<f64>>,
    /// The rank correlation that was below the gate, where that made the round choose at random.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gated: Option<f64>,
    /// What was found out before choosing: of every proposal, and of measured networks that had none.
    #[serde(default, skip_serializing_if = "Scored::is_empty")]
    pub scores: Scored,
}

impl Selection {
    /// All of `count` proposals, carried over.
    pub fn carried(count: usize) -> Self {
        let chosen = (0..count).map(|proposal| Chosen { proposal, by: Choice::Carried, predicted: None }).collect();
        Self { chosen, predicted: None, gated: None, scores: Scored::new() }
    }
}

/// How many measurements there must be before predictions choose.
const ENOUGH: usize = 3;

/// What is asked of a selection.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a> {
    pub space: SearchSpace<'a>,
    pub state: &'a State,
    pub proposals: &'a Proposals,
    /// How many are trained.
    pub count: usize,
    pub seed: Seed,
    /// The scores of what [`unscored`] names.
    pub scores: &'a Scored,
}

/// The networks of which a selection needs scores that are not known yet: all proposals, and measured networks that are to
/// be learnt from, such as those of the first rounds. None as long as there is too little to learn from.
pub fn unscored<'a>(strategy: &Strategy, state: &'a State, proposals: &'a Proposals) -> Vec<&'a Architecture> {
    if strategy.zero_cost().is_empty() || state.trials.len() < ENOUGH {
        return Vec::new();
    }
    let measured = state.trials.iter().map(|trial| &trial.measured.architecture);
    let mut seen: BTreeSet<Digest> = state.scores.keys().copied().collect();
    let proposed = proposals.proposals.iter().map(|proposal| &proposal.architecture);
    measured.chain(proposed).filter(|architecture| seen.insert(architecture.digest())).collect()
}

/// Chooses up to `count` proposals.
pub fn select(strategy: &Strategy, pick: &Pick<'_>, policy: Option<&mut dyn Policy>) -> Selection {
    Selection { scores: pick.scores.clone(), ..choose(strategy, pick, policy) }
}

fn choose(strategy: &Strategy, pick: &Pick<'_>, policy: Option<&mut dyn Policy>) -> Selection {
    let total = pick.proposals.proposals.len();
    let count = pick.count.min(total);
    let (acquisition, zero_cost) = (Acquisition::Mean, ZeroCosts::NONE);
    let never = Predict { predictor: Predictor::None, acquisition, random_share: 0.0, gate: None, zero_cost };
    let predict = strategy.predict().unwrap_or(&never);
    let Predict { predictor, random_share, gate, .. } = *predict;
    let in_order = || {
        let chosen = (0..count).map(|proposal| Chosen { proposal, by: Choice::Order, predicted: None }).collect();
        Selection { chosen, predicted: None, gated: None, scores: Scored::new() }
    };
    if predictor == Predictor::None || pick.state.trials.len() < ENOUGH {
        return in_order();
    }
    let Some(Ranked { order, predicted }) = rank(predict, pick, count, policy) else { return in_order() };
    let gated = gate.and_then(|gate| quality::recent(pick.state).filter(|rho| *rho < gate));
    let by_prediction = if gated.is_some() { 0 } else { count - (random_share * count as f64).round() as usize };
    let best = &order[..by_prediction];
    let value = |proposal: usize| predicted.as_ref().map(|predicted| predicted[proposal]);
    let chosen = |by| move |&proposal: &usize| Chosen { proposal, by, predicted: None };
    let lots = lots(pick, best);
    let mut chosen: Vec<Chosen> =
        best.iter().map(chosen(Choice::Prediction)).chain(lots.iter().take(count - by_prediction).map(chosen(Choice::Random))).collect();
    for one in &mut chosen {
        one.predicted = value(one.proposal);
    }
    Selection { chosen, predicted, gated, scores: Scored::new() }
}

/// Those not chosen yet in a random order: random networks first, for they say most about the predictor.
fn lots(pick: &Pick<'_>, taken: &[usize]) -> Vec<usize> {
    let proposals = &pick.proposals.proposals;
    let mut lots: Vec<usize> = (0..proposals.len()).filter(|proposal| !taken.contains(proposal)).collect();
    shuffle(&mut pick.seed.stream(), &mut lots);
    lots.sort_by_key(|&proposal| proposals[proposal].origin != Origin::Drawn);
    lots
}

/// Predicted rewards of any networks of the space after `state`, for those who judge a predictor; `None` for strategies
/// without one that learns from features.
pub fn predict_all(
    strategy: &Strategy,
    space: &SearchSpace<'_>,
    state: &State,
    architectures: &[&Architecture],
    seed: Seed,
) -> Option<Vec<f64>> {
    let features = Features::of(space, strategy.zero_cost(), state.scores.clone());
    let observed = Observed::of(state, space, &features);
    let model = strategy.predict()?.predictor.learn(&features, &observed, state.kept.as_deref(), seed)?;
    Some(architectures.iter().map(|architecture| model.predict(&features.see(space, architecture)).mean).collect())
}

struct Ranked {
    /// The best first; as many as are trained, at least.
    order: Vec<usize>,
    predicted: Option<Vec<f64>>,
}

fn rank(predict: &Predict, pick: &Pick<'_>, count: usize, policy: Option<&mut dyn Policy>) -> Option<Ranked> {
    let Predict { predictor, acquisition, .. } = *predict;
    let proposals = &pick.proposals.proposals;
    let mut luck = pick.seed.child("luck").stream();
    match predictor {
        Predictor::None => None,
        Predictor::Random => {
            let lots: Vec<f64> = proposals.iter().map(|_| unit(&mut luck)).collect();
            Some(Ranked { order: descending(&lots), predicted: None })
        }
        Predictor::ValueHead => {
            let sketches = proposals.iter().map(|proposal| pick.space.sketch(&proposal.architecture));
            let values = policy?.values(&sketches.collect::<Vec<_>>());
            Some(Ranked { order: descending(&values), predicted: Some(values) })
        }
        Predictor::Gaussian | Predictor::Forest | Predictor::MlpEnsemble => {
            let known = pick.state.scores.clone().into_iter().chain(pick.scores.clone());
            let features = Features::of(&pick.space, predict.scores(), known.collect());
            let mut observed = Observed::of(pick.state, &pick.space, &features);
            let rows: Vec<Vec<f64>> = proposals.iter().map(|proposal| features.see(&pick.space, &proposal.architecture)).collect();
            let learn = |observed: &Observed, rows: &[Vec<f64>]| -> Option<Vec<Prediction>> {
                let model = predictor.learn(&features, observed, pick.state.kept.as_deref(), pick.seed.child("predictor"))?;
                Some(rows.iter().map(|row| model.predict(row)).collect())
            };
            let best = observed.best();
            let first = learn(&observed, &rows)?;
            let hope = hope(pick.state.trials.len());
            let mut score = |predictions: &[Prediction]| -> Vec<f64> {
                predictions.iter().map(|&prediction| acquisition.score(prediction, best, hope, &mut luck)).collect()
            };
            let mut order = descending(&score(&first));
            if predictor == Predictor::Gaussian {
                // One after another, believing what is predicted of those chosen (the Kriging believer of Ginsbourger
                // et al. 2010), so that a round does not train the same idea many times.
                for place in 1..count {
                    let latest = order[place - 1];
                    observed.rows.push(rows[latest].clone());
                    observed.targets.push(first[latest].mean);
                    let scores = score(&learn(&observed, &rows)?);
                    order[place..].sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
                }
            }
            Some(Ranked { order, predicted: Some(first.iter().map(|prediction| prediction.mean).collect()) })
        }
    }
}

/// Indices of the values, the largest first; ties in their order.
fn descending(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    order
}
