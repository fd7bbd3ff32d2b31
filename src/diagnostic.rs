//! What is wrong or doubtful about a spec, as data: no rendering here, and no positions.
//! A diagnostic names the *path* inside the document; only the renderer turns it into line and column.

use std::fmt;

/// One step into a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Key(String),
    Index(usize),
}

/// A place inside a document, such as `stages[1].rounds`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

impl Path {
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.then(Segment::Key(key.to_owned()))
    }

    /// Below by several keys with dots between them, such as `measured.pi4`.
    #[must_use]
    pub fn keys(&self, dotted: &str) -> Self {
        dotted.split('.').fold(self.clone(), |path, key| path.key(key))
    }

    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.then(Segment::Index(index))
    }

    fn then(&self, step: Segment) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The place that contains this one.
    pub fn parent(&self) -> Option<Self> {
        let (_, steps) = self.0.split_last()?;
        Some(Self(steps.to_vec()))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Segment::Key(key) if position == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// Where a diagnostic points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The value at a path.
    Value(Path),
    /// The key of the entry at a path.
    Key(Path),
    /// A byte of the text: for text that is not YAML at all.
    Byte(usize),
}

/// One fault, with what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable name, such as `spec::unknown-key`.
    pub code: &'static str,
    pub severity: Severity,
    pub place: Place,
    /// A lowercase fragment; literal values in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Collects faults, so that all are reported at once.
#[derive(Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.0.contains(&diagnostic) {
            self.0.push(diagnostic);
        }
    }

    /// Adds an error about the value at `path`.
    pub fn error(&mut self, code: &'static str, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic {
            code,
            severity: Severity::Error,
            place: Place::Value(path.clone()),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    /// Adds a warning about the value at `path`.
    pub fn warning(&mut self, code: &'static str, path: &Path, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic {
            code,
            severity: Severity::Warning,
            place: Place::Value(path.clone()),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}
