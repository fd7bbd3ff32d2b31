//! A small comparison from end to end.

use std::collections::BTreeMap;

use super::*;
use crate::seed::{Seed, unit};
use crate::statistics::Standing;

fn point(trainings: usize, best: Option<f64>) -> Point {
    let reported = best.map(|best| Reported { validation: best + 0.01, test: Some(best + 0.02) });
    Point { trainings, epochs: 12.0 * trainings as f64, seconds: 1.5 * trainings as f64, best, reported }
}

fn curve(contestant: &str, seed: u64, points: &[(usize, Option<f64>)]) -> Curve {
    let points: Vec<Point> = points.iter().map(|&(trainings, best)| point(trainings, best)).collect();
    let best = points.last().and_then(|point| point.best);
    let last = best.map(|best| Last {
        validation: best + 0.03,
        test: None,
        costs: BTreeMap::from([("params".to_owned(), 98_300.0 + seed as f64)]),
    });
    Curve { contestant: contestant.to_owned(), seed, points, last, cost: None }
}

fn small() -> Comparison {
    Comparison {
        searches: BTreeMap::new(),
        name: "a | b".to_owned(),
        signal: "validation accuracy".to_owned(),
        contestants: vec!["random".to_owned(), "ours_<1>".to_owned()],
        reference: None,
        seeds: vec![0, 1, 2],
        curves: vec![
            curve("random", 0, &[(1, None), (5, Some(0.8)), (20, Some(0.85))]),
            curve("random", 1, &[(1, Some(0.7)), (20, Some(0.86))]),
            curve("random", 2, &[(1, None), (20, None)]),
            curve("ours_<1>", 0, &[(1, Some(0.81)), (10, Some(0.9)), (20, Some(0.91))]),
            curve("ours_<1>", 1, &[(1, Some(0.80)), (8, Some(0.92))]),
            curve("ours_<1>", 2, &[(1, Some(0.79)), (20, Some(0.93))]),
        ],
        predictor: BTreeMap::from([("ours_<1>".to_owned(), 0.714)]),
        ceiling: None,
        unlike: None,
    }
}

fn summarised(comparison: &Comparison) -> Summary {
    Summary::new(comparison, &comparison.checkpoints())
}

const EXPECTED: &str = r"
# a \| b

After 20 trainings ours\_\<1\> has found 92.00 ± 1.00 %, 6.00 points more than random; 2 seeds are too few to tell.

2 contestants, 3 seeds. In percent, mean ± standard deviation over the seeds that found something feasible.
A difference is taken seed by seed; if its 95 % interval (Student's) holds zero it is a tie; fewer than 3 seeds tell nothing.

## Search signal (validation accuracy), by trainings

| contestant  |             10 |             20 |
|-------------|---------------:|---------------:|
| random      | 75.00 ± 7.07 * | 85.50 ± 0.71 * |
| ours\_\<1\> | 87.00 ± 7.00 † | 92.00 ± 1.00 † |

## Search signal (validation accuracy), against random

| contestant  |             10 |            20 |
|-------------|---------------:|--------------:|
| ours\_\<1\> | +16.00 too few | +6.00 too few |

## Networks given back, trained in full

| contestant  | networks |   validation | test | params |
|-------------|---------:|-------------:|-----:|-------:|
| random      |        2 | 88.50 ± 0.71 |    – |  98.3k |
| ours\_\<1\> |        3 | 95.00 ± 1.00 |    – |  98.3k |

## Differences at the end

| contestant  |           figure | difference | 95 % interval | wins / ties / losses | verdict |
|-------------|-----------------:|-----------:|--------------:|---------------------:|--------:|
| ours\_\<1\> |           signal |      +6.00 |       too few |            2 / 0 / 0 | too few |
| ours\_\<1\> | final validation |      +6.00 |       too few |            2 / 0 / 0 | too few |

## Searches

| contestant  | seeds | nothing feasible | median at the end | trainings to the final mean of random | speed-up | predictor |
|-------------|------:|-----------------:|------------------:|--------------------------------------:|---------:|----------:|
| random      |     3 |                1 |             85.50 |                                    20 |     1.0× |         – |
| ours\_\<1\> |     3 |                0 |             92.00 |                                    10 |     2.0× |      0.71 |

\* some seeds had found nothing feasible and are not in the mean.

† some seeds had ended before, by fewer distinct trainings; what they had found counts.

Predictor: mean Spearman correlation with what was measured afterwards.
";

#[test]
fn the_tables_say_it_all() {
    let mut trained = small();
    trained.curves.iter_mut().flat_map(|curve| &mut curve.points).for_each(|point| point.reported = None);
    let text = markdown(&summarised(&trained));
    assert_eq!(text.lines().collect::<Vec<_>>(), EXPECTED.lines().skip(1).collect::<Vec<_>>(), "{text}");
    let reported = markdown(&summarised(&small()));
    assert!(reported.contains("## Reported test of the best by signal, by trainings") && reported.contains("| 89.00 ± 7.00 † |"));
}

#[test]
fn curves_are_one_observation_a_line() {
    let text = String::from_utf8(curves_csv(&small())).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "contestant,seed,trainings,epochs,seconds,best,reported_validation,reported_test");
    assert_eq!(lines[1], "random,0,1,12,1.5,,,");
    assert_eq!(lines[4], "random,1,1,12,1.5,0.7,0.71,0.72");
    assert_eq!(lines.len(), 1 + 14);
}

