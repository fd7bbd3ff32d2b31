//! The strategies and their sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::engine::ZeroCost;
use crate::strategy::{Acquisition, Predictor, Rejected};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StrategySpec {
    /// Random networks and edits of the best networks so far; a predictor, by default a Gaussian process, chooses which ones are
    /// trained. In the variant `paper`, a policy that REINFORCE trains makes the edits.
    Epnas,
    /// The next stage makes the best networks of a stage larger, in every way; a predictor chooses which ones are trained.
    Pnas,
    /// A child of the best network in a random sample of the latest ones, by one random edit.
    RegularizedEvolution,
    /// Random edits of the best network so far, and a new start once all its neighbours are known.
    LocalSearch,
    /// Independent logits for every decision, learned by REINFORCE.
    Reinforce,
    /// ENAS: all networks share weights; a controller learns from what its networks reach with them, and the best of its proposals
    /// are trained separately.
    Enas,
    /// No search: the network `space.layers.start`, or the cell `space.cells.start`, is trained by the recipe of `final`.
    Fixed,
    /// Networks drawn uniformly, decision by decision, under the same constraints and budget.
    Random,
}

/// How the strategies `epnas` and `pnas` predict which proposals are worth training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PredictSpec {
    /// The predictor of rewards. Default: `gaussian`; `value-head` in the variant `paper` of `epnas`, `mlp-ensemble` for `pnas`.
    pub predictor: Option<Predictor>,
    /// How predictions rank proposals. Default: `expected-improvement`; `mean` in the variant `paper` of `epnas` and for `pnas`.
    pub acquisition: Option<Acquisition>,
    /// Share of a round's trainings that are chosen at random instead of by prediction, in [0, 1]. Their number is rounded: 0.1 of
    /// 4 is none. Default: 0.1; 0.2 in the
    /// variant `paper` of `epnas`, 0 for `pnas`.
    pub random_share: Option<f64>,
    /// When a round ignores predictions. Default: never.
    pub gate: Option<GateSpec>,
    /// Scores of untrained networks, used as features by the predictors `gaussian`, `mlp-ensemble` and `forest`. Parameters and
    /// multiply–accumulates are always features. A worker computes the scores for each proposal of a round and for the networks
    /// measured before; they cost milliseconds per network. If `epnas` finds its proposals in a pool, it ranks the pool without
    /// the scores. Default: none.
    pub zero_cost: Option<Vec<ZeroCost>>,
    /// Weights that all networks share, trained once before the first predictions. The accuracy that a network reaches with them is a
    /// feature of the predictors `gaussian`, `mlp-ensemble` and `forest`. If `epnas` finds its proposals in a pool, it ranks the
    /// pool without it. Default: none.
    pub shared_weights: Option<SharedWeightsSpec>,
}

/// How shared weights are trained, and when a predictor reads what networks reach with them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SharedWeightsSpec {
    /// Number of passes over the training split of each set of weights, along uniformly drawn networks. With fewer, shared weights
    /// rank networks badly. Default: 20.
    pub passes: Option<usize>,
    /// Number of sets of shared weights, from different seeds. They train side by side on the slots; the feature is the mean over
    /// them. Default: 3.
    pub chains: Option<usize>,
    /// Learning rate at the start; it falls to 0 along a cosine. Default: 0.05.
    pub learning_rate: Option<f64>,
    /// Number of training images from which a network takes the mean and variance of its normalisations; 0 to take them from each
    /// batch of validation images. Default: 2048.
    pub statistics: Option<usize>,
    /// Number of validation images that the accuracy is measured on, the same for all networks; 0 for all. Default: 0.
    pub images: Option<usize>,
    /// The lowest accepted Spearman's rank correlation of the feature with the results of networks that were trained separately, in
    /// [-1, 1]. Below it, and with fewer than 8 such networks, predictors do not read the feature, and the summary says so.
    /// Default: 0.3.
    pub gate: Option<f64>,
}

/// When a round ignores predictions: it then chooses all its trainings at random, and reports it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GateSpec {
    /// The lowest accepted Spearman's rank correlation of the latest predictions with the measured rewards, in [-1, 1]. Below it
    /// predictions are ignored.
    pub spearman: f64,
}

