//! The rows of a file, checked cell by cell: words become indices, numbers shares and costs.

use std::cell::Cell as Commas;
use std::collections::BTreeMap;
use std::io::{self, Read};

use csv::{ReaderBuilder, StringRecord};

use super::fault::{TableFaults, shown};
use super::header::{Cell, ChoiceCells, Header, NumberCell, Quantity};
use super::official;
use super::text::Lines;
use super::{Layout, Limits, Unit};

/// The rows as they stand in the file, where nothing is wrong with them.
#[derive(Debug)]
pub(super) struct Rows {
    pub header: Header,
    pub decisions: Vec<Words>,
    /// One index a decision, row after row.
    pub choices: Vec<u16>,
    /// One vector a column of numbers.
    pub numbers: Vec<Vec<f64>>,
    /// Where each row stands in the file.
    pub lines: Vec<u32>,
}

/// The options of a decision, numbered as they come.
#[derive(Debug)]
pub(super) struct Words {
    pub name: String,
    pub indices: BTreeMap<String, u16>,
}

impl Rows {
    /// Reads them all; `None` where the file as a whole, or its header, is not right.
    pub(super) fn read(text: &str, layout: &Layout, limits: &Limits, faults: &mut TableFaults) -> Option<Self> {
        let commas = Commas::new(0);
        let source = Source { text: text.as_bytes(), commas: &commas, limit: limits.cells };
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(source);
        let mut record = StringRecord::new();
        let mut lines = Lines::new(text);
        let mut next = |record: &mut StringRecord, faults: &mut TableFaults| {
            commas.set(0);
            let line = lines.line_of_record(reader.position().byte() as usize);
            let more = reader.read_record(record);
            if more.is_err() {
                let message = format!("the row has more than {} cells", limits.cells);
                faults.add_line("table::width", line, None, || (message, "does a quote not end?".to_owned()));
            }
            more.ok().map(|more| more.then_some(line))
        };
        if next(&mut record, faults)?.is_none() {
            faults.add("table::empty", None, "the file is empty", "a table has a line with the names of its columns, then one line a row");
            return None;
        }
        let header = Header::new(&record, layout, faults)?;
        let mut rows = Self::empty(header, limits, faults)?;
        let mut count = 0;
        while let Some(line) = next(&mut record, faults)? {
            count += 1;
            if count > limits.rows {
                faults.add("table::size", None, format!("there are more than {} rows", limits.rows), "leave out rows");
                return None;
            }
            rows.add(&record, line, limits, faults)?;
        }
        if count == 0 {
            faults.add("table::empty", None, "there is no row below the header", "a table has one line for each known network");
            return None;
        }
        Some(rows)
    }

    fn empty(header: Header, limits: &Limits, faults: &mut TableFaults) -> Option<Self> {
        let decisions = match &header.choices {
            ChoiceCells::Columns(cells) => {
                check_decisions(cells.len(), limits, faults)?;
                cells.iter().map(|cell| Words { name: cell.name.clone(), indices: BTreeMap::new() }).collect()
            }
            // As many as the first row has.
            ChoiceCells::Split { .. } => Vec::new(),
        };
        let numbers = header.numbers.iter().map(|_| Vec::new()).collect();
        Some(Self { header, decisions, choices: Vec::new(), numbers, lines: Vec::new() })
    }

