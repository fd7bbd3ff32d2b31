//! EPNAS on the space of layers: a REINFORCE policy edits the best networks so far, and a value head on the policy's
//! own embedding predicts which edits are worth training.
//!
//! # What the paper says, what is our reading
//!
//! Of EPNAS (Zhou et al., BMVC 2019, arXiv 1907.04648) we know the abstract: a *progressive search policy* with
//! *performance prediction based on REINFORCE*, networks searched *in parallel*, several resource constraints at once.
//! Its formulas were not at hand. What stands here is a consistent reading, helped by its predecessor RENA
//! (arXiv 1806.07912): an LSTM embeds the present network, heads choose actions that edit it, REINFORCE
//! (Williams 1992) learns from the reward. Ours are:
//!
//! * *Lanes.* Each proposal starts from one of the best `parents` networks of the stage and makes 1 to `edits` edits
//!   (insert, scale, remove); the reward of a lane credits all its edits.
//! * *Prediction.* A value head predicts the reward of a network, as a z-score among those measured. It ranks the
//!   proposals, and its value of a lane's first network is the baseline of the policy gradient.
//! * *Progress.* A stage bounds the depth and trains longer than the one before; its first networks are the best of
//!   the one before, trained again at its fidelity.
//! * *One scale.* Rewards of earlier stages are shifted to the level of the present one by the networks measured in both.

use super::propose::{Collector, Edit, Lane, Offer, Proposals, Request};
use super::state::{RoundResult, Scale, State};
use super::{EpnasParameters, Problem, Rejected};
use crate::arch::{Architecture, Cost, Network};
use crate::engine::{Episode, Lesson, Observation, Policy, Sketch, Step};
use crate::seed::{Seed, Stream, below, weighted};
use crate::space::edit::{Answer, LayerFeatures, Question, edit};

/// How often an edit that leads out of the space is drawn anew.
const RETRIES: usize = 8;

/// Proposals by lanes of edits.
pub(super) fn propose(parameters: &EpnasParameters, request: &Request<'_>, policy: &mut dyn Policy) -> Proposals {
    let ranked = request.state.ranked();
    let parents: Vec<&Architecture> = ranked.iter().take(parameters.parents).map(|measured| &measured.architecture).collect();
    let mut collector = Collector::new(request);
    while collector.wants_more() && !parents.is_empty() {
        let number = collector.attempt();
        let mut stream = request.seed.nth(number).stream();
        let start = parents[number % parents.len()];
        let edits = 1 + below(&mut stream, parameters.edits);
        let (architecture, lane) = run_lane(request.problem, start, edits, &mut stream, policy);
        let offer = collector.offer(architecture, Some(lane.clone()));
        let teaches = parameters.rejected == Rejected::Zero && collector.rejected() < request.count;
        if offer == Offer::Rejected && teaches {
            collector.remember_rejected(lane);
        }
    }
    collector.finish()
}

/// Lets the policy edit `start`.
fn run_lane(problem: &Problem, start: &Architecture, edits: usize, stream: &mut Stream, policy: &mut dyn Policy) -> (Architecture, Lane) {
    let mut network = start.clone();
    let mut done = Vec::new();
    for _ in 0..edits {
        let seen = sketch(problem, &network);
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
            if let Some(edited) = edit(&problem.space, problem.limits, &network, &mut ask) {
                done.push(Edit { network: std::mem::replace(&mut network, edited), answers });
                break;
            }
        }
    }
    (network, Lane { edits: done })
}

/// Predicted z-scores of all proposals.
pub(super) fn predict(proposals: &Proposals, policy: &mut dyn Policy) -> Vec<f64> {
    let sketches: Vec<Sketch> = proposals.proposals.iter().map(|proposal| sketch(&proposals.problem, &proposal.architecture)).collect();
    policy.values(&sketches)
}

/// What the policy learns from a round: the lanes of this round with their advantages, and all that was ever measured.
pub(super) fn lesson(parameters: &EpnasParameters, state: &State, round: &RoundResult<'_>, seed: Seed, policy: &mut dyn Policy) -> Lesson {
    let RoundResult { proposals, selection, measured, .. } = *round;
    let problem = &proposals.problem;
    let (scale, levelled) = Scale::of(state);
    let rewarded = selection.chosen.iter().zip(measured).filter_map(|(chosen, measured)| {
        let lane = proposals.proposals[chosen.proposal].lane.as_ref()?;
        Some((lane, scale.score(measured.as_ref()?.reward.value)))
    });
    let rejected = proposals.rejected.iter().filter(|_| parameters.rejected == Rejected::Zero).map(|lane| (lane, scale.score(0.0)));
    let mut episodes = Vec::new();
    for (lane, reward) in rewarded.chain(rejected) {
        let steps: Vec<Step> =
            lane.edits.iter().map(|edit| Step { network: sketch(problem, &edit.network), answers: edit.answers.clone() }).collect();
        if let Some(first) = steps.first() {
            let baseline = policy.values(std::slice::from_ref(&first.network))[0];
            episodes.push(Episode { advantage: reward - baseline, steps });
        }
    }
    let observations = levelled
        .iter()
        .map(|(measured, reward)| Observation { network: sketch(problem, &measured.architecture), target: scale.score(*reward) })
        .collect();
    Lesson { episodes, observations, seed }
}

/// What the policy sees of a network; the numbers are logarithms of its costs and counts, moved near zero.
fn sketch(problem: &Problem, architecture: &Architecture) -> Sketch {
    let layers = LayerFeatures::of(&problem.space, architecture);
    let network =
        Network::new(architecture, problem.limits.image, problem.limits.classes).expect("measured and edited networks are of the space");
    let cost = Cost::of(&network);
    let skips = architecture.layers.iter().filter(|layer| layer.sources.len() > 1).count();
    let globals: [f64; Sketch::GLOBALS] = [
        (cost.params as f64).log10() - 4.5,
        (cost.macs as f64).log10() - 6.5,
        (cost.activations as f64).log10() - 4.5,
        architecture.layers.len() as f64 / 8.0 - 1.0,
        network.final_resolution().0 as f64 / 8.0 - 1.0,
        skips as f64 / 4.0,
    ];
    Sketch { layers, globals: globals.to_vec() }
}
