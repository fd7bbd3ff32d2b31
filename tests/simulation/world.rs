//! The time of a simulation: it stands still until something happens.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use epnas::run::{Clock, Notifier};

/// The time of a simulation, which several pools share: it goes on to the next moment at which something happens.
#[derive(Clone)]
pub struct World {
    began: Instant,
    /// Now, and the moments at which something may happen.
    time: Rc<RefCell<(Duration, BTreeSet<Duration>)>>,
}

impl World {
    pub fn new() -> Self {
        Self { began: Instant::now(), time: Rc::default() }
    }

    pub fn elapsed(&self) -> Duration {
        self.time.borrow().0
    }

    pub fn wake_at(&self, moment: Duration) {
        self.time.borrow_mut().1.insert(moment);
    }
}

impl Clock for World {
    fn now(&self) -> Instant {
        self.began + self.elapsed()
    }

    fn wait(&mut self, _: &Notifier, patience: Option<Duration>) {
        let mut time = self.time.borrow_mut();
        let (now, moments) = &mut *time;
        let next = moments.first().copied();
        let until = [next, patience.map(|patience| *now + patience)].into_iter().flatten().min().expect("nothing will ever happen");
        *now = until.max(*now);
        *moments = moments.split_off(&(*now + Duration::from_nanos(1)));
    }
}
