//! The images of a run in memory: decoded when a task first asks, checked to be the ones the task was planned with.

use std::collections::BTreeMap;

use super::protocol::DatasetPlace;
use crate::dataset::{Files, Images, Part};
use crate::digest::Digest;
use crate::engine::TaskFailure;
use crate::task::ImageStore;

/// Decoded images by digest.
#[derive(Default)]
pub struct Store {
    place: Option<DatasetPlace>,
    loaded: BTreeMap<Digest, Images>,
}

impl Store {
    /// Says where images lie from now on.
    pub fn place(&mut self, place: DatasetPlace) {
        if self.place.as_ref() != Some(&place) {
            self.place = Some(place);
            self.loaded.clear();
        }
    }

    fn load(&self, digest: Digest) -> Result<Images, String> {
        let place = self.place.as_ref().ok_or("no data set was named")?;
        let part = if digest == place.train {
            Part::Train
        } else if digest == place.test {
            Part::Test
        } else {
            return Err(format!("no images with digest {} are at hand", digest.short()));
        };
        let files = Files::find(place.kind, place.folder.as_deref()).map_err(|error| error.to_string())?;
        let images = files.load(part).map_err(|error| error.to_string())?;
        if images.digest() == digest { Ok(images) } else { Err("the data set changed since the run began; run again".to_owned()) }
    }
}

impl ImageStore for Store {
    fn images(&mut self, digest: Digest) -> Result<&Images, TaskFailure> {
        if !self.loaded.contains_key(&digest) {
            let images = self.load(digest).map_err(|message| TaskFailure::Refused { message })?;
            self.loaded.insert(digest, images);
        }
        Ok(&self.loaded[&digest])
    }
}
