//! Properties of tables: how a file is written does not show, and no bytes make reading panic.

use proptest::prelude::*;

use super::*;

/// One network and its results: two choices, accuracy in hundredths of a percent, cost.
type Row = ([u8; 2], u16, u32);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::btree_map([0u8..12, 0..4], (0u16..=10_000, any::<u32>()), 1..30)
        .prop_map(|rows| rows.into_iter().map(|(choices, (accuracy, cost))| (choices, accuracy, cost)).collect())
}

/// Writes the rows with their columns in the order of `columns`, of which the last is an extra one.
fn write(rows: &[Row], columns: &[usize]) -> String {
    let line = |cells: [String; 5]| columns.iter().map(|&column| cells[column].clone()).collect::<Vec<_>>().join(",") + "\n";
    let header = line(["op", "width", "acc", "size", "note"].map(str::to_owned));
    let row = |&([op, width], accuracy, cost): &Row| {
        let accuracy = f64::from(accuracy) / 100.0;
        line([op.to_string(), width.to_string(), accuracy.to_string(), cost.to_string(), "\"a, \"\"b\"\"\nc\"".to_owned()])
    };
    rows.iter().fold(header, |text, each| text + &row(each))
}

proptest! {
    #[test]
    fn how_a_file_is_written_does_not_show(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        columns in Just(vec![0, 1, 2, 3, 4]).prop_shuffle(),
        packed: bool,
    ) {
        let table = read(&write(&rows, &[0, 1, 2, 3]), &layout());
        let text = write(&shuffled, &columns);
        let bytes = if packed { gzip(text.as_bytes()) } else { text.into_bytes() };
        let other = Table::read(&bytes, &layout()).expect("a table without faults");
        prop_assert_eq!(table.digest(), other.digest());
        prop_assert_eq!(&table, &other);
        prop_assert_eq!(table.len(), rows.len());
        for (choices, accuracy, cost) in rows {
            let index = |place: usize| table.decisions()[place].options.iter().position(|word| *word == choices[place].to_string());
            let found = index(0).zip(index(1)).and_then(|(op, width)| other.find(&[op, width])).expect("it was written");
            prop_assert_eq!(other.metric(found).to_bits(), (f64::from(accuracy) / 100.0 / 100.0).to_bits());
            prop_assert_eq!(other.cost("params", found), Some(f64::from(cost)));
        }
    }

    #[test]
    fn neighbours_are_those_that_differ_in_one_decision(rows in rows()) {
        let table = read(&write(&rows, &[0, 1, 2, 3]), &layout());
        for row in 0..table.len() {
            let differences = |other: &usize| table.choices(row).iter().zip(table.choices(*other)).filter(|(a, b)| **a != *b).count();
            let expected: Vec<usize> = (0..table.len()).filter(|other| differences(other) == 1).collect();
            let mut neighbours = table.neighbours(row);
            neighbours.sort_unstable();
            prop_assert_eq!(neighbours, expected);
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>, packed: bool) {
        let bytes = if packed { gzip(&bytes) } else { bytes };
        drop(Table::read(&bytes, &layout()));
        drop(Table::read(&[b"acc,ops\n", &bytes[..]].concat(), &split("")));
        drop(Table::read(&[&[0x1f, 0x8b, 8], &bytes[..]].concat(), &split("")));
    }

    #[test]
    fn no_text_makes_reading_panic(text in "[ab01.,/\r\n\" é-]{0,60}") {
        for layout in [split(""), split("/")] {
            if let Err(faults) = Table::read(format!("acc,ops\n{text}").as_bytes(), &layout) {
                prop_assert!(!faults.faults().is_empty());
                prop_assert!(faults.to_string().lines().any(|line| line.starts_with("help: ")));
            }
        }
    }
}
