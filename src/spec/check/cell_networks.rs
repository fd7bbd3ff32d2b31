//! Rules about the cells a spec leads to: the start belongs to the space and is feasible, some cell is, and there are
//! as many as the stages ask for. Costs are those of a cell in the skeleton of the final trainings.

use std::collections::BTreeSet;

use super::{cells::place, constraints};
use crate::arch::cells::{Block, Cell};
use crate::arch::{Architecture, CellNetwork, CostKind};
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::{Constraint, Enforcement, Side};
use crate::seed::Seed;
use crate::space::{CellSpace, Limits};
use crate::spec::{ResolvedSpec, Space, Subject};

/// Random cells that are tried when the start is not feasible.
const DRAWS: usize = 300;
/// Above so many networks asked for they are not counted.
const MOST_COUNTED: usize = 5_000;

pub fn check(faults: &mut Diagnostics, resolved: &ResolvedSpec, seed: &Seed) {
    let Subject::Images { dataset, space: Space::Cells(space), max_depth, start } = &resolved.subject else { return };
    let [Architecture::Cells(start)] = &start[..] else { return };
    let limits = Limits { image: dataset.kind.shape(), classes: dataset.kind.classes(), depth: *max_depth };
    let first = Limits { depth: resolved.stages.first().map_or(limits.depth, |stage| stage.depth), ..limits };
    if let Err(reason) = space.contains(first, start) {
        let stage = resolved.stages.first().map_or("final", |stage| &stage.name);
        let message = format!("the start cell does not belong to the space: {reason}");
        let help = format!("stage `{stage}` has cells of at most {} blocks", first.depth);
        return faults.error("space::start", &place().key("start"), message, help);
    }
    let rejecting: Vec<Constraint> =
        resolved.constraints.iter().copied().filter(|limit| limit.enforcement == Enforcement::Reject).collect();
    let before = faults.len();
    check_feasible(faults, space, (limits, first), &rejecting, start, seed);
    if faults.len() == before {
        check_count(faults, space, limits, resolved);
    }
}

fn check_feasible(
    faults: &mut Diagnostics,
    space: &CellSpace,
    (limits, first): (Limits, Limits),
    rejecting: &[Constraint],
    start: &CellNetwork,
    seed: &Seed,
) {
    let Some(costs) = space.costs(limits, start) else { return };
    let feasible = |network: &CellNetwork| {
        space.costs(limits, network).is_some_and(|costs| !rejecting.iter().any(|constraint| constraint.rejects(&costs)))
    };
    let mut drawn = (0..DRAWS).map(|index| space.draw(first, &mut seed.nth(index).stream()));
    let mut fits = None;
    for constraint in rejecting.iter().filter(|constraint| constraint.rejects(&costs)) {
        let here = constraints::place(constraint.cost, constraint.side);
        if let Some(nearest) = nearest(space, limits, constraint).filter(|nearest| beyond(constraint, *nearest)) {
            let most = if constraint.side == Side::Max { "least" } else { "most" };
            let message = format!("no cell of the space gives a final network with {}: the {most} is {nearest:.0}", constraint.summary());
            let help = "loosen the bound, or give the final skeleton other channels or cells";
            faults.error("space::no-feasible-network", &here, message, help);
            continue;
        }
        fits = fits.or_else(|| drawn.find(|network| feasible(network)));
        let value = costs.get(&constraint.cost).copied().unwrap_or(f64::NAN);
        let (cell, cost) = (start.cell.summary(), constraint.cost.word());
        let message = format!("the start cell `{cell}` gives a final network with {cost} {value:.2}, which this bound rejects");
        let help = fits.as_ref().map_or_else(
            || format!("loosen the bound, or give `space.cells.start` as a cell that fits; none of {DRAWS} random ones does"),
            |fits| format!("give `space.cells.start` as a cell that fits, such as `{}`", fits.cell.summary()),
        );
        faults.error("space::start", &here, message, help);
    }
}

fn beyond(constraint: &Constraint, value: f64) -> bool {
    match constraint.side {
        Side::Max => value > constraint.limit,
        Side::Min => value < constraint.limit,
    }
}

/// No cell has fewer (of a maximum) or more (of a minimum) parameters and multiply–accumulates than this one. Fewer
/// than a single block none has: every cell holds a block that reads the inputs of the cell only. More than equal
/// blocks that all read these none has: each reads the larger maps and widens the output.
pub fn nearest(space: &CellSpace, limits: Limits, constraint: &Constraint) -> Option<f64> {
    if !matches!(constraint.cost, CostKind::Params | CostKind::Macs | CostKind::Flops) {
        return None;
    }
    let count = if constraint.side == Side::Max { 1 } else { limits.depth };
    let choose = if constraint.side == Side::Max { f64::min } else { f64::max };
    let mut found: Option<f64> = None;
    for &operation in &space.operations {
        for inputs in [[0, 0], [0, 1], [1, 1]] {
            for &combine in &space.combines {
                let blocks = vec![Block { inputs, operations: [operation; 2], combine }; count];
                let costs = space.costs(limits, &space.network(Cell { blocks }))?;
                let value = *costs.get(&constraint.cost)?;
                found = Some(found.map_or(value, |best| choose(best, value)));
            }
        }
    }
    found
}

