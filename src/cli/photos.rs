//! Photographs, prepared while people watch.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

use super::clock::unix_seconds;
use super::interrupt::Watch;
use crate::cache::CacheReader;
use crate::dataset::photos::{self, Listing, Photos, Progress, Remembered, Step, Survey};
use crate::dataset::{DatasetError, Facts};
use crate::digest::Digest;

/// Photographs that can be used.
pub(super) struct Opened {
    pub train: Digest,
    pub test: Digest,
    pub facts: Facts,
}

/// Opens photographs, out of a cache where they were prepared before. Without a cache all is decoded and nothing kept.
pub(super) fn open(path: &Path, photos: &Photos, cache: Option<&CacheReader>) -> Result<Opened, DatasetError> {
    let mut bar = Bar::default();
    let mut hear = |progress: Progress| bar.hear(progress);
    if let Some(cache) = cache {
        let _watch = Watch::to_end("interrupted: images that are prepared are kept, and the same command goes on");
        let known = cache.photos(path, photos, unix_seconds(), &mut hear)?;
        return Ok(Opened { train: known.train, test: known.test, facts: known.facts });
    }
    let mut survey = look(path, photos, &mut hear)?;
    let prepared = photos::prepare(&mut survey, path, photos, None, &mut hear)?;
    Ok(Opened { train: prepared.train.digest, test: prepared.test.digest, facts: prepared.facts })
}

/// Looks at all images, out of no cache.
pub(super) fn look(path: &Path, photos: &Photos, hear: &mut dyn FnMut(Progress)) -> Result<Survey, DatasetError> {
    let listing = Listing::at(path, photos)?;
    let stamps = Survey::stamps(&listing);
    Ok(Survey::of(listing, stamps, &Remembered::new(), hear))
}

/// A bar on the terminal, where there is one; it goes when all is done.
#[derive(Default)]
pub(super) struct Bar(Option<(Step, ProgressBar)>);

impl Bar {
    pub(super) fn hear(&mut self, Progress { step, done, of }: Progress) {
        tracing::debug!("{}: {done} of {of}", step.word());
        if !std::io::stderr().is_terminal() {
            return;
        }
        if self.0.as_ref().is_none_or(|(shown, _)| *shown != step) {
            self.clear();
            let style =
                ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {eta} left").unwrap_or_else(|_| ProgressStyle::default_bar());
            self.0 = Some((step, ProgressBar::new(of as u64).with_style(style).with_message(step.word())));
        }
        if let Some((_, bar)) = &self.0 {
            bar.set_position(done as u64);
        }
    }

    fn clear(&self) {
        if let Some((_, bar)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
