//! The worker's side: does what it is told, answers. Generic over the engines, so that tests serve fakes.
//!
//! The worker of a launched slot uses no cache of the coordinator's: inputs come with the task, and what is made goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::about::About;
use super::callback::WorkerCallback;
use super::data::Store;
use super::inbox::{Answer, Inbox, Work};
use super::infer::infer;
use super::parcel::Goods;
use super::protocol::{CachePlace, Reply, Request};
use super::reply_writer::ReplyWriter;
use super::storage::{Sent, Storage};
use crate::cache::{Cache, LONG};
use crate::digest::Digest;
use crate::engine::{Callback, MAX_TRIAL_STEPS, Policies, TaskFailure, Trainer, Trial};
use crate::task::{self, Engines, Inputs, StateCache, Task, World};

/// What a worker knows of itself.
pub struct Own {
    pub about: About,
    /// A folder for decoded images, for tasks that name no cache.
    pub scratch: PathBuf,
}

/// Does tasks until no more will come, and says what it is when it is asked. Fails when nobody listens.
pub fn serve<W: Write + 'static>(
    own: &Own,
    trainer: &mut dyn Trainer,
    policies: &mut dyn Policies,
    inbox: &mut Inbox,
    replies: &Arc<ReplyWriter<W>>,
) -> std::io::Result<()> {
    let (mut store, mut states) = (Store::default(), StateCache::default());
    while let Some(work) = inbox.next() {
        replies.set_at_work(true);
        let reply = match work {
            Work::Introduction => Ok(Reply::Hello(Box::new(own.about.clone()))),
            Work::Task(request) => {
                let storage = prepare(&request, own, &mut store, inbox, replies);
                replies.say(&Reply::Begun)?;
                let world = World { data: &mut store, engines: Some(Engines { trainer, policies }), meter: None, states: &mut states };
                storage.and_then(|storage| answer(&request, &*storage, world, inbox, replies))
            }
            Work::Measurement(trial) => measure(&trial, trainer),
            Work::Inference(asked) => infer(&asked, trainer),
        };
        replies.set_at_work(false);
        replies.say(&reply.unwrap_or_else(|failure| Reply::Failed { failure }))?;
    }
    Ok(())
}

/// Where the task finds its inputs and leaves what it makes; takes what is sent behind it.
fn prepare<W: Write + 'static>(
    request: &Request,
    own: &Own,
    store: &mut Store,
    inbox: &Inbox,
    replies: &Arc<ReplyWriter<W>>,
) -> Result<Box<dyn Storage>, TaskFailure> {
    let hears = Arc::clone(replies);
    let while_waiting = Rc::new(move || hears.passed());
    let checkpoint = match &request.cache {
        CachePlace::Own { checkpoint } => *checkpoint,
        CachePlace::Folder(folder) => {
            store.place(request.data.clone(), folder, None, while_waiting);
            return Ok(Box::new(Cache::open(folder).map_err(|error| error.failure())?));
        }
    };
    let mut missing: BTreeSet<Digest> = request.inputs.values().copied().collect();
    let (mut inputs, mut state, mut waits) = (BTreeMap::new(), None, checkpoint);
    while waits || !missing.is_empty() {
        // Where no more will come the process ends, and nobody reads what is said.
        match next_arrival(inbox.arrived(), replies).ok_or(TaskFailure::Paused)? {
            Ok((Goods::Artifact(digest), bytes)) => {
                missing.remove(&digest);
                inputs.insert(digest, bytes);
            }
            Ok((Goods::Checkpoint(key), bytes)) if key == request.key => {
                (state, waits) = (Some(bytes), false);
            }
            // Without what was saved the training begins anew.
            Err((Goods::Checkpoint(key), _)) if key == request.key => waits = false,
            Err((Goods::Artifact(digest), why)) if missing.contains(&digest) => return Err(TaskFailure::Unreadable { message: why }),
            // Of a task that was given up.
            Ok(_) | Err(_) => {}
        }
    }
    let (asks, answers) = (Arc::clone(replies), inbox.arrived().clone());
    let fetch = move |digest: Digest| {
        let goods = Goods::Images(digest);
        asks.say(&Reply::Lacks(goods)).map_err(|error| error.to_string())?;
        loop {
            match next_arrival(&answers, &asks).ok_or("nobody answers")? {
                Ok((arrived, bytes)) if arrived == goods => return Ok(bytes),
                Err((absent, why)) if absent == goods => return Err(why),
                _ => {}
            }
        }
    };
    store.place(request.data.clone(), &own.scratch, Some(Rc::new(fetch)), while_waiting);
    Ok(Box::new(Sent::new(Arc::clone(replies), inputs, state)))
}

