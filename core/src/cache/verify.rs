//! Every byte of a cache read again and held against its digests. Finds faults; [`Cache::repair`] puts what is damaged
//! aside, as reading it would have done.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::blobs::BlobState;
use super::checkpoints::CheckpointCondition;
use super::digest_folder::{Other, OtherSort};
use super::fingerprint::TaskKey;
use super::reader::CacheReader;
use super::{BLOB_LIMIT, Cache, CacheError, MissReason};
use crate::digest::Digest;
use crate::files;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub records: usize,
    pub blobs: usize,
    /// Bytes of the blobs.
    pub bytes: u64,
    /// Saved states of trainings on their way.
    pub checkpoints: usize,
    /// Parts of data sets that were decoded.
    pub images: usize,
    pub faults: Vec<Fault>,
    /// Damaged files that were put aside before.
    pub put_aside: usize,
    /// Files that are being written, or that a killed program left.
    pub unfinished: usize,
}

/// Something that is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    Record {
        key: TaskKey,
        path: PathBuf,
        how: String,
    },
    Blob {
        digest: Digest,
        path: PathBuf,
        how: String,
        needed_by: Vec<Need>,
    },
    Missing {
        digest: Digest,
        needed_by: Vec<Need>,
    },
    /// What was saved of a training, of no use.
    Checkpoint {
        path: PathBuf,
        how: String,
    },
    /// Decoded images.
    Images {
        digest: Digest,
        path: PathBuf,
        how: String,
    },
    /// What says which files images were decoded from.
    Source {
        path: PathBuf,
        how: String,
    },
    /// No file of a cache.
    Stray {
        path: PathBuf,
    },
}

/// A record and the output of it that a blob is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub key: TaskKey,
    pub kind: String,
    pub output: String,
    /// Bytes, as the record says.
    size: Option<u64>,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {} {}", self.output, self.kind, self.key.short())
    }
}

impl CacheReader {
    /// Reads and checks everything. Changes nothing; other programs may be at work.
    pub fn verify(&self) -> Result<Verified, CacheError> {
        let contents = self.contents()?;
        let mut verified = Verified::default();
        let mut needs: BTreeMap<Digest, Vec<Need>> = BTreeMap::new();
        for key in &contents.keys {
            match self.record(key)? {
                Ok(record) => {
                    verified.records += 1;
                    for (output, digest) in record.outcome.outputs() {
                        let (kind, size) = (record.fingerprint.kind.clone(), record.sizes.get(output).copied());
                        needs.entry(*digest).or_default().push(Need { key: *key, kind, output: output.clone(), size });
                    }
                }
                Err(MissReason::RecordDamaged { path, how }) => verified.faults.push(Fault::Record { key: *key, path, how }),
                // Another program took it away.
                Err(_) => {}
            }
        }
        for digest in &contents.blobs {
            needs.entry(*digest).or_default();
        }
        for (digest, needed_by) in needs {
            self.verify_blob(digest, needed_by, &mut verified)?;
        }
        for key in &contents.checkpoints {
            match self.verify_checkpoint(key)? {
                CheckpointCondition::Whole => verified.checkpoints += 1,
                CheckpointCondition::Damaged { path, how } => verified.faults.push(Fault::Checkpoint { path, how }),
                CheckpointCondition::Gone => {}
            }
        }
        for digest in &contents.images {
            match self.images(digest) {
                Ok(images) => verified.images += usize::from(images.is_some()),
                Err(CacheError::Damaged { path, how, digest }) => verified.faults.push(Fault::Images { digest, path, how }),
                Err(error) => return Err(error),
            }
        }
        verified.faults.extend(contents.sources.iter().filter_map(|source| {
            let Err((path, how)) = self.verify_source(source) else { return None };
            Some(Fault::Source { path, how })
        }));
        for Other { path, sort } in contents.others {
            match sort {
                OtherSort::PutAside => verified.put_aside += 1,
                OtherSort::Unfinished => verified.unfinished += 1,
                OtherSort::Stray => verified.faults.push(Fault::Stray { path }),
            }
        }
        Ok(verified)
    }

    fn verify_blob(&self, digest: Digest, mut needed_by: Vec<Need>, verified: &mut Verified) -> Result<(), CacheError> {
        match self.blobs.verify(&digest)? {
            BlobState::Present(size) => {
                verified.blobs += 1;
                verified.bytes += size;
                for need in needed_by.into_iter().filter(|need| need.size != Some(size)) {
                    let path = self.records.0.path(need.key.digest());
                    let how = format!("it does not know that its output `{}` has {size} bytes", need.output);
                    verified.faults.push(Fault::Record { key: need.key, path, how });
                }
            }
            BlobState::Damaged { path, how } => verified.faults.push(Fault::Blob { digest, path, how, needed_by }),
            BlobState::Missing => {
                // Unless another program took the record away meanwhile, and the blob after it.
                let mut still = Vec::new();
                for need in needed_by.drain(..) {
                    if self.record(&need.key)?.is_ok() {
                        still.push(need);
                    }
                }
                if !still.is_empty() {
                    verified.faults.push(Fault::Missing { digest, needed_by: still });
                }
            }
        }
        Ok(())
    }
}

