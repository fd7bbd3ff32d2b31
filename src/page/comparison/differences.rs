//! How surely contestants differ from the reference: a difference for each with its interval, seed by seed.

use crate::comparison::{Contestant, Summary};
use crate::page::chart::{Axis, Chart, Mark, Point};
use crate::page::scale::Reach;
use crate::page::section::{Block, Section};
use crate::page::table::Table;
use crate::statistics::PairedDifference;

pub(super) fn section(summary: &Summary) -> Option<Section> {
    let difference = |contestant: &Contestant| contestant.at.last()?.signal?.difference;
    let found: Vec<(&str, PairedDifference)> =
        summary.contestants.iter().filter_map(|contestant| Some((contestant.name.as_str(), difference(contestant)?))).collect();
    if found.is_empty() {
        return None;
    }
    let ends = |difference: &PairedDifference| difference.interval().unwrap_or((difference.mean.value, difference.mean.value));
    let reach =
        Reach::around(found.iter().flat_map(|(_, difference)| [ends(difference).0, ends(difference).1, 0.0]).map(|share| 100.0 * share));
    let label = format!("difference from {}, percent points, with its 95 % interval", summary.reference);
    let x = Axis { label: &label, reach, format: None };
    let y = Axis { label: "", reach: Reach { low: 0.0, high: found.len() as f64 }, format: Some(|_| String::new()) };
    let names: Vec<String> = found.iter().map(|(name, difference)| format!("{name}: {}", difference.standing.word())).collect();
    let legend: Vec<(Mark, &str, &str)> =
        names.iter().enumerate().map(|(index, name)| (Mark::Line, LINES[index % LINES.len()], name.as_str())).collect();
    let mut chart = Chart::new(&x, &y, &legend);
    chart.limit(0.0, &summary.reference);
    for (index, (name, difference)) in found.iter().enumerate() {
        let place = found.len() as f64 - 0.5 - index as f64;
        let (low, high) = ends(difference);
        let title = format!("{name}: {:+.3} points, {}", 100.0 * difference.mean.value, difference.standing.word());
        chart.line(LINES[index % LINES.len()], &[(100.0 * low, place), (100.0 * high, place)], Some(&title));
        chart.point(&Point {
            at: (100.0 * difference.mean.value, place),
            class: DOTS[index % DOTS.len()],
            diamond: true,
            title,
            link: None,
        });
    }
    let description = format!("Differences of {} contestants from {} at the end, seed by seed.", found.len(), summary.reference);
    let figure = chart.figure("differences", "Differences from the reference", &description).with_caption(description);
    let blocks = vec![Block::Figure { figure }, Block::Table { table: table(summary, &found) }];
    Some(Section { id: "differences", title: "How surely they differ".to_owned(), blocks })
}

const LINES: [&str; 7] = ["c1", "c2", "c3", "c4", "c5", "c6", "c0"];
const DOTS: [&str; 7] = ["dot c1", "dot c2", "dot c3", "dot c4", "dot c5", "dot c6", "dot c0"];

fn table(summary: &Summary, found: &[(&str, PairedDifference)]) -> Table {
    let head = ["contestant", "difference, points", "95 % interval", "higher", "equal", "lower", "verdict"];
    let row = |(name, difference): &(&str, PairedDifference)| {
        let of = |share: f64| format!("{:.0}", share * difference.pairs as f64);
        let interval = difference.interval();
        let interval = interval.map_or_else(|| "too few".to_owned(), |(low, high)| format!("{:+.2} … {:+.2}", 100.0 * low, 100.0 * high));
        let mean = format!("{:+.2}", 100.0 * difference.mean.value);
        let counts = [difference.wins, difference.ties, difference.losses()].map(of);
        [vec![(*name).to_owned(), mean, interval], counts.to_vec(), vec![difference.standing.word().to_owned()]].concat()
    };
    let caption = format!("Differences from {} at the end, seed by seed, with Student's intervals; a tie holds zero", summary.reference);
    Table::new(&caption, &format!("{}-differences", summary.name), &head, found.iter().map(row).collect())
}
