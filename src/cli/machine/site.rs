//! Where trainings are computed, chosen from what a machine has: decided once, before anything is planned, for the keys
//! of trainings name their precision and those of latencies their device.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::gpus::{Gpu, Places, Seen};
use super::pools::{gpu_of, has_gpu};
use super::{LocalArguments, executor, processor_name};
use crate::arch::MeasureName;
use crate::cli::{Exit, fail, say};
use crate::engine::{Ability, Precision};
use crate::host::Host;
use crate::plan::{DataDigests, Plan, Studied};
use crate::run::{Capacity, Device, ExecutorError, MeasureError, Notifier, SlotSettings};
use crate::spec::ResolvedSpec;
use crate::spec::pools::{ONNX, PoolSpec};

/// Where workers are asked to compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Where {
    /// On all GPUs that can be used; without one, on the processor.
    #[default]
    Auto,
    Cpu,
    /// On all GPUs.
    Cuda,
    /// On one of them.
    Gpu(usize),
}

impl FromStr for Where {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            _ => {
                let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number.map(Self::Gpu).ok_or_else(|| "`cpu`, `cuda`, `cuda:N` or `auto` is expected".to_owned())
            }
        }
    }
}

/// What trainings are computed on.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The GPUs with their numbers; none for the processor.
    pub gpus: Vec<(usize, Gpu)>,
    /// The model: measured latencies are of it.
    pub name: String,
    pub ability: Ability,
    /// Why a GPU that is there cannot be used.
    pub doubt: Option<String>,
    /// Why fewer GPUs are seen than could be expected.
    pub hidden: Option<String>,
    /// What is doubtful about the file of its pools.
    pub of_file: Vec<String>,
    /// Versions of the measures of that file.
    pub measures: BTreeMap<MeasureName, u32>,
}

impl Site {
    /// The one that is asked for, or why there is none.
    pub(crate) fn find(arguments: &LocalArguments) -> Result<Self, Exit> {
        let found = match &arguments.pools {
            None => Self::of_pool(arguments),
            Some(file) => {
                let site = if file.pools.is_empty() { Self::of_pool(arguments) } else { Self::of_pools(&file.pools) };
                let measures = file.measures.iter().map(|measure| (measure.settings.name, measure.version)).collect();
                site.map(|site| Self { of_file: file.doubts.clone(), measures, ..site })
            }
        };
        found.map_err(|message| fail(Exit::Trouble, &message))
    }

    /// That of workers of this machine.
    pub(super) fn of_pool(arguments: &LocalArguments) -> Result<Self, String> {
        let DeviceChoice { gpus, doubt, hidden } = choose(arguments.device, Places::usual().seen(), || usable(0))?;
        Ok(Self { doubt, hidden, ..Self::of(gpus) })
    }

    /// That of all pools of a file: latencies are those of the first one, and the least able one decides for all.
    fn of_pools(pools: &[PoolSpec]) -> Result<Self, String> {
        let of = |pool: &PoolSpec| match &pool.workers {
            Some(_) => Self::of_pool(&LocalArguments::of_pool(pool)),
            // What a GPU elsewhere can do nobody tells before it is asked for.
            None if has_gpu(pool) => Ok(Self { name: gpu_of(&pool.name), ability: Ability::of_gpu(None), ..Self::processor() }),
            None => Ok(Self::processor()),
        };
        let sites = pools.iter().map(of).collect::<Result<Vec<_>, String>>()?;
        let mut all = sites.first().cloned().unwrap_or_else(Self::processor);
        for site in &sites {
            all.ability.has_bf16 &= site.ability.has_bf16;
            all.ability.has_tf32 &= site.ability.has_tf32;
            if site.ability.auto == Precision::Fp32 && all.ability.auto != Precision::Fp32 {
                all.ability.auto = Precision::Fp32;
                all.ability.why.clone_from(&site.ability.why);
            }
        }
        Ok(all)
    }

    /// The same for a command that runs nothing: what is doubtful goes to standard error.
    pub(crate) fn find_and_tell(arguments: &LocalArguments) -> Result<Self, Exit> {
        let site = Self::find(arguments)?;
        site.doubts().for_each(|doubt| say(&format!("warning: {doubt}")));
        Ok(site)
    }

    /// All that is doubtful about it.
    pub(crate) fn doubts(&self) -> impl Iterator<Item = &String> {
        self.doubt.iter().chain(&self.hidden).chain(&self.of_file)
    }

    /// The processor.
    pub(crate) fn processor() -> Self {
        Self::of(Vec::new())
    }

    pub(super) fn of(gpus: Vec<(usize, Gpu)>) -> Self {
        let (name, ability) = match gpus.first() {
            None => (processor_name(), Ability::of_processor(&Host::here().cpuinfo())),
            // Of several the least able one decides for all.
            Some((_, first)) => (first.name.clone(), Ability::of_gpu(gpus.iter().map(|(_, gpu)| gpu.capability).min().flatten())),
        };
        Self { gpus, name, ability, doubt: None, hidden: None, of_file: Vec::new(), measures: BTreeMap::new() }
    }

