//! Draws networks from the space of a spec and shows what they cost: how tight are the limits?
//!
//! `cargo run --no-default-features --example costs -- specs/fashion-mnist.yaml`
#![allow(clippy::print_stdout, reason = "an example for people")]

use epnas::arch::{Cost, Network};
use epnas::report::count;
use epnas::seed::Seed;

const DRAWS: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a spec, such as specs/fashion-mnist.yaml")?;
    let spec = epnas::spec::read(&std::fs::read(&path)?).resolved.ok_or("the spec has faults: `epnas check` names them")?;
    let limits = spec.limits();
    let mut feasible = 0;
    for draw in 0..DRAWS {
        let architecture = spec.space.draw(limits, &mut Seed::root(spec.seed).nth(draw).stream());
        let cost = Cost::of(&Network::new(&architecture, limits.image, limits.classes)?);
        feasible += usize::from(spec.constraints.iter().all(|constraint| constraint.holds(&cost)));
        if draw < 10 {
            println!("params {:>8}  macs {:>8}  {}", count(cost.params as f64), count(cost.macs as f64), architecture.summary());
        }
    }
    println!("{feasible} of {DRAWS} networks keep to every limit");
    Ok(())
}
