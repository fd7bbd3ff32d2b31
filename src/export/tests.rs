//! Random networks of all spaces: what an export writes is the network that it was given.

use std::collections::BTreeSet;

use prost::Message as _;

use super::arbitrary::{found, images};
use super::folder::check_costs;
use super::onnx::{Pixels, count, network, proto, quantized};
use super::pytorch::Blocks;
use super::*;
use crate::arch::{Cost, Primitive};

/// How many networks are looked at.
const MANY: usize = 240;

fn folder(found: &Found) -> Folder {
    let images = probes(&images(found, 3), &[0, 1, 2]);
    let logits = Logits { classes: found.file.classes, values: vec![0.0; images.len() * found.file.classes] };
    let mut folder = Folder::new(&Case::new(images, logits).check());
    folder.add_onnx(found).expect("it costs what the network costs");
    folder.add_pytorch(found);
    let times = Times { processor: "a processor".to_owned(), by: "epnas-worker".to_owned(), milliseconds: Some(0.25) };
    folder.finish(found, &[], &times);
    folder
}

#[test]
fn graphs_have_the_shapes_and_the_costs_of_their_networks() {
    for number in 0..MANY {
        let found = found(number);
        for pixels in [Pixels::Numbers, Pixels::Bytes] {
            let model = network(&found.network, &found.weights, pixels);
            let counted = count(&model).expect("all is known");
            let cost = Cost::of(&found.network);
            assert_eq!((counted.params, counted.macs), (cost.params, cost.macs), "{number}");
            for (name, shape) in &counted.shapes {
                let Some(index) = name.rsplit_once('_').and_then(|(_, index)| index.parse::<usize>().ok()) else { continue };
                let node = found.network.nodes[index].shape;
                assert_eq!((shape[0], shape.iter().product::<usize>()), (node.channels, node.elements()), "{number}: {name}");
            }
            assert_eq!(counted.shapes[TENSORS[1]], [found.file.classes]);
            let bytes = model.encode_to_vec();
            assert_eq!(proto::Model::decode(&bytes[..]).as_ref(), Ok(&model));
        }
    }
}

#[test]
fn an_export_with_other_names_or_figures_is_another() {
    let [same, mut renamed, mut tested] = [0, 0, 0].map(found);
    let config: serde_json::Value = serde_json::from_slice(&folder(&same).0[CONFIG]).expect("JSON");
    assert!(describes(&config, &same));
    renamed.file.class_names = (0..same.file.classes).map(|label| format!("renamed {label}")).collect();
    tested.file.test_accuracy = Some(0.321);
    assert!(!describes(&config, &renamed) && !describes(&config, &tested) && !describes(&serde_json::Value::Null, &same));
}

#[test]
fn the_card_tells_shares_of_the_images_that_were_compared() {
    let found = found(0);
    let agreement = Agreement { images: 100 + UNLABELLED, difference: 0.0, equal: 1.0, right: [90, 80] };
    let proof = Proof { file: ONNX_INT8.to_owned(), by: "onnxruntime".to_owned(), agreement, is_rounded: true, milliseconds: None };
    let times = Times { processor: String::new(), by: String::new(), milliseconds: None };
    let mut folder = folder(&found);
    folder.finish(&found, &[proof], &times);
    let card = String::from_utf8(folder.0["README.md"].clone()).expect("text");
    assert!(card.contains("these weights in 32 bits | 90.00 % |") && card.contains("by onnxruntime | 80.00 % |"), "{card}");
    assert!(card.contains(&format!("compared on 100 of the {} validation images", found.file.split.validation)), "{card}");
}

#[test]
fn a_graph_that_costs_something_else_is_no_export() {
    let one = found(1);
    let model = network(&one.network, &one.weights, Pixels::Numbers);
    assert_eq!(check_costs("a.onnx", &model, &one), Ok(()));
    let mut graph = model.graph.clone().expect("a graph");
    let conv = graph.node.iter_mut().find(|node| node.op_type == "Conv").expect("a convolution");
    conv.input.truncate(2);
    let said = check_costs("a.onnx", &proto::Model { graph: Some(graph), ..model }, &one).expect_err("without a bias");
    assert!(said.starts_with("a.onnx has ") && said.contains("multiply–accumulates, the network has "), "{said}");
}

