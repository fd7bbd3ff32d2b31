//! Which files a data set consists of, and in which folder they lie.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::photos::PhotosError;
use super::{DatasetError, DatasetKind, Described, Format, Images, Looked, Part, Source, There, cifar, idx};
use crate::files::{self, Disguise, FileError};

/// All files of a data set, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    described: Described,
    folder: PathBuf,
    train: PartFiles,
    test: PartFiles,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PartFiles {
    Idx { images: PathBuf, labels: PathBuf },
    Cifar(Vec<PathBuf>),
}

impl Files {
    /// Looks in `folder`, or in the usual folders of this data set, for a complete set of files.
    pub fn find(described: &Described, folder: Option<&Path>) -> Result<Self, DatasetError> {
        let usual = described.published.map_or(&[][..], DatasetKind::folders).iter().map(Path::new);
        let folders: Vec<&Path> = folder.map_or_else(|| usual.collect(), |folder| vec![folder]);
        let mut looked = Vec::new();
        for folder in folders {
            match Self::look(described, folder)? {
                Ok(files) => return Ok(files),
                Err(missing) => {
                    let there = there(described, folder);
                    let missing = if matches!(there, There::Folder { .. }) { missing } else { Vec::new() };
                    looked.push(Looked { folder: folder.to_owned(), missing, there });
                }
            }
        }
        Err(DatasetError::Missing { described: Box::new(described.clone()), looked, given: folder.is_some() })
    }

    /// The folder the files were found in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads, checks and decodes one part.
    pub fn load(&self, part: Part) -> Result<Images, DatasetError> {
        match self.part(part) {
            PartFiles::Idx { images, labels } => idx::load(&self.described, images, labels),
            PartFiles::Cifar(batches) => cifar::load(&self.described, batches),
        }
    }

    /// What tells the files of one part from those they were and will be.
    pub fn source(&self, part: Part) -> Result<Source, FileError> {
        let files: Vec<&Path> = match self.part(part) {
            PartFiles::Idx { images, labels } => vec![images, labels],
            PartFiles::Cifar(batches) => batches.iter().map(PathBuf::as_path).collect(),
        };
        Source::of(&self.described, part, &files)
    }

    const fn part(&self, part: Part) -> &PartFiles {
        match part {
            Part::Train => &self.train,
            Part::Test => &self.test,
        }
    }

    /// The files in this folder, or those it lacks.
    fn look(described: &Described, folder: &Path) -> Result<Result<Self, Vec<String>>, DatasetError> {
        if described.format == Format::Photos {
            // Whoever prepared them keeps them in the cache.
            return Err(PhotosError::Gone(folder.to_owned()).into());
        }
        let mut missing = Vec::new();
        // The first of several names.
        let mut find = |names: &[String]| -> Result<PathBuf, FileError> {
            for variant in names.iter().flat_map(|name| [name.clone(), dotted(name)]) {
                for path in [folder.join(&variant), folder.join(variant + ".gz")] {
                    if is_file(&path)? {
                        return Ok(path);
                    }
                }
            }
            missing.extend(names.first().cloned());
            Ok(PathBuf::new())
        };
        let (train, test) = match described.format {
            Format::Idx => {
                let prefix = &if described.published.is_some() { String::new() } else { prefix(folder)? };
                let mut part = |words: &[&str]| -> Result<PartFiles, FileError> {
                    let mut of = |kinds: &[&str]| {
                        let names = words.iter().flat_map(|word| kinds.iter().map(move |kind| format!("{prefix}{word}-{kind}")));
                        find(&names.collect::<Vec<_>>())
                    };
                    let images = of(&["images-idx3-ubyte"])?;
                    Ok(PartFiles::Idx { images, labels: of(&["labels-idx1-ubyte", "labels-idx1-int", "labels-idx2-int"])? })
                };
                (part(&["train"])?, part(&["t10k", "test"])?)
            }
            Format::Cifar10 => {
                let batches = (1..=5).map(|batch| find(&[format!("data_batch_{batch}.bin")])).collect::<Result<_, _>>()?;
                (PartFiles::Cifar(batches), PartFiles::Cifar(vec![find(&["test_batch.bin".to_owned()])?]))
            }
            Format::Cifar100 | Format::Photos => {
                let mut part = |name: &str| Ok::<_, FileError>(PartFiles::Cifar(vec![find(&[name.to_owned()])?]));
                (part("train.bin")?, part("test.bin")?)
            }
        };
        if missing.is_empty() {
            return Ok(Ok(Self { described: described.clone(), folder: folder.to_owned(), train, test }));
        }
        Ok(Err(missing))
    }
}

