//! Wrong specs, each with the codes it gives.

use super::GOOD;
use super::strategy_cases::OF_STRATEGIES;

/// Searches in a table.
const IN_A_TABLE: &[(&str, &[&str])] = &[
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {columns: [x, y]}}}\n", &[]),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}, reported: {validation: m, test: m}}}\n",
        &["table::test-as-metric"],
    ),
    ("name: a\nspace: {table: {path: $HOME/t.csv, metric: m, choices: {columns: [x]}}}\n", &["table::path"]),
    ("name: a\nspace: {table: {path: '', metric: m, choices: {columns: []}}}\n", &["table::path", "table::choices"]),
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {columns: [x, x]}}}\n", &["table::choices"]),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}, costs: {macs: m}}}\n\
         constraints: {params: {max: 1}, macs: {max: 1}}\n",
        &["constraint::unknown-cost"],
    ),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}, graph: {edges: [[0, 1], [2, 1], [3]]}}}\n",
        &["table::graph"; 2],
    ),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\ndataset: {name: mnist}\ntrain: {seed: 1}\nmetric: accuracy\n\
         stages: [{rounds: 1, trainings: 1, depth: 2, epochs: 2, size: 8, examples: 0.5, train: {seed: 1}}]\n\
         final: {epochs: 1, train: {seed: 1}}\n",
        &["table::ignored"; 10],
    ),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nfinal: {train: {replicates: 3}}\n",
        &["table::ignored", "table::replicates"],
    ),
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nstrategy: pnas\n", &["strategy::space"]),
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nreferences: [vgg]\n", &["table::ignored"]),
    ("name: a\ndataset: {name: mnist}\nstages: [{rounds: 1, size: 14}]\n", &["stages::size"]),
    (
        "name: a\ndataset: {path: p, size: 32}\nstages: [{rounds: 1, size: 4}, {rounds: 1, size: 33}, {rounds: 1, size: 32}]\n",
        &["stages::size"; 2],
    ),
    ("name: a\ndataset: {path: p, size: 32}\ntrain: {augment: {crop: 9}}\nstages: [{rounds: 1, size: 9}]\n", &["spec::out-of-range"]),
    ("name: a\ndataset: {name: mnist}\ntrain: {augment: {resized-crop: 1, mixup: 2, trivial-augment: true}}\n", &["spec::out-of-range"; 2]),
    ("name: a\ndataset: {name: mnist}\ntrain: {augment: {resized-crop: 0.2, crop: 2}}\n", &["train::crop"]),
    (
        "name: a\ndataset: {name: mnist}\ntrain: {augment: {crop: 2}}\nstages: [{rounds: 1, train: {augment: {resized-crop: 0.2}}}]\n\
         final: {train: {augment: {crop: 0, resized-crop: 0.2, mixup: 1}}}\n",
        &["train::crop"],
    ),
    ("name: a\ndataset: {path: p, val-as-test: true, test: 10%}\n", &["dataset::format"]),
    ("name: a\ndataset: {name: cifar-10}\nmetric: top-5\n", &["metric::classes"]),
    ("name: a\ndataset: {name: cifar-100}\nmetric: top-5\n", &[]),
    ("name: a\ndataset: {name: mnist}\nstrategy: fixed\nreferences: [vgg]\n", &["references::ignored"]),
    ("name: a\ndataset: {name: mnist}\nstrategy: fixed\nstages: [{rounds: 1}]\n", &["stages::ignored"]),
    (
        "name: a\ndataset: {name: mnist}\nstrategy: fixed\nextrapolate: {macs: 0}\ntrain: {inherit: parent}\nfinal: {networks: 2}\n",
        &["strategy::ignored"; 3],
    ),
    ("name: a\ndataset: {name: mnist}\nstrategy: fixed\ntrain: {inherit: none}\nfinal: {networks: 1}\n", &[]),
    // Stages that are not run need no examples.
    ("name: a\ndataset: {name: mnist, validation: 59000}\nstrategy: fixed\n", &[]),
    ("name: a\ndataset: {name: mnist, validation: 59000}\nstrategy: random\n", &["stages::examples"]),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nepnas: {regular: 1, enlarged: 1, from-given: 1}\n",
        &["strategy::shares"; 3],
    ),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nstages: [{rounds: 1, trainings: 1, epochs: 5}]\n",
        &["table::ignored"],
    ),
    (
        "name: a\ndataset: {name: mnist}\nreferences: [resnet]\nconstraints: {intensity: {min: 1000, enforcement: filter}}\n",
        &["references::limits"],
    ),
    ("name: a\ndataset: {name: mnist}\nreferences: []\n", &["spec::empty-set"]),
    ("name: a\ndataset: {name: mnist}\nreferences: none\npredict: {shared-weights: }\n", &["spec::no-value"]),
    ("name: a\ndataset: {name: mnist}\nreferences: none\npredict:\nepnas:\n", &["spec::no-value"; 2]),
    ("name: a\ndataset: {name: mnist}\nreferences: [vgh]\n", &["spec::unknown-word"]),
    ("name: a\ndataset: {name: mnist}\nreferences: all\n", &["spec::unknown-word"]),
    (
        "name: a\ndataset: {name: mnist}\nreferences: none\nconstraints: {params: {max: 200, enforcement: penalty}}\n",
        &["space::no-feasible-network"],
    ),
    ("name: a\ndataset: {name: mnist}\nreferences: vgg\n", &["spec::wrong-type"]),
    ("name: a\ndataset: {name: mnist}\nreferences: [vgg, none]\n", &["spec::wrong-type"]),
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nstrategy: fixed\n", &["strategy::space"]),
    ("name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\nstrategy: enas\n", &["strategy::space"]),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\npredict: {zero-cost: [synflow]}\n",
        &["strategy::zero-cost"],
    ),
    (
        "name: a\nspace: {table: {path: t.csv, metric: m, choices: {split: {column: x}}}}\npredict: {shared-weights: {}}\n",
        &["strategy::shared-weights"],
    ),
];

