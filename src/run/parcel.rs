//! Bytes that travel between coordinator and worker beside the lines: announced by a line, cut into parts so that other lines
//! come through meanwhile, held against a checksum when they are all there.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use crate::cache::TaskKey;
use crate::digest::{Digest, Domain};

/// Bytes of the largest part.
pub const PART_LIMIT: usize = 1 << 20;

/// Bytes of the largest parcel.
pub const PARCEL_LIMIT: u64 = 4 << 30;

/// What travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Goods {
    Artifact(Digest),
    /// What was saved of the training with this key.
    Checkpoint(TaskKey),
    /// One part of a data set, in its stored form.
    Images(Digest),
}

/// The announcement of a parcel; parts follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    pub goods: Goods,
    /// Bytes of all parts.
    pub size: u64,
    pub checksum: Digest,
}

/// Why a parcel is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    #[error("{0} bytes are more than may be sent at once")]
    TooLarge(u64),
    #[error("bytes came that were not announced")]
    Unannounced,
    #[error("another parcel is on its way")]
    Interrupted,
    #[error("what came has another checksum than was announced")]
    Altered,
    #[error("the stream broke off: {0}")]
    Stream(#[from] io::Error),
}

impl Goods {
    const fn domain(self) -> Domain {
        match self {
            Self::Artifact(_) => Domain::Blob,
            Self::Checkpoint(_) => Domain::Checkpoint,
            Self::Images(_) => Domain::Dataset,
        }
    }
}

impl Parcel {
    /// Announces bytes that lie in several pieces.
    pub fn of(goods: Goods, pieces: &[&[u8]]) -> Self {
        let mut hasher = goods.domain().hasher();
        for piece in pieces {
            hasher.update(piece);
        }
        Self { goods, size: pieces.iter().map(|piece| piece.len() as u64).sum(), checksum: Digest::from_hasher(&hasher) }
    }
}

/// A line of the protocol.
pub(super) fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

/// The parts of pieces, in their order.
pub(super) fn parts<'a>(pieces: &[&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    pieces.iter().flat_map(|piece| piece.chunks(PART_LIMIT))
}

/// A parcel of which not all is there.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Option<(Parcel, Vec<u8>)>);

/// A parcel, whole.
pub(super) type Arrived = (Goods, Vec<u8>);

impl Arrivals {
    /// One is announced; it is there already where it is empty.
    pub(super) fn begin(&mut self, parcel: Parcel) -> Result<Option<Arrived>, ParcelError> {
        if parcel.size > PARCEL_LIMIT {
            return Err(ParcelError::TooLarge(parcel.size));
        }
        if self.0.is_some() {
            return Err(ParcelError::Interrupted);
        }
        self.0 = Some((parcel, Vec::new()));
        self.whole()
    }

    /// Reads a part of so many bytes; gives the parcel where it was the last one.
    pub(super) fn part(&mut self, size: usize, input: &mut dyn Read) -> Result<Option<Arrived>, ParcelError> {
        let Some((parcel, bytes)) = &mut self.0 else { return Err(ParcelError::Unannounced) };
        let before = bytes.len();
        if size > PART_LIMIT || (before + size) as u64 > parcel.size {
            return Err(ParcelError::TooLarge(size as u64));
        }
        bytes.resize(before + size, 0);
        input.read_exact(&mut bytes[before..])?;
        self.whole()
    }

    fn whole(&mut self) -> Result<Option<Arrived>, ParcelError> {
        let Some((parcel, bytes)) = self.0.take_if(|(parcel, bytes)| bytes.len() as u64 == parcel.size) else { return Ok(None) };
        let is_named_so = match parcel.goods {
            Goods::Artifact(digest) | Goods::Images(digest) => digest == parcel.checksum,
            Goods::Checkpoint(_) => true,
        };
        if is_named_so && Parcel::of(parcel.goods, &[&bytes]) == parcel {
            Ok(Some((parcel.goods, bytes)))
        } else {
            Err(ParcelError::Altered)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(bytes: &[u8]) -> Goods {
        Goods::Artifact(Digest::of(Domain::Blob, bytes))
    }

    #[test]
    fn what_is_sent_in_parts_comes_whole() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let goods = artifact(&bytes);
        let pieces: [&[u8]; 2] = [&bytes[..10], &bytes[10..]];
        let mut arrivals = Arrivals::default();
        assert!(arrivals.begin(Parcel::of(goods, &pieces)).expect("announced").is_none());
        let mut came = None;
        for part in parts(&pieces) {
            assert!(came.is_none() && part.len() <= PART_LIMIT);
            came = arrivals.part(part.len(), &mut &*part).expect("a part");
        }
        assert_eq!(came, Some((goods, bytes)));
        assert!(matches!(arrivals.part(1, &mut &b"x"[..]), Err(ParcelError::Unannounced)));
        assert_eq!(arrivals.begin(Parcel::of(artifact(b""), &[])).expect("it is empty"), Some((artifact(b""), Vec::new())));
    }

    #[test]
    fn what_is_too_large_altered_or_cut_is_refused() {
        let parcel = Parcel::of(artifact(b"abc"), &[b"abc"]);
        let mut arrivals = Arrivals::default();
        assert!(matches!(arrivals.begin(Parcel { size: u64::MAX, ..parcel }), Err(ParcelError::TooLarge(u64::MAX))));
        assert!(arrivals.begin(parcel).expect("announced").is_none());
        assert!(matches!(arrivals.begin(parcel), Err(ParcelError::Interrupted)));
        assert!(matches!(arrivals.part(4, &mut &b"abcd"[..]), Err(ParcelError::TooLarge(4))));
        assert!(matches!(arrivals.part(3, &mut &b"abd"[..]), Err(ParcelError::Altered)));
        let misnamed = Parcel { goods: artifact(b"other"), ..parcel };
        assert!(arrivals.begin(misnamed).expect("announced").is_none());
        assert!(matches!(arrivals.part(3, &mut &b"abc"[..]), Err(ParcelError::Altered)));
        assert!(arrivals.begin(parcel).expect("announced").is_none());
        assert!(matches!(arrivals.part(3, &mut &b"a"[..]), Err(ParcelError::Stream(_))));
    }
}
