//! Slots that an engine places: a command of the user's starts each one (`srun`, `ssh`, `docker run -i`) and carries its streams.
//! Where and when it runs, queueing and limits are the engine's. Such slots live like jobs: they may be waited for for hours,
//! be told to leave, or be lost.

mod executor;
mod fleet;
mod settings;
mod slot;
mod trial;

use std::collections::{BTreeMap, VecDeque};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};

use self::fleet::{Fleet, Verdict};
pub use self::settings::LaunchSettings;
use self::slot::{Slot, State};
use super::about::About;
use super::clock::Notifier;
use super::depot::Depot;
use super::executor::{ExecutorError, Message};
use super::link::{Ending, Link, Said};
use super::protocol::Reply;
use crate::cache::Cache;

/// A pool of such slots.
pub struct LaunchedExecutor {
    settings: LaunchSettings,
    cache: Cache,
    fleet: Fleet,
    slots: BTreeMap<usize, Slot>,
    /// The name of the next slot.
    next: usize,
    /// Slots that were lost with what they were doing.
    lost: usize,
    /// How many were on their way, and lost, when that was told last.
    told: (usize, usize),
    is_broken: bool,
    /// When it was last looked at what is due.
    looked: Instant,
    unsaid: VecDeque<Message>,
    sender: Sender<(usize, Said)>,
    receiver: Receiver<(usize, Said)>,
    notifier: Notifier,
}

impl LaunchedExecutor {
    /// Notifies `notifier` of every message. What comes from workers is kept in `cache`.
    pub fn new(settings: LaunchSettings, cache: Cache, notifier: Notifier) -> Self {
        let (sender, receiver) = unbounded();
        let fleet = Fleet::new(settings.slots.0, settings.slots.1);
        let (slots, unsaid) = (BTreeMap::new(), VecDeque::new());
        Self {
            settings,
            cache,
            fleet,
            slots,
            next: 0,
            lost: 0,
            told: (0, 0),
            is_broken: false,
            looked: Instant::now(),
            unsaid,
            sender,
            receiver,
            notifier,
        }
    }