/// Settings of the strategy `epnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EpnasSpec {
    /// Set of defaults for the other settings. Default: `extended`.
    pub variant: Option<VariantSpec>,
    /// The policy that edits networks. Default: `uniform`, `lstm` in the variant `paper`.
    pub policy: Option<EditorSpec>,
    /// Number of random networks before edits and the pool begin. References and start networks do not count. Default: 6, 0 in
    /// the variant `paper`.
    pub initial: Option<usize>,
    /// Most edits that a lane makes, one after another, before it proposes its network. Default: 2, 3 in the variant `paper`.
    pub edits: Option<usize>,
    /// Number of the best networks so far from which lanes start. Default: 10, 4 in the variant `paper`.
    pub parents: Option<usize>,
    /// Size of the pool that the predictor ranks to find the proposals of a round: half random networks, half made by lanes. With
    /// 0 the lanes propose directly. Default: 400, 0 in the variant `paper`.
    pub pool: Option<usize>,
    /// Of the random networks that are not regular, the share that random edits enlarge, as far as the limits allow, in [0, 1]. It
    /// needs a `max` on a counted cost that rejects. Rows of a table are never enlarged. Default: 0.5, 0 in the variant `paper`.
    pub enlarged: Option<f64>,
    /// Of the random networks that are not regular, the share of random edits of a reference or a start network, in [0, 1].
    /// Default: 0.5 for images, 0 for tables and in the variant `paper`.
    pub from_given: Option<f64>,
    /// Share of the random networks that are regular, in [0, 1]: stages of equal layers, each about twice as wide as the one
    /// before, as wide as the limits allow. Only in spaces of layers, and with a `max` on a counted cost that
    /// rejects. Default: 0.6, 0 in the variant `paper`.
    pub regular: Option<f64>,
    /// Number of lanes that the policy imagines in each round, with the predictor in place of trainings, before it makes its
    /// lanes; rounded down to a multiple of 32. Needs `policy: logits` or `lstm`, and a `pool`. Default: 0.
    pub imagined: Option<usize>,
    /// What the policy learns from proposals that constraints reject. Default: `ignore`.
    pub rejected: Option<Rejected>,
    /// Width of the LSTM, 4 to 512, with `policy: lstm`. Default: 48.
    pub hidden: Option<usize>,
    /// Learning rate of the policy, with `policy: logits` or `lstm`. Default: 0.01, 0.003 for the LSTM.
    pub learning_rate: Option<f64>,
    /// Weight of the entropy in the loss of the LSTM, with `policy: lstm`. Default: 0.02.
    pub entropy: Option<f64>,
    /// Learning steps of the value head at each update, with `policy: lstm`. Default: 60.
    pub value_steps: Option<usize>,
}

/// The variant of EPNAS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VariantSpec {
    /// A Gaussian process ranks random networks and edits of the best networks; it differs from the paper where measurements
    /// suggested it.
    Extended,
    /// Our reading of the paper: an LSTM edits networks, and its value head predicts which ones are worth training.
    Paper,
}

/// The policy that edits networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EditorSpec {
    /// An LSTM over the current network with one head for every kind of decision, trained by REINFORCE.
    Lstm,
    /// Logits for every kind of decision, trained by REINFORCE.
    Logits,
    /// Random edits.
    Uniform,
}

/// Settings of the strategy `pnas`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PnasSpec {
    /// Number of the best networks of the previous stage that are made larger. Default: 8.
    pub beam: Option<usize>,
}

/// Settings of the strategy `regularized-evolution`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EvolutionSpec {
    /// Size of the population: the latest measured networks. Default: 10.
    pub population: Option<usize>,
    /// Size of the random sample whose best network is the parent; at most `population`. Default: 3.
    pub sample: Option<usize>,
}

/// Settings of the strategy `local-search`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LocalSearchSpec {
    /// Number of random networks at each new start. Default: 10.
    pub initial: Option<usize>,
}

/// Settings of the strategy `reinforce`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReinforceSpec {
    /// Adam's learning rate for the logits. Default: 0.01.
    pub learning_rate: Option<f64>,
    /// Decay per step of the baseline, a moving average of rewards, in [0, 1). Default: 0.9.
    pub baseline_decay: Option<f64>,
}

/// Settings of the strategy `enas`. Defaults are those of the authors' code, except where they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnasSpec {
    /// Share of the training split that the shared weights learn from in each round, in (0, 1]. Default: 1.
    pub examples: Option<f64>,
    /// Number of passes over the training split before the first round, along uniformly drawn networks. With fewer, shared weights
    /// rank networks badly. The authors' code has no warm-up, and 150 rounds. Default: 20.
    pub warm_up: Option<usize>,
    /// Number of sets of shared weights, from different seeds. They train side by side on the slots; the accuracy of a network is
    /// its mean over them. Default: 1.
    pub chains: Option<usize>,
    /// Learning rate of the shared weights at the start of each round; it falls to 0 along a cosine. Default: 0.05.
    pub learning_rate: Option<f64>,
    /// Learning steps of the controller in each round. Default: 30.
    pub steps: Option<usize>,
    /// Number of networks that the controller draws for each step. Default: 10.
    pub samples: Option<usize>,
    /// Width of the controller's LSTM. Default: 64.
    pub hidden: Option<usize>,
    /// Learning rate of the controller. Default: 0.0035.
    pub controller_rate: Option<f64>,
    /// Weight of the entropy of a network's decisions in its reward. Default: 0.0001.
    pub entropy: Option<f64>,
    /// Decay per network of the baseline, a moving average of rewards, in [0, 1). Default: 0.99.
    pub baseline_decay: Option<f64>,
    /// Largest absolute value of the controller's logits, which keeps every choice possible; 0 for no limit. Default: 1.1.
    pub logit_bound: Option<f64>,
    /// Number of training images from which a network with shared weights takes the mean and variance of its normalisations. With
    /// 0, each batch of validation images has its own, as in the authors' code, where they depend on the batch. Default: 2048.
    pub statistics: Option<usize>,
    /// Number of validation images that a reward of the controller is measured on, the same for all networks; 0 for all. The authors'
    /// code uses one batch of 160, another for each network: its noise is larger than most differences. Default: 1000.
    pub reward_images: Option<usize>,
}
