//! What the tasks that steer a search have in common: the search space, opened, and the policy of the strategy.

use super::{DataStore, Engines, Inputs, Port, unreadable, with_tensors};
use crate::engine::{Policy, TaskFailure};
use crate::seed::Seed;
use crate::space::{Problem, SearchSpace};
use crate::strategy::{Carried, Decisions, EditPolicy, Editor, Strategy};

/// What steering tasks share.
pub(super) struct Steering<'a> {
    pub problem: &'a Problem,
    pub strategy: &'a Strategy,
    pub seed: Seed,
}

impl Steering<'_> {
    /// The policy that networks are proposed by, of a strategy that has one: as saved, or fresh before the first update.
    pub(super) fn policy(
        &self,
        space: &SearchSpace<'_>,
        inputs: &Inputs,
        engines: Option<Engines<'_>>,
    ) -> Result<Option<Box<dyn Policy>>, TaskFailure> {
        let Some(parameters) = self.strategy.decider() else { return self.edit_policy(space, inputs, engines) };
        let saved = inputs.optional(Port::Carried(Carried::Policy));
        with_tensors(engines)?.policies.policy(&Decisions::of(*space).vocabulary(), parameters, self.seed, saved).map(Some)
    }

    /// The policy over edits.
    pub(super) fn edit_policy(
        &self,
        space: &SearchSpace<'_>,
        inputs: &Inputs,
        engines: Option<Engines<'_>>,
    ) -> Result<Option<Box<dyn Policy>>, TaskFailure> {
        let saved = inputs.optional(Port::Carried(Carried::Policy));
        match self.strategy.editor() {
            None => Ok(None),
            Some(Editor::Lstm(parameters)) => {
                with_tensors(engines)?.policies.policy(&space.vocabulary(), parameters, self.seed, saved).map(Some)
            }
            Some(Editor::Logits { learning_rate }) => {
                let policy = EditPolicy::new(&space.vocabulary(), *learning_rate, saved)
                    .map_err(|error| unreadable(format!("its input `policy` is not what was expected: {error}")))?;
                Ok(Some(Box::new(policy)))
            }
        }
    }
}

pub(super) fn open<'a>(problem: &'a Problem, data: &'a mut dyn DataStore) -> Result<SearchSpace<'a>, TaskFailure> {
    let table = match problem {
        Problem::Table { table } => Some(data.table(*table)?),
        Problem::Layers { .. } | Problem::Cells { .. } => None,
    };
    problem.open(table).ok_or_else(|| unreadable("the table is not the one the task was planned with".to_owned()))
}

pub(super) fn as_policy(policy: &mut Option<Box<dyn Policy>>) -> Option<&mut dyn Policy> {
    match policy {
        Some(policy) => Some(policy.as_mut()),
        None => None,
    }
}
