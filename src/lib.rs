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
//! `epnas` never loads libtorch. `epnas-worker` (`src/worker.rs`) is the only program that does; it has the module
//! `torch`, which implements the traits of [`engine`], and reads tasks as JSON lines. So the library is free of `tch`,
//! and a crash in libtorch is a failed task, not the end of a run. While it computes it says that it is alive, hears when
//! it is to pause, and saves long trainings in the cache; another worker goes on with them to the same bits. The C++ between
//! `tch` and libtorch is the crate in `shim/`.
//!
//! # The rooms, in reading order
//!
//! A module names only modules above it; `tests/architecture.rs` holds the table.
//!
//! * Values: [`digest`], [`seed`] (the only source of randomness), [`statistics`] (what samples say, and how surely),
//!   [`files`] (the only raw writes), [`host`] (what the system gives this process of the machine), [`text`] (numbers, tables and
//!   untrusted words as people read them), [`diagnostic`].
//! * The search, pure: [`arch`] (what a network is and costs), [`table`] (results that are known already), [`space`] (which
//!   exist, and how they are edited), [`dataset`] (decoded once, mapped by all), [`engine`] (what needs tensors, as traits), [`objective`] (reward), [`strategy`] (what to try next).
//! * Work: [`task`], inputs to outputs.
//! * The pipeline: [`spec`], [`plan`], [`cache`] (also verified, tidied and bundled there), [`lock`] (what a search is
//!   made of, held fast), [`event`], [`cause`] (why a task runs, down to the field of the spec), [`run`], [`forecast`] (what a run will do), [`report`] (of one run), [`what_if`] (one
//!   run under other constraints),
//!   [`comparison`] (of several searches over several seeds).
//! * Asking: [`cli`], where paths, the clock and the environment enter.
//!
//! # What must not be where
//!
//! No tensors outside `torch`. No clock, environment or randomness of their own in the search. No `HashMap`, whose
//! order differs from run to run. A plan knows no cache, a cache no plan; a report never asks a run. The digest of the
//! test split is in one task's parameters, the final one's.
//!
//! # How things are added
//!
//! An operation: its variant in [`arch::OperationKind`] or [`arch::cells::CellOperation`], its layers in
//! `arch/layers/build.rs` or `arch/cells/build.rs`. A parameter of operations: its row in [`arch::Parameter`], its fields in
//! `spec/schema/space.rs`. A primitive: its row in [`arch::Primitive`], its tensors in `torch/model.rs` and
//! `torch/folded.rs`. Costs follow from the primitives, and a test in `torch` compares them with tensors. A
//! strategy: a file beside `strategy/random.rs` that implements [`strategy::SearchStrategy`], with a memory of its own type; its
//! variant of [`strategy::Strategy`], and there its line in `module`; a line in `strategy/conformance.rs`, which runs every strategy on every space, and a search in `strategy/landscapes.rs`, which holds it against chance; its
//! outputs join the table of `task/golden.rs`. A predictor: a variant of [`strategy::Predictor`] and a file in
//! `strategy/predictor/`. A score of untrained networks: a variant of [`engine::ZeroCost`], a method of [`engine::Trainer`], its
//! formula in `torch/score.rs`. A space: a room in `space/`, a variant of [`space::SearchSpace`], and of `Problem`. A field of the spec: `spec/schema.rs`, its default in `spec/resolve.rs`, its rule in
//! `spec/check/`, a line in `tests/fields.rs`, and `epnas schema`. A sort of failure: a variant of [`engine::TaskFailure`], its
//! policy in `spec/resolve/conduct.rs`. A pool of slots: a file in `run/` that
//! implements [`run::Executor`], its line in `run/mod.rs`, and where it joins the others in `cli/machine`. A rule: its code in `cli/diagnostics/rules.rs`, and its
//! exact words in `tests/diagnostics.rs` or beside it.

pub mod digest;
pub mod seed;
pub mod statistics;
pub mod files;
pub mod host;
pub mod text;
pub mod diagnostic;

pub mod arch;
pub mod table;
pub mod space;
pub mod dataset;
pub mod engine;
pub mod objective;
pub mod strategy;

pub mod task;

pub mod spec;
pub mod plan;
pub mod cache;
pub mod lock;
pub mod event;
pub mod cause;
pub mod run;
pub mod forecast;
pub mod report;
pub mod what_if;
pub mod comparison;

pub mod cli;

// The simulations of `tests/simulation` speak of the library by its name; `run` has them among its own tests.
#[cfg(test)]
extern crate self as epnas;
