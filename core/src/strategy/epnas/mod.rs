//! EPNAS: a REINFORCE policy edits the best networks so far, and a predictor says which networks are worth training.
//!
//! # What the paper says
//!
//! Of EPNAS (Zhou et al., BMVC 2019, arXiv 1907.04648) we know the abstract: a *progressive search policy* with
//! *performance prediction based on REINFORCE*, networks searched *in parallel*, several resource constraints at once.
//! Its formulas and tables were not at hand; no number here is the paper's.
//!
//! # What is our reading: `variant: paper`
//!
//! A consistent reading, helped by the predecessor RENA (arXiv 1806.07912): an LSTM embeds the present network, heads
//! choose actions that edit it, REINFORCE (Williams 1992) learns from the reward. Ours are:
//!
//! * *Lanes.* Each proposal starts from one of the best `parents` networks of the stage and makes 1 to `edits` edits
//!   (insert, scale, remove); the reward of a lane credits all its edits.
//! * *Prediction.* A value head predicts the reward of a network, as a z-score among those measured. It ranks the
//!   proposals, and its value of a lane's first network is the baseline of the policy gradient.
//! * *Progress.* A stage bounds the depth and trains longer than the one before; its first networks are the best of
//!   the one before, trained again at its fidelity.
//! * *One scale.* Rewards of earlier stages are shifted to the level of the present one by the networks measured in both.
//!
//! # What we changed because the measurements said so: `variant: extended`, the default
//!
//! The value head, trained on a few dozen networks, ranked those of Fashion-MNIST searches with a mean correlation between
//! 0 and 0.5, and a policy of tens of rewards is close to chance. What leads on the benchmark tables is a surrogate that
//! knows how unsure it is. So, with lanes, stages, reward and one scale as above:
//!
//! * *Prediction* is a Gaussian process over decisions, how often each option occurs, costs, and in layers what is computed
//!   at each resolution (see `predictor`), its
//!   targets logarithms of the distance to the best, so that failed networks do not squash the rest.
//! * *Scores of untrained networks* (`predict: {zero-cost: …}`), where they are asked for, are features of the final choice
//!   among the proposals. The pool is judged without them.
//! * *Choice* by expected improvement. For every second measurement count, 30 % of the noise variance is added to the
//!   predictive variance, so that where a signal is noisy the search keeps exploring.
//! * *Proposals* come from a pool: half random networks, half lanes from the ten best, then the neighbours of the pool's
//!   best, three times. Half of every pool is random, so that a policy that collapses cannot stop the search.
//! * *Proposals differ*: what is proposed counts as measured for the next ones, with the reward that is predicted of it (see
//!   `believer`). Otherwise a round proposes the neighbours of one network.
//! * *The policy* makes random edits: a policy of logits, trained on rewards or on thousands of lanes that the predictor
//!   judges (`imagined`), finds nothing better on the benchmark tables (`docs/benchmarks.md`).
//! * *Six random networks* first, beside those that the search is given; nothing is predicted from those alone.
//! * *Most of the random networks are regular* in spaces of layers: stages of equal layers, as wide as the limits allow; half
//!   of them keep the resolution in their first stage (see `space::regular`).
//! * *Half of the others are made larger* by random edits, as far as the limits allow (see `enlarged`): a uniform
//!   draw of a space of layers hardly ever comes near the limits, where the best networks are.
//! * *Half of the others are edits of what was given*, references and start networks (see `from_given`).

mod imagined;
mod lanes;
mod pool;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acquisition::Acquisition;
use super::ages;
use super::collector::{Collector, Request};
use super::edit_policy::Editor;
use super::predict::Predict;
use super::predictor::features::Features;
use super::predictor::{Observed, Predictor, PredictorMemory, Scored};
use super::proposals::Proposals;
use super::random;
use super::round::EndedRound;
use super::search_strategy::{Learned, SearchStrategy, StrategyError};
use super::state::Memory;
use crate::arch::Architecture;
use crate::engine::Policy;
pub use imagined::LANES as LANES_AT_ONCE;
use pool::{Guide, Learner};

