//! A pool of random networks, lanes and neighbours, of which a predictor ranks the best first.

use super::{EpnasParameters, lanes};
use crate::arch::Architecture;
use crate::engine::Policy;
use crate::seed::{Seed, Stream};
use crate::strategy::acquisition::{Acquisition, noise_share};
use crate::strategy::collector::{Collector, Request};
use crate::strategy::predictor::features::Features;
use crate::strategy::predictor::{Model, Observed, Predictor};
use crate::strategy::proposals::{Origin, Proposal, Proposals};
use crate::strategy::random;

/// Rounds of looking at the neighbours of the best network of the pool, and the most neighbours of each.
const CLIMBS: usize = 3;
const NEIGHBOURS: usize = 64;

/// Proposals that are chosen between two looks of a model that believes in those before.
const AT_ONCE: usize = 8;

/// How a model learns.
pub(super) struct Learner<'a> {
    pub predictor: Predictor,
    pub features: &'a Features,
    pub hyperparameters: Option<&'a [f64]>,
    pub seed: Seed,
}

impl Learner<'_> {
    pub(super) fn learn<'o>(&self, observed: &'o Observed) -> Option<Box<dyn Model + 'o>> {
        self.predictor.learn(self.features, observed, self.hyperparameters, self.seed)
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
        let (mut best, rest) = self.best(pool, request.count.saturating_sub(random), observed, learner, &mut rng);
        // What is chosen by chance should be random networks, not the best of a pool.
        let (drawn, edited): (Vec<_>, Vec<_>) = rest.into_iter().partition(|candidate| candidate.proposal.origin == Origin::Drawn);
        best.extend(drawn.into_iter().chain(edited).take(request.count - best.len()));
        for candidate in best {
            collector.take(candidate.proposal);
        }
        // Where a pool holds too few that are new and within the limits, more are drawn.
        random::fill(request, collector, parameters.shares())
    }

    /// So many candidates, and the rest. By the Kriging believer (Ginsbourger et al. 2010), what is chosen counts as measured, with
    /// the reward that is predicted of it: neighbours of one network would be all the proposals else.
    fn best(
        &self,
        mut pool: Vec<Candidate>,
        count: usize,
        observed: &Observed,
        learner: &Learner<'_>,
        rng: &mut Stream,
    ) -> (Vec<Candidate>, Vec<Candidate>) {
        // Others say nothing of how sure they are, or learn too slowly.
        let believes = learner.predictor == Predictor::Gaussian;
        let mut best: Vec<Candidate> = Vec::with_capacity(count);
        let mut observed = observed.clone();
        loop {
            pool.sort_by(|a, b| b.score.total_cmp(&a.score));
            let wanted = count - best.len();
            let taken = if believes { wanted.min(AT_ONCE) } else { wanted }.min(pool.len());
            let latest: Vec<Candidate> = pool.drain(..taken).collect();
            for candidate in &latest {
                observed.rows.push(candidate.row.clone());
                observed.targets.push(self.model.predict(&candidate.row).mean);
            }
            best.extend(latest);
            if best.len() == count || pool.is_empty() {
                return (best, pool);
            }
            if let Some(model) = learner.learn(&observed) {
                for candidate in &mut pool {
                    candidate.score = self.judged(model.as_ref(), &candidate.row, rng);
                }
            }
        }
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
            let score = self.judged(self.model, &row, rng);
            pool.push(Candidate { proposal, row, score });
        }
    }

    /// What a network of the space promises by the predictor.
    pub(super) fn score(&self, architecture: &Architecture, rng: &mut Stream) -> f64 {
        self.judged(self.model, &self.features.see(&self.request.space, architecture), rng)
    }

    fn judged(&self, model: &dyn Model, row: &[f64], rng: &mut Stream) -> f64 {
        self.acquisition.score(model.predict(row), self.best, noise_share(self.request.state.trials.len()), rng)
    }
}
