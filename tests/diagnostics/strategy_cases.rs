//! Wrong settings of strategies and predictions, each with the codes it gives.

/// What is added to a good spec.
pub const OF_STRATEGIES: &[(&str, &[&str])] = &[
    // One spec serves several strategies: sections of those not chosen are right, and are looked at.
    (
        "strategy: random\nepnas: {edits: 2}\npnas: {beam: 4}\nregularized-evolution: {population: 50, sample: 10}\n\
         local-search: {initial: 1}\nreinforce: {learning-rate: 10, baseline-decay: 0}\n\
         enas: {examples: 1, steps: 1, samples: 1, entropy: 0, logit-bound: 0, statistics: 0, reward-images: 0}\n",
        &[],
    ),
    (
        "strategy: random\nepnas: {edits: 0}\npnas: {beam: 1001}\nregularized-evolution: {population: 0, sample: 0}\n\
         local-search: {initial: 0}\nreinforce: {learning-rate: 0, baseline-decay: 1}\n",
        &["spec::out-of-range"; 7],
    ),
    (
        "enas: {examples: 0, learning-rate: 0, steps: 0, samples: 0, hidden: 3, controller-rate: 0, entropy: -1, baseline-decay: 1, \
         logit-bound: -1, statistics: 100001, reward-images: 1000001}\n",
        &["spec::out-of-range"; 11],
    ),
    ("regularized-evolution: {sample: 11}\n", &["spec::out-of-range"]),
    ("regularized-evolution: {population: 10001, sample: 10001}\n", &["spec::out-of-range"; 2]),
    ("regularized-evolution: {population: 2}\n", &[]),
    ("predict: {random-share: 1}\n", &["strategy::no-prediction"]),
    ("predict: {gate: {spearman: 0.99}}\n", &["strategy::no-prediction"]),
    ("predict: {gate: {spearman: 2}}\n", &["spec::out-of-range"]),
    ("predict: {predictor: value-head}\n", &["strategy::value-head"]),
    ("predict: {zero-cost: [synflow, naswot, synflow]}\n", &[]),
    ("predict: {zero-cost: []}\n", &["spec::empty-set"]),
    ("predict: {zero-cost: [snip]}\n", &["spec::unknown-word"]),
    ("train: {inherit: parent}\n", &[]),
    ("train: {inherit: child}\n", &["spec::unknown-word"]),
    ("final: {train: {inherit: parent}}\n", &["final::inherit"]),
    ("predict: {shared-weights: {}}\n", &[]),
    (
        "predict: {shared-weights: {passes: 0, chains: 17, learning-rate: 0, statistics: 1000001, images: 1000001, gate: 1.5}}\n",
        &["spec::out-of-range"; 6],
    ),
    ("predict: {predictor: none, shared-weights: {}}\n", &["strategy::shared-weights"]),
    ("strategy: random\npredict: {predictor: random, zero-cost: [synflow]}\n", &[]),
    ("epnas: {policy: lstm}\npredict: {predictor: value-head}\n", &[]),
    ("epnas: {regular: 0.5, enlarged: 0.5}\n", &["strategy::shares"; 2]),
    ("epnas: {regular: 0.5, enlarged: 0.5}\nconstraints: {params: {max: 20k, enforcement: penalty}}\n", &["strategy::shares"; 2]),
    ("epnas: {regular: 0.5, enlarged: 0.5}\nconstraints: {params: {max: 20k}}\n", &[]),
    ("epnas: {regular: 0, enlarged: 0}\n", &[]),
    ("strategy: random\nepnas: {regular: 0.5}\n", &[]),
    ("epnas: {imagined: 100}\n", &["strategy::policy"]),
    ("epnas: {policy: logits, imagined: 100}\n", &[]),
    ("strategy: pnas\npredict: {predictor: value-head}\n", &["strategy::value-head"]),
    ("space: {layers: {operations: [max-pool]}}\nconstraints: {params: {max: 2k}}\nepnas: {regular: 0.5}\n", &["strategy::shares"]),
    // The first round has nothing to learn from.
    ("predict: {predictor: forest}\nstages: [{rounds: 1, trainings: 2}]\n", &["strategy::no-prediction"]),
    ("predict: {predictor: forest}\nstages: [{rounds: 2, trainings: 2}]\n", &[]),
    ("predict: {gate: {spearman: 0.3}}\nstages: [{rounds: 2, trainings: 8}]\n", &["strategy::gate"]),
    ("predict: {gate: {spearman: 0.3}}\nstages: [{rounds: 3, trainings: 8}]\n", &[]),
    ("predict: {gate: {spearman: 0.3}}\nstages: [{rounds: 1, trainings: 8, carry: 2}, {rounds: 2, trainings: 8}]\n", &[]),
    // One network is trained at the end, whatever stages would train.
    ("strategy: fixed\nfinal: {networks: 12}\n", &["strategy::ignored"]),
    ("strategy: random\nfinal: {networks: 12}\n", &["final::networks"]),
];
