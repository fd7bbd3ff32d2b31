//! The strategies and their sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::ZeroCost;
use crate::strategy::{Acquisition, Predictor, Rejected};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategySpec {
    /// A policy edits the best networks so far; a predictor, by default a Gaussian process, chooses which are trained.
    Epnas,
    /// The best networks of a stage are made larger in the next, in every way; a predictor says which are trained.
    Pnas,
    /// The best of a sample of the latest networks has a child by one random edit.
    RegularizedEvolution,
    /// Random edits of the best network so far, and a new start when all are known.
    LocalSearch,
    /// Independent logits for every decision, learnt by REINFORCE.
    Reinforce,
    /// The network `space.layers.start` or the cell `space.cells.start` and no search: a hand-designed network, trained by the recipe of `final`.
    Fixed,
    /// Networks drawn uniformly, decision by decision, under the same constraints and budget.
    Random,
}

/// How it is predicted which proposals are worth training, by the strategies `epnas` and `pnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PredictSpec {
    /// What predicts rewards. Default: `gaussian`; `value-head` in the variant `paper` of `epnas`, `mlp-ensemble` for `pnas`.
    pub predictor: Option<Predictor>,
    /// How proposals are ranked by what is predicted. Default: `expected-improvement`; `mean` in the variant `paper` of
    /// `epnas` and for `pnas`.
    pub acquisition: Option<Acquisition>,
    /// Share of the trained proposals that is chosen at random instead of by prediction, in [0, 1]. Default: 0.1; 0.2 in
    /// the variant `paper` of `epnas`, 0 for `pnas`.
    pub random_share: Option<f64>,
    /// When predictions are not trusted. Default: never.
    pub gate: Option<GateSpec>,
    /// Scores of the untrained networks, features of the predictors `gaussian`, `mlp-ensemble` and `forest` beside
    /// parameters and multiply-accumulates, which always are. They cost milliseconds a network, and a worker computes
    /// them for each proposal of a round and for the networks measured before. Where `epnas` finds its proposals in a
    /// pool, the pool is judged without them. Default: none.
    pub zero_cost: Option<Vec<ZeroCost>>,
}

/// When predictions are not trusted: the round then trains a random share of its proposals, all of it, and says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GateSpec {
    /// Spearman's rank correlation of the latest predictions with the rewards that came after them, in [-1, 1], below
    /// which they are not.
    pub spearman: f64,
}

/// Settings of the strategy `epnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EpnasSpec {
    /// What the other defaults are. Default: `extended`.
    pub variant: Option<VariantSpec>,
    /// What edits networks. Default: `logits`, `lstm` in the variant `paper`.
    pub policy: Option<EditorSpec>,
    /// Random networks before predictions begin. Default: 10, 0 in the variant `paper`.
    pub initial: Option<usize>,
    /// The most edits a lane makes, one after another, before its network is proposed. Default: 2, 3 in the variant `paper`.
    pub edits: Option<usize>,
    /// How many of the best networks so far the lanes start from. Default: 10, 4 in the variant `paper`.
    pub parents: Option<usize>,
    /// Networks that the predictor looks at to find the proposals of a round, half random, half by lanes; with 0 the
    /// lanes propose. Default: 400, 0 in the variant `paper`.
    pub pool: Option<usize>,
    /// Share of the random networks that random edits make larger, as far as the limits allow, in [0, 1]; the rows of a
    /// table stay as they are. Default: 0.5, 0 in the variant `paper`.
    pub enlarged: Option<f64>,
    /// What the policy learns from proposals that a constraint rejects. Default: `ignore`.
    pub rejected: Option<Rejected>,
    /// Width of the LSTM, with `policy: lstm`. Default: 48.
    pub hidden: Option<usize>,
    /// Learning rate of the policy. Default: 0.01, 0.003 for the LSTM.
    pub learning_rate: Option<f64>,
    /// Weight of the entropy in the loss of the LSTM. Default: 0.02.
    pub entropy: Option<f64>,
    /// Learning steps of the value head at each update. Default: 60.
    pub value_steps: Option<usize>,
}

/// Which EPNAS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VariantSpec {
    /// A Gaussian process ranks random networks and edits of the best; grown beyond the paper by measurements.
    Extended,
    /// Our reading of the paper: an LSTM edits networks, its value head predicts which are worth training.
    Paper,
}

/// What edits networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EditorSpec {
    /// An LSTM over the present network with a head for every kind of question, trained by REINFORCE.
    Lstm,
    /// Logits for every kind of question, trained by REINFORCE.
    Logits,
    /// Random edits: the ablation.
    Uniform,
}

/// Settings of the strategy `pnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PnasSpec {
    /// How many of the best networks of the stage before are made larger. Default: 8.
    pub beam: Option<usize>,
}

/// Settings of the strategy `regularized-evolution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EvolutionSpec {
    /// Networks alive at a time: the latest measured ones. Default: 10.
    pub population: Option<usize>,
    /// Networks drawn to find a parent, the best of them; at most `population`. Default: 3.
    pub sample: Option<usize>,
}

/// Settings of the strategy `local-search`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LocalSearchSpec {
    /// Random networks that each start begins with. Default: 10.
    pub initial: Option<usize>,
}

/// Settings of the strategy `reinforce`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReinforceSpec {
    /// Adam's learning rate for the logits. Default: 0.01.
    pub learning_rate: Option<f64>,
    /// What the moving average of rewards, the baseline, keeps at each step, in [0, 1). Default: 0.9.
    pub baseline_decay: Option<f64>,
}
