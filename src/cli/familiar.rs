//! Hints for command lines as other programs take them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Flags of other programs, and what is done here instead.
const ELSEWHERE: [(&[&str], &str); 11] = [
    (&["--seed"], "the seed is a line of the spec: `seed: 3`; `epnas compare --seeds 5` runs five"),
    (&["--resume", "--continue"], "a run resumes by itself: type the same command again"),
    (&["--config", "--spec", "-c"], "the spec is named without a flag: `epnas run my.yaml`"),
    (&["--gpu", "--gpus", "--cuda"], "`epnas run --device cuda` computes on the GPUs; `auto`, the default, does so where there are any"),
    (&["--jobs", "-j", "--threads"], "`epnas run --workers 2` says how many networks train at a time"),
    (&["--epochs", "--lr", "--learning-rate", "--batch-size"], "the recipe stands in the spec, under `train` and `stages`"),
    (&["--output", "-o", "--out"], "`--results DIR` names the folder of results; `epnas init > my.yaml` writes a spec"),
    (
        &["--max-trials", "--n-trials", "--trials", "--timeout", "--budget"],
        "the budget stands in the spec: `budget: {trainings: 50, wall-time: 2h}`",
    ),
    (&["--dry-run", "-n"], "`epnas plan my.yaml` shows what a run will do"),
    (&["--set"], "edit the spec, then `epnas diff old.yaml new.yaml`; `epnas what-if my.yaml --set KEY=VALUE` tries a limit"),
    (&["--force", "-f"], "`epnas run` repeats no finished training; `--retry-failed` repeats those that failed"),
];

/// Commands of other programs, and ours.
const COMMANDS: [(&[&str], &str); 6] = [
    (
        &["search", "train", "fit", "start", "resume", "continue", "apply", "repro", "tune", "optimize"],
        "`epnas run my.yaml` searches, and goes on where it was",
    ),
    (&["validate", "lint", "verify"], "`epnas check my.yaml` checks a spec"),
    (&["list", "ls", "ps", "history", "logs", "results"], "`epnas status` lists runs; `epnas cache list` lists results"),
    (&["clean", "prune", "gc"], "`epnas cache gc` frees the room of what no run needs"),
    (&["show", "view", "open", "summary"], "`epnas report my.yaml` writes the page of a run; `epnas status` shows a run that goes on"),
    (&["new", "create", "generate"], "`epnas init > my.yaml` writes a spec"),
];

/// Replaces what clap suggests for a flag or a command that is not known here by what does the same.
pub(super) fn hint(mut error: clap::Error) -> clap::Error {
    let (context, instead): (_, fn(&str) -> Option<String>) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, instead),
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, command),
        _ => return error,
    };
    let Some(ContextValue::String(given)) = error.get(context) else { return error };
    if let Some(help) = instead(given) {
        error.remove(ContextKind::SuggestedSubcommand);
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::TrailingArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![help.into()]));
    }
    error
}

/// What stands for a command that is not known.
fn command(given: &str) -> Option<String> {
    if [".yaml", ".yml"].iter().any(|ending| given.ends_with(ending)) {
        return Some(format!("`epnas run {given}` searches; `epnas check {given}` and `epnas plan {given}` look first"));
    }
    COMMANDS.iter().find(|(others, _)| others.contains(&given)).map(|(_, help)| (*help).to_owned())
}

/// What stands for an argument that a command does not take.
fn instead(given: &str) -> Option<String> {
    let flag = given.split('=').next().unwrap_or(given);
    if let Some((_, help)) = ELSEWHERE.iter().find(|(flags, _)| flags.contains(&flag)) {
        return Some((*help).to_owned());
    }
    let is_spec = [".yaml", ".yml"].iter().any(|ending| given.ends_with(ending));
    is_spec.then(|| format!("to write into a file, redirect the output: `> {given}`"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;
    use super::*;

    fn told(line: &str) -> String {
        hint(Cli::try_parse_from(line.split(' ')).expect_err("not a command line of ours")).to_string()
    }

    #[test]
    fn flags_of_other_programs_are_answered_by_what_does_the_same() {
        for (line, help) in [
            ("epnas run a.yaml --seed 3", "tip: the seed is a line of the spec: `seed: 3`"),
            ("epnas run a.yaml --seed=3", "tip: the seed is a line of the spec"),
            ("epnas run a.yaml --max-trials 20", "tip: the budget stands in the spec"),
            ("epnas logs", "tip: `epnas status` lists runs"),
            ("epnas run a.yaml --resume", "tip: a run resumes by itself"),
            ("epnas train a.yaml", "tip: `epnas run my.yaml` searches"),
            ("epnas ls", "tip: `epnas status` lists runs"),
            ("epnas mine.yaml", "tip: `epnas run mine.yaml` searches"),
            ("epnas init --data mnist out.yaml", "tip: to write into a file, redirect the output: `> out.yaml`"),
        ] {
            let told = told(line);
            assert!(told.contains(help) && told.matches("tip:").count() == 1, "{told}");
        }
    }

    #[test]
    fn what_is_close_to_a_flag_of_ours_is_still_suggested() {
        assert!(told("epnas run a.yaml --result x").contains("--results"));
    }

    #[test]
    fn no_command_of_ours_is_taken_for_another() {
        use clap::CommandFactory as _;
        for ours in Cli::command().get_subcommands() {
            assert_eq!(command(ours.get_name()), None);
        }
    }

    #[test]
    fn no_hint_speaks_of_a_flag_that_some_command_takes() {
        use clap::CommandFactory as _;
        for command in Cli::command().get_subcommands() {
            for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
                let flag = format!("--{flag}");
                if command.get_name() == "run" {
                    assert_eq!(instead(&flag), None, "{flag}");
                }
            }
        }
    }
}
