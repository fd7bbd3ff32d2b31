//! A pool of random networks, lanes and neighbours, of which a predictor ranks the best first.

use super::{EpnasParameters, lanes};
use crate::arch::Architecture;
use crate::engine::Policy;
use crate::seed::{Seed, Stream};
use crate::strategy::acquisition::{Acquisition, noise_share};
use crate::strategy::believer::{believed, descending};
use crate::strategy::collector::{Collector, Request};
use crate::strategy::predictor::features::Features;
use crate::strategy::predictor::{Model, Observed, Prediction, Predictor};
use crate::strategy::proposals::{Origin, Proposal, Proposals};
use crate::strategy::random;

/// Rounds of looking at the neighbours of the best network of the pool, and the most neighbours of each.
const CLIMBS: usize = 3;
const NEIGHBOURS: usize = 64;

/// How many proposals are chosen before the model learns what it predicted of them, and how often it does so at most.
const AT_ONCE: usize = 8;
const MOST_LOOKS: usize = 12;

/// How a model learns.
pub(super) struct Learner<'a> {
    pub predictor: Predictor,
    pub features: &'a Features,
    pub hyperparameters: Option<Vec<f64>>,
    pub seed: Seed,
}

impl Learner<'_> {
    pub(super) fn learn<'o>(&self, observed: &'o Observed) -> Option<Box<dyn Model + 'o>> {
        self.predictor.learn(self.features, observed, self.hyperparameters.as_deref(), self.seed)
    }
}

/// A pool of networks, of which those are proposed that a model ranks first.
pub(super) struct Guide<'a, 'b> {
    pub parameters: &'a EpnasParameters,
    pub request: &'a Request<'b>,
    pub features: &'a Features,
    /// The best target so far.
    pub best: f64,
    pub model: &'a dyn Model,
    pub acquisition: Acquisition,
}

struct Candidate {
    proposal: Proposal,
    row: Vec<f64>,
    score: f64,
}

impl Guide<'_, '_> {
    /// Proposals; the model learnt `observed` from `learner`.
    pub(super) fn propose(
        &self,
        mut collector: Collector<'_>,
        policy: &mut dyn Policy,
        observed: &Observed,
        learner: &Learner<'_>,
    ) -> Proposals {
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
        let random = (parameters.predict.random_share * request.count as f64).round() as usize;
        let (mut best, rest) = self.choose(pool, request.count.saturating_sub(random), observed, learner, &mut rng);
        // What is chosen by chance should be random networks, not the best of a pool.
        let (drawn, edited): (Vec<_>, Vec<_>) = rest.into_iter().partition(|candidate| candidate.proposal.origin == Origin::Drawn);
        best.extend(drawn.into_iter().chain(edited).take(request.count - best.len()));
        for candidate in best {
            collector.take(candidate.proposal);
        }
        // Where a pool holds too few that are new and within the limits, more are drawn.
        random::fill(request, collector, parameters.shares())
    }

    /// So many candidates, and the rest.
    fn choose(
        &self,
        pool: Vec<Candidate>,
        count: usize,
        observed: &Observed,
        learner: &Learner<'_>,
        rng: &mut Stream,
    ) -> (Vec<Candidate>, Vec<Candidate>) {
        let mut order = descending(&pool.iter().map(|candidate| candidate.score).collect::<Vec<_>>());
        // Others say nothing of how sure they are, or learn too slowly.
        if learner.predictor == Predictor::Gaussian {
            let rows: Vec<Vec<f64>> = pool.iter().map(|candidate| candidate.row.clone()).collect();
            let means: Vec<f64> = rows.iter().map(|row| self.model.predict(row).mean).collect();
            let score = |observed: &Observed| -> Option<Vec<f64>> {
                let model = learner.learn(observed)?;
                Some(rows.iter().map(|row| self.judged(model.predict(row), rng)).collect())
            };
            order = believed(&rows, &means, order, (count, AT_ONCE.max(count.div_ceil(MOST_LOOKS))), observed.clone(), score);
        }
        let mut pool: Vec<Option<Candidate>> = pool.into_iter().map(Some).collect();
        let mut chosen: Vec<Candidate> = order.into_iter().filter_map(|index| pool[index].take()).collect();
        let rest = chosen.split_off(count.min(chosen.len()));
        (chosen, rest)
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
            let row = self.features.see(&self.request.space, &proposal.architecture);
            let score = self.judged(self.model.predict(&row), rng);
            pool.push(Candidate { proposal, row, score });
        }
    }

    /// What a network of the space promises by the predictor.
    pub(super) fn score(&self, architecture: &Architecture, rng: &mut Stream) -> f64 {
        self.judged(self.model.predict(&self.features.see(&self.request.space, architecture)), rng)
    }

    fn judged(&self, prediction: Prediction, rng: &mut Stream) -> f64 {
        self.acquisition.score(prediction, self.best, noise_share(self.request.state.trials.len()), rng)
    }
}