    /// Adds a row unless something is wrong with it; `None` where reading on makes no sense.
    fn add(&mut self, record: &StringRecord, line: usize, limits: &Limits, faults: &mut TableFaults) -> Option<()> {
        if record.len() != self.header.width {
            faults.add_line("table::width", line, None, || {
                let message = format!("the row has {}, the header {}", cells(record.len()), self.header.width);
                (message, "write a cell that contains a comma in quotes, and end every quote".to_owned())
            });
            return Some(());
        }
        let words = self.words(record, line, limits, faults);
        if let (Some(words), ChoiceCells::Split { cell, .. }) = (&words, &self.header.choices)
            && self.decisions.is_empty()
        {
            check_decisions(words.len(), limits, faults)?;
            let name = |index| format!("{}-{}", cell.name, index + 1);
            self.decisions = (0..words.len()).map(|index| Words { name: name(index), indices: BTreeMap::new() }).collect();
        }
        let numbers: Vec<Option<f64>> = self.header.numbers.iter().map(|column| number(column, record, line, faults)).collect();
        let words = words.filter(|words| self.fits(words, line, limits, faults));
        if let (Some(words), Some(numbers)) = (words, numbers.into_iter().collect::<Option<Vec<f64>>>()) {
            for (decision, word) in self.decisions.iter_mut().zip(words) {
                self.choices.push(decision.index(word, limits, faults)?);
            }
            for (column, number) in self.numbers.iter_mut().zip(numbers) {
                column.push(number);
            }
            self.lines.push(line as u32);
        }
        Some(())
    }

    /// The choices of a row, in words: one more than possible stands for any that are too many.
    fn words<'r>(&self, record: &'r StringRecord, line: usize, limits: &Limits, faults: &mut TableFaults) -> Option<Vec<&'r str>> {
        if let ChoiceCells::Split { cell, separator } = &self.header.choices {
            let text = record[cell.place].trim();
            let changed = official::changed(text, !separator.is_empty());
            let changed = changed.or_else(|| match official::nas_bench_201(text)? {
                Ok(_) => None,
                Err(()) => Some(("begins like a cell of NAS-Bench-201 and is none", "such as `|none~0|+|none~0|skip_connect~1|`")),
            });
            if let Some((message, help)) = changed {
                let message = || (format!("`{}` {message}", shown(text)), help.to_owned());
                faults.add_line("table::choices", line, Some(&cell.name), message);
                return None;
            }
            if let Some(Ok(words)) = official::nas_bench_201(text) {
                return Some(words.into_iter().take(limits.decisions + 1).collect());
            }
        }
        let mut empty = |cell: &Cell, message: &str| {
            let help = "write one choice for every decision; an option may be called `none`";
            faults.add_line("table::no-choice", line, Some(&cell.name), || (message.to_owned(), help.to_owned()));
        };
        let words: Vec<&str> = match &self.header.choices {
            ChoiceCells::Columns(cells) => {
                let words: Vec<&str> = cells.iter().map(|cell| record[cell.place].trim()).collect();
                cells.iter().zip(&words).filter(|(_, word)| word.is_empty()).for_each(|(cell, _)| empty(cell, "the choice is empty"));
                words
            }
            ChoiceCells::Split { cell, separator } => {
                let text = record[cell.place].trim();
                let words: Vec<&str> = if separator.is_empty() {
                    text.split_inclusive(|_| true).map(str::trim).take(limits.decisions + 1).collect()
                } else {
                    text.split(separator.as_str()).map(str::trim).take(limits.decisions + 1).collect()
                };
                if text.is_empty() {
                    empty(cell, "there are no choices");
                } else if let Some(index) = words.iter().position(|word| word.is_empty()) {
                    empty(cell, &format!("choice {} of `{}` is empty", index + 1, shown(text)));
                }
                words
            }
        };
        (!words.is_empty() && words.iter().all(|word| !word.is_empty())).then_some(words)
    }

    /// Whether a row has as many choices as those before it.
    fn fits(&self, words: &[&str], line: usize, limits: &Limits, faults: &mut TableFaults) -> bool {
        let fits = words.len() == self.decisions.len();
        if let (false, ChoiceCells::Split { cell, separator }) = (fits, &self.header.choices) {
            faults.add_line("table::choices", line, Some(&cell.name), || {
                let each =
                    if separator.is_empty() { "every character is one".to_owned() } else { format!("they are separated by `{separator}`") };
                let count =
                    if words.len() > limits.decisions { format!("more than {}", limits.decisions) } else { words.len().to_string() };
                let message = format!("the row has {count} choices, those above have {}", self.decisions.len());
                // A spreadsheet reads `012` as a number and writes `12`.
                let zeros = separator.is_empty() && words.iter().all(|word| word.bytes().all(|letter| letter.is_ascii_digit()));
                let zeros = if zeros { "; are zeros at the beginning lost? export the column of codes as text" } else { "" };
                (message, format!("all rows need equally many choices; {each}{zeros}"))
            });
        }
        fits
    }
}

