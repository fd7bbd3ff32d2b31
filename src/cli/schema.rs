//! `epnas schema`: writes the JSON schemas of specs and of pools, for editors.

use std::path::{Path, PathBuf};

use crate::files::{self, FileError};
use crate::spec::{load, pools};

/// The name of the file that is written.
pub const FILE: &str = "spec.schema.json";

/// The same for pools.
pub const POOLS_FILE: &str = "pools.schema.json";

/// Writes the schemas into `folder` and says where.
pub fn write_schemas(folder: &Path) -> Result<[PathBuf; 2], FileError> {
    let paths = [folder.join(FILE), folder.join(POOLS_FILE)];
    for (path, text) in paths.iter().zip([text(), pools_text()]) {
        files::write(path, text.as_bytes())?;
    }
    Ok(paths)
}

/// The schema of pools, indented, with a newline at the end.
pub fn pools_text() -> String {
    format!("{:#}\n", pools::schema())
}

/// The schema, indented, with a newline at the end.
pub fn text() -> String {
    let schema = load::schema();
    format!("{schema:#}\n")
}
