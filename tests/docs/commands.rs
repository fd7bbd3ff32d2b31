//! `docs/commands.md`: what clap knows of every command, and the exit codes.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};
use epnas::cli::Cli;

/// The help is laid out by clap itself, as wide as a page.
const WIDTH: usize = 100;

const INTRODUCTION: &str = "# Commands

*This page is made from the program: `cargo test --test main docs::renew -- --ignored` writes it anew.*

";

pub fn text() -> String {
    let mut program = Cli::command().term_width(WIDTH).max_term_width(WIDTH);
    program.build();
    let mut text = INTRODUCTION.to_owned();
    help(&mut text, "##", &mut program);
    let names: Vec<String> = program.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        below(&mut text, "##", program.find_subcommand_mut(name).expect("it is listed"));
    }
    text
}

fn below(text: &mut String, heading: &str, command: &mut Command) {
    if command.is_hide_set() {
        return;
    }
    help(text, heading, command);
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        below(text, &format!("{heading}#"), command.find_subcommand_mut(name).expect("it is listed"));
    }
}

fn help(text: &mut String, heading: &str, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    // What the environment of this process says is no part of the page.
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let help = lines.join("\n");
    let _ = write!(text, "{heading} `{name}`\n\n```text\n{}\n```\n\n", without_values(&help).trim_end());
}

/// `[env: NAME=value]` as `[env: NAME]`.
fn without_values(help: &str) -> String {
    let mut parts = help.split("[env: ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (setting, rest) = part.split_once(']').unwrap_or((part, ""));
        let name = setting.split('=').next().unwrap_or(setting);
        let _ = write!(text, "[env: {name}]{rest}");
    }
    text
}
