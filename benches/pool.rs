//! How soon a slot begins what it is given, and how busy slots are, in real time:
//! `cargo bench --profile dev --bench pool [-- SLOTS [LAUNCHER]]`.
//!
//! Slots (12 unless told otherwise) are processes of this program that a launcher starts. They speak with the coordinator as
//! workers do, get their inputs from it and send their outputs back; only the trainings are made up: each sleeps for half a
//! second. LAUNCHER is a line of a shell with `{slot}` in it, such as `ssh node7 {slot}`. Not a test: nothing is judged.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement for people")]

use std::collections::BTreeMap;
use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use epnas::arch::Network;
use epnas::cache::Cache;
use epnas::dataset::{DatasetKind, Files, Images, Part};
use epnas::digest::Digest;
use epnas::engine::{
    Callback, Metrics, Minibatch, Policies, Policy, PolicyParameters, Speed, TaskFailure, Tested, TrainJob, TrainRecipe, Trained, Trainer,
};
use epnas::event::Event;
use epnas::plan::{DataDigests, Plan, TaskId};
use epnas::run::{self, About, Context, DataPlace, LaunchSettings, LaunchedExecutor, Notifier, Own, Pools, ReplyWriter, Store};
use epnas::seed::Seed;
use epnas::space::Vocabulary;
use epnas::spec;
use epnas::task::TaskKind;

