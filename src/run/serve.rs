//! The worker's side: reads requests, runs tasks, answers. Generic over the engines, so that tests serve fakes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use super::images::Store;
use super::protocol::{Reply, Request};
use crate::cache::{BLOB_LIMIT, Cache};
use crate::digest::Digest;
use crate::engine::{Policies, TaskFailure, Trainer};
use crate::task::{self, Engines, Inputs};

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
        let request: Request = serde_json::from_str(&line?)?;
        store.place(request.dataset.clone());
        let mut engines = Engines { trainer, policies, images: &mut store };
        let reply = match answer(&request, &mut engines, &mut output) {
            Ok(reply) => reply,
            Err(failure) => Reply::Failed { failure },
        };
        say(&mut output, &reply)?;
    }
    Ok(())
}

fn answer(request: &Request, engines: &mut Engines<'_>, output: &mut impl Write) -> Result<Reply, TaskFailure> {
    let began = Instant::now();
    let cache = Cache::open(&request.cache).map_err(|error| refused(&error))?;
    let inputs = read_inputs(&cache, &request.inputs)?;
    let mut told = began;
    let mut progress = |progress| {
        if told.elapsed() >= PROGRESS_EVERY {
            told = Instant::now();
            // A coordinator that is gone is noticed when the result is told.
            let _ = say(output, &Reply::Progress(progress));
        }
    };
    let done = task::run(&request.task, &inputs, Some(engines), &mut progress)?;
    let outputs = write_outputs(&cache, &done.blobs)?;
    Ok(Reply::Done { outputs, environment: done.environment, seconds: began.elapsed().as_secs_f64() })
}

/// Reads and verifies the inputs of a task.
pub fn read_inputs(cache: &Cache, digests: &BTreeMap<String, Digest>) -> Result<Inputs, TaskFailure> {
    let read = |(name, digest): (&String, &Digest)| Ok((name.clone(), cache.get(digest, BLOB_LIMIT).map_err(|error| refused(&error))?));
    digests.iter().map(read).collect::<Result<_, TaskFailure>>().map(Inputs)
}

/// Puts the outputs of a task into the cache.
pub fn write_outputs(cache: &Cache, blobs: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Digest>, TaskFailure> {
    blobs.iter().map(|(name, bytes)| Ok((name.clone(), cache.put(bytes).map_err(|error| refused(&error))?))).collect()
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
