//! Lanes: a policy makes a few edits of one of the best networks, and learns from what the last of them is worth.

use super::{EpnasParameters, Rejected};
use crate::arch::Architecture;
use crate::engine::{Episode, Lesson, Observation, Policy, Step};
use crate::seed::{Stream, below, weighted};
use crate::space::{Answer, Question, SearchSpace};
use crate::strategy::collector::{Collector, Offer, Request};
use crate::strategy::proposals::{Edit, Lane, Origin, Proposals};
use crate::strategy::round::{EndedRound, RoundResult};
use crate::strategy::scale::Scale;

/// How often an edit that leads out of the space is drawn anew.
const RETRIES: usize = 8;

/// Proposals by lanes alone, without a predictor.
pub(super) fn propose(
    parameters: &EpnasParameters,
    request: &Request<'_>,
    mut collector: Collector<'_>,
    policy: &mut dyn Policy,
) -> Proposals {
    let parents = parameters.parents(request);
    while collector.wants_more() && !parents.is_empty() {
        let number = collector.attempt();
        let mut stream = request.seed.nth(number).stream();
        let edits = 1 + below(&mut stream, parameters.edits);
        let (architecture, lane) = run(&request.space, parents[number % parents.len()], edits, &mut stream, policy);
        let offer = collector.offer(architecture, Origin::Lane(lane.clone()));
        let teaches = parameters.rejected == Rejected::Zero && collector.rejected() < request.count;
        if offer == Offer::Rejected && teaches {
            collector.remember_rejected(lane);
        }
    }
    collector.finish()
}

/// Lets the policy edit `start`.
pub(super) fn run(
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

/// The edits of a lane, as the policy learns from them.
pub(super) fn steps(space: &SearchSpace<'_>, lane: &Lane) -> Vec<Step> {
    lane.edits.iter().map(|edit| Step { network: space.sketch(&edit.network), answers: edit.answers.clone() }).collect()
}

/// What the policy learns from a round: the lanes of this round with their advantages, and all that was ever measured.
pub(super) fn lesson(parameters: &EpnasParameters, round: &EndedRound<'_>, policy: &mut dyn Policy) -> Lesson {
    let EndedRound { space, after, result, seed, .. } = *round;
    let RoundResult { proposals, selection, measured, .. } = result;
    let (scale, levelled) = Scale::of(after);
    let rewarded = selection.chosen.iter().zip(measured).filter_map(|(chosen, measured)| {
        let Origin::Lane(lane) = &proposals.proposals[chosen.proposal].origin else { return None };
        Some((lane, scale.score(measured.as_ref()?.reward.value)))
    });
    let rejected = proposals.rejected.iter().filter(|_| parameters.rejected == Rejected::Zero).map(|lane| (lane, scale.score(0.0)));
    let mut episodes = Vec::new();
    for (lane, reward) in rewarded.chain(rejected) {
        let steps = steps(&space, lane);
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
