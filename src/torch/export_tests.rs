//! Exports of random networks against the networks themselves, in numbers.

use prost::Message as _;

use super::infer::{from_onnx, from_weights};
use epnas::engine::Inferred;
use epnas::export::{Agreement, Case, Folder, Found, Logits, ONNX, ONNX_INT8, ONNX_UINT8, Times, probes, proto};

#[path = "../export/arbitrary.rs"]
mod arbitrary;

/// The folder of a network, with its logits for some images.
fn folder(found: &Found) -> (Folder, Case) {
    let images = probes(&arbitrary::images(found, 10), &(0..10).collect::<Vec<_>>());
    let Inferred { logits: values, .. } = from_weights(&found.network, &found.bytes, &images).expect("a network");
    let case = Case::new(images, Logits { classes: found.file.classes, values });
    let mut folder = Folder::new(&case.check());
    folder.add_onnx(found).expect("it costs what the network costs");
    folder.add_pytorch(found);
    (folder, case)
}

fn agreement(folder: &Folder, file: &str, case: &Case) -> Agreement {
    let values = from_onnx(&folder.0[file], &case.images).expect("all operators are known").logits;
    Agreement::of(&case.logits, &Logits { classes: case.logits.classes, values }, &case.labels).expect("as many")
}

#[test]
fn the_models_give_the_logits_of_their_networks() {
    for number in 0..60 {
        let found = arbitrary::found(number);
        let (folder, case) = folder(&found);
        for file in [ONNX, ONNX_UINT8] {
            assert_eq!(agreement(&folder, file, &case).fault(), None, "{number}: {file}: {}", found.file.summary);
        }
    }
}

#[test]
fn a_model_that_differs_is_found_out() {
    let found = arbitrary::found(0);
    let (mut folder, case) = folder(&found);
    let mut model = proto::Model::decode(&folder.0[ONNX][..]).expect("a model");
    let graph = model.graph.as_mut().expect("a graph");
    // The last one is that of the classifier: it is added to the logits as it is.
    let is_bias = |tensor: &&mut proto::Tensor| tensor.name.starts_with("linear") && tensor.name.ends_with("bias");
    let bias = graph.initializer.iter_mut().filter(is_bias).last().expect("a bias");
    let first = f32::from_le_bytes([bias.raw_data[0], bias.raw_data[1], bias.raw_data[2], bias.raw_data[3]]);
    bias.raw_data[..4].copy_from_slice(&(first + 10.0).to_le_bytes());
    folder.0.insert(ONNX.to_owned(), model.encode_to_vec());
    assert!(agreement(&folder, ONNX, &case).fault().is_some());
    folder.0.insert(ONNX.to_owned(), b"\xff".to_vec());
    assert!(from_onnx(&folder.0[ONNX], &case.images).is_err());
}

#[test]
fn eight_bits_are_near_thirty_two() {
    let mut near = 0;
    for number in 0..20 {
        let found = arbitrary::found(number);
        let (mut folder, case) = folder(&found);
        let ranges = from_onnx(&folder.0[ONNX], &case.images).expect("known").ranges;
        folder.add_int8(&found, &ranges).expect("all ranges are known");
        let agreement = agreement(&folder, ONNX_INT8, &case);
        near += usize::from(agreement.difference < 0.2);
        assert!(agreement.difference > 0.0, "{number}: it is rounded");
    }
    assert!(near >= 15, "{near} of 20");
}

/// Writes the folders of many networks for `make test-export`, where onnx, onnxruntime and PyTorch load them.
#[test]
#[ignore = "writes 240 folders below target/exports for Python"]
fn gallery() {
    let all = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/exports");
    epnas::files::remove_all(&all).expect("ours");
    for number in 0..240 {
        let found = arbitrary::found(number);
        let (mut folder, case) = folder(&found);
        let ranges = from_onnx(&folder.0[ONNX], &case.images).expect("known").ranges;
        folder.add_int8(&found, &ranges).expect("all ranges are known");
        let times = Times { processor: String::new(), by: String::new(), milliseconds: None };
        folder.finish(&found, &[], &times);
        for (name, bytes) in &folder.0 {
            epnas::files::write_unflushed(&all.join(format!("{number:03}")).join(name), bytes).expect("ours");
        }
    }
}
