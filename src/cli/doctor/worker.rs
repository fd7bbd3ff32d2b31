//! What workers say: whether they start, what they have loaded, and how fast they train a reference network.

use std::collections::BTreeMap;
use std::time::Duration;

use super::machine_report::{Cuda, DeviceSpeed, Fault, Worker};
use crate::arch::{Architecture, Network, Shape, work};
use crate::cli::Exit;
use crate::cli::machine::{Site, devices, executor, usable};
use crate::engine::{Augment, ClassWeights, Optimizer, Precision, Schedule, TrainRecipe, Trial};
use crate::run::{LocalExecutor, MeasureError, Notifier, SlotSettings, worker_program};
use crate::text::ErrorText;

/// A worker that needs longer will not answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Precisions are measured by turns, and the best of each counts: what else the machine does makes steps slower, never faster.
const TURNS: usize = 2;

/// A precision must be as much faster than the one that `auto` means to be worth a word.
const WORTH: f64 = 1.2;

/// All that workers say.
pub(super) struct WorkerReport {
    pub worker: Worker,
    pub cuda: Option<Cuda>,
    pub speeds: Vec<DeviceSpeed>,
}

/// Starts a worker on the processor, and one on the first GPU of a run.
pub(super) fn ask(site: &Site, faults: &mut Vec<Fault>) -> Result<WorkerReport, Exit> {
    let program = std::env::current_exe().map(|program| worker_program(&program)).unwrap_or_default();
    let mut worker = Worker { program, seconds: None, libtorch: None, libtorch_folder: None };
    let mut speeds = Vec::new();
    if !worker.program.is_file() {
        let why = format!("there is no worker beside this program, where `{}` would be", worker.program.display());
        let help = "run `make setup`, then `cargo build`; without one `epnas` checks, plans and reports";
        faults.push(Fault::new("nothing can be trained", ErrorText::with_help(why, help)));
        return Ok(WorkerReport { worker, cuda: None, speeds });
    }
    let mut sites = vec![Site::processor()];
    sites.extend((!site.gpus.is_empty()).then(|| site.clone()));
    for site in sites {
        let device = devices(&site).remove(0);
        let name = device.name.clone();
        let mut executor = executor(vec![SlotSettings { device, threads: 1 }], Notifier::default())?;
        let answer = executor.make_ready(0, PATIENCE).and_then(|ready| {
            if name == "cpu" {
                worker.seconds = Some(ready.as_secs_f64());
            }
            measure(&mut executor, &name, &site)
        });
        match answer {
            Ok((measured, environment)) => {
                worker.libtorch = environment.get("libtorch").cloned();
                worker.libtorch_folder = environment.get("libtorch-folder").cloned();
                speeds.extend(measured);
            }
            Err(error) => faults.push(fault(&name, &error)),
        }
    }
    let cuda = worker.seconds.is_some().then(|| {
        let said = usable(0).err();
        Cuda { loaded: said.is_none(), said }
    });
    Ok(WorkerReport { worker, cuda, speeds })
}

fn fault(device: &str, error: &MeasureError) -> Fault {
    Fault::new(format!("a worker on `{device}` does not train"), error.error_text())
}

type Answer = (Vec<DeviceSpeed>, BTreeMap<String, String>);

fn measure(executor: &mut LocalExecutor, device: &str, site: &Site) -> Result<Answer, MeasureError> {
    let precisions = [Precision::Fp32, Precision::Tf32, Precision::Bf16].into_iter().filter(|precision| site.ability.has(*precision));
    let measured = |precision: Precision| DeviceSpeed {
        device: device.to_owned(),
        precision,
        is_auto: precision == site.ability.auto,
        batch_size: reference(device, precision).recipe.batch_size,
        images_per_second: 0.0,
    };
    let mut all: Vec<DeviceSpeed> = precisions.map(measured).collect();
    let mut environment = BTreeMap::new();
    for _ in 0..TURNS {
        for measured in &mut all {
            let speed = executor.measure(0, &reference(device, measured.precision), PATIENCE)?;
            measured.images_per_second = measured.images_per_second.max(speed.images_per_second);
            environment = speed.environment;
        }
    }
    Ok((all, environment))
}

