//! A table of a page, with the same as CSV behind a link.

use std::fmt::Write as _;

use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub caption: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Name of the file that the link gives.
    pub file: String,
    /// All of its rows as a link.
    pub link: String,
    /// Which columns are words; the others are numbers, which stand at the right.
    pub words: Vec<bool>,
    /// How many rows the file has beyond those shown.
    pub more: usize,
}

impl Table {
    pub fn new(caption: &str, file: &str, head: &[&str], rows: Vec<Vec<String>>) -> Self {
        let head: Vec<String> = head.iter().map(|&word| word.to_owned()).collect();
        let link = data_link(&csv(&head, &rows));
        Self::shown(caption, file, head, rows, link)
    }

    /// With other bytes behind the link than what is shown: of `all` rows.
    pub fn of_file(caption: &str, file: &str, head: &[&str], rows: Vec<Vec<String>>, (bytes, all): (&[u8], usize)) -> Self {
        let head = head.iter().map(|&word| word.to_owned()).collect();
        let more = all.saturating_sub(rows.len());
        Self { more, ..Self::shown(caption, file, head, rows, data_link(bytes)) }
    }

    fn shown(caption: &str, file: &str, head: Vec<String>, rows: Vec<Vec<String>>, link: String) -> Self {
        let number = |cell: &String| cell.starts_with(|letter: char| letter.is_ascii_digit() || "–-+".contains(letter));
        let words = (0..head.len()).map(|column| !rows.iter().filter_map(|row| row.get(column)).all(number)).collect();
        Self { caption: caption.to_owned(), head, rows, file: format!("{file}.csv"), link, words, more: 0 }
    }
}

/// Rows of a table as a file.
pub(super) fn csv(head: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut table = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for record in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        table.write_record(record).expect("writing to memory cannot fail");
    }
    table.into_inner().expect("writing to memory cannot fail")
}

/// Bytes as a link; what may stand in a link as it is stays so.
fn data_link(bytes: &[u8]) -> String {
    let mut link = String::with_capacity(bytes.len() + bytes.len() / 3);
    link.push_str("data:text/csv;charset=utf-8,");
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_.!~*,/:;@$+=()".contains(&byte) {
            link.push(byte as char);
        } else {
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_the_table_and_nothing_that_acts() {
        let table = Table::new("c", "f", &["a", "b"], vec![vec!["</script>,\"".to_owned(), "1 é".to_owned()]]);
        assert_eq!(table.link, "data:text/csv;charset=utf-8,a,b%0A%22%3C/script%3E,%22%22%22,1%20%C3%A9%0A");
        assert_eq!((table.words, table.file.as_str()), (vec![true, false], "f.csv"));
    }
}
