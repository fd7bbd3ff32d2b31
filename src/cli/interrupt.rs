//! Ctrl-C: the handler of the process is set once, and interrupts every run that is going on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

type Interrupt = Box<dyn Fn() + Send>;

static RUNS: Mutex<BTreeMap<u64, Interrupt>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);
static ASKED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<Result<(), String>> = OnceLock::new();

/// Lets Ctrl-C interrupt a run for as long as it is kept.
pub struct Watch(u64);

impl Watch {
    /// Calls `interrupt` at every Ctrl-C from now on; tells why that cannot be.
    pub fn new(interrupt: impl Fn() + Send + 'static) -> (Self, Result<(), String>) {
        let watch = Self(NEXT.fetch_add(1, Ordering::Relaxed));
        if let Ok(mut runs) = RUNS.lock() {
            runs.insert(watch.0, Box::new(interrupt));
        }
        let set = || {
            ctrlc::set_handler(|| {
                ASKED.store(true, Ordering::Relaxed);
                RUNS.lock().iter().flat_map(|runs| runs.values()).for_each(|interrupt| interrupt());
            })
        };
        (watch, HANDLER.get_or_init(|| set().map_err(|error| error.to_string())).clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Ok(mut runs) = RUNS.lock() {
            runs.remove(&self.0);
        }
    }
}

/// Whether somebody pressed Ctrl-C: nothing new should be begun.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