/// What is sent next; waiting for it is no silence. `None` where no more will come.
fn next_arrival<W: Write>(arrived: &Receiver<Answer>, replies: &ReplyWriter<W>) -> Option<Answer> {
    loop {
        match arrived.recv_timeout(Duration::from_secs(1)) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Timeout) => replies.passed(),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn answer<W: Write>(
    request: &Request,
    storage: &dyn Storage,
    world: World<'_>,
    inbox: &Inbox,
    replies: &ReplyWriter<W>,
) -> Result<Reply, TaskFailure> {
    let began = Instant::now();
    let mut callback = WorkerCallback::new(replies, inbox, storage, request, began);
    let done = compute(storage, &request.task, &request.inputs, world, &mut callback)?;
    let seconds = callback.seconds();
    if seconds >= LONG.as_secs_f64() {
        // Here rather than by the coordinator alone, which has other slots to care for; for it little is left to wait for.
        storage.flush(&done.outputs.values().copied().collect::<Vec<_>>())?;
    }
    Ok(Reply::Done { outputs: done.outputs, environment: done.environment, seconds })
}

fn measure(trial: &Trial, trainer: &mut dyn Trainer) -> Result<Reply, TaskFailure> {
    let Trial { architecture, image, classes, recipe, warm_up, steps } = trial;
    let refused = |message: &str| Err(TaskFailure::Refused { message: message.to_owned() });
    if *steps == 0 || warm_up.saturating_add(*steps) > MAX_TRIAL_STEPS {
        return refused(&format!("1 to {MAX_TRIAL_STEPS} steps can be timed"));
    }
    match architecture.network(*image, *classes) {
        Ok(network) => trainer.speed(&network, recipe, *warm_up, *steps).map(Reply::Measured),
        Err(malformed) => refused(&malformed.0),
    }
}

/// What a task gave, stored.
pub(super) struct Stored {
    pub outputs: BTreeMap<String, Digest>,
    pub environment: BTreeMap<String, String>,
}

/// Reads and verifies the inputs of a task, runs it, and stores its outputs.
pub(super) fn compute(
    storage: &dyn Storage,
    task: &Task,
    inputs: &BTreeMap<String, Digest>,
    world: World<'_>,
    callback: &mut dyn Callback,
) -> Result<Stored, TaskFailure> {
    let read = |(name, digest): (&String, &Digest)| Ok((name.clone(), storage.get(digest)?));
    let inputs = inputs.iter().map(read).collect::<Result<_, TaskFailure>>().map(Inputs)?;
    let done = task::run(task, &inputs, world, callback)?;
    let store = |(name, bytes): (&String, &Vec<u8>)| Ok((name.clone(), storage.put(bytes)?));
    let outputs = done.blobs.iter().map(store).collect::<Result<_, TaskFailure>>()?;
    Ok(Stored { outputs, environment: done.environment })
}

/// The program of the workers: beside this one.
pub fn worker_program(coordinator: &Path) -> std::path::PathBuf {
    coordinator.with_file_name("epnas-worker")
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::inbox::tests::{heard, line};
    use super::super::parcel::Parcel;
    use super::super::protocol::Order;
    use super::*;
    use crate::arch::Network;
    use crate::cache::TaskKey;
    use crate::dataset::{DatasetKind, Images};
    use crate::digest::Domain;
    use crate::engine::{FailureKind, Minibatch, Policy, PolicyParameters, Speed, Tested, TrainJob, TrainRecipe, Trained};
    use crate::run::fingerprint;
    use crate::seed::Seed;
    use crate::space::Vocabulary;

    /// A reward without inputs, in a cache that is nowhere.
    pub fn request() -> Request {
        let digest = Digest::of(Domain::Dataset, b"");
        let setting = json!({ "images": { "shape": { "channels": 1, "height": 8, "width": 8 }, "classes": 10 } });
        let task: Task = serde_json::from_value(json!({ "reward": { "setting": setting, "constraints": [] } })).expect("a task");
        let key: TaskKey = fingerprint(&task, BTreeMap::new()).key();
        let data = json!({ "images": { "described": DatasetKind::Mnist.described(), "folder": null, "train": digest, "test": digest } });
        let data = serde_json::from_value(data).expect("a place");
        Request { task, key, checkpoint: None, inputs: BTreeMap::new(), cache: CachePlace::Folder("/proc/none".into()), data }
    }

    /// Engines that nothing here asks for anything.
    struct Idle;

    impl Trainer for Idle {
        fn train(&mut self, _: &TrainJob<'_>, _: &mut dyn Callback) -> Result<Trained, TaskFailure> {
            panic!("no training is asked for")
        }
        fn latency(&mut self, _: &Network) -> Result<f64, TaskFailure> {
            panic!("no latency is asked for")
        }
        fn synflow(&mut self, _: &Network) -> Result<f64, TaskFailure> {
            panic!("no score is asked for")
        }
        fn naswot(&mut self, _: &Network, _: &Minibatch<'_>) -> Result<f64, TaskFailure> {
            panic!("no score is asked for")
        }
        fn evaluate(&mut self, _: &Network, _: &[u8], _: &TrainRecipe, _: Digest, _: &Images) -> Result<Tested, TaskFailure> {
            panic!("no test is asked for")
        }
        fn speed(&mut self, network: &Network, recipe: &TrainRecipe, warm_up: usize, steps: usize) -> Result<Speed, TaskFailure> {
            let environment = BTreeMap::from([("nodes".to_owned(), network.nodes.len().to_string())]);
            let images_per_second = (recipe.batch_size * (warm_up + steps)) as f64;
            Ok(Speed { step: 1.0, images_per_second, peak_memory: None, environment })
        }
    }

    impl Policies for Idle {
        fn policy(&mut self, _: &Vocabulary, _: &PolicyParameters, _: Seed, _: Option<&[u8]>) -> Result<Box<dyn Policy>, TaskFailure> {
            panic!("no policy is asked for")
        }
    }

    fn own() -> Own {
        Own { about: About::default(), scratch: "/proc/none".into() }
    }

    fn served(requests: Vec<Request>) -> Vec<Reply> {
        let lines: Vec<Vec<u8>> = requests.into_iter().map(|request| line(&Order::Do(Box::new(request)))).collect();
        let replies = Arc::new(ReplyWriter::new(Vec::new()));
        serve(&own(), &mut Idle, &mut Idle, &mut heard(&lines), &replies).expect("somebody listens");
        replies.said()
    }

    /// A network of one convolution, to be timed.
    pub fn trial() -> Trial {
        let recipe = json!({
            "epochs": 1, "examples": 1.0, "batch_size": 16, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0.9,
            "weight_decay": 0.0, "schedule": "constant", "warmup": 0.0, "augment": { "flip": false, "crop": 0, "cutout": 0 },
            "label_smoothing": 0.0, "ema": 0.0, "precision": "fp32", "seed": 0,
        });
        let convolution = json!({ "operation": { "convolution": { "kernel": 3, "channels": 8, "stride": 2 } }, "sources": [] });
        let trial = json!({
            "architecture": { "layers": { "layers": [convolution] } }, "image": { "channels": 1, "height": 8, "width": 8 },
            "classes": 10, "recipe": recipe, "warm_up": 1, "steps": 2,
        });
        serde_json::from_value(trial).expect("a trial")
    }

    #[test]
    fn what_is_asked_is_measured_if_it_is_a_network_and_steps() {
        let asked = |trial: Trial| line(&Order::Measure(Box::new(trial)));
        let row = serde_json::from_value(json!({ "row": ["a"] })).expect("a row");
        let lines = [
            line(&Order::Hello),
            asked(trial()),
            asked(Trial { steps: 0, ..trial() }),
            asked(Trial { warm_up: usize::MAX, ..trial() }),
            asked(Trial { architecture: row, ..trial() }),
        ];
        let replies = Arc::new(ReplyWriter::new(Vec::new()));
        serve(&own(), &mut Idle, &mut Idle, &mut heard(&lines), &replies).expect("somebody listens");
        let refused = |message: &str| Reply::Failed { failure: TaskFailure::Refused { message: message.to_owned() } };
        let environment = BTreeMap::from([("nodes".to_owned(), "6".to_owned())]);
        let speed = Speed { step: 1.0, images_per_second: 48.0, peak_memory: None, environment };
        let (steps, rows) = (refused("1 to 100000 steps can be timed"), refused("a row of a table has no layers"));
        assert_eq!(replies.said(), [Reply::Hello(Box::default()), Reply::Measured(speed), steps.clone(), steps, rows]);
    }

    #[test]
    fn a_task_without_a_cache_takes_what_is_sent_and_sends_what_it_makes() {
        let candidate = br#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":8,"stride":2}},"sources":[]}]}}"#;
        let metrics = br#"{"validation_accuracy":0.5,"validation_loss":null,"train_loss":[],"diverged":null}"#;
        let digests = [&candidate[..], metrics].map(|bytes| Digest::of(Domain::Blob, bytes));
        let inputs = BTreeMap::from([("candidate".to_owned(), digests[0]), ("metrics".to_owned(), digests[1])]);
        let request = Request { inputs, cache: CachePlace::Own { checkpoint: true }, ..request() };
        // Of a task before it.
        let stale = Order::Absent { goods: Goods::Artifact(Digest::of(Domain::Blob, b"another")), why: "it is gone".to_owned() };
        let mut lines = vec![line(&Order::Do(Box::new(request.clone()))), line(&stale)];
        for (digest, bytes) in digests.into_iter().zip([&candidate[..], metrics]) {
            lines.push(line(&Order::Parcel(Parcel::of(Goods::Artifact(digest), &[bytes]))));
            lines.push(line(&Order::Part { bytes: bytes.len() }));
            lines.push(bytes.to_vec());
        }
        lines.push(line(&Order::Absent { goods: Goods::Checkpoint(request.key), why: "damaged".to_owned() }));
        let absent = Order::Absent { goods: Goods::Artifact(digests[0]), why: "it is gone".to_owned() };
        lines.extend([line(&Order::Do(Box::new(request))), line(&absent)]);
        let replies = Arc::new(ReplyWriter::new(Vec::new()));
        serve(&own(), &mut Idle, &mut Idle, &mut heard(&lines), &replies).expect("somebody listens");
        let said = replies.bytes();
        let mut input = &said[..];
        let mut next = || {
            let end = input.iter().position(|byte| *byte == b'\n').expect("a line");
            let reply: Reply = serde_json::from_slice(&input[..end]).expect("a reply");
            let bytes = if let Reply::Part { bytes } = reply { bytes } else { 0 };
            let sent = input[end + 1..end + 1 + bytes].to_vec();
            input = &input[end + 1 + bytes..];
            (reply, sent)
        };
        assert_eq!(next().0, Reply::Begun);
        let (Reply::Parcel(parcel), _) = next() else { panic!("it sends what it made") };
        let measured = next().1;
        assert_eq!(Parcel::of(parcel.goods, &[&measured]), parcel);
        let (Reply::Done { outputs, .. }, _) = next() else { panic!("done") };
        assert_eq!(parcel.goods, Goods::Artifact(outputs["measured"]));
        assert_eq!(next().0, Reply::Begun);
        assert_eq!(next().0, Reply::Failed { failure: TaskFailure::Unreadable { message: "it is gone".to_owned() } });
    }

    #[test]
    fn tasks_are_done_one_after_another_and_failures_are_of_their_sort() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(folder.path()).expect("a cache");
        let candidate = r#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":8,"stride":2}},"sources":[]}]}}"#;
        let metrics = r#"{"validation_accuracy":0.5,"validation_loss":null,"train_loss":[],"diverged":null}"#;
        let inputs = |candidate: &str, metrics: &str| {
            let put = |text: &str| cache.put(text.as_bytes()).expect("put");
            BTreeMap::from([("candidate".to_owned(), put(candidate)), ("metrics".to_owned(), put(metrics))])
        };
        let with = |inputs| Request { inputs, cache: CachePlace::Folder(folder.path().to_owned()), ..request() };
        let lost = BTreeMap::from([("candidate".to_owned(), Digest::of(Domain::Blob, b"lost"))]);
        let said = served(vec![
            with(inputs(candidate, metrics)),
            with(lost),
            with(inputs("[]", metrics)),
            with(inputs(candidate, "nothing")),
            with(inputs(&candidate.replace(":8", ":65536").replace(":3", ":65535"), metrics)),
            request(),
            with(inputs(candidate, metrics)),
        ]);
        let (begun, ended): (Vec<&Reply>, Vec<&Reply>) = said.iter().partition(|reply| **reply == Reply::Begun);
        assert_eq!(begun.len(), ended.len());
        let kinds: Vec<Option<FailureKind>> = ended
            .into_iter()
            .map(|reply| match reply {
                Reply::Failed { failure } => Some(failure.kind()),
                Reply::Done { outputs, .. } => {
                    cache.get(&outputs["measured"], 10_000).expect("stored");
                    None
                }
                other => panic!("{other:?}"),
            })
            .collect();
        let (unreadable, refused) = (Some(FailureKind::Unreadable), Some(FailureKind::Refused));
        assert_eq!(kinds, [None, unreadable, unreadable, unreadable, refused, refused, None]);
    }
}
