//! Text for people: numbers, columns and tables, what a misspelt word meant, and untrusted text with its control characters escaped.

mod columns;
mod error_text;
mod escape;
pub mod markdown;
mod numbers;
mod suggest;
mod table;

pub use columns::{columns, columns_of_numbers};
pub use error_text::ErrorText;
pub use escape::{hidden, visible, visible_line, visible_lines};
pub use numbers::{bytes, clock, counted, date, duration, percent, percent_with, quantity};
pub use suggest::{list, suggestion};
pub use table::Table;
