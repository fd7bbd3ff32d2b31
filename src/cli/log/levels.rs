//! What somebody wants to see of the log.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// Levels of parts of the program; an empty name is all of it. The last word on a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogLevels(Vec<(String, LevelFilter)>);

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

impl Default for LogLevels {
    fn default() -> Self {
        Self(vec![(String::new(), LevelFilter::WARN)])
    }
}

impl FromStr for LogLevels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).map(part).collect::<Result<_, _>>().map(Self)
    }
}

/// `LEVEL`, or `epnas::MODULE=LEVEL`.
fn part(text: &str) -> Result<(String, LevelFilter), String> {
    let (place, word) = text.split_once('=').unwrap_or(("", text));
    let is_ours = |place: &str| place == "epnas" || place.starts_with("epnas::");
    let level = LEVELS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
    match level {
        Some((_, level)) if !text.contains('=') || is_ours(place) => Ok((place.to_owned(), *level)),
        _ => {
            let levels = LEVELS.map(|(word, _)| format!("`{word}`")).join(", ");
            Err(format!("`{text}` is neither a level ({levels}) nor the level of a part of the program, such as `epnas::run=debug`"))
        }
    }
}

impl LogLevels {
    /// Exactly what was asked for.
    pub(crate) fn on_screen(&self) -> Targets {
        self.targets(Targets::new())
    }

    /// `info`, or more where more was asked for.
    pub(crate) fn in_file(&self) -> Targets {
        let info = Targets::new().with_default(LevelFilter::INFO);
        if self.0.iter().any(|(_, level)| *level > LevelFilter::INFO) { self.targets(info) } else { info }
    }

    fn targets(&self, filter: Targets) -> Targets {
        self.0.iter().fold(filter, |filter, (place, level)| match place.as_str() {
            "" => filter.with_default(*level),
            place => filter.with_target(place, *level),
        })
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    fn asked(text: &str) -> LogLevels {
        text.parse().expect("it is well formed")
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for (text, at) in
            [("verbose", "verbose"), ("epnas", "epnas"), ("info,=debug", "=debug"), ("epnas=loud", "epnas=loud"), ("info,", "")]
        {
            let said = LogLevels::from_str(text).expect_err("no level");
            let told = format!("`{at}` is neither a level (`off`, `error`, `warn`, `info`, `debug`, `trace`) nor the level of a part");
            assert!(said.starts_with(&told), "{said}");
        }
        assert!(LogLevels::from_str("hyper=trace").is_err(), "no part of the program");
    }

    #[test]
    fn levels_are_of_parts_or_of_all() {
        let shown = asked("warn,epnas::run=debug").on_screen();
        for (place, level, expected) in [
            ("epnas::run::local", Level::DEBUG, true),
            ("epnas::run::serve", Level::TRACE, false),
            ("epnas::cli::log", Level::WARN, true),
            ("epnas::cli::log", Level::INFO, false),
        ] {
            assert_eq!(shown.would_enable(place, &level), expected, "{place} {level}");
        }
        assert!(!asked("off").on_screen().would_enable("epnas", &Level::ERROR));
        assert_eq!(asked("INFO"), asked("info"));
        assert_eq!(asked("warn"), LogLevels::default());
    }

    #[test]
    fn the_file_holds_info_or_more() {
        for (text, most) in [
            ("off", Level::INFO),
            ("warn", Level::INFO),
            ("info", Level::INFO),
            ("debug", Level::DEBUG),
            ("warn,epnas=trace", Level::TRACE),
        ] {
            let filter = asked(text).in_file();
            assert!(filter.would_enable("epnas", &most), "{text}");
            let beyond = [Level::DEBUG, Level::TRACE].into_iter().find(|level| *level > most);
            assert!(beyond.is_none_or(|beyond| !filter.would_enable("epnas", &beyond)), "{text}");
        }
    }
}
