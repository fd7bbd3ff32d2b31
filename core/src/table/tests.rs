//! What a table says, and the exact words for everything that can be wrong with one.

mod limits;
mod properties;
mod wild;

use std::io::Read;

use super::*;

fn column(name: &str, unit: Unit) -> Column {
    Column { name: name.to_owned(), unit }
}

/// Decisions `op` and `width`, metric `acc` in percent, cost `params`.
fn layout() -> Layout {
    Layout {
        choices: Choices::Columns(vec!["op".to_owned(), "width".to_owned()]),
        metric: column("acc", Unit::Percent),
        validation: None,
        test: None,
        costs: BTreeMap::from([("params".to_owned(), "size".to_owned())]),
        graph: None,
    }
}

/// Decisions in the one column `ops`, metric `acc` as a fraction.
fn split(separator: &str) -> Layout {
    let choices = Choices::Split { column: "ops".to_owned(), separator: separator.to_owned() };
    Layout { choices, metric: column("acc", Unit::Fraction), validation: None, test: None, costs: BTreeMap::new(), graph: None }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("from memory to memory");
    packed
}

fn read(text: &str, layout: &Layout) -> Table {
    Table::read(text.as_bytes(), layout).expect("a table without faults")
}

#[track_caller]
fn rejects(bytes: impl AsRef<[u8]>, layout: &Layout, expected: &str) {
    assert_eq!(Table::read(bytes.as_ref(), layout).expect_err("a faulty table").to_string(), expected);
}

const SMALL: &str = "op,width,acc,size\nskip,16,50,100\nconv,8,90,300\nconv,16,70,3e2\nskip,8,0,-0\n";

#[test]
fn rows_are_found_by_their_choices_wherever_they_stand() {
    let table = read(SMALL, &layout());
    let decision = |name: &str, options: [&str; 2]| TableDecision { name: name.to_owned(), options: options.map(str::to_owned).to_vec() };
    assert_eq!(table.decisions(), [decision("op", ["conv", "skip"]), decision("width", ["8", "16"])]);
    assert_eq!((table.len(), table.is_empty()), (4, false));
    let rows: Vec<(Vec<usize>, f64, Option<f64>)> =
        (0..4).map(|row| (table.choices(row), table.metric(row), table.cost("params", row))).collect();
    let expected =
        [(vec![0, 0], 0.9, Some(300.0)), (vec![0, 1], 0.7, Some(300.0)), (vec![1, 0], 0.0, Some(0.0)), (vec![1, 1], 0.5, Some(100.0))];
    assert_eq!(rows, expected);
    for row in 0..4 {
        assert_eq!(table.find(&table.choices(row)), Some(row));
    }
    assert_eq!([&[0, 2][..], &[0], &[0, 0, 0], &[], &[0, 70_000]].map(|choices| table.find(choices)), [None; 5]);
    assert_eq!(table.costs(1), BTreeMap::from([("params".to_owned(), 300.0)]));
    assert_eq!(table.cost("size", 1), None, "costs go by kind");
    assert_eq!(table.reported(1), Reported { validation: 0.7, test: None });
}

