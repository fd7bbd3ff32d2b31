//! Tables as they are found: official codes, what a spreadsheet has made of them, and files that are something else.

use super::*;

#[test]
fn official_cells_are_read_and_changed_codes_are_refused() {
    let table = Table::read(b"acc,ops\n1,|a~0|+|none~0|b~1|\n0,|b~0|+|a~0|a~1|\n", &split("")).expect("two cells");
    let options: Vec<String> = table.decisions().iter().map(|decision| decision.options.join(" ")).collect();
    assert_eq!(options, ["a b", "a none", "a b"]);
    for (code, expected) in [
        ("|a~0|b~1|", "begins like a cell of NAS-Bench-201 and is none"),
        ("1.0E+05", "is a number that a spreadsheet has rounded"),
        ("2-Jan", "is a date that a spreadsheet has made of a code"),
    ] {
        let said = Table::read(format!("acc,ops\n1,{code}\n").as_bytes(), &split("")).expect_err("no code").to_string();
        assert!(said.contains(expected), "{said}");
    }
    let lost = Table::read(b"acc,ops\n1,012\n0,12\n", &split("")).expect_err("a zero is lost").to_string();
    assert!(lost.contains("are zeros at the beginning lost?"), "{lost}");
}

#[test]
fn a_file_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("table.csv.gz");
    let missing = Table::load(&path, &split("")).expect_err("missing").to_string();
    assert!(missing.starts_with(&format!("cannot read `{}`: ", path.display())), "{missing}");
    std::fs::write(&path, gzip(b"acc,ops\n0,\n")).expect("a small file");
    let faulty = Table::load(&path, &split("")).expect_err("faulty").to_string();
    assert!(faulty.starts_with(&format!("the table `{}` cannot be used\nline 2, column `ops`: ", path.display())), "{faulty}");
    for (content, what) in [
        (b"acc,ops\n0,1\n".to_vec(), "not packed, although its name ends in `.gz`\nhelp: take `.gz` off its name"),
        (b"<html><body>403</body></html>\n".to_vec(), "an HTML page, such as the error page of a server\nhelp: fetch the file again, and"),
        (gzip(b"PK\x03\x04"), "a ZIP archive inside of its packing\nhelp: unpack it"),
        (gzip(&gzip(b"acc,ops\n0,1\n")), "packed with gzip twice\nhelp: unpack it once"),
    ] {
        std::fs::write(&path, content).expect("a small file");
        let said = Table::load(&path, &split("")).expect_err("no table").to_string();
        assert!(said.contains(&format!("\nthe file is {what}")), "{said}");
    }
    let path = folder.path().join("table.csv");
    std::fs::write(&path, gzip(b"acc,ops\n0,1\n")).expect("a small file");
    assert_eq!(Table::load(&path, &split("")).expect("well-formed").len(), 1, "packed without saying so");
}