    /// A spec as it is computed here: with `precision: auto` and the versions of its measures decided. Fails where nothing says how
    /// it measures.
    pub(crate) fn decided(&self, spec: &ResolvedSpec) -> Result<ResolvedSpec, Exit> {
        let decided = spec.clone().with_auto(self.ability.auto).with_measures(&self.measures);
        decided.map_err(|lacking| {
            let known: Vec<String> = self.measures.keys().map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { String::new() } else { format!("; it has {}", known.join(", ")) };
            let said = format!("`{}` bounds `measured.{lacking}`, and no pools file says how that is measured{known}", spec.name);
            let example = format!("measures: {{{lacking}: {{command: \"ssh -o BatchMode=yes {lacking} ./bench - < {ONNX}\"}}}}");
            fail(Exit::BadSpec, &format!("{said}\nhelp: add it to a pools file, such as `{example}`, and name the file: `--pools FILE`"))
        })
    }

    /// The plan of a spec that is computed here.
    pub(crate) fn plan(&self, spec: &ResolvedSpec, data: DataDigests) -> Result<Plan, Exit> {
        Ok(Plan::new(&self.decided(spec)?, data, &self.name))
    }

    /// The plan of a study of a spec.
    pub(crate) fn study(&self, spec: &ResolvedSpec, data: DataDigests, studied: &Studied<'_>) -> Result<Plan, Exit> {
        Ok(Plan::study(&self.decided(spec)?, data, &self.name, studied))
    }

    /// Refuses a spec that asks for a precision that the device does not compute with, before anything is trained.
    pub(crate) fn require_supported(&self, spec: &ResolvedSpec) -> Result<(), Exit> {
        let Some(refusal) = spec.precisions().into_iter().find_map(|precision| self.ability.refusal(precision)) else { return Ok(()) };
        let said = format!("{refusal}\nhelp: say `fp32`, or `auto`, which is `{}` here", self.ability.auto.word());
        Err(fail(Exit::Trouble, &said))
    }
}

/// The GPUs to compute on, with their numbers, and what is doubtful about it; see [`Site`].
#[derive(Debug, Default, PartialEq, Eq)]
struct DeviceChoice {
    gpus: Vec<(usize, Gpu)>,
    doubt: Option<String>,
    hidden: Option<String>,
}

/// The GPUs to use of those that are seen. `usable` asks a worker, or says why it cannot use them.
fn choose(asked: Where, seen: Seen, usable: impl FnOnce() -> Result<(), String>) -> Result<DeviceChoice, String> {
    let Seen { gpus, doubt: hidden } = seen;
    let count = gpus.len();
    let none = || hidden.clone().unwrap_or_else(|| "no NVIDIA GPU was found".to_owned());
    let all = gpus.into_iter().enumerate();
    match asked {
        Where::Cpu => Ok(DeviceChoice::default()),
        Where::Cuda if count == 0 => Err(format!("`--device cuda` was asked for, but {}\nhelp: check that `nvidia-smi` lists one", none())),
        Where::Cuda => Ok(DeviceChoice { gpus: all.collect(), doubt: None, hidden }),
        Where::Gpu(index) => {
            let found = match count {
                0 => none(),
                1 => "the only GPU is `cuda:0`".to_owned(),
                _ => format!("the GPUs are `cuda:0` to `cuda:{}`", count - 1),
            };
            let why = hidden.as_ref().filter(|_| count > 0).map_or_else(String::new, |why| format!("; {why}"));
            let absent = || format!("`--device cuda:{index}` was asked for, but {found}{why}\nhelp: check what `nvidia-smi` lists");
            let gpu = { all }.nth(index).ok_or_else(absent)?;
            Ok(DeviceChoice { gpus: vec![gpu], ..DeviceChoice::default() })
        }
        Where::Auto if count == 0 => {
            let hidden = hidden.map(|why| format!("trainings are computed on the processor: {why}"));
            Ok(DeviceChoice { hidden, ..DeviceChoice::default() })
        }
        Where::Auto => Ok(match usable() {
            Ok(()) => DeviceChoice { gpus: all.collect(), doubt: None, hidden },
            Err(said) => {
                let doubt = Some(format!("trainings are computed on the processor, for the GPU cannot be used: {said}"));
                DeviceChoice { gpus: Vec::new(), doubt, hidden }
            }
        }),
    }
}

