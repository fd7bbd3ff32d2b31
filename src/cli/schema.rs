//! temp
use std::path::Path;
pub fn schema(_: &Path) -> super::Exit {
    super::Exit::Done
}