/// Whether each stage finds as many different cells as it asks for.
fn check_count(faults: &mut Diagnostics, space: &CellSpace, limits: Limits, resolved: &ResolvedSpec) {
    for (index, stage) in resolved.stages.iter().enumerate() {
        let trained = stage.rounds.saturating_mul(stage.trainings);
        let asked = stage.proposals.max(trained);
        let Some(held) = held(space, Limits { depth: stage.depth, ..limits }, asked.min(MOST_COUNTED)) else { continue };
        if held >= asked {
            continue;
        }
        let (key, what) = if stage.proposals > trained { ("proposals", "in a round") } else { ("trainings", "over its rounds") };
        let message = format!(
            "stage `{}` asks for {asked} different cells {what}, and there are {held} of at most {} blocks",
            stage.name, stage.depth
        );
        let place = Path::root().key("stages").index(index).key(key);
        faults.error("space::too-small", &place, message, "ask for fewer, or give the space more operations or more blocks");
    }
}

/// How many cells there are, isomorphic ones counted once; `None` for `most` or more.
fn held(space: &CellSpace, limits: Limits, most: usize) -> Option<usize> {
    let mut total = 0;
    let mut shells: BTreeSet<Cell> = BTreeSet::from([Cell { blocks: vec![] }]);
    // A cell less its last block is a cell again, so that larger ones are smaller ones with a block more.
    for count in 1..=limits.depth {
        let mut larger = BTreeSet::new();
        for cell in &shells {
            for block in blocks(space, cell.blocks.len() + 2) {
                let mut cell = cell.clone();
                cell.blocks.push(block);
                larger.insert(cell.canonical());
                if larger.len() >= most {
                    return None;
                }
            }
        }
        shells = larger;
        if count >= space.min_blocks {
            total += shells.len();
        }
    }
    Some(total).filter(|total| *total < most)
}

/// Every block that reads one of so many sources.
fn blocks(space: &CellSpace, sources: usize) -> impl Iterator<Item = Block> + '_ {
    let branches = move || (0..sources).flat_map(|input| space.operations.iter().map(move |&operation| (input, operation)));
    branches().flat_map(move |(one, first)| {
        branches().filter(move |&other| other >= (one, first)).flat_map(move |(two, second)| {
            space.combines.iter().map(move |&combine| Block { inputs: [one, two], operations: [first, second], combine })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::Shape;
    use crate::arch::cells::{CellOperation, Combine, Skeleton};

    fn space() -> (CellSpace, Limits) {
        let skeleton = Skeleton { channels: 8, cells: 1, reductions: 2, stem_stride: 1 };
        let space = CellSpace {
            operations: CellOperation::ALL.to_vec(),
            combines: Combine::ALL.to_vec(),
            min_blocks: 1,
            skeleton,
            last: Skeleton { channels: 12, cells: 2, ..skeleton },
        };
        (space, Limits { image: Shape { channels: 1, height: 28, width: 28 }, classes: 10, depth: 3 })
    }

    #[test]
    fn no_cell_costs_less_or_more() {
        let (space, limits) = space();
        for cost in [CostKind::Params, CostKind::Macs] {
            let bound = |side| {
                let constraint = Constraint { cost, side, limit: 1.0, enforcement: Enforcement::Reject };
                nearest(&space, limits, &constraint).expect("a bound")
            };
            let (least, most) = (bound(Side::Max), bound(Side::Min));
            for index in 0..300 {
                let network = space.draw(limits, &mut Seed::root(3).nth(index).stream());
                let value = space.costs(limits, &network).expect("well-formed")[&cost];
                assert!((least..=most).contains(&value), "{cost:?} {value} of {}", network.summary());
            }
        }
    }

    #[test]
    fn counting_agrees_with_all_decisions() {
        let (mut space, mut limits) = space();
        (space.operations, limits.depth) = (vec![CellOperation::Identity], 2);
        let (mut open, mut found) = (vec![Vec::new()], BTreeSet::new());
        while let Some(made) = open.pop() {
            match space.decide(limits, &made) {
                Err(decision) => open.extend((0..decision.options).map(|choice| [made.clone(), vec![choice]].concat())),
                Ok(network) => drop(found.insert(network.canonical())),
            }
        }
        assert_eq!(held(&space, limits, 1_000), Some(found.len()));
        assert_eq!(held(&space, limits, found.len()), None);
    }
}