/// What stands before `train-images-idx3-ubyte` in a folder, such as `emnist-letters-`; nothing where no such file is.
fn prefix(folder: &Path) -> Result<String, DatasetError> {
    let ends = ["train-images-idx3-ubyte", "train-images.idx3-ubyte"];
    let mut prefixes = BTreeSet::new();
    for entry in files::list(folder).unwrap_or_default() {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        prefixes.extend(ends.iter().find_map(|end| name.strip_suffix(end)).map(str::to_owned));
    }
    if prefixes.len() > 1 {
        return Err(DatasetError::Several { folder: folder.to_owned(), prefixes: prefixes.into_iter().collect() });
    }
    Ok(prefixes.into_iter().next().unwrap_or_default())
}

/// The most names of a folder that are told.
const NAMED: usize = 6;
/// The most folders that are looked into below one that lacks files.
const MOST_BELOW: usize = 50;

/// What lies where the files are not; what cannot be looked at counts as nothing.
fn there(described: &Described, path: &Path) -> There {
    if path.is_file() {
        let mut start = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(512).read_to_end(&mut start));
        return There::File(read.ok().and_then(|_| Disguise::of(&start)));
    }
    let Ok(entries) = files::list(path) else { return There::Nothing };
    let name = |entry: &PathBuf| entry.file_name().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = entries.iter().filter_map(name).take(NAMED).collect();
    let folders = |entries: &[PathBuf]| entries.iter().filter(|entry| entry.is_dir()).take(MOST_BELOW).cloned().collect::<Vec<_>>();
    let below = folders(&entries);
    let deeper = below.iter().flat_map(|folder| folders(&files::list(folder).unwrap_or_default())).take(MOST_BELOW).collect::<Vec<_>>();
    let complete = below.iter().chain(&deeper).find(|folder| matches!(Files::look(described, folder), Ok(Ok(_)))).cloned();
    There::Folder { more: entries.len() - names.len(), names, complete }
}

/// The other spelling in use: `train-images.idx3-ubyte`.
fn dotted(name: &str) -> String {
    name.replace("-idx", ".idx")
}

