//! Choice by prediction: most of the proposals that are trained are those predicted best, a declared share is random.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::acquisition::{Acquisition, noise_share};
use super::ages;
use super::believer::{believed, descending};
use super::predictor::features::Features;
use super::predictor::{Observed, Prediction, Predictor, PredictorMemory, Scored};
use super::proposals::{Origin, Proposals};
use super::quality;
use super::round::EndedRound;
use super::selection::{Chosen, ChosenBy, Pick, Selection};
use super::shared_scores::{self, SharedQuality, SharedScores};
use super::state::State;
use crate::arch::Architecture;
use crate::digest::Digest;
use crate::engine::{Policy, Score, ZeroCosts};
use crate::seed::{Seed, shuffle, unit};
use crate::space::SearchSpace;

/// How it is predicted which proposals are worth training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    pub predictor: Predictor,
    pub acquisition: Acquisition,
    /// Share of the trained proposals chosen at random.
    pub random_share: f64,
    /// Rank correlation of predicted and measured rewards below which a round chooses at random.
    pub gate: Option<f64>,
    /// Scores of untrained networks that are features as well.
    #[serde(default, skip_serializing_if = "ZeroCosts::is_empty")]
    pub zero_cost: ZeroCosts,
    /// Weights that networks share; what a network reaches with them is a feature as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_weights: Option<SharedScores>,
}

/// How many measurements there must be before predictions choose, one of them of a network that the search proposed: the
/// networks it is given, such as a tiny start and references of one kind, are too alike or too extreme to learn from alone.
const ENOUGH: usize = 3;

/// Whether there is enough to learn from.
fn is_enough(state: &State) -> bool {
    state.trials.len() >= ENOUGH && state.proposed() > 0
}

impl Predict {
    /// The scores of untrained networks that the predictor reads.
    pub const fn zero_cost(&self) -> ZeroCosts {
        if self.predictor.reads_features() { self.zero_cost } else { ZeroCosts::NONE }
    }

    /// The shared weights that the predictor reads scores of.
    pub const fn shared_weights(&self) -> Option<&SharedScores> {
        if self.predictor.reads_features() { self.shared_weights.as_ref() } else { None }
    }

    /// All scores that are computed for the predictor.
    fn scores(&self) -> Vec<Score> {
        self.zero_cost().iter().map(Score::from).chain(self.shared_weights().map(|_| Score::SharedWeights)).collect()
    }

    /// All that it reads besides, after `state`.
    pub(super) fn asked(&self, state: &State) -> Vec<Score> {
        let age = (self.predictor.reads_features() && ages::differ(state)).then_some(Score::Age);
        self.scores().into_iter().chain(age).collect()
    }

    /// The networks whose scores a selection needs and nobody has: all proposals, and measured networks that the predictor
    /// learns from, such as those of the first rounds. None as long as there is too little to learn from.
    pub fn unscored<'a>(&self, state: &'a State, memory: &PredictorMemory, proposals: &'a Proposals) -> Vec<&'a Architecture> {
        if self.scores().is_empty() || !is_enough(state) {
            return Vec::new();
        }
        let measured = state.trials.iter().map(|trial| &trial.measured.architecture);
        let mut seen: BTreeSet<Digest> = memory.scores.keys().copied().collect();
        let proposed = proposals.proposals.iter().map(|proposal| &proposal.architecture);
        measured.chain(proposed).filter(|architecture| seen.insert(architecture.digest())).collect()
    }

    /// Chooses up to `pick.count` proposals.
    pub fn select(&self, pick: &Pick<'_>, memory: &PredictorMemory, policy: Option<&mut dyn Policy>) -> Selection {
        let count = pick.count.min(pick.proposals.proposals.len());
        if !is_enough(pick.state) {
            return Selection::in_order(pick);
        }
        let Some(Ranking { order, predicted, shared_weights }) = self.rank(pick, memory, count, policy) else {
            return Selection::in_order(pick);
        };
        let gated = self.gate.and_then(|gate| quality::recent(pick.state).filter(|rho| *rho < gate));
        let by_prediction = if gated.is_some() { 0 } else { count - (self.random_share * count as f64).round() as usize };
        let best = &order[..by_prediction];
        let rest = shuffled_rest(pick, best);
        let chosen = best
            .iter()
            .map(|&proposal| (proposal, ChosenBy::Prediction))
            .chain(rest.into_iter().take(count - by_prediction).map(|proposal| (proposal, ChosenBy::Random)))
            .map(|(proposal, by)| Chosen { proposal, by, predicted: predicted.as_ref().map(|predicted| predicted[proposal]) })
            .collect();
        Selection { chosen, predicted, gated, shared_weights, scores: pick.scores.clone() }
    }

