//! Work on many things side by side, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The results in the order of the things.
pub(in crate::dataset) fn each<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(things.len());
    if threads <= 1 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some((place, thing)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|place| Some((place, things.get(place)?))) {
            done.push((place, work(thing)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        // One fewer where the machine refuses a thread.
        let others: Vec<_> = (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok()).collect();
        let mut done = run();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_keep_the_order_of_the_things() {
        let things: Vec<usize> = (0..1000).collect();
        assert_eq!(super::each(&things, |thing| thing * 2), (0..1000).map(|thing| thing * 2).collect::<Vec<_>>());
        assert!(super::each(&[], |thing: &u8| *thing).is_empty());
    }
}
