//! A summary as Markdown tables: the same text for the terminal and for the file.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::sentence::{of_table, sentence};
use super::{At, Contestant, OverSeeds, Summary};
use crate::statistics::{PairedDifference, Spread};
use crate::text::markdown::cell;
use crate::text::{Table, counted, duration, quantity};

const NONE: &str = "–";

/// A figure after some trainings.
type Figure = fn(&At) -> Option<OverSeeds>;

/// The whole summary.
pub fn markdown(summary: &Summary) -> String {
    let mut text = format!("# {}\n\n{}\n\n", cell(&summary.name), cell(&sentence(summary)));
    if let Some(told) = of_table(summary) {
        let _ = writeln!(text, "{told}\n");
    }
    let _ = writeln!(
        text,
        "{}, {}. In percent, mean ± standard deviation over the seeds that found something feasible.\n\
         A difference is taken seed by seed; if its 95 % interval (Student's) holds zero it is a tie; fewer than {} seeds tell nothing.",
        counted(summary.contestants.len(), "contestant"),
        counted(summary.seeds.len(), "seed"),
        PairedDifference::FEWEST,
    );
    let signal = format!("Search signal ({})", cell(&summary.signal));
    let figures: [(&str, Figure); 3] = [
        (&signal, |at| at.signal),
        ("Reported validation of the best by signal", |at| at.reported_validation),
        ("Reported test of the best by signal", |at| at.reported_test),
    ];
    let mut shown: Vec<(String, &str)> = Vec::new();
    for (title, figure) in figures {
        let tables = [means(summary, figure), differences(summary, figure)];
        let rendered = tables.iter().map(Table::render).collect::<String>();
        // In many tables the signal is what is reported too.
        if let (false, Some((_, other))) = (tables[0].is_empty(), shown.iter().find(|(other, _)| *other == rendered)) {
            let _ = writeln!(text, "\n{title}: the same figures as \"{other}\".");
            continue;
        }
        section(&mut text, &format!("{title}, by trainings"), &tables[0]);
        section(&mut text, &format!("{title}, against {}", cell(&summary.reference)), &tables[1]);
        shown.push((rendered, title));
    }
    section(&mut text, "Networks given back, trained in full", &finals(summary));
    section(&mut text, "Differences at the end", &details(summary));
    section(&mut text, "Searches", &searches(summary));
    text.push_str(&notes(summary));
    text
}

fn section(text: &mut String, title: &str, table: &Table) {
    if !table.is_empty() {
        let _ = write!(text, "\n## {title}\n\n{}", table.render());
    }
}

fn header(first: &[&str], rest: impl IntoIterator<Item = String>) -> Table {
    Table::new(first.iter().map(|word| (*word).to_owned()).chain(rest).collect())
}

/// Two decimals of a percent; three where the largest and the smallest are closer than a fifth of a percent point.
fn decimals(values: &[f64]) -> usize {
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    if values.len() > 1 && high - low < 0.002 { 3 } else { 2 }
}

/// The decimals of each checkpoint's column.
fn by_column(summary: &Summary, value: impl Fn(&At) -> Option<f64>) -> Vec<usize> {
    let column = |index| summary.contestants.iter().filter_map(|contestant| value(contestant.at.get(index)?)).collect::<Vec<_>>();
    (0..summary.checkpoints.len()).map(|index| decimals(&column(index))).collect()
}

fn mean_cell(measured: Option<OverSeeds>, decimals: usize) -> String {
    let Some(OverSeeds { spread, .. }) = measured else { return NONE.to_owned() };
    let deviation = spread.deviation.map_or_else(String::new, |deviation| format!(" ± {:.decimals$}", 100.0 * deviation));
    format!("{:.decimals$}{deviation}", 100.0 * spread.mean)
}

/// With its sign; what rounds to zero has none.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{:+.decimals$}", 100.0 * value);
    if text.contains(|letter: char| ('1'..='9').contains(&letter)) { text } else { text[1..].to_owned() }
}

fn means(summary: &Summary, figure: Figure) -> Table {
    let mut table = header(&["contestant"], summary.checkpoints.iter().map(usize::to_string));
    let decimals = by_column(summary, |at| Some(figure(at)?.spread.mean));
    for contestant in &summary.contestants {
        if contestant.at.iter().any(|at| figure(at).is_some()) {
            let marked = |(at, decimals): (&At, &usize)| {
                let few = format!("{}{}", if at.nothing > 0 { " *" } else { "" }, if at.ended > 0 { " †" } else { "" });
                format!("{}{few}", mean_cell(figure(at), *decimals))
            };
            let cells = contestant.at.iter().zip(&decimals).map(marked);
            table.row(std::iter::once(cell(&contestant.name)).chain(cells).collect());
        }
    }
    table
}

fn differences(summary: &Summary, figure: Figure) -> Table {
    let of = |at: &At| figure(at).and_then(|measured| measured.difference);
    let mut table = header(&["contestant"], summary.checkpoints.iter().map(usize::to_string));
    let decimals = by_column(summary, |at| Some(of(at).map_or(0.0, |difference| difference.mean.value)));
    for contestant in &summary.contestants {
        if contestant.at.iter().any(|at| of(at).is_some()) {
            let shown = |difference: PairedDifference, decimals: usize| {
                format!("{} {:<6}", signed(difference.mean.value, decimals), difference.standing.word())
            };
            let cells = contestant.at.iter().zip(&decimals);
            let cells = cells.map(|(at, decimals)| of(at).map_or_else(|| NONE.to_owned(), |difference| shown(difference, *decimals)));
            table.row(std::iter::once(cell(&contestant.name)).chain(cells).collect());
        }
    }
    table
}

