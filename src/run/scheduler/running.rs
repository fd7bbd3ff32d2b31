//! What the slots are doing, by slot and by device; every question is answered without a look at all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Job;
use crate::run::packing::Load;
use crate::run::pools::SlotPlace;

/// What a slot is doing.
pub(super) struct Running {
    pub node: usize,
    pub job: Job,
    place: SlotPlace,
    pool: Company,
    device: Company,
}

/// Whether a task had others beside it so far: those that ran when it began, and those begun since.
#[derive(Clone, Copy)]
struct Company {
    at_first: bool,
    begun: u64,
}

/// The tasks of a pool or a device.
#[derive(Clone, Copy, Default)]
struct Crowd {
    running: usize,
    /// How many were ever begun.
    begun: u64,
}

impl Crowd {
    fn join(&mut self) -> Company {
        let at_first = self.running > 0;
        self.running += 1;
        self.begun += 1;
        Company { at_first, begun: self.begun }
    }

    fn leave(&mut self, company: Company) -> bool {
        self.running -= 1;
        company.at_first || self.begun > company.begun
    }
}

/// Whether other tasks were at work at some moment of a task that has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    pub in_pool: bool,
    pub on_device: bool,
}

#[derive(Default)]
pub(super) struct RunningTasks {
    by_slot: BTreeMap<usize, Running>,
    on_device: BTreeMap<usize, BTreeSet<usize>>,
    pools: BTreeMap<usize, Crowd>,
    devices: BTreeMap<usize, Crowd>,
}

impl RunningTasks {
    pub(super) fn insert(&mut self, slot: usize, place: SlotPlace, node: usize, job: Job) {
        let pool = self.pools.entry(place.pool).or_default().join();
        let device = self.devices.entry(place.device).or_default().join();
        self.on_device.entry(place.device).or_default().insert(slot);
        self.by_slot.insert(slot, Running { node, job, place, pool, device });
    }

    /// What a slot was doing, and whether others were beside it.
    pub(super) fn remove(&mut self, slot: usize) -> Option<(Running, Beside)> {
        let running = self.by_slot.remove(&slot)?;
        let SlotPlace { pool, device } = running.place;
        if let Some(there) = self.on_device.get_mut(&device) {
            there.remove(&slot);
        }
        let beside = Beside {
            in_pool: self.pools.entry(pool).or_default().leave(running.pool),
            on_device: self.devices.entry(device).or_default().leave(running.device),
        };
        Some((running, beside))
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Running> {
        self.by_slot.get(&slot)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.by_slot.keys().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_slot.is_empty()
    }

    /// What a device is doing.
    pub(super) fn load(&self, device: usize) -> Load {
        let there = self.on_device.get(&device).into_iter().flatten().filter_map(|slot| self.by_slot.get(slot));
        there.fold(Load::default(), |load, Running { job, .. }| Load {
            bytes: load.bytes.saturating_add(job.bytes),
            tasks: load.tasks + 1,
            alone: load.alone || job.alone,
        })
    }
}
