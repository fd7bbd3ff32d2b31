//! The batches of an epoch in their order. What they need is read or decoded while the batches before them are learnt from, so
//! that no step waits for it.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::Builder;

use tch::Tensor;

use super::ahead::Ahead;
use super::loader::{Batch, Loader, gather, indices, threads};

/// Batches that lie ready.
const READY: usize = 4;

#[derive(Debug)]
pub struct Feed<'a> {
    loader: &'a Loader,
    /// Of the images, in the order in which they are seen; on the device.
    order: Tensor,
    batch: usize,
    help: Option<Help>,
}

#[derive(Debug)]
enum Help {
    /// Reads mapped files.
    Reading(Ahead),
    /// Gives the bytes of one batch after another.
    Gathering(Receiver<Vec<u8>>),
}

impl<'a> Feed<'a> {
    /// Of examples that are seen in batches of this size, from the batch with the number `first` on.
    pub fn new(loader: &'a Loader, examples: &[u32], batch: usize, first: usize) -> Self {
        let help = match loader.elsewhere() {
            Some(_) => gathering(loader, &examples[first * batch..], batch.max(1)).map(Help::Gathering),
            None => Ahead::of(loader, examples, batch).map(Help::Reading),
        };
        Self { loader, order: indices(examples, loader.device()), batch, help }
    }

    /// The batch with this number; the next one of those that were asked for.
    pub fn batch(&self, number: usize) -> Batch<'a> {
        let index = self.order.narrow(0, (number * self.batch) as i64, self.batch as i64);
        match &self.help {
            Some(Help::Gathering(batches)) => {
                if let Ok(bytes) = batches.recv() {
                    return self.loader.brought(&index, bytes);
                }
            }
            Some(Help::Reading(ahead)) => ahead.begin(number),
            None => {}
        }
        self.loader.at(&index)
    }
}

/// Gathers whole batches in a thread of its own, which ends with who reads them; `None` where the machine refuses a thread.
fn gathering(loader: &Loader, examples: &[u32], batch: usize) -> Option<Receiver<Vec<u8>>> {
    let (pixels, shape, examples, threads) = (loader.elsewhere()?.clone(), loader.shape(), examples.to_vec(), threads());
    let (give, batches) = sync_channel(READY);
    let gather = move || {
        for examples in examples.chunks_exact(batch) {
            if give.send(gather(&pixels, shape, examples, threads)).is_err() {
                return;
            }
        }
    };
    Builder::new().name("gather".to_owned()).spawn(gather).ok()?;
    Some(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use epnas::arch::Shape;
    use epnas::dataset::Images;

    #[test]
    fn batches_come_in_the_order_of_the_epoch_from_any_of_them_on() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        let images = Images { shape, classes: 90, pixels: (0..80).collect::<Vec<u8>>().into(), labels: (0..40).collect() };
        let examples: Vec<u32> = (0..40).rev().collect();
        for loader in [Loader::new(&images, tch::Device::Cpu), Loader::bringing(&images)] {
            for first in [0, 7] {
                let feed = Feed::new(&loader, &examples, 4, first);
                for number in first..10 {
                    let batch = feed.batch(number);
                    let last = 39 - 4 * number as i64;
                    let labels = Tensor::from_slice(&[last, last - 1, last - 2, last - 3]);
                    assert_eq!(batch.labels, labels, "{number}");
                    assert_eq!(batch.pixels().to_kind(tch::Kind::Int64).select(3, 0).select(2, 0).select(1, 0), labels * 2, "{number}");
                }
            }
        }
    }
}
