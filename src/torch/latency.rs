//! How long one inference takes at batch size 1, normalisation folded away as where networks are deployed. Times differ between machines and with what else runs on them, so the
//! device is part of a measurement's key, and a measurement is made once.

use std::time::Instant;

use tch::{Device, Kind, Tensor};

use super::folded::Folded;
use epnas::arch::Network;

const WARM_UP: usize = 10;
const RUNS: usize = 51;

/// The median of some inferences after warm-up, in 32-bit.
pub fn milliseconds(folded: &Folded<'_>, network: &Network, device: Device) -> f64 {
    let shape = network.nodes[0].shape;
    let image = Tensor::zeros([1, shape.channels as i64, shape.height as i64, shape.width as i64], (Kind::Float, device));
    let run = || {
        let began = Instant::now();
        // Reading the answer waits for the device.
        let _ = folded.forward(&image).sum(Kind::Float).double_value(&[]);
        1e3 * began.elapsed().as_secs_f64()
    };
    for _ in 0..WARM_UP {
        run();
    }
    let mut times: Vec<f64> = (0..RUNS).map(|_| run()).collect();
    times.sort_by(f64::total_cmp);
    times[RUNS / 2]
}