/// A worker that needs longer to start does not.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts a worker on a GPU and ends it again; fails with what it says. Without a worker nothing can be known, and nothing
/// can be run either.
pub(crate) fn usable(index: usize) -> Result<(), String> {
    let device = Device { name: format!("cuda:{index}"), kind: String::new(), memory: None, capacity: Capacity::default() };
    let Ok(mut executor) = executor(vec![SlotSettings { device, threads: 1 }], Notifier::default()) else { return Ok(()) };
    match executor.make_ready(0, PATIENCE) {
        Ok(_) | Err(MeasureError::Executor(ExecutorError::Start { .. })) => Ok(()),
        Err(MeasureError::Executor(ExecutorError::NotReady { said, .. })) => Err(match said.split_once(": ") {
            // Its own words are enough where it has any.
            Some((code, words)) if code.starts_with("exit code") => words.to_owned(),
            _ => said,
        }),
        Err(other) => Err(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::machine::gpus::tests::machine;

    const TWO: &str = "GPU-a, NVIDIA H100, 81559, 580.65.06, 9.0\nGPU-b, Tesla T4, 15360, 580.65.06, 7.5\n";

    fn numbers(asked: &str, count: usize, usable: Result<(), String>) -> Result<(Vec<usize>, Option<String>), String> {
        let (_folder, places) = machine(count, if count == 2 { TWO } else { "" });
        let DeviceChoice { gpus, doubt, .. } = choose(asked.parse()?, places.seen(), || usable)?;
        Ok((gpus.into_iter().map(|(number, _)| number).collect(), doubt))
    }

    #[test]
    fn devices_are_those_asked_for() {
        for (asked, count, expected) in [
            ("cpu", 2, vec![]),
            ("auto", 0, vec![]),
            ("auto", 2, vec![0, 1]),
            ("cuda", 2, vec![0, 1]),
            ("cuda:1", 2, vec![1]),
            ("cuda:0", 1, vec![0]),
        ] {
            assert_eq!(numbers(asked, count, Ok(())), Ok((expected, None)), "{asked}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let refused = |asked: &str, count: usize| numbers(asked, count, Ok(())).expect_err("it is not there");
        let none = "`--device cuda` was asked for, but no NVIDIA GPU was found\nhelp: check that `nvidia-smi` lists one";
        assert_eq!(refused("cuda", 0), none);
        let beyond = "`--device cuda:2` was asked for, but the GPUs are `cuda:0` to `cuda:1`\nhelp: check what `nvidia-smi` lists";
        assert_eq!(refused("cuda:2", 2), beyond);
        assert!(refused("cuda:1", 1).contains("the only GPU is `cuda:0`"));
        assert!(refused("cuda:0", 0).contains("no NVIDIA GPU was found"));
        for word in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert_eq!(refused(word, 2), "`cpu`, `cuda`, `cuda:N` or `auto` is expected", "{word}");
        }
    }

    #[test]
    fn a_gpu_that_cannot_be_used_is_told_and_the_processor_computes() {
        let said = "there is no `libtorch_cuda.so` in `lib`".to_owned();
        let told = format!("trainings are computed on the processor, for the GPU cannot be used: {said}");
        assert_eq!(numbers("auto", 2, Err(said.clone())), Ok((vec![], Some(told))));
        // Who asks for it hears of it from the worker, and nothing is computed elsewhere.
        assert_eq!(numbers("cuda", 2, Err(said)), Ok((vec![0, 1], None)));
    }

    #[test]
    fn hidden_gpus_are_told_of_wherever_the_processor_computes_instead() {
        let (_folder, places) = machine(2, TWO);
        let of = |asked: &str, visible: &str| {
            let places = Places { visible: Some(visible.to_owned()), ..places.clone() };
            choose(asked.parse().expect("a device"), places.seen(), || Ok(()))
        };
        let why = "`CUDA_VISIBLE_DEVICES` is `all`: `all` is neither the number nor the identifier of a GPU, so that CUDA sees no GPU";
        let told = of("auto", "all").expect("the processor");
        assert_eq!((told.gpus.len(), told.hidden), (0, Some(format!("trainings are computed on the processor: {why}"))));
        let refused = of("cuda", "all").expect_err("none");
        assert!(refused.starts_with(&format!("`--device cuda` was asked for, but {why}\nhelp: ")), "{refused}");
        let fewer = of("cuda:1", "0,x").expect_err("one");
        assert!(fewer.contains("the only GPU is `cuda:0`; `CUDA_VISIBLE_DEVICES` is `0,x`: `x` is neither"), "{fewer}");
        assert!(of("auto", "0,x").expect("one").hidden.is_some_and(|why| why.contains("sees only those before it")));
        assert_eq!(of("cpu", "all").expect("the processor"), DeviceChoice::default());
    }

    #[test]
    fn the_least_able_gpu_decides_for_all() {
        let (_folder, places) = machine(2, TWO);
        let gpus: Vec<(usize, Gpu)> = places.seen().gpus.into_iter().enumerate().collect();
        let first = Site::of(gpus[..1].to_vec());
        assert_eq!((first.name.as_str(), first.ability.auto), ("NVIDIA H100", Precision::Bf16));
        assert_eq!(Site::of(gpus).ability.auto, Precision::Fp32);
    }
}