fn finals(summary: &Summary) -> Table {
    let costs: BTreeSet<&String> = summary.contestants.iter().flat_map(|contestant| contestant.costs.keys()).collect();
    let words = ["contestant", "networks", "validation", "test"];
    let is_trained = summary.contestants.iter().any(|contestant| contestant.seconds.is_some());
    let spent = if is_trained { &["passes", "worker time"][..] } else { &[] };
    let mut table = header(&words, costs.iter().map(|cost| cell(cost)).chain(spent.iter().map(ToString::to_string)));
    let places = |figure: fn(&Contestant) -> Option<OverSeeds>| {
        decimals(&summary.contestants.iter().filter_map(|other| Some(figure(other)?.spread.mean)).collect::<Vec<_>>())
    };
    let (validation, test) = (places(|other| other.final_validation), places(|other| other.final_test));
    for contestant in &summary.contestants {
        let Some(measured) = contestant.final_validation else { continue };
        let mut cells = vec![
            cell(&contestant.name),
            measured.spread.count.to_string(),
            mean_cell(contestant.final_validation, validation),
            mean_cell(contestant.final_test, test),
        ];
        cells.extend(costs.iter().map(|cost| contestant.costs.get(*cost).map_or_else(|| NONE.to_owned(), |spread| quantity(spread.mean))));
        if is_trained {
            let or_none =
                |spread: Option<Spread>, text: &dyn Fn(f64) -> String| spread.map_or_else(|| NONE.to_owned(), |spread| text(spread.mean));
            cells.push(or_none(contestant.passes, &|passes| format!("{passes:.1}")));
            cells.push(or_none(contestant.seconds, &duration));
        }
        table.row(cells);
    }
    table
}

fn details(summary: &Summary) -> Table {
    let mut table = header(&["contestant", "figure", "difference", "95 % interval", "wins / ties / losses", "verdict"], []);
    for contestant in &summary.contestants {
        let end = contestant.at.last();
        let figures = [
            ("signal", end.and_then(|at| at.signal)),
            ("reported validation", end.and_then(|at| at.reported_validation)),
            ("reported test", end.and_then(|at| at.reported_test)),
            ("final validation", contestant.final_validation),
            ("final test", contestant.final_test),
        ];
        for (figure, measured) in figures {
            let Some(difference) = measured.and_then(|measured| measured.difference) else { continue };
            let mean = difference.mean;
            let decimals = if mean.value.abs() < 0.002 { 3 } else { 2 };
            let of = |share: f64| (share * difference.pairs as f64).round();
            table.row(vec![
                cell(&contestant.name),
                figure.to_owned(),
                signed(mean.value, decimals),
                difference
                    .interval()
                    .map_or_else(|| "too few".to_owned(), |(low, high)| format!("{} … {}", signed(low, decimals), signed(high, decimals))),
                format!("{} / {} / {}", of(difference.wins), of(difference.ties), of(difference.losses())),
                difference.standing.word().to_owned(),
            ]);
        }
    }
    table
}

fn searches(summary: &Summary) -> Table {
    let reach = format!("trainings to the final mean of {}", cell(&summary.reference));
    let mut table = header(&["contestant", "seeds", "nothing feasible", "median at the end", &reach, "speed-up", "predictor"], []);
    for contestant in &summary.contestants {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
        table.row(vec![
            cell(&contestant.name),
            contestant.seeds.to_string(),
            or_none(contestant.at.last().map(|at| at.nothing.to_string())),
            or_none(contestant.at.last().and_then(|at| Some(format!("{:.2}", 100.0 * at.signal?.spread.median)))),
            or_none(contestant.reach.map(|reach| reach.trainings.to_string())),
            or_none(contestant.reach.map(|reach| format!("{:.1}×", reach.speed_up))),
            or_none(contestant.predictor.map(|correlation| format!("{correlation:.2}"))),
        ]);
    }
    table
}

/// What the marks mean, where there are any.
fn notes(summary: &Summary) -> String {
    let any = |holds: fn(&At) -> bool| summary.contestants.iter().flat_map(|contestant| &contestant.at).any(holds);
    let mut text = String::new();
    if any(|at| at.nothing > 0) {
        text.push_str("\n\\* some seeds had found nothing feasible and are not in the mean.\n");
    }
    if any(|at| at.ended > 0) {
        text.push_str("\n† some seeds had ended before, by fewer distinct trainings; what they had found counts.\n");
    }
    if summary.contestants.iter().any(|contestant| contestant.seconds.is_some()) {
        text.push_str("\nPasses over the training split and worker time: means of a search with its final trainings.\n");
    }
    if summary.contestants.iter().any(|contestant| contestant.predictor.is_some()) {
        text.push_str("\nPredictor: mean Spearman correlation with what was measured afterwards.\n");
    }
    text
}
