//! The controller: a policy that decides a network from nothing, one decision after another, each of them with those before
//! in view. It asks a [`Policy`] in the words of its edits: the decisions that were made are the tokens of a sketch, and the
//! next one is a question about them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EnasParameters;
use crate::arch::Architecture;
use crate::engine::{Episode, Lesson, Policy, Step};
use crate::seed::{Seed, Stream, weighted};
use crate::space::{Answer, HeadKind, Question, SearchSpace, Sketch, Vocabulary};
use crate::strategy::baseline::Baseline;
use crate::strategy::proposals::Decided;

/// So many networks are drawn for one that lies in the space.
const ATTEMPTS: usize = 100;

/// A space as a sequence of decisions, with a head of the policy for each kind of decision: `operation-1` is one kind in all
/// blocks.
#[derive(Debug)]
pub struct Decisions<'a> {
    space: SearchSpace<'a>,
    /// The place of each kind, and its most options.
    kinds: BTreeMap<String, (usize, usize)>,
}

/// A network with how it was decided.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Canonical; of the space only if that says so.
    pub architecture: Architecture,
    pub decided: Vec<Decided>,
    /// The sum over all decisions, in nats.
    pub entropy: f64,
}

/// What a controller remembers beside its weights, and figures of its latest lessons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    pub baseline: Baseline,
    /// Entropy of its latest decisions as a share of that of uniform ones; `None` before the first lesson.
    pub entropy: Option<f64>,
    /// Mean reward of its latest networks, those of one step.
    pub reward: Option<f64>,
}

impl<'a> Decisions<'a> {
    pub fn of(space: SearchSpace<'a>) -> Self {
        let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let (mut option, mut most) = (0, 1);
        // The first decision is on the size: the largest network is asked everything. Whatever else is asked of one option
        // alone is met when every decision is for it.
        while option < most {
            let mut made = Vec::new();
            while let Err(decision) = space.decide(&made) {
                let next = kinds.len();
                let kind = kinds.entry(kind(&decision.name).to_owned()).or_insert((next, 0));
                kind.1 = kind.1.max(decision.options);
                most = most.max(decision.options);
                made.push(if made.is_empty() { decision.options - 1 } else { option.min(decision.options - 1) });
            }
            option += 1;
        }
        Self { space, kinds }
    }

    /// What a policy for these decisions has to know.
    pub fn vocabulary(&self) -> Vocabulary {
        let mut heads = vec![HeadKind::Choice { options: 1, keep: false }; self.kinds.len()];
        for &(head, options) in self.kinds.values() {
            heads[head] = HeadKind::Choice { options, keep: false };
        }
        // A token is a kind and a choice; that of the beginning is neither.
        let features = vec![self.kinds.len() + 1, self.most() + 1];
        Vocabulary { heads, features, contexts: 0, tokens: 0, numbers: 0 }
    }

    fn most(&self) -> usize {
        self.kinds.values().map(|(_, options)| *options).max().unwrap_or(0)
    }

    /// A network by the policy, or by uniform decisions.
    pub fn draw(&self, mut policy: Option<&mut dyn Policy>, stream: &mut Stream) -> Drawn {
        let (mut made, mut decided, mut entropy) = (Vec::new(), Vec::new(), 0.0);
        let mut sketch = beginning();
        loop {
            let decision = match self.space.decide(&made) {
                Ok(architecture) => return Drawn { architecture: architecture.canonical(), decided, entropy },
                Err(decision) => decision,
            };
            let question = self.question(&decision.name, decision.options);
            let probabilities = match policy.as_mut() {
                Some(policy) => policy.probabilities(&sketch, &question),
                None => question.legal.iter().map(|&legal| f64::from(u8::from(legal)) / decision.options as f64).collect(),
            };
            let choice = weighted(stream, &probabilities).unwrap_or(0);
            entropy -= probabilities.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
            sketch.tokens.push(vec![question.head + 1, choice + 1]);
            made.push(choice);
            decided.push(Decided { decision: decision.name, options: decision.options, choice });
        }
    }

    /// A network of the space by the policy, or by uniform decisions where that draws none.
    pub fn path(&self, mut policy: Option<&mut dyn Policy>, seed: Seed) -> Architecture {
        for attempt in 0..ATTEMPTS {
            let drawn = self.draw(again(&mut policy), &mut seed.nth(attempt).stream());
            if self.space.contains(&drawn.architecture).is_ok() {
                return drawn.architecture;
            }
        }
        self.space.draw(&mut seed.stream())
    }

    fn question(&self, decision: &str, options: usize) -> Question {
        let (head, most) = self.kinds.get(kind(decision)).copied().unwrap_or_default();
        Question { head, token: None, context: None, legal: (0..most.max(options)).map(|option| option < options).collect() }
    }

