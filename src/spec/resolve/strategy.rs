//! Strategies, with nothing implied.

use std::collections::BTreeSet;

use crate::engine::{PolicyParameters, ZeroCosts};
use crate::spec::schema::{EditorSpec, EpnasSpec, SharedWeightsSpec, SpaceSpec, Spec, StrategySpec, VariantSpec};
use crate::strategy::{
    Acquisition, Editor, EnasParameters, EpnasParameters, EvolutionParameters, LocalSearchParameters, PnasParameters, Predict, Predictor,
    ReinforceParameters, Rejected, SharedScores, Strategy,
};

/// Networks alive at a time in `regularized-evolution`, where the spec does not say: the setting of NAS-Bench-201.
pub const DEFAULT_POPULATION: usize = 10;

pub(super) fn strategy(spec: &Spec) -> Strategy {
    match spec.strategy.unwrap_or(StrategySpec::Epnas) {
        StrategySpec::Epnas => Strategy::Epnas(epnas(spec)),
        StrategySpec::Pnas => {
            let given = spec.pnas.clone().unwrap_or_default();
            Strategy::Pnas(PnasParameters {
                beam: given.beam.unwrap_or(8),
                predict: predict(
                    spec,
                    Predict {
                        predictor: Predictor::MlpEnsemble,
                        acquisition: Acquisition::Mean,
                        random_share: 0.0,
                        gate: None,
                        zero_cost: ZeroCosts::NONE,
                        shared_weights: None,
                    },
                ),
            })
        }
        StrategySpec::RegularizedEvolution => {
            let given = spec.regularized_evolution.clone().unwrap_or_default();
            let population = given.population.unwrap_or(DEFAULT_POPULATION);
            Strategy::RegularizedEvolution(EvolutionParameters { population, sample: given.sample.unwrap_or(3.min(population)) })
        }
        StrategySpec::LocalSearch => {
            let given = spec.local_search.clone().unwrap_or_default();
            Strategy::LocalSearch(LocalSearchParameters { initial: given.initial.unwrap_or(10) })
        }
        StrategySpec::Reinforce => {
            let given = spec.reinforce.clone().unwrap_or_default();
            Strategy::Reinforce(ReinforceParameters {
                learning_rate: given.learning_rate.unwrap_or(0.01),
                baseline_decay: given.baseline_decay.unwrap_or(0.9),
            })
        }
        StrategySpec::Enas => Strategy::Enas(enas(spec)),
        StrategySpec::Random => Strategy::Random,
        StrategySpec::Fixed => Strategy::Fixed,
    }
}

fn enas(spec: &Spec) -> EnasParameters {
    let given = spec.enas.clone().unwrap_or_default();
    EnasParameters {
        examples: given.examples.unwrap_or(1.0),
        warm_up: given.warm_up.unwrap_or(20),
        chains: given.chains.unwrap_or(1),
        learning_rate: given.learning_rate.unwrap_or(0.05),
        steps: given.steps.unwrap_or(30),
        samples: given.samples.unwrap_or(10),
        policy: PolicyParameters {
            hidden: given.hidden.unwrap_or(64),
            learning_rate: given.controller_rate.unwrap_or(0.0035),
            // That of ENAS is a part of the reward.
            entropy: 0.0,
            value_steps: 0,
            bound: given.logit_bound.unwrap_or(1.1),
            without_momentum: true,
        },
        entropy: given.entropy.unwrap_or(1e-4),
        baseline_decay: given.baseline_decay.unwrap_or(0.99),
        statistics: given.statistics.unwrap_or(2048),
        reward_images: given.reward_images.unwrap_or(1000),
    }
}

/// Random edits.
const UNIFORM: Editor = Editor::Logits { learning_rate: 0.0 };

