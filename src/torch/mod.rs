//! The only place that names `tch`: networks as tensors, their training, and the policy. Only the worker comes here.
//!
//! Random numbers are all drawn from [`epnas::seed`] and handed over as tensors; the generator hidden in libtorch is
//! never used, so a result depends on its task's seed alone. On one processor with one number of threads equal tasks
//! give equal bits; on a GPU some of cuDNN's gradients are summed in no fixed order, and the last digits may differ.
//!
//! Where the time goes: on a processor libtorch's convolutions run at nearly the speed of the hardware in 32 bits, and most
//! of the rest was normalisation, rectifiers and pools, which are bound by memory. [`fusion`] finds what of them belongs
//! together, [`shim`] calls loops in C++ (the crate in `shim/`) that do it in as few passes as there can be, for tensors with their
//! channels last. `make bench-train` compares with PyTorch. On a GPU everything is libtorch's own.

mod ahead;
mod augment;
mod blob;
mod checkpoint;
mod cuda;
mod data;
mod device;
mod evaluation;
mod feed;
#[cfg(test)]
mod export_tests;
mod flat;
mod folded;
mod fusion;
mod infer;
mod inherit;
mod latency;
mod loader;
mod model;
mod onnx;
mod optimizer;
mod paths;
mod peak;
mod policy;
mod score;
mod shared;
mod shim;
mod speed;
mod train;
mod walk;
mod weights;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tch::Kind;

use self::blob::{Blob, refused};
use self::data::Statistics;
use self::device::Machine;
use self::folded::Folded;
use self::loader::{Loader, indices};
use self::model::{Model, Pass};
use self::peak::Watch;
use self::policy::TorchPolicy;
use epnas::arch::{Network, PlacedNetwork};
use epnas::dataset::Images;
use epnas::digest::{Digest, Domain};
use epnas::engine::{
    Callback, Inferred, Loadable, Memory, Minibatch, PEAK, Parent, Policies, Policy, PolicyParameters, Precision, ProbeJob, ShareJob,
    Shared, Speed, TaskFailure, Tested, TrainJob, TrainRecipe, Trained, Trainer,
};
use epnas::seed::Seed;
use epnas::space::Vocabulary;

/// Trains on one device of this machine.
#[derive(Debug)]
pub struct TorchTrainer {
    machine: Machine,
    /// By data set and by labels: a data set has one file to learn from and one to test on.
    loaders: BTreeMap<(Digest, Digest), Loader>,
}

impl TorchTrainer {
    /// On the device called `cpu` or `cuda:N`; `threads` for the processor's part of the work.
    pub fn new(device: &str, threads: usize) -> Result<Self, String> {
        Ok(Self { machine: Machine::named(device, threads)?, loaders: BTreeMap::new() })
    }

    fn begun_with(&mut self, parent: Option<Parent<'_>>, job: &TrainJob<'_>, callback: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        if job.train.is_empty() {
            return Err(refused("there is no example to learn from"));
        }
        data::check(job.network, job.images, job.train)?;
        data::check(job.network, job.images, job.validation)?;
        let work = |images: &Loader, kind| train::train((job, parent), images, kind, callback);
        let ((metrics, weights), environment) = self.watched(job.recipe, (job.dataset, job.images), work)?;
        Ok(Trained { metrics, weights, environment })
    }

    fn loader(&mut self, dataset: Digest, images: &Images) -> &Loader {
        let device = self.machine.device;
        let key = (dataset, Digest::of(Domain::Blob, &images.label_bytes()));
        self.loaders.entry(key).or_insert_with(|| Loader::new(images, device))
    }

