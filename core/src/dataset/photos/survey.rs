//! Every image looked at: the digest of its bytes and what its header says. What was looked at before and did not change
//! since is remembered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::decode::header;
use super::listing::{Entry, Listing};
use super::parallel;
use super::progress::{Progress, Step};
use crate::files::Stamp;
use epnas_pixels::Header;

/// Images looked at between two reports of progress.
const AT_ONCE: usize = 512;

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Digest (blake3) of its bytes.
    pub content: [u8; 32],
    /// What is wrong with it, if it cannot be read.
    pub header: Result<Header, String>,
}

/// Probes by path, with the stamps of the files at that time.
pub type Remembered = BTreeMap<String, (Stamp, Probe)>;

/// All images of a listing, looked at.
#[derive(Debug)]
pub struct Survey {
    pub listing: Listing,
    /// One for each entry.
    pub probes: Vec<Probe>,
    /// One for each entry; none for what is not there.
    pub stamps: Vec<Option<Stamp>>,
}

impl Survey {
    /// The stamps of all files, taken before they are read.
    pub fn stamps(listing: &Listing) -> Vec<Option<Stamp>> {
        let entries = &listing.entries;
        let archives: BTreeSet<&Path> = entries.iter().filter(|entry| entry.place.is_packed()).map(|entry| entry.place.file()).collect();
        let archives: BTreeMap<&Path, Option<Stamp>> = archives.into_iter().map(|path| (path, Stamp::of(path).ok())).collect();
        parallel::each(entries, |entry| {
            let path = entry.place.file();
            archives.get(path).cloned().unwrap_or_else(|| Stamp::of(path).ok())
        })
    }

    /// Looks at all images.
    pub fn of(listing: Listing, stamps: Vec<Option<Stamp>>, remembered: &Remembered, hear: &mut dyn FnMut(Progress)) -> Self {
        let known = |entry: &Entry, stamp: &Option<Stamp>| {
            let (before, probe) = remembered.get(&entry.path)?;
            (Some(before) == stamp.as_ref()).then(|| probe.clone())
        };
        let pairs: Vec<(&Entry, &Option<Stamp>)> = listing.entries.iter().zip(&stamps).collect();
        let mut probes = Vec::with_capacity(pairs.len());
        for some in pairs.chunks(AT_ONCE) {
            probes.extend(parallel::each(some, |(entry, stamp)| known(entry, stamp).unwrap_or_else(|| probe(entry))));
            hear(Progress { step: Step::Look, done: probes.len(), of: pairs.len() });
        }
        Self { listing, probes, stamps }
    }

    /// For the next time. What was changed at `settled`, in seconds since 1970, or later may be changed again unseen.
    pub fn remember(&self, settled: u64) -> Remembered {
        let all = self.listing.entries.iter().zip(&self.stamps).zip(&self.probes);
        all.filter_map(|((entry, stamp), probe)| {
            let stamp = stamp.as_ref().filter(|stamp| stamp.changed() < settled)?;
            Some((entry.path.clone(), (stamp.clone(), probe.clone())))
        })
        .collect()
    }

    /// Indices of the images that can be read.
    pub fn readable(&self) -> Vec<usize> {
        (0..self.probes.len()).filter(|&index| self.probes[index].header.is_ok()).collect()
    }

    /// Images that cannot be read, each with what is wrong.
    pub fn unreadable(&self) -> Vec<(String, String)> {
        let pairs = self.listing.entries.iter().zip(&self.probes);
        pairs.filter_map(|(entry, probe)| Some((entry.path.clone(), probe.header.as_ref().err()?.clone()))).collect()
    }

    /// One channel where all images are grey.
    pub fn channels(&self) -> usize {
        if self.probes.iter().flat_map(|probe| &probe.header).all(|header| header.grey) { 1 } else { 3 }
    }
}

fn probe(entry: &Entry) -> Probe {
    match entry.place.read() {
        Ok(bytes) => Probe { content: *blake3::hash(&bytes).as_bytes(), header: header(&bytes) },
        Err(how) => Probe { content: [0; 32], header: Err(how) },
    }
}
