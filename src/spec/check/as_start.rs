//! A network as `start` of a spec is written, for help that can be copied.

use crate::arch::cells::{Block, CellOperation};
use crate::arch::{Architecture, CellNetwork, LayerNetwork};

/// The value of `start` that means `network`, in YAML on one line; `None` where it cannot be written.
pub(super) fn written(network: &Architecture) -> Option<String> {
    let parts: Vec<String> = match network {
        Architecture::Layers(network) => layers(network)?,
        Architecture::Cells(network) => blocks(network),
        Architecture::Row(_) => return None,
    };
    Some(format!("[{}]", parts.join(", ")))
}

/// Each layer after the stem reads the one before it, and at most one more.
fn layers(network: &LayerNetwork) -> Option<Vec<String>> {
    network
        .layers
        .iter()
        .enumerate()
        .skip(1)
        .map(|(number, layer)| {
            let before = number - 1;
            let skips: Vec<usize> = layer.sources.iter().copied().filter(|source| *source != before).collect();
            let mut words = vec![format!("operation: {}", layer.operation.kind().word())];
            for &parameter in layer.operation.kind().parameters() {
                let (description, value) = (parameter.description(), layer.operation.get(parameter));
                words.extend((value != description.default).then(|| format!("{}: {}", description.word, value.unwrap_or(0))));
            }
            words.extend(skips.first().map(|skip| format!("skip: {skip}")));
            (layer.sources.contains(&before) && skips.len() <= 1).then(|| format!("{{{}}}", words.join(", ")))
        })
        .collect()
}

fn blocks(network: &CellNetwork) -> Vec<String> {
    let block = |block: &Block| {
        let ([one, two], [first, second]) = (block.inputs, block.operations.map(CellOperation::word));
        format!("{{inputs: [{one}, {two}], operations: [{first}, {second}], combine: {}}}", block.combine.word())
    };
    network.cell.blocks.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::spec::{ResolvedSpec, Subject};

    fn resolved(space: &str) -> ResolvedSpec {
        crate::spec::read(format!("name: a\ndataset: {{name: mnist}}\n{space}").as_bytes()).resolved.expect("a spec")
    }

    #[test]
    fn what_is_written_is_read_as_the_same_network() {
        let mut written_down = 0;
        for (section, more) in [("layers", "squeeze-ratios: [0, 4], depth: {max: 5}, "), ("cells", "")] {
            let of = |start: &str| resolved(&format!("space: {{{section}: {{{more}start: {start}}}}}\n"));
            let spec = resolved(&format!("space: {{{section}: {{{more}}}}}\n"));
            let Subject::Images { dataset, space, max_depth, .. } = &spec.subject else { panic!("images") };
            let space = space.open(dataset.limits((*max_depth).min(spec.stages[0].depth)));
            for index in 0..40 {
                let network = space.draw(&mut Seed::root(1).nth(index).stream());
                let Some(start) = written(&network) else { continue };
                assert_eq!(of(&start).start(), [network], "{start}");
                written_down += 1;
            }
        }
        assert!(written_down > 60, "{written_down}");
    }
}
