//! Codes of networks as benchmarks and spreadsheets write them: read where they are what they say, refused by name where a
//! program has changed them or where they are no list of choices.

/// The choices of a cell of NAS-Bench-201, such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|`: node after node, the edges into
/// it with the node that each comes from. `None`: the text does not begin like one. An error: it does, and is none.
pub(super) fn nas_bench_201(text: &str) -> Option<Result<Vec<&str>, ()>> {
    text.starts_with('|').then(|| {
        let mut words = Vec::new();
        for (node, edges) in text.split('+').enumerate() {
            let edges = edges.strip_prefix('|').and_then(|edges| edges.strip_suffix('|')).ok_or(())?;
            let mut sources = 0;
            for (source, edge) in edges.split('|').enumerate() {
                let (word, from) = edge.rsplit_once('~').ok_or(())?;
                if from.parse() != Ok(source) || word.trim().is_empty() {
                    return Err(());
                }
                words.push(word.trim());
                sources = source + 1;
            }
            if sources != node + 1 {
                return Err(());
            }
        }
        Ok(words)
    })
}

/// What keeps a code from being one, where that is plain: message and help. `apart`: a separator stands between the choices.
pub(super) fn changed(text: &str, apart: bool) -> Option<(&'static str, &'static str)> {
    if text.starts_with("[[") || text.starts_with("['input'") || text.starts_with("[\"input\"") {
        let message = "is a matrix or a list of a graph, as in NAS-Bench-101, and no list of choices";
        return Some((message, "write one column an edge of the matrix and one an operation"));
    }
    if !apart && is_power_of_ten(text) {
        let message = "is a number that a spreadsheet has rounded and written with a power of ten";
        return Some((message, "export the column of codes as text: the digits that are gone cannot be read back"));
    }
    is_date(text).then_some(("is a date that a spreadsheet has made of a code", "export the column of codes as text"))
}

/// `1.00E+05`; `1E5` may be a code of letters.
fn is_power_of_ten(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(digits, power)| {
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit() || letter == b'.');
        plain(digits) && power.strip_prefix(['+', '-']).is_some_and(plain)
    })
}

/// `2-Jan`, `Jan-02`, `2003-02-01`.
fn is_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, lengths: &[usize]| lengths.contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_digit());
    let month = |part: &str| MONTHS.contains(&part.to_ascii_lowercase().as_str());
    match parts[..] {
        [one, two] => month(one) && digits(two, &[1, 2]) || digits(one, &[1, 2]) && month(two),
        [year, month, day] => {
            let within = |part: &str, most: u32| digits(part, &[2]) && part.parse().is_ok_and(|number| (1..=most).contains(&number));
            digits(year, &[4]) && (year.starts_with("19") || year.starts_with("20")) && within(month, 12) && within(day, 31)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_nas_bench_201_are_read() {
        let cell = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
        let words = ["nor_conv_3x3", "none", "skip_connect", "avg_pool_3x3", "none", "nor_conv_1x1"];
        assert_eq!(nas_bench_201(cell), Some(Ok(words.to_vec())));
        assert_eq!(nas_bench_201("a|b"), None);
        for wrong in ["|a~0|+|b~0|", "|a~0|+|b~1|c~0|", "|a|", "|a~0|+", "|", "|~0|"] {
            assert_eq!(nas_bench_201(wrong), Some(Err(())), "{wrong}");
        }
    }

    #[test]
    fn what_a_spreadsheet_has_changed_is_seen() {
        for code in ["1.00E+05", "1E+11", "2-Jan", "Feb-03", "2003-02-01", "[[0, 1], [0, 0]]", "['input', 'conv']"] {
            assert!(changed(code, false).is_some(), "{code}");
        }
        for code in ["012", "1E5", "a-b-c", "1-2-3", "3x3", "2003", "maybe-1", "2048-64-10", "1999-12-32", "2016-00-16"] {
            assert_eq!(changed(code, false), None, "{code}");
        }
    }
}