/// How a run behaves.
const CONDUCT: [(&str, &[&str]); 3] = [
    (
        "name: a\ndataset: {name: mnist}\nlookahead: 1\ncheckpoint: 5m\nbudget: {trainings: 1k, device-hours: 0.5, wall-time: 1h30m, disk: 2G}\n\
         failures: {retries: 2, time-limit: 2h, silence: 30s, out-of-memory: skip, diverged: stop, limit: 0.2, reward: none}\n",
        &[],
    ),
    (
        "name: a\ndataset: {name: mnist}\ncheckpoint: 300\nbudget: {wall-time: soon}\nfailures: {time-limit: 1.5h, silence: [1]}\n",
        &["spec::time"; 4],
    ),
    (
        "name: a\ndataset: {name: mnist}\nlookahead: 1000\ncheckpoint: 0s\nbudget: {trainings: 0, device-hours: 0, disk: 0.5}\n\
         failures: {retries: 1000, silence: 1s, limit: 0, time-limit: 400d}\n",
        &["spec::out-of-range"; 9],
    ),
];

/// Searches for cells.
const OF_CELLS: [(&str, &[&str]); 11] = [
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {skeleton: {reductions: 8}}}\n", &["space::resolution"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {}}\n", &[]),
    (
        "name: a\ndataset: {name: mnist}\nspace: {cells: {operations: [identity, separable-convolution-3x3, max-pool-3x3, convolution-1x1, identity]}}\n",
        &["spec::named-twice"],
    ),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {blocks: {min: 0, max: 17}}}\n", &["spec::out-of-range"; 2]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {blocks: {min: 4, max: 3}}}\n", &["space::depth"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {skeleton: {reductions: 9}}}\n", &["spec::out-of-range"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {start: [{inputs: [0], operations: [identity, identity]}]}}\n", &["space::start"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {start: [{inputs: [0, 2], operations: [identity, identity]}]}}\n", &["space::start"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {}}\nepnas: {regular: 1}\n", &["strategy::shares"]),
    ("name: a\ndataset: {name: mnist}\nspace: {cells: {}}\nconstraints: {params: {max: 10}}\n", &["space::no-feasible-network"]),
    ("name: a\ndataset: {name: mnist}\nfinal: {skeleton: {channels: 8}}\n", &["final::skeleton"]),
];

