//! What is published of the data sets that are known by name, as rows of one table.

use super::{DatasetKind, Described, Examples, Format, classes};
use crate::arch::Shape;

/// What is published of a data set.
struct Row {
    format: Format,
    /// Height and width of an image.
    side: usize,
    class_names: &'static [&'static str],
    examples: Examples,
    /// An image and its mirror image are of the same class.
    mirrored: bool,
    /// Where the files are looked for, in this order, when the spec names no folder.
    folders: &'static [&'static str],
    /// What to do when the files are in none of the folders.
    help: &'static str,
}

/// In the order of the variants.
const ROWS: [Row; 4] = [
    Row {
        format: Format::Idx,
        side: 28,
        class_names: &classes::FASHION_MNIST,
        examples: Examples { train: 60_000, test: 10_000 },
        mirrored: true,
        folders: &["data/fashion-mnist", "/usr/share/datasets/fashion-mnist"],
        help: "run `make data`, install the Debian package `dataset-fashion-mnist`, \
               or name the folder of the files in `dataset.path`, seen from the spec",
    },
    Row {
        format: Format::Idx,
        side: 28,
        class_names: &classes::MNIST,
        examples: Examples { train: 60_000, test: 10_000 },
        mirrored: false,
        folders: &["data/mnist", "/usr/share/datasets/mnist"],
        help: "put the four files into `data/mnist`, or name their folder in `dataset.path`, seen from the spec",
    },
    Row {
        format: Format::Cifar10,
        side: 32,
        class_names: &classes::CIFAR_10,
        examples: Examples { train: 50_000, test: 10_000 },
        mirrored: true,
        folders: &["data/cifar-10-batches-bin", "data/cifar-10"],
        help: "unpack the binary version of CIFAR-10 into `data/cifar-10-batches-bin`, or name its folder in `dataset.path`, seen from the spec",
    },
    Row {
        format: Format::Cifar100,
        side: 32,
        class_names: &classes::CIFAR_100,
        examples: Examples { train: 50_000, test: 10_000 },
        mirrored: true,
        folders: &["data/cifar-100-binary", "data/cifar-100"],
        help: "unpack the binary version of CIFAR-100 into `data/cifar-100-binary`, or name its folder in `dataset.path`, seen from the spec",
    },
];

impl DatasetKind {
    const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// What its files hold.
    pub fn described(self) -> Described {
        let Row { format, side, class_names, .. } = *self.row();
        Described {
            name: self.word().to_owned(),
            published: Some(self),
            format,
            shape: Shape { channels: format.channels(), height: side, width: side },
            classes: class_names.len(),
            class_names: class_names.iter().map(ToString::to_string).collect(),
            photos: None,
        }
    }

    /// The images it is published with; a user's own files may hold another number.
    pub const fn examples(self) -> Examples {
        self.row().examples
    }

    /// Whether an image and its mirror image are of the same class.
    pub const fn is_mirrored(self) -> bool {
        self.row().mirrored
    }

    pub(super) const fn folders(self) -> &'static [&'static str] {
        self.row().folders
    }

    pub(super) const fn help(self) -> &'static str {
        self.row().help
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_row() {
        for kind in DatasetKind::ALL {
            assert!(kind.folders()[0].contains(kind.word()), "{kind}");
        }
    }

    #[test]
    fn no_class_is_named_twice() {
        for kind in DatasetKind::ALL {
            let mut names = kind.described().class_names;
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{kind}");
        }
    }
}
