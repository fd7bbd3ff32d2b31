//! Weights that networks hand down: the tasks that keep those of the best networks, and that find a parent for a network.

use serde::{Deserialize, Serialize};

use super::{Inputs, Outputs, Port, refused, unreadable};
use crate::arch::{Architecture, Inheritance, Shape};
use crate::engine::TaskFailure;
use crate::strategy::{Carried, State};

/// So many networks are kept, the best of the present stage.
const MOST: usize = 16;
/// The least share of a network's weights that a parent must have for it.
const LEAST: f64 = 0.5;

/// A network whose weights are handed down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ancestor {
    pub architecture: Architecture,
    /// Passes over the training split that its weights have seen.
    pub age: f64,
}

/// What a nursery holds: a line of JSON, and the weights one after another.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    ancestor: Ancestor,
    bytes: usize,
}

/// Networks with their weights, the best first.
type Nursery<'a> = Vec<(Ancestor, &'a [u8])>;

fn read(port: Port, inputs: &Inputs) -> Result<Nursery<'_>, TaskFailure> {
    let Some(bytes) = inputs.optional(port) else { return Ok(Nursery::new()) };
    let of = |what: &str| unreadable(format!("its input `{port}` {what}"));
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or_else(|| of("has no line that says what it holds"))?;
    let entries: Vec<Entry> = serde_json::from_slice(&bytes[..end]).map_err(|error| of(&format!("is not what was expected: {error}")))?;
    let mut rest = &bytes[end + 1..];
    let mut nursery = Nursery::new();
    for Entry { ancestor, bytes } in entries {
        let (weights, others) = rest.split_at_checked(bytes).ok_or_else(|| of("is cut off"))?;
        nursery.push((ancestor, weights));
        rest = others;
    }
    if rest.is_empty() { Ok(nursery) } else { Err(of("holds more than it says")) }
}

fn write(nursery: &[(Ancestor, &[u8])]) -> Vec<u8> {
    let entry = |(ancestor, weights): &(Ancestor, &[u8])| Entry { ancestor: ancestor.clone(), bytes: weights.len() };
    let mut bytes = serde_json::to_vec(&nursery.iter().map(entry).collect::<Vec<_>>()).expect("plain data always serialises");
    bytes.push(b'\n');
    bytes.extend(nursery.iter().flat_map(|(_, weights)| *weights));
    bytes
}

/// Keeps the best networks, of those that are there and those of a round; each of the round has seen `passes` more.
pub(super) fn keep(passes: f64, count: usize, inputs: &Inputs) -> Result<Outputs, TaskFailure> {
    let state: State = inputs.json(Port::Carried(Carried::State))?;
    let mut known = read(Port::Nursery, inputs)?;
    for (number, measured) in (1..).zip(inputs.measured(count)?) {
        let weights = inputs.optional(Port::WeightsOf { number, replicate: 1 });
        if let (Some(measured), Some(weights)) = (measured, weights) {
            known.retain(|(ancestor, _)| ancestor.architecture != measured.architecture);
            let age = measured.age.unwrap_or(0.0) + passes;
            known.push((Ancestor { architecture: measured.architecture, age }, weights));
        }
    }
    let ranked = state.ranked();
    let kept = ranked.iter().filter_map(|measured| {
        let at = known.iter().position(|(ancestor, _)| ancestor.architecture == measured.architecture)?;
        Some(known.swap_remove(at))
    });
    let mut outputs = Outputs::default();
    outputs.put_bytes(Port::Nursery, write(&kept.take(MOST).collect::<Vec<_>>()));
    Ok(outputs)
}

/// The kept network that has the most weights for this one: itself, where it is there, or the better one of those that
/// have as many.
pub(super) fn inherit((shape, classes): (Shape, usize), inputs: &Inputs) -> Result<Outputs, TaskFailure> {
    let child: Architecture = inputs.json(Port::Candidate)?;
    let nursery = read(Port::Nursery, inputs)?;
    let itself = nursery.iter().find(|(ancestor, _)| ancestor.architecture == child);
    let mut best: Option<(f64, &(Ancestor, &[u8]))> = itself.map(|known| (1.0, known));
    for known in &nursery {
        let share = inheritance(&known.0.architecture, &child, (shape, classes))?.share();
        if share >= LEAST && best.is_none_or(|(most, _)| share > most) {
            best = Some((share, known));
        }
    }
    let mut outputs = Outputs::default();
    if let Some((_, (ancestor, weights))) = best {
        outputs.put_bytes(Port::Parent, write(&[(ancestor.clone(), weights)]));
        outputs.put(Port::Age, &ancestor.age);
    }
    Ok(outputs)
}

pub(super) fn inheritance(
    parent: &Architecture,
    child: &Architecture,
    (shape, classes): (Shape, usize),
) -> Result<Inheritance, TaskFailure> {
    Inheritance::new(parent, child, shape, classes).map_err(|malformed| refused(malformed.0))
}

