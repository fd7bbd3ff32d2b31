//! The three streams of a worker's process, each served by a thread of its own: what is given to it, what it replies, and what it
//! says beside that.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::depot::Depot;
use super::parcel::{Arrivals, Arrived, Goods, Parcel, ParcelError, line, parts};
use super::protocol::{Order, Reply};
use super::words::Words;
use crate::engine::TaskFailure;
use crate::host::locked;

/// Bytes of the longest reply.
const REPLY_LIMIT: u64 = 16 << 20;

/// So many lines that are no replies are borne.
const NONSENSE: usize = 1_000;

/// How long after one greeting the next is said; each time twice as long, up to the most.
pub(super) const GREETING: Duration = Duration::from_secs(1);
const RARE_GREETING: Duration = Duration::from_secs(60);

/// What a worker is given.
pub(super) enum Given {
    Order(Order),
    /// Something from the depot.
    Goods(Goods),
}

/// What is heard of a process. The last of it is its end.
#[derive(Debug)]
pub(super) enum Said {
    Reply(Reply),
    /// What it made cannot be kept, or did not come whole: nothing that it says counts any more.
    Broken(TaskFailure),
    Ended(Ending),
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Ending {
    pub status: Option<ExitStatus>,
    /// What it said beside its replies.
    pub words: String,
    /// Whether it had said what it is.
    pub has_answered: bool,
}

impl Ending {
    /// How it ended, with its words.
    pub(super) fn text(&self) -> String {
        let how = match self.status.map(|status| (status.code(), status.signal())) {
            Some((Some(code), _)) => format!("exit code {code}"),
            Some((None, Some(signal))) => format!("killed by signal {signal}"),
            _ => "for no known reason".to_owned(),
        };
        if self.words.is_empty() { how } else { format!("{how}: {}", self.words) }
    }

    pub(super) fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

/// Greets until it is answered, then hands on what is given until there will be no more.
pub(super) fn give(mut stdin: impl Write, given: &Receiver<Given>, answered: &Receiver<()>, depot: Option<&Depot>) {
    let mut pause = GREETING;
    loop {
        if write(&mut stdin, &Order::Hello).is_err() {
            return;
        }
        match answered.recv_timeout(pause) {
            Ok(()) => break,
            Err(RecvTimeoutError::Timeout) => pause = (pause * 2).min(RARE_GREETING),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    for given in given {
        let is_written = match given {
            Given::Order(order) => write(&mut stdin, &order),
            Given::Goods(goods) => send(&mut stdin, goods, depot),
        };
        // A worker that is gone is reported by the thread that reads its output.
        if is_written.is_err() {
            return;
        }
    }
}

fn write(stdin: &mut impl Write, order: &Order) -> std::io::Result<()> {
    stdin.write_all(&line(order)?).and_then(|()| stdin.flush())
}

fn send(stdin: &mut impl Write, goods: Goods, depot: Option<&Depot>) -> std::io::Result<()> {
    let taken = depot.ok_or_else(|| "nothing is sent to a worker that shares the cache".to_owned()).and_then(|depot| depot.take(goods));
    let pieces = match taken {
        Ok(pieces) => pieces,
        Err(why) => return write(stdin, &Order::Absent { goods, why }),
    };
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    write(stdin, &Order::Parcel(Parcel::of(goods, &pieces)))?;
    for part in parts(&pieces) {
        write(stdin, &Order::Part { bytes: part.len() })?;
        stdin.write_all(part)?;
    }
    stdin.flush()
}

/// Reads the replies of a worker.
pub(super) struct ReplyReader<'a> {
    /// Told when it has said what it is.
    pub answer: &'a Sender<()>,
    pub words: &'a Mutex<Words>,
    pub depot: Option<&'a Depot>,
    /// Says no when nobody wants to hear more.
    pub hear: &'a dyn Fn(Said) -> bool,
}

impl ReplyReader<'_> {
    /// Hands every reply on; whether the worker said what it is. What others say before that is kept.
    pub(super) fn read(&self, stdout: impl Read) -> bool {
        let (mut has_answered, mut nonsense) = (false, 0);
        let mut arrivals = Arrivals::default();
        let mut stdout = BufReader::with_capacity(1 << 16, stdout);
        let mut line = Vec::new();
        loop {
            line.clear();
            // A line without an end would fill the memory of all.
            match stdout.by_ref().take(REPLY_LIMIT).read_until(b'\n', &mut line) {
                Ok(1..) if line.ends_with(b"\n") => {}
                Ok(1..) if !has_answered => {
                    locked(self.words).add(&line);
                    return false;
                }
                _ => return has_answered,
            }
            let reply = match serde_json::from_slice(&line) {
                Ok(reply) if has_answered || matches!(reply, Reply::Hello(_)) => reply,
                _ => {
                    locked(self.words).add(&line);
                    nonsense += 1;
                    if has_answered {
                        tracing::warn!(said = %String::from_utf8_lossy(&line).trim_end(), "a worker said something unexpected");
                    }
                    if nonsense > NONSENSE {
                        return has_answered;
                    }
                    continue;
                }
            };
            let goes_on = match reply {
                Reply::Hello(_) => {
                    // Whoever greets may be gone already.
                    let _ = self.answer.try_send(());
                    std::mem::replace(&mut has_answered, true) || (self.hear)(Said::Reply(reply))
                }
                Reply::Parcel(parcel) => self.takes(arrivals.begin(parcel)),
                Reply::Part { bytes } => self.takes(arrivals.part(bytes, &mut stdout)),
                Reply::Done { ref outputs, .. } if self.depot.is_some_and(|depot| !depot.has(outputs.values())) => {
                    self.breaks("the worker did not send what it made")
                }
                reply => (self.hear)(Said::Reply(reply)),
            };
            if !goes_on {
                return has_answered;
            }
        }
    }

    /// Takes a part of something, which is a sign of life, and keeps what is whole; whether there is more to listen to.
    fn takes(&self, arrived: Result<Option<Arrived>, ParcelError>) -> bool {
        let Some(depot) = self.depot else { return self.breaks("a worker that shares the cache sends nothing") };
        match arrived.map(|arrived| arrived.map_or(Ok(()), |arrived| depot.receive(arrived))) {
            Ok(Ok(())) => (self.hear)(Said::Reply(Reply::Alive)),
            Ok(Err(failure)) => {
                (self.hear)(Said::Broken(failure));
                false
            }
            // The end is told by the thread's end.
            Err(ParcelError::Stream(_)) => false,
            Err(error) => self.breaks(&error.to_string()),
        }
    }

    fn breaks(&self, how: &str) -> bool {
        (self.hear)(Said::Broken(TaskFailure::Crashed { how: how.to_owned() }));
        false
    }
}

/// Waits for the last words of a process that ended, until then: what it left behind may keep the stream open for ever.
pub(super) fn await_words(listener: &JoinHandle<()>, until: Instant) {
    while !listener.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Keeps what a process says on its standard error, and reads to the end so that it never blocks.
pub(super) fn keep_words(mut stderr: impl Read, words: &Mutex<Words>) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut piece) {
        locked(words).add(&piece[..count]);
    }
}

#[cfg(test)]
#[path = "streams_tests.rs"]
mod tests;
