//! How fast machines were found to train, kept beside the results: for forecasts before anything was trained.

use serde::{Deserialize, Serialize};

use super::{Cache, CacheError, CacheReader};
use crate::engine::Precision;
use crate::files;

const LIMIT: u64 = 1 << 20;
/// Of so many machines and precisions speeds are kept.
const MOST: usize = 1_000;

/// The speeds of the machines that a cache has served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speeds(Vec<Speed>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Speed {
    /// The model of the processor or GPU.
    machine: String,
    precision: Precision,
    /// Seconds of a unit of work; see [`crate::arch::work`].
    seconds: f64,
}

impl Speeds {
    /// What a unit of work takes on a machine; `None` where that was not measured.
    pub fn of(&self, machine: &str, precision: Precision) -> Option<f64> {
        let found = self.0.iter().find(|speed| speed.machine == machine && speed.precision == precision);
        found.map(|speed| speed.seconds).filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    }

    /// Notes what was measured; it replaces what was measured before.
    pub fn note(&mut self, machine: &str, precision: Precision, seconds: f64) {
        self.0.retain(|speed| speed.machine != machine || speed.precision != precision);
        self.0.push(Speed { machine: machine.to_owned(), precision, seconds });
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
    }
}

impl CacheReader {
    /// The speeds that are kept here; none where they cannot be read.
    pub fn speeds(&self) -> Speeds {
        files::read(&self.speeds, LIMIT).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

impl Cache {
    pub fn keep_speeds(&self, speeds: &Speeds) -> Result<(), CacheError> {
        let text = serde_json::to_vec(speeds).expect("plain data always serialises");
        Ok(files::write(&self.reader().speeds, &text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_kept_by_machine_and_precision() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = Cache::open(&folder.path().join("cache")).expect("a cache");
        assert_eq!(cache.reader().speeds(), Speeds::default());
        let mut speeds = Speeds::default();
        speeds.note("one", Precision::Fp32, 1e-9);
        speeds.note("one", Precision::Bf16, 2e-9);
        speeds.note("one", Precision::Fp32, 3e-9);
        cache.keep_speeds(&speeds).expect("it can be written");
        let kept = cache.reader().speeds();
        assert_eq!(kept.of("one", Precision::Fp32), Some(3e-9));
        assert_eq!((kept.of("one", Precision::Bf16), kept.of("other", Precision::Fp32)), (Some(2e-9), None));
        speeds.note("odd", Precision::Fp32, f64::NAN);
        assert_eq!(speeds.of("odd", Precision::Fp32), None);
        std::fs::write(folder.path().join("cache").join(crate::cache::SPEEDS), "no JSON").expect("our own file");
        assert_eq!(cache.reader().speeds(), Speeds::default());
    }
}
