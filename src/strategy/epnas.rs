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
//! * *Prediction* is a Gaussian process over decisions, how often each option occurs, and costs (see `predictor`), its
//!   targets logarithms of the distance to the best, so that failed networks do not squash the rest.
//! * *Scores of untrained networks* (`predict: {zero-cost: …}`), where they are asked for, are features of the final choice
//!   among the proposals. The pool is judged without them.
//! * *Choice* by expected improvement; every other time part of the noise counts as what a network may owe its reward
//!   to, so that where a signal is noisy the search keeps exploring.
//! * *Proposals* come from a pool: half random networks, half lanes from the ten best, then the neighbours of the pool's
//!   best, three times. Half of every pool is random, so that a policy that collapses cannot stop the search.
//! * *The policy* has logits in place of an LSTM: it needs no tensors, and a round costs milliseconds.
//! * *Ten random networks* first.

use super::acquisition::hope;
use super::predictor::features::Features;
use super::predictor::{Model, Observed, Predictor};
use super::propose::{Collector, Edit, Lane, Offer, Origin, Proposal, Proposals, Request};
use super::state::{RoundResult, Scale, State};
use super::{Acquisition, EpnasParameters, Rejected, Scored, random};
use crate::arch::Architecture;
use crate::engine::{Episode, Lesson, Observation, Policy, Step};
use crate::seed::{Seed, Stream, below, weighted};
use crate::space::{Answer, Question, SearchSpace};

/// How often an edit that leads out of the space is drawn anew.
const RETRIES: usize = 8;

/// Rounds of looking at the neighbours of the best network of the pool, and the most neighbours of each.
const CLIMBS: usize = 3;
const NEIGHBOURS: usize = 64;

pub(super) fn propose(parameters: &EpnasParameters, request: &Request<'_>, policy: &mut dyn Policy) -> Proposals {
    let collector = Collector::new(request);
    if request.state.trials.len() < parameters.initial {
        return random::fill(request, collector);
    }
    // Without scores: of thousands of networks they would cost more than they tell.
    let features = (parameters.pool > 0).then(|| Features::of(&request.space, parameters.predict.scores(), Scored::new()));
    let observed = features.as_ref().map(|features| Observed::of(request.state, &request.space, features)).unwrap_or_default();
    let model = features.as_ref().and_then(|features| {
        parameters.predict.predictor.learn(features, &observed, request.state.kept.as_deref(), request.seed.child("predictor"))
    });
    match (features, model) {
        (Some(features), Some(model)) => {
            let acquisition =
                if parameters.predict.predictor == Predictor::Random { Acquisition::Thompson } else { parameters.predict.acquisition };
            let guide = Guide { parameters, request, features, best: observed.best(), model: model.as_ref(), acquisition };
            guide.propose(collector, policy)
        }
        _ => by_lanes(parameters, request, collector, policy),
    }
}

/// Proposals by lanes of edits, whatever a predictor may think of them.
fn by_lanes(parameters: &EpnasParameters, request: &Request<'_>, mut collector: Collector<'_>, policy: &mut dyn Policy) -> Proposals {
    let parents = parents(parameters, request);
    while collector.wants_more() && !parents.is_empty() {
        let number = collector.attempt();
        let mut stream = request.seed.nth(number).stream();
        let edits = 1 + below(&mut stream, parameters.edits);
        let (architecture, lane) = run_lane(&request.space, parents[number % parents.len()], edits, &mut stream, policy);
        let offer = collector.offer(architecture, Origin::Lane(lane.clone()));
        let teaches = parameters.rejected == Rejected::Zero && collector.rejected() < request.count;
        if offer == Offer::Rejected && teaches {
            collector.remember_rejected(lane);
        }
    }
    collector.finish()
}

/// The best networks so far.
fn parents<'a>(parameters: &EpnasParameters, request: &Request<'a>) -> Vec<&'a Architecture> {
    request.state.ranked().into_iter().take(parameters.parents).map(|measured| &measured.architecture).collect()
}

/// A pool of networks, of which those are proposed that a model ranks first.
struct Guide<'a, 'b> {
    parameters: &'a EpnasParameters,
    request: &'a Request<'b>,
    features: Features,
    /// The best target so far.
    best: f64,
    model: &'a dyn Model,
    acquisition: Acquisition,
}

struct Candidate {
    proposal: Proposal,
    score: f64,
}

