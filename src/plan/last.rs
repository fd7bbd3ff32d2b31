//! The tasks behind the last stage: the best networks are trained at length, and the best of them is tested.

use super::{Builder, Trainings};
use crate::task::{CostBasis, Port, Sample, SampleSource, Task};

impl Builder<'_> {
    pub(super) fn last(&mut self) {
        let stage = self.spec.stages.len();
        let count = self.spec.finalists();
        let recipe = self.spec.last.recipe;
        let from = if stage == 0 { SampleSource::Start { networks: self.spec.start_at_length() } } else { SampleSource::BestFeasible };
        let sample = Sample { problem: self.problem(stage), from, count, besides: Vec::new() };
        let source = self.sample(stage, 0, sample, self.state);
        for (number, reward) in (1..).zip(std::mem::take(&mut self.references)) {
            self.bind_optional(reward, Port::Measured, source, Port::MeasuredOf(number));
        }
        let retrained = self.train_and_reward(&Trainings { stage, round: 0, source, count, learned: 0, nursery: None, heirs: 0 });
        let data = self.data.last;
        let task = match self.setting() {
            CostBasis::Images { shape, classes } | CostBasis::Cells { shape, classes, .. } => {
                Task::Final { shape, classes, recipe, test: data }
            }
            CostBasis::Table { .. } => Task::FinalRow { table: data },
        };
        let gives_weights = matches!(task, Task::Final { .. });
        let last = self.add(stage, 0, None, task);
        // Without a network to retrain there is nothing to test.
        self.bind(source, Port::Chosen(1), last, Port::Chosen(1));
        for (number, (trainings, reward)) in (1..).zip(retrained) {
            self.bind_optional(reward, Port::Measured, last, Port::MeasuredOf(number));
            if gives_weights {
                for (replicate, train) in (1..).zip(trainings) {
                    self.bind_optional(train, Port::Weights, last, Port::WeightsOf { number, replicate });
                }
            }
        }
    }
}
