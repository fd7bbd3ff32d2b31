//! Which epnas a spec asks for. Looked at before anything else, so that what a newer one knows is not told to be a mistake.

use super::source::Source;
use crate::diagnostic::{Diagnostic, Path, Place, Severity};

/// The key in a spec.
pub(super) const KEY: &str = "requires-epnas";

/// Version of this program.
const OWN: &str = env!("CARGO_PKG_VERSION");

/// Major, minor and patch; what is not written is 0.
type Version = [u32; 3];

/// Why the text is not for this program. What is no version at all is told with the other faults.
pub(super) fn check(source: &Source) -> Option<Diagnostic> {
    let written = source.scalar(&Path::root().key(KEY))?.trim();
    let asked = written.trim_matches(['"', '\'']);
    parse(asked).and_then(|_| check_read(asked))
}

/// The same of what was read, however it was written: it must be a version, and none to come.
pub(super) fn check_read(asked: &str) -> Option<Diagnostic> {
    let (message, help) = match parse(asked) {
        Some(version) if parse(OWN).is_some_and(|own| version <= own) => return None,
        Some(_) => (
            format!("the spec asks for epnas {asked}, and this is {OWN}"),
            "install a newer epnas; nothing else was checked, for it may be right there".to_owned(),
        ),
        None => {
            let help = format!("write the oldest epnas that the spec is for, such as `{KEY}: \"{OWN}\"`");
            (format!("`{asked}` is no version"), help)
        }
    };
    Some(fault(Path::root().key(KEY), message, help))
}

fn fault(path: Path, message: String, help: String) -> Diagnostic {
    Diagnostic { code: "spec::version", severity: Severity::Error, place: Place::Value(path), message, help: Some(help) }
}

/// `1`, `1.2` or `1.2.3`; nothing else, so that there is one way to say it.
fn parse(text: &str) -> Option<Version> {
    let mut version = [0; 3];
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > version.len() {
        return None;
    }
    for (place, part) in version.iter_mut().zip(parts) {
        if part.is_empty() || !part.chars().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *place = part.parse().ok()?;
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_are_compared_as_such() {
        assert_eq!(parse("0.10"), Some([0, 10, 0]));
        assert!(parse("0.10") > parse("0.9.9"));
        for text in ["", "1.", "1.2.3.4", ">=1", "1.2-beta", "99999999999", "+1"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert!(parse(OWN).is_some());
    }
}
