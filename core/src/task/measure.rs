//! The tasks that measure what shapes do not tell: a latency on the device of a worker, a cost on a device of the user's.

use super::evaluate::build;
use super::{CostBasis, Engines, Inputs, Outputs, Port, refused};
use crate::arch::{Architecture, CostKind, Costs, MeasureName, Network};
use crate::engine::{Meter, TaskFailure};
use crate::objective::Constraint;

pub(super) fn latency(
    setting: &CostBasis,
    rejecting: &[Constraint],
    inputs: &Inputs,
    engines: &mut Engines<'_>,
) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json(Port::Candidate)?;
    let network = counted(setting, &architecture)?.ok_or_else(no_network)?;
    let milliseconds = engines.trainer.latency(&network)?;
    let mut outputs = Outputs::default();
    outputs.put(Port::Latency, &milliseconds);
    let costs = Costs::from([(CostKind::Latency, milliseconds)]);
    if !rejecting.iter().any(|constraint| constraint.rejects(&costs)) {
        outputs.put(Port::Candidate, &architecture);
    }
    Ok(outputs)
}

/// A network as its costs are counted: its cell in the last skeleton, whatever it was trained in. `None` of a row of a table.
pub(super) fn counted(setting: &CostBasis, architecture: &Architecture) -> Result<Option<Network>, TaskFailure> {
    match (setting, architecture) {
        (CostBasis::Table { .. }, _) => Ok(None),
        (CostBasis::Cells { shape, classes, last }, Architecture::Cells(network)) => {
            build(&network.in_skeleton(*last).into(), *shape, *classes).map(Some)
        }
        // Layers, or a reference outside a space of cells.
        (CostBasis::Images { shape, classes } | CostBasis::Cells { shape, classes, .. }, other) => build(other, *shape, *classes).map(Some),
    }
}

fn no_network() -> TaskFailure {
    refused("a row of a table is no network".to_owned())
}

pub(super) fn on_device(
    setting: &CostBasis,
    name: MeasureName,
    inputs: &Inputs,
    meter: Option<&mut dyn Meter>,
) -> Result<Outputs, TaskFailure> {
    let meter = meter.ok_or_else(|| refused(format!("it needs the device of `{name}`")))?;
    let network = counted(setting, &inputs.json(Port::Candidate)?)?.ok_or_else(no_network)?;
    let (value, environment) = meter.measure(&network)?;
    let mut outputs = Outputs { environment, ..Outputs::default() };
    outputs.put(Port::Cost(name), &value);
    Ok(outputs)
}

pub(super) fn admit(rejecting: &[Constraint], inputs: &Inputs) -> Result<Outputs, TaskFailure> {
    let architecture: Architecture = inputs.json(Port::Candidate)?;
    let costs = inputs.measured_costs()?;
    let mut outputs = Outputs::default();
    if !rejecting.iter().any(|constraint| constraint.rejects(&costs)) {
        outputs.put(Port::Candidate, &architecture);
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::arch::{Cost, Shape};
    use crate::engine::NoCallback;
    use crate::objective::{Enforcement, Side};
    use crate::task::evaluate::tests::NoData;
    use crate::task::{StateCache, Task, World, run};

    const CANDIDATE: &str = r#"{"layers":{"layers":[{"operation":{"convolution":{"kernel":3,"channels":8,"stride":2}},"sources":[]}]}}"#;

    /// Counts parameters, as a device that is as slow as a network is large.
    struct Counting;

    impl Meter for Counting {
        fn measure(&mut self, network: &Network) -> Result<(f64, BTreeMap<String, String>), TaskFailure> {
            Ok((Cost::of(network).params as f64, BTreeMap::from([("device".to_owned(), "pi4".to_owned())])))
        }
    }

    fn done(task: &Task, inputs: &[(&str, &str)], on_device: bool) -> Result<Outputs, TaskFailure> {
        let inputs = inputs.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        let (mut data, mut states, mut device) = (NoData, StateCache::default(), Counting);
        let meter = on_device.then_some(&mut device as &mut dyn Meter);
        let world = World { data: &mut data, engines: None, meter, states: &mut states };
        run(task, &Inputs(inputs), world, &mut NoCallback)
    }

    #[test]
    fn a_device_measures_and_bounds_admit() {
        let name: MeasureName = "pi4".parse().expect("a name");
        let setting = CostBasis::Images { shape: Shape { channels: 1, height: 8, width: 8 }, classes: 10 };
        let task = Task::MeasureOn { setting, name, version: 1 };
        let outputs = done(&task, &[("candidate", CANDIDATE)], true).expect("it measures");
        let value = String::from_utf8(outputs.blobs["measured.pi4"].clone()).expect("JSON");
        assert_eq!((value.as_str(), outputs.environment["device"].as_str()), ("178.0", "pi4"));
        assert!(done(&task, &[("candidate", CANDIDATE)], false).is_err_and(|failure| failure.to_string().contains("`pi4`")));
        let admitted = |limit: f64| {
            let bound = Constraint { cost: CostKind::Measured(name), side: Side::Max, limit, enforcement: Enforcement::Reject };
            let inputs = [("candidate", CANDIDATE), ("measured.pi4", value.as_str())];
            done(&Task::Admit { rejecting: vec![bound] }, &inputs, false).expect("it decides").blobs.contains_key("candidate")
        };
        assert_eq!([177.0, 178.0].map(admitted), [false, true]);
    }
}
