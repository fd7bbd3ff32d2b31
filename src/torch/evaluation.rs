//! A network on labelled images: its loss, and which class it takes for which.

use tch::{Kind, Reduction, Tensor};

use super::augment;
use super::data::Normalizer;
use super::loader::Loader;
use super::model::{Model, Pass};
use epnas::engine::{Confusion, EVALUATION_BATCH, TOP_5_FROM, Tested};

/// What a model says of the examples at `index`, in batches; `pass` says whether each is normalised by itself.
pub fn tested(model: &Model<'_>, images: &Loader, index: &Tensor, normalizer: &Normalizer, pass: Pass<'_>) -> Tested {
    let count = index.numel();
    let (mut pairs, mut among, mut classes) = (Vec::with_capacity(count), 0, 0);
    let mut loss = Tensor::zeros([1], (Kind::Double, images.device()));
    in_batches((model, pass), images, index, normalizer, |logits, labels| {
        classes = logits.size()[1] as usize;
        if classes >= TOP_5_FROM {
            let likeliest = logits.topk(5, 1, true, false).1;
            among += likeliest.eq_tensor(&labels.unsqueeze(1)).sum(Kind::Int64).int64_value(&[]) as usize;
        }
        loss += logits.cross_entropy_loss::<Tensor>(labels, None, Reduction::Sum, -100, 0.0).to_kind(Kind::Double);
        pairs.extend(whole(labels).into_iter().zip(whole(&logits.argmax(1, false))));
    });
    let top_5 = (classes >= TOP_5_FROM).then(|| among as f64 / count as f64);
    let loss = if count > 0 { loss.double_value(&[0]) / count as f64 } else { 0.0 };
    Tested { confusion: Confusion::of(classes, pairs), loss, top_5 }
}

/// Gives the logits (images × classes) and labels of the examples at `index`, batch by batch, without gradients.
fn in_batches(
    (model, pass): (&Model<'_>, Pass<'_>),
    images: &Loader,
    index: &Tensor,
    normalizer: &Normalizer,
    mut each: impl FnMut(&Tensor, &Tensor),
) {
    let _guard = tch::no_grad_guard();
    let count = index.numel();
    for start in (0..count).step_by(EVALUATION_BATCH) {
        let index = index.narrow(0, start as i64, EVALUATION_BATCH.min(count - start) as i64);
        let batch = images.at(&index);
        each(&model.forward(&augment::plain(&batch, normalizer), pass), &batch.labels);
    }
}

/// Labels of one dimension.
fn whole(labels: &Tensor) -> Vec<usize> {
    let labels = labels.to_kind(Kind::Int64).to_device(tch::Device::Cpu).contiguous();
    Vec::<i64>::try_from(labels).expect("one dimension of whole numbers").into_iter().map(|label| label as usize).collect()
}
