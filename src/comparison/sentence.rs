//! What a colleague is told of a comparison: who leads, by how much, how surely, after how many trainings.

use std::fmt::Write as _;

use super::{Contestant, Summary};
use crate::statistics::{PairedDifference, Standing};
use crate::text::counted;

/// Of a table in which more than this share of the rows was trained, little is left to tell searches apart by.
const NEARLY_ALL: f64 = 0.5;

/// One sentence, in plain words.
pub fn sentence(summary: &Summary) -> String {
    if let Some([one, other]) = &summary.unlike {
        return format!(
            "{one} and {other} train differently while they search, so that only the networks given back can be compared, not \
             what was found by then."
        );
    }
    let Some(&trainings) = summary.checkpoints.last() else { return "Nothing was compared: no search found anything.".to_owned() };
    let figure = |contestant: &Contestant| contestant.at.last()?.signal;
    let mut ranked: Vec<(&Contestant, f64)> =
        summary.contestants.iter().filter_map(|contestant| Some((contestant, figure(contestant)?.spread.mean))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let after = format!("After {}", counted(trainings, "training"));
    let [(leader, best), others @ ..] = &ranked[..] else { return format!("{after} no search had found anything feasible.") };
    let spread = figure(leader).and_then(|measured| measured.spread.deviation);
    let deviation = spread.map_or_else(String::new, |deviation| format!(" ± {:.2}", 100.0 * deviation));
    let is_ceiling = summary.ceiling.as_ref().is_some_and(|ceiling| *best >= ceiling.signal - 1e-9);
    let ceiling = if is_ceiling { ", the best of the table" } else { "" };
    let found = format!("{after} {} has found {:.2}{deviation} %{ceiling}", leader.name, 100.0 * best);
    let Some((second, next)) = others.first() else { return format!("{found}; there is nothing to compare it with.") };
    // Differences are from the reference: the leader against it, or it against the second.
    let (other, value, difference) = if leader.name == summary.reference {
        (second, *next, figure(second).and_then(|measured| measured.difference).map(PairedDifference::turned))
    } else {
        let reference = ranked.iter().find(|(contestant, _)| contestant.name == summary.reference);
        let (reference, value) = reference.map_or((second, *next), |(contestant, value)| (contestant, *value));
        (reference, value, figure(leader).and_then(|measured| measured.difference))
    };
    let Some(difference) = difference else {
        return format!("{found}, {:.2} points more than {}.", 100.0 * (best - value), other.name);
    };
    // Of the seeds that both have; of all of its own seeds the other may have found less.
    let lead = 100.0 * difference.mean.value;
    let points = lead.abs();
    let seeds = counted(difference.pairs, "seed");
    match difference.standing {
        Standing::Better => format!(
            "{found}, {points:.2} points more than {}: higher in {:.0} of {seeds}, equal in {:.0}.",
            other.name,
            difference.wins * difference.pairs as f64,
            difference.ties * difference.pairs as f64
        ),
        Standing::Tie => {
            let place = if lead < 0.0 { "ahead" } else { "behind" };
            format!("{found}, and {seeds} cannot tell it from {}, which is {points:.2} points {place}.", other.name)
        }
        Standing::Worse => format!("{found}; over the {seeds} that both have, {} is {points:.2} points ahead.", other.name),
        Standing::Unknown => format!(
            "{found}, {points:.2} points {} than {}; {seeds} {} too few to tell.",
            if lead < 0.0 { "less" } else { "more" },
            other.name,
            if difference.pairs == 1 { "is" } else { "are" }
        ),
    }
}

/// What is known of the table that was searched, and a warning where the budget nearly exhausts it.
pub fn of_table(summary: &Summary) -> Option<String> {
    let ceiling = summary.ceiling.as_ref()?;
    let share = |value: f64| format!("{:.3} %", 100.0 * value);
    let mut text = format!(
        "Best of the {} of {} rows that keep all constraints, each figure by itself: {} by the signal, {} reported validation",
        ceiling.feasible,
        ceiling.rows,
        share(ceiling.signal),
        share(ceiling.validation)
    );
    text += &ceiling.test.map_or_else(String::new, |test| format!(", {} reported test", share(test)));
    text.push('.');
    let trainings = summary.checkpoints.last().copied().unwrap_or(0);
    if trainings as f64 > NEARLY_ALL * ceiling.feasible as f64 {
        let _ = write!(
            text,
            " Warning: {} go through most of these rows, so that any search comes to the best: compare after fewer with `--at N`.",
            counted(trainings, "training")
        );
    }
    Some(text)
}
