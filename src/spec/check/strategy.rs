//! Rules of the strategies' own sections, and of which strategy goes with which space. The section of a strategy that is
//! not chosen is checked and not warned of: `epnas compare` runs one spec with several.

use super::bounds::{Interval, real, set, whole};
use super::stages::MAX_EPOCHS;
use crate::diagnostic::{Diagnostics, Path};
use crate::spec::Spec;
use crate::spec::resolve::DEFAULT_POPULATION;
use crate::spec::schema::{EditorSpec, EnasSpec, EpnasSpec, EvolutionSpec, PredictSpec, SpaceSpec, StrategySpec, VariantSpec};
use crate::strategy::{LANES_AT_ONCE, Predictor};

const MAX_POPULATION: usize = 10_000;
const MAX_INITIAL: usize = 100_000;
const MAX_BEAM: usize = 1_000;
const MAX_IMAGES: usize = 1_000_000;
/// Over the training split, of shared weights.
const MAX_PASSES: usize = 1_000;
const MAX_CHAINS: usize = 16;

pub(super) fn check(faults: &mut Diagnostics, spec: &Spec) {
    let root = Path::root();
    check_space(faults, spec, &root.key("strategy"));
    if let Some(given) = &spec.epnas {
        check_epnas(faults, given, &root.key("epnas"));
    }
    if let Some(given) = &spec.predict {
        check_predict(faults, given, &root.key("predict"));
    }
    check_value_head(faults, spec);
    check_zero_cost(faults, spec);
    check_shared_weights(faults, spec);
    if let Some(given) = &spec.pnas {
        whole(faults, &root.key("pnas").key("beam"), given.beam, 1..=MAX_BEAM);
    }
    if let Some(given) = &spec.regularized_evolution {
        check_evolution(faults, given, &root.key("regularized-evolution"));
    }
    if let Some(given) = &spec.local_search {
        whole(faults, &root.key("local-search").key("initial"), given.initial, 1..=MAX_INITIAL);
    }
    if let Some(given) = &spec.enas {
        check_enas(faults, given, &root.key("enas"));
    }
    if let Some(given) = &spec.reinforce {
        let place = root.key("reinforce");
        real(faults, &place.key("learning-rate"), given.learning_rate, Interval::above(0.0, 10.0));
        real(faults, &place.key("baseline-decay"), given.baseline_decay, Interval::below(0.0, 1.0));
    }
}

/// Not every strategy can search a table.
fn check_space(faults: &mut Diagnostics, spec: &Spec, place: &Path) {
    let Some(SpaceSpec::Table(_)) = &spec.space else { return };
    let what = match spec.strategy {
        Some(StrategySpec::Pnas) => "`pnas` makes networks larger",
        Some(StrategySpec::Fixed) => "`fixed` trains a given network",
        Some(StrategySpec::Enas) => "`enas` trains weights",
        _ => return,
    };
    let help = "choose another strategy, such as `epnas` or `regularized-evolution`";
    faults.error("strategy::space", place, format!("{what}, and the rows of a table are what they are"), help);
}

fn check_evolution(faults: &mut Diagnostics, given: &EvolutionSpec, place: &Path) {
    whole(faults, &place.key("population"), given.population, 1..=MAX_POPULATION);
    let population = given.population.unwrap_or(DEFAULT_POPULATION).clamp(1, MAX_POPULATION);
    whole(faults, &place.key("sample"), given.sample, 1..=population);
}

fn check_epnas(faults: &mut Diagnostics, given: &EpnasSpec, place: &Path) {
    check_policy(faults, given, place);
    whole(faults, &place.key("edits"), given.edits, 1..=16);
    whole(faults, &place.key("parents"), given.parents, 1..=1000);
    whole(faults, &place.key("hidden"), given.hidden, 4..=512);
    whole(faults, &place.key("value-steps"), given.value_steps, 0..=MAX_EPOCHS);
    whole(faults, &place.key("initial"), given.initial, 0..=MAX_INITIAL);
    whole(faults, &place.key("pool"), given.pool, 0..=MAX_INITIAL);
    real(faults, &place.key("enlarged"), given.enlarged, Interval::closed(0.0, 1.0));
    whole(faults, &place.key("imagined"), given.imagined, 0..=MAX_INITIAL);
    real(faults, &place.key("from-given"), given.from_given, Interval::closed(0.0, 1.0));
    real(faults, &place.key("regular"), given.regular, Interval::closed(0.0, 1.0));
    real(faults, &place.key("learning-rate"), given.learning_rate, Interval::above(0.0, 1.0));
    real(faults, &place.key("entropy"), given.entropy, Interval::closed(0.0, 10.0));
}

fn check_enas(faults: &mut Diagnostics, given: &EnasSpec, place: &Path) {
    real(faults, &place.key("examples"), given.examples, Interval::above(0.0, 1.0));
    real(faults, &place.key("learning-rate"), given.learning_rate, Interval::above(0.0, 10.0));
    whole(faults, &place.key("warm-up"), given.warm_up, 0..=MAX_PASSES);
    whole(faults, &place.key("chains"), given.chains, 1..=MAX_CHAINS);
    whole(faults, &place.key("steps"), given.steps, 1..=MAX_EPOCHS);
    whole(faults, &place.key("samples"), given.samples, 1..=1_000);
    whole(faults, &place.key("hidden"), given.hidden, 4..=512);
    real(faults, &place.key("controller-rate"), given.controller_rate, Interval::above(0.0, 1.0));
    real(faults, &place.key("entropy"), given.entropy, Interval::closed(0.0, 10.0));
    real(faults, &place.key("baseline-decay"), given.baseline_decay, Interval::below(0.0, 1.0));
    real(faults, &place.key("logit-bound"), given.logit_bound, Interval::closed(0.0, 100.0));
    whole(faults, &place.key("statistics"), given.statistics, 0..=MAX_INITIAL);
    whole(faults, &place.key("reward-images"), given.reward_images, 0..=MAX_IMAGES);
}