fn is_file(path: &Path) -> Result<bool, FileError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.is_file()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(FileError::new("look at", path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in names {
            fs::write(folder.path().join(name), b"").expect("an empty file");
        }
        folder
    }

    #[test]
    fn every_spelling_is_found_and_plain_files_come_first() {
        let names = ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte"];
        let folder = folder_with(&[&names[..], &["t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]].concat());
        let files = Files::find(&DatasetKind::Mnist.described(), Some(folder.path())).expect("complete");
        assert_eq!(files.folder(), folder.path());
        let path = |name| folder.path().join(name);
        assert_eq!(files.train, PartFiles::Idx { images: path(names[0]), labels: path(names[2]) });
        let test = PartFiles::Idx { images: path("t10k-images.idx3-ubyte.gz"), labels: path("t10k-labels-idx1-ubyte.gz") };
        assert_eq!(files.test, test);
    }

    /// The names of EMNIST and QMNIST.
    #[test]
    fn files_of_ones_own_may_have_a_prefix_and_other_names() {
        let own = Described { name: "letters".into(), published: None, ..DatasetKind::Mnist.described() };
        let names = ["l-train-images-idx3-ubyte.gz", "l-train-labels-idx2-int.gz", "l-test-images-idx3-ubyte", "l-test-labels-idx1-ubyte"];
        let folder = folder_with(&names);
        let files = Files::find(&own, Some(folder.path())).expect("complete");
        let path = |index: usize| folder.path().join(names[index]);
        assert_eq!(files.train, PartFiles::Idx { images: path(0), labels: path(1) });
        assert_eq!(files.test, PartFiles::Idx { images: path(2), labels: path(3) });
        assert!(Files::find(&DatasetKind::Mnist.described(), Some(folder.path())).is_err(), "MNIST has its own names");
        fs::remove_file(path(3)).expect("our own file");
        let error = Files::find(&own, Some(folder.path())).expect_err("incomplete").to_string();
        assert!(error.contains("the files of `letters` are not found") && error.contains("no `l-t10k-labels-idx1-ubyte`;"), "{error}");
        fs::write(folder.path().join("d-train-images.idx3-ubyte"), b"").expect("an empty file");
        let error = Files::find(&own, Some(folder.path())).expect_err("which of them?").to_string();
        assert!(error.contains("files of several data sets: `d-…`, `l-…`\nhelp: put the files of one"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named_with_every_folder_and_what_to_do() {
        let folder = folder_with(&["data_batch_1.bin", "data_batch_2.bin", "data_batch_4.bin", "data_batch_5.bin.gz"]);
        let error = Files::find(&DatasetKind::Cifar10.described(), Some(folder.path())).expect_err("incomplete");
        let expected = format!(
            "the files of `cifar-10` are not found\n  `{0}`: no `data_batch_3.bin`, `test_batch.bin`; there are `data_batch_1.bin`, \
             `data_batch_2.bin`, `data_batch_4.bin`, `data_batch_5.bin.gz`\n\
             help: put the files of `cifar-10` into `{0}`, or name another folder in `dataset.path`, seen from the spec",
            folder.path().display()
        );
        assert_eq!(error.to_string(), expected);

        let there = There::Folder { names: vec!["c".into()], more: 2, complete: None };
        let looked = vec![
            Looked { folder: "data/fashion-mnist".into(), missing: Vec::new(), there: There::Nothing },
            Looked { folder: "/usr/share/datasets/fashion-mnist".into(), missing: vec!["a".into(), "b".into()], there },
        ];
        let error = DatasetError::Missing { described: Box::new(DatasetKind::FashionMnist.described()), looked, given: false };
        let expected = "the files of `fashion-mnist` are not found\n  `data/fashion-mnist`: no such folder\n  \
                        `/usr/share/datasets/fashion-mnist`: no `a`, `b`; there are `c` and 2 more\n\
                        help: run `make data`, install the Debian package `dataset-fashion-mnist`, \
                        or name the folder of the files in `dataset.path`, seen from the spec";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_lies_in_place_of_a_folder_is_named() {
        let folder = folder_with(&["file"]);
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        fs::write(folder.path().join("mnist.tar"), tar).expect("a small file");
        for name in ["train.bin", "test.bin"] {
            fs::create_dir_all(folder.path().join("a/cifar-100")).expect("our own folder");
            fs::write(folder.path().join("a/cifar-100").join(name), b"").expect("an empty file");
        }
        for (name, expected) in [
            (
                "file",
                "`folder/file`: a file, and a folder is expected\nhelp: name the folder of the files in `dataset.path`, not one of them",
            ),
            ("mnist.tar", "a file is no folder; it is a tar archive\nhelp: unpack it with `tar xf`, and name the folder"),
            ("none", "`folder/none`: no such folder\nhelp: put the files of `cifar-100` into `folder/none`, or name another"),
            (
                "",
                "no `train.bin`, `test.bin`; there are `a`, `file`, `mnist.tar`\nhelp: name the folder `folder/a/cifar-100`: the files are",
            ),
            ("a/cifar-100/..", "there are `cifar-100`\nhelp: name the folder"),
        ] {
            let path = if name.is_empty() { folder.path().to_owned() } else { folder.path().join(name) };
            let error = Files::find(&DatasetKind::Cifar100.described(), Some(&path)).expect_err("no files").to_string();
            let said = error.replace(&folder.path().display().to_string(), "folder");
            assert!(said.contains(expected), "{said}");
        }
    }
}
