//! The worker's side: reads requests, runs tasks, answers. Generic over the engines, so that tests serve fakes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::data::Store;
use super::protocol::{Order, Reply, Request};
use crate::cache::{BLOB_LIMIT, Cache};
use crate::digest::Digest;
use crate::engine::{Course, Policies, Progress, TaskFailure, Trainer, Wish};
use crate::task::{self, Engines, Inputs, Task, World};

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Answers requests, each a line, until there are no more.
pub fn serve(
    trainer: &mut dyn Trainer,
    policies: &mut dyn Policies,
    requests: impl Iterator<Item = std::io::Result<String>>,
    mut output: impl Write,
) -> std::io::Result<()> {
    let mut store = Store::default();
    say(&mut output, &Reply::Ready)?;
    for line in requests {
        let Order::Do(request) = serde_json::from_str(&line?)? else { continue };
        store.place(request.data.clone());
        let world = World { data: &mut store, engines: Some(Engines { trainer, policies }) };
        let reply = match answer(&request, world, &mut output) {
            Ok(reply) => reply,
            Err(failure) => Reply::Failed { failure },
        };
        say(&mut output, &reply)?;
    }
    Ok(())
}

fn answer(request: &Request, world: World<'_>, output: &mut impl Write) -> Result<Reply, TaskFailure> {
    let began = Instant::now();
    let cache = Cache::open(&request.cache).map_err(|error| refused(&error))?;
    let mut course = Telling { output: &mut *output, told: began };
    let done = compute(&cache, &request.task, &request.inputs, world, &mut course)?;
    Ok(Reply::Done { outputs: done.outputs, environment: done.environment, seconds: began.elapsed().as_secs_f64() })
}

/// Tells the coordinator how far a training is.
struct Telling<'a, W> {
    output: &'a mut W,
    told: Instant,
}

impl<W: Write> Course for Telling<'_, W> {
    fn saved(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn passed(&mut self, progress: Progress) -> Wish {
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.told = Instant::now();
            // A coordinator that is gone is noticed when the result is told.
            let _ = say(self.output, &Reply::Progress(progress));
        }
        Wish::GoOn
    }

    fn save(&mut self, _: &[u8]) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// What a task gave, stored.
pub struct Stored {
    pub outputs: BTreeMap<String, Digest>,
    pub environment: BTreeMap<String, String>,
}

/// Reads and verifies the inputs of a task, runs it, and puts its outputs into the cache.
pub fn compute(
    cache: &Cache,
    task: &Task,
    inputs: &BTreeMap<String, Digest>,
    world: World<'_>,
    course: &mut dyn Course,
) -> Result<Stored, TaskFailure> {
    let read = |(name, digest): (&String, &Digest)| Ok((name.clone(), cache.get(digest, BLOB_LIMIT).map_err(|error| refused(&error))?));
    let inputs = inputs.iter().map(read).collect::<Result<_, TaskFailure>>().map(Inputs)?;
    let done = task::run(task, &inputs, world, course)?;
    let store = |(name, bytes): (&String, &Vec<u8>)| Ok((name.clone(), cache.put(bytes).map_err(|error| refused(&error))?));
    let outputs = done.blobs.iter().map(store).collect::<Result<_, TaskFailure>>()?;
    Ok(Stored { outputs, environment: done.environment })
}

fn refused(error: &dyn std::error::Error) -> TaskFailure {
    TaskFailure::Refused { message: error.to_string() }
}

fn say(output: &mut impl Write, reply: &Reply) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    output.write_all(&line)?;
    output.flush()
}

/// The program of the workers: beside this one.
pub fn worker_program(coordinator: &Path) -> std::path::PathBuf {
    coordinator.with_file_name("epnas-worker")
}