/// Settings of EPNAS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpnasParameters {
    /// Random networks before edits and predictions begin.
    pub initial: usize,
    /// The most edits a lane makes before its network is proposed.
    pub edits: usize,
    /// How many of the best networks the lanes start from.
    pub parents: usize,
    /// Networks looked at for the proposals of a round, half of them random, half by lanes; 0: lanes alone, and the
    /// predictor sees the proposals only.
    pub pool: usize,
    /// Of the random networks that are not regular, the share that is made larger, as far as the limits allow; 0: none.
    #[serde(default, skip_serializing_if = "crate::engine::is_zero")]
    pub enlarged: f64,
    /// Of the random networks that are not regular, the share of random edits of a reference or a start network; 0: none.
    #[serde(default, skip_serializing_if = "crate::engine::is_zero")]
    pub from_given: f64,
    /// Share of the random networks that are regular: stages of equal layers, as wide as the limits allow; 0: none.
    #[serde(default, skip_serializing_if = "crate::engine::is_zero")]
    pub regular: f64,
    /// Lanes that the policy imagines before those of a round, with the predictor in place of trainings; 0: none.
    #[serde(default, skip_serializing_if = "is_none")]
    pub imagined: usize,
    pub rejected: Rejected,
    pub editor: Editor,
    pub predict: Predict,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What the policy learns from a proposal that a constraint rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rejected {
    /// Nothing.
    Ignore,
    /// That it is worth nothing: reward 0.
    Zero,
}

impl SearchStrategy for EpnasParameters {
    fn word(&self) -> &'static str {
        "epnas"
    }

    fn editor(&self) -> Option<&Editor> {
        Some(&self.editor)
    }

    fn predict(&self) -> Option<&Predict> {
        Some(&self.predict)
    }

    fn propose(&self, request: &Request<'_>, policy: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let policy = policy.ok_or(StrategyError::NoPolicy)?;
        let collector = Collector::new(request);
        // Without anything measured there is nothing to edit. Networks that the search was given do not count as random ones, and
        // a pool is not ranked by them alone.
        let initial = self.initial.max(usize::from(self.pool > 0));
        if request.state.trials.is_empty() || request.state.proposed() < initial {
            return Ok(random::fill(request, collector, self.shares()));
        }
        if self.pool == 0 {
            return Ok(lanes::propose(self, request, collector, policy));
        }
        let memory: PredictorMemory = request.state.memory.read()?;
        // Without scores: of thousands of networks they would cost more than they tell.
        let features = Features::of(&request.space, &self.predict.asked(request.state), ages::added(Scored::new(), request.state));
        let observed = Observed::of(request.state, &request.space, &features);
        let Predict { predictor, acquisition, .. } = self.predict;
        let hyperparameters = predictor.usable(&features, &observed, memory.hyperparameters.as_deref());
        let learner = Learner { predictor, features: &features, hyperparameters, seed: request.seed.child("predictor") };
        let Some(model) = learner.learn(&observed) else { return Ok(lanes::propose(self, request, collector, policy)) };
        let acquisition = if predictor == Predictor::Random { Acquisition::Thompson } else { acquisition };
        let guide = Guide { parameters: self, request, features: &features, best: observed.best(), model: model.as_ref(), acquisition };
        imagined::practise(&guide, self.imagined, policy);
        Ok(guide.propose(collector, policy, &observed, &learner))
    }

    fn learn(&self, round: &EndedRound<'_>, policy: Option<&mut dyn Policy>) -> Result<Learned, StrategyError> {
        let policy = policy.ok_or(StrategyError::NoPolicy)?;
        let memory = self.predict.remember(round, round.before.memory.read()?);
        let lesson = lanes::lesson(self, round, policy);
        Ok(Learned { memory: Memory::of(&memory), policy: Some(policy.learn(&lesson)) })
    }
}

impl EpnasParameters {
    const fn shares(&self) -> random::Shares {
        random::Shares { from_given: self.from_given, regular: self.regular, enlarged: self.enlarged }
    }

    /// The parent of a lane and the number of its edits: all pairs in turn.
    fn lane<'a>(&self, parents: &[&'a Architecture], number: usize) -> (&'a Architecture, usize) {
        (parents[(number / self.edits) % parents.len()], 1 + number % self.edits)
    }

    /// The best networks so far, which lanes start from.
    fn parents<'a>(&self, request: &Request<'a>) -> Vec<&'a Architecture> {
        request.state.ranked().into_iter().take(self.parents).map(|measured| &measured.architecture).collect()
    }
}