impl Guide<'_, '_> {
    fn propose(&self, mut collector: Collector<'_>, policy: &mut dyn Policy) -> Proposals {
        let Self { parameters, request, .. } = self;
        let parents = parents(parameters, request);
        let mut pool: Vec<Candidate> = Vec::new();
        // The same draws of the model for all candidates of a round.
        let mut luck = request.seed.child("luck").stream();
        for number in 0..parameters.pool {
            let mut stream = request.seed.nth(collector.attempt()).stream();
            let (architecture, origin) = if number % 2 == 0 || parents.is_empty() {
                (request.space.draw(&mut stream), Origin::Drawn)
            } else {
                let edits = 1 + (number / 2) % parameters.edits;
                let parent = parents[(number / 2 / parameters.edits) % parents.len()];
                let (architecture, lane) = run_lane(&request.space, parent, edits, &mut stream, policy);
                (architecture, Origin::Lane(lane))
            };
            self.consider(architecture, origin, &mut pool, &mut collector, &mut luck);
        }
        for climb in 0..CLIMBS {
            let Some(top) = pool.iter().max_by(|a, b| a.score.total_cmp(&b.score)) else { break };
            let mut stream = request.seed.child("climb").nth(climb).stream();
            for neighbour in request.space.neighbours(&top.proposal.architecture, NEIGHBOURS, &mut stream) {
                self.consider(neighbour, Origin::Mutated, &mut pool, &mut collector, &mut luck);
            }
        }
        pool.sort_by(|a, b| b.score.total_cmp(&a.score));
        let random = (parameters.predict.random_share * request.count as f64).round() as usize;
        let rest = pool.split_off(request.count.saturating_sub(random).min(pool.len()));
        let mut best = pool;
        // What is chosen by chance should be random networks, not the best of a pool.
        let (drawn, edited): (Vec<_>, Vec<_>) = rest.into_iter().partition(|candidate| candidate.proposal.origin == Origin::Drawn);
        best.extend(drawn.into_iter().chain(edited).take(request.count - best.len()));
        for candidate in best {
            collector.take(candidate.proposal);
        }
        collector.finish()
    }

    fn consider(
        &self,
        architecture: Architecture,
        origin: Origin,
        pool: &mut Vec<Candidate>,
        collector: &mut Collector<'_>,
        luck: &mut Stream,
    ) {
        if self.request.space.contains(&architecture).is_err() {
            return;
        }
        if let Ok(proposal) = collector.admit(architecture, origin) {
            let row = self.features.see(&self.request.space, &proposal.architecture);
            let score = self.acquisition.score(self.model.predict(&row), self.best, hope(self.request.state.trials.len()), luck);
            pool.push(Candidate { proposal, score });
        }
    }
}

/// Lets the policy edit `start`.
fn run_lane(
    space: &SearchSpace<'_>,
    start: &Architecture,
    edits: usize,
    stream: &mut Stream,
    policy: &mut dyn Policy,
) -> (Architecture, Lane) {
    let mut network = start.clone();
    let mut done = Vec::new();
    for _ in 0..edits {
        let seen = space.sketch(&network);
        for _ in 0..RETRIES {
            let mut answers = Vec::new();
            let mut ask = |question: Question| {
                let choice = question.forced().unwrap_or_else(|| {
                    let probabilities = policy.probabilities(&seen, &question);
                    weighted(stream, &probabilities).unwrap_or(0)
                });
                answers.push(Answer { question, choice });
                choice
            };
            if let Some(edited) = space.edit(&network, &mut ask) {
                done.push(Edit { network: std::mem::replace(&mut network, edited), answers });
                break;
            }
        }
    }
    (network, Lane { edits: done })
}

/// What the policy learns from a round: the lanes of this round with their advantages, and all that was ever measured.
pub(super) fn lesson(
    parameters: &EpnasParameters,
    space: &SearchSpace<'_>,
    state: &State,
    round: &RoundResult<'_>,
    seed: Seed,
    policy: &mut dyn Policy,
) -> Lesson {
    let RoundResult { proposals, selection, measured, .. } = *round;
    let (scale, levelled) = Scale::of(state);
    let rewarded = selection.chosen.iter().zip(measured).filter_map(|(chosen, measured)| {
        let Origin::Lane(lane) = &proposals.proposals[chosen.proposal].origin else { return None };
        Some((lane, scale.score(measured.as_ref()?.reward.value)))
    });
    let rejected = proposals.rejected.iter().filter(|_| parameters.rejected == Rejected::Zero).map(|lane| (lane, scale.score(0.0)));
    let mut episodes = Vec::new();
    for (lane, reward) in rewarded.chain(rejected) {
        let steps: Vec<Step> =
            lane.edits.iter().map(|edit| Step { network: space.sketch(&edit.network), answers: edit.answers.clone() }).collect();
        if let Some(first) = steps.first() {
            let baseline = policy.values(std::slice::from_ref(&first.network))[0];
            episodes.push(Episode { advantage: reward - baseline, steps });
        }
    }
    let observations = levelled
        .iter()
        .map(|(measured, reward)| Observation { network: space.sketch(&measured.architecture), target: scale.score(*reward) })
        .collect();
    Lesson { episodes, observations, seed }
}
