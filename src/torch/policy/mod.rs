//! The policy that edits networks, and its predictor of rewards: one network, two optimisers.
//!
//! Both share embeddings and LSTM. REINFORCE takes one step for each lesson; the value head takes many, for its
//! observations stay true while the episodes of an old policy do not.

mod batch;
mod learn;
mod network;
mod parameters;

use self::batch::Batch;
use self::network::{Encoded, Views};
use self::parameters::Parts;
use crate::torch::flat::host;
use epnas::engine::{Lesson, Policy, PolicyParameters, PolicyReport, TaskFailure};
use epnas::seed::Seed;
use epnas::space::{Question, Sketch, Vocabulary};

/// A policy on the processor.
#[derive(Debug)]
pub struct TorchPolicy {
    parameters: PolicyParameters,
    parts: Parts,
    /// Views for use without gradients; they see every change of the weights.
    views: Views,
    /// The network asked about last: a lane asks several questions about one.
    last: Option<(Sketch, Encoded)>,
}

impl TorchPolicy {
    pub fn new(vocabulary: &Vocabulary, parameters: &PolicyParameters, seed: Seed, saved: Option<&[u8]>) -> Result<Self, TaskFailure> {
        let mut parts = Parts::new(vocabulary, parameters, seed);
        if let Some(saved) = saved {
            parts.load(saved)?;
        }
        let views = tch::no_grad(|| Views::new(&parts));
        Ok(Self { parameters: *parameters, parts, views, last: None })
    }
}

impl Policy for TorchPolicy {
    fn probabilities(&mut self, network: &Sketch, question: &Question) -> Vec<f64> {
        let _guard = tch::no_grad_guard();
        let known = self.last.take().filter(|(sketch, _)| sketch == network);
        let (sketch, encoded) = known.unwrap_or_else(|| (network.clone(), self.views.encode(&Batch::new(self.parts.tables, &[network]))));
        let probabilities = self.views.log_probabilities(question.head, &encoded, &[(0, question)]).exp().view(-1);
        self.last = Some((sketch, encoded));
        let mut all = vec![0.0; probabilities.numel()];
        let columns = all.len();
        probabilities.copy_data(&mut all, columns);
        (0..question.legal.len()).map(|option| all[self.views.column(question, option, columns)]).collect()
    }

    fn values(&mut self, networks: &[Sketch]) -> Vec<f64> {
        let _guard = tch::no_grad_guard();
        let predict = |networks: &[Sketch]| {
            let batch = Batch::new(self.parts.tables, &networks.iter().collect::<Vec<_>>());
            host(&self.views.value(&self.views.encode(&batch))).into_iter().map(f64::from).collect::<Vec<_>>()
        };
        networks.chunks(256).flat_map(predict).collect()
    }

    fn learn(&mut self, lesson: &Lesson) -> PolicyReport {
        self.last = None;
        let entropy = learn::reinforce(&mut self.parts, &self.parameters, &lesson.episodes);
        let value_error = learn::regress(&mut self.parts, &self.parameters, &lesson.observations, lesson.seed);
        PolicyReport { entropy, value_error }
    }

    fn save(&self) -> Vec<u8> {
        self.parts.save()
    }
}

#[cfg(test)]
mod tests;
