//! The requests that a worker receives. A thread of its own reads them, so that a pause arrives while a task runs.

use std::io::{self, BufRead, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::parcel::{Arrivals, Arrived, Goods, ParcelError};
use super::protocol::{InferenceRequest, Order, Request};
use crate::engine::Trial;

/// The longest order; a longer one is not read into memory.
pub const ORDER_LIMIT: u64 = 64 << 20;

/// As many orders as nobody gives: the input has ended.
const CLOSED: u64 = u64::MAX;

/// Why no more requests are read.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("cannot read what is to be done: {0}")]
    Input(#[from] io::Error),
    #[error("an order has more than {ORDER_LIMIT} bytes")]
    TooLong,
    #[error("an order is not understood: {0}")]
    NotUnderstood(serde_json::Error),
    #[error("what was sent is not taken: {0}")]
    Parcel(#[from] ParcelError),
}

/// The work of a worker, one item at a time.
#[derive(Debug, PartialEq)]
pub(super) enum Work {
    Introduction,
    Task(Box<Request>),
    Measurement(Box<Trial>),
    Inference(Box<InferenceRequest>),
}

/// The writing end of the queue.
pub struct Listener {
    sender: Sender<Work>,
    arrived: Sender<Answer>,
    paused: Arc<AtomicU64>,
}

/// What the coordinator sends besides orders, or why it does not.
pub(super) type Answer = Result<Arrived, (Goods, String)>;

/// The reading end of the queue.
pub struct Inbox {
    queue: Receiver<Work>,
    arrived: Receiver<Answer>,
    taken: u64,
    /// Work up to this number is to pause: what was asked for before the pause was.
    paused: Arc<AtomicU64>,
}

/// Two ends of one queue.
pub fn inbox() -> (Listener, Inbox) {
    let ((sender, queue), (sender_of_goods, arrived)) = (unbounded(), unbounded());
    let paused = Arc::new(AtomicU64::new(0));
    (Listener { sender, arrived: sender_of_goods, paused: Arc::clone(&paused) }, Inbox { queue, arrived, taken: 0, paused })
}

impl Listener {
    /// Reads requests, one a line, until the input ends or a request is malformed. An incomplete last line is ignored:
    /// its writer died. Then whatever is being done is to be saved: nobody will ask for it.
    pub fn listen(self, input: impl BufRead) -> Result<(), OrderError> {
        let paused = Arc::clone(&self.paused);
        let listened = self.hear(input);
        paused.store(CLOSED, SeqCst);
        listened
    }

    fn hear(self, mut input: impl BufRead) -> Result<(), OrderError> {
        let mut asked = 0;
        let mut arrivals = Arrivals::default();
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
                Order::Hello => Work::Introduction,
                Order::Do(request) => Work::Task(request),
                Order::Measure(trial) => Work::Measurement(trial),
                Order::Infer(asked) => Work::Inference(asked),
                Order::Pause => {
                    self.paused.store(asked, SeqCst);
                    continue;
                }
                Order::Parcel(parcel) => {
                    self.arrives(arrivals.begin(parcel)?);
                    continue;
                }
                Order::Part { bytes } => {
                    self.arrives(arrivals.part(bytes, &mut input)?);
                    continue;
                }
                Order::Absent { goods, why } => {
                    let _ = self.arrived.send(Err((goods, why)));
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

impl Listener {
    fn arrives(&self, arrived: Option<Arrived>) {
        // Whoever does the task may have given it up.
        let _ = arrived.map(|arrived| self.arrived.send(Ok(arrived)));
    }
}

impl Inbox {
    /// What the coordinator sends, which is waited for.
    pub(super) const fn arrived(&self) -> &Receiver<Answer> {
        &self.arrived
    }

    /// Whether no order will come any more.
    pub(super) fn is_closed(&self) -> bool {
        self.paused.load(SeqCst) == CLOSED
    }

    /// The next piece of work, which is waited for; `None` when none will come any more.
    pub(super) fn next(&mut self) -> Option<Work> {
        let work = self.queue.recv().ok()?;
        self.taken += 1;
        Some(work)
    }

    /// Whether the item taken last is to pause.
    pub(super) fn is_to_pause(&self) -> bool {
        self.paused.load(SeqCst) >= self.taken
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::run::parcel::Parcel;
    use crate::run::serve::tests::request;

    pub fn line(order: &Order) -> Vec<u8> {
        let mut line = serde_json::to_vec(order).expect("plain data");
        line.push(b'\n');
        line
    }

    /// An inbox that has read these lines.
    pub fn heard(lines: &[Vec<u8>]) -> Inbox {
        let (listener, inbox) = inbox();
        listener.hear(&lines.concat()[..]).expect("orders");
        inbox
    }

    #[test]
    fn a_pause_is_for_what_was_asked_before_it() {
        let task = || line(&Order::Do(Box::new(request())));
        let mut inbox = heard(&[line(&Order::Pause), task(), task(), line(&Order::Pause), task(), b"{\"do\":".to_vec()]);
        let mut paused = Vec::new();
        while inbox.next().is_some() {
            paused.push(inbox.is_to_pause());
        }
        assert_eq!(paused, [true, true, false]);
        let mut inbox = heard(&[line(&Order::Pause), task()]);
        assert!(inbox.next().is_some() && !inbox.is_to_pause(), "there was nothing to pause");
    }

    #[test]
    fn what_goes_on_when_the_input_ends_is_to_be_saved() {
        let (listener, mut inbox) = inbox();
        listener.listen(&line(&Order::Do(Box::new(request())))[..]).expect("orders");
        assert!(inbox.next().is_some() && inbox.is_closed() && inbox.is_to_pause());
        assert!(!heard(&[line(&Order::Pause)]).is_closed());
    }

    #[test]
    fn what_is_sent_arrives_between_other_orders() {
        let parcel = Parcel::of(Goods::Checkpoint(request().key), &[b"half"]);
        let lines = [
            line(&Order::Parcel(parcel)),
            line(&Order::Part { bytes: 1 }),
            b"h".to_vec(),
            line(&Order::Pause),
            line(&Order::Part { bytes: 3 }),
            b"alf".to_vec(),
            line(&Order::Absent { goods: parcel.goods, why: "gone".to_owned() }),
        ];
        let inbox = heard(&lines);
        assert_eq!(inbox.arrived().recv(), Ok(Ok((parcel.goods, b"half".to_vec()))));
        assert_eq!(inbox.arrived().recv(), Ok(Err((parcel.goods, "gone".to_owned()))));
        assert!(inbox.arrived().recv().is_err(), "no more will come");
    }

    #[test]
    fn what_is_no_order_or_too_long_for_one_is_refused() {
        let fault = |input: &mut dyn BufRead| inbox().0.listen(input).expect_err("no order").to_string();
        assert!(fault(&mut &b"hello\n"[..]).starts_with("an order is not understood: "));
        assert!(fault(&mut &b"{\"do\":{}}\n"[..]).starts_with("an order is not understood: "));
        let endless = fault(&mut io::BufReader::new(io::repeat(b'[')));
        assert_eq!(endless, "an order has more than 67108864 bytes");
        let deep = [vec![b'['; 1_000_000], b"\n".to_vec()].concat();
        assert!(fault(&mut &deep[..]).starts_with("an order is not understood: "));
    }
}
