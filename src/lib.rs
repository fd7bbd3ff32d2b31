//! epnas: neural architecture search as a declarative pipeline. This page is the map for those who work on it.
//!
//! # Data flows one way
//!
//! ```text
//!  spec file ──load──▶ Spec ──resolve──▶ ResolvedSpec ──Plan::new──▶ Plan ──run──▶ TaskResults ──▶ report
//!   (YAML)            as written        nothing implied         petgraph DAG    ▲      │ Events
//!                         │                                                 Executor  Cache (blake3)
//!                    Diagnostics                                       (worker processes)
//! ```
//!
//! Each arrow is one public function, each box one plain type, and nothing points back.
//!
//! A search is adaptive, a graph is static: the *shape* of the plan is static, the *keys* of its tasks are not. A
//! [`plan::TaskId`] is a place in the plan, for people. A [`cache::TaskKey`] is the digest of what a task computes
//! from: its parameters and the digests of its inputs. It is known when the inputs are, so [`run`] walks the plan and
//! asks the cache task by task. The state of a strategy is an artifact that flows along edges. From this follow:
//! nothing runs twice, an edit reruns only what it changes, and a killed run goes on where it was.
//!
//! ```
//! use epnas::digest::{Digest, Domain};
//! use epnas::plan::{DataDigests, Plan};
//!
//! let reading = epnas::spec::read(b"name: first\ndataset: {name: mnist}\n");
//! let spec = reading.resolved.expect("a spec without faults");
//! let images = Digest::of(Domain::Dataset, b"what the files hold");
//! let plan = Plan::new(&spec, DataDigests { search: images, last: images }, "this processor");
//! assert_eq!(plan.tasks().last().map(|planned| planned.id.to_string()), Some("final/test".to_owned()));
//! ```
//!
//! # Two programs
//!
//! `epnas` never loads libtorch. `epnas-worker` (`src/worker.rs`) is the only program that does. It has the module
//! `torch`, which implements the traits of [`engine`], and reads tasks as JSON lines. So the library is free of `tch`,
//! and a crash in libtorch is a failed task, not the end of a run. A worker sends heartbeats, accepts pause requests
//! and checkpoints; another worker resumes bit-identically.
//!
//! # Four crates
//!
//! Each is compiled as its work asks for. What a search computes and keeps is the crate in `core/`: searches on tables
//! spend their time there, so it is optimised, and an edit of the command line does not compile it again. What lies
//! around it is this crate, not optimised where it is developed; it shows the modules of `core/` as its own. The C++
//! between `tch` and libtorch is the crate in `shim/`, what decodes and resizes photographs the crate in `pixels/`.
//!
//! # The rooms, in reading order
//!
//! A module names only modules above it; `tests/architecture.rs` holds the table. Those up to [`cache`] are in `core/`.
//! Inside a room no files name each other in a circle; `tests/circles.rs` looks for them.
//!
//! * Values: [`digest`], [`seed`] (the only source of randomness), [`statistics`] (estimates and their intervals),
//!   [`files`] (the only raw writes), [`host`] (memory and processors that this process may use), [`text`] (numbers,
//!   tables, suggestions, escaping).
//! * The search, pure: [`arch`] (what a network is and costs), [`table`] (results that are known already), [`space`]
//!   (which networks exist, and how they are edited), [`dataset`] (decoded once, mapped by all), [`engine`] (what needs
//!   tensors, as traits), [`objective`] (reward), [`strategy`] (what to try next).
//! * Work: [`task`], inputs to outputs; [`cache`], where outputs are kept (with verification, garbage collection and
//!   bundles).
//! * The pipeline: [`diagnostic`] (what is wrong, where, and how to mend it), [`export`] (what was found in the forms that
//!   other programs load), [`spec`], [`plan`], [`lock`] (what `--locked` compares a search with), [`event`], [`cause`]
//!   (why a task runs, down to the field of the spec), [`run`], [`forecast`] (time and disk of a run before it starts),
//!   [`report`] (of one run), [`what_if`] (one run under other constraints), [`study`] (what each fidelity says of where
//!   networks end), [`comparison`] (several searches over several seeds), [`page`] (a run, a comparison or a study as one
//!   HTML page, and its figures), [`tensorboard`] (trainings as event files).
//! * The command line: [`cli`], where paths, the clock and the environment enter.
//!
//! # What must not be where
//!
//! No tensors outside `torch`. No clock, environment or randomness of their own in the search. No `HashMap`, whose
//! order differs from run to run. A plan knows no cache, a cache no plan; a report never asks a run. Only the final task
//! can name the test split.
//!
//! # Words
//!
//! | word | what it is | where |
//! |--|--|--|
//! | spec, resolved spec | the file as written; the same with every default filled in | [`spec`] |
//! | space | the networks that a search may choose | [`space`] |
//! | proposal, training | a network that a round suggests; one that a round trains | [`strategy`], [`task`] |
//! | stage, round | trainings of one fidelity; one step of sample, predict, train, reward, update | [`plan`] |
//! | fidelity | epochs × share of the training images | [`engine`] |
//! | reference | a network written by hand that a search starts from and has to beat | [`space`], [`spec`] |
//! | reward | accuracy weighed against the constraints | [`objective`] |
//! | extrapolation | an estimate of the accuracy after the final training, from that of a short one | [`objective`] |
//! | policy | the network that REINFORCE trains to choose edits | [`strategy`] |
//! | shared weights, path | weights that networks have in common, by place; a network that a step trains of them | [`task`] |
//! | probe | what a network reaches with shared weights | [`task::Probing`] |
//! | chain | one set of shared weights, from its own seed, link by link | `plan/shared.rs`, `plan/scores.rs` |
//! | parent, age | the network whose weights a training begins with; the passes that they have seen | `task/nursery.rs` |
//! | execution settings | budgets, checkpoints, what is done about a failure; in no key | [`spec::ExecutionSettings`] |
//! | final result | the network that a search ends with, with its test accuracy | [`task::FinalResult`] |
//! | cost basis | what the costs of a network are computed for: images, a skeleton, a table | [`task::CostBasis`] |
//! | task state | waiting, missing an input, or with a key that is cached, failed or new | [`run`] |
//! | cause | why a task runs: the field that changed, or that it never ran | [`cause`] |
//! | callback | what follows a training: progress, checkpoints, pause | [`engine::Callback`] |
//! | trajectory | the path of a search under other constraints | [`what_if`] |
//! | coverage | the share of a space that the constraints leave | `spec/check/coverage.rs` |
//! | port | an output or input of a task, as a value | [`task::Port`] |
//! | fingerprint, key | what a task computes from; its digest | [`cache`] |
//! | pool, slot | an executor of a run; room for one task in it | [`run`] |
//! | measure | a command of the pools file that measures a cost of networks on a device of the user's | [`run::MeterExecutor`] |
//! | launcher | a command that starts a worker elsewhere and carries its streams | [`run::LaunchSettings`] |
//!
//! # How things are added
//!
//! Four changes, walked file by file. Tests and generated files are not counted.
//!
//! * An operation with a parameter of its own (6): its primitive's row in `arch/primitive.rs`; its variant and the row
//!   of its parameter in `arch/layers/operation.rs`; its layers in `arch/layers/build.rs`; its fields in
//!   `spec/schema/space.rs`; its tensors in `torch/model.rs` and `torch/folded.rs`. Edits, policy heads, predictors,
//!   costs, bounds and checks follow; a test in `torch` compares costs with tensors.
//! * A strategy that carries an artifact from round to round (6): its file in `strategy/`, which implements
//!   [`strategy::SearchStrategy`]; its variant and its line in `strategy/mod.rs`; its artifact in
//!   `strategy/carried.rs`; its section in `spec/schema/strategy.rs` and `spec/resolve/strategy.rs`; who writes the
//!   artifact, in `task/search.rs`. Lines in `strategy/conformance.rs` and `strategy/landscapes.rs` test it.
//! * An executor whose slots appear late, come and go, beside the local one (3): its file in `run/`, which implements
//!   [`run::Executor`]; its line in `run/mod.rs`; where it joins the other pools, in `cli/machine/mod.rs`.
//! * A layout of image files whose size, classes and class names are data (5): a variant of [`dataset::Format`] in
//!   `dataset/described.rs`; its files in `dataset/find.rs`; a file beside `dataset/idx.rs` that decodes them, and its
//!   line in `dataset/mod.rs`; a crate that decodes, in `Cargo.toml`.
//!
//! Others: a section of the report is a file in `page/run/` and its line in `page/run/mod.rs`. A layout of photographs
//! is a file in `dataset/photos/` that makes a listing, and its line in
//! `dataset/photos/listing.rs`. A predictor is a variant of [`strategy::Predictor`] and a file in
//! `strategy/predictor/`. A score of untrained networks is a variant of [`engine::ZeroCost`] and of
//! [`engine::Score`], a method of [`engine::Trainer`] and its formula in `torch/score.rs`. A published data set is a variant of
//! [`dataset::DatasetKind`] and its row in `dataset/rows.rs`. A field of the spec is in `spec/schema/`, its default in
//! `spec/resolve/`, its rule in `spec/check/`, a line in `tests/fields.rs`, `epnas schema`, and `docs/spec.md` (renewed
//! by `tests/docs`). A failure kind is a variant of [`engine::TaskFailure`], its policy in `spec/resolve/execution.rs`. A
//! rule has its code in `cli/diagnostics/rules.rs` and its exact words in `tests/diagnostics.rs` or beside it. What
//! tasks give joins the table of `task/golden.rs`.

#![cfg_attr(not(test), warn(unreachable_pub))]

pub use epnas_core::{arch, cache, dataset, digest, engine, files, host, objective, seed, space, statistics, strategy, table, task, text};

pub mod diagnostic;
pub mod export;
pub mod spec;
pub mod plan;
pub mod lock;
pub mod event;
pub mod cause;
pub mod run;
pub mod forecast;
pub mod report;
pub mod what_if;
pub mod study;
pub mod comparison;
pub mod page;
pub mod tensorboard;

pub mod cli;

// The simulations of `tests/simulation` speak of the library by its name; `run` has them among its own tests.
#[cfg(test)]
extern crate self as epnas;
