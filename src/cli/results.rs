//! Where the results of runs are, and which folder a name means there.

use std::path::{Path, PathBuf};

use super::paths::{RESULTS, folder};
use super::{Exit, fail};
use crate::cause::{EarlierTasks, SavedCauses};
use crate::comparison::COMPARISON_FILE;
use crate::export::FILE;
use crate::files;
use crate::report::SUMMARY_FILE;
use crate::report::status::STATUS_FILE;

/// Folder of all results.
#[derive(Debug, clap::Args)]
pub(super) struct ResultsArgument {
    /// Folder of all results, with one folder per spec name.
    #[arg(id = "results", long = "results", default_value = RESULTS.default, env = RESULTS.variable, value_name = "DIR")]
    #[arg(value_parser = folder(RESULTS))]
    pub folder: PathBuf,
}

impl ResultsArgument {
    /// The folder of the run or comparison of this name.
    pub(super) fn of(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The search of this name that has run last, as what an edited one is compared with.
    pub(super) fn earlier(&self, name: &str) -> EarlierTasks {
        SavedCauses::read(&self.of(name)).unwrap_or_default().earlier()
    }

    /// The same, made and tried.
    pub(super) fn create(&self, name: &str) -> Result<PathBuf, Exit> {
        let folder = self.of(name);
        files::create_folder(&folder).and_then(|()| files::check_writable(&folder)).map_err(|error| {
            fail(
                Exit::Trouble,
                &format!("the folder of the results cannot be used: {error}\nhelp: choose another one with `--results DIR`"),
            )
        })?;
        Ok(folder)
    }

    /// What is given, or the folder of results that it names by its name alone. A folder of images may have the name of a
    /// search of them.
    pub(super) fn given_or_named(&self, given: &Path) -> PathBuf {
        let folder = self.folder.join(given);
        let holds_results =
            |folder: &Path| [STATUS_FILE, SUMMARY_FILE, COMPARISON_FILE, FILE].iter().any(|file| folder.join(file).exists());
        let is_other = given.is_file() || holds_results(given);
        let is_named = given.components().count() == 1 && !is_other && (holds_results(&folder) || !given.exists() && folder.is_dir());
        if is_named { folder } else { given.to_owned() }
    }
}
