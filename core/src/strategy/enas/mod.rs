//! ENAS (Pham et al. 2018, arXiv 1802.03268): a controller learns from what networks reach with weights that all share.
//!
//! A round trains the shared weights, each step along a network that the controller draws; then the controller, by REINFORCE
//! on the rewards that its networks reach with these weights. It then proposes networks. Those that reach the most with
//! shared weights are trained separately, and the search goes by that.
//!
//! # What is the authors'
//!
//! The defaults are those of their code (github.com/melodyguan/enas, its search of cells for CIFAR-10), as far as they are not
//! named below: an LSTM of width 64 whose logits are bounded by a hyperbolic tangent times 1.1; Adam without momentum at 0.0035;
//! 30 steps a round on 10 networks each; a moving average that keeps 0.99 as the baseline; the entropy of the decisions, times
//! 0.0001, as a part of the reward; one pass over the training split a round, at a learning rate from 0.05 along a cosine, with a
//! weight decay of 0.0001, and gradients cut to a norm of 5.
//!
//! # What is not
//!
//! * *Rewards.* Theirs is the accuracy on one minibatch of the validation split, another one for each network, normalised by
//!   the statistics of that minibatch. Where networks differ by a point, a minibatch of 160 images has a deviation of two. Here
//!   all networks see the same validation images, `reward_images`, and mean and variance of their normalisations are taken
//!   anew from `statistics` training images. What is trained separately is chosen by the whole validation split.
//! * *The answer.* Theirs is the best of ten networks by one minibatch each. Here networks that were trained separately are
//!   compared.
//! * *Warm-up.* Theirs draws networks with the controller from the first step on, over 150 passes. Here `warm_up` passes come
//!   first, along uniformly drawn networks, for a search here has few rounds: weights that have seen less do not rank networks.
//! * *The controller.* Theirs divides the bound of the logits of operations by 2.5 more, and its Adam has an ε of 0.001, so that
//!   it moves little. Here all logits have one bound, and ε is 1e-8: searches here have few rounds in which to learn.
//! * *Restarts.* Their cosine restarts after 10, 20, 40 … passes; here with every round.
//! * *Inputs* are decided by a softmax over the places of a cell, theirs by attention over its blocks. Both branches have heads
//!   of their own. Their bias towards separable convolutions is a prior of one space, and is left out.
//! * *One cell* serves as normal and as reduction cell, as everywhere here; theirs are two. No second classifier, no path
//!   dropout while weights are shared.
//! * *Weights* are named by the level of a block in its cell, theirs by its number: see `arch/places.rs`.
//! * Weights that a step does not use stay as they are; in their code momentum and decay move them too.

mod controller;

use serde::{Deserialize, Serialize};

use super::collector::{Collector, Request};
use super::proposals::{Origin, Proposals};
use super::search_strategy::{SearchStrategy, StrategyError};
use super::selection::{Chosen, ChosenBy, Pick, Selection};
use crate::engine::{Policy, PolicyParameters};

use controller::again;
pub use controller::{Controller, Decisions, Drawn};

/// Settings of ENAS.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnasParameters {
    /// Share of the training split that the shared weights learn from in a round, in (0, 1].
    pub examples: f64,
    /// Passes over the training split along uniformly drawn networks before the first round.
    pub warm_up: usize,
    /// Sets of shared weights, from different seeds; a reward is of the mean over them.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub chains: usize,
    /// Peak learning rate of the shared weights.
    pub learning_rate: f64,
    /// Steps of REINFORCE in a round, and networks drawn for each.
    pub steps: usize,
    pub samples: usize,
    /// The controller.
    pub policy: PolicyParameters,
    /// Weight of the entropy of all decisions of a network, in nats, in its reward.
    pub entropy: f64,
    /// What the moving average of the rewards keeps of its past at each network, in [0, 1).
    pub baseline_decay: f64,
    /// Training images from which a network with shared weights takes the statistics of its normalisations; 0: each batch
    /// has its own.
    pub statistics: usize,
    /// Validation images that the rewards of the controller are of; 0: all.
    pub reward_images: usize,
}

const fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_one(chains: &usize) -> bool {
    *chains == 1
}

impl SearchStrategy for EnasParameters {
    fn word(&self) -> &'static str {
        "enas"
    }

    fn decider(&self) -> Option<&PolicyParameters> {
        Some(&self.policy)
    }

    /// Draws from the controller what is new; where it has narrowed down to known networks, uniformly.
    fn propose(&self, request: &Request<'_>, mut policy: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let mut collector = Collector::new(request);
        let decisions = Decisions::of(request.space);
        while collector.wants_more() {
            let mut stream = request.seed.nth(collector.attempt()).stream();
            let policy = if collector.is_stuck() { None } else { again(&mut policy) };
            let drawn = decisions.draw(policy, &mut stream);
            if request.space.contains(&drawn.architecture).is_ok() {
                collector.offer(drawn.architecture, Origin::Decided(drawn.decided));
            }
        }
        Ok(collector.finish())
    }

    /// Those with the largest rewards by shared weights; ties in the order in which they were drawn.
    fn select(&self, pick: &Pick<'_>, _: Option<&mut dyn Policy>) -> Result<Selection, StrategyError> {
        let Some(rewards) = pick.probed else { return Ok(Selection::in_order(pick)) };
        let mut order: Vec<usize> = (0..rewards.len()).collect();
        order.sort_by(|&a, &b| rewards[b].total_cmp(&rewards[a]));
        let best = order.into_iter().take(pick.count);
        let chosen = best.map(|proposal| Chosen { proposal, by: ChosenBy::Prediction, predicted: Some(rewards[proposal]) }).collect();
        Ok(Selection { chosen, predicted: Some(rewards.to_vec()), gated: None, shared_weights: None, scores: pick.scores.clone() })
    }
}
