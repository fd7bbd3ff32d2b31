//! `epnas completions` and `epnas man`: what shells and `man` know of the command line, made from its own description.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, Exit, fail, print, say};
use crate::files;

/// A path as a shell takes it for one word.
pub(super) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "/._-+,:@%=~".contains(letter));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Writes the completions of one shell to standard output.
pub(super) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "epnas", &mut script);
    print(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// Writes a page for the program and each of its commands into `folder`.
pub(super) fn man(folder: &Path) -> Exit {
    let mut program = Cli::command();
    program.build();
    match pages(folder, &program) {
        Ok(count) => {
            say(&format!("wrote {count} pages into `{}`", folder.display()));
            Exit::Done
        }
        Err(error) => fail(Exit::Trouble, &error.to_string()),
    }
}

fn pages(folder: &Path, command: &Command) -> Result<usize, files::FileError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page).expect("memory takes all that is written");
    // Such as `epnas-cache-list`.
    let name = command.get_display_name().unwrap_or(command.get_name());
    files::write(&folder.join(format!("{name}.1")), &page)?;
    let commands = command.get_subcommands().filter(|below| below.get_name() != "help");
    commands.map(|below| pages(folder, below)).try_fold(1, |count, pages| Ok(count + pages?))
}
