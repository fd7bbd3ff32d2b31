//! Where text and files of commands go: nothing is lost silently, nothing of another sort is written over.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde_json::Value;

use super::{Exit, fail};
use crate::files::{self, Entry};

/// Text to standard output. Whoever reads it may have had enough; but where it cannot be written (a full disk), the
/// program ends at once with [`Exit::Trouble`], since what was asked for is not there.
pub(super) fn print(text: &str) {
    let mut output = std::io::stdout();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            std::process::exit(fail(Exit::Trouble, &format!("cannot write to standard output: {error}")).code());
        }
        Ok(()) | Err(_) => {}
    }
}

/// The format of the objects that commands print for programs: it increases when a key is removed or changes its meaning.
pub(super) const FORMAT: u32 = 2;

/// An object for programs, with its `format`.
pub(super) fn print_json(mut object: Value) {
    object["format"] = FORMAT.into();
    print(&format!("{object:#}\n"));
}

/// Refuses a file to be written where something stands that does not begin like one of `what`; where nothing begins like
/// that, whatever stands there.
pub(super) fn refuse_overwrite(path: &Path, what: &str, begins: &[u8]) -> Result<(), Exit> {
    let refuse = |why: &str| {
        let help = "name a file that is not there yet, or one of its own sort to be replaced";
        Err(fail(Exit::BadSpec, &format!("`{}` is not written over: {why}\nhelp: {help}", path.display())))
    };
    match files::entry(path).map_err(|error| fail(Exit::Trouble, &error.to_string()))? {
        Entry::Nothing => Ok(()),
        Entry::File(_) if begins.is_empty() => refuse("it is there already"),
        Entry::File(_) if files::begins_with(path, begins) => Ok(()),
        Entry::File(_) => refuse(&format!("it is no {what}")),
        Entry::Folder => refuse("it is a folder"),
        Entry::Link => refuse("it is a symbolic link"),
        Entry::Other => refuse("it is not a plain file"),
    }
}
