//! Photographs brought to one size: decoded side by side, written in order, and nothing of it used before all is there.

use std::path::{Path, PathBuf};

use super::listing::PhotoPart;
use super::notes::notes;
use super::pack::{Former, Pack, Row, Shape, name_of};
use super::progress::{Progress, Step};
use super::share::share;
use super::{Corrupt, Photos, PhotosError, Survey, decode, parallel};
use crate::arch;
use crate::dataset::facts::{Counting, Facts, Look, PartFacts};
use crate::dataset::photo_facts::PhotoFacts;
use crate::dataset::{Form, stored};
use crate::digest::Digest;
use crate::files;
use epnas_pixels::{QUALITY, pack, unpack};

/// One part, prepared.
#[derive(Debug)]
pub struct PreparedPart {
    pub digest: Digest,
    /// Where its images lie until they are put in their place.
    pub file: Option<PathBuf>,
}

#[derive(Debug)]
pub struct Prepared {
    pub train: PreparedPart,
    pub test: PreparedPart,
    pub facts: Facts,
}

/// Where prepared images are written.
pub struct Store<'a> {
    /// Of files that are being written and of indices.
    pub folder: &'a Path,
    /// Of the images with a digest.
    pub images: &'a (dyn Fn(&Digest) -> PathBuf + Sync),
}

/// Bytes of images that are decoded between two writes.
const AT_ONCE: usize = 32 << 20;

/// Images of which nothing is known are expected to be so many times smaller as JPEGs; photographs are about six times.
const PACKED: u64 = 4;

/// What a preparation needs all the time.
struct Work<'a> {
    path: &'a Path,
    shape: Shape,
    classes: usize,
    store: Option<&'a Store<'a>>,
    former: Former,
    done: usize,
    of: usize,
}

/// Prepares all images; without a store nothing is written, and all is decoded all the same.
pub fn prepare(
    survey: &mut Survey,
    path: &Path,
    photos: &Photos,
    store: Option<&Store<'_>>,
    hear: &mut dyn FnMut(Progress),
) -> Result<Prepared, PhotosError> {
    let channels = survey.channels();
    loop {
        let readable = survey.readable();
        let form = photos.storage.form(readable.len(), photos.size, photos.size * photos.size * channels);
        let shape = Shape { size: photos.size, channels, form };
        let parts = share(survey, &readable, photos);
        let chosen = |wanted: PhotoPart| readable.iter().copied().filter(|&index| parts[index] == wanted).collect::<Vec<_>>();
        let [learnt, validation, test] = PhotoPart::ALL.map(chosen);
        if readable.is_empty() {
            judge(survey, path, photos)?;
        }
        if let Err(lacking) = lacking(path, survey, photos, [&learnt, &validation, &test]) {
            // Files that cannot be read may be what is missing.
            judge(survey, path, photos)?;
            return Err(lacking);
        }
        let mut former = Former::default();
        if let Some(store) = store {
            let raw = readable.len() as u64 * shape.elements() as u64;
            demand_room(store.folder, if form == Form::Jpeg { raw / PACKED } else { raw }, form)?;
            former = Former::read(store.folder, shape, store.images);
        }
        let mut work = Work { path, shape, classes: survey.listing.classes.len(), store, former, done: 0, of: readable.len() };
        // Validation stands behind what is learnt from.
        let train = work.part("train", survey, &[&learnt[..], &validation].concat(), hear)?;
        let test = work.part("test", survey, &test, hear)?;
        judge(survey, path, photos)?;
        if let (Some((train, of_train)), Some((test, of_test))) = (train, test) {
            let notes = notes(survey, &readable, &parts);
            let mut facts = Facts::new(of_train, of_test);
            facts.photos = Some(PhotoFacts {
                layout: survey.listing.layout.clone(),
                channels: shape.channels,
                size: shape.size,
                classes: survey.listing.classes.clone(),
                own_validation: survey.listing.has(PhotoPart::Validation),
                own_test: survey.listing.has(PhotoPart::Test),
                validation: validation.len(),
                notes,
                skipped: survey.unreadable().into_iter().map(|(path, how)| format!("{path}: {how}")).collect(),
            });
            return Ok(Prepared { train, test, facts });
        }
        // Some could not be decoded: once more without them. What was decoded is not decoded again.
    }
}

