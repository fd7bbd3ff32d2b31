//! The beginning and the end of what somebody says, for messages: neither a flood nor a long life fills the memory.

/// Bytes that are kept of either.
const KEPT: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Words {
    first: Vec<u8>,
    last: std::collections::VecDeque<u8>,
    left_out: bool,
}

impl Words {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(KEPT - self.first.len()));
        self.first.extend(first);
        let (too_old, rest) = rest.split_at(rest.len().saturating_sub(KEPT));
        self.last.extend(rest);
        let beyond = self.last.len().saturating_sub(KEPT);
        self.left_out |= beyond > 0 || !too_old.is_empty();
        self.last.drain(..beyond);
    }

    pub(super) fn text(&self) -> String {
        let last: Vec<u8> = self.last.iter().copied().collect();
        let [first, last] = [&self.first, &last].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        format!("{first}{}{last}", if self.left_out { "\n…\n" } else { "" }).trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let mut words = Words::default();
        words.add(b"\nwelcome ");
        words.add(b"to n1\n");
        assert_eq!(words.text(), "welcome to n1");
        (0..10_000).for_each(|_| words.add(b"0123456789"));
        words.add(&vec![b'x'; 5_000]);
        words.add(b" the end\n");
        let text = words.text();
        assert!(text.starts_with("welcome to n1\n0123") && text.contains("\n…\n") && text.ends_with("xx the end"), "{text}");
        assert!(text.len() < 3 * KEPT);
    }
}