impl Cache {
    /// Puts damaged files aside unless they were mended meanwhile: their tasks are computed anew when next asked for.
    /// Gives how many.
    pub fn repair(&self, verified: &Verified) -> Result<usize, CacheError> {
        let mut count = 0;
        for fault in &verified.faults {
            count += usize::from(match fault {
                Fault::Blob { digest, .. } => matches!(self.get(digest, BLOB_LIMIT), Err(CacheError::Damaged { .. })),
                Fault::Record { key, path, .. } => {
                    let is_damaged = match self.reader.record(key)? {
                        Ok(record) => matches!(self.reader.lack(&record)?, Some(MissReason::BlobDamaged { .. })),
                        Err(reason) => matches!(reason, MissReason::RecordDamaged { .. }),
                    };
                    if is_damaged {
                        self.reader.records.0.put_aside(path)?;
                    }
                    is_damaged
                }
                Fault::Images { digest, path, .. } => {
                    let is_damaged = matches!(self.reader.images(digest), Err(CacheError::Damaged { .. }));
                    if is_damaged {
                        self.reader.data.images.put_aside(path)?;
                    }
                    is_damaged
                }
                Fault::Checkpoint { path, .. } | Fault::Source { path, .. } => {
                    // Of no use to anybody, and it may be large.
                    files::remove_all(path)?;
                    true
                }
                Fault::Missing { .. } | Fault::Stray { .. } => false,
            });
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::{shop, task};
    use super::*;

    #[test]
    fn a_whole_cache_has_no_faults() {
        let shop = shop();
        shop.run(1);
        shop.run(2);
        let verified = shop.cache.reader().verify().expect("verify");
        assert_eq!(verified, Verified { records: 2, blobs: 2, bytes: 18, ..Verified::default() });
    }

    #[test]
    fn each_fault_is_found_with_what_needs_it_and_repaired() {
        let shop = shop();
        let [lost, altered, _, linked] = [1, 2, 3, 4].map(|number| shop.run(number));
        fs::remove_file(shop.blob(&lost)).expect("remove");
        fs::write(shop.blob(&altered), b"weights X").expect("alter");
        fs::write(shop.record(3), b"{").expect("cut");
        fs::rename(shop.blob(&linked), shop.folder.path().join("elsewhere")).expect("move");
        std::os::unix::fs::symlink(shop.folder.path().join("elsewhere"), shop.blob(&linked)).expect("a link");
        let stray = shop.blob(&altered).with_file_name("notes.txt");
        fs::write(&stray, b"mine").expect("write");
        fs::write(shop.blob(&altered).with_file_name(".writing-abc"), b"half").expect("write");

        let verified = shop.cache.reader().verify().expect("verify");
        let need = |number| vec![Need { key: task(number).key(), kind: "train".to_owned(), output: "weights".to_owned(), size: Some(9) }];
        let mut expected = vec![
            Fault::Record { key: task(3).key(), path: shop.record(3), how: "it is cut off or not a record".to_owned() },
            Fault::Missing { digest: lost, needed_by: need(1) },
            Fault::Blob {
                digest: altered,
                path: shop.blob(&altered),
                how: "its content has another digest".to_owned(),
                needed_by: need(2),
            },
            Fault::Blob { digest: linked, path: shop.blob(&linked), how: "it is a symbolic link".to_owned(), needed_by: need(4) },
            Fault::Stray { path: stray.clone() },
        ];
        expected[1..4].sort_by_key(|fault| match fault {
            Fault::Missing { digest, .. } | Fault::Blob { digest, .. } => *digest,
            Fault::Record { .. } | Fault::Checkpoint { .. } | Fault::Images { .. } | Fault::Source { .. } | Fault::Stray { .. } => {
                panic!("blobs only")
            }
        });
        assert_eq!(verified.faults, expected);
        assert_eq!((verified.records, verified.blobs, verified.unfinished), (3, 1, 1));
        assert_eq!(fs::read(shop.blob(&altered)).expect("nothing was changed"), b"weights X");

        assert_eq!(shop.cache.repair(&verified).expect("repair"), 3);
        assert_eq!(shop.cache.repair(&verified).expect("repair"), 0, "what was repaired is left alone");
        let again = shop.cache.reader().verify().expect("verify");
        assert!(again.faults.iter().all(|fault| matches!(fault, Fault::Missing { .. } | Fault::Stray { .. })), "{:?}", again.faults);
        assert_eq!(again.put_aside, 3);
        assert_eq!(fs::read(stray).expect("a stray is not ours"), b"mine");
    }

    #[test]
    fn a_record_that_knows_other_sizes_can_never_be_a_hit() {
        let shop = shop();
        shop.run(1);
        let text = fs::read_to_string(shop.record(1)).expect("record");
        let record = text.split_once("\"record\":").and_then(|(_, rest)| rest.strip_suffix("}\n")).expect("a record");
        let record = record.replace("\"sizes\":{\"weights\":9}", "\"sizes\":{}");
        let checksum = Digest::of(crate::digest::Domain::Record, record.as_bytes());
        fs::write(shop.record(1), format!("{{\"checksum\":\"{checksum}\",\"record\":{record}}}\n")).expect("write");
        let verified = shop.cache.reader().verify().expect("verify");
        assert!(matches!(&verified.faults[..], [Fault::Record { .. }]), "{:?}", verified.faults);
        assert_eq!(shop.cache.repair(&verified).expect("repair"), 1);
        shop.run(1);
    }
}
