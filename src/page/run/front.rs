//! The Pareto front: accuracy against what networks cost, feasible and not told apart, and the networks on it.

use std::collections::BTreeSet;

use super::network::drawn;
use super::subject::{Run, figures, place, thinned, tooltip};
use crate::arch::CostKind;
use crate::page::chart::{Axis, Chart, Mark, Point};
use crate::page::figure::Figure;
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::report::{Row, score_title};
use crate::text::{counted, percent, quantity};

/// The most networks of the front that are drawn.
const DRAWN: usize = 12;

pub(super) fn section(run: &Run<'_>) -> Option<Section> {
    let latest = run.latest()?;
    let rows: Vec<&Row> = run.report.rows.iter().filter(|row| row.stage == latest && row.failed.is_none()).collect();
    if rows.len() < 2 {
        return None;
    }
    let front = front(&rows);
    let drawable = front.iter().take(DRAWN).filter_map(|row| Some((*row, drawn(run, &row.network.architecture)?)));
    let drawings: Vec<(&Row, Figure)> = drawable.collect();
    let links: BTreeSet<String> = drawings.iter().map(|(row, _)| place(&row.network.architecture.digest())).collect();
    let mut blocks = vec![Block::text(format!(
        "{} of stage {} against what they cost. A network is on the front where none that keeps the constraints is as good in all and better in one.{}",
        counted(rows.len(), "network"),
        run.stage(latest),
        if drawings.is_empty() { "" } else { " Choose a point of the front to see its drawing." },
    ))];
    blocks.extend(run.costs().into_iter().map(|kind| Block::Figure { figure: chart(run, &rows, kind, &links) }));
    if !drawings.is_empty() {
        let figures = drawings.into_iter().map(|(row, figure)| named(run, row, figure)).collect();
        blocks.push(Block::Choice { label: "Networks of the front".to_owned(), figures });
    }
    blocks.push(Block::Table { table: table(run, &front) });
    Some(Section { id: "front", title: "Accuracy against cost".to_owned(), blocks })
}

/// The networks of the front, each once, the most accurate first.
fn front<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    let mut front: Vec<&Row> = rows.iter().copied().filter(|row| row.on_front).collect();
    front.sort_by(|a, b| b.network.score().total_cmp(&a.network.score()));
    let mut seen = BTreeSet::new();
    front.retain(|row| seen.insert(row.network.architecture.digest()));
    front
}

/// With its place in the page. The network that was found is drawn before already, so that its elements have another name here.
fn named(run: &Run<'_>, row: &Row, figure: Figure) -> (String, Figure) {
    let place = figure.name.clone();
    let is_found = run.report.final_result.as_ref().is_some_and(|result| result.network.architecture == row.network.architecture);
    let caption = format!("{}: {}", figures(&row.network), figure.caption);
    let figure =
        Figure::new(&format!("front-{}", figure.name), &figure.title, &figure.description, figure.size, figure.marks).with_caption(caption);
    (if is_found { format!("front-{place}") } else { place }, figure)
}

fn chart(run: &Run<'_>, rows: &[&Row], kind: CostKind, links: &BTreeSet<String>) -> Figure {
    let value = |row: &Row| row.network.costs.get(&kind).copied().unwrap_or(f64::NAN);
    let limits = || run.spec.constraints.iter().filter(|constraint| constraint.cost == kind);
    let reach = Reach::around(rows.iter().map(|row| value(row)));
    let title = score_title(run.spec);
    let accuracy = |row: &Row| 100.0 * row.network.score();
    let x = Axis { label: kind.word(), reach, format: Some(quantity) };
    let label = format!("{title}, %");
    let y = Axis { label: &label, reach: Reach::around(rows.iter().map(|row| accuracy(row))), format: None };
    let infeasible = rows.iter().any(|row| !row.network.reward.feasible);
    let mut legend = vec![(Mark::Dot, "front", "Pareto front"), (Mark::Dot, "feasible", "feasible")];
    if infeasible {
        legend.push((Mark::Dot, "infeasible", "breaks a constraint"));
    }
    let mut chart = Chart::new(&x, &y, &legend);
    for constraint in limits() {
        chart.limit(constraint.limit, &constraint.summary());
    }
    let mut steps: Vec<(f64, f64)> = rows.iter().filter(|row| row.on_front).map(|row| (value(row), accuracy(row))).collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut best = f64::NEG_INFINITY;
    steps.retain(|(_, accuracy)| {
        let is_better = *accuracy > best;
        best = best.max(*accuracy);
        is_better
    });
    chart.steps("c2 thin", &steps);
    let (front, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.on_front);
    let (every, thinned) = thinned(others.len());
    for row in others.iter().step_by(every).chain(&front) {
        let digest = place(&row.network.architecture.digest());
        let class = match (row.on_front, row.network.reward.feasible) {
            (true, _) => "front",
            (false, true) => "feasible",
            (false, false) => "infeasible",
        };
        let found = run.report.final_result.as_ref().is_some_and(|result| result.network.architecture == row.network.architecture);
        let target = if found { format!("front-{digest}") } else { digest.clone() };
        let link = (row.on_front && links.contains(&digest)).then_some(target);
        chart.point(&Point { at: (value(row), accuracy(row)), class, diamond: false, title: tooltip(row), link });
    }
    let best = front.iter().map(|row| row.network.score()).fold(f64::NAN, f64::max);
    let description = format!(
        "{} by {title} and {}, {} of them on the Pareto front; the best of the front has {}.",
        counted(rows.len(), "network"),
        kind.word(),
        front.len(),
        percent(best)
    );
    chart
        .figure(&format!("front-by-{}", kind.word()), &format!("Accuracy against {}", kind.word()), &description)
        .with_caption(description + &thinned + if every > 1 { " All on the front are." } else { "" })
}

fn table(run: &Run<'_>, front: &[&Row]) -> Table {
    let kinds: Vec<CostKind> = CostKind::of_all(front.iter().map(|row| &row.network.costs)).into_iter().collect();
    let title = format!("{}, %", score_title(run.spec));
    let head: Vec<&str> =
        [title.as_str(), "reward"].into_iter().chain(kinds.iter().map(|kind| kind.word())).chain(["task", "network"]).collect();
    let row = |row: &&Row| {
        let network = &row.network;
        let costs = kinds.iter().map(|kind| network.costs.get(kind).map_or_else(|| "–".to_owned(), |cost| quantity(*cost)));
        let first = [format!("{:.2}", 100.0 * network.score()), format!("{:.4}", network.reward.value)];
        first.into_iter().chain(costs).chain([row.task.clone(), network.architecture.summary()]).collect()
    };
    Table::new("Pareto front", &format!("{}-front", run.spec.name), &head, front.iter().map(row).collect())
}
