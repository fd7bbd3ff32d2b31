//! The tasks that hand weights down from network to network, in stages whose trainings begin with those of a parent.

use petgraph::graph::NodeIndex;

use super::{Builder, Trained, Trainings};
use crate::spec::Subject;
use crate::strategy::Carried;
use crate::task::{Port, Task};

impl Builder<'_> {
    /// The task that kept weights after an update, for a stage whose images have the same size: the nodes of a network may be
    /// others at another size.
    pub(super) fn nursery_after(&self, update: Option<NodeIndex>, stage: usize) -> Option<NodeIndex> {
        let size = |stage: usize| self.spec.stages.get(stage).and_then(|stage| stage.size);
        self.nurseries.get(&update?).copied().filter(|keep| size(self.graph[*keep].stage) == size(stage))
    }

    /// Whether a later training may begin with the weights of this stage.
    pub(super) fn hands_down(&self, stage: usize) -> bool {
        self.spec.stages.iter().skip(stage).any(|stage| stage.inherits)
    }

    /// Finds a parent for a network of a round.
    pub(super) fn inherit(&mut self, round: &Trainings, number: usize, (from, candidate): (NodeIndex, Port)) -> Option<NodeIndex> {
        let stage = self.spec.stages.get(round.stage).filter(|stage| stage.inherits)?;
        let nursery = round.nursery.filter(|_| number <= round.heirs)?;
        let Subject::Images { dataset, .. } = &self.spec.subject else { return None };
        let task = Task::Inherit { shape: dataset.described.shape.at_size(stage.size), classes: dataset.described.classes };
        let inherit = self.add(round.stage, round.round, Some((number, 1)), task);
        self.bind(from, candidate, inherit, Port::Candidate);
        self.bind_optional(nursery, Port::Nursery, inherit, Port::Nursery);
        Some(inherit)
    }

    /// Keeps the weights of the best networks after an update.
    pub(super) fn keep_weights(&mut self, round: &Trainings, trained: &[Trained], update: NodeIndex) {
        if !self.hands_down(round.stage) {
            return;
        }
        let passes = self.spec.stages[round.stage].recipe.passes();
        let keep = self.add(round.stage, round.round, None, Task::Keep { passes, count: round.learned });
        self.bind(update, Port::Carried(Carried::State), keep, Port::Carried(Carried::State));
        if let Some(before) = self.nursery_after(self.state, round.stage) {
            self.bind_optional(before, Port::Nursery, keep, Port::Nursery);
        }
        for (number, (trainings, reward)) in (1..).zip(trained.iter().take(round.learned)) {
            self.bind_optional(*reward, Port::Measured, keep, Port::MeasuredOf(number));
            if let Some(&first) = trainings.first() {
                self.bind_optional(first, Port::Weights, keep, Port::WeightsOf { number, replicate: 1 });
            }
        }
        self.nurseries.insert(update, keep);
    }
}