    /// Runs `work`, making a failure of libtorch one of the task. What is resident goes then, for it may be what
    /// memory ran out for.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, TaskFailure>) -> Result<T, TaskFailure> {
        let result = guarded(|| work(self));
        if result.is_err() {
            self.loaders.clear();
        }
        shim::release_memory(self.machine.device.is_cuda());
        result
    }

    /// Runs `work` on resident images by a recipe; gives with its result what it was computed with, and its peak of memory.
    fn watched<T>(
        &mut self,
        recipe: &TrainRecipe,
        (dataset, images): (Digest, &Images),
        work: impl FnOnce(&Loader, Kind) -> Result<T, TaskFailure>,
    ) -> Result<(T, BTreeMap<String, String>), TaskFailure> {
        let kind = self.machine.kind(recipe.precision)?;
        let mut environment = self.machine.environment(recipe.precision);
        self.machine.adopt(recipe.precision, recipe.deterministic);
        let on_host = !self.machine.device.is_cuda();
        self.guarded(|trainer| {
            let images = trainer.loader(dataset, images);
            // The images are there once for all trainings. What a GPU's memory is used for, tch does not tell.
            let watch = on_host.then(Watch::begun).flatten();
            let done = work(images, kind)?;
            environment.extend(watch.and_then(Watch::peak).map(|bytes| (PEAK.to_owned(), bytes.to_string())));
            Ok((done, environment))
        })
    }
}

impl Trainer for TorchTrainer {
    fn infer(&mut self, network: Loadable<'_>, images: &Images) -> Result<Inferred, TaskFailure> {
        let environment = self.machine.environment(Precision::Fp32);
        self.machine.adopt(Precision::Fp32, false);
        self.guarded(|_| {
            let inferred = match network {
                Loadable::Weights(network, weights) => {
                    data::check(network, images, &[])?;
                    infer::from_weights(network, weights, images)
                }
                Loadable::Onnx(model) => infer::from_onnx(model, images),
            };
            Ok(Inferred { environment, ..inferred? })
        })
    }

    fn train(&mut self, job: &TrainJob<'_>, callback: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        self.begun_with(None, job, callback)
    }

    fn train_from(&mut self, parent: Parent<'_>, job: &TrainJob<'_>, callback: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        self.begun_with(Some(parent), job, callback)
    }

    fn share(&mut self, job: &ShareJob<'_>, callback: &mut dyn Callback) -> Result<Shared, TaskFailure> {
        data::check_all(job.paths.iter().map(|path| &path.network), job.images, job.train)?;
        let work = |images: &Loader, kind| shared::share(job, images, kind, callback);
        let (shared, environment) = self.watched(job.recipe, (job.dataset, job.images), work)?;
        Ok(Shared { environment, ..shared })
    }

    fn probe(&mut self, job: &ProbeJob<'_>, networks: &[PlacedNetwork]) -> Result<Vec<f64>, TaskFailure> {
        data::check_all(networks.iter().map(|network| &network.network), job.images, job.validation)?;
        let kind = self.machine.kind(job.recipe.precision)?;
        self.machine.adopt(job.recipe.precision, job.recipe.deterministic);
        self.guarded(|trainer| shared::probe(job, networks, trainer.loader(job.dataset, job.images), kind))
    }

    fn latency(&mut self, network: &Network) -> Result<f64, TaskFailure> {
        let device = self.machine.device;
        let kind = self.machine.kind(Precision::Fp32)?;
        self.machine.adopt(Precision::Fp32, false);
        self.guarded(|_| {
            // As the key of a latency says, whatever trainings have.
            let _alone = score::Alone::new();
            let model = Model::new(network, Seed::root(0).child("latency"), device, kind);
            Ok(latency::milliseconds(&Folded::new(&model, network), network, device))
        })
    }

    fn synflow(&mut self, network: &Network) -> Result<f64, TaskFailure> {
        self.guarded(|_| Ok(score::synflow(network, score::seed())))
    }

    fn naswot(&mut self, network: &Network, minibatch: &Minibatch<'_>) -> Result<f64, TaskFailure> {
        data::check(network, minibatch.images, minibatch.examples)?;
        self.guarded(|_| Ok(score::naswot(network, minibatch, score::seed())))
    }

    fn speed(&mut self, network: &Network, recipe: &TrainRecipe, warm_up: usize, steps: usize) -> Result<Speed, TaskFailure> {
        let machine = self.machine.clone();
        self.guarded(|_| speed::measure(network, recipe, warm_up, steps, &machine))
    }

