//! The README and `docs/` tell the truth: commands print what the pages show, specs are valid, links lead somewhere.

mod commands;
mod console;
mod json;
mod page;
mod reference;

use std::collections::BTreeSet;
use std::fs;

use clap::Parser as _;
use clap::error::ErrorKind;
use epnas::cli::Cli;

use self::page::{Page, pages, root};

/// Languages of blocks. Commands stand in `console`, where they are run.
const LANGUAGES: [&str; 6] = ["console", "yaml", "python", "text", "json", "csv"];

const COLUMNS: usize = 120;
const README_LINES: usize = 150;
const SENTENCE_WORDS: usize = 30;

/// A page that is written from the program.
struct Generated {
    file: &'static str,
    text: fn() -> String,
}

const GENERATED: [Generated; 3] = [
    Generated { file: "docs/spec.md", text: reference::spec },
    Generated { file: "docs/pools.md", text: reference::pools },
    Generated { file: "docs/commands.md", text: commands::text },
];

#[test]
fn generated_pages_are_what_the_program_says() {
    for Generated { file, text } in GENERATED {
        let committed = fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(committed == text(), "{file} is stale: run `cargo test --test main docs::renew -- --ignored`");
    }
}

#[test]
#[ignore = "writes the generated pages anew"]
fn renew() {
    for Generated { file, text } in GENERATED {
        fs::write(root().join(file), text()).expect("writable");
    }
}

#[test]
fn every_command_prints_what_the_page_shows() {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let pages = pages();
        let running: Vec<_> = pages.into_iter().map(|page| scope.spawn(move || console::faults(&page))).collect();
        running.into_iter().flat_map(|page| page.join().expect("no page panics")).collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_command_in_a_sentence_exists() {
    let mut seen = BTreeSet::new();
    for page in pages() {
        for command in page.inline_code().filter(|code| code.starts_with("epnas ")) {
            let parsed = Cli::try_parse_from(command.split_whitespace().map(|word| word.trim_matches('\'')));
            // A sentence may leave out what a command works on.
            let shortened = [ErrorKind::MissingRequiredArgument, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand];
            if let Some(error) = parsed.err().filter(|error| !shortened.contains(&error.kind())) {
                panic!("{}: `{command}`: {error}", page.name);
            }
            seen.extend(command.split_whitespace().nth(1).map(str::to_owned));
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
}

#[test]
fn every_spec_and_every_part_of_one_is_valid() {
    let mut specs = 0;
    for page in pages() {
        for block in page.blocks().filter(|block| block.language == "yaml") {
            if epnas::spec::pools::is_pools(block.text.as_bytes()) {
                assert_eq!(epnas::spec::pools::read(block.text.as_bytes()).faults, [], "{}:{}", page.name, block.line);
                continue;
            }
            let has = |key: &str| block.text.lines().any(|line| line.starts_with(key));
            let name = if has("name:") { "" } else { "name: page\n" };
            let needs_data = !has("dataset:") && !block.text.contains("table:");
            let data = if needs_data { "dataset: {name: mnist}\n" } else { "" };
            let reading = epnas::spec::read(format!("{name}{data}{}", block.text).as_bytes());
            assert!(reading.resolved.is_some() && reading.faults.is_empty(), "{}:{}: {:?}", page.name, block.line, reading.faults);
            specs += 1;
        }
    }
    assert!(specs > 5, "{specs}");
}

#[test]
fn every_block_says_what_it_is_and_python_is_python() {
    for page in pages() {
        for block in page.blocks() {
            assert!(LANGUAGES.contains(&block.language), "{}:{}: `{}`", page.name, block.line, block.language);
            if block.language == "python" {
                let program = format!("compile({:?}, '{}', 'exec')", block.text, page.name);
                let status = std::process::Command::new("python3").args(["-c", &program]).status().expect("python3");
                assert!(status.success(), "{}:{}", page.name, block.line);
            }
        }
    }
}

#[test]
fn every_link_leads_to_a_file() {
    let mut links = 0;
    for page in pages() {
        let folder = page.path.parent().expect("a folder");
        for link in page.links().filter(|link| !link.contains("://")) {
            let (file, section) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.path.clone() } else { folder.join(file) };
            assert!(target.exists(), "{}: {link}", page.name);
            if !section.is_empty() {
                assert!(Page::read(&target).anchors().any(|anchor| anchor == section), "{}: {link}", page.name);
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}

#[test]
fn the_book_and_the_readme_list_every_page() {
    let [book, readme] = ["docs/SUMMARY.md", "README.md"].map(|name| Page::read(&root().join(name)));
    for page in pages().iter().filter(|page| page.name.starts_with("docs/") && page.name != "docs/SUMMARY.md") {
        let name = page.name.trim_start_matches("docs/");
        assert!(book.links().any(|link| link == name), "docs/SUMMARY.md lacks {name}");
        assert!(readme.links().any(|link| link == page.name), "README.md lacks {name}");
    }
}

#[test]
fn lines_and_sentences_are_short() {
    let mut faults = Vec::new();
    for page in pages() {
        let long = page.text.lines().enumerate().filter(|(_, line)| line.chars().count() > COLUMNS);
        faults.extend(long.map(|(number, _)| format!("{}:{} has over {COLUMNS} columns", page.name, number + 1)));
        if page.name == "README.md" {
            let lines = page.text.lines().count();
            faults.extend((lines > README_LINES).then(|| format!("README.md has {lines} lines")));
            let long = page.sentences().into_iter().filter(|sentence| sentence.split_whitespace().count() > SENTENCE_WORDS);
            faults.extend(long.map(|sentence| format!("README.md: over {SENTENCE_WORDS} words: {sentence}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_commands_of_make_are_there() {
    let makefile = fs::read_to_string(root().join("Makefile")).expect("readable");
    for page in pages() {
        let in_blocks = page.blocks().filter(|block| block.language == "console").flat_map(|block| console::commands(block.text));
        let commands: Vec<String> = page.inline_code().map(str::to_owned).chain(in_blocks.map(|(command, _)| command)).collect();
        for target in commands.iter().filter_map(|command| command.strip_prefix("make ")?.split_whitespace().next()) {
            assert!(makefile.contains(&format!("\n{target}:")), "{}: make {target}", page.name);
        }
    }
}
