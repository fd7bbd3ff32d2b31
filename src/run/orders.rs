//! What a worker is told, as it comes in: read by a thread of its own, so that a pause is heard while a task runs.

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::protocol::{InferenceRequest, Order, Request};
use crate::engine::Trial;

/// The longest order; a longer one is not read into memory.
pub const ORDER_LIMIT: u64 = 64 << 20;

/// Why no more orders are taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("cannot read what is to be done: {0}")]
    Input(#[from] io::Error),
    #[error("an order has more than {ORDER_LIMIT} bytes")]
    TooLong,
    #[error("an order is not understood: {0}")]
    NotUnderstood(serde_json::Error),
}

/// What a worker does, one after another.
#[derive(Debug, PartialEq)]
pub(super) enum Work {
    Task(Box<Request>),
    Measurement(Box<Trial>),
    Inference(Box<InferenceRequest>),
}

/// The end that orders come in at.
pub struct Listener {
    sender: Sender<Work>,
    paused: Arc<AtomicU64>,
}

/// The end that they are taken from.
pub struct Orders {
    queue: Receiver<Work>,
    taken: u64,
    /// Work up to this number is to pause: what was asked for before the pause was.
    paused: Arc<AtomicU64>,
}

/// Two ends of one queue.
pub fn orders() -> (Listener, Orders) {
    let (sender, queue) = unbounded();
    let paused = Arc::new(AtomicU64::new(0));
    (Listener { sender, paused: Arc::clone(&paused) }, Orders { queue, taken: 0, paused })
}

impl Listener {
    /// Takes in orders, each a line, until there are no more or one of them is wrong. Half a line at the end is none: its
    /// writer died.
    pub fn listen(self, mut input: impl BufRead) -> Result<(), OrderError> {
        let mut asked = 0;
        loop {
            let mut line = Vec::new();
            input.by_ref().take(ORDER_LIMIT + 1).read_until(b'\n', &mut line)?;
            if line.len() as u64 > ORDER_LIMIT {
                return Err(OrderError::TooLong);
            }
            if line.pop() != Some(b'\n') {
                return Ok(());
            }
            let work = match serde_json::from_slice(&line).map_err(OrderError::NotUnderstood)? {
                Order::Do(request) => Work::Task(request),
                Order::Measure(trial) => Work::Measurement(trial),
                Order::Infer(asked) => Work::Inference(asked),
                Order::Pause => {
                    self.paused.store(asked, SeqCst);
                    continue;
                }
            };
            asked += 1;
            if self.sender.send(work).is_err() {
                return Ok(());
            }
        }
    }
}

impl Orders {
    /// The next piece of work, which is waited for; `None` when none will come any more.
    pub(super) fn next(&mut self) -> Option<Work> {
        let work = self.queue.recv().ok()?;
        self.taken += 1;
        Some(work)
    }

    /// Whether what was taken last is to pause.
    pub(super) fn wish_a_pause(&self) -> bool {
        self.paused.load(SeqCst) >= self.taken
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::run::serve::tests::request;

    pub fn line(order: &Order) -> Vec<u8> {
        let mut line = serde_json::to_vec(order).expect("plain data");
        line.push(b'\n');
        line
    }

    /// The orders in these lines, all read.
    pub fn heard(lines: &[Vec<u8>]) -> Orders {
        let (listener, orders) = orders();
        listener.listen(&lines.concat()[..]).expect("orders");
        orders
    }

    #[test]
    fn a_pause_is_for_what_was_asked_before_it() {
        let task = || line(&Order::Do(Box::new(request())));
        let mut orders = heard(&[line(&Order::Pause), task(), task(), line(&Order::Pause), task(), b"{\"do\":".to_vec()]);
        let mut paused = Vec::new();
        while orders.next().is_some() {
            paused.push(orders.wish_a_pause());
        }
        assert_eq!(paused, [true, true, false]);
        let mut orders = heard(&[line(&Order::Pause), task()]);
        assert!(orders.next().is_some() && !orders.wish_a_pause(), "there was nothing to pause");
    }

    #[test]
    fn what_is_no_order_or_too_long_for_one_is_refused() {
        let fault = |input: &mut dyn BufRead| orders().0.listen(input).expect_err("no order").to_string();
        assert!(fault(&mut &b"hello\n"[..]).starts_with("an order is not understood: "));
        assert!(fault(&mut &b"{\"do\":{}}\n"[..]).starts_with("an order is not understood: "));
        let endless = fault(&mut io::BufReader::new(io::repeat(b'[')));
        assert_eq!(endless, "an order has more than 67108864 bytes");
        let deep = [vec![b'['; 1_000_000], b"\n".to_vec()].concat();
        assert!(fault(&mut &deep[..]).starts_with("an order is not understood: "));
    }
}
