//! Warns of settings that are legal and have no effect: gates that never judge, predictions that choose nothing. Only
//! the chosen strategy is looked at. Warnings about constraints are in `coverage`.

use crate::diagnostic::{Diagnostics, Path};
use crate::objective::Constraint;
use crate::space::Family;
use crate::spec::schema::{InheritSpec, StageSpec};
use crate::spec::{ResolvedSpec, Space, Spec, Stage, Subject};
use crate::strategy::{FEWEST_ANCHORS, FEWEST_JUDGED, Predict, Predictor, Strategy};
use crate::text::counted;

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec, resolved: &ResolvedSpec) {
    check_final_length(faults, resolved);
    check_fixed(faults, spec);
    check_shares(faults, spec, resolved);
    let Some(predict) = resolved.strategy.predict() else { return };
    check_rounds(faults, spec, predict, resolved);
    check_gate(faults, predict, resolved);
    check_anchors(faults, predict, resolved);
    let stages = spec.stages.as_deref().unwrap_or_default();
    check_choice(faults, predict, stages, &resolved.strategy);
    check_scores(faults, predict, stages);
}

/// One network that is given is trained once, and nothing is searched.
fn check_fixed(faults: &mut Diagnostics, spec: &Spec) {
    if !spec.is_fixed() {
        return;
    }
    let root = Path::root;
    let several = spec.last.as_ref().is_some_and(|last| last.networks.is_some_and(|networks| networks > 1));
    let inherits = spec.train.as_ref().is_some_and(|train| train.inherit == Some(InheritSpec::Parent));
    let ignored = [
        ("stages::ignored", root().key("stages"), spec.stages.is_some()),
        ("strategy::ignored", root().key("extrapolate"), spec.extrapolate.is_some()),
        ("strategy::ignored", root().key("train").key("inherit"), inherits),
        ("strategy::ignored", root().key("final").key("networks"), several),
    ];
    for (code, place, _) in ignored.into_iter().filter(|(_, _, is_given)| *is_given) {
        let message = "`strategy: fixed` trains one network, by the recipe of `final`";
        faults.warning(code, &place, message, "it does nothing here; take it out");
    }
}

/// Shares of random networks that stay empty.
fn check_shares(faults: &mut Diagnostics, spec: &Spec, resolved: &ResolvedSpec) {
    let (Strategy::Epnas(_), Some(given)) = (&resolved.strategy, &spec.epnas) else { return };
    let is_limited = resolved.constraints.iter().any(Constraint::limits_size);
    let in_table = matches!(&resolved.subject, Subject::Table { .. });
    let unlimited = (!is_limited).then_some("no `max` on a counted cost rejects networks");
    let regular = match &resolved.subject {
        Subject::Images { space: Space::Layers(layers), .. } => {
            let is_offered = |family: Family| layers.operations.contains(&family.operation());
            if Family::ALL.into_iter().any(is_offered) { unlimited } else { Some("the space has no convolutions to make them of") }
        }
        Subject::Images { .. } | Subject::Table { .. } => Some("only spaces of layers have regular networks"),
    };
    let enlarged = if in_table { Some("rows of a table are never enlarged") } else { unlimited };
    let from_given = in_table.then_some("a table has neither references nor a start network");
    for (key, share, why) in
        [("regular", given.regular, regular), ("enlarged", given.enlarged, enlarged), ("from-given", given.from_given, from_given)]
    {
        if let Some(why) = why.filter(|_| share > Some(0.0)) {
            let place = Path::root().key("epnas").key(key);
            faults.warning("strategy::shares", &place, format!("the share `{key}` of random networks stays empty: {why}"), "take it out");
        }
    }
}

/// The networks a run ends with are trained at least as long as they were to be found. In a table nothing is trained.
fn check_final_length(faults: &mut Diagnostics, resolved: &ResolvedSpec) {
    if matches!(resolved.subject, Subject::Table { .. }) {
        return;
    }
    let last = resolved.last.recipe;
    let longest = resolved.stages.iter().map(|stage| stage.recipe.passes()).fold(0.0, f64::max);
    if last.passes() < longest {
        let message = format!("{} at the end, and {longest} in a stage", counted(last.epochs, "epoch"));
        let help = format!("a network that is trained for less is worse: give {} or more", longest.ceil());
        faults.warning("final::short", &Path::root().key("final").key("epochs"), message, help);
    }
}

/// The networks of the first round are chosen before anything is measured that could teach a predictor.
fn check_rounds(faults: &mut Diagnostics, spec: &Spec, predict: &Predict, resolved: &ResolvedSpec) {
    let rounds = resolved.stages.iter().map(|stage| stage.rounds).fold(0, usize::saturating_add);
    if spec.predict.is_some() && predict.predictor != Predictor::None && rounds == 1 {
        let message = "there is one round, and nothing is measured before it that a predictor could learn from";
        let help = "give a stage more `rounds`, or take `predict` out";
        faults.warning("strategy::no-prediction", &Path::root().key("predict"), message, help);
    }
}

