//! Which branches of cells are dropped: the ScheduledDropPath of NASNet (arXiv 1707.07012, §4), every branch of every
//! example on its own (arXiv 1605.07648), kept ones scaled up so that the mean stays. The probability is the same in
//! all cells, as in DARTS; NASNet's code lets it also rise with depth.

use tch::{Device, Kind, Tensor};

use epnas::arch::{Network, Primitive};
use epnas::seed::{Seed, Stream, unit};

/// Numbers handed to the device at once, about, so that a step need not wait for the host.
const AHEAD: i64 = 1 << 20;

/// Masks for one batch after another.
pub struct Paths {
    stream: Stream,
    branches: i64,
    /// Uniform numbers, examples × branches, those of the next batch first.
    draws: Tensor,
}

impl Paths {
    /// `None` for a network without branches to drop.
    pub fn new(network: &Network, seed: Seed) -> Option<Self> {
        let branches = network.nodes.iter().filter(|node| node.primitive == Primitive::PathDropout).count() as i64;
        let draws = Tensor::zeros([0, branches], (Kind::Float, Device::Cpu));
        (branches > 0).then(|| Self { stream: seed.stream(), branches, draws })
    }

    /// What is not yet used of the numbers that were drawn.
    pub const fn draws(&self) -> &Tensor {
        &self.draws
    }

    /// The place in the stream from which the next numbers come.
    pub fn place(&self) -> u128 {
        self.stream.get_word_pos()
    }

    /// Goes on from where another one stood: `draws`, then the stream from `place` on.
    pub fn go_on(&mut self, place: u128, draws: Tensor) {
        self.stream.set_word_pos(place);
        self.draws = draws;
    }

    pub const fn branches(&self) -> i64 {
        self.branches
    }

    /// What to multiply the branches of the next `batch` examples with when a share of them is dropped.
    pub fn next(&mut self, batch: i64, share: f64, device: Device) -> Tensor {
        if self.draws.size()[0] < batch {
            // Batches of one training are equally large, so nothing is left over.
            let rows = batch * (AHEAD / (batch * self.branches)).max(1);
            let numbers: Vec<f32> = (0..rows * self.branches).map(|_| unit(&mut self.stream) as f32).collect();
            self.draws = Tensor::from_slice(&numbers).view([rows, self.branches]).to_device(device);
        }
        let draws = self.draws.narrow(0, 0, batch);
        self.draws = self.draws.narrow(0, batch, self.draws.size()[0] - batch);
        draws.ge(share).to_kind(Kind::Float) / (1.0 - share).max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::torch::flat::host;

    fn paths(branches: i64) -> Paths {
        Paths { stream: Seed::root(1).stream(), branches, draws: Tensor::zeros([0, branches], (Kind::Float, Device::Cpu)) }
    }

    #[test]
    fn the_mean_stays_and_the_share_is_dropped() {
        let values = host(&paths(4).next(10_000, 0.25, Device::Cpu));
        let dropped = values.iter().filter(|&&value| value == 0.0).count() as f64 / 40_000.0;
        assert!((dropped - 0.25).abs() < 0.01, "{dropped}");
        assert!(values.iter().all(|&value| value == 0.0 || (f64::from(value) - 1.0 / 0.75).abs() < 1e-6));
    }

    #[test]
    fn masks_go_on_from_where_they_stood() {
        let mut whole = paths(3);
        let _ = whole.next(2, 0.5, Device::Cpu);
        let mut second = paths(3);
        second.go_on(whole.place(), whole.draws().copy());
        whole.draws = whole.draws.narrow(0, 0, 2);
        second.draws = second.draws.narrow(0, 0, 2);
        for _ in 0..3 {
            assert_eq!(host(&whole.next(2, 0.5, Device::Cpu)), host(&second.next(2, 0.5, Device::Cpu)));
        }
    }

    #[test]
    fn masks_follow_the_stream() {
        let mut stream = Seed::root(1).stream();
        let mut paths = paths(3);
        for _ in 0..5 {
            let expected: Vec<f32> = (0..6).map(|_| if unit(&mut stream) < 0.5 { 0.0 } else { 2.0 }).collect();
            assert_eq!(host(&paths.next(2, 0.5, Device::Cpu)), expected);
        }
    }
}
