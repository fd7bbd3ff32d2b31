//! Data sets in their usual places.

use super::machine_report::DataSet;
use crate::dataset::{DatasetKind, Files};

pub(super) fn found() -> Vec<DataSet> {
    let look = |kind: DatasetKind| {
        let (folder, missing) = match Files::find(&kind.described(), None) {
            Ok(files) => (Some(files.folder().to_owned()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        DataSet { name: kind.word(), folder, missing }
    };
    DatasetKind::ALL.into_iter().map(look).collect()
}
