//! A page of Markdown and its parts, as far as these tests ask for them.

use std::fs;
use std::path::{Path, PathBuf};

/// A page, by its path from the root of the repository.
pub struct Page {
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

/// A fenced block.
pub struct Block<'a> {
    /// Of the fence.
    pub line: usize,
    pub language: &'a str,
    /// What follows the language.
    pub info: &'a str,
    pub text: &'a str,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The README and every page of `docs/`.
pub fn pages() -> Vec<Page> {
    let docs = crate::lab::files_below(&root().join("docs"));
    let docs = docs.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let others = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    others.into_iter().chain(docs).map(|path| Page::read(&path)).collect()
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.canonicalize().expect("it is there").strip_prefix(root()).expect("in the repository").display().to_string();
        Self { name, path: path.to_owned(), text }
    }

    pub fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let mut fences = self.fences().into_iter();
        std::iter::from_fn(move || {
            let (opens, closes) = (fences.next()?, fences.next()?);
            let info = self.text[opens.1..].lines().next().expect("a line").trim_start_matches('`');
            let (language, info) = info.split_once(' ').unwrap_or((info, ""));
            let begins = self.text[opens.1..].find('\n').expect("a fence is a line") + opens.1 + 1;
            Some(Block { line: opens.0, language, info, text: &self.text[begins..closes.1] })
        })
    }

    /// Number and first byte of every line that opens or closes a block.
    fn fences(&self) -> Vec<(usize, usize)> {
        let starts = self.text.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        starts.enumerate().filter(|(_, (_, line))| line.starts_with("```")).map(|(number, (start, _))| (number + 1, start)).collect()
    }

    /// Lines outside blocks.
    fn prose(&self) -> impl Iterator<Item = &str> {
        let mut inside = false;
        self.text.lines().filter(move |line| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
    }

    pub fn inline_code(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    /// Where links and pictures lead.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.prose().flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
    }

    /// What a forge makes of headings.
    pub fn anchors(&self) -> impl Iterator<Item = String> {
        let headings = self.prose().filter_map(|line| line.strip_prefix('#').map(|rest| rest.trim_start_matches('#').trim()));
        headings.map(|heading| {
            let kept = heading.to_lowercase().replace(' ', "-");
            kept.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
        })
    }

    /// Sentences of paragraphs and of items of lists.
    pub fn sentences(&self) -> Vec<String> {
        let mut paragraphs = vec![String::new()];
        for line in self.prose() {
            let begins = line.is_empty() || line.starts_with(['*', '#', '|', '-', '>']) || line.starts_with("1.");
            if begins {
                paragraphs.push(String::new());
            }
            let last = paragraphs.last_mut().expect("one at least");
            if !line.starts_with('|') {
                last.push_str(line);
                last.push(' ');
            }
        }
        paragraphs.iter().flat_map(|paragraph| paragraph.split(". ")).map(str::to_owned).collect()
    }
}
