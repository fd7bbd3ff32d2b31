//! Markdown tables that read well in a terminal too.

use std::fmt::Write as _;

/// A table with one name column on the left and numbers to the right of it.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Cells are Markdown: names from outside go through [`escaped`] first.
    pub(super) fn new(header: Vec<String>) -> Self {
        Self { rows: vec![header] }
    }

    /// Missing cells stay empty, those past the header are dropped.
    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    pub(super) fn render(&self) -> String {
        let cell = |row: usize, column: usize| self.rows[row].get(column).map_or("", String::as_str);
        let length = |text: &str| text.chars().count();
        let widest = |column| (0..self.rows.len()).map(|row| length(cell(row, column))).max().unwrap_or(0).max(2);
        let widths: Vec<usize> = (0..self.rows[0].len()).map(widest).collect();
        let mut text = String::new();
        for row in 0..self.rows.len() {
            for (column, &width) in widths.iter().enumerate() {
                let content = cell(row, column);
                let space = " ".repeat(width - length(content));
                let _ = if column == 0 { write!(text, "| {content}{space} ") } else { write!(text, "| {space}{content} ") };
            }
            text.push_str("|\n");
            if row == 0 {
                for (column, &width) in widths.iter().enumerate() {
                    let _ =
                        if column == 0 { write!(text, "|{}", "-".repeat(width + 2)) } else { write!(text, "|{}:", "-".repeat(width + 1)) };
                }
                text.push_str("|\n");
            }
        }
        text
    }
}

/// A name as Markdown shows it unchanged, on one line. Underscores inside words mean nothing and stay readable.
pub(super) fn escaped(name: &str) -> String {
    let letters: Vec<char> = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut text = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let inside = |other: Option<&char>| other.is_some_and(|other| other.is_alphanumeric());
        let inner = inside(index.checked_sub(1).and_then(|before| letters.get(before))) && inside(letters.get(index + 1));
        if "\\|`*<>[]&#~$".contains(letter) || letter == '_' && !inner {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new(vec!["name".to_owned(), "10".to_owned()]);
        table.row(vec![escaped("a|b"), "± 1".to_owned()]);
        table.row(vec!["x".to_owned()]);
        assert_eq!(table.render(), "| name |  10 |\n|------|----:|\n| a\\|b | ± 1 |\n| x    |     |\n");
    }

    #[test]
    fn names_say_nothing_to_markdown() {
        assert_eq!(escaped("local_search 2"), "local_search 2");
        assert_eq!(escaped("_a_ <b>\n`c`"), "\\_a\\_ \\<b\\> \\`c\\`");
    }
}
