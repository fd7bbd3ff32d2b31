//! The data of a run in memory: read when a task first asks, checked to be what the task was planned with. Images come from
//! the cache where they were decoded before, so that the workers of a machine share them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::cache::Cache;
use crate::dataset::{DatasetError, Described, Files, Images, Part};
use crate::digest::Digest;
use crate::engine::TaskFailure;
use crate::plan::DataDigests;
use crate::spec::{Dataset, Subject};
use crate::table::{Layout, Table};
use crate::task::DataStore;

/// Where data lie and what they must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataPlace {
    Images { described: Described, folder: Option<PathBuf>, train: Digest, test: Digest },
    Table { path: PathBuf, layout: Box<Layout>, search: Digest, whole: Digest },
}

impl DataPlace {
    pub fn new(subject: &Subject, DataDigests { search, last }: DataDigests) -> Self {
        match subject {
            Subject::Images { dataset: Dataset { described, path, .. }, .. } => {
                Self::Images { described: described.clone(), folder: path.clone(), train: search, test: last }
            }
            Subject::Table { path, layout } => Self::Table { path: path.clone(), layout: Box::new(layout.clone()), search, whole: last },
        }
    }

    /// The same at another path.
    #[must_use]
    pub(super) fn at(mut self, place: &Path) -> Self {
        match &mut self {
            Self::Images { folder, .. } => *folder = Some(place.to_owned()),
            Self::Table { path, .. } => place.clone_into(path),
        }
        self
    }

    /// The same with absolute paths.
    pub(super) fn absolute(mut self) -> Self {
        match &mut self {
            Self::Images { folder, .. } => *folder = folder.as_deref().map(absolute),
            Self::Table { path, .. } => *path = absolute(path),
        }
        self
    }
}

/// A path that means the same in every process of the machine.
pub(super) fn absolute(path: &Path) -> PathBuf {
    // It fails where the current folder is gone, and then nothing below it can be read either.
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Asks somebody else for images in their stored form, by their digest, which is verified; or says why there are none.
pub(super) type Fetch = Rc<dyn Fn(Digest) -> Result<Vec<u8>, String>>;

/// Data by digest.
#[derive(Default)]
pub struct Store {
    place: Option<DataPlace>,
    /// Folder of the cache with decoded images.
    cache: Option<PathBuf>,
    /// In full size, and made smaller.
    images: BTreeMap<(Digest, Option<usize>), Images>,
    table: Option<Arc<Table>>,
    /// Where images come from that are not at the place.
    fetch: Option<Fetch>,
    /// Hears that the task waits for what another worker makes.
    waits: Option<Rc<dyn Fn()>>,
}

impl Store {
    /// A store at a place, with the table where it was read already.
    pub fn new(place: DataPlace, table: Option<Arc<Table>>) -> Self {
        Self { place: Some(place), cache: None, images: BTreeMap::new(), table, fetch: None, waits: None }
    }

    /// Says where data lie from now on, in which folder those that were decoded are kept, who has those that are missing, and
    /// who hears that a task waits for what another worker makes.
    pub(super) fn place(&mut self, place: DataPlace, cache: &Path, fetch: Option<Fetch>, waits: Rc<dyn Fn()>) {
        if self.place.as_ref() != Some(&place) {
            *self = Self::new(place, None);
        }
        if self.cache.as_deref() != Some(cache) {
            self.cache = Some(cache.to_owned());
        }
        self.fetch = fetch;
        self.waits = Some(waits);
    }

    fn load(&self, digest: Digest) -> Result<Images, String> {
        let Some(DataPlace::Images { described, folder, train, test }) = &self.place else {
            return Err("no data set was named".to_owned());
        };
        let part = if digest == *train {
            Part::Train
        } else if digest == *test {
            Part::Test
        } else {
            return Err(format!("no images with digest {} are at hand", digest.short()));
        };
        let decode = || Files::find(described, folder.as_deref())?.load(part);
        let cache = self.open_cache();
        let keep = |decode: &dyn Fn() -> Result<Images, DatasetError>| match &cache {
            Some(cache) => cache.images(&digest, decode),
            None => decode().map(|images| Some(images).filter(|images| images.digest() == digest)),
        };
        let images = keep(&decode);
        if let (Ok(None) | Err(_), Some(fetch)) = (&images, &self.fetch) {
            let stored = fetch(digest)?.into();
            let fetched = Images::from_stored(&stored)?;
            // From a file that is mapped, where it can be written: the workers of a node share it.
            let again = || Images::from_stored(&stored).map_err(sent_wrongly);
            return Ok(keep(&again).ok().flatten().unwrap_or(fetched));
        }
        let images = images.map_err(|error: DatasetError| error.to_string())?;
        images.ok_or_else(|| "the data set changed since the run began; run again".to_owned())
    }

    /// Those of the full size are not even opened where smaller ones are kept.
    fn load_smaller(&mut self, digest: Digest, size: usize) -> Result<Images, TaskFailure> {
        let cache = self.open_cache();
        if let Some(kept) = cache.as_ref().and_then(|cache| cache.kept_smaller(&digest, size)) {
            return Ok(kept);
        }
        let waits = self.waits.clone().unwrap_or_else(|| Rc::new(|| ()));
        let images = self.images(digest)?;
        let side = images.shape.height.min(images.shape.width);
        if !(1..=side).contains(&size) {
            return Err(TaskFailure::Refused { message: format!("images of {side} × {side} are not made smaller to {size} × {size}") });
        }
        Ok(cache.map_or_else(|| images.smaller(size), |cache| cache.make_smaller(&digest, images, size, &*waits)))
    }

    /// One that cannot be opened is told by whoever needs it to work.
    fn open_cache(&self) -> Option<Cache> {
        self.cache.as_ref().and_then(|folder| Cache::open(folder).ok())
    }

    fn load_table(&self) -> Result<Table, String> {
        let Some(DataPlace::Table { path, layout, search, whole }) = &self.place else {
            return Err("no table was named".to_owned());
        };
        let table = Table::load(path, layout).map_err(|error| error.to_string())?;
        if (table.search_digest(), table.digest()) == (*search, *whole) {
            Ok(table)
        } else {
            Err("the table changed since the run began; run again".to_owned())
        }
    }
}

fn sent_wrongly(how: String) -> DatasetError {
    DatasetError::Malformed { path: PathBuf::new(), expected: "images".to_owned(), found: how }
}

impl DataStore for Store {
    fn images(&mut self, digest: Digest) -> Result<&Images, TaskFailure> {
        if !self.images.contains_key(&(digest, None)) {
            let images = self.load(digest).map_err(|message| TaskFailure::Unreadable { message })?;
            self.images.insert((digest, None), images);
        }
        Ok(&self.images[&(digest, None)])
    }

    fn smaller(&mut self, digest: Digest, size: usize) -> Result<&Images, TaskFailure> {
        let name = (digest, Some(size));
        if !self.images.contains_key(&name) {
            let smaller = self.load_smaller(digest, size)?;
            self.images.insert(name, smaller);
        }
        Ok(&self.images[&name])
    }

    fn table(&mut self, digest: Digest) -> Result<&Table, TaskFailure> {
        let table = match self.table.take() {
            Some(table) => table,
            None => Arc::new(self.load_table().map_err(|message| TaskFailure::Unreadable { message })?),
        };
        let table = self.table.insert(table);
        if [table.search_digest(), table.digest()].contains(&digest) {
            Ok(table)
        } else {
            Err(TaskFailure::Unreadable { message: format!("no table with digest {} is at hand", digest.short()) })
        }
    }
}
