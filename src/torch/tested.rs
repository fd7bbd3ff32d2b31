//! A trained network on labelled images, image by image.

use tch::{Kind, Tensor};

use super::augment;
use super::data::{Normalizer, Resident};
use super::model::{Model, Pass};
use epnas::engine::{Augment, Confusion, EVALUATION_BATCH, TOP_5_FROM, Tested};

/// What a model says of the examples at `index`.
pub fn tested(model: &Model<'_>, images: &Resident, index: &Tensor, normalizer: &Normalizer) -> Tested {
    let _guard = tch::no_grad_guard();
    let plain = Augment { flip: false, crop: 0, cutout: 0 };
    let count = index.numel();
    let (mut pairs, mut among, mut classes) = (Vec::with_capacity(count), 0, 0);
    for start in (0..count).step_by(EVALUATION_BATCH) {
        let index = index.narrow(0, start as i64, EVALUATION_BATCH.min(count - start) as i64);
        let logits = model.forward(&augment::batch(images, &index, normalizer, plain, None), Pass::Inference);
        let labels = images.labels.index_select(0, &index);
        classes = logits.size()[1] as usize;
        if classes >= TOP_5_FROM {
            let likeliest = logits.topk(5, 1, true, false).1;
            among += likeliest.eq_tensor(&labels.unsqueeze(1)).sum(Kind::Int64).int64_value(&[]) as usize;
        }
        pairs.extend(whole(&labels).into_iter().zip(whole(&logits.argmax(1, false))));
    }
    let top_5 = (classes >= TOP_5_FROM).then(|| among as f64 / count as f64);
    Tested { confusion: Confusion::of(classes, pairs), top_5 }
}

/// Labels of one dimension.
fn whole(labels: &Tensor) -> Vec<usize> {
    let labels = labels.to_kind(Kind::Int64).to_device(tch::Device::Cpu).contiguous();
    Vec::<i64>::try_from(labels).expect("one dimension of whole numbers").into_iter().map(|label| label as usize).collect()
}
