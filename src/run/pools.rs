//! The slots of all pools under one numbering. A slot's number is given when the slot appears and never again within a run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use super::clock::{Clock, Notifier, SystemClock};
use super::executor::{Device, Executor, ExecutorError, Message};
use super::heard::Heard;
use super::protocol::Request;
use crate::arch::MeasureName;

/// Any number of pools, as one.
pub struct Pools<'p> {
    all: Vec<Pool<'p>>,
    /// By number.
    slots: Vec<Slot>,
    /// Those that are not gone, those that take tasks and those of them that have none.
    present: BTreeSet<usize>,
    open: BTreeSet<usize>,
    idle: BTreeSet<usize>,
    /// Numbers of devices, by pool and name.
    devices: BTreeMap<(usize, String), usize>,
    /// What is to be heard before the pools are asked.
    due: VecDeque<Heard>,
    /// The pool that is asked first the next time.
    turn: usize,
    clock: Box<dyn Clock + 'p>,
    notifier: Notifier,
}

struct Pool<'p> {
    executor: Box<dyn Executor + 'p>,
    /// The numbers of its slots, by its own names for them.
    numbers: BTreeMap<usize, usize>,
    /// Whether it can give no slot any more.
    is_broken: bool,
}

struct Slot {
    pool: usize,
    /// The pool's name for it.
    name: usize,
    device: Device,
    device_number: usize,
}

/// Where a slot is: numbers of its pool and its device.
#[derive(Clone, Copy, Debug)]
pub(super) struct SlotPlace {
    pub pool: usize,
    pub device: usize,
}

impl<'p> Pools<'p> {
    /// Pools that wake the run by this notifier.
    pub fn new(notifier: Notifier, executors: Vec<Box<dyn Executor + 'p>>) -> Self {
        Self::with_clock(Box::new(SystemClock), notifier, executors)
    }