/// Each with the codes it gives, in the order of the text.
#[expect(clippy::too_many_lines, reason = "one list")]
pub fn cases() -> Vec<(Vec<u8>, &'static [&'static str])> {
    let raw: [(&[u8], &[&str]); 8] = [
        (b"", &["spec::empty"]),
        (b"# only a comment\n", &["spec::empty"]),
        (b"name: \xff\xfe\n", &["spec::encoding"]),
        (b"name: a\n\tdataset: b\n", &["spec::syntax"]),
        (b"name: {{ a }}\n", &["spec::syntax"]),
        (b"~: 1\n", &["spec::syntax"]),
        (b"a: &x [1]\nb: *x\nc: !t 1\n<<: {}\n", &["spec::unsupported"; 4]),
        (b"just text\n", &["spec::wrong-type"]),
    ];
    let mut cases: Vec<(Vec<u8>, &[&str])> = raw.into_iter().map(|(text, codes)| (text.to_vec(), codes)).collect();
    cases.push((vec![b'['; 1_000], &["spec::too-large"]));
    cases.push(("- a\n".repeat(100_001).into_bytes(), &["spec::too-large"]));
    cases.push((vec![b' '; (1 << 20) + 1], &["spec::too-large"]));
    let appended: &[(&str, &[&str])] = &[
        ("---\nname: b\n", &["spec::documents"]),
        ("name: b\nseed: 1\nseed: 2\nsed: 1\n", &["spec::duplicate-key", "spec::duplicate-key", "spec::unknown-key"]),
        // The rules speak of the sections whose structure is right.
        (
            "seeds: 1\nspace: {layers: {kernels: [2]}}\nconstraints: {params: {max: 1, min: 2}}\ntrain: {momentun: 1}\n",
            &["spec::unknown-key", "spec::out-of-range", "constraint::contradiction", "spec::unknown-key"],
        ),
        ("seed: !!int x\n", &["spec::unreadable"]),
        ("stages:\n  - trainings: 1\n", &["spec::missing-key"]),
        ("seed: -1\ntrain: {warmup: .inf, augment: {flip: on}}\n", &["spec::wrong-type"; 3]),
        ("strategy: evolution\n", &["spec::unknown-word"]),
        ("constraints: {params: {max: 100K}, macs: {min: k}}\n", &["spec::size"; 2]),
        ("stages: [{rounds: 1, trainings: 1, name: ../x}, {rounds: 1, trainings: 1, name: ''}]\n", &["spec::name"; 2]),
        ("stages: [{rounds: 1, trainings: 1, name: stage-2}, {rounds: 1, trainings: 1}]\n", &["spec::duplicate-name"]),
        ("space: {layers: {kernels: []}}\n", &["spec::empty-set"]),
        ("space: {layers: {kernels: [2, 29], channels: [0], stem: {stride: 9}}}\n", &["spec::out-of-range"; 4]),
        ("train: {momentum: 1, batch-size: 0, replicates: 101, label-smoothing: 1, augment: {crop: 28}}\n", &["spec::out-of-range"; 5]),
        ("space: {layers: {depth: {min: 9}}}\n", &["space::depth"]),
        ("space: {layers: {strides: [2]}}\n", &["space::resolution"]),
        ("space: {layers: {min-resolution: 15, stem: {stride: 2}}}\n", &["space::resolution"]),
        (
            "space: {layers: {start: [{operation: max-pool, channels: 16, skip: 1}, {operation: convolution}, \
             {operation: inverted-bottleneck, channels: 17, kernel: 7, skip: 1, expansion: 2}]}}\n",
            &["space::start"; 5],
        ),
        (
            "space: {layers: {start: [{operation: max-pool}, {operation: max-pool}, {operation: max-pool}, {operation: max-pool}]}}\n",
            &["space::start"],
        ),
        ("constraints: {params: {max: 200}}\n", &["space::no-feasible-network"]),
        ("constraints: {params: {min: 1G}, activations: {max: 1k}}\n", &["space::no-feasible-network"; 2]),
        ("constraints: {params: {max: 2000}}\nspace: {layers: {start: [{operation: convolution, channels: 64}]}}\n", &["space::start"]),
        ("constraints: {intensity: {min: 500}}\n", &["space::no-feasible-network", "space::start"]),
        ("constraints: {intensity: {min: 500}, latency: {max: 1}}\n", &["space::no-feasible-network", "space::start"]),
        (
            "space: {layers: {operations: [convolution], channels: [16, 24], kernels: [3], strides: [1], depth: {max: 1}}}\nconstraints: {params: \
             {max: 2700, min: 2690}}\nstages: [{rounds: 1, trainings: 1, proposals: 1}]\n",
            &["space::no-feasible-network"],
        ),
        (
            "space: {layers: {operations: [convolution], kernels: [3], channels: [16], depth: {max: 1}}}\nstages: [{rounds: 2, trainings: 2}]\n",
            &["space::too-small"],
        ),
        ("stages: [{rounds: 1, trainings: 1, name: final}]\n", &["spec::reserved-name"]),
        ("stages: []\n", &["stages::count"]),
        ("stages: [{rounds: 1, trainings: 6, proposals: 5}, {rounds: 1, trainings: 30000}]\n", &["stages::proposals"; 2]),
        ("stages: [{rounds: 0, trainings: 1}]\n", &["spec::out-of-range"]),
        ("stages: [{rounds: 2, trainings: 2, carry: 3}, {rounds: 0, carry: 2}, {rounds: 0}]\nfinal: {networks: 1}\n", &[]),
        ("stages: [{rounds: 1, trainings: 1, carry: 3}, {rounds: 1, trainings: 1}]\n", &["stages::carry"]),
        ("stages: [{rounds: 1, trainings: 1, carry: 2}, {rounds: 1, trainings: 1}]\n", &["stages::carry-all"]),
        ("stages: [{rounds: 1, trainings: 1, depth: 9}]\n", &["stages::depth"]),
        ("stages: [{rounds: 1, trainings: 1, depth: 7}, {rounds: 1, trainings: 1, depth: 4}]\n", &["stages::falling-depth"]),
        ("stages: [{rounds: 1, trainings: 1, examples: 0.001}]\n", &["stages::examples"]),
        ("train: {batch-size: 65536}\nstages: [{rounds: 1, trainings: 1}]\n", &["stages::examples"]),
        ("requires-epnas: \"99\"\nsed: 1\n", &["spec::version"]),
        ("requires-epnas: 0.99\nsed: &a 1\n", &["spec::version"]),
        ("requires-epnas: 0.1\n", &["spec::wrong-type"]),
        ("requires-epnas: \"0.1\"\n", &[]),
        ("requires-epnas: \"9\\x39\"\n", &["spec::version"]),
        ("requires-epnas: latest\n", &["spec::version"]),
        ("predict: {gate: {spearman: 0.3}}\nstages: [{rounds: 2, trainings: 4}]\n", &["strategy::gate"]),
        ("strategy: pnas\nstages: [{rounds: 1, trainings: 2, proposals: 2}]\n", &["stages::nothing-to-choose"]),
        ("constraints: {params: {max: 2700, min: 2600}}\n", &["constraint::rejects-most"]),
        ("constraints: {params: {max: 1G}}\n", &["constraint::no-effect"]),
        ("stages: [{rounds: 10000, trainings: 101}]\n", &["stages::too-many-trainings"]),
        ("stages: [{rounds: 1, trainings: 1}]\nfinal: {networks: 3}\n", &["final::networks"]),
        ("stages: [{rounds: 1, trainings: 2, epochs: 20, examples: 0.5}]\nfinal: {epochs: 9}\n", &["final::short"]),
        ("stages: [{rounds: 1, trainings: 2, epochs: 21}]\n", &["final::short"]),
        ("constraints: {params: {}}\n", &["constraint::empty"]),
        ("constraints: {params: {max: 1, min: 2}}\n", &["constraint::contradiction"]),
        ("constraints: {macs: {min: 2M}, flops: {max: 3M}}\n", &["constraint::contradiction"]),
        ("constraints: {params: {max: 1M, penalty-base: 0.5}}\n", &["constraint::penalty-base"]),
        ("constraints: {params: {max: 1M, exponent: -0.1}}\n", &["constraint::exponent"]),
        ("constraints: {params: {max: 1M, enforcement: exponent, exponent: 0}}\n", &["spec::out-of-range"]),
        ("constraints: {latency: {max: 5}}\n", &[]),
        ("constraints: {measured: {pi4: {max: 5}}}\n", &[]),
        ("constraints: {measured: {pi.4: {max: 5}}}\n", &["constraint::measure"]),
        ("constraints: {measured: {pi4: {}}}\n", &["constraint::empty"]),
        ("constraints: {measured: {pi4: {min: 5, max: 4}}}\n", &["constraint::contradiction"]),
        ("constraints: {measured: {pi4: {most: 5}}}\n", &["spec::unknown-key"]),
        ("constraints: {measured: {pi4: {max: 12ms}}}\n", &["spec::size"]),
    ];
    cases.extend(appended.iter().chain(OF_STRATEGIES).map(|(text, codes)| (format!("{GOOD}{text}").into_bytes(), *codes)));
    cases.extend(IN_A_TABLE.iter().map(|(text, codes)| (text.as_bytes().to_vec(), *codes)));
    cases.extend(OF_CELLS.iter().map(|(text, codes)| (text.as_bytes().to_vec(), *codes)));
    cases.extend(CONDUCT.iter().map(|(text, codes)| (text.as_bytes().to_vec(), *codes)));
    // Without a data set the other sections are told of as well.
    cases.push((b"name: a\n".to_vec(), &["dataset::missing"]));
    cases.push((
        b"name: a\nspace: {layers: {kernels: [2]}}\nsed: 1\n".to_vec(),
        &["dataset::missing", "spec::out-of-range", "spec::unknown-key"],
    ));
    cases.push((b"name: a\nspace: {tabel: {}}\n".to_vec(), &["spec::unknown-key"]));
    cases.extend(OF_FILES.iter().map(|(dataset, codes)| (format!("name: a\ndataset: {{{dataset}}}\n").into_bytes(), *codes)));
    cases.push((b"name: a\ndataset: {name: mnist, path: ~someone/mnist}\n".to_vec(), &["dataset::path"]));
    cases.push((b"name: a\ndataset: {name: mnist, path: '', validation: 3}\n".to_vec(), &["dataset::path", "dataset::validation"]));
    cases
}

