//! A process of `peer.py`: PyTorch with one network and one setting.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use epnas::arch::Network;
use epnas::run::ALLOCATOR;
use serde_json::{Value, json};

/// How PyTorch trains.
#[derive(Clone, Copy)]
pub struct Setting {
    pub threads: usize,
    /// `fp32` or `bf16`.
    pub precision: &'static str,
    pub compile: bool,
    pub batch: usize,
}

pub struct Peer {
    process: Child,
    answers: BufReader<ChildStdout>,
    batch: usize,
    /// Bytes at the peak beyond those before the network was built.
    memory: u64,
}

/// Images that it has at hand, in batches.
const BATCHES: usize = 16;

impl Peer {
    /// Starts Python and takes first steps.
    pub fn started(network: &Network, setting: Setting) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let process = Command::new("python3")
            .arg(home.join("benches/train/peer.py"))
            .env("PYTHONPATH", home.join(".bench"))
            .env("OMP_NUM_THREADS", setting.threads.to_string())
            // What makes the worker's memory fast makes this one's fast, too.
            .envs(ALLOCATOR)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn();
        let mut process = process.expect("python3 starts");
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut peer = Self { process, answers, batch: setting.batch, memory: 0 };
        let Setting { threads, precision, compile, batch } = setting;
        let _ = peer.ask(&json!({
            "threads": threads, "precision": precision, "compile": compile, "batch": batch, "images": BATCHES * batch,
            "nodes": network.nodes,
        }));
        peer
    }

    pub fn images_per_second(&mut self, steps: usize) -> f64 {
        let answer = self.ask(&json!({ "steps": steps }));
        self.memory = answer["memory"].as_u64().unwrap();
        self.batch as f64 / answer["seconds"].as_f64().unwrap()
    }

    pub const fn memory(&self) -> u64 {
        self.memory
    }

    fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.process.stdin.as_mut().unwrap(), "{order}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("PyTorch answers; `make bench-train` brings it into `.bench`")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
