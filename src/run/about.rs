//! What a worker says of itself before it is given anything: versions, and what it has of its machine.

use serde::{Deserialize, Serialize};

use crate::engine::{Ability, LIBTORCH};
use crate::host::Host;
use crate::task::TaskKind;

/// Raised when coordinator and worker of another number would not understand each other.
pub const PROTOCOL: u32 = 1;

/// A worker and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub protocol: u32,
    /// Of epnas.
    pub version: String,
    /// Versions of the kinds of task, in their order, which builds of one version may differ in.
    #[serde(default)]
    pub kinds: Vec<u32>,
    /// Of libtorch.
    pub libtorch: String,
    /// Name of the machine, and number of the process there.
    pub host: String,
    pub process: u32,
    /// What programs are built for there, such as `x86_64`.
    pub architecture: String,
    /// Model of the processor.
    pub processor: String,
    /// How many of its cores the process may use.
    pub cores: usize,
    /// `cpu`, or `cuda:N`.
    pub device: String,
    /// Bytes: what the process can have now, and at the most, under all limits.
    pub memory: Option<u64>,
    pub memory_limit: Option<u64>,
    /// Whether the device computes with bf16; `None` where that is not known.
    pub has_bf16: Option<bool>,
    /// The job of a batch system that the process is part of.
    pub job: Option<String>,
    /// Seconds until the batch system ends the job.
    pub ends_in: Option<u64>,
}

impl About {
    /// This process, which computes on `device`.
    pub fn this(device: &str) -> Self {
        let host = Host::here();
        let memory = host.memory();
        Self {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kinds: kinds(),
            libtorch: LIBTORCH.to_owned(),
            host: host.name(),
            process: std::process::id(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: host.processor().unwrap_or_else(|| "an unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            device: device.to_owned(),
            memory: memory.free,
            memory_limit: memory.most(),
            has_bf16: (device == "cpu").then(|| Ability::of_processor(&host.cpuinfo()).has_bf16),
            job: None,
            ends_in: None,
        }
    }

    /// Why this coordinator does not work with it; `None` where it does.
    pub fn refusal(&self) -> Option<String> {
        let (ours, arch) = (env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
        let host = &self.host;
        if self.protocol != PROTOCOL {
            let (theirs, version) = (self.protocol, &self.version);
            return Some(format!(
                "the worker on `{host}` speaks protocol {theirs} (epnas {version}), protocol {PROTOCOL} (epnas {ours}) is needed"
            ));
        }
        if self.version != ours {
            return Some(format!("the worker on `{host}` is of epnas {}, this is epnas {ours}", self.version));
        }
        if self.kinds != kinds() {
            return Some(format!(
                "the worker on `{host}` is of another build of epnas {ours}, whose results differ: install the same one there"
            ));
        }
        if self.architecture != arch {
            let theirs = &self.architecture;
            return Some(format!(
                "the worker on `{host}` runs on a processor of kind `{theirs}`, this program on one of kind `{arch}`: their results differ"
            ));
        }
        (self.libtorch != LIBTORCH)
            .then(|| format!("the worker on `{host}` computes with libtorch {}, {LIBTORCH} is needed", self.libtorch))
    }
}

fn kinds() -> Vec<u32> {
    TaskKind::ALL.into_iter().map(TaskKind::version).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_of_another_version_or_machine_is_refused_in_a_sentence() {
        let own = About { host: "n1".to_owned(), ..About::this("cpu") };
        assert_eq!(own.refusal(), None);
        let told = |other: About| other.refusal().expect("another one");
        let older = told(About { version: "0.0.9".to_owned(), ..own.clone() });
        assert_eq!(older, format!("the worker on `n1` is of epnas 0.0.9, this is epnas {}", env!("CARGO_PKG_VERSION")));
        assert!(told(About { kinds: vec![1], ..own.clone() }).contains("is of another build of epnas "));
        assert!(told(About { protocol: 7, ..own.clone() }).starts_with("the worker on `n1` speaks protocol 7 (epnas "));
        assert!(told(About { architecture: "riscv64".to_owned(), ..own.clone() }).contains("a processor of kind `riscv64`"));
        assert!(told(About { libtorch: "1.0".to_owned(), ..own }).contains("computes with libtorch 1.0, "));
    }

    #[test]
    fn a_process_knows_its_place() {
        let own = About::this("cpu");
        assert!(own.cores > 0 && !own.processor.is_empty() && own.memory_limit.is_some_and(|most| Some(most) >= own.memory), "{own:?}");
        assert_eq!((own.process, own.has_bf16.is_some(), About::this("cuda:0").has_bf16), (std::process::id(), true, None));
    }
}
