//! The file `meta.mat` of ImageNet's developers' kit: which number stands for which class. Of the format of MATLAB 5 only
//! what this file has is read: one array of structures, packed with zlib or not.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// Number and name (such as `n01440764`) of each class; `None` where the file is another one.
pub(super) fn synsets(bytes: &[u8]) -> Option<Vec<(usize, String)>> {
    let (kind, data, _) = element(bytes.get(128..)?)?;
    let unpacked = match kind {
        COMPRESSED => {
            let mut unpacked = Vec::new();
            ZlibDecoder::new(data).take(MOST).read_to_end(&mut unpacked).ok()?;
            unpacked
        }
        _ => bytes.get(128..)?.to_vec(),
    };
    let (MATRIX, matrix, _) = element(&unpacked)? else { return None };
    let [_flags, _sizes, _name, length, names, members @ ..] = &elements(matrix)[..] else { return None };
    let width = number(length)? as usize;
    let fields: Vec<&str> = names.1.chunks(width.max(1)).filter_map(|name| str::from_utf8(name).ok()?.split('\0').next()).collect();
    let place = |wanted: &str| fields.iter().position(|field| *field == wanted);
    let (id, wnid) = (place("ILSVRC2012_ID")?, place("WNID")?);
    members
        .chunks_exact(fields.len())
        .map(|member| Some((number(elements(member[id].1).get(3)?)? as usize, text(elements(member[wnid].1).get(3)?)?)))
        .collect()
}

/// More bytes than it has.
const MOST: u64 = 64 << 20;

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// The kind of a piece, and its bytes.
type Element<'a> = (u32, &'a [u8]);

/// The first piece of some bytes, and how many of them it takes.
fn element(bytes: &[u8]) -> Option<(u32, &[u8], usize)> {
    let word = |place: usize| Some(u32::from_le_bytes(bytes.get(place..place + 4)?.try_into().ok()?));
    let first = word(0)?;
    if first >> 16 != 0 {
        let size = (first >> 16) as usize;
        return Some((first & 0xffff, bytes.get(4..4 + size)?, 8));
    }
    let size = word(4)? as usize;
    let padded = if first == COMPRESSED { size } else { size.next_multiple_of(8) };
    Some((first, bytes.get(8..8 + size)?, 8 + padded))
}

fn elements(mut bytes: &[u8]) -> Vec<Element<'_>> {
    let mut found = Vec::new();
    while let Some((kind, data, taken)) = element(bytes) {
        found.push((kind, data));
        bytes = bytes.get(taken..).unwrap_or_default();
    }
    found
}

/// The first number of a piece of numbers.
fn number((kind, data): &Element<'_>) -> Option<u32> {
    match (*kind, *data) {
        // Bytes; 16, 32 and 64 bits with a point.
        (1 | 2, [first, ..]) => Some(u32::from(*first)),
        (3 | 4, [low, high, ..]) => Some(u32::from(u16::from_le_bytes([*low, *high]))),
        (5 | 6, data) => Some(u32::from_le_bytes(data.first_chunk().copied()?)),
        (9, data) => Some(f64::from_le_bytes(data.first_chunk().copied()?) as u32),
        _ => None,
    }
}

/// Letters of one byte or two.
fn text((kind, data): &Element<'_>) -> Option<String> {
    let wide = *kind == 4 || *kind == 17;
    data.chunks(if wide { 2 } else { 1 }).map(|letter| Some(char::from(*letter.first()?))).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn piece(kind: u32, data: &[u8]) -> Vec<u8> {
        let mut bytes = [kind.to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn matrix(class: u32, content: &[u8]) -> Vec<u8> {
        let flags = piece(6, &[class.to_le_bytes(), [0; 4]].concat());
        let sizes = piece(5, &[1_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
        piece(MATRIX, &[&flags[..], &sizes, &piece(1, b"synsets"), content].concat())
    }

    #[test]
    fn numbers_and_names_are_found_packed_or_not() {
        let mut names = Vec::new();
        for name in ["ILSVRC2012_ID", "WNID"] {
            names.extend(name.bytes().chain(std::iter::repeat(0)).take(32));
        }
        // As MATLAB writes small pieces.
        let small = [&[5, 0, 4, 0][..], &32_u32.to_le_bytes()].concat();
        let member = |id: u16, wnid: &str| {
            let letters: Vec<u8> = wnid.bytes().flat_map(|letter| [letter, 0]).collect();
            [matrix(6, &piece(4, &id.to_le_bytes())), matrix(4, &piece(4, &letters))].concat()
        };
        let whole = matrix(2, &[small, piece(1, &names), member(1, "n02119789"), member(700, "n01440764")].concat());
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&whole).expect("packs");
        let packed = piece(COMPRESSED, &packer.finish().expect("packs"));
        let expected = Some(vec![(1, "n02119789".to_owned()), (700, "n01440764".to_owned())]);
        for content in [&whole, &packed] {
            assert_eq!(synsets(&[&[b' '; 128], &content[..]].concat()), expected);
        }
        assert_eq!(synsets(b"MATLAB"), None);
        assert_eq!(synsets(&[b' '; 300]), None);
    }
}
