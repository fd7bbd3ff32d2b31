//! No circles inside the rooms: of the modules that lie in one folder, none names itself by way of the others.
//!
//! A module is a file or a folder. What it names is found from its `use` paths and from paths in its code, and followed
//! through `pub use` to where it is defined. The `mod.rs` of a folder stands for the folder: it may name all of its
//! modules, and they may name what it defines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::lab::files_below;

/// Names of modules from the root of the sources down.
type Module = Vec<String>;

/// The sources of a program.
#[derive(Default)]
struct Sources {
    /// The code of each file, without comments and tests.
    code: BTreeMap<Module, String>,
    /// Where the names come from that a module has by `use`.
    aliases: BTreeMap<Module, BTreeMap<String, Module>>,
    /// Files that are compiled for tests only.
    tests: BTreeSet<Module>,
}

impl Sources {
    fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut sources = Self::default();
        for (name, text) in files {
            let mut module: Module = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            module.pop_if(|last| last == "mod");
            let declared = text.split("#[cfg(test)]").skip(1).filter_map(|rest| rest.split_once("mod ")?.1.split_once(';'));
            let names = declared.map(|(name, _)| name).filter(|name| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_'));
            sources.tests.extend(names.map(|name| [&module[..], &[name.to_owned()]].concat()));
            sources.code.insert(module, code(text));
        }
        let modules: Vec<Module> = sources.code.keys().cloned().collect();
        for module in modules {
            let uses = uses(&sources.code[&module]).into_iter().filter_map(|path| {
                let (path, alias) = path.split_once(" as ").map_or((&*path, None), |(path, alias)| (path, Some(alias)));
                let path = sources.absolute(&module, path.trim_end_matches("::self"))?;
                Some((alias.map_or_else(|| path.last().cloned().unwrap_or_default(), str::to_owned), path))
            });
            let uses = uses.collect();
            sources.aliases.insert(module, uses);
        }
        sources
    }

    fn is_module(&self, path: &[String]) -> bool {
        self.code.keys().any(|module| module.starts_with(path))
    }

    fn is_for_tests(&self, module: &Module) -> bool {
        self.tests.iter().any(|test| module.starts_with(test))
    }

    /// A path as it stands in a module, from the root; `None` if it leads out of the program.
    fn absolute(&self, module: &Module, path: &str) -> Option<Module> {
        let names: Module = path.split("::").map(|name| name.trim().to_owned()).collect();
        let above = names.iter().take_while(|name| *name == "super").count();
        match names[0].as_str() {
            "crate" | "epnas" => Some(names[1..].to_vec()),
            "self" => Some([&module[..], &names[1..]].concat()),
            "super" => Some([module.get(..module.len().checked_sub(above)?)?, &names[above..]].concat()),
            first => {
                let child = [&module[..], &[first.to_owned()]].concat();
                self.is_module(&child).then(|| [&module[..], &names[..]].concat())
            }
        }
    }

    /// The module that defines what a path from the root names.
    fn definition(&self, path: &[String], steps: usize) -> Module {
        let length = (0..=path.len()).rev().find(|&length| self.is_module(&path[..length])).unwrap_or(0);
        let (module, rest) = path.split_at(length);
        let alias = rest.first().and_then(|name| self.aliases.get(module)?.get(name));
        match alias.filter(|alias| steps > 0 && alias[..] != path[..=length]) {
            Some(alias) => self.definition(&[alias, &rest[1..]].concat(), steps - 1),
            None => module.to_vec(),
        }
    }

    /// In each folder, what its modules name of each other.
    fn edges(&self) -> BTreeMap<Module, BTreeSet<(String, String)>> {
        let mut edges: BTreeMap<Module, BTreeSet<(String, String)>> = BTreeMap::new();
        for (module, code) in self.code.iter().filter(|(module, _)| !self.is_for_tests(module)) {
            let named = uses(code).into_iter().chain(paths(code)).filter_map(|path| self.absolute(module, &path));
            for other in named.map(|path| self.definition(&path, 8)).filter(|other| !self.is_for_tests(other)) {
                let shared = module.iter().zip(&other).take_while(|(a, b)| a == b).count();
                if let (Some(from), Some(to)) = (module.get(shared), other.get(shared)) {
                    edges.entry(module[..shared].to_vec()).or_default().insert((from.clone(), to.clone()));
                }
            }
        }
        edges
    }

