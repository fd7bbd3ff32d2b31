//! Markdown tables that read well in a terminal too.

use std::fmt::Write as _;

/// A table with one name column on the left and numbers to the right of it.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Cells are Markdown: names from outside go through [`super::markdown::cell`] first.
    pub fn new(header: Vec<String>) -> Self {
        Self { rows: vec![header] }
    }

    /// Missing cells stay empty, those past the header are dropped.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    pub fn render(&self) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let mut table = Table::new(vec!["name".to_owned(), "10".to_owned()]);
        table.row(vec!["a\\|b".to_owned(), "± 1".to_owned()]);
        table.row(vec!["x".to_owned()]);
        assert_eq!(table.render(), "| name |  10 |\n|------|----:|\n| a\\|b | ± 1 |\n| x    |     |\n");
    }
}
