//! One slot of a pool started and let go again, to see whether it can be had.

use std::time::{Duration, Instant};

use super::LaunchedExecutor;
use crate::run::about::About;
use crate::run::link::Said;
use crate::run::protocol::Reply;

impl LaunchedExecutor {
    /// Starts one slot and waits until it answers, outside of a run; fails with what was said.
    pub fn try_one(&mut self, patience: Duration) -> Result<(About, Duration), String> {
        let began = Instant::now();
        let slot = self.launch().map_err(|error| error.to_string())?;
        let heard = loop {
            match self.receiver.recv_deadline(began + patience) {
                Ok((_, Said::Reply(Reply::Hello(about)))) => match self.settings.refusal(&about) {
                    None => break Ok((*about, began.elapsed())),
                    Some(why) => break Err(why),
                },
                Ok((_, Said::Reply(_))) => {}
                Ok((_, Said::Broken(failure))) => break Err(failure.to_string()),
                Ok((_, Said::Ended(ending))) => break Err(ending.text()),
                Err(_) => {
                    let words = self.slots.get(&slot).map(|slot| slot.link.words()).filter(|words| !words.is_empty());
                    let words = words.map_or_else(String::new, |words| format!("; it said: {words}"));
                    break Err(format!("no answer after {} s{words}", patience.as_secs()));
                }
            }
        };
        if let Some(slot) = self.slots.remove(&slot) {
            slot.link.dismiss();
        }
        heard
    }
}
