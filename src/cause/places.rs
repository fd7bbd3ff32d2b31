//! Where in the spec a parameter of a task is said.

use crate::diagnostic::Path;
use crate::objective::Side;
use crate::spec::{ResolvedSpec, Source, origin};

/// Whether the parameter at `path` of a task is worked out from the seed of the search.
pub(super) fn follows_from_seed<S: AsRef<str>>(path: &[S]) -> bool {
    let has = |name: &str| path.iter().any(|step| step.as_ref() == name);
    path.last().is_some_and(|last| last.as_ref() == "seed") && !has("recipe") && !has("dataset")
}

/// Networks that a sample is given by the spec: values that nobody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GivenNetworks {
    Start,
    References,
}

impl GivenNetworks {
    /// Which of them the parameter at `path` is part of.
    pub(super) fn holding(path: &[String]) -> Option<Self> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path[..] {
            ["parameters", "sample", "from", "start", ..] => Some(Self::Start),
            ["parameters", "sample", "besides", ..] => Some(Self::References),
            _ => None,
        }
    }
}

/// A spec with its text.
pub struct Places<'a> {
    pub spec: &'a ResolvedSpec,
    pub source: &'a Source,
    /// What the text is called.
    pub file: String,
}

impl Places<'_> {
    /// The place of what differs at `path` of a task's fingerprint; `stage` is that of the task.
    pub fn of(&self, path: &[String], stage: usize) -> Option<String> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let ["parameters", path @ ..] = &path[..] else { return None };
        let constraint = |index: usize| {
            let constraint = self.spec.constraints.get(index)?;
            let side = if constraint.side == Side::Max { "max" } else { "min" };
            Some((constraint.cost.word().to_owned(), side.to_owned()))
        };
        if follows_from_seed(path) {
            let place = if self.source.says(&Path::root().key("seed")) { self.at(&Path::root().key("seed")) + " " } else { String::new() };
            return Some(format!("{place}follows from `seed`, the stage and the round"));
        }
        let stage = (stage < self.spec.stages.len()).then_some(stage);
        let fields = origin::fields(path, stage, &constraint);
        self.field(&fields)
    }

    /// The place of the seed of the search.
    pub(super) fn seed(&self) -> Option<String> {
        self.field(&[Path::root().key("seed")])
    }

    /// The place of the images.
    pub(super) fn images(&self) -> Option<String> {
        Some(format!("the images of {}", self.field(&[Path::root().key("dataset")])?))
    }

    /// The places of all that decides `networks`: which of these fields was edited is not recorded.
    pub(super) fn given(&self, networks: GivenNetworks) -> Option<String> {
        let root = Path::root();
        let space = self.field(&[root.key("space")])?;
        Some(match networks {
            GivenNetworks::Start => format!("the start network by {space}"),
            GivenNetworks::References => {
                let [limits, references] = [self.field(&[root.key("constraints")])?, self.field(&[root.key("references")])?];
                format!("the references by {space}, {limits} and {references}")
            }
        })
    }

    /// Of several fields that could say something, the one that does.
    fn field(&self, fields: &[Path]) -> Option<String> {
        let (field, said) = origin::written(self.source, fields)?;
        Some(if said { format!("{} `{field}`", self.at(field)) } else { format!("the default of `{field}`") })
    }

    fn at(&self, field: &Path) -> String {
        let (line, column) = self.source.place(field);
        format!("{}:{line}:{column}", self.file)
    }
}
