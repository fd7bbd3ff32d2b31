//! A pool of random networks, lanes and neighbours, of which a predictor ranks the best first.

use super::{EpnasParameters, lanes};
use crate::arch::Architecture;
use crate::engine::Policy;
use crate::seed::Stream;
use crate::strategy::acquisition::{Acquisition, noise_share};
use crate::strategy::collector::{Collector, Request};
use crate::strategy::predictor::Model;
use crate::strategy::predictor::features::Features;
use crate::strategy::proposals::{Origin, Proposal, Proposals};
use crate::strategy::random;

/// Rounds of looking at the neighbours of the best network of the pool, and the most neighbours of each.
const CLIMBS: usize = 3;
const NEIGHBOURS: usize = 64;

/// A pool of networks, of which those are proposed that a model ranks first.
pub(super) struct Guide<'a, 'b> {
    pub parameters: &'a EpnasParameters,
    pub request: &'a Request<'b>,
    pub features: Features,
    /// The best target so far.
    pub best: f64,
    pub model: &'a dyn Model,
    pub acquisition: Acquisition,
}

struct Candidate {
    proposal: Proposal,
    score: f64,
}

impl Guide<'_, '_> {
    pub(super) fn propose(&self, mut collector: Collector<'_>, policy: &mut dyn Policy) -> Proposals {
        let Self { parameters, request, .. } = self;
        let parents = parameters.parents(request);
        let mut pool: Vec<Candidate> = Vec::new();
        // The same draws of the model for all candidates of a round.
        let mut rng = request.seed.child("luck").stream();
        for number in 0..parameters.pool {
            let mut stream = request.seed.nth(collector.attempt()).stream();
            let (architecture, origin) = if number % 2 == 0 || parents.is_empty() {
                random::drawn(request, &mut stream, parameters.shares())
            } else {
                let (parent, edits) = parameters.lane(&parents, number / 2);
                let (architecture, lane) = lanes::run(&request.space, parent, edits, &mut stream, policy);
                (architecture, Origin::Lane(lane))
            };
            self.consider(architecture, origin, &mut pool, &mut collector, &mut rng);
        }
        for climb in 0..CLIMBS {
            let Some(top) = pool.iter().max_by(|a, b| a.score.total_cmp(&b.score)) else { break };
            let mut stream = request.seed.child("climb").nth(climb).stream();
            for neighbour in request.space.neighbours(&top.proposal.architecture, NEIGHBOURS, &mut stream) {
                self.consider(neighbour, Origin::Mutated, &mut pool, &mut collector, &mut rng);
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
        // Where a pool holds too few that are new and within the limits, more are drawn.
        random::fill(request, collector, parameters.shares())
    }

    fn consider(
        &self,
        architecture: Architecture,
        origin: Origin,
        pool: &mut Vec<Candidate>,
        collector: &mut Collector<'_>,
        rng: &mut Stream,
    ) {
        if self.request.space.contains(&architecture).is_err() {
            return;
        }
        if let Ok(proposal) = collector.admit(architecture, origin) {
            let score = self.score(&proposal.architecture, rng);
            pool.push(Candidate { proposal, score });
        }
    }

    /// What a network of the space promises by the predictor.
    pub(super) fn score(&self, architecture: &Architecture, rng: &mut Stream) -> f64 {
        let row = self.features.see(&self.request.space, architecture);
        self.acquisition.score(self.model.predict(&row), self.best, noise_share(self.request.state.trials.len()), rng)
    }
}
