//! Draws networks from the space of a spec and shows what they cost: how tight are the limits?
//!
//! `cargo run --no-default-features --example costs -- specs/fashion-mnist.yaml`
#![allow(clippy::print_stdout, reason = "an example for people")]

use epnas::arch::CostKind;
use epnas::seed::Seed;
use epnas::space::SearchSpace;
use epnas::spec::{Space, Subject};
use epnas::text::quantity;

const DRAWS: usize = 1_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a spec, such as specs/fashion-mnist.yaml")?;
    let spec = epnas::spec::read(&std::fs::read(&path)?).resolved.ok_or("the spec has faults: `epnas check` names them")?;
    let Subject::Images { dataset, space: Space::Layers(space), max_depth, .. } = &spec.subject else {
        return Err("the costs of a table's rows are columns of the table".into());
    };
    let limits = dataset.limits(*max_depth);
    let space = SearchSpace::Layers(space, limits);
    let mut feasible = 0;
    for draw in 0..DRAWS {
        let architecture = space.draw(&mut Seed::root(spec.seed).nth(draw).stream());
        let costs = space.costs(&architecture).ok_or("a network of the space has costs")?;
        feasible += usize::from(spec.constraints.iter().all(|constraint| constraint.holds(&costs)));
        if draw < 10 {
            let [params, macs] = [CostKind::Params, CostKind::Macs].map(|kind| quantity(costs[&kind]));
            println!("params {params:>8}  macs {macs:>8}  {}", architecture.summary());
        }
    }
    println!("{feasible} of {DRAWS} networks keep to every limit");
    Ok(())
}
