//! Content that describes itself: whoever holds the bytes can tell whether they are whole.

use crate::random::Seeded;

/// Bytes of a seed and a length: the first 16 bytes are both, the rest follows from them.
pub(crate) fn make(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = seed.to_le_bytes().to_vec();
    bytes.extend_from_slice(&u64::try_from(length).unwrap_or(0).to_le_bytes());
    bytes.extend(Seeded::new(seed).bytes(length.saturating_sub(16)));
    bytes
}

/// Whether bytes are exactly what [`make`] gave.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else {
        return false;
    };
    let Some((length, _)) = rest.split_first_chunk::<8>() else {
        return false;
    };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(0);
    length == bytes.len() && make(u64::from_le_bytes(*head), length) == bytes
}