    /// Every decision with those before it.
    fn steps(&self, decided: &[Decided]) -> Vec<Step> {
        let mut sketch = beginning();
        let step = |made: &Decided| {
            let question = self.question(&made.decision, made.options);
            let (before, head) = (sketch.clone(), question.head);
            sketch.tokens.push(vec![head + 1, made.choice + 1]);
            Step { network: before, answers: vec![Answer { question, choice: made.choice }] }
        };
        decided.iter().map(step).collect()
    }
}

/// The same policy, to be handed over once more.
pub(super) fn again<'a>(policy: &'a mut Option<&mut dyn Policy>) -> Option<&'a mut dyn Policy> {
    match policy {
        Some(policy) => Some(&mut **policy),
        None => None,
    }
}

/// The sketch of no decisions.
fn beginning() -> Sketch {
    Sketch { tokens: vec![vec![0, 0]], globals: [0.0; Sketch::GLOBALS], numbers: Vec::new() }
}

/// What a decision is, wherever it is made.
fn kind(decision: &str) -> &str {
    decision.rsplit_once('/').map_or(decision, |(_, kind)| kind)
}

impl Controller {
    /// One step of REINFORCE on networks with the rewards that they reached.
    pub fn learn(
        &mut self,
        parameters: &EnasParameters,
        decisions: &Decisions<'_>,
        networks: &[(Drawn, f64)],
        (policy, seed): (&mut dyn Policy, Seed),
    ) {
        let mut episode = |(drawn, reward): &(Drawn, f64)| {
            let reward = reward + parameters.entropy * drawn.entropy;
            let advantage = self.baseline.advantage(reward, parameters.baseline_decay);
            Episode { steps: decisions.steps(&drawn.decided), advantage }
        };
        let episodes = networks.iter().map(&mut episode).collect();
        self.entropy = policy.learn(&Lesson { episodes, observations: Vec::new(), seed }).entropy;
        self.reward = crate::statistics::mean(&networks.iter().map(|(_, reward)| *reward).collect::<Vec<_>>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::EditPolicy;
    use crate::strategy::examples::{ENAS, with_spaces};

    #[test]
    fn every_decision_of_every_space_has_a_head_with_room_for_it() {
        with_spaces(|name, _, space, _| {
            let decisions = Decisions::of(space);
            let vocabulary = decisions.vocabulary();
            for number in 0..200 {
                let drawn = decisions.draw(None, &mut Seed::root(1).nth(number).stream());
                for step in decisions.steps(&drawn.decided) {
                    let Answer { question, choice } = &step.answers[0];
                    let HeadKind::Choice { options, .. } = vocabulary.heads[question.head] else { panic!("no pointers") };
                    assert!(question.legal.len() == options && question.legal[*choice], "{name}");
                    let fits = |token: &Vec<usize>| token.iter().zip(&vocabulary.features).all(|(value, size)| value < size);
                    assert!(step.network.tokens.iter().all(fits), "{name}");
                }
                let made: Vec<usize> = drawn.decided.iter().map(|decided| decided.choice).collect();
                assert_eq!(space.decide(&made).map(|network| network.canonical()), Ok(drawn.architecture), "{name}");
            }
        });
    }

    const SAMPLES: usize = 8;

    #[test]
    fn what_is_rewarded_is_drawn_more_often() {
        with_spaces(|name, _, space, _| {
            let decisions = Decisions::of(space);
            let mut policy = EditPolicy::new(&decisions.vocabulary(), 0.1, None).expect("fresh");
            let mut controller = Controller::default();
            let first = |drawn: &Drawn| f64::from(u8::from(drawn.decided.last().is_some_and(|last| last.choice == 0)));
            let mut share = |round: usize, teach: bool| -> f64 {
                let seed = Seed::root(2).nth(round);
                let networks: Vec<(Drawn, f64)> = (0..SAMPLES)
                    .map(|number| {
                        let drawn = decisions.draw(Some(&mut policy), &mut seed.nth(number).stream());
                        (drawn.clone(), first(&drawn))
                    })
                    .collect();
                if teach {
                    controller.learn(&ENAS, &decisions, &networks, (&mut policy, seed));
                }
                networks.iter().map(|(_, reward)| reward).sum::<f64>() / SAMPLES as f64
            };
            let before = (0..20).map(|round| share(round, false)).sum::<f64>() / 20.0;
            let _: f64 = (100..180).map(|round| share(round, true)).sum();
            let after = (0..20).map(|round| share(round, false)).sum::<f64>() / 20.0;
            assert!(after > before + 0.1, "{name}: {before} before, {after} after");
            assert!(controller.reward.is_some() && controller.baseline.value() > before, "{name}");
        });
    }
}