impl Words {
    fn index(&mut self, word: &str, limits: &Limits, faults: &mut TableFaults) -> Option<u16> {
        if let Some(index) = self.indices.get(word) {
            return Some(*index);
        }
        if self.indices.len() == limits.options {
            let message = format!("the decision has more than {} options", limits.options);
            faults.add("table::options", Some(&self.name), message, "is this a column of choices? otherwise leave out rows");
            return None;
        }
        let index = self.indices.len() as u16;
        self.indices.insert(word.to_owned(), index);
        Some(index)
    }
}

/// Text for the CSV reader, which sets memory aside for every cell of a row: fails where a row has too many.
struct Source<'a> {
    text: &'a [u8],
    /// How many commas were given; set to 0 before each row. The CSV reader reads up to 8 KiB ahead, far below the limit.
    commas: &'a Commas<usize>,
    limit: usize,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let commas = buffer[..read].iter().map(|letter| usize::from(*letter == b',')).sum::<usize>();
        self.commas.set(self.commas.get() + commas);
        if self.commas.get() > self.limit { Err(io::Error::other("too many cells")) } else { Ok(read) }
    }
}

fn check_decisions(count: usize, limits: &Limits, faults: &mut TableFaults) -> Option<()> {
    let fits = count <= limits.decisions;
    if !fits {
        let message = format!("there are more than {} decisions", limits.decisions);
        faults.add("table::decisions", None, message, "are these the columns of the choices?");
    }
    fits.then_some(())
}

fn number(column: &NumberCell, record: &StringRecord, line: usize, faults: &mut TableFaults) -> Option<f64> {
    let NumberCell { cell, quantity } = column;
    let text = record[cell.place].trim();
    let mut fault = |code, message: &dyn Fn() -> String, help: &str| {
        faults.add_line(code, line, Some(&cell.name), || (message(), help.to_owned()));
        None
    };
    let Ok(number) = text.parse::<f64>() else {
        return match text {
            "" => fault("table::no-number", &|| "the cell is empty".to_owned(), "leave out the rows that have no result"),
            _ => fault(
                "table::number",
                &|| format!("`{}` is no number", shown(text)),
                "write numbers like `93.25` or `1.2e6`, without units",
            ),
        };
    };
    if !number.is_finite() {
        return fault("table::number", &|| format!("`{}` is no finite number", shown(text)), "leave out the rows that have no result");
    }
    let text = || shown(text);
    match quantity {
        Quantity::Share(Unit::Percent) if !(0.0..=100.0).contains(&number) => {
            fault("table::range", &|| format!("`{}` is no percentage from 0 to 100", text()), "is this the right column?")
        }
        Quantity::Share(Unit::Fraction) if !(0.0..=1.0).contains(&number) => {
            let help = if (0.0..=100.0).contains(&number) { "is the unit `percent`?" } else { "is this the right column?" };
            fault("table::range", &|| format!("`{}` is no fraction from 0 to 1", text()), help)
        }
        Quantity::Cost if number < 0.0 => {
            fault("table::range", &|| format!("`{}` is a negative cost", text()), "costs are 0 or more; is this the right column?")
        }
        Quantity::Share(Unit::Percent) => Some(plain(number / 100.0)),
        Quantity::Share(Unit::Fraction) | Quantity::Cost => Some(plain(number)),
    }
}

/// Zero has one sign, so that equal tables have equal digests.
fn plain(number: f64) -> f64 {
    number + 0.0
}

fn cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}
