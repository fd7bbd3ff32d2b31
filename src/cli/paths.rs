//! Paths and variables as people give them: `~` is the home folder where no shell has said so, and an empty variable is as
//! good as none.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, PathBufValueParser, StringValueParser, TypedValueParser};

use super::log::LogLevels;

/// The variable that says what is logged.
pub(super) const LOG: &str = "EPNAS_LOG";

/// A folder that a variable may name where the command line does not.
#[derive(Clone, Copy)]
pub(super) struct Folder {
    pub variable: &'static str,
    /// The folder where nobody names one.
    pub default: &'static str,
}

/// The cache.
pub(super) const CACHE: Folder = Folder { variable: "EPNAS_CACHE", default: "cache" };

/// The folder of all results.
pub(super) const RESULTS: Folder = Folder { variable: "EPNAS_RESULTS", default: "results" };

/// A path of the command line.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| from_home(&path, home().as_deref()))
}

/// A folder, of the command line or of its variable.
pub(super) fn folder(folder: Folder) -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(move |given: OsString| {
        let given = given_or(given, is_empty(folder.variable), folder.default)?;
        from_home(Path::new(&given), home().as_deref())
    })
}

/// What is logged, of the command line or of its variable.
pub(super) fn log() -> impl TypedValueParser<Value = LogLevels> {
    StringValueParser::new()
        .try_map(|given: String| if given.is_empty() && is_empty(LOG) { Ok(LogLevels::default()) } else { given.parse() })
}

/// The home folder of the user.
pub(super) fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from)
}

fn is_empty(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value.is_empty())
}

fn given_or(given: OsString, variable_is_empty: bool, default: &str) -> Result<OsString, String> {
    match (given.is_empty(), variable_is_empty) {
        (false, _) => Ok(given),
        (true, true) => Ok(default.into()),
        (true, false) => Err("a folder is expected, not an empty word".to_owned()),
    }
}

/// `~` and `~/PATH` as seen from `home`.
fn from_home(path: &Path, home: Option<&Path>) -> Result<PathBuf, String> {
    // Results and JSON name paths as text.
    if path.to_str().is_none() {
        return Err("the path is not UTF-8: rename what it leads to".to_owned());
    }
    match (path.strip_prefix("~"), home) {
        (Err(_), _) => Ok(path.to_owned()),
        (Ok(below), Some(home)) if below.as_os_str() == OsStr::new("") => Ok(home.to_owned()),
        (Ok(below), Some(home)) => Ok(home.join(below)),
        (Ok(_), None) => Err("`~` is the home folder, which the variable `HOME` does not name; write the path in full".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_where_the_variable_says() {
        let seen = |path: &str| from_home(Path::new(path), Some(Path::new("/home/a"))).map(|path| path.display().to_string());
        for (path, expected) in [("~/c", "/home/a/c"), ("~", "/home/a"), ("a/~/b", "a/~/b"), ("./~", "./~"), ("~b/c", "~b/c"), ("/x", "/x")]
        {
            assert_eq!(seen(path).as_deref(), Ok(expected));
        }
        assert!(from_home(Path::new("~/c"), None).expect_err("nowhere").contains("`HOME`"));
    }

    #[test]
    fn an_empty_variable_is_none_and_an_empty_word_is_refused() {
        assert_eq!(given_or(OsString::new(), true, "cache"), Ok("cache".into()));
        assert_eq!(given_or("c".into(), true, "cache"), Ok("c".into()));
        assert!(given_or(OsString::new(), false, "cache").is_err());
    }
}
