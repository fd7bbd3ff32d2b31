//! Which nodes of a network are computed together on a processor: a normalisation with the sum and the rectifier that
//! follow it, for between them memory is read and written to no purpose.

use epnas::arch::{Network, Primitive};

/// How a node comes to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// By itself.
    Alone,
    /// It has none: a later node computes what it stands for.
    Waits,
    /// It ends what a waiting normalisation begins, together with the value of another node that is added, if any.
    Ends { norm: usize, add: Option<usize> },
}

/// The role of every node. With `drops`, path dropout is at work and stands between what it reads and those who read it; the
/// node `kept` is to have a value, too.
pub fn roles(network: &Network, drops: bool, kept: Option<usize>) -> Vec<Role> {
    let nodes = &network.nodes;
    let mut readers = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        node.inputs.iter().for_each(|&input| readers[input].push(index));
    }
    // The only reader of a node that need not have a value.
    let reader = |index: usize| match readers[index][..] {
        [reader] if kept != Some(index) => Some(reader),
        _ => None,
    };
    let mut roles = vec![Role::Alone; nodes.len()];
    for (norm, _) in nodes.iter().enumerate().filter(|(_, node)| matches!(node.primitive, Primitive::BatchNorm { .. })) {
        let (mut end, mut next) = (norm, reader(norm));
        let mut waiting = vec![norm];
        while let Some(dropout) = next.filter(|&next| !drops && nodes[next].primitive == Primitive::PathDropout) {
            waiting.push(dropout);
            (end, next) = (dropout, reader(dropout));
        }
        let mut add = None;
        // The other addend may wait itself, for the same sum: then it was first.
        if let Some(sum) = next.filter(|&next| nodes[next].primitive == Primitive::Add && roles[next] == Role::Alone) {
            add = nodes[sum].inputs.iter().copied().find(|&input| input != end);
            (end, next) = (sum, reader(sum));
        }
        if let Some(rectifier) = next.filter(|&next| nodes[next].primitive == Primitive::Relu) {
            if add.is_some() {
                waiting.push(end);
            }
            end = rectifier;
        } else if add.is_none() {
            continue;
        }
        for index in waiting {
            roles[index] = Role::Waits;
        }
        roles[end] = Role::Ends { norm, add };
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;
    use epnas::arch::{Node, Shape};

    const SHAPE: Shape = Shape { channels: 4, height: 2, width: 2 };
    const NORM: Primitive = Primitive::BatchNorm { channels: 4 };

    fn of(nodes: &[(Primitive, &[usize])], drops: bool, kept: Option<usize>) -> Vec<Role> {
        let nodes = nodes.iter().map(|&(primitive, inputs)| Node { primitive, inputs: inputs.to_vec(), shape: SHAPE });
        roles(&Network { nodes: nodes.collect(), auxiliary: None }, drops, kept)
    }

    #[test]
    fn a_rectifier_ends_a_normalisation_that_nobody_else_reads() {
        let nodes: [(Primitive, &[usize]); 3] = [(Primitive::Input, &[]), (NORM, &[0]), (Primitive::Relu, &[1])];
        assert_eq!(of(&nodes, false, None), [Role::Alone, Role::Waits, Role::Ends { norm: 1, add: None }]);
        assert_eq!(of(&nodes, false, Some(1)), [Role::Alone; 3], "who reads it besides wants its value");
        let read_twice = [nodes[0], nodes[1], nodes[2], (Primitive::Add, &[1, 2])];
        assert_eq!(of(&read_twice, false, None), [Role::Alone; 4]);
    }

    #[test]
    fn a_sum_of_two_normalisations_is_ended_once() {
        let nodes: [(Primitive, &[usize]); 5] =
            [(Primitive::Input, &[]), (NORM, &[0]), (NORM, &[0]), (Primitive::Add, &[1, 2]), (Primitive::Relu, &[3])];
        let ends = Role::Ends { norm: 1, add: Some(2) };
        assert_eq!(of(&nodes, false, None), [Role::Alone, Role::Waits, Role::Alone, Role::Waits, ends]);
        assert_eq!(of(&nodes[..4], false, None), [Role::Alone, Role::Waits, Role::Alone, ends], "without a rectifier, the sum");
    }

    #[test]
    fn path_dropout_stands_between_while_it_is_at_work() {
        let nodes: [(Primitive, &[usize]); 4] =
            [(Primitive::Input, &[]), (NORM, &[0]), (Primitive::PathDropout, &[1]), (Primitive::Relu, &[2])];
        assert_eq!(of(&nodes, false, None), [Role::Alone, Role::Waits, Role::Waits, Role::Ends { norm: 1, add: None }]);
        assert_eq!(of(&nodes, true, None), [Role::Alone; 4]);
    }

    #[test]
    fn a_node_added_to_itself_is_left_alone() {
        let nodes: [(Primitive, &[usize]); 3] = [(Primitive::Input, &[]), (NORM, &[0]), (Primitive::Add, &[1, 1])];
        assert_eq!(of(&nodes, false, None), [Role::Alone; 3]);
    }
}