fn check_predict(faults: &mut Diagnostics, given: &PredictSpec, place: &Path) {
    real(faults, &place.key("random-share"), given.random_share, Interval::closed(0.0, 1.0));
    if given.random_share.is_some_and(|share| share >= 1.0) {
        let message = "every training is chosen at random: predictions decide nothing";
        faults.warning("strategy::no-prediction", &place.key("random-share"), message, "a share below 1 lets the predictor choose some");
    }
    if let Some(gate) = &given.gate {
        let spearman = place.key("gate").key("spearman");
        real(faults, &spearman, Some(gate.spearman), Interval::closed(-1.0, 1.0));
        if gate.spearman >= 0.95 && gate.spearman <= 1.0 {
            let message = "a gate that hardly any predictor passes: rounds will be chosen at random";
            faults.warning("strategy::no-prediction", &spearman, message, "0.2 to 0.5 is usual");
        }
    }
}

/// Where networks are rows of a table there is nothing to score.
fn check_zero_cost(faults: &mut Diagnostics, spec: &Spec) {
    let Some(scores) = spec.predict.as_ref().and_then(|predict| predict.zero_cost.as_ref()) else { return };
    let place = Path::root().key("predict").key("zero-cost");
    set(faults, &place, Some(scores), |_, _, _| ());
    if let Some(SpaceSpec::Table(_)) = &spec.space {
        let message = "scores are computed of networks with weights, and a table has rows";
        let help = "take it out: of a row, predictors read its choices and its costs";
        faults.error("strategy::zero-cost", &place, message, help);
    }
}

/// Where networks are rows of a table there is nothing to train.
fn check_shared_weights(faults: &mut Diagnostics, spec: &Spec) {
    let Some(given) = spec.predict.as_ref().and_then(|predict| predict.shared_weights.as_ref()) else { return };
    let place = Path::root().key("predict").key("shared-weights");
    whole(faults, &place.key("passes"), given.passes, 1..=MAX_PASSES);
    whole(faults, &place.key("chains"), given.chains, 1..=MAX_CHAINS);
    real(faults, &place.key("learning-rate"), given.learning_rate, Interval::above(0.0, 10.0));
    whole(faults, &place.key("statistics"), given.statistics, 0..=MAX_IMAGES);
    whole(faults, &place.key("images"), given.images, 0..=MAX_IMAGES);
    real(faults, &place.key("gate"), given.gate, Interval::closed(-1.0, 1.0));
    if let Some(SpaceSpec::Table(_)) = &spec.space {
        let message = "networks share weights that are trained on images, and a table has rows";
        let help = "take it out: of a row, predictors read its choices and its costs";
        faults.error("strategy::shared-weights", &place, message, help);
    }
}

/// Settings of a policy that learns, where none does.
fn check_policy(faults: &mut Diagnostics, given: &EpnasSpec, place: &Path) {
    let paper = given.variant == Some(VariantSpec::Paper);
    let learns = given.policy.map_or(paper, |policy| policy != EditorSpec::Uniform);
    let of_learning = [("learning-rate", given.learning_rate.is_some()), ("imagined", given.imagined.is_some_and(|lanes| lanes > 0))];
    for (key, _) in of_learning.into_iter().filter(|(_, is_given)| *is_given && !learns) {
        let message = format!("`{key}` is of a policy that learns, and this one makes random edits");
        faults.warning("strategy::policy", &place.key(key), message, "set `policy: logits`, or take it out");
    }
    let imagined = given.imagined.filter(|&lanes| lanes > 0 && learns);
    let is_without_pool = given.pool.map_or(paper, |pool| pool == 0);
    if imagined.is_some() && is_without_pool {
        let help = "set `pool: 400` and a predictor such as `gaussian`, or take it out";
        faults.warning("strategy::policy", &place.key("imagined"), "lanes are imagined only where a predictor ranks a pool", help);
    } else if let Some(lanes) = imagined.filter(|&lanes| lanes < LANES_AT_ONCE) {
        let message = format!("{lanes} lanes are imagined in steps of {LANES_AT_ONCE}: none is");
        faults.warning("strategy::policy", &place.key("imagined"), message, format!("set {LANES_AT_ONCE} or more, or take it out"));
    }
}

/// The value head is a part of the LSTM.
fn check_value_head(faults: &mut Diagnostics, spec: &Spec) {
    let epnas = spec.epnas.clone().unwrap_or_default();
    let paper = epnas.variant == Some(VariantSpec::Paper);
    let lstm = epnas.policy.map_or(paper, |policy| policy == EditorSpec::Lstm);
    let predictor = spec.predict.as_ref().and_then(|predict| predict.predictor);
    let value_head = predictor.map_or(paper, |predictor| predictor == Predictor::ValueHead);
    let strategy = spec.strategy.unwrap_or(StrategySpec::Epnas);
    let place = Path::root().key("predict").key("predictor");
    let message = "the value head is a part of the policy's LSTM";
    if strategy == StrategySpec::Epnas && value_head && !lstm {
        faults.error("strategy::value-head", &place, message, "set `epnas: {policy: lstm}`, or choose another predictor");
    } else if strategy == StrategySpec::Pnas && predictor == Some(Predictor::ValueHead) {
        faults.error("strategy::value-head", &place, format!("{message}, and `pnas` has none"), "choose another predictor");
    }
}
