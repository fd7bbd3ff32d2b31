//! What was found, for people.

use std::fmt::Write as _;
use std::path::Path;

use super::machine_report::{DeviceSpeed, MachineReport, MeasureTrial, PoolSlot};
use crate::text::counted;

pub(super) fn human(found: &MachineReport) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<11}  {value}");
    };
    row("epnas", found.epnas);
    let processor = &found.processor;
    let quota = processor.quota.map_or_else(String::new, |cores| format!(", {cores} allowed{}", says(processor.quota_file.as_deref())));
    row("processor", &format!("{}, {}{quota}", processor.name, counted(processor.cores, "core")));
    row("memory", &memory(found));
    if found.gpus.is_empty() {
        row("GPU", "none");
    }
    for (index, gpu) in found.gpus.iter().enumerate() {
        let unknown = || "unknown".to_owned();
        let parts = [
            gpu.name.clone(),
            gpu.memory.map_or_else(unknown, gibibytes),
            format!("driver {}", gpu.driver.clone().unwrap_or_else(unknown)),
            format!("compute capability {}", gpu.compute_capability.clone().unwrap_or_else(unknown)),
        ];
        row(&format!("GPU {index}"), &parts.join(", "));
    }
    let worker = &found.worker;
    match (worker.seconds, &worker.libtorch, &worker.libtorch_folder) {
        (Some(seconds), Some(version), Some(folder)) => {
            row("worker", &format!("ready after {seconds:.1} s, libtorch {version} from `{folder}`"));
        }
        (Some(seconds), ..) => row("worker", &format!("ready after {seconds:.1} s")),
        (None, ..) => row("worker", "none that can be used"),
    }
    if let Some(cuda) = &found.cuda {
        let first = cuda.said.as_deref().and_then(|said| said.lines().next()).unwrap_or("the worker does not say why");
        row("CUDA", &if cuda.loaded { "loaded".to_owned() } else { format!("not loaded: {first}") });
    }
    row("precision", &format!("`auto` means `{}`: {}", found.precision.auto.word(), found.precision.why));
    row("a run has", &workers(&found.workers));
    for slot in &found.pools {
        row(&format!("pool {}", slot.pool), &pool(slot));
    }
    for MeasureTrial { measure, cost, unit, seconds } in &found.measures {
        let unit = unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
        let cost = cost.map_or_else(|| "nothing measured".to_owned(), |cost| format!("{cost}{unit} after {seconds:.1} s"));
        row(&format!("measure {measure}"), &cost);
    }
    for (index, measured) in found.speeds.iter().enumerate() {
        row(if index == 0 { "speed" } else { "" }, &speed(measured));
    }
    for (index, data) in found.data.iter().enumerate() {
        let place = data.folder.as_ref().map_or_else(|| "not found".to_owned(), |folder| format!("in `{}`", folder.display()));
        row(if index == 0 { "data" } else { "" }, &format!("{:<13}  {place}", data.name));
    }
    let cache = &found.cache;
    let state = match (cache.writable, cache.is_there) {
        (false, _) => "cannot be written",
        (true, true) => "can be written",
        (true, false) => "made by the first run",
    };
    let free = cache.free.map_or_else(String::new, |bytes| format!(", {} free", gibibytes(bytes)));
    row("cache", &format!("`{}`: {state}{free}", cache.folder.display()));
    for doubt in &found.doubts {
        let _ = writeln!(text, "\nwarning: {doubt}");
    }
    for fault in &found.faults {
        let _ = writeln!(text, "\nerror: {}: {}", fault.what, fault.why);
        if let Some(help) = &fault.help {
            let _ = writeln!(text, "help: {help}");
        }
    }
    if found.faults.is_empty() {
        text.push_str("\nall that a run needs is here\n");
    }
    // A file of the system may hold any text.
    crate::cli::diagnostics::visible_lines(&text).into_owned()
}

fn pool(slot: &PoolSlot) -> String {
    let (Some(about), Some(seconds)) = (&slot.about, slot.seconds) else { return "no slot".to_owned() };
    let memory = about.memory.map_or_else(String::new, |bytes| format!(", {} free", gibibytes(bytes)));
    let job = about.job.as_ref().map_or_else(String::new, |job| format!(", job {job}"));
    let ends = about.ends_in.map_or_else(String::new, |left| format!(", ends in {}", crate::text::duration(left as f64)));
    let place = format!("`{}` on `{}`{job}{ends}, libtorch {}", about.device, about.host, about.libtorch);
    format!("answered after {seconds:.1} s: {place}, {}, {}{memory}", about.processor, counted(about.cores, "core"))
}

fn memory(found: &MachineReport) -> String {
    let processor = &found.processor;
    let mut parts = vec![processor.memory.map_or_else(|| "unknown".to_owned(), gibibytes)];
    parts.extend(processor.free_memory.map(|bytes| format!("{} free", gibibytes(bytes))));
    let file = processor.memory_limit_file.as_deref();
    parts.extend(processor.memory_limit.map(|bytes| format!("{} allowed{}", gibibytes(bytes), says(file))));
    parts.join(", ")
}

/// Which control group it is that allows no more.
fn says(file: Option<&Path>) -> String {
    file.map_or_else(String::new, |file| format!(" by the control group of `{}`", file.display()))
}

