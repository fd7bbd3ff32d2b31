//! Plain REINFORCE (Williams 1992), the rival of NAS-Bench-201 (arXiv 2001.00326, §4): one vector of logits for each
//! decision of the space, drawn from independently, with a moving average of the rewards as the baseline.

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::collector::{Collector, Request};
use super::logits::{Credit, Logits};
use super::proposals::{Decided, Origin, Proposals};
use super::round::{EndedRound, RoundResult};
use super::search_strategy::{Learned, SearchStrategy, StrategyError};
use super::state::Memory;
use crate::engine::{Policy, PolicyReport};
use crate::seed::weighted;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReinforceParameters {
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// What the moving average of the rewards keeps of its past at each step, in [0, 1).
    pub baseline_decay: f64,
}

/// Logits and baseline: the memory of REINFORCE.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Controller {
    logits: Logits,
    baseline: Baseline,
}

impl Controller {
    /// One step on the mean over the round of (reward − baseline) × log-probability.
    fn learn(&mut self, parameters: &ReinforceParameters, round: &RoundResult<'_>) {
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

impl SearchStrategy for ReinforceParameters {
    fn word(&self) -> &'static str {
        "reinforce"
    }

    /// Draws from the logits what is new; where they have narrowed down to known networks, uniformly.
    fn propose(&self, request: &Request<'_>, _: Option<&mut dyn Policy>) -> Result<Proposals, StrategyError> {
        let mut collector = Collector::new(request);
        let uniform = Logits::default();
        let controller: Controller = request.state.memory.read()?;
        while collector.wants_more() {
            let logits = if collector.is_stuck() { &uniform } else { &controller.logits };
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
        Ok(collector.finish())
    }

    fn learn(&self, round: &EndedRound<'_>, _: Option<&mut dyn Policy>) -> Result<Learned, StrategyError> {
        let mut controller: Controller = round.before.memory.read()?;
        controller.learn(self, &round.result);
        let report = PolicyReport { entropy: controller.logits.entropy(|_| 0.0), value_error: None };
        Ok(Learned { memory: Memory::of(&controller), policy: Some(report) })
    }
}
