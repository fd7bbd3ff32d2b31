//! Records of an event file: length, its checksum, the message, its checksum. TensorFlow's TFRecord format
//! (`tensorflow/core/lib/io/record_writer.h`).

use prost::Message;

/// Adds a message to a file.
pub(super) fn add(file: &mut Vec<u8>, message: &impl Message) {
    let bytes = message.encode_to_vec();
    let length = (bytes.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(&length).to_le_bytes());
    file.extend(&bytes);
    file.extend(masked(&bytes).to_le_bytes());
}

/// CRC-32C, turned and moved so that a checksum of checksums is no trivial one.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The messages of a file; `None` where a checksum is wrong or it ends early.
#[cfg(test)]
pub fn messages<M: Message + Default>(mut file: &[u8]) -> Option<Vec<M>> {
    let mut found = Vec::new();
    while !file.is_empty() {
        let (length, rest) = file.split_at_checked(8)?;
        let (sum, rest) = rest.split_at_checked(4)?;
        (masked(length).to_le_bytes() == *sum).then_some(())?;
        let (bytes, rest) = rest.split_at_checked(u64::from_le_bytes(length.try_into().ok()?) as usize)?;
        let (sum, rest) = rest.split_at_checked(4)?;
        (masked(bytes).to_le_bytes() == *sum).then_some(())?;
        found.push(M::decode(bytes).ok()?);
        file = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        // RFC 3720, B.4: 32 bytes of zeroes.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(masked(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }
}