#[test]
fn neighbours_differ_in_one_decision_and_exist() {
    let table = read("ops,acc\n00,0\n01,0\n02,0\n10,0\n21,0\n", &split(""));
    let words = |row: usize| table.choices(row).iter().map(usize::to_string).collect::<String>();
    let neighbours = |ops: [usize; 2]| {
        let row = table.find(&ops).expect("there is such a row");
        table.neighbours(row).into_iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(neighbours([0, 0]), ["10", "01", "02"]);
    assert_eq!(neighbours([2, 1]), ["01"]);
}

#[test]
fn what_is_reported_may_be_other_columns() {
    let with_reports = Layout { validation: Some(column("val", Unit::Fraction)), test: Some(column("test", Unit::Percent)), ..split("-") };
    let table = read("test,val,acc,ops\n93.5,0.9,0.5,a-b\n", &with_reports);
    assert_eq!(table.reported(0), Reported { validation: 0.9, test: Some(0.935) });
    assert_eq!(table.metric(0).to_bits(), 0.5f64.to_bits());
    let names: Vec<&str> = table.decisions().iter().map(|decision| decision.name.as_str()).collect();
    assert_eq!(names, ["ops-1", "ops-2"]);

    let others = read("test,val,acc,ops\n94.5,0.9,0.5,a-b\n", &with_reports);
    assert_ne!(table.digest(), others.digest());
    assert_eq!(table.search_digest(), others.search_digest(), "the search does not see the test column");
    let plain = Layout { validation: Some(column("acc", Unit::Fraction)), ..split("") };
    let text = "ops,acc\n01,0.5\n";
    assert_eq!(read(text, &plain).digest(), read(text, &split("")).digest(), "the metric is what is reported unless told otherwise");
}

#[test]
fn a_digest_depends_on_each_part_of_the_content() {
    let digest = |text: &str| read(text, &layout()).search_digest();
    let base = digest("op,width,acc,size\na,1,50,7\n");
    for other in ["a,2,50,7", "b,1,50,7", "a,1,51,7", "a,1,50,8"] {
        assert_ne!(base, digest(&format!("op,width,acc,size\n{other}\n")), "{other}");
    }
    let other_kind = Layout { costs: BTreeMap::from([("macs".to_owned(), "size".to_owned())]), ..layout() };
    assert_ne!(base, read("op,width,acc,size\na,1,50,7\n", &other_kind).search_digest());
}

#[test]
fn words_that_all_are_numbers_are_sorted_as_such() {
    let options =
        |words: &str| read(&format!("ops,acc\n{}", words.replace(' ', ",0\n") + ",0\n"), &split("/")).decisions()[0].options.join(" ");
    assert_eq!(options("10 9 1e1 -1 0.5"), "-1 0.5 9 10 1e1");
    assert_eq!(options("10 9 x"), "10 9 x");
    assert_eq!(options("10 9 inf"), "10 9 inf");
    assert_eq!(options("only"), "only");
}

#[test]
fn spreadsheets_write_it_their_way() {
    let table = read(SMALL, &layout());
    let marked = format!("\u{feff}{}", SMALL.replace('\n', "\r\n\r\n").replace("skip", "\"skip\"").replace(',', " , "));
    // A quote counts at the start of a cell only.
    let marked = marked.replace("\" ,", "\",");
    assert_eq!(read(&marked, &layout()), table);
    let twice = [gzip(&marked.as_bytes()[..20]), gzip(&marked.as_bytes()[20..])].concat();
    assert_eq!(Table::read(&twice, &layout()), Ok(table), "gzip files may be strung together");
}

#[test]
fn a_row_may_stand_there_twice_if_it_says_the_same() {
    let again = format!("{SMALL}conv,8,90.0,300\n");
    assert_eq!(read(&again, &layout()), read(SMALL, &layout()));
    rejects(
        format!("{SMALL}conv,8,90.5,300\nconv,8,91,301\n"),
        &layout(),
        "line 6, column `acc`: the value differs from that in line 3, which has the same choices (likewise line 7)\n\
         help: keep one row for each combination of choices; for repeated trainings, their mean\n\
         line 7, column `size`: the value differs from that in line 3, which has the same choices\n\
         help: keep one row for each combination of choices; for repeated trainings, their mean",
    );
}

#[test]
fn an_empty_table_is_rejected() {
    for empty in ["", "\n\n", "\u{feff}"] {
        rejects(empty, &layout(), "the file is empty\nhelp: a table has a line with the names of its columns, then one line a row");
    }
    rejects("op,width,acc,size\n", &layout(), "there is no row below the header\nhelp: a table has one line for each known network");
}

#[test]
fn columns_that_are_not_there_are_named_with_those_that_may_be_meant() {
    rejects(
        "Op,depth,val acc,acc_12,size,size\n",
        &Layout { metric: column("val_acc", Unit::Percent), test: Some(column("acc", Unit::Percent)), ..layout() },
        "there is no column `op`, which `choices` names\nhelp: did you mean `Op`?\n\
         there is no column `width`, which `choices` names\nhelp: the columns are `Op`, `depth`, `val acc`, `acc_12`, `size`, `size`\n\
         there is no column `val_acc`, which `metric` names\nhelp: did you mean `val acc`?\n\
         there is no column `acc`, which `reported.test` names\nhelp: did you mean `acc_12`?\n\
         column `size`: the header names it twice, as column 5 and column 6\nhelp: give every column a name of its own",
    );
    rejects(
        "op;width;acc\na;1;2\n",
        &split(""),
        "there is no column `ops`, which `choices` names\nhelp: cells are separated by commas here, by semicolons in the file: write it with commas\n\
         there is no column `acc`, which `metric` names\nhelp: cells are separated by commas here, by semicolons in the file: write it with commas",
    );
    let many: Vec<String> = (0..20).map(|number| format!("column{number}")).collect();
    let error = Table::read(many.join(",").as_bytes(), &split("")).expect_err("nothing fits").to_string();
    assert!(
        error.starts_with("there is no column `ops`, which `choices` names\nhelp: the columns are `column0`, ")
            && error.contains("`column11`, …\n"),
        "{error}"
    );
}

#[test]
fn columns_cannot_be_two_things() {
    let columns = |names: &[&str]| Layout { choices: Choices::Columns(names.iter().map(ToString::to_string).collect()), ..layout() };
    rejects(SMALL, &columns(&[]), "no column of choices is named\nhelp: name at least one column of choices");
    rejects(SMALL, &columns(&["op", "op"]), "column `op`: the column is named as a choice twice\nhelp: name every column once");
    rejects(
        SMALL,
        &columns(&["op", "acc"]),
        "column `acc`: the column is a choice and a result\nhelp: results are what the choices lead to",
    );
}

#[test]
fn cells_that_are_no_numbers_are_named_with_their_lines() {
    rejects(
        "op,width,acc,size\na,1,,1\n\nb,1,NaN,1\nc,1,inf,x y\nd,1,93%,-5\ne,1,100.5,\nf,1,5,1\ng,1,-3,1\n",
        &layout(),
        "line 2, column `acc`: the cell is empty\nhelp: leave out the rows that have no result\n\
         line 4, column `acc`: `NaN` is no finite number (likewise lines 5, 6)\nhelp: leave out the rows that have no result\n\
         line 5, column `size`: `x y` is no number\nhelp: write numbers like `93.25` or `1.2e6`, without units\n\
         line 6, column `size`: `-5` is a negative cost\nhelp: costs are 0 or more; is this the right column?\n\
         line 7, column `acc`: `100.5` is no percentage from 0 to 100 (likewise line 9)\nhelp: is this the right column?\n\
         line 7, column `size`: the cell is empty\nhelp: leave out the rows that have no result",
    );
    let percent: Vec<String> = (10..30).map(|ops| format!("{ops},{ops}\n")).collect();
    rejects(
        format!("ops,acc\n{}", percent.concat()),
        &split(""),
        "line 2, column `acc`: `10` is no fraction from 0 to 1 (likewise lines 3, 4, 5, 6 and 15 more)\nhelp: is the unit `percent`?",
    );
    rejects("ops,acc\n1,101\n", &split(""), "line 2, column `acc`: `101` is no fraction from 0 to 1\nhelp: is this the right column?");
}

#[test]
fn choices_that_are_missing_are_named_with_their_lines() {
    let help = "help: write one choice for every decision; an option may be called `none`";
    rejects("op,width,acc,size\r\na,1,1,1\r\n ,1,1,1\r\n", &layout(), &format!("line 3, column `op`: the choice is empty\n{help}"));
    rejects("acc,ops\n1,a//b\n", &split("/"), &format!("line 2, column `ops`: choice 2 of `a//b` is empty\n{help}"));
    rejects("acc,ops\n1,\n1,12\n", &split(""), &format!("line 2, column `ops`: there are no choices\n{help}"));
    let all = "help: all rows need equally many choices;";
    let zeros = "; are zeros at the beginning lost? export the column of codes as text";
    rejects(
        "acc,ops\n1,123\n1,12\n1,1234\n",
        &split(""),
        &format!("line 3, column `ops`: the row has 2 choices, those above have 3 (likewise line 4)\n{all} every character is one{zeros}"),
    );
    rejects(
        "acc,ops\n1,1/2\n1,12\n",
        &split("/"),
        &format!("line 3, column `ops`: the row has 1 choices, those above have 2\n{all} they are separated by `/`"),
    );
}

#[test]
fn rows_of_another_width_are_named_with_their_lines() {
    rejects(
        "acc,ops\n\n1\n1,1\n1,2,\"\n\"\n1,1,1\n",
        &split(""),
        "line 3: the row has 1 cell, the header 2 (likewise lines 5, 7)\n\
         help: write a cell that contains a comma in quotes, and end every quote",
    );
}

#[test]
fn files_that_are_no_text_are_rejected() {
    let help = "help: a table is CSV text in UTF-8, plain or packed with gzip";
    rejects(b"acc,ops\n1,\xff\n", &split(""), &format!("byte 11 of the text is no UTF-8\n{help}"));
    rejects(gzip(b"\xfe"), &split(""), &format!("byte 1 of the text is no UTF-8\n{help}"));
    let mut packed = gzip(b"acc,ops\n1,1\n");
    let again = "help: fetch or pack the file again";
    rejects(&packed[..packed.len() - 1], &split(""), &format!("the gzip data is damaged: unexpected end of file\n{again}"));
    rejects([0x1f, 0x8b], &split(""), &format!("the gzip data is damaged: unexpected end of file\n{again}"));
    let place = packed.len() - 6;
    packed[place] ^= 1;
    let damage = "the gzip data is damaged: corrupt gzip stream does not have a matching checksum";
    rejects(&packed, &split(""), &format!("{damage}\n{again}"));
}

#[test]
fn a_layout_is_plain_data() {
    let layout = Layout { test: Some(column("acc", Unit::Fraction)), ..split("") };
    let text = serde_json::to_string(&layout).expect("plain data");
    let expected = r#"{"choices":{"split":{"column":"ops","separator":""}},"metric":{"name":"acc","unit":"fraction"},"validation":null,"test":{"name":"acc","unit":"fraction"},"costs":{}}"#;
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_str::<Layout>(&text).expect("it was written so"), layout);
    assert!(serde_json::from_str::<Layout>(&text.replace("costs", "cost")).is_err());
}