/// `2 workers on cpu`; several devices by their names.
fn workers(devices: &[String]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for device in devices {
        if !names.contains(&device.as_str()) {
            names.push(device);
        }
    }
    format!("{} on {}", counted(devices.len(), "worker"), names.join(", "))
}

fn speed(measured: &DeviceSpeed) -> String {
    let DeviceSpeed { device, precision, is_auto, batch_size, images_per_second } = measured;
    let auto = if *is_auto { ", what `auto` means" } else { "" };
    format!("{images_per_second:>9.0} images a second on `{device}` with `{}`, {batch_size} at a time{auto}", precision.word())
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::cli::doctor::machine_report::{Cache, Cuda, DataSet, Fault, Gpu, Processor, Worker};
    use crate::engine::{Ability, Precision};
    use crate::run::About;
    use crate::text::ErrorText;

    #[test]
    fn everything_found_is_told() {
        let measured = |precision, is_auto, images_per_second| DeviceSpeed {
            device: "cuda:0".to_owned(),
            precision,
            is_auto,
            batch_size: 512,
            images_per_second,
        };
        let about = About {
            host: "n1".to_owned(),
            device: "cpu".to_owned(),
            libtorch: "2.11.0".to_owned(),
            processor: "Its processor".to_owned(),
            cores: 8,
            memory: Some(2 << 30),
            job: Some("7".to_owned()),
            ..About::default()
        };
        let found = MachineReport {
            format: 2,
            epnas: "0.1.0",
            processor: Processor {
                name: "A processor".to_owned(),
                cores: 2,
                quota: Some(1.5),
                quota_file: Some(PathBuf::from("/sys/fs/cgroup/job/cpu.max")),
                memory: Some(16 << 30),
                free_memory: Some(8 << 30),
                memory_limit: Some(4 << 30),
                memory_limit_file: Some(PathBuf::from("/sys/fs/cgroup/job/memory.max")),
                ability: Ability::of_processor(""),
            },
            gpus: vec![
                Gpu {
                    name: "A GPU".to_owned(),
                    memory: Some(80 << 30),
                    driver: Some("580.1".to_owned()),
                    compute_capability: Some("9.0".to_owned()),
                },
                Gpu { name: "Another".to_owned(), memory: None, driver: None, compute_capability: None },
            ],
            precision: Ability::of_gpu(Some((9, 0))),
            worker: Worker {
                program: PathBuf::from("epnas-worker"),
                seconds: Some(0.42),
                libtorch: Some("2.11.0".to_owned()),
                libtorch_folder: Some("lib".to_owned()),
            },
            cuda: Some(Cuda { loaded: false, said: Some("there is no driver\nhelp: install it".to_owned()) }),
            workers: vec!["cuda:0".to_owned(), "cuda:1".to_owned(), "cuda:0".to_owned()],
            pools: vec![PoolSlot { pool: "lab".to_owned(), seconds: Some(1.04), about: Some(about) }],
            measures: Vec::new(),
            speeds: vec![measured(Precision::Fp32, false, 1000.4), measured(Precision::Bf16, true, 123_456.0)],
            data: vec![
                DataSet { name: "mnist", folder: Some(PathBuf::from("data/mnist")), missing: None },
                DataSet { name: "fashion-mnist", folder: None, missing: Some("not here".to_owned()) },
            ],
            cache: Cache { folder: PathBuf::from("cache"), is_there: false, writable: true, free: Some(3 << 29) },
            doubts: vec!["it is slow".to_owned()],
            faults: vec![Fault::new("a GPU is there and cannot be used", ErrorText::with_help("there is no driver", "install it"))],
        };
        let expected = "\
epnas        0.1.0
processor    A processor, 2 cores, 1.5 allowed by the control group of `/sys/fs/cgroup/job/cpu.max`
memory       16.0 GiB, 8.0 GiB free, 4.0 GiB allowed by the control group of `/sys/fs/cgroup/job/memory.max`
GPU 0        A GPU, 80.0 GiB, driver 580.1, compute capability 9.0
GPU 1        Another, unknown, driver unknown, compute capability unknown
worker       ready after 0.4 s, libtorch 2.11.0 from `lib`
CUDA         not loaded: there is no driver
precision    `auto` means `bf16`: the GPU has compute capability 9.0, at least 8.0
a run has    3 workers on cuda:0, cuda:1
pool lab     answered after 1.0 s: `cpu` on `n1`, job 7, libtorch 2.11.0, Its processor, 8 cores, 2.0 GiB free
speed             1000 images a second on `cuda:0` with `fp32`, 512 at a time
                123456 images a second on `cuda:0` with `bf16`, 512 at a time, what `auto` means
data         mnist          in `data/mnist`
             fashion-mnist  not found
cache        `cache`: made by the first run, 1.5 GiB free

warning: it is slow

error: a GPU is there and cannot be used: there is no driver
help: install it
";
        assert_eq!(human(&found), expected);
        let nothing = MachineReport { gpus: Vec::new(), cuda: None, doubts: Vec::new(), faults: Vec::new(), ..found };
        let text = human(&nothing);
        assert!(text.contains("\nGPU          none\n") && text.ends_with("\n\nall that a run needs is here\n"), "{text}");
    }
}
