//! A launched pool as the run knows it.

use std::time::Instant;

use super::LaunchedExecutor;
use super::slot::State;
use crate::run::data::DataPlace;
use crate::run::executor::{Device, Executor, ExecutorError, Message};
use crate::run::protocol::{CachePlace, Order, Request};

impl LaunchedExecutor {
    /// Where data lie on the nodes.
    fn place(&self, data: DataPlace) -> DataPlace {
        match &self.settings.data {
            Some(folder) => data.at(folder),
            None => data,
        }
    }
}

impl Executor for LaunchedExecutor {
    fn name(&self) -> &str {
        &self.settings.name
    }

    /// Those that have not appeared are not known.
    fn devices(&self) -> Vec<Device> {
        Vec::new()
    }

    fn is_of_one_machine(&self) -> bool {
        false
    }

    fn start(&mut self, name: usize, request: Request) -> Result<(), ExecutorError> {
        let data = self.place(request.data.clone());
        let Some(slot) = self.slots.get_mut(&name) else { return Ok(()) };
        slot.state = State::Busy;
        let Some(depot) = &slot.depot else {
            slot.link.order(Order::Do(Box::new(Request { data, ..request })));
            return Ok(());
        };
        depot.opens(request.key);
        let checkpoint = self.cache.reader().checkpoint_size(&request.key).is_ok_and(|size| size > 0);
        slot.link.give(Request { cache: CachePlace::Own { checkpoint }, data, ..request }, checkpoint);
        Ok(())
    }

    fn pause(&mut self, name: usize) {
        if let Some(slot) = self.slots.get(&name) {
            slot.link.order(Order::Pause);
        }
    }

    fn end(&mut self, name: usize) {
        self.dismiss(name);
    }

    fn want(&mut self, waiting: usize) -> usize {
        if self.is_broken {
            return waiting;
        }
        let busy = self.slots.values().filter(|slot| matches!(slot.state, State::Busy) && !slot.is_leaving).count();
        self.fleet.want(busy, waiting)
    }

    fn due(&self) -> Option<Instant> {
        let waits = self.fleet.next().filter(|_| !self.is_broken);
        let slots = self.slots.values().flat_map(|slot| slot.due(self.settings.start_limit, self.settings.leaves_after));
        // What was due then and was not done has a reason that does not go by itself.
        slots.chain(waits).filter(|at| *at > self.looked).min()
    }

    fn take(&mut self) -> Option<Message> {
        if self.unsaid.is_empty() {
            while let Ok((name, said)) = self.receiver.try_recv() {
                self.hear(name, said);
            }
            self.keep_time(Instant::now());
        }
        self.unsaid.pop_front()
    }
}

impl Drop for LaunchedExecutor {
    fn drop(&mut self) {
        self.end_all();
    }
}