    /// The modules of each circle, after the folder they lie in.
    fn circles(&self) -> BTreeSet<String> {
        let mut circles = BTreeSet::new();
        for (folder, edges) in self.edges() {
            for (name, _) in &edges {
                let mut circle = reached(name, &edges);
                circle.retain(|other| reached(other, &edges).contains(name));
                if !circle.is_empty() {
                    circles.insert(format!("{}: {}", folder.join("/"), circle.into_iter().collect::<Vec<_>>().join(" ")));
                }
            }
        }
        circles
    }
}

/// All that lies behind `start`; itself where there is a way back.
fn reached(start: &str, edges: &BTreeSet<(String, String)>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(next) = open.pop() {
        let behind = edges.iter().filter(|(from, _)| from == next).map(|(_, to)| to);
        open.extend(behind.filter(|to| reached.insert((*to).clone())).map(String::as_str));
    }
    reached
}

/// A text without comments and the tests at its end.
pub fn code(text: &str) -> String {
    let tests = text.match_indices("#[cfg(test)]\n").map(|(start, _)| start);
    let is_block = |start: &usize| text[*start..].lines().nth(1).is_some_and(|line| line.ends_with("mod tests {"));
    let end = tests.into_iter().find(is_block).unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// What stands in the `use` declarations: `use a::{b, c::{d, e as f}};` gives `a::b`, `a::c::d` and `a::c::e as f`.
fn uses(code: &str) -> Vec<String> {
    let starts = code.match_indices("use ").map(|(start, word)| (&code[..start], &code[start + word.len()..]));
    let is_first = |before: &str| before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty() || line.trim().starts_with("pub"));
    let declarations = starts.filter(|(before, _)| is_first(before)).filter_map(|(_, rest)| rest.split_once(';'));
    declarations.flat_map(|(tree, _)| expand(tree)).collect()
}

fn expand(tree: &str) -> Vec<String> {
    let Some((stem, inner)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let mut depth = 0;
    let branches = inner.split(|letter| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ',' && depth == 0
    });
    let branches = branches.filter(|branch| !branch.trim().is_empty());
    branches.flat_map(|branch| expand(&format!("{}{}", stem.trim(), branch.trim()))).collect()
}

/// The paths in code, such as `super::colours::RED`.
fn paths(code: &str) -> Vec<String> {
    let words = code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'));
    words.filter(|word| word.contains("::") && !word.starts_with(':')).map(|word| word.trim_end_matches(':').to_owned()).collect()
}

#[test]
fn the_modules_of_a_room_name_each_other_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = |path: &Path| path.display().to_string().split_once("src/").expect("sources").1.to_owned();
    let files = ["core/src", "src"].into_iter().flat_map(|folder| files_below(&root.join(folder)));
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let files: Vec<(String, String)> = files
        .map(|path| (name(path.strip_prefix(root).expect("below the root")), std::fs::read_to_string(&path).expect("readable")))
        .collect();
    let sources =
        Sources::of(files.iter().map(|(name, text)| (&**name, &**text)).filter(|(name, _)| !["lib.rs", "main.rs"].contains(name)));
    assert!(sources.circles().is_empty(), "{:#?}", sources.circles());
}

#[test]
fn a_circle_is_found_wherever_it_passes() {
    let circles = |files: &[(&str, &str)]| Sources::of(files.iter().copied()).circles().into_iter().collect::<Vec<_>>();
    let none = Vec::<String>::new();
    let room = ("a/mod.rs", "mod b;\nmod c;\npub use b::B;\nfn all() { c::run(); }");
    let user = ("a/c.rs", "use super::{\n    B,\n};\npub fn run() {}");
    assert_eq!(circles(&[room, user, ("a/b.rs", "pub struct B;")]), none);
    assert_eq!(circles(&[room, user, ("a/b.rs", "pub struct B;\nfn f() { super::c::run() }")]), ["a: b c"]);
    assert_eq!(circles(&[room, user, ("a/b.rs", "use std::fmt;\nuse super::c;\npub struct B;")]), ["a: b c"]);
    let in_tests = "pub struct B;\n// super::c::run()\n#[cfg(test)]\nmod tests {\n    use super::super::c::run;\n}";
    assert_eq!(circles(&[room, user, ("a/b.rs", in_tests)]), none);
    let folder = [("a/b/mod.rs", "mod d;"), ("a/b/d.rs", "use crate::a::c::run as go;")];
    assert_eq!(circles(&[room, ("a/c.rs", "use super::b::B as C;"), folder[0], folder[1]]), ["a: b c"]);
    let three = [("a/c.rs", "#[cfg(test)]\nmod b;\nuse super::d;"), ("a/d.rs", "use super::e;"), ("a/e.rs", "use super::c;")];
    assert_eq!(circles(&[room, three[0], three[1], three[2]]), ["a: c d e"]);
}
