//! Every contestant after chosen numbers of trainings, and the networks that it gave back.

use crate::comparison::{At, Contestant, OverSeeds, Summary};
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::text::quantity;

/// A figure after some trainings.
type Figure = fn(&At) -> Option<OverSeeds>;

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let figures: [(&str, &str, Figure); 3] = [
        ("Search signal", "signal", |at| at.signal),
        ("Reported validation of the best by signal", "validation", |at| at.reported_validation),
        ("Reported test of the best by signal", "test", |at| at.reported_test),
    ];
    let mut tables: Vec<Table> = Vec::new();
    for (title, file, figure) in figures {
        let table = by_trainings(summary, title, file, figure);
        let is_new = tables.iter().all(|other| other.rows != table.rows);
        if is_new && !table.rows.is_empty() {
            tables.push(table);
        }
    }
    tables.extend(given_back(summary));
    let blocks: Vec<Block> = tables.into_iter().map(|table| Block::Table { table }).collect();
    (!blocks.is_empty()).then(|| Section { id: "results", title: "Results".to_owned(), blocks })
}

fn told(measured: Option<OverSeeds>) -> String {
    measured.map_or_else(
        || "–".to_owned(),
        |measured| {
            let deviation = measured.spread.deviation.map_or_else(String::new, |deviation| format!(" ± {:.2}", 100.0 * deviation));
            format!("{:.2}{deviation}", 100.0 * measured.spread.mean)
        },
    )
}

fn by_trainings(summary: &Summary, title: &str, file: &str, figure: Figure) -> Table {
    let heads: Vec<String> = summary.checkpoints.iter().map(|count| format!("{count} trainings")).collect();
    let head: Vec<&str> = std::iter::once("contestant").chain(heads.iter().map(String::as_str)).collect();
    let of = summary.contestants.iter().filter(|contestant| contestant.at.iter().any(|at| figure(at).is_some()));
    let row =
        |contestant: &Contestant| std::iter::once(contestant.name.clone()).chain(contestant.at.iter().map(|at| told(figure(at)))).collect();
    Table::new(&format!("{title}, %, mean ± standard deviation"), &format!("{}-{file}", summary.name), &head, of.map(row).collect())
}

fn given_back(summary: &Summary) -> Option<Table> {
    let costs: std::collections::BTreeSet<&str> =
        summary.contestants.iter().flat_map(|contestant| contestant.costs.keys()).map(String::as_str).collect();
    let head: Vec<&str> = ["contestant", "networks", "validation, %", "test, %"].into_iter().chain(costs.iter().copied()).collect();
    let row = |contestant: &Contestant| {
        let measured = contestant.final_validation?;
        let first = [contestant.name.clone(), measured.spread.count.to_string(), told(Some(measured)), told(contestant.final_test)];
        let costs = costs.iter().map(|cost| contestant.costs.get(*cost).map_or_else(|| "–".to_owned(), |spread| quantity(spread.mean)));
        Some(first.into_iter().chain(costs).collect::<Vec<String>>())
    };
    let rows: Vec<Vec<String>> = summary.contestants.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| Table::new("Networks given back, trained in full", &format!("{}-final", summary.name), &head, rows))
}
