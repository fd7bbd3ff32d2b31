//! Ctrl-C: the handler of the process is set once, and interrupts every run that is going on.

use std::sync::Mutex;

type Interrupt = Box<dyn Fn() + Send>;

static RUNS: Mutex<Vec<Interrupt>> = Mutex::new(Vec::new());
static HANDLER: std::sync::OnceLock<Result<(), String>> = std::sync::OnceLock::new();

/// Calls `interrupt` at every Ctrl-C from now on; calling it after its run has ended must do no harm.
pub fn on(interrupt: impl Fn() + Send + 'static) -> Result<(), String> {
    if let Ok(mut runs) = RUNS.lock() {
        runs.push(Box::new(interrupt));
    }
    let set = || ctrlc::set_handler(|| RUNS.lock().iter().flat_map(|runs| runs.iter()).for_each(|interrupt| interrupt()));
    HANDLER.get_or_init(|| set().map_err(|error| error.to_string())).clone()
}
