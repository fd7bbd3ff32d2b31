//! A policy over edits without a network: logits for every kind of question in every context, learnt by REINFORCE.
//! Where to edit is uniformly random, what to put there is learnt. It needs no tensors and answers in microseconds.

use serde::{Deserialize, Serialize};

use super::logits::{Credit, Logits};
use crate::engine::{Lesson, Policy, PolicyParameters, PolicyReport};
use crate::space::{HeadKind, Question, Sketch, Vocabulary};

/// Which policy edits networks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Editor {
    /// An LSTM over the present network with a head for every kind of question. Needs tensors.
    Lstm(PolicyParameters),
    /// Logits for every kind of question; uniform at a learning rate of 0.
    Logits { learning_rate: f64 },
}

/// Initial logit of keeping a feature, so that an edit tends to change one thing.
const KEEP: f64 = 1.5;

#[derive(Debug)]
pub struct EditPolicy {
    heads: Vec<HeadKind>,
    rate: f64,
    logits: Logits,
}

impl EditPolicy {
    /// A fresh policy, or the one that [`Policy::save`] wrote; with a rate of 0 it stays uniform.
    pub fn new(vocabulary: &Vocabulary, rate: f64, saved: Option<&[u8]>) -> Result<Self, String> {
        let logits = saved.map_or_else(|| Ok(Logits::default()), serde_json::from_slice).map_err(|error| error.to_string())?;
        Ok(Self { heads: vocabulary.heads.clone(), rate, logits })
    }

    fn first(&self, head: usize) -> f64 {
        if matches!(self.heads[head], HeadKind::Choice { keep: true, .. }) { KEEP } else { 0.0 }
    }

    fn is_pointer(&self, question: &Question) -> bool {
        matches!(self.heads[question.head], HeadKind::Pointer { .. })
    }

    /// The same bias for a name that [`name`] made.
    fn first_of(&self, name: &str) -> f64 {
        name.split('/').next().and_then(|head| head.parse().ok()).map_or(0.0, |head| self.first(head))
    }
}

fn name(question: &Question) -> String {
    match question.context {
        Some(context) => format!("{}/{context}", question.head),
        None => question.head.to_string(),
    }
}

impl Policy for EditPolicy {
    fn probabilities(&mut self, _: &Sketch, question: &Question) -> Vec<f64> {
        if self.is_pointer(question) {
            return Logits::default().probabilities("", &question.legal, 0.0);
        }
        self.logits.probabilities(&name(question), &question.legal, self.first(question.head))
    }

    /// It values all networks alike: its baseline is the centre of the rewards.
    fn values(&mut self, networks: &[Sketch]) -> Vec<f64> {
        vec![0.0; networks.len()]
    }

    fn learn(&mut self, lesson: &Lesson) -> PolicyReport {
        let count = lesson.episodes.len() as f64;
        let mut credits = Vec::new();
        for episode in &lesson.episodes {
            for answer in episode.steps.iter().flat_map(|step| &step.answers) {
                let question = &answer.question;
                if !self.is_pointer(question) && question.forced().is_none() {
                    let (name, legal) = (name(question), question.legal.clone());
                    credits.push(Credit { name, legal, choice: answer.choice, advantage: episode.advantage / count });
                }
            }
        }
        if self.rate > 0.0 && !credits.is_empty() {
            let mut logits = std::mem::take(&mut self.logits);
            logits.learn(&credits, |name| self.first_of(name), self.rate);
            self.logits = logits;
        }
        PolicyReport { entropy: self.logits.entropy(|name| self.first_of(name)), value_error: None }
    }

    fn save(&self) -> Vec<u8> {
        serde_json::to_vec(&self.logits).expect("plain data always serialises")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Episode, Step};
    use crate::seed::Seed;
    use crate::space::Answer;

    fn question(head: usize) -> Question {
        Question { head, token: None, context: Some(1), legal: vec![true, false, true, true] }
    }

    #[test]
    fn it_learns_what_and_not_where_and_goes_on_as_saved() {
        let choice = |keep| HeadKind::Choice { options: 4, keep };
        let heads = vec![HeadKind::Pointer { none: false }, choice(false), choice(true)];
        let vocabulary = Vocabulary { heads, features: vec![], contexts: 2, tokens: 4, numbers: 0 };
        let sketch = Sketch { tokens: vec![], globals: [0.0; Sketch::GLOBALS], numbers: vec![] };
        let mut policy = EditPolicy::new(&vocabulary, 0.05, None).expect("fresh");
        assert!(policy.probabilities(&sketch, &question(2))[0] > 0.6, "keeping is likely at first");
        assert_eq!(policy.values(&[sketch.clone(), sketch.clone()]), [0.0, 0.0], "the centre of the rewards");
        let answers = |choice| (0..3).map(|head| Answer { question: question(head), choice }).collect();
        let episode = |choice, advantage| Episode { steps: vec![Step { network: sketch.clone(), answers: answers(choice) }], advantage };
        let lesson = Lesson { episodes: vec![episode(3, 1.0), episode(2, -1.0)], observations: vec![], seed: Seed::root(0) };
        let first = policy.learn(&lesson).entropy;
        let last = (0..60).map(|_| policy.learn(&lesson).entropy).last().expect("sixty lessons");
        assert!(last < first);
        assert_eq!(policy.probabilities(&sketch, &question(0)), [1.0 / 3.0, 0.0, 1.0 / 3.0, 1.0 / 3.0]);
        for head in 1..3 {
            assert!(policy.probabilities(&sketch, &question(head))[3] > 0.6);
        }
        let mut again = EditPolicy::new(&vocabulary, 0.05, Some(&policy.save())).expect("as saved");
        assert_eq!(again.learn(&lesson), policy.learn(&lesson));
        assert_eq!(again.save(), policy.save());
    }
}