fn epnas(spec: &Spec) -> EpnasParameters {
    let given = spec.epnas.clone().unwrap_or_default();
    let variant = match given.variant.unwrap_or(VariantSpec::Extended) {
        VariantSpec::Extended => EpnasParameters {
            initial: 6,
            edits: 2,
            parents: 10,
            pool: 400,
            enlarged: 0.5,
            // The figures on tables are without.
            from_given: if matches!(spec.space, Some(SpaceSpec::Table(_))) { 0.0 } else { 0.5 },
            regular: 0.6,
            imagined: 0,
            rejected: Rejected::Ignore,
            editor: UNIFORM,
            predict: Predict {
                predictor: Predictor::Gaussian,
                acquisition: Acquisition::ExpectedImprovement,
                random_share: 0.1,
                gate: None,
                zero_cost: ZeroCosts::NONE,
                shared_weights: None,
            },
        },
        VariantSpec::Paper => EpnasParameters {
            initial: 0,
            edits: 3,
            parents: 4,
            pool: 0,
            enlarged: 0.0,
            from_given: 0.0,
            regular: 0.0,
            imagined: 0,
            rejected: Rejected::Ignore,
            editor: lstm(&given),
            predict: Predict {
                predictor: Predictor::ValueHead,
                acquisition: Acquisition::Mean,
                random_share: 0.2,
                gate: None,
                zero_cost: ZeroCosts::NONE,
                shared_weights: None,
            },
        },
    };
    let editor = match given.policy {
        None => variant.editor,
        Some(EditorSpec::Lstm) => lstm(&given),
        Some(EditorSpec::Logits) => Editor::Logits { learning_rate: 0.01 },
        Some(EditorSpec::Uniform) => UNIFORM,
    };
    EpnasParameters {
        initial: given.initial.unwrap_or(variant.initial),
        edits: given.edits.unwrap_or(variant.edits),
        parents: given.parents.unwrap_or(variant.parents),
        pool: given.pool.unwrap_or(variant.pool),
        // Rows of a table have the size that they have.
        enlarged: if matches!(spec.space, Some(SpaceSpec::Table(_))) { 0.0 } else { given.enlarged.unwrap_or(variant.enlarged) },
        from_given: given.from_given.unwrap_or(variant.from_given),
        // Only layers have stages; a spec without a space has one of layers.
        regular: if matches!(spec.space, None | Some(SpaceSpec::Layers(_))) { given.regular.unwrap_or(variant.regular) } else { 0.0 },
        imagined: given.imagined.unwrap_or(variant.imagined),
        rejected: given.rejected.unwrap_or(variant.rejected),
        editor: match (editor, given.learning_rate) {
            (Editor::Logits { learning_rate }, Some(rate)) if learning_rate > 0.0 => Editor::Logits { learning_rate: rate },
            (editor, _) => editor,
        },
        predict: predict(spec, variant.predict),
    }
}

/// What the spec says of predictions, else what the strategy does by default.
fn predict(spec: &Spec, default: Predict) -> Predict {
    let given = spec.predict.clone().unwrap_or_default();
    Predict {
        predictor: given.predictor.unwrap_or(default.predictor),
        acquisition: given.acquisition.unwrap_or(default.acquisition),
        random_share: given.random_share.unwrap_or(default.random_share),
        gate: given.gate.map(|gate| gate.spearman).or(default.gate),
        zero_cost: given.zero_cost.map_or(default.zero_cost, |scores| scores.into_iter().collect::<BTreeSet<_>>().into()),
        shared_weights: given.shared_weights.as_ref().map(shared_scores).or(default.shared_weights),
    }
}

fn shared_scores(given: &SharedWeightsSpec) -> SharedScores {
    SharedScores {
        passes: given.passes.unwrap_or(20),
        chains: given.chains.unwrap_or(3),
        learning_rate: given.learning_rate.unwrap_or(0.05),
        statistics: given.statistics.unwrap_or(2048),
        images: given.images.unwrap_or(0),
        gate: given.gate.unwrap_or(0.3),
    }
}

fn lstm(given: &EpnasSpec) -> Editor {
    Editor::Lstm(PolicyParameters {
        hidden: given.hidden.unwrap_or(48),
        learning_rate: given.learning_rate.unwrap_or(0.003),
        entropy: given.entropy.unwrap_or(0.02),
        value_steps: given.value_steps.unwrap_or(60),
        bound: 0.0,
        without_momentum: false,
    })
}
