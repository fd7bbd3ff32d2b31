//! What the rows of a table make doubtful about a spec: units of shares and of costs, and a search that outlasts its space.

use crate::arch::Costs;
use crate::diagnostic::{Diagnostics, Path};
use crate::objective::Constraint;
use crate::spec::ResolvedSpec;
use crate::table::{Layout, Table, Unit};

pub(super) fn check(faults: &mut Diagnostics, resolved: &ResolvedSpec, layout: &Layout, table: &Table, kept: usize) {
    let place = Path::root().key("space").key("table");
    let rows = 0..table.len();
    let share = |faults: &mut Diagnostics, place: &Path, name: &str, unit: Unit, values: Vec<f64>| {
        if unit == Unit::Percent {
            percent(faults, place, name, &values);
        }
    };
    let metric = &layout.metric;
    share(faults, &place.key("metric"), &metric.name, metric.unit, rows.clone().map(|row| table.metric(row)).collect());
    let reported = place.key("reported");
    if let Some(column) = &layout.validation {
        let values = rows.clone().map(|row| table.reported(row).validation).collect();
        share(faults, &reported.key("validation"), &column.name, column.unit, values);
    }
    if let Some(column) = &layout.test {
        let values = rows.filter_map(|row| table.reported(row).test).collect();
        share(faults, &reported.key("test"), &column.name, column.unit, values);
    }
    outlasts(faults, resolved, table, kept);
}

/// Fractions where percent is the unit: all of them, or some. `values` are fractions of one, as tables hold them.
fn percent(faults: &mut Diagnostics, place: &Path, name: &str, values: &[f64]) {
    let is_fraction = |value: f64| value > 0.0 && value < 0.01;
    let most = values.iter().copied().fold(0.0, f64::max);
    if most > 0.0 && most <= 0.01 {
        let message = format!("no accuracy in `{name}` is above {} %: these are fractions, and the unit is percent", plain(100.0 * most));
        return faults.warning("table::unit", place, message, "say `unit: fraction` beside `metric`");
    }
    // Chance among many classes is below one percent too; a fraction fits among the percentages when it is taken for one.
    let others = || values.iter().copied().filter(|value| !is_fraction(*value) && *value > 0.0);
    let (low, high) = others().fold((1.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let fits = |value: f64| (low / 2.0..=high).contains(&(100.0 * value));
    let fractions: Vec<f64> = values.iter().copied().filter(|value| is_fraction(*value) && fits(*value)).collect();
    if let Some(first) = fractions.first() {
        let message = format!(
            "{} of {} accuracies in `{name}` are below 1 %, such as {}, and look like fractions among percentages",
            fractions.len(),
            values.len(),
            plain(100.0 * first)
        );
        faults.warning("table::unit", place, message, "write all of them in one unit");
    }
}

/// Up to six decimals, without zeros behind them.
fn plain(value: f64) -> String {
    format!("{value:.6}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How a bound far outside of a column, which goes from `low` to `high`, stands to it by a power of a thousand: such as a limit
/// of 60M on a column of millions.
pub(super) fn other_unit(constraint: &Constraint, [low, high]: [f64; 2]) -> Option<&'static str> {
    const FACTORS: [(f64, &str); 6] = [
        (1e3, "a thousandth of the bound"),
        (1e6, "a millionth of the bound"),
        (1e9, "a billionth of the bound"),
        (1e-3, "a thousand times the bound"),
        (1e-6, "a million times the bound"),
        (1e-9, "a billion times the bound"),
    ];
    let limit = constraint.limit;
    let far = low > 0.0 && (limit > 30.0 * high || limit < low / 30.0);
    let near = |factor: f64| ((low / 2.0)..=(high * 2.0)).contains(&(limit / factor));
    FACTORS.iter().find(|(factor, _)| far && near(*factor)).map(|(_, word)| *word)
}

/// What is said of such a bound.
pub(super) fn unit_message(constraint: &Constraint, word: &str, [low, high]: [f64; 2]) -> (String, String) {
    let what = if constraint.holds(&Costs::from([(constraint.cost, low)])) { "no row breaks" } else { "every row breaks" };
    let (summary, kind) = (constraint.summary(), constraint.cost.word());
    let message = format!("{what} `{summary}`: `{kind}` goes from {} to {} in the table, where {word} lies", plain(low), plain(high));
    (message, "is the column in another unit, such as millions? write the bound in the unit of the column".to_owned())
}

fn outlasts(faults: &mut Diagnostics, resolved: &ResolvedSpec, table: &Table, kept: usize) {
    let trainings: usize = resolved.stages.iter().map(|stage| stage.rounds * stage.trainings).sum();
    let rows = table.len();
    let place = Path::root().key(if resolved.stages.is_empty() { "space" } else { "stages" });
    if rows == 1 {
        let help = "a table has one line for each known network: is the file whole?";
        faults.warning("space::too-small", &Path::root().key("space"), "the table has one row: there is nothing to search", help);
    } else if trainings > kept && kept > 0 {
        let keep = if kept < rows { format!(", of which {kept} keep the constraints") } else { String::new() };
        let message =
            format!("{trainings} trainings are asked for, and the table has {rows} rows{keep}: the search ends when all are tried");
        faults.warning("space::too-small", &place, message, "fewer `rounds` find the same");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(values: &[f64]) -> Vec<String> {
        let mut faults = Diagnostics::default();
        let values: Vec<f64> = values.iter().map(|value| value / 100.0).collect();
        percent(&mut faults, &Path::root(), "acc", &values);
        faults.into_vec().into_iter().map(|fault| fault.message).collect()
    }

    #[test]
    fn fractions_among_percentages_are_seen_and_chance_is_not_taken_for_one() {
        assert_eq!(said(&[0.6, 0.78, 0.0]), ["no accuracy in `acc` is above 0.78 %: these are fractions, and the unit is percent"]);
        let mixed = "2 of 4 accuracies in `acc` are below 1 %, such as 0.72, and look like fractions among percentages";
        assert_eq!(said(&[60.0, 78.0, 0.72, 0.61]), [mixed]);
        for right in [&[60.0, 78.0, 10.0][..], &[0.83, 46.0, 20.0], &[1.0, 70.0, 1.0], &[0.0, 0.0], &[0.0, 90.0]] {
            assert!(said(right).is_empty(), "{right:?}: {:?}", said(right));
        }
    }
}