impl Work<'_> {
    /// Writes one part; `None` where an image of it could not be decoded, which its probe says then.
    fn part(
        &mut self,
        name: &str,
        survey: &mut Survey,
        indices: &[usize],
        hear: &mut dyn FnMut(Progress),
    ) -> Result<Option<(PreparedPart, PartFacts)>, PhotosError> {
        let Shape { size, channels, form } = self.shape;
        let shape = arch::Shape { channels, height: size, width: size };
        let header = stored::header(form, shape, self.classes, indices.len());
        let name = format!("{}-{name}", name_of(self.path));
        let mut pack = Pack::begin(self.store.map(|store| store.folder), &name, &header, self.shape)?;
        let mut counting = Counting::new(self.classes);
        let mut faults = Vec::new();
        for some in indices.chunks((AT_ONCE / self.shape.elements()).max(16)) {
            let rows = parallel::each(some, |&index| self.row(survey, index));
            for (&index, row) in some.iter().zip(rows) {
                match row? {
                    Ok((look, row)) => {
                        pack.add(&row)?;
                        counting.add(&look, survey.listing.entries[index].label);
                    }
                    Err(how) => faults.push((index, how)),
                }
            }
            pack.flush()?;
            self.done += some.len();
            hear(Progress { step: Step::Decode, done: self.done, of: self.of });
        }
        if !faults.is_empty() {
            for (index, how) in faults {
                survey.probes[index].header = Err(how);
            }
            return Ok(None);
        }
        let labels: Vec<u16> = indices.iter().map(|&index| survey.listing.entries[index].label).collect();
        let labels = stored::label_bytes(&labels, self.classes);
        let facts = counting.finish(&labels);
        let (digest, file) = pack.finish(&labels)?;
        Ok(Some((PreparedPart { digest, file }, facts)))
    }

    /// An image as it is stored, and what is counted of it: made before, or now; or what is wrong with it.
    fn row(&self, survey: &Survey, index: usize) -> Result<Result<(Look, Row), String>, PhotosError> {
        let (entry, content) = (&survey.listing.entries[index], survey.probes[index].content);
        if let Some(row) = self.former.row(&content) {
            return Ok(self.looked(row));
        }
        let bytes = match entry.place.read() {
            Ok(bytes) => bytes,
            Err(how) => return Ok(Err(how)),
        };
        if *blake3::hash(&bytes).as_bytes() != content {
            return Err(PhotosError::Changed { path: self.path.to_owned(), image: entry.path.clone() });
        }
        let Shape { size, channels, form } = self.shape;
        let packed = |pixels: Vec<u8>| if form == Form::Jpeg { pack(&pixels, size, channels, QUALITY) } else { pixels };
        Ok(decode::pixels(&bytes, size, channels).and_then(|pixels| self.looked(Row::new(content, packed(pixels)))))
    }

    /// What is counted is what networks see.
    fn looked(&self, row: Row) -> Result<(Look, Row), String> {
        if self.shape.form == Form::Raw {
            return Ok((Look::at(&row.bytes), row));
        }
        let mut pixels = vec![0; self.shape.elements()];
        unpack(&row.bytes, &mut pixels)?;
        Ok((Look::at(&pixels), row))
    }
}

/// What was found unreadable ends it, unless it is few and to be skipped.
fn judge(survey: &Survey, path: &Path, photos: &Photos) -> Result<(), PhotosError> {
    let (files, of) = (survey.unreadable(), survey.probes.len());
    // One of few images is few.
    let limit = photos.corrupt_limit.of(of).max(1);
    let help = match photos.corrupt {
        Corrupt::Skip if files.len() <= limit && files.len() < of => return Ok(()),
        _ if files.is_empty() => return Ok(()),
        Corrupt::Fail => "fetch them again or take them away; `corrupt: skip` leaves few of them out".to_owned(),
        Corrupt::Skip => format!("at most {limit} are skipped: fetch them again, take them away, or raise `corrupt-limit`"),
    };
    Err(PhotosError::Unreadable { path: path.to_owned(), files, of, help })
}

fn lacking(path: &Path, survey: &Survey, photos: &Photos, parts: [&Vec<usize>; 3]) -> Result<(), PhotosError> {
    let all: usize = parts.iter().map(|images| images.len()).sum();
    let [_, validation, test] = parts;
    for (part, asked, got) in [(PhotoPart::Validation, photos.validation, validation), (PhotoPart::Test, photos.test, test)] {
        let Some(asked) = asked.filter(|_| all > 0 && !survey.listing.has(part)).map(|asked| asked.of(all)) else { continue };
        // Shares are rounded class by class.
        if got.len() + survey.listing.classes.len() < asked {
            let what = format!(
                "{asked} of {all} images are asked for the {} part, and {} can be had: each class keeps some to learn from",
                part.word(),
                got.len()
            );
            return Err(PhotosError::refused(path, what, "ask for fewer, or for a share such as `10%`"));
        }
    }
    let empty = PhotoPart::ALL.into_iter().zip(parts).find(|(_, images)| images.is_empty());
    let Some((part, _)) = empty else { return Ok(()) };
    let what = format!("there are no images for the {} part, and the classes have too few to share", part.word());
    Err(PhotosError::refused(path, what, "bring more images of each class, or folders `train`, `val` and `test` of your own"))
}

fn demand_room(folder: &Path, needed: u64, form: Form) -> Result<(), PhotosError> {
    let free = files::free_space(folder)?;
    if free < needed { Err(PhotosError::Room { folder: folder.to_owned(), needed, free, form }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_asked_for_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(demand_room(folder.path(), 1, Form::Raw).is_ok());
        let said = demand_room(folder.path(), u64::MAX, Form::Raw).expect_err("no disk has so much").to_string();
        assert!(said.contains(" left, and the prepared images take 18446744073.7 GB\nhelp: make room"), "{said}");
    }
}