    pub fn with_clock(clock: Box<dyn Clock + 'p>, notifier: Notifier, executors: Vec<Box<dyn Executor + 'p>>) -> Self {
        let pools = executors.into_iter().map(|executor| Pool { executor, numbers: BTreeMap::new(), is_broken: false }).collect();
        Self {
            all: pools,
            slots: Vec::new(),
            present: BTreeSet::new(),
            open: BTreeSet::new(),
            idle: BTreeSet::new(),
            devices: BTreeMap::new(),
            due: VecDeque::new(),
            turn: 0,
            clock,
            notifier,
        }
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What the slots compute on, those that have not appeared included.
    pub fn devices(&self) -> Vec<Device> {
        self.all.iter().flat_map(|pool| pool.executor.devices()).collect()
    }

    /// The slots that take tasks and have none.
    pub(super) fn idle(&self) -> impl ExactSizeIterator<Item = usize> {
        self.idle.iter().copied()
    }

    /// Whether a slot takes tasks.
    pub(super) fn is_open(&self, slot: usize) -> bool {
        self.open.contains(&slot)
    }

    /// The slots that are not gone.
    pub(super) fn present(&self) -> impl Iterator<Item = usize> {
        self.present.iter().copied()
    }

    pub(super) fn place(&self, slot: usize) -> SlotPlace {
        SlotPlace { pool: self.slots[slot].pool, device: self.slots[slot].device_number }
    }

    /// Whether all slots beside a slot share the memory of its machine.
    pub(super) fn is_of_one_machine(&self, slot: usize) -> bool {
        self.all[self.slots[slot].pool].executor.is_of_one_machine()
    }

    /// The device of a slot, also of one that is gone.
    pub(super) fn device(&self, slot: usize) -> &Device {
        &self.slots[slot].device
    }

    /// What a slot measures, where it is of a device of the user's.
    pub(super) fn measure(&self, slot: usize) -> Option<MeasureName> {
        self.all[self.slots[slot].pool].executor.measure()
    }

    pub(super) fn share_pool(&self, slot: usize, other: usize) -> bool {
        self.slots[slot].pool == self.slots[other].pool
    }

    /// Gives a task to an open slot that has none.
    pub(super) fn start(&mut self, slot: usize, request: Request) {
        let Slot { pool, name, .. } = self.slots[slot];
        self.idle.remove(&slot);
        if let Err(error) = self.all[pool].executor.start(name, request) {
            self.break_pool(slot, error);
        }
    }

    /// A slot has nothing to do any more.
    pub(super) fn release(&mut self, slot: usize) {
        if self.is_open(slot) {
            self.idle.insert(slot);
        }
    }

    /// Asks a slot to save what it is doing and to stop, unless it is nearly done.
    pub(super) fn pause(&mut self, slot: usize) {
        let Slot { pool, name, .. } = self.slots[slot];
        self.all[pool].executor.pause(name);
    }

    /// Ends what a slot is doing, at once.
    pub(super) fn end(&mut self, slot: usize) {
        let Slot { pool, name, .. } = self.slots[slot];
        self.all[pool].executor.end(name);
        self.close_if_launched(slot);
    }

    /// A launched slot ends with its worker; on this machine another worker takes the slot.
    fn close_if_launched(&mut self, slot: usize) {
        if !self.is_of_one_machine(slot) {
            self.close(slot);
        }
    }

    /// A slot takes no more tasks.
    fn close(&mut self, slot: usize) {
        self.open.remove(&slot);
        self.idle.remove(&slot);
    }

    /// Gives the pool of a slot up: it can give no slot any more.
    pub(super) fn break_pool(&mut self, slot: usize, error: ExecutorError) {
        self.fail(self.slots[slot].pool, error);
    }

    /// Waits for what is to be heard, at most as long as `patience` says.
    pub(super) fn next(&mut self, patience: Option<Duration>) -> Option<Heard> {
        let until = patience.map(|patience| self.now() + patience);
        loop {
            if self.notifier.take_interrupt() {
                return Some(Heard::Interrupt);
            }
            if self.all.is_empty() {
                return Some(Heard::AllBroken(ExecutorError::NoPool));
            }
            if let Some(heard) = self.due.pop_front().or_else(|| self.ask()) {
                return Some(heard);
            }
            let left = until.map(|until| until.saturating_duration_since(self.now()));
            if left == Some(Duration::ZERO) {
                return None;
            }
            let due = self.all.iter().filter_map(|pool| pool.executor.due()).min();
            let left = left.into_iter().chain(due.map(|due| due.saturating_duration_since(self.now()))).min();
            self.clock.wait(&self.notifier, left);
        }
    }

    /// The next message of the pools, which are asked in turn.
    fn ask(&mut self) -> Option<Heard> {
        for _ in 0..self.all.len() {
            let pool = self.turn;
            self.turn = (pool + 1) % self.all.len();
            while let Some(message) = self.all[pool].executor.take() {
                if let Some(heard) = self.translate(pool, message) {
                    return Some(heard);
                }
            }
        }
        None
    }

    /// A message of a pool with the number of its slot; `None` of slots that are not there any more.
    fn translate(&mut self, pool: usize, message: Message) -> Option<Heard> {
        let number = |name: usize| self.all[pool].numbers.get(&name).copied();
        let message = match message {
            Message::Appeared { slot: name, device } => {
                let slot = self.slots.len();
                self.all[pool].numbers.insert(name, slot);
                let next = self.devices.len();
                let device_number = *self.devices.entry((pool, device.name.clone())).or_insert(next);
                self.slots.push(Slot { pool, name, device: device.clone(), device_number });
                for set in [&mut self.present, &mut self.open, &mut self.idle] {
                    set.insert(slot);
                }
                Message::Appeared { slot, device }
            }
            Message::Reply { slot, reply } => Message::Reply { slot: number(slot)?, reply },
            Message::Died { slot, failure } => {
                let slot = number(slot)?;
                self.close_if_launched(slot);
                Message::Died { slot, failure }
            }
            Message::Leaving { slot } => {
                let slot = number(slot)?;
                self.close(slot);
                Message::Leaving { slot }
            }
            Message::Gone { slot: name } => {
                let slot = self.all[pool].numbers.remove(&name)?;
                self.forget(slot);
                Message::Gone { slot }
            }
            Message::Counts { pending, lost } => return Some(Heard::Counts { pool: self.name(pool), pending, lost }),
            Message::Warning(message) => return Some(Heard::Warning { pool: self.name(pool), message }),
            Message::Broken(error) => {
                self.fail(pool, error);
                return self.due.pop_front();
            }
        };
        Some(Heard::Message(message))
    }

    /// A slot is gone.
    fn forget(&mut self, slot: usize) {
        for set in [&mut self.present, &mut self.open, &mut self.idle] {
            set.remove(&slot);
        }
    }

    fn name(&self, pool: usize) -> String {
        self.all[pool].executor.name().to_owned()
    }

    /// The name of the pool of a slot.
    pub(super) fn pool_of(&self, slot: usize) -> &str {
        self.all[self.slots[slot].pool].executor.name()
    }

    /// So many tasks wait for slots that are not there; the first pool that can have more gets them.
    pub(super) fn want(&mut self, waiting: usize) {
        self.all.iter_mut().fold(waiting, |waiting, pool| pool.executor.want(waiting));
    }

    fn fail(&mut self, broken: usize, error: ExecutorError) {
        let pool = &mut self.all[broken];
        if std::mem::replace(&mut pool.is_broken, true) {
            return;
        }
        let lost = std::mem::take(&mut pool.numbers);
        let name = pool.executor.name().to_owned();
        // Without workers nothing goes on, whatever can be measured.
        if self.all.iter().all(|pool| pool.is_broken || pool.executor.measure().is_some()) {
            self.due.push_back(Heard::AllBroken(error));
            return;
        }
        self.due.push_back(Heard::Broken { pool: name, error });
        for (name, slot) in lost {
            self.all[broken].executor.end(name);
            self.forget(slot);
            self.due.push_back(Heard::Message(Message::Gone { slot }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::TaskFailure;
    use crate::run::executor::Capacity;

    /// A pool of one slot whose worker dies.
    struct Dying(Vec<Message>, bool);

    impl Executor for Dying {
        fn name(&self) -> &'static str {
            "dying"
        }
        fn devices(&self) -> Vec<Device> {
            Vec::new()
        }
        fn is_of_one_machine(&self) -> bool {
            self.1
        }
        fn start(&mut self, _: usize, _: Request) -> Result<(), ExecutorError> {
            Ok(())
        }
        fn pause(&mut self, _: usize) {}
        fn end(&mut self, _: usize) {}
        fn take(&mut self) -> Option<Message> {
            self.0.pop()
        }
    }

    #[test]
    fn a_slot_takes_tasks_behind_its_worker_on_this_machine_only() {
        for of_one_machine in [true, false] {
            let device = Device { name: "cpu".to_owned(), kind: "cpu".to_owned(), memory: None, capacity: Capacity::default() };
            let failure = TaskFailure::Crashed { how: "signal 11".to_owned() };
            let messages = vec![Message::Died { slot: 7, failure }, Message::Appeared { slot: 7, device }];
            let mut pools = Pools::new(Notifier::default(), vec![Box::new(Dying(messages, of_one_machine))]);
            assert!(matches!(pools.next(None), Some(Heard::Message(Message::Appeared { slot: 0, .. }))));
            assert!(matches!(pools.next(None), Some(Heard::Message(Message::Died { slot: 0, .. }))));
            pools.release(0);
            assert_eq!((pools.is_open(0), pools.idle().len()), (of_one_machine, usize::from(of_one_machine)));
        }
    }
}