const TRAINING: Duration = Duration::from_millis(500);
const SLOTS: usize = 12;
/// Of the slots' number in trainings.
const ROUNDS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|argument| argument == "--slot") {
        be_a_slot();
        return;
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test --all-targets` comes here.
        println!("a measurement of a minute: start it with `cargo bench --profile dev --bench pool`");
        return;
    }
    let slots = arguments.first().map_or(SLOTS, |count| count.parse().expect("a number of slots"));
    let launcher = arguments.get(1).map_or("exec {slot}", String::as_str);
    println!(
        "| `lookahead` | trainings on {slots} slots | at work | computing | order to start: median | 95 % | most | coordinator a task |"
    );
    println!("|--|--|--|--|--|--|--|--|");
    for lookahead in [0, 1] {
        measure(slots, launcher, lookahead);
    }
}

fn measure(slots: usize, launcher: &str, lookahead: usize) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_images(&data);
    let text = format!(
        "name: made-up\ndataset: {{name: mnist, path: {}, validation: 40}}\nreferences: none\nstrategy: regularized-evolution\n\
         lookahead: {lookahead}\nstages: [{{rounds: {ROUNDS}, trainings: {slots}}}]\nfinal: {{networks: 1}}\n",
        data.display()
    );
    let spec = spec::read(text.as_bytes()).resolved.expect("a spec");
    let cache = Cache::open(&folder.path().join("cache")).unwrap();
    let files = Files::find(&DatasetKind::Mnist.described(), Some(&data)).expect("just written");
    let [search, last] = [Part::Train, Part::Test].map(|part| cache.reader().load(&files, part).expect("well-formed").digest);
    let digests = DataDigests { search, last };
    let plan = Plan::new(&spec, digests, "a processor");
    let program = std::env::current_exe().unwrap();
    let settings = LaunchSettings {
        name: "slots".to_owned(),
        command: launcher.replace("{slot}", &format!("{} --slot", program.display())),
        slots: (slots, slots),
        leaves_after: Duration::from_secs(300),
        start_limit: None,
        time_limit: None,
        shares_cache: false,
        data: None,
        gpu: None,
        precisions: Vec::new(),
    };
    let notifier = Notifier::default();
    let mut pools = Pools::new(notifier.clone(), vec![Box::new(LaunchedExecutor::new(settings, cache.clone(), notifier))]);
    let (mut given, mut ended): (BTreeMap<TaskId, f64>, BTreeMap<TaskId, f64>) = (BTreeMap::new(), BTreeMap::new());
    let mut tasks = 0;
    let mut listen = |event: &Event| match event {
        Event::TaskStarted { task, kind: TaskKind::Train, .. } => drop(given.insert(task.clone(), now())),
        Event::TaskFinished { task, kind, .. } => {
            tasks += 1;
            if *kind == TaskKind::Train {
                ended.insert(task.clone(), now());
            }
        }
        _ => {}
    };
    let place = DataPlace::new(&spec.subject, digests);
    let store = &mut Store::new(place.clone(), None);
    let context = Context {
        cache: &cache,
        place,
        store,
        pools: &mut pools,
        execution: &spec.execution,
        wall_before: 0,
        retry_failed: false,
        now: &|| 0,
        listen: &mut listen,
    };
    let before = processor_seconds();
    let done = run::run(&plan, context).expect("the machine works");
    let spent = processor_seconds() - before;
    assert!(done.stopped.is_none() && !done.interrupted);
    // Of those that were given when all slots were there.
    let searched: Vec<(f64, f64, f64)> = plan
        .tasks()
        .zip(&done.results)
        .filter(|(planned, _)| planned.task.kind() == TaskKind::Train && !planned.is_last && planned.round > 1)
        .map(|(planned, result)| {
            let began = result.as_ref().and_then(|result| result.environment.get(BEGAN)).expect("it was trained");
            (given[&planned.id], began.parse::<f64>().unwrap(), ended[&planned.id])
        })
        .collect();
    let begin = searched.iter().map(|(given, ..)| *given).fold(f64::MAX, f64::min);
    let end = searched.iter().map(|(.., ended)| *ended).fold(0.0, f64::max);
    let whole = slots as f64 * (end - begin);
    let at_work: f64 = searched.iter().map(|(given, _, ended)| ended - given).sum();
    let computing = searched.len() as f64 * TRAINING.as_secs_f64();
    let mut waits: Vec<f64> = searched.iter().map(|(given, began, _)| 1e3 * (began - given)).collect();
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize];
    println!(
        "| {lookahead} | {} | {:.1} % | {:.1} % | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} ms |",
        searched.len(),
        100.0 * at_work / whole,
        100.0 * computing / whole,
        at(0.5),
        at(0.95),
        at(1.0),
        1e3 * spent / f64::from(tasks)
    );
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// Seconds that the processor was at work for this process, its slots not included.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = text.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// Small files of images in the format of MNIST.
fn write_images(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (part, count) in [("train", 400_u32), ("t10k", 100)] {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
        let images = [words(&[0x803, count, 28, 28]), vec![0; 784 * count as usize]].concat();
        let labels = [words(&[0x801, count]), (0..count).map(|index| (index % 10) as u8).collect()].concat();
        std::fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        std::fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// When a training began, in what is recorded of it.
const BEGAN: &str = "began";

fn be_a_slot() {
    let replies = Arc::new(ReplyWriter::new(stdout()));
    let (listener, mut inbox) = run::inbox();
    std::thread::spawn(move || {
        let _ = listener.listen(stdin().lock());
        std::process::exit(0)
    });
    let own = Own { about: About::this("cpu"), scratch: PathBuf::from("/nowhere") };
    let _ = run::serve(&own, &mut Sleeper, &mut Sleeper, &mut inbox, &replies);
}

/// Trains nothing, for as long as a training takes.
struct Sleeper;

fn refused<T>() -> Result<T, TaskFailure> {
    Err(TaskFailure::Refused { message: "nothing is computed here".to_owned() })
}

impl Trainer for Sleeper {
    fn train(&mut self, job: &TrainJob<'_>, _: &mut dyn Callback) -> Result<Trained, TaskFailure> {
        let began = now();
        std::thread::sleep(TRAINING);
        let validation_accuracy = 0.5 + 0.4 * (job.network.nodes.len() % 7) as f64 / 7.0;
        let metrics = Metrics { validation_accuracy, validation_loss: None, train_loss: Vec::new(), diverged: None, score: None };
        Ok(Trained { metrics, weights: Vec::new(), environment: BTreeMap::from([(BEGAN.to_owned(), format!("{began:.6}"))]) })
    }

    fn latency(&mut self, _: &Network) -> Result<f64, TaskFailure> {
        refused()
    }

    fn synflow(&mut self, _: &Network) -> Result<f64, TaskFailure> {
        refused()
    }

    fn naswot(&mut self, _: &Network, _: &Minibatch<'_>) -> Result<f64, TaskFailure> {
        refused()
    }

    fn evaluate(&mut self, _: &Network, _: &[u8], _: &TrainRecipe, _: Digest, _: &Images) -> Result<Tested, TaskFailure> {
        refused()
    }

    fn speed(&mut self, _: &Network, _: &TrainRecipe, _: usize, _: usize) -> Result<Speed, TaskFailure> {
        refused()
    }
}

impl Policies for Sleeper {
    fn policy(&mut self, _: &Vocabulary, _: &PolicyParameters, _: Seed, _: Option<&[u8]>) -> Result<Box<dyn Policy>, TaskFailure> {
        refused()
    }
}