/// Data sets of one's own.
const OF_FILES: [(&str, &[&str]); 12] = [
    ("format: idx, path: a, height: 12, width: 10, classes: 3, validation: 30", &[]),
    ("format: cifar-100, path: a, height: 12, width: 10, class-names: [b, c], validation: 30", &[]),
    ("validation: 30", &["dataset::missing"]),
    ("format: idx", &["dataset::format"; 5]),
    ("format: idx, path: '', height: 12, width: 10, classes: 3, validation: 30", &["dataset::path"]),
    ("format: idx, path: a, height: 0, width: 9999, classes: 1, validation: 30", &["spec::out-of-range"; 3]),
    ("format: idx, path: a, height: 12, width: 10, classes: 3, validation: 2", &["dataset::validation"]),
    ("format: idx, path: a, height: 12, width: 10, classes: 3, class-names: [b, c], validation: 30", &["dataset::format"]),
    ("format: idx, path: a, height: 12, width: 10, class-names: [b, b], validation: 30", &["dataset::format"]),
    ("format: idx, path: a, height: 12, width: 10, class-names: [b], validation: 30", &["dataset::format"]),
    ("format: png, path: a, height: 12, width: 10, classes: 3, validation: 30", &["spec::unknown-word"]),
    ("name: mnist, format: idx, classes: 10", &["dataset::format"; 2]),
];