#[test]
fn the_summary_is_one_figure_a_line() {
    let mut comparison = small();
    comparison.contestants[1] = "a,\"b\"".to_owned();
    comparison.curves.iter_mut().filter(|curve| curve.contestant == "ours_<1>").for_each(|curve| curve.contestant = "a,\"b\"".to_owned());
    let text = String::from_utf8(summary_csv(&summarised(&comparison))).expect("text");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let lines: Vec<csv::StringRecord> = reader.records().map(|line| line.expect("of the header's length")).collect();
    // Two checkpoints × three figures, the final validation, one cost: for each of two.
    assert_eq!(lines.len(), 2 * 8);
    assert_eq!(lines[0].iter().take(4).collect::<Vec<_>>(), ["random", "10", "signal", "2"]);
    assert_eq!(lines[8].iter().take(4).collect::<Vec<_>>(), ["a,\"b\"", "10", "signal", "3"]);
    assert_eq!(&lines[15][2], "cost-params");
}

#[test]
fn differences_are_taken_where_both_found_something() {
    let summary = summarised(&small());
    let end = summary.contestants[1].at.last().and_then(|at| at.signal).expect("found");
    let difference = end.difference.expect("not the reference");
    assert_eq!((end.spread.count, difference.pairs, difference.standing), (3, 2, Standing::Unknown));
    assert!(difference.mean.value > 0.0, "ours is higher");
    assert!(summary.contestants[0].at.iter().all(|at| at.signal.is_some_and(|signal| signal.difference.is_none())));
    // Mean 0.855 of the reference at 20; ours has 0.8, 0.92, 0.79 at 8 and 0.9, 0.92, 0.79 at 10.
    let reach = summary.contestants[1].reach.expect("reached");
    assert_eq!((reach.trainings, reach.speed_up.to_bits()), (10, 2.0_f64.to_bits()));
    let mut turned = small();
    turned.reference = Some("ours_<1>".to_owned());
    let turned = summarised(&turned);
    assert_eq!(turned.reference, "ours_<1>");
    let end = turned.contestants[0].at.last().and_then(|at| at.signal?.difference).expect("not the reference");
    assert!(end.mean.value < 0.0, "seen from the other side");
    assert_eq!(turned.contestants[0].reach, None);
}

#[test]
fn a_summary_is_stored_and_read_again() {
    let summary = summarised(&small());
    let text = serde_json::to_string(&summary).expect("plain data");
    assert_eq!(serde_json::from_str::<Summary>(&text).expect("the same"), summary);
}

