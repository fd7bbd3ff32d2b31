//! What is measured of a network before it is trained or rewarded: its latency on the device of a worker, and its costs on
//! devices of the user's.

use std::collections::BTreeSet;

use petgraph::graph::NodeIndex;

use super::{Builder, Trainings};
use crate::arch::{CostKind, MeasureName};
use crate::objective::{Constraint, Enforcement};
use crate::task::{CostBasis, Port, Task};

/// The measurements of a network.
pub(super) struct Measurements {
    /// The task and the output that a training gets the network from: behind all bounds that reject.
    pub admitted: (NodeIndex, Port),
    /// The tasks that give costs for its reward.
    pub costs: Vec<(NodeIndex, Port)>,
}

impl Builder<'_> {
    /// Plans what constraints ask to be measured of a network.
    pub(super) fn measure(&mut self, round: &Trainings, number: usize) -> Measurements {
        let mut measurements = Measurements { admitted: (round.source, Port::Chosen(number)), costs: Vec::new() };
        self.latency(round, number, &mut measurements);
        self.on_devices(round, number, &mut measurements);
        measurements
    }

    /// The latency, where a constraint asks for it and no table tells it.
    fn latency(&mut self, round: &Trainings, number: usize, measurements: &mut Measurements) {
        let setting = self.setting();
        let is_asked = self.spec.constraints.iter().any(|bound| bound.cost == CostKind::Latency);
        if matches!(setting, CostBasis::Table { .. }) || !is_asked {
            return;
        }
        let rejecting = self.rejecting(|cost| cost == CostKind::Latency);
        let task = Task::Measure { setting, rejecting, device: self.device.to_owned() };
        let measure = self.add(round.stage, round.round, Some((number, 1)), task);
        let (source, candidate) = measurements.admitted;
        self.bind(source, candidate, measure, Port::Candidate);
        *measurements = Measurements { admitted: (measure, Port::Candidate), costs: vec![(measure, Port::Latency)] };
    }

    /// The costs on devices of the user's, side by side; a training waits for those that may reject its network.
    fn on_devices(&mut self, round: &Trainings, number: usize, measurements: &mut Measurements) {
        let names = self.spec.measures_asked();
        if matches!(self.setting(), CostBasis::Table { .. }) || names.is_empty() {
            return;
        }
        let (source, candidate) = measurements.admitted;
        let rejecting = self.rejecting(|cost| matches!(cost, CostKind::Measured(_)));
        let deciding: BTreeSet<CostKind> = rejecting.iter().map(|bound| bound.cost).collect();
        let measured: Vec<(MeasureName, NodeIndex)> = names
            .into_iter()
            .map(|name| {
                let version = self.spec.measures.get(&name).copied().unwrap_or_default();
                let task = Task::MeasureOn { setting: self.setting(), name, version };
                let measure = self.add(round.stage, round.round, Some((number, 1)), task);
                self.bind(source, candidate, measure, Port::Candidate);
                (name, measure)
            })
            .collect();
        if !rejecting.is_empty() {
            let admit = self.add(round.stage, round.round, Some((number, 1)), Task::Admit { rejecting });
            self.bind(source, candidate, admit, Port::Candidate);
            for &(name, measure) in measured.iter().filter(|(name, _)| deciding.contains(&CostKind::Measured(*name))) {
                self.bind(measure, Port::Cost(name), admit, Port::Cost(name));
            }
            measurements.admitted = (admit, Port::Candidate);
        }
        measurements.costs.extend(measured.into_iter().map(|(name, measure)| (measure, Port::Cost(name))));
    }

    fn rejecting(&self, of: impl Fn(CostKind) -> bool) -> Vec<Constraint> {
        let rejects = |bound: &&Constraint| bound.enforcement == Enforcement::Reject && of(bound.cost);
        self.spec.constraints.iter().filter(rejects).copied().collect()
    }
}
