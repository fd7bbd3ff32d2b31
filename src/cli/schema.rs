//! `epnas schema`: writes the JSON schema of specs, for editors.

use std::path::{Path, PathBuf};

use crate::files::{self, FileError};
use crate::spec::load;

/// The name of the file that is written.
pub const FILE: &str = "spec.schema.json";

/// Writes the schema into `folder` and says where.
pub fn write_schema(folder: &Path) -> Result<PathBuf, FileError> {
    let path = folder.join(FILE);
    files::write(&path, text().as_bytes())?;
    Ok(path)
}

/// The schema, indented, with a newline at the end.
pub fn text() -> String {
    let schema = load::schema();
    format!("{schema:#}\n")
}
