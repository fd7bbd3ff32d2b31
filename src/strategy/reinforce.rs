//! Plain REINFORCE (Williams 1992), the rival of NAS-Bench-201 (arXiv 2001.00326, §4): one vector of logits for each
//! decision of the space, drawn from independently, with a moving average of the rewards as the baseline.

use serde::{Deserialize, Serialize};

use super::logits::{Credit, Logits};
use super::propose::{Collector, Decided, Origin, Proposals, Request};
use super::state::RoundResult;
use crate::seed::weighted;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReinforceParameters {
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// What the moving average of the rewards keeps of its past at each step, in [0, 1).
    pub baseline_decay: f64,
}

/// What is learnt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learnt {
    logits: Logits,
    baseline: Baseline,
}

/// A moving average that starts with nothing: the first rewards count as much as they are many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    sum: f64,
    weight: f64,
}

impl Baseline {
    /// Of a reward over the average before it; 0 for the first. Then takes it in.
    fn advantage(&mut self, reward: f64, decay: f64) -> f64 {
        let advantage = if self.weight > 0.0 { reward - self.sum / self.weight } else { 0.0 };
        self.sum = decay * self.sum + (1.0 - decay) * reward;
        self.weight = decay * self.weight + (1.0 - decay);
        advantage
    }
}

impl Learnt {
    /// Mean entropy of the decisions as a share of that of uniform ones; `None` before anything is learnt.
    pub fn entropy(&self) -> Option<f64> {
        self.logits.entropy(|_| 0.0)
    }

    /// One step on the mean over the round of (reward − baseline) × log-probability.
    pub fn learn(&mut self, parameters: &ReinforceParameters, round: &RoundResult<'_>) {
        let mut episodes: Vec<(&[Decided], f64)> = Vec::new();
        for (chosen, measured) in round.selection.chosen.iter().zip(round.measured) {
            if let (Origin::Decided(decided), Some(measured)) = (&round.proposals.proposals[chosen.proposal].origin, measured) {
                episodes.push((decided, self.baseline.advantage(measured.reward.value, parameters.baseline_decay)));
            }
        }
        let count = episodes.len() as f64;
        let credit = |decided: &Decided, advantage: f64| Credit {
            name: decided.decision.clone(),
            legal: vec![true; decided.options],
            choice: decided.choice,
            advantage: advantage / count,
        };
        let credits: Vec<Credit> =
            episodes.iter().flat_map(|(decided, advantage)| decided.iter().map(|decided| credit(decided, *advantage))).collect();
        self.logits.learn(&credits, |_| 0.0, parameters.learning_rate);
    }
}

/// Draws from the logits what is new; where they have narrowed down to known networks, uniformly.
pub(super) fn propose(request: &Request<'_>) -> Proposals {
    let mut collector = Collector::new(request);
    let untaught = Logits::default();
    let learnt = request.state.learnt.as_ref().map_or(&untaught, |learnt| &learnt.logits);
    while collector.wants_more() {
        let logits = if collector.is_stuck() { &untaught } else { learnt };
        let mut stream = request.seed.nth(collector.attempt()).stream();
        let (mut made, mut decided) = (Vec::new(), Vec::new());
        let architecture = loop {
            match request.space.decide(&made) {
                Ok(architecture) => break architecture.canonical(),
                Err(decision) => {
                    let probabilities = logits.probabilities(&decision.name, &vec![true; decision.options], 0.0);
                    let choice = weighted(&mut stream, &probabilities).unwrap_or(0);
                    made.push(choice);
                    decided.push(Decided { decision: decision.name, options: decision.options, choice });
                }
            }
        };
        if request.space.contains(&architecture).is_ok() {
            collector.offer(architecture, Origin::Decided(decided));
        }
    }
    collector.finish()
}
