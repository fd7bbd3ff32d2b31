//! The text of an error: what is wrong, and how to mend it.

use std::fmt;

/// What stands between the two where they are one text.
const HELP: &str = "\nhelp: ";

/// What is wrong, and how to mend it where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText {
    pub what: String,
    pub help: Option<String>,
}

impl ErrorText {
    pub fn with_help(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: Some(help.into()) }
    }

    pub fn without_help(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: None }
    }

    /// What another process wrote as one text.
    pub fn received(text: &str) -> Self {
        match text.split_once(HELP) {
            Some((what, help)) => Self::with_help(what, help),
            None => Self::without_help(text),
        }
    }
}

impl fmt::Display for ErrorText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "{HELP}{help}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_being_written_as_text() {
        for error in [ErrorText::with_help("there is no driver", "install it"), ErrorText::without_help("there is no driver")] {
            assert_eq!(ErrorText::received(&error.to_string()), error);
        }
    }
}
