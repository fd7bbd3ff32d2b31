//! Trainings on packed images.

use super::*;

#[test]
fn packed_images_train_as_what_they_decode_to() {
    let plain = images(300, 7);
    let side = SHAPE.height;
    let jpegs: Vec<Vec<u8>> = (0..plain.len()).map(|image| epnas_pixels::pack(&plain.image(image), side, SHAPE.channels, 90)).collect();
    let lengths = jpegs.iter().flat_map(|jpeg| (jpeg.len() as u32).to_le_bytes());
    let labels = plain.labels.iter().map(|label| *label as u8);
    let mut header = plain.stored()[0].to_vec();
    header[4] = 1;
    let stored: Vec<u8> = header.into_iter().chain(jpegs.concat()).chain(lengths).chain(labels).collect();
    let packed = Images::from_stored(&stored.into()).expect("a stored form");
    let pixels: Vec<u8> = (0..packed.len()).flat_map(|image| packed.image(image).into_owned()).collect();
    let decoded = Images { pixels: pixels.into(), labels: packed.labels.clone(), ..packed };
    let (network, seed) = (network(), Seed::root(4));
    let recipe = TrainRecipe { epochs: 2, augment: Augment { flip: true, crop: 1, mixup: 0.3, ..Augment::NONE }, ..recipe() };
    let [one, other] = [(&packed, 2), (&decoded, 2)].map(|(images, threads)| {
        let (train, validation): (Vec<u32>, Vec<u32>) = (0..300).partition(|example| example % 5 > 0);
        let (recipe, network, seed) = (&recipe, &network, seed.child("same"));
        let dataset = images.digest();
        let job = TrainJob { network, recipe, metric: Metric::Accuracy, dataset, images, train: &train, validation: &validation, seed };
        TorchTrainer::new("cpu", threads).expect("the processor").train(&job, &mut NoCallback).expect("trains")
    });
    assert!(one.weights == other.weights && one.metrics == other.metrics);
    assert!(one.metrics.validation_accuracy > 0.3, "{:?}", one.metrics);
}
