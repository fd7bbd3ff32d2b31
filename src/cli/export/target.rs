//! The folder that an export is written to: made aside, and given its name when it is proven.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::ExportError;
use crate::export::{CONFIG, Folder, Found, describes};
use crate::files::{self, Entry, FileError, UNFINISHED};

pub(super) struct Target {
    path: PathBuf,
    /// The configuration of the export that is there, if one is.
    there: Option<Value>,
}

/// What an export may hold beside the files of [`Folder`].
const LEFT_BY_PYTHON: &str = "__pycache__";

impl Target {
    /// Refuses a folder that holds what no export wrote.
    pub(super) fn new(path: &Path) -> Result<Self, ExportError> {
        let refuse = |why: String| {
            let help = "name a folder that is not there yet with `--out DIR`, or empty this one";
            Err(ExportError::Usage(format!("`{}` is not written over: {why}\nhelp: {help}", path.display())))
        };
        let there = match files::entry(path)? {
            Entry::Nothing => None,
            Entry::Folder => {
                let held: Vec<String> =
                    files::list(path)?.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
                let config = files::read(&path.join(CONFIG), 1 << 24).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
                let config = config.filter(|config| config["epnas"].is_object());
                let foreign = held.iter().find(|name| config.is_none() || !Folder::has(name) && *name != LEFT_BY_PYTHON);
                if let Some(name) = foreign {
                    return refuse(format!("it holds `{name}`, which no export wrote"));
                }
                config
            }
            _ => return refuse("it is no folder".to_owned()),
        };
        Ok(Self { path: path.to_owned(), there })
    }

    /// Whether this very network lies there, written by this version, with the names and figures that it has now.
    pub(super) fn holds(&self, found: &Found) -> bool {
        self.there.as_ref().is_some_and(|config| describes(config, found))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder beside it, in which the export is made.
    pub(super) fn begin(self) -> Result<Making, FileError> {
        let path = std::path::absolute(&self.path).unwrap_or(self.path);
        let beside = path.parent().unwrap_or(Path::new("/"));
        files::create_folder(beside)?;
        let aside = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempdir_in(beside)
            .map_err(|source| FileError::new("write to the folder", beside, source))?;
        let folder = aside.path().join("export");
        files::create_folder(&folder)?;
        Ok(Making { aside, folder, path })
    }
}

/// An export that nobody sees yet; gone where it is not finished.
pub(super) struct Making {
    aside: TempDir,
    pub folder: PathBuf,
    path: PathBuf,
}

impl Making {
    pub(super) fn write(&self, folder: &Folder) -> Result<(), FileError> {
        folder.0.iter().try_for_each(|(name, bytes)| files::write_unflushed(&self.folder.join(name), bytes))
    }

    /// Gives it its name, in place of an earlier export.
    pub(super) fn finish(self) -> Result<(), FileError> {
        files::rename(&self.path, &self.aside.path().join("before"))?;
        files::rename(&self.folder, &self.path)
    }
}
