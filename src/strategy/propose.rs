//! Proposals: networks that are legal, distinct, not yet tried in this stage and not rejected by a constraint.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Problem, State, Strategy, epnas, random};
use crate::arch::{Architecture, Cost, Network};
use crate::digest::Digest;
use crate::engine::Policy;
use crate::objective::Constraint;
use crate::seed::Seed;
use crate::space::edit::Answer;

/// One edit of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The network that was edited.
    pub network: Architecture,
    pub answers: Vec<Answer>,
}

/// The edits that led to a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    pub edits: Vec<Edit>,
}

/// A network that may be worth training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Canonical.
    pub architecture: Architecture,
    pub cost: Cost,
    /// Where it comes from, for strategies that edit.
    pub lane: Option<Lane>,
}

/// What a sample task gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    pub problem: Problem,
    pub proposals: Vec<Proposal>,
    /// Lanes whose network a constraint rejected, as far as the policy learns from them.
    pub rejected: Vec<Lane>,
    /// How many networks were drawn to find these.
    pub attempts: usize,
}

/// What is asked of a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub problem: &'a Problem,
    /// Constraints that keep a network out of training.
    pub rejecting: &'a [Constraint],
    pub state: &'a State,
    /// How many proposals; fewer come back when the space runs dry.
    pub count: usize,
    pub seed: Seed,
}

/// How many networks are drawn for each proposal asked for before the space counts as dry.
const ATTEMPTS: usize = 200;

/// Draws proposals.
pub fn propose(strategy: &Strategy, request: &Request<'_>, policy: Option<&mut dyn Policy>) -> Proposals {
    match (strategy, policy) {
        (Strategy::Epnas(parameters), Some(policy)) => epnas::propose(parameters, request, policy),
        _ => random::propose(request),
    }
}

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
    pub fn new(request: &'a Request<'a>) -> Self {
        let found = Proposals { problem: request.problem.clone(), proposals: Vec::new(), rejected: Vec::new(), attempts: 0 };
        Self { request, seen: request.state.tried.clone(), found }
    }

    /// Whether more proposals are wanted and to be had.
    pub fn wants_more(&self) -> bool {
        self.found.proposals.len() < self.request.count && self.found.attempts < ATTEMPTS * self.request.count
    }

    /// The number of the attempt that comes next; counts it.
    pub fn attempt(&mut self) -> usize {
        self.found.attempts += 1;
        self.found.attempts - 1
    }

    /// Takes a canonical network of the space, or says why not.
    pub fn offer(&mut self, architecture: Architecture, lane: Option<Lane>) -> Offer {
        let digest = architecture.digest();
        if self.seen.contains(&digest) {
            return Offer::Known;
        }
        let limits = self.request.problem.limits;
        let Ok(network) = Network::new(&architecture, limits.image, limits.classes) else {
            return Offer::Known;
        };
        let cost = Cost::of(&network);
        if self.request.rejecting.iter().any(|constraint| constraint.rejects(&cost)) {
            return Offer::Rejected;
        }
        self.seen.insert(digest);
        self.found.proposals.push(Proposal { architecture, cost, lane });
        Offer::Taken
    }

    pub fn remember_rejected(&mut self, lane: Lane) {
        self.found.rejected.push(lane);
    }

    pub fn rejected(&self) -> usize {
        self.found.rejected.len()
    }

    pub fn finish(self) -> Proposals {
        self.found
    }
}
