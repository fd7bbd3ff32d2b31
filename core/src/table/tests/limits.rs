//! No file makes reading take memory without end, and no table makes messages without end.

use super::*;

/// With limits small enough to be passed by a few lines.
#[track_caller]
fn rejects_beyond_limits(bytes: impl AsRef<[u8]>, layout: &Layout, expected: &str) {
    let limits = Limits { bytes: 100, rows: 3, cells: 20, decisions: 3, options: 2 };
    assert_eq!(Table::read_named(bytes.as_ref(), Path::new(""), layout, &limits).expect_err("too large").to_string(), expected);
}

#[test]
fn there_are_limits() {
    let size = "the text is larger than 100 bytes\nhelp: leave out the columns and rows that are not used";
    rejects_beyond_limits("a".repeat(101), &split(""), size);
    rejects_beyond_limits(gzip(&vec![b'a'; 10_000_000]), &split(""), size);
    rejects_beyond_limits("ops,acc\n0,0\n1,0\n0,0\n0,0\n", &split(""), "there are more than 3 rows\nhelp: leave out rows");
    let cells = "line 1: the row has more than 20 cells\nhelp: does a quote not end?";
    rejects_beyond_limits(",".repeat(60), &split(""), cells);
    let decisions = "there are more than 3 decisions\nhelp: are these the columns of the choices?";
    rejects_beyond_limits("ops,acc\n0000,0\n", &split(""), decisions);
    let four = Layout { choices: Choices::Columns(["a", "b", "c", "d"].map(str::to_owned).to_vec()), ..split("") };
    rejects_beyond_limits("a,b,c,d,acc\n0,0,0,0,0\n", &four, decisions);
    let choices = "line 3, column `ops`: the row has more than 3 choices, those above have 2\n\
                   help: all rows need equally many choices; every character is one; are zeros at the \
                   beginning lost? export the column of codes as text";
    rejects_beyond_limits("ops,acc\n00,0\n01010101,0\n", &split(""), choices);
    let options = "column `ops-2`: the decision has more than 2 options\nhelp: is this a column of choices? otherwise leave out rows";
    rejects_beyond_limits("ops,acc\n00,0\n01,0\n02,0\n", &split(""), options);
}

#[test]
fn there_are_not_endless_faults() {
    let names: Vec<String> = (0..30).map(|number| format!("c{number}")).collect();
    let many = Layout { costs: names.iter().map(|name| (name.clone(), name.clone())).collect(), ..split("") };
    let text = format!("ops,acc,{}\n1,0{}\n", names.join(","), ",x".repeat(30));
    let faults = Table::read(text.as_bytes(), &many).expect_err("30 faults");
    assert_eq!(faults.faults().len(), 20);
    assert!(faults.to_string().ends_with("\nand 10 more"), "{faults}");
    let long = format!("ops,acc\n0,{}\n", "x\u{7}".repeat(100));
    let faults = Table::read(long.as_bytes(), &split("")).expect_err("no number");
    assert_eq!(faults.faults()[0].message, format!("`{}…` is no number", "x\u{fffd}".repeat(20)));
}