fn check_gate(faults: &mut Diagnostics, predict: &Predict, resolved: &ResolvedSpec) {
    let Some(gate) = predict.gate else { return };
    let place = Path::root().key("predict").key("gate").key("spearman");
    let mut doubt = |message: String, help: &str| faults.warning("strategy::gate", &place, message, help);
    // The first round of all comes before any prediction, and the last of a stage has no round behind it to choose for.
    let judged = |(index, stage): (usize, &Stage)| {
        stage.rounds.saturating_sub(if index == 0 { 2 } else { 1 }).saturating_mul(stage.trainings) >= FEWEST_JUDGED
    };
    if let Some(word) = unlearned(predict.predictor) {
        let message = format!("the predictor `{word}` predicts no rewards: there is nothing for the gate to judge");
        doubt(message, "choose a predictor that learns, such as `gaussian`, or take `gate` out");
    } else if !resolved.stages.iter().enumerate().any(judged) {
        let message = format!(
            "the gate judges once {FEWEST_JUDGED} predictions of a stage are measured, and no stage has as many before its last round"
        );
        doubt(message, "give a stage more `rounds` or `trainings`, or take `gate` out");
    } else if gate <= -1.0 {
        doubt("no rank correlation is below -1: the gate never closes".to_owned(), "0.2 to 0.5 is usual; or take `gate` out");
    }
}

/// Scores by shared weights are read once enough networks were trained separately.
fn check_anchors(faults: &mut Diagnostics, predict: &Predict, resolved: &ResolvedSpec) {
    let Some(last) = resolved.stages.iter().rposition(|stage| stage.rounds > 0).filter(|_| predict.shared_weights().is_some()) else {
        return;
    };
    let of_stage = |(index, stage): (usize, &Stage)| {
        let rounds = if index == last { stage.rounds - 1 } else { stage.rounds };
        let joining = resolved.references.iter().filter(|reference| reference.stage == Some(index)).count();
        rounds.saturating_mul(stage.trainings).saturating_add(joining)
    };
    let before: usize = resolved.stages.iter().enumerate().take(last + 1).map(of_stage).fold(resolved.start().len(), usize::saturating_add);
    if before < FEWEST_ANCHORS {
        let message = format!(
            "accuracies with shared weights are read once {FEWEST_ANCHORS} networks were trained separately, and before the last round \
             there are at most {before}"
        );
        let place = Path::root().key("predict").key("shared-weights");
        faults.warning(
            "strategy::shared-weights",
            &place,
            message,
            "give a stage more `rounds` or `trainings`, or take `shared-weights` out",
        );
    }
}

/// Where the predictor sees the proposals only, and all of them are trained, it chooses nothing.
fn check_choice(faults: &mut Diagnostics, predict: &Predict, stages: &[StageSpec], strategy: &Strategy) {
    let from_pool = matches!(strategy, Strategy::Epnas(parameters) if parameters.pool > 0);
    if from_pool || unlearned(predict.predictor).is_some() {
        return;
    }
    for (index, stage) in stages.iter().enumerate().filter(|(_, stage)| stage.proposals == Some(stage.trained())) {
        let message = format!("every one of the {} proposals is trained: predictions have nothing to choose", stage.trained());
        let help = "raise `proposals`, or set `predict: {predictor: none}`";
        faults.warning("stages::nothing-to-choose", &Path::root().key("stages").index(index).key("proposals"), message, help);
    }
}

/// Scores that no predictor reads, or that have nothing to choose.
fn check_scores(faults: &mut Diagnostics, predict: &Predict, stages: &[StageSpec]) {
    let asked = [
        ("zero-cost", "strategy::zero-cost", !predict.zero_cost.is_empty()),
        ("shared-weights", "strategy::shared-weights", predict.shared_weights.is_some()),
    ];
    for (key, code, _) in asked.into_iter().filter(|(_, _, is_asked)| *is_asked) {
        let place = Path::root().key("predict").key(key);
        if !predict.predictor.reads_features() {
            let word = if predict.predictor == Predictor::ValueHead { Some("value-head") } else { unlearned(predict.predictor) };
            let message = format!("the predictor `{}` reads no scores: they are not computed", word.unwrap_or_default());
            let help = format!("choose `gaussian`, `mlp-ensemble` or `forest`, or take `{key}` out");
            faults.warning(code, &place, message, help);
        } else if !stages.is_empty() && stages.iter().all(|stage| stage.proposals == Some(stage.trained())) {
            let message = "scores help to choose among the proposals of a round, and every proposal is trained";
            faults.warning(code, &place, message, format!("raise `proposals`, or take `{key}` out"));
        }
    }
}

/// The word of a predictor that learns nothing.
fn unlearned(predictor: Predictor) -> Option<&'static str> {
    match predictor {
        Predictor::None => Some("none"),
        Predictor::Random => Some("random"),
        Predictor::ValueHead | Predictor::Gaussian | Predictor::Forest | Predictor::MlpEnsemble => None,
    }
}