    fn evaluate(
        &mut self,
        network: &Network,
        weights: &[u8],
        recipe: &TrainRecipe,
        dataset: Digest,
        images: &Images,
    ) -> Result<Tested, TaskFailure> {
        data::check(network, images, &[])?;
        let kind = self.machine.kind(recipe.precision)?;
        self.machine.adopt(recipe.precision, recipe.deterministic);
        let device = self.machine.device;
        let mut blob = Blob::from_bytes(weights)?;
        self.guarded(|trainer| {
            let model = Model::load(network, &mut blob, device, kind)?;
            let normalizer = Statistics::load(&mut blob, images.shape.channels)?.on(device);
            blob.finish()?;
            let loader = trainer.loader(dataset, images);
            let all: Vec<u32> = (0..loader.len() as u32).collect();
            Ok(evaluation::tested(&model, loader, &indices(&all, device), &normalizer, Pass::Inference))
        })
    }
}

/// Makes policies that compute on the processor, where networks this small are quickest.
#[derive(Debug)]
pub struct TorchPolicies(());

impl TorchPolicies {
    pub fn new(threads: usize) -> Self {
        Machine::host(threads);
        Self(())
    }
}

impl Policies for TorchPolicies {
    fn policy(
        &mut self,
        vocabulary: &Vocabulary,
        parameters: &PolicyParameters,
        seed: Seed,
        saved: Option<&[u8]>,
    ) -> Result<Box<dyn Policy>, TaskFailure> {
        guarded(|| Ok(Box::new(TorchPolicy::new(vocabulary, parameters, seed, saved)?) as Box<dyn Policy>))
    }
}

/// libtorch's errors reach us as panics of `tch`; those become failures, all others stay panics.
fn guarded<T>(work: impl FnOnce() -> Result<T, TaskFailure>) -> Result<T, TaskFailure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| match panic.downcast_ref::<String>().and_then(|text| failure(text)) {
        Some(failure) => Err(failure),
        None => resume_unwind(panic),
    })
}

/// The failure behind a panic of `tch`, whose text shows an error of libtorch as `Torch("…")`.
fn failure(panic: &str) -> Option<TaskFailure> {
    let (_, error) = panic.split_once("Torch(\"")?;
    // What follows the first line is a backtrace through libtorch.
    let message = error.split("\\n").next().unwrap_or(error).trim_end_matches("\")").to_owned();
    let signs = [
        "not enough memory",
        "out of memory",
        "bad_alloc",
        "can't allocate memory",
        "ALLOC_FAILED",
        "ALLOCATION_FAILED",
        "cudaErrorMemoryAllocation",
    ];
    let device = ["CUDA", "cuda", "CUBLAS", "CUDNN"];
    // After these no work of this process on the GPU succeeds: it ends, and another worker does what comes next.
    let lost = ["an illegal memory access", "device-side assert", "unspecified launch failure", "ECC error", "fallen off the bus"];
    if message.contains("CUDA") && lost.iter().any(|sign| message.contains(sign)) {
        return None;
    }
    Some(if signs.iter().any(|sign| error.contains(sign)) {
        let memory = if device.iter().any(|sign| error.contains(sign)) { Memory::Device } else { Memory::Host };
        TaskFailure::OutOfMemory { memory, message }
    } else {
        TaskFailure::Refused { message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_libtorch_are_failures_and_bugs_stay_panics() {
        TorchPolicies::new(1);
        let huge = guarded(|| Ok(tch::Tensor::zeros([1 << 46], (tch::Kind::Float, tch::Device::Cpu))));
        assert!(matches!(huge, Err(TaskFailure::OutOfMemory { memory: Memory::Host, .. })), "{huge:?}");
        let wrong = guarded(|| Ok(tch::Tensor::from_slice(&[1.0, 2.0]).view([3])));
        assert_eq!(wrong.err(), Some(refused("shape '[3]' is invalid for input of size 2")));
        for said in [
            "CUDA out of memory. Tried to allocate 2.00 GiB",
            "CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate",
            "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        ] {
            let failure = failure(&format!("called on an Err value: Torch(\"{said}\\nException raised from\")"));
            assert_eq!(failure, Some(TaskFailure::OutOfMemory { memory: Memory::Device, message: said.to_owned() }));
        }
        assert_eq!(failure("called on an Err value: Torch(\"CUDA error: an illegal memory access was encountered\\nCUDA kernel\")"), None);
        assert!(catch_unwind(|| guarded::<()>(|| panic!("a bug"))).is_err());
    }
}
