//! Which trainings fit onto a device together: predicted from their networks, corrected by the peaks that were observed.

use std::collections::BTreeMap;

use crate::arch::Architecture;
use crate::cache::Cache;
use crate::digest::Digest;
use crate::engine::{PEAK, training_bytes};
use crate::event::TaskResult;
use crate::task::{Port, Task};

use super::data::DataPlace;
use super::executor::Device;

/// How much more than predicted a training is taken for before one was observed.
const CAUTION: f64 = 1.5;

/// What is known of the memory that trainings take here.
#[derive(Debug)]
pub(super) struct Packing {
    /// The largest of observed by predicted bytes.
    observed: Option<f64>,
}

/// What occupies a device.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Load {
    /// Predicted bytes.
    pub bytes: u64,
    pub tasks: usize,
    /// Whether a task there is not to be joined by another.
    pub alone: bool,
}

impl Packing {
    pub(super) const fn new() -> Self {
        Self { observed: None }
    }

    /// The peak of a training by its network alone, and of a task with shared weights by the space; 0 for other tasks.
    pub(super) fn predict(task: &Task, inputs: &BTreeMap<String, Digest>, place: &DataPlace, cache: &Cache) -> u64 {
        let DataPlace::Images { described, .. } = place else { return 0 };
        let shape = described.shape.at_size(task.image_size());
        let Task::Train { recipe, .. } = task else { return task.shared_bytes(shape, described.classes).unwrap_or(0) };
        let candidate = inputs.get(Port::Candidate.name().as_ref()).and_then(|digest| cache.get_json::<Architecture>(digest).ok());
        let network = candidate.and_then(|architecture| architecture.network(shape, described.classes).ok());
        network.map_or(0, |network| training_bytes(&network, recipe))
    }

    /// Compares what a training took, where that was observed, with the bytes that are predicted of it.
    pub(super) fn observe(&mut self, result: &TaskResult, predicted: impl FnOnce() -> u64) {
        // What a training on a GPU took of the host says nothing about the GPU.
        let on_host = result.environment.get("device").is_some_and(|device| device == "cpu");
        let peak = result.environment.get(PEAK).and_then(|peak| peak.parse::<f64>().ok());
        let Some(peak) = peak.filter(|peak| on_host && peak.is_finite()) else { return };
        let bytes = predicted();
        if bytes > 0 {
            let ratio = (peak / bytes as f64).clamp(0.1, 10.0);
            self.observed = Some(self.observed.map_or(ratio, |before| before.max(ratio)));
        }
    }

    /// Whether a task of predicted `bytes` may join what a device has: the first one always may.
    pub(super) fn fits(&self, bytes: u64, alone: bool, load: Load, device: &Device) -> bool {
        if load.tasks == 0 {
            return true;
        }
        let factor = self.observed.unwrap_or(CAUTION);
        let expected = factor * load.bytes.saturating_add(bytes) as f64;
        !alone && !load.alone && device.memory.is_none_or(|memory| expected <= memory as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Outcome;

    #[test]
    fn tasks_join_others_where_there_is_room_and_nobody_wants_to_be_alone() {
        let device = Device { name: "cpu".to_owned(), kind: String::new(), memory: Some(1_000), capacity: crate::run::Capacity::default() };
        let mut packing = Packing::new();
        let load = |bytes, alone| Load { bytes, tasks: 1, alone };
        assert!(packing.fits(9_999, true, Load::default(), &device), "the first one always fits");
        assert!(packing.fits(300, false, load(300, false), &device));
        assert!(!packing.fits(400, false, load(300, false), &device), "half more than predicted is expected");
        assert!(!packing.fits(1, true, load(1, false), &device) && !packing.fits(1, false, load(1, true), &device));
        let took = |peak: &str| TaskResult {
            environment: [(PEAK, peak), ("device", "cpu")].map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..TaskResult::without_outputs(Outcome::Executed)
        };
        packing.observe(&took("100"), || 100);
        assert!(packing.fits(400, false, load(300, false), &device));
        packing.observe(&took("200"), || 100);
        packing.observe(&took("50"), || 100);
        assert!(!packing.fits(400, false, load(300, false), &device), "the largest counts");
        assert!(packing.fits(400, false, load(300, false), &Device { memory: None, ..device }));
    }
}
