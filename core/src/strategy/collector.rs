//! The collector of a sample task: it takes networks that are legal, distinct, not yet tried in this stage and not rejected
//! by a constraint, until there are as many as were asked for or the space has run dry.

use std::collections::BTreeSet;

use super::proposals::{Lane, Origin, Proposal, Proposals, Rejection};
use super::state::State;
use crate::arch::{Architecture, Costs};
use crate::digest::Digest;
use crate::objective::Constraint;
use crate::seed::Seed;
use crate::space::{Problem, SearchSpace};

/// What is asked of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub problem: &'a Problem,
    /// The problem, opened.
    pub space: SearchSpace<'a>,
    /// Constraints that keep a network out of training.
    pub rejecting: &'a [Constraint],
    pub state: &'a State,
    /// How many proposals; fewer come back when the space runs dry.
    pub count: usize,
    pub seed: Seed,
}

impl Request<'_> {
    /// The costs of a network that no constraint keeps out of training; `None` of others.
    pub(super) fn costs_within_limits(&self, architecture: &Architecture) -> Option<Costs> {
        self.space.costs(architecture).filter(|costs| !self.rejecting.iter().any(|limit| limit.rejects(costs)))
    }
}

/// How many networks are drawn for each proposal asked for, and at least, before the space counts as dry.
const ATTEMPTS: usize = 200;
const LEAST_ATTEMPTS: usize = 2_000;

/// Collects proposals and refuses what is not new or not allowed.
pub(super) struct Collector<'a> {
    request: &'a Request<'a>,
    seen: BTreeSet<Digest>,
    found: Proposals,
}

/// What became of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Taken,
    Known,
    Rejected,
}

impl<'a> Collector<'a> {
    pub(super) fn new(request: &'a Request<'a>) -> Self {
        let found = Proposals {
            problem: request.problem.clone(),
            proposals: Vec::new(),
            rejected: Vec::new(),
            nearest: None,
            attempts: 0,
            rejoined: Vec::new(),
        };
        Self { request, seen: request.state.tried.clone(), found }
    }

    /// Whether more proposals are wanted and to be had.
    pub(super) fn wants_more(&self) -> bool {
        self.found.proposals.len() < self.request.count && self.found.attempts < self.most_attempts()
    }

    /// The number of the attempt that comes next; counts it.
    pub(super) fn attempt(&mut self) -> usize {
        self.found.attempts += 1;
        self.found.attempts - 1
    }

    /// Takes a canonical network of the space, or says why not.
    pub(super) fn offer(&mut self, architecture: Architecture, origin: Origin) -> Offer {
        match self.admit(architecture, origin) {
            Ok(proposal) => {
                self.found.proposals.push(proposal);
                Offer::Taken
            }
            Err(offer) => offer,
        }
    }

    /// Takes one that was admitted.
    pub(super) fn take(&mut self, proposal: Proposal) {
        self.found.proposals.push(proposal);
    }

    /// A canonical network of the space as a proposal, if it is new and not rejected; from now on it is not new.
    pub(super) fn admit(&mut self, architecture: Architecture, origin: Origin) -> Result<Proposal, Offer> {
        let digest = architecture.digest();
        if self.seen.contains(&digest) {
            return Err(Offer::Known);
        }
        let Some(costs) = self.request.space.costs(&architecture) else {
            return Err(Offer::Known);
        };
        let rejecting = self.request.rejecting.iter().filter(|constraint| constraint.rejects(&costs));
        if let Some(excess) = rejecting.filter_map(|constraint| constraint.excess(&costs)).reduce(f64::max) {
            if self.found.nearest.as_ref().is_none_or(|nearest| excess < nearest.excess) {
                self.found.nearest = Some(Rejection { architecture, costs, excess });
            }
            return Err(Offer::Rejected);
        }
        self.seen.insert(digest);
        Ok(Proposal { architecture, costs, origin })
    }

    /// How many proposals there are.
    pub(super) fn found(&self) -> usize {
        self.found.proposals.len()
    }

    /// Whether half of all attempts are spent: time for something else than the strategy's own way.
    pub(super) fn is_stuck(&self) -> bool {
        2 * self.found.attempts > self.most_attempts()
    }

    fn most_attempts(&self) -> usize {
        (ATTEMPTS * self.request.count).max(LEAST_ATTEMPTS)
    }

    pub(super) fn rejoin(&mut self, trial: usize) {
        self.found.rejoined.push(trial);
    }

    pub(super) fn remember_rejected(&mut self, lane: Lane) {
        self.found.rejected.push(lane);
    }

    pub(super) fn rejected(&self) -> usize {
        self.found.rejected.len()
    }

    pub(super) fn finish(mut self) -> Proposals {
        if !self.found.proposals.is_empty() {
            self.found.nearest = None;
        }
        self.found
    }
}