    /// What is remembered after a round, for the predictions of the next.
    pub fn remember(&self, round: &EndedRound<'_>, memory: PredictorMemory) -> PredictorMemory {
        let mut scores = memory.scores;
        for digest in round.after.trials.iter().map(|trial| trial.measured.architecture.digest()) {
            if let Some(found) = round.result.selection.scores.get(&digest) {
                scores.insert(digest, found.clone());
            }
        }
        let fresh = round.after.trials.len() - round.before.trials.len();
        let before = memory.hyperparameters.as_deref().map(|parameters| (parameters, fresh));
        let (readable, _) = self.readable(round.after, scores.clone());
        let hyperparameters = self.predictor.fit(&round.space, round.after, &self.asked(round.after), &readable, before);
        PredictorMemory { hyperparameters, scores }
    }

    /// Predicted rewards of any networks of the space, for those who judge a predictor; `None` for predictors that do not
    /// learn from features.
    pub fn predict_all(
        &self,
        space: &SearchSpace<'_>,
        state: &State,
        memory: &PredictorMemory,
        architectures: &[&Architecture],
        seed: Seed,
    ) -> Option<Vec<f64>> {
        let features = Features::of(space, &self.asked(state), self.readable(state, memory.scores.clone()).0);
        let observed = Observed::of(state, space, &features);
        let model = self.predictor.learn(&features, &observed, memory.hyperparameters.as_deref(), seed)?;
        Some(architectures.iter().map(|architecture| model.predict(&features.see(space, architecture)).mean).collect())
    }

    /// The scores that predictions may read, and how those by shared weights were judged.
    fn readable(&self, state: &State, scored: Scored) -> (Scored, Option<SharedQuality>) {
        let judged = self.shared_weights().map(|shared| shared.judge(state, &scored));
        let refused = judged.is_some_and(|judged| !judged.used);
        let scored = if refused { shared_scores::without(scored) } else { scored };
        (ages::added(scored, state), judged)
    }

    fn rank(&self, pick: &Pick<'_>, memory: &PredictorMemory, count: usize, policy: Option<&mut dyn Policy>) -> Option<Ranking> {
        let Self { predictor, acquisition, .. } = *self;
        let proposals = &pick.proposals.proposals;
        let mut rng = pick.seed.child("luck").stream();
        match predictor {
            Predictor::None => None,
            Predictor::Random => {
                let numbers: Vec<f64> = proposals.iter().map(|_| unit(&mut rng)).collect();
                Some(Ranking { order: descending(&numbers), predicted: None, shared_weights: None })
            }
            Predictor::ValueHead => {
                let sketches = proposals.iter().map(|proposal| pick.space.sketch(&proposal.architecture));
                let values = policy?.values(&sketches.collect::<Vec<_>>());
                Some(Ranking { order: descending(&values), predicted: Some(values), shared_weights: None })
            }
            Predictor::Gaussian | Predictor::Forest | Predictor::MlpEnsemble => {
                let known = memory.scores.clone().into_iter().chain(pick.scores.clone());
                let (readable, shared_weights) = self.readable(pick.state, known.collect());
                let features = Features::of(&pick.space, &self.asked(pick.state), readable);
                let observed = Observed::of(pick.state, &pick.space, &features);
                let rows: Vec<Vec<f64>> = proposals.iter().map(|proposal| features.see(&pick.space, &proposal.architecture)).collect();
                let hyperparameters = predictor.usable(&features, &observed, memory.hyperparameters.as_deref());
                let learn = |observed: &Observed| -> Option<Vec<Prediction>> {
                    let model = predictor.learn(&features, observed, hyperparameters.as_deref(), pick.seed.child("predictor"))?;
                    Some(rows.iter().map(|row| model.predict(row)).collect())
                };
                let best = observed.best();
                let first = learn(&observed)?;
                let noise_share = noise_share(pick.state.trials.len());
                let mut score = |predictions: &[Prediction]| -> Vec<f64> {
                    predictions.iter().map(|&prediction| acquisition.score(prediction, best, noise_share, &mut rng)).collect()
                };
                let mut order = descending(&score(&first));
                let means: Vec<f64> = first.iter().map(|prediction| prediction.mean).collect();
                if predictor == Predictor::Gaussian {
                    order = believed(&rows, &means, order, (count, 1), observed, |observed| learn(observed).as_deref().map(&mut score));
                }
                Some(Ranking { order, predicted: Some(means), shared_weights })
            }
        }
    }
}

struct Ranking {
    /// The best first; as many as are trained, at least.
    order: Vec<usize>,
    predicted: Option<Vec<f64>>,
    shared_weights: Option<SharedQuality>,
}

/// Those not chosen yet, shuffled, random networks first: they say most about the predictor.
fn shuffled_rest(pick: &Pick<'_>, chosen: &[usize]) -> Vec<usize> {
    let proposals = &pick.proposals.proposals;
    let mut rest: Vec<usize> = (0..proposals.len()).filter(|proposal| !chosen.contains(proposal)).collect();
    shuffle(&mut pick.seed.stream(), &mut rest);
    rest.sort_by_key(|&proposal| proposals[proposal].origin != Origin::Drawn);
    rest
}
