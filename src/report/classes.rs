//! The test split class by class.

use crate::dataset::class_name;
use crate::engine::{Confusion, OfClass};
use crate::spec::{ResolvedSpec, Subject};
use crate::text::percent;

/// The names of all classes; the label where one has none.
pub fn class_names(spec: &ResolvedSpec, classes: usize) -> Vec<String> {
    let known: &[String] = match &spec.subject {
        Subject::Images { dataset, .. } => &dataset.described.class_names,
        Subject::Table { .. } => &[],
    };
    (0..classes).map(|label| class_name(known, label)).collect()
}

/// Of each class, the worst first: label, name, images, how many are right, accuracy, what they are most often taken for
/// instead, and how often.
pub fn classes(confusion: &Confusion, names: &[String]) -> Vec<Vec<String>> {
    let mut all: Vec<_> = confusion.by_class().into_iter().enumerate().collect();
    // A class without images has no accuracy and stands at the end.
    let key = |accuracy: Option<f64>| accuracy.unwrap_or(f64::INFINITY);
    all.sort_by(|(_, a), (_, b)| key(a.accuracy()).total_cmp(&key(b.accuracy())));
    let row = |(label, of): (usize, OfClass)| {
        let accuracy = of.accuracy().map_or_else(|| "–".to_owned(), percent);
        let (taken, times) =
            of.taken_for.map_or_else(|| ("–".to_owned(), "–".to_owned()), |(of, count)| (names[of].clone(), count.to_string()));
        vec![label.to_string(), names[label].clone(), of.images.to_string(), of.right.to_string(), accuracy, taken, times]
    };
    all.into_iter().map(row).collect()
}

/// `confusion.csv`: a row for each class that has images, a column for each answer.
pub(super) fn confusion_csv(confusion: &Confusion, names: &[String]) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let header = std::iter::once("class").chain(names.iter().map(String::as_str));
    table.write_record(header).expect("writing to memory cannot fail");
    for (name, row) in names.iter().zip(confusion.matrix()) {
        let counts = row.iter().map(ToString::to_string);
        table.write_record(std::iter::once(name.clone()).chain(counts)).expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_class_stands_first_and_says_what_it_is_taken_for() {
        let names = ["shirt", "coat", "hat"].map(str::to_owned);
        let confusion = Confusion::of(3, [(0, 0), (0, 1), (0, 1), (1, 1)]);
        let rows = classes(&confusion, &names);
        assert_eq!(rows[0], ["0", "shirt", "3", "1", "33.33 %", "coat", "2"]);
        assert_eq!(rows[1], ["1", "coat", "1", "1", "100.00 %", "–", "–"]);
        assert_eq!(rows[2], ["2", "hat", "0", "0", "–", "–", "–"]);
        let csv = String::from_utf8(confusion_csv(&confusion, &names)).expect("text");
        assert_eq!(csv, "class,shirt,coat,hat\nshirt,1,2,0\ncoat,0,1,0\nhat,0,0,0\n");
    }
}