#[test]
fn every_array_of_a_module_has_a_name_of_its_own_that_the_source_makes() {
    for number in 0..MANY {
        let found = found(number);
        let blocks = Blocks::of(&found.network);
        let folder = folder(&found);
        let source = str::from_utf8(&folder.0["model.py"]).expect("text");
        let tensors = safetensors::SafeTensors::deserialize(&folder.0["model.safetensors"]).expect("safetensors");
        let expected: usize = found.network.nodes.iter().map(|node| node.primitive.profile().weights.len()).sum();
        assert_eq!(tensors.len(), expected + 2, "{number}");
        let modules: BTreeSet<String> = tensors.names().iter().filter_map(|name| Some(name.split_once('.')?.0.to_owned())).collect();
        for module in modules {
            assert!(source.contains(&format!("self.{module} = ")) && source.contains(&format!("self.{module}(")), "{number}: {module}");
        }
        for (index, node) in found.network.nodes.iter().enumerate() {
            if matches!(node.primitive, Primitive::Convolution { .. }) {
                tensors.tensor(&format!("{}.weight", blocks.module(index))).expect("named");
            }
        }
    }
}

#[test]
fn in_8_bits_all_weights_are_bytes_and_every_tensor_must_have_a_range() {
    for number in 0..40 {
        let found = found(number);
        let model = network(&found.network, &found.weights, Pixels::Numbers);
        let ranges: Ranges = count(&model).expect("known").shapes.into_keys().map(|name| (name, [-1.0, 2.0])).collect();
        let graph = quantized(&model, &ranges).expect("all ranges are there").graph.expect("a graph");
        let made: BTreeSet<&str> = graph.node.iter().map(|node| node.output[0].as_str()).collect();
        let constants: BTreeSet<&str> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        for input in graph.node.iter().flat_map(|node| &node.input) {
            assert!(input == TENSORS[0] || made.contains(input.as_str()) || constants.contains(input.as_str()), "{number}: {input}");
        }
        for node in graph.node.iter().filter(|node| ["Conv", "Gemm"].contains(&node.op_type.as_str())) {
            assert!(node.input.iter().all(|input| input.ends_with(".rounded")), "{number}: {node:?}");
        }
        assert_eq!(quantized(&model, &Ranges::new()), Err("normalised".to_owned()));
    }
}

#[test]
fn weights_of_another_network_are_refused_by_name() {
    let refusal = |bytes: Vec<u8>| Found::new(found(0).file, bytes).expect_err("refused");
    let said = refusal(found(1).bytes);
    assert!(said.contains("`input.mean`") || said.contains("`node."), "{said}");
    assert!(refusal(b"nothing".to_vec()).starts_with("it is no safetensors file: "));
    let mut damaged = found(0).bytes;
    let end = damaged.len();
    damaged[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refusal(damaged).ends_with("holds what is no finite number"));
}

#[test]
fn a_folder_of_results_is_read_or_says_why_not() {
    let lab = tempfile::tempdir().expect("a temporary folder");
    let found = found(2);
    let read = || Found::read(lab.path()).map(|found| found.bytes).map_err(|error| error.to_string());
    assert!(read().expect_err("empty").contains("network.json` is not there, so there is no network with weights\nhelp: "));
    let text = serde_json::to_string(&found.file).expect("plain data");
    let write = |name: &str, bytes: &[u8]| crate::files::write(&lab.path().join(name), bytes).expect("our own folder");
    write(FILE, text.as_bytes());
    assert!(read().expect_err("no weights").contains("weights.safetensors` is not there"));
    write(WEIGHTS, &super::arbitrary::found(4).bytes);
    assert!(read().expect_err("foreign").contains("holds other weights than"));
    write(WEIGHTS, &found.bytes);
    assert_eq!(read(), Ok(found.bytes.clone()));
    write(FILE, text.replace(r#""format":2"#, r#""format":1"#).as_bytes());
    assert!(read().expect_err("earlier").contains("has the format 1, this epnas reads 2\nhelp: run the spec again"));
    write(FILE, b"{");
    assert!(read().expect_err("cut off").contains("is no JSON"));
}

#[test]
fn hostile_names_stay_inside_what_they_are_written_in() {
    let mut hostile = found(0);
    hostile.file.name = "a\"\"\"\nimport os|`<b>".to_owned();
    hostile.file.class_names[0] = "x|y\n# z".to_owned();
    let folder = folder(&hostile);
    let [source, card] = ["model.py", "README.md"].map(|name| String::from_utf8(folder.0[name].clone()).expect("text"));
    assert!(source.starts_with("\"\"\"The network of `aimport osb` for noise.\n"), "{source}");
    assert!(card.contains("| 0 | x\\|y\\\\n\\# z |"), "{card}");
}
