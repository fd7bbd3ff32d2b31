//! What a run came to: why it found nothing, and what is doubtful about what it found.

use std::collections::BTreeMap;

use super::row::{Row, Tasks};
use crate::engine::FailureKind;
use crate::event::{Ending, Outcome};
use crate::spec::{ResolvedSpec, Subject};
use crate::strategy::{Rejection, Selection};
use crate::task::{Task, TaskKind};

/// Trainings that failed by their failure kind, and how many of them in earlier runs.
pub(super) fn failures(tasks: &Tasks<'_>) -> (BTreeMap<FailureKind, usize>, usize) {
    let (mut kinds, mut before) = (BTreeMap::new(), 0);
    for (_, result) in tasks.iter().filter(|(planned, _)| planned.task.kind() == TaskKind::Train) {
        if let Outcome::Failed { failure, remembered } = &result.outcome {
            *kinds.entry(failure.kind()).or_default() += 1;
            before += usize::from(*remembered);
        }
    }
    (kinds, before)
}

/// What a run without a final result came to.
pub(super) fn ending(tasks: &Tasks<'_>, rows: &[Row], nearest: Option<&Rejection>) -> Ending {
    let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed { .. });
    let done = |outcome: &Outcome| matches!(outcome, Outcome::Executed | Outcome::Cached);
    let any = |is_last: bool, is: &dyn Fn(&Outcome) -> bool| {
        let trainings = tasks.iter().filter(|(planned, _)| planned.task.kind() == TaskKind::Train && planned.is_last == is_last);
        trainings.into_iter().any(|(_, result)| is(&result.outcome))
    };
    let in_vain = [false, true].into_iter().any(|is_last| any(is_last, &failed) && !any(is_last, &done));
    let was_measured = |row: &Row| row.failed.is_none();
    if in_vain || rows.iter().any(|row| was_measured(row) && row.network.reward.feasible) {
        // One that is feasible and was trained is retrained and tested, unless something fails.
        Ending::Failed
    } else if rows.iter().any(was_measured) {
        Ending::NoneFeasible
    } else if nearest.is_some() || tasks.iter().any(|(planned, result)| planned.task.kind() == TaskKind::Measure && done(&result.outcome)) {
        Ending::AllRejected
    } else if tasks.iter().any(|(_, result)| failed(&result.outcome)) {
        Ending::Failed
    } else {
        Ending::NothingProposed
    }
}

/// Trainings of rounds that were planned and for which nothing was left to choose.
pub(super) fn unproposed(tasks: &Tasks<'_>, selections: &BTreeMap<(usize, usize), Selection>) -> usize {
    let planned = tasks.iter().filter_map(|(planned, _)| match &planned.task {
        Task::Predict { count, .. } => Some((*count, selections.get(&(planned.stage, planned.round))?)),
        _ => None,
    });
    planned.map(|(count, selection)| count.saturating_sub(selection.chosen.len())).sum()
}

/// Standard errors above the accuracy of guessing within which a network may have guessed.
const ERRORS: f64 = 3.0;

/// The accuracy up to which a network may have guessed among `classes`, measured on so many images.
pub(super) fn lucky(classes: usize, images: usize) -> f64 {
    let chance = 1.0 / classes as f64;
    (chance + ERRORS * (chance * (1.0 - chance) / images.max(1) as f64).sqrt()).min(1.0)
}

/// Whether no network that was trained in the search, without one at the end, is better than a guess among its classes.
pub(super) fn at_chance(spec: &ResolvedSpec, rows: &[Row]) -> bool {
    let Subject::Images { dataset, .. } = &spec.subject else { return false };
    let lucky = lucky(dataset.described.classes, dataset.validation);
    let mut trained =
        rows.iter().filter(|row| row.failed.is_none() && (row.stage < spec.stages.len()) != spec.stages.is_empty()).peekable();
    trained.peek().is_some() && trained.all(|row| row.network.validation_accuracy <= lucky)
}

/// Whether no network that `enas` chose was better than a guess with shared weights, which is what `predicted` holds there.
pub(super) fn shared_at_chance(spec: &ResolvedSpec, rows: &[Row]) -> bool {
    let Subject::Images { dataset, .. } = &spec.subject else { return false };
    let lucky = lucky(dataset.described.classes, dataset.validation);
    let mut measured = rows.iter().filter_map(|row| row.predicted).filter(|_| spec.strategy.shares().is_some()).peekable();
    measured.peek().is_some() && measured.all(|accuracy| accuracy <= lucky)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::{Architecture, Costs, Row as TableRow};
    use crate::objective::Reward;
    use crate::strategy::Measured;

    fn row(stage: usize, accuracy: f64, failed: Option<&str>) -> Row {
        let reward = Reward::new(accuracy, &Costs::new(), &[]);
        let architecture = Architecture::Row(TableRow(Vec::new()));
        Row {
            task: String::new(),
            stage,
            round: 1,
            network: Measured {
                architecture,
                costs: Costs::new(),
                validation_accuracy: accuracy,
                accuracies: Vec::new(),
                score: None,
                reward,
                age: None,
            },
            epochs: 1,
            examples: 1.0,
            trainings: 1,
            chosen: None,
            reference: None,
            predicted: None,
            cached: false,
            failed: failed.map(str::to_owned),
            seconds: 0.0,
            environment: BTreeMap::new(),
            on_front: false,
        }
    }

    #[test]
    fn a_search_in_which_every_network_guesses_is_told() {
        let read = |more: &str| {
            let text = format!("name: a\ndataset: {{name: mnist, validation: 1000}}\n{more}");
            crate::spec::read(text.as_bytes()).resolved.expect("a good spec")
        };
        let spec = read("stages: [{rounds: 1, trainings: 2}]\n");
        let guesses = [row(0, 0.098, None), row(0, 0.12, None)];
        assert!(at_chance(&spec, &guesses));
        assert!(!at_chance(&spec, &[row(0, 0.098, None), row(0, 0.14, None)]), "one has learned something");
        assert!(at_chance(&spec, &[row(0, 0.1, None), row(1, 0.9, None)]), "the last training is not the search");
        assert!(!at_chance(&spec, &[row(0, 0.0, Some("diverged"))]), "nothing was trained");
        assert!(!at_chance(&spec, &[]));
        assert!(at_chance(&read("strategy: fixed\n"), &[row(0, 0.1, None)]));

        let shared = read("strategy: enas\nspace: {cells: {}}\nstages: [{rounds: 1, trainings: 2}]\n");
        let chosen = |predicted| Row { predicted, ..row(0, 0.8, None) };
        let learned = [chosen(Some(0.1)), chosen(Some(0.4)), chosen(None)];
        assert!(shared_at_chance(&shared, &[chosen(Some(0.1)), chosen(Some(0.11)), chosen(None)]));
        assert!(!shared_at_chance(&shared, &learned) && !shared_at_chance(&shared, &[chosen(None)]));
        assert!(!shared_at_chance(&spec, &[chosen(Some(0.1))]), "elsewhere `predicted` is no accuracy");
    }
}