/// Where what `auto` means is clearly not the fastest: the rule does not fit the device, or the machine was busy.
pub(super) fn doubts(speeds: &[DeviceSpeed]) -> Vec<String> {
    let doubt = |other: &DeviceSpeed| {
        let auto = speeds.iter().find(|auto| auto.is_auto && auto.device == other.device)?;
        let times = other.images_per_second / auto.images_per_second;
        let (word, auto) = (other.precision.word(), auto.precision.word());
        (times > WORTH).then(|| {
            format!(
                "on `{}` training with `{word}` was {times:.1} times as fast as with `{auto}`, which `auto` means there: say `precision: {word}`",
                other.device
            )
        })
    };
    speeds.iter().filter(|speed| !speed.is_auto).filter_map(doubt).collect()
}

/// Four convolutions on grey images of 28×28, with more at a time on a GPU.
fn reference(device: &str, precision: Precision) -> Trial {
    let (batch_size, warm_up, steps) = if device == "cpu" { (64, 2, 5) } else { (512, 20, 100) };
    let recipe = TrainRecipe {
        epochs: 1,
        examples: 1.0,
        batch_size,
        optimizer: Optimizer::Sgd,
        learning_rate: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        schedule: Schedule::OneCycle,
        warmup: 0.2,
        augment: Augment { flip: true, ..Augment::NONE },
        label_smoothing: 0.0,
        ema: 0.0,
        precision,
        auxiliary: 0.0,
        path_dropout: 0.0,
        deterministic: false,
        class_weights: ClassWeights::None,
        seed: 0,
    };
    Trial { architecture: network(), image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, recipe, warm_up, steps }
}

/// The reference network.
pub(super) fn reference_network() -> Network {
    let Trial { architecture, image, classes, .. } = reference("cpu", Precision::Fp32);
    architecture.network(image, classes).expect("a network")
}

/// The work of one image of the reference network, see [`crate::arch::work`].
pub(super) fn reference_work(device: &str) -> f64 {
    let Trial { architecture, image, classes, recipe, .. } = reference(device, Precision::Fp32);
    work(&architecture.network(image, classes).expect("a network"), recipe.batch_size)
}

fn network() -> Architecture {
    let layer = |channels: usize, stride: usize, source: Option<usize>| {
        let source = source.map_or_else(String::new, |source| source.to_string());
        format!(r#"{{"operation":{{"convolution":{{"kernel":3,"channels":{channels},"stride":{stride}}}}},"sources":[{source}]}}"#)
    };
    let layers = [layer(32, 1, None), layer(64, 2, Some(0)), layer(64, 1, Some(1)), layer(128, 2, Some(2))];
    serde_json::from_str(&format!(r#"{{"layers":{{"layers":[{}]}}}}"#, layers.join(","))).expect("an architecture")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Cost;

    #[test]
    fn the_reference_is_a_network() {
        let Trial { architecture, image, classes, .. } = reference("cpu", Precision::Fp32);
        let network = architecture.network(image, classes).expect("a network");
        assert_eq!(Cost::of(&network).params, 131_178);
    }

    #[test]
    fn a_precision_that_is_clearly_faster_than_auto_is_told() {
        let speed = |device: &str, precision, is_auto, images_per_second| DeviceSpeed {
            device: device.to_owned(),
            precision,
            is_auto,
            batch_size: 64,
            images_per_second,
        };
        let at = |bf16| doubts(&[speed("cpu", Precision::Fp32, true, 1000.0), speed("cpu", Precision::Bf16, false, bf16)]);
        let told = "on `cpu` training with `bf16` was 1.5 times as fast as with `fp32`, which `auto` means there: say `precision: bf16`";
        assert_eq!(at(1500.0), [told]);
        assert_eq!(at(1190.0), Vec::<String>::new());
        let apart = [speed("cpu", Precision::Fp32, true, 10.0), speed("cuda:0", Precision::Fp32, false, 1000.0)];
        assert_eq!(doubts(&apart), Vec::<String>::new(), "devices are not held against each other");
    }
}