#[test]
fn checkpoints_are_round_and_end_with_the_budget() {
    let of = |budget: usize| {
        let mut comparison = small();
        comparison.curves = vec![curve("random", 0, &[(budget, Some(0.5))])];
        comparison.checkpoints()
    };
    assert_eq!(of(6), [6]);
    assert_eq!(of(10), [10]);
    assert_eq!(of(150), [10, 20, 50, 100, 150]);
    assert_eq!(of(1000), [10, 20, 50, 100, 200, 500, 1000]);
}

/// Tags close in the order they opened, and nothing stands raw that XML would read as its own.
fn well_formed(text: &str) {
    let mut open = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("a tag ends");
        assert!(!after.contains('>') && after.split('&').skip(1).all(|rest| rest.contains(';')), "{after}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && text.trim_end().ends_with("</svg>"), "{open:?}");
}

#[test]
fn the_drawing_names_everyone() {
    for axis in [Axis::Linear, Axis::Logarithmic] {
        let text = plot(&small(), axis);
        well_formed(&text);
        assert!(text.contains("random") && text.contains("ours_&lt;1&gt;") && text.contains("a | b"));
        assert_eq!(text, plot(&small(), axis));
        assert!(!text.contains("NaN") && !text.contains("inf"));
    }
}

#[test]
fn little_is_drawn_and_told_as_well() {
    let mut one = small();
    one.contestants = vec!["random\u{1}".to_owned()];
    one.seeds = vec![7];
    one.curves = vec![curve("random\u{1}", 7, &[(1, Some(0.5))])];
    let mut unfound = one.clone();
    unfound.curves = vec![curve("random\u{1}", 7, &[(1, None)])];
    let mut none = one.clone();
    none.curves.clear();
    let mut nobody = none.clone();
    nobody.contestants.clear();
    for comparison in [one, unfound, none, nobody] {
        for axis in [Axis::Linear, Axis::Logarithmic] {
            let text = plot(&comparison, axis);
            well_formed(&text);
            assert!(!text.contains("NaN") && !text.contains('\u{1}'));
        }
        let summary = summarised(&comparison);
        assert!(markdown(&summary).starts_with("# a \\| b\n"));
        assert!(summary_csv(&summary).starts_with(b"contestant,"));
    }
}

/// Many searches that rise from bad starts, as on a benchmark.
fn large(contestants: usize) -> Comparison {
    let names: Vec<String> = (0..contestants).map(|index| format!("contestant {index}")).collect();
    let mut curves = Vec::new();
    for (index, name) in names.iter().enumerate() {
        for seed in 0..25 {
            let mut stream = Seed::root(seed).nth(index).stream();
            let mut best: f64 = 0.1;
            let points = (1..=150_u32).map(|trainings| {
                let luck = unit(&mut stream);
                best = best.max(0.915 - 0.5 * luck.powi(2) / (1.0 + (index as f64 + 1.0) * f64::from(trainings) / 10.0));
                (trainings as usize, (trainings > 2).then_some(best))
            });
            curves.push(curve(name, seed, &points.collect::<Vec<_>>()));
        }
    }
    let seeds = (0..25).collect();
    Comparison { name: "NAS-Bench".to_owned(), contestants: names, seeds, curves, ..small() }
}

#[test]
fn bad_starts_do_not_squash_the_rest() {
    let text = plot(&large(9), Axis::Linear);
    well_formed(&text);
    // The labels of the vertical axis: its lowest is far above the 40 % of the first networks.
    let lowest = text.lines().filter_map(|line| line.parse::<f64>().ok()).filter(|value| value.fract() > 0.0).fold(100.0, f64::min);
    assert!(lowest > 80.0, "{lowest}");
}

#[test]
fn everything_is_written_to_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let comparison = large(9);
    comparison.write(folder.path(), &summarised(&comparison), Axis::Logarithmic).expect("written");
    for name in ["comparison.md", "comparison.json", "curves.csv", "summary.csv", "curves.svg"] {
        assert!(folder.path().join(name).metadata().is_ok_and(|data| data.len() > 500), "{name}");
    }
}
