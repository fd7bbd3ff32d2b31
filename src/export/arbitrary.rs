//! Random networks of all spaces with random weights, for tests: of the library, and of the worker, which includes this file.

use epnas::arch::cells::{Block, Cell, CellNetwork, CellOperation, Combine, Skeleton};
use epnas::arch::{Architecture, Group, Initial, Layer, LayerNetwork, Network, Operation, OperationKind, Parameter, Shape};
use epnas::dataset::Images;
use epnas::digest::{Digest, Domain};
use epnas::export::{Found, NetworkFacts, NetworkFile};
use epnas::seed::{Seed, Stream, below, unit};
use epnas::task::SplitName;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

/// The network of a number: layers and cells by turns, on images of several sizes, grey and in colour.
pub fn found(number: usize) -> Found {
    let mut stream = Seed::root(7).child("network").nth(number).stream();
    let mut pick = |options: &[usize]| options[below(&mut stream, options.len())];
    let shape = Shape { channels: pick(&[1, 3]), height: pick(&[5, 8, 13, 28, 32]), width: pick(&[7, 8, 13, 28, 33]) };
    let classes = pick(&[2, 7, 10]);
    let architecture = if number.is_multiple_of(2) { layers(&mut pick) } else { cells(&mut pick) };
    let network = architecture.network(shape, classes).expect("well-formed");
    let weights = weights(&network, number);
    let file = NetworkFile::new(facts(classes), architecture, &network, &weights);
    Found::new(file, weights).expect("weights of the network")
}

/// Noise.
pub fn images(found: &Found, count: usize) -> Images {
    let (shape, classes) = (found.file.input, found.file.classes);
    let mut stream = Seed::root(8).stream();
    let pixels: Vec<u8> = (0..count * shape.elements()).map(|_| below(&mut stream, 256) as u8).collect();
    Images { shape, classes, pixels: pixels.into(), labels: (0..count).map(|index| (index % classes) as u16).collect() }
}

fn layers(pick: &mut impl FnMut(&[usize]) -> usize) -> Architecture {
    let depth = pick(&[1, 2, 4, 6]);
    let mut layers = vec![Layer { operation: Operation::convolution(3, pick(&[4, 8]), pick(&[1, 2])), sources: vec![] }];
    for index in 1..=depth {
        let kind = OperationKind::ALL[pick(&[0, 1, 2, 3, 4])];
        let mut operation = Operation::new(kind);
        for &parameter in kind.parameters() {
            operation.set(
                parameter,
                match parameter {
                    Parameter::Kernel => pick(&[1, 3, 5, 7]),
                    Parameter::Channels => pick(&[1, 3, 8, 12]),
                    // Powers of two: of others a skip does not always reach the shape of what it is added to.
                    Parameter::Stride => pick(&[1, 1, 2, 4]),
                    Parameter::Expansion => pick(&[1, 2, 4]),
                    Parameter::SqueezeRatio => pick(&[0, 2, 4]),
                },
            );
        }
        let mut sources = vec![index - 1];
        if pick(&[0, 1]) == 1 {
            sources.push(pick(&(0..index).collect::<Vec<_>>()));
        }
        layers.push(Layer { operation, sources });
    }
    LayerNetwork { layers }.into()
}

fn cells(pick: &mut impl FnMut(&[usize]) -> usize) -> Architecture {
    let all: Vec<usize> = (0..CellOperation::ALL.len()).collect();
    let blocks = (0..pick(&[1, 2, 3, 5])).map(|index| {
        let before: Vec<usize> = (0..index + 2).collect();
        Block {
            inputs: [pick(&before), pick(&before)],
            operations: [CellOperation::ALL[pick(&all)], CellOperation::ALL[pick(&all)]],
            combine: Combine::ALL[pick(&[0, 1])],
        }
    });
    let blocks = blocks.collect();
    let skeleton = Skeleton { channels: pick(&[2, 4, 6]), cells: pick(&[1, 2]), reductions: pick(&[0, 1, 2]), stem_stride: pick(&[1, 2]) };
    CellNetwork { cell: Cell { blocks }, skeleton }.into()
}

/// Of a size that keeps activations near 1; statistics are not those of a start.
fn weights(network: &Network, number: usize) -> Vec<u8> {
    let mut stream = Seed::root(9).child("weights").nth(number).stream();
    let channels = network.nodes[0].shape.channels;
    let mut arrays = vec![
        ("input.mean".to_owned(), vec![channels], vec![0.3, 0.4, 0.5][..channels].to_vec()),
        ("input.std".to_owned(), vec![channels], vec![0.3, 0.25, 0.2][..channels].to_vec()),
    ];
    let between = |stream: &mut Stream, low: f64, high: f64| (low + (high - low) * unit(stream)) as f32;
    for (index, node) in network.nodes.iter().enumerate() {
        for weight in node.primitive.profile().weights {
            let inputs = weight.shape()[1..].iter().product::<usize>().max(1) as f64;
            let draw = |_| match (weight.group, weight.initial) {
                (Group::Kernel, _) => between(&mut stream, -(6.0 / inputs).sqrt(), (6.0 / inputs).sqrt()),
                // Sums of skips grow with depth: logits of hundreds are no test of what is near 0.
                (Group::Matrix, _) => between(&mut stream, -0.5 / inputs.sqrt(), 0.5 / inputs.sqrt()),
                (_, Initial::Constant(value)) if value > 0.0 => between(&mut stream, 0.5, 1.5),
                _ => between(&mut stream, -0.5, 0.5),
            };
            let values = (0..weight.elements()).map(draw).collect();
            arrays.push((format!("node.{index}.{}", weight.name), weight.shape().to_vec(), values));
        }
    }
    let bytes: Vec<Vec<u8>> = arrays.iter().map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = arrays.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many bytes as the shape says"))
    });
    serialize(views, None).expect("well-formed")
}

fn facts(classes: usize) -> NetworkFacts {
    let recipe = r#"{"epochs":1,"examples":1.0,"batch_size":128,"optimizer":"sgd","learning_rate":0.1,"momentum":0.9,"weight_decay":0.0005,"schedule":"one-cycle","warmup":0.2,"augment":{"flip":true,"crop":0,"cutout":0},"label_smoothing":0.0,"ema":0.0,"precision":"fp32","seed":0}"#;
    NetworkFacts {
        name: "random".to_owned(),
        dataset: "noise".to_owned(),
        class_names: (0..classes).map(|class| format!("class {class}")).collect(),
        precision: "fp32".to_owned(),
        split: SplitName { digest: Digest::of(Domain::Dataset, b""), validation: 1, seed: 0, last: false, size: None },
        costs: std::collections::BTreeMap::new(),
        constraints: Vec::new(),
        validation_accuracy: 0.5,
        test_accuracy: None,
        validation_accuracies: Vec::new(),
        test_accuracies: Vec::new(),
        recipe: serde_json::from_str(recipe).expect("a recipe"),
    }
}
