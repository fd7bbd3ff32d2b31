//! Which images are kept apart: class by class, by the digest of their content, so that copies of one image stay on one
//! side, and an image that is added moves no other.

use std::collections::BTreeMap;

use super::listing::PhotoPart;
use super::{Photos, Portion, Survey};

/// What stays on one side, in an order that the seed decides: a content, or a group where there is one.
type Unit = [u8; 32];

/// The part of each image, given by the data or chosen among the training images.
pub fn share(survey: &Survey, readable: &[usize], photos: &Photos) -> Vec<PhotoPart> {
    let entries = &survey.listing.entries;
    let mut parts: Vec<PhotoPart> = entries.iter().map(|entry| entry.part.unwrap_or(PhotoPart::Train)).collect();
    let asked = [(PhotoPart::Test, photos.test), (PhotoPart::Validation, photos.validation)];
    let wanted: Vec<(PhotoPart, Portion)> = asked
        .into_iter()
        .filter(|(part, _)| !survey.listing.has(*part))
        .map(|(part, asked)| (part, asked.unwrap_or(Portion::TENTH)))
        .collect();
    let mut classes: BTreeMap<u16, BTreeMap<Unit, usize>> = BTreeMap::new();
    let learnt: Vec<(usize, Unit)> = readable
        .iter()
        .filter(|&&index| parts[index] == PhotoPart::Train)
        .map(|&index| (index, unit(survey, index, photos.seed)))
        .collect();
    for (index, unit) in &learnt {
        *classes.entry(entries[*index].label).or_default().entry(*unit).or_default() += 1;
    }
    let mut sides: BTreeMap<Unit, PhotoPart> = BTreeMap::new();
    for units in classes.values() {
        choose(units, &wanted, learnt.len(), &mut sides);
    }
    for (index, unit) in learnt {
        if let Some(side) = sides.get(&unit) {
            parts[index] = *side;
        }
    }
    parts
}

/// Gives units of one class a side, in their order, until each side has its share. Some unit is always left to learn from.
fn choose(units: &BTreeMap<Unit, usize>, wanted: &[(PhotoPart, Portion)], all: usize, sides: &mut BTreeMap<Unit, PhotoPart>) {
    let images: usize = units.values().sum();
    let mut free: usize = units.iter().filter(|(unit, _)| !sides.contains_key(*unit)).map(|(_, count)| count).sum();
    for (part, portion) in wanted {
        let target = match portion {
            // A number is shared out in proportion to the classes.
            Portion::Count(count) => {
                ((*count as u128 * images as u128 + all as u128 / 2) / all.max(1) as u128).min(images as u128) as usize
            }
            Portion::Millionths(_) => portion.of(images),
        };
        // At least one, where one is left to learn from.
        let target = if images > wanted.len() { target.max(1) } else { target };
        let mut there: usize = units.iter().filter(|(unit, _)| sides.get(*unit) == Some(part)).map(|(_, count)| count).sum();
        for (unit, count) in units {
            if there >= target {
                break;
            }
            if !sides.contains_key(unit) && free > *count {
                sides.insert(*unit, *part);
                (there, free) = (there + count, free - count);
            }
        }
    }
}

fn unit(survey: &Survey, index: usize, seed: u64) -> Unit {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    match &survey.listing.entries[index].group {
        Some(group) => hasher.update(group.as_bytes()),
        None => hasher.update(&survey.probes[index].content),
    };
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(units: u8, copies: usize) -> BTreeMap<Unit, usize> {
        (0..units).map(|unit| (*blake3::hash(&[unit]).as_bytes(), copies)).collect()
    }

    fn sizes(units: u8, copies: usize) -> [usize; 2] {
        let wanted = [(PhotoPart::Test, Portion::TENTH), (PhotoPart::Validation, Portion::TENTH)];
        let mut sides = BTreeMap::new();
        choose(&class(units, copies), &wanted, 1000, &mut sides);
        [PhotoPart::Test, PhotoPart::Validation].map(|part| sides.values().filter(|side| **side == part).count() * copies)
    }

    #[test]
    fn each_class_gives_its_share_and_keeps_something_to_learn() {
        assert_eq!(sizes(100, 1), [10, 10]);
        assert_eq!(sizes(5, 1), [1, 1]);
        assert_eq!(sizes(2, 1), [0, 0], "too few for three sides");
        assert_eq!(sizes(1, 50), [0, 0], "copies are not torn apart");
        assert_eq!(sizes(10, 7), [7, 7]);
    }
}