    fn launch(&mut self) -> Result<usize, ExecutorError> {
        let name = self.next;
        self.next += 1;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &self.settings.command]);
        let (sender, notifier) = (self.sender.clone(), self.notifier.clone());
        let hear = move |said| {
            let is_sent = sender.send((name, said)).is_ok();
            notifier.notify();
            is_sent
        };
        let depot = (!self.settings.shares_cache).then(|| Arc::new(Depot::new(self.cache.clone())));
        let link = Link::begin(command, depot.clone(), hear)?;
        tracing::info!(pool = self.settings.name, slot = name, pid = link.id(), "a slot is asked for");
        self.slots.insert(name, Slot { link, depot, state: State::Starting { since: Instant::now() }, leaves_at: None, is_leaving: false });
        Ok(name)
    }

    /// Starts what is wanted, lets go of what is not, ends what takes too long.
    fn keep_time(&mut self, now: Instant) {
        self.looked = now;
        let starts = if self.is_broken { 0 } else { self.fleet.starts(now, self.staying()) };
        for _ in 0..starts {
            if let Err(error) = self.launch() {
                self.start_failed(now, &error.to_string(), false);
                break;
            }
        }
        let names: Vec<usize> = self.slots.keys().copied().collect();
        for name in names {
            let Some(slot) = self.slots.get(&name) else { continue };
            if slot.starts_too_long(now, self.settings.start_limit) {
                let words = slot.link.words();
                let seconds = self.settings.start_limit.unwrap_or_default().as_secs();
                self.dismiss(name);
                let words = if words.is_empty() { words } else { format!(": {words}") };
                // It may be in a queue.
                self.start_failed(now, &format!("a slot did not answer within {seconds} s{words}"), true);
                continue;
            }
            let is_idle = slot.idles_too_long(now, self.settings.leaves_after) && self.fleet.may_lose_one(self.staying());
            if is_idle || slot.must_leave(now) {
                self.leave(name);
            }
        }
        self.tell_counts();
    }

    /// Slots that are there to stay, or on their way.
    fn staying(&self) -> usize {
        self.slots.values().filter(|slot| !slot.is_leaving).count()
    }

    fn tell_counts(&mut self) {
        let pending = self.slots.values().filter(|slot| matches!(slot.state, State::Starting { .. })).count();
        if self.told != (pending, self.lost) {
            self.told = (pending, self.lost);
            self.unsaid.push_back(Message::Counts { pending, lost: self.lost });
        }
    }

    fn start_failed(&mut self, now: Instant, said: &str, was_ended: bool) {
        match self.fleet.fails(now, said, was_ended) {
            Verdict::Again => tracing::info!(pool = self.settings.name, said, "a slot could not be started"),
            Verdict::Say(wait) => {
                let seconds = wait.as_secs().max(1);
                self.unsaid.push_back(Message::Warning(format!("cannot start a slot, the next attempt is in {seconds} s: {said}")));
            }
            Verdict::Hopeless => self.give_up(ExecutorError::NoSlot { said: said.to_owned() }),
        }
    }

    fn give_up(&mut self, error: ExecutorError) {
        self.is_broken = true;
        self.end_all();
        self.unsaid.push_back(Message::Broken(error));
    }

    /// Ends all slots; those that wait in a queue are told so, for they do not look at their input.
    fn end_all(&mut self) {
        let slots = std::mem::take(&mut self.slots).into_values();
        Link::end_all(slots.map(|slot| (slot.has_appeared(), slot.link)).collect());
    }

    /// A slot is to go: at once where it has nothing to do, else when its task was handed over.
    fn leave(&mut self, name: usize) {
        let Some(slot) = self.slots.get_mut(&name) else { return };
        if !std::mem::replace(&mut slot.is_leaving, true) && slot.has_appeared() {
            self.unsaid.push_back(Message::Leaving { slot: name });
        }
        if !matches!(slot.state, State::Busy) {
            self.dismiss(name);
        }
    }

    /// Lets a slot go.
    fn dismiss(&mut self, name: usize) {
        if let Some(slot) = self.slots.remove(&name) {
            if slot.has_appeared() {
                self.unsaid.push_back(Message::Gone { slot: name });
            }
            slot.link.dismiss();
        }
    }

    fn hear(&mut self, name: usize, said: Said) {
        let Some(slot) = self.slots.get_mut(&name) else { return };
        match said {
            Said::Reply(Reply::Hello(about)) => self.greeted(name, *about),
            Said::Reply(Reply::Leaving) => self.leave(name),
            Said::Reply(Reply::Lacks(goods)) => slot.link.send(goods),
            Said::Reply(reply) => {
                let ends = matches!(reply, Reply::Done { .. } | Reply::Failed { .. });
                self.unsaid.push_back(Message::Reply { slot: name, reply });
                if ends {
                    slot.state = State::Idle { since: Instant::now() };
                    if slot.is_leaving {
                        self.dismiss(name);
                    }
                }
            }
            Said::Broken(failure) => {
                self.unsaid.push_back(Message::Died { slot: name, failure });
                self.lost += 1;
                self.dismiss(name);
            }
            Said::Ended(ending) => self.ended(name, &ending),
        }
    }

    fn greeted(&mut self, name: usize, about: About) {
        if let Some(why) = self.settings.refusal(&about) {
            self.dismiss(name);
            self.start_failed(Instant::now(), &why, false);
            return;
        }
        self.fleet.succeeds();
        let Some(slot) = self.slots.get_mut(&name) else { return };
        slot.appears(&about, self.settings.time_limit, Instant::now());
        tracing::info!(pool = self.settings.name, slot = name, ?about, "a slot appears");
        self.unsaid.push_back(Message::Appeared { slot: name, device: slot::device(&about, self.settings.gpu.as_ref()) });
        self.unsaid.push_back(Message::Reply { slot: name, reply: Reply::Hello(Box::new(about)) });
    }

    fn ended(&mut self, name: usize, ending: &Ending) {
        let Some(slot) = self.slots.remove(&name) else { return };
        let said = ending.text();
        if !slot.has_appeared() {
            self.start_failed(Instant::now(), &said, slot::was_ended(ending));
            return;
        }
        if matches!(slot.state, State::Busy) {
            self.lost += 1;
            match slot::fault_of_task(ending) {
                Some(failure) => self.unsaid.push_back(Message::Died { slot: name, failure }),
                None => self.unsaid.push_back(Message::Warning(format!("a slot was lost: {said}"))),
            }
        } else if !slot.is_leaving {
            tracing::info!(pool = self.settings.name, slot = name, said, "an idle slot is gone");
        }
        self.unsaid.push_back(Message::Gone { slot: name });
    }
}
