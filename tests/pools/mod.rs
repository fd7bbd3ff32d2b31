//! Searches on slots that a launcher starts: files and records are those of a local run, whatever carries the streams and
//! however many slots are lost. Here with plain processes, and `ssh` where it is installed; `make torture-pools` has Slurm and Ray.

mod bench;
mod engines;
mod faults;

use std::io::Write as _;

use bench::{Bench, PROCESS};

#[test]
fn a_search_on_launched_slots_ends_like_a_local_one() {
    let bench = Bench::new();
    for slots in [1, 4] {
        let events = bench.search(PROCESS, slots, "");
        let appeared = bench::appeared(&events);
        assert!((1..=slots).contains(&appeared.len()), "{appeared:?}");
        assert!(appeared.iter().all(|device| device.starts_with("cpu on ")), "{appeared:?}");
        bench.expect_the_same(&format!("{slots} slots"));
    }
}

#[test]
fn data_that_are_not_on_the_nodes_are_sent_and_a_shared_cache_is_used_directly() {
    let bench = Bench::new();
    bench.search(PROCESS, 2, ", data: /no/such/folder");
    bench.expect_the_same("sent data");
    assert!(bench.scratch_has_images(), "they are sent once and kept on the node");
    bench.search(PROCESS, 2, ", cache: shared");
    bench.expect_the_same("a shared cache");
}

#[test]
fn slots_lost_at_random_change_nothing() {
    let mut bench = Bench::new();
    let lost = bench.lose_slots(PROCESS, 3, 8, &bench::kill_worker);
    assert!(lost >= 8);
}

#[test]
fn a_search_over_ssh_ends_like_a_local_one() {
    let Some(engine) = engines::Ssh::start() else { return };
    let bench = Bench::new();
    bench.search(&engine.launcher(), 2, "");
    bench.expect_the_same("ssh");
}

#[test]
#[ignore = "many minutes: `make torture-pools`"]
fn many_slots_lost_on_plain_processes_change_nothing() {
    many_slots(PROCESS, &bench::kill_worker);
}

#[test]
#[ignore = "many minutes: `make torture-pools`"]
fn many_slots_lost_over_ssh_change_nothing() {
    let Some(engine) = engines::Ssh::start() else { return };
    many_slots(&engine.launcher(), &bench::kill_worker);
}

#[test]
#[ignore = "many minutes: `make torture-pools`"]
fn many_slots_lost_on_slurm_change_nothing() {
    let Some(engine) = engines::Slurm::start() else { return };
    many_slots(&engine.launcher(), &|bench, stream| engine.disturb(bench, stream));
}

#[test]
#[ignore = "many minutes: `make torture-pools`"]
fn many_slots_lost_on_ray_change_nothing() {
    let Some(engine) = engines::Ray::start() else { return };
    many_slots(&engine.launcher(), &|bench, stream| engine.disturb(bench, stream));
}

/// The same files with 1, 4 and 12 slots, and while a hundred slots are lost.
fn many_slots(launcher: &str, disturb: &bench::Disturb<'_>) {
    let mut bench = Bench::new();
    for slots in [1, 4, 12] {
        bench.search(launcher, slots, "");
        bench.expect_the_same(&format!("{slots} slots"));
        let _ = writeln!(std::io::stderr(), "{slots} slots: the results of a local run");
    }
    bench.lose_slots(launcher, 4, 100, disturb);
}