/// The parent of a training, where one was found.
pub(super) fn parent(inputs: &Inputs) -> Result<Option<(Ancestor, &[u8])>, TaskFailure> {
    Ok(read(Port::Parent, inputs)?.into_iter().next())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::arch::{Costs, Layer, LayerNetwork, Operation, OperationKind};
    use crate::objective::Reward;
    use crate::strategy::{Measured, Trial, TrialOrigin};

    fn network(channels: usize, kernel: usize) -> Architecture {
        let layer = |operation, sources| Layer { operation, sources };
        let layers = vec![layer(Operation::convolution(3, 8, 1), vec![]), layer(Operation::convolution(kernel, channels, 1), vec![0])];
        LayerNetwork { layers }.into()
    }

    fn measured(architecture: Architecture, value: f64, age: Option<f64>) -> Measured {
        let reward = Reward { value, feasible: true };
        Measured { architecture, costs: Costs::new(), validation_accuracy: value, accuracies: Vec::new(), score: None, reward, age }
    }

    fn json(value: &impl Serialize) -> Vec<u8> {
        serde_json::to_vec(value).expect("plain data")
    }

    /// A nursery after a round whose networks reached these rewards; weights say which network they are of.
    fn after(round: &[(usize, f64)], before: Option<Vec<u8>>, passes: f64) -> Vec<u8> {
        let all = [(8, 0.1), (16, 0.5), (24, 0.3), (32, 0.9)];
        let trial = |&(channels, value): &(usize, f64)| Trial {
            stage: 0,
            origin: TrialOrigin::Drawn,
            predicted: None,
            measured: measured(network(channels, 3), value, None),
        };
        let state = State { trials: all.iter().map(trial).collect(), ..State::default() };
        let mut inputs = BTreeMap::from([("state".to_owned(), json(&state))]);
        for (number, &(channels, value)) in (1..).zip(round) {
            inputs.insert(format!("measured-{number}"), json(&measured(network(channels, 3), value, Some(0.5))));
            inputs.insert(format!("weights-{number}"), vec![channels as u8; 3]);
        }
        inputs.extend(before.map(|nursery| ("nursery".to_owned(), nursery)));
        keep(passes, round.len(), &Inputs(inputs)).expect("keeps").blobs.remove("nursery").expect("a nursery")
    }

    fn held(nursery: Vec<u8>) -> Vec<(Architecture, f64, Vec<u8>)> {
        let inputs = Inputs(BTreeMap::from([("nursery".to_owned(), nursery)]));
        let held = read(Port::Nursery, &inputs).expect("a nursery").into_iter();
        held.map(|(Ancestor { architecture, age }, weights)| (architecture, age, weights.to_vec())).collect()
    }

    #[test]
    fn the_best_networks_are_kept_with_their_latest_weights() {
        let first = after(&[(8, 0.1), (16, 0.5)], None, 0.25);
        assert_eq!(held(first.clone()), [(network(16, 3), 0.75, vec![16; 3]), (network(8, 3), 0.75, vec![8; 3])]);
        let second = held(after(&[(32, 0.9), (16, 0.5)], Some(first), 1.0));
        let kept: Vec<(&Architecture, f64)> = second.iter().map(|(architecture, age, _)| (architecture, *age)).collect();
        assert_eq!(kept, [(&network(32, 3), 1.5), (&network(16, 3), 1.5), (&network(8, 3), 0.75)]);
    }

    #[test]
    fn a_network_begins_with_the_weights_of_the_one_that_has_the_most_for_it() {
        let nursery = after(&[(16, 0.5), (32, 0.9)], None, 0.25);
        let adopt = |child: &Architecture| {
            let inputs = Inputs(BTreeMap::from([("candidate".to_owned(), json(child)), ("nursery".to_owned(), nursery.clone())]));
            let outputs = inherit((Shape { channels: 1, height: 8, width: 8 }, 10), &inputs).expect("looks for a parent");
            let inputs = Inputs(outputs.blobs);
            let found = parent(&inputs).expect("readable").map(|(ancestor, weights)| (ancestor.architecture, weights[0]));
            (found, inputs.optional(Port::Age).map(<[u8]>::to_vec))
        };
        // One that is there itself goes on with its own weights, though a better one has as many for it.
        assert_eq!(adopt(&network(16, 3)), (Some((network(16, 3), 16)), Some(b"0.75".to_vec())));
        // All of a wider network's weights are there in both; the better one is the parent.
        assert_eq!(adopt(&network(64, 3)), (Some((network(32, 3), 32)), Some(b"0.75".to_vec())));
        let far = LayerNetwork { layers: vec![Layer { operation: Operation::convolution(7, 64, 2), sources: vec![] }] };
        let none = Architecture::from(far);
        assert!(adopt(&none).0.is_some(), "the stems stand for each other");
        let layer = |operation, sources| Layer { operation, sources };
        let separable = OperationKind::SeparableConvolution.of(&[3, 64, 1]);
        let other = LayerNetwork { layers: vec![layer(Operation::convolution(3, 8, 1), vec![]), layer(separable, vec![0])] };
        assert_eq!(adopt(&Architecture::from(other)), (None, None), "less than half of its weights are there");
    }

    #[test]
    fn a_damaged_nursery_is_refused() {
        let nursery = after(&[(16, 0.5)], None, 0.25);
        for (bytes, what) in [
            (&nursery[..nursery.len() - 1], "is cut off"),
            (&[&nursery[..], b"x"].concat()[..], "holds more than it says"),
            (b"x", "has no line that says what it holds"),
            (b"[1]\n", "is not what was expected"),
        ] {
            let inputs = Inputs(BTreeMap::from([("nursery".to_owned(), bytes.to_vec())]));
            let failure = read(Port::Nursery, &inputs).expect_err("damaged").to_string();
            assert!(failure.contains(what), "{failure}");
        }
    }
}
