//! Rows of words as columns, each as wide as its widest word.

use std::fmt::Write as _;

fn widths<const N: usize>(rows: &[[String; N]]) -> [usize; N] {
    std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
}

/// Words stand at the left of their column.
pub fn columns<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let widths = widths(&rows);
    let mut text = String::new();
    for row in &rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

/// Words stand at the right of their column, but for the first column, which is at least `first` letters wide.
pub fn columns_of_numbers<const N: usize>(rows: &[[String; N]], first: usize) -> String {
    let widths = widths(rows);
    let mut text = String::new();
    for row in rows {
        let mut line = format!("{:<1$}", row[0], widths[0].max(first));
        for (cell, width) in row.iter().zip(widths).skip(1) {
            let _ = write!(line, "  {cell:>width$}");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_word() {
        let rows = [["a", "10"], ["bcd", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(rows.clone()), "a    10\nbcd\n");
        assert_eq!(columns_of_numbers(&rows, 4), "a     10\nbcd\n");
    }
}
