//! Made-up machines.

use super::*;

/// A machine of 16 GiB, 12 of them free, with these files.
fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Host) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let usual =
        [("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\nMemAvailable:   12582912 kB\n"), ("proc/vmstat", "oom_kill 7\n")];
    for (name, text) in usual.iter().chain(files) {
        files::write(&folder.path().join(name), text.as_bytes()).expect("our own folder");
    }
    let host = Host::at(folder.path());
    (folder, host)
}

const TWO: &str = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const ONE: &str = "\
25 30 0:23 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
26 30 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
";

fn found(host: &Host) -> (Option<u64>, Option<u64>, Option<String>) {
    let Memory { free, limit, .. } = host.memory();
    let file = limit.as_ref().and_then(|limit| limit.file.strip_prefix(&host.root).ok()).map(|file| file.display().to_string());
    (limit.map(|limit| limit.bytes >> 20), free.map(|bytes| bytes >> 20), file)
}

#[test]
fn without_groups_the_machine_is_the_limit() {
    let (_folder, host) = machine(&[]);
    assert_eq!(host.memory(), Memory { total: Some(16 << 30), free: Some(12 << 30), limit: None });
    assert_eq!((host.memory().most(), host.quota(), host.out_of_memory_kills()), (Some(16 << 30), None, 7));
    let nothing = Host::at(Path::new("/proc/none"));
    assert_eq!((nothing.memory(), nothing.out_of_memory_kills()), (Memory::default(), 0));
}

#[test]
fn the_lowest_limit_of_a_job_and_of_all_that_it_lies_in_counts() {
    let job = "sys/fs/cgroup/slurm/job_7/step_0";
    let file = |name: &str| format!("{job}/{name}");
    let (max, current, stat, events) = (file("memory.max"), file("memory.current"), file("memory.stat"), file("memory.events"));
    let own = ("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
    let step = [own, ("proc/self/mountinfo", TWO), (&max, "max\n"), (&current, "104857600\n"), (&events, "low 0\noom 3\noom_kill 2\n")];
    let above = [
        ("sys/fs/cgroup/slurm/job_7/memory.max", "1073741824\n"),
        ("sys/fs/cgroup/slurm/job_7/memory.current", "419430400\n"),
        ("sys/fs/cgroup/slurm/job_7/memory.stat", "anon 1\ninactive_file 209715200\n"),
        ("sys/fs/cgroup/slurm/memory.max", "8589934592\n"),
    ];
    let (_folder, host) = machine(&[&step[..], &above[..]].concat());
    assert_eq!(found(&host), (Some(1024), Some(1024 - 200), Some("sys/fs/cgroup/slurm/job_7/memory.max".to_owned())));
    assert_eq!((host.memory().most(), host.out_of_memory_kills()), (Some(1 << 30), 2), "of the own group, not of the machine");
    let lower = [(&*max, "629145600\n"), (&*stat, "inactive_file 52428800\n")];
    let (_folder, host) = machine(&[&step[..], &above[..], &lower[..]].concat());
    assert_eq!(found(&host), (Some(600), Some(550), Some(max.clone())));
    let high = file("memory.high");
    let (_folder, host) = machine(&[&step[..], &above[..], &[(&*high, "524288000\n")]].concat());
    assert_eq!(found(&host).2, Some(high));
    let (_folder, host) = machine(&[own, ("proc/self/mountinfo", TWO), (&max, "99999999999999\n")]);
    assert_eq!(found(&host), (None, Some(12 << 10), None), "more than there is limits nothing");
}

#[test]
fn groups_of_version_1_limit_too() {
    let own = ("proc/self/cgroup", "5:cpu,cpuacct:/batch\n4:memory:/batch/job\n1:name=systemd:/x\n0::/\n");
    let files = [
        own,
        ("proc/self/mountinfo", &*[TWO, ONE].concat()),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ("sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes", "629145600\n"),
        ("sys/fs/cgroup/memory/batch/job/memory.usage_in_bytes", "209715200\n"),
        ("sys/fs/cgroup/memory/batch/job/memory.stat", "inactive_file 1\ntotal_inactive_file 104857600\n"),
        ("sys/fs/cgroup/memory/batch/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"),
        ("sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us", "150000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
    ];
    let (_folder, host) = machine(&files);
    assert_eq!(found(&host), (Some(600), Some(500), Some("sys/fs/cgroup/memory/batch/job/memory.limit_in_bytes".to_owned())));
    let quota = host.quota().expect("a quota");
    assert!((quota.cores - 1.5).abs() < 1e-9 && quota.file.ends_with("cpu,cpuacct/batch/cpu.cfs_quota_us"), "{quota:?}");
    assert_eq!(host.out_of_memory_kills(), 5);
}

#[test]
fn a_quota_of_version_2_may_be_of_a_group_above() {
    let files = [
        ("proc/self/cgroup", "0::/a/b\n"),
        ("proc/self/mountinfo", TWO),
        ("sys/fs/cgroup/a/cpu.max", "50000 100000\n"),
        ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
    ];
    let (_folder, host) = machine(&files);
    assert!(host.quota().is_some_and(|quota| (quota.cores - 0.5).abs() < 1e-9 && quota.file.ends_with("a/cpu.max")));
}

#[test]
fn containers_show_their_group_as_the_root_or_at_another_place() {
    let limit = ("sys/fs/cgroup/memory.max", "1073741824\n");
    // With a name space of its own, without one, and where the process was moved out of what is shown.
    let bound = TWO.replace(" / /sys", " /docker/abc /sys");
    for (own, mounts) in [("0::/\n", TWO), ("0::/docker/abc\n", &bound), ("0::/../other\n", TWO), ("0::/elsewhere\n", &bound)] {
        let (_folder, host) = machine(&[("proc/self/cgroup", own), ("proc/self/mountinfo", mounts), limit]);
        assert_eq!(found(&host).0, Some(1024), "{own} {mounts}");
    }
    let odd = "30 23 0:26 / /my\\040groups rw - cgroup2 none rw\n";
    let files = [("proc/self/cgroup", "0::/job\n"), ("proc/self/mountinfo", odd), ("my groups/job/memory.max", "1073741824\n")];
    let (_folder, host) = machine(&files);
    assert_eq!(found(&host).0, Some(1024));
}
