//! Results that are there already, of another search, comparison or study with the same name: nothing of them is lost
//! without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::cli::{Exit, fail, process};
use crate::comparison::{COMPARISON_FILE, CURVES, Comparison, curves_csv};
use crate::digest::Digest;
use crate::files::{self, Entry, FileError};
use crate::report::SUMMARY_FILE;
use crate::report::status::RunStatus;
use crate::study::STUDY_FILE;

/// Curves of a thousand searches are some MiB.
const MAX_BYTES: u64 = 1 << 28;

/// Makes room for the results of `search`, a plan of the file `spec`, in `folder`; gives what there is to say of it. What
/// another search left there at its end is put aside, be it of another spec or of the same one before an edit; what it had
/// not ended is replaced.
pub(super) fn make_way(folder: &Path, spec: &Path, search: Digest) -> Result<Option<String>, Exit> {
    let Ok(Some(before)) = RunStatus::read(folder) else {
        let unknown = is_there(folder, SUMMARY_FILE).then_some("the results of a search that is not known");
        return held(folder).or(unknown).map(|held| told_aside(folder, held)).transpose();
    };
    if before.search == search {
        return Ok(None);
    }
    refuse_running(&before, folder)?;
    let place = folder.display();
    let whose = if Path::new(&before.spec) == spec {
        format!("an earlier version of `{}`", before.spec)
    } else {
        format!("another search, of `{}`", before.spec)
    };
    if !is_there(folder, SUMMARY_FILE) {
        return Ok(Some(format!("`{place}` held the beginning of {whose}; it is replaced")));
    }
    let aside = put_aside(folder).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(Some(format!("`{place}` held results of {whose}; they are now in `{}`", aside.display())))
}

/// Makes room for the files of a comparison in `folder`; gives what there is to say of it. The results of a search are put
/// aside, and those of a comparison of other searches, or of seeds that this one lacks.
pub(super) fn make_way_for_comparison(folder: &Path, comparison: &Comparison) -> Result<Option<String>, Exit> {
    refuse_if_running(folder)?;
    let other = held(folder);
    let curves = folder.join(CURVES);
    if other.is_none() && matches!(files::entry(&curves), Ok(Entry::Nothing)) {
        return Ok(None);
    }
    // What is no such file is of nobody who compared.
    let before = files::read(&curves, MAX_BYTES).unwrap_or_default();
    let searches = files::read(&folder.join(COMPARISON_FILE), MAX_BYTES).ok().and_then(|bytes| searches(&bytes));
    let is_same = searches.is_none_or(|searches| searches.iter().all(|(name, search)| comparison.searches.get(name) == Some(search)));
    if other.is_none() && is_same && searched(&before).is_subset(&searched(&curves_csv(comparison))) {
        return Ok(None);
    }
    told_aside(folder, other.unwrap_or("a comparison of others")).map(Some)
}

/// Another search with this folder must not be running.
fn refuse_running(before: &RunStatus, folder: &Path) -> Result<(), Exit> {
    if !before.state.goes_on() || process::lives(&before.process) != Some(true) {
        return Ok(());
    }
    let (pid, other, place) = (before.process.pid, &before.spec, folder.display());
    let said = format!("process {pid} is running another search called `{}`, of `{other}`, and writes to `{place}`", before.name);
    Err(fail(Exit::Trouble, &format!("{said}\nhelp: wait for it, give one of them another `name`, or choose `--results DIR`")))
}

/// The same of whatever search is there.
pub(super) fn refuse_if_running(folder: &Path) -> Result<(), Exit> {
    RunStatus::read(folder).ok().flatten().map_or(Ok(()), |before| refuse_running(&before, folder))
}

/// Makes room for the files of a study in `folder`; gives what there is to say of it. Those of an earlier study are
/// replaced.
pub(super) fn make_way_for_study(folder: &Path) -> Result<Option<String>, Exit> {
    refuse_if_running(folder)?;
    let comparison = is_there(folder, CURVES).then_some("a comparison");
    held(folder).filter(|held| *held != STUDY).or(comparison).map(|held| told_aside(folder, held)).transpose()
}

const STUDY: &str = "a study";

/// What a folder holds of a search or a study.
fn held(folder: &Path) -> Option<&'static str> {
    if matches!(RunStatus::read(folder), Ok(Some(_))) {
        return Some("the results of a search");
    }
    is_there(folder, STUDY_FILE).then_some(STUDY)
}

/// What cannot be looked at counts as there, so that it is not lost.
fn is_there(folder: &Path, file: &str) -> bool {
    !files::entry(&folder.join(file)).is_ok_and(|entry| entry == Entry::Nothing)
}

/// Puts a folder aside and gives what there is to say of it.
fn told_aside(folder: &Path, held: &str) -> Result<String, Exit> {
    let aside = put_aside(folder).map_err(|error| fail(Exit::Trouble, &error.to_string()))?;
    Ok(format!("`{}` held {held}; it is now in `{}`", folder.display(), aside.display()))
}

/// Contestants and seeds of the curves of a comparison.
fn searched(curves: &[u8]) -> BTreeSet<(String, String)> {
    let mut reader = csv::Reader::from_reader(curves);
    let pair = |record: csv::StringRecord| Some((record.get(0)?.to_owned(), record.get(1)?.to_owned()));
    reader.records().filter_map(|record| pair(record.ok()?)).collect()
}

/// What a comparison was of, where its file says it.
fn searches(comparison: &[u8]) -> Option<BTreeMap<String, Digest>> {
    serde_json::from_slice::<Comparison>(comparison).ok().map(|comparison| comparison.searches).filter(|searches| !searches.is_empty())
}

/// Renames a folder to the first name with a number that is free.
fn put_aside(folder: &Path) -> Result<PathBuf, FileError> {
    let mut number = 1;
    loop {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".{number}"));
        let aside = PathBuf::from(name);
        if files::entry(&aside)? == Entry::Nothing {
            return files::rename(folder, &aside).map(|()| aside);
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_put_aside_replaces_nothing() {
        let lab = tempfile::tempdir().expect("a temporary folder");
        let folder = lab.path().join("a");
        for content in ["first", "second"] {
            files::write(&folder.join("summary.md"), content.as_bytes()).expect("our own folder");
            put_aside(&folder).expect("our own folder");
        }
        let read = |name: &str| files::read(&lab.path().join(name).join("summary.md"), 100).expect("kept");
        assert_eq!((read("a.1"), read("a.2")), (b"first".to_vec(), b"second".to_vec()));
        assert_eq!(files::entry(&folder).expect("look"), Entry::Nothing);
    }
    #[test]
    fn what_cannot_be_looked_at_counts_as_there_and_below_a_file_is_nothing() {
        let lab = tempfile::tempdir().expect("a temporary folder");
        let file = lab.path().join("a");
        files::write(&file, b"a file where a folder is expected").expect("our own folder");
        assert!(!is_there(&file, "summary.md") && !is_there(lab.path(), "summary.md"));
        assert!(is_there(lab.path(), "a") && is_there(lab.path(), &"too-long".repeat(100)));
    }
}
