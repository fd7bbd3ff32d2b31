//! The time of a simulation: it stands still until something happens.

use std::cell::{Cell, RefCell};
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
    /// Where what the coordinator does takes its time: until when that was counted.
    counted: Option<Rc<Cell<Instant>>>,
}

impl World {
    pub fn new() -> Self {
        Self { began: Instant::now(), time: Rc::default(), counted: None }
    }

    /// One whose time goes on while the coordinator works, by as much as that takes here.
    #[allow(dead_code, reason = "of benches")]
    pub fn with_overheads() -> Self {
        Self { counted: Some(Rc::new(Cell::new(Instant::now()))), ..Self::new() }
    }

    pub fn elapsed(&self) -> Duration {
        if let Some(counted) = &self.counted {
            let now = Instant::now();
            self.time.borrow_mut().0 += now - counted.replace(now);
        }
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
        self.elapsed();
        let mut time = self.time.borrow_mut();
        let (now, moments) = &mut *time;
        let next = moments.first().copied();
        let until = [next, patience.map(|patience| *now + patience)].into_iter().flatten().min().expect("nothing will ever happen");
        *now = until.max(*now);
        *moments = moments.split_off(&(*now + Duration::from_nanos(1)));
    }
}
