//! What is stored: incompressible bytes, different for every object, known again from its number.

/// Bytes that offsets are drawn from.
const SPAN: usize = 16 << 20;
/// Longest body of one request in bytes.
pub(crate) const LONGEST: usize = 8 << 20;
/// Bytes at the start of each body that no other body has.
const STAMP: usize = 16;

/// A small seeded generator, so that every run stores the same bytes: `SplitMix64` (Steele, Lea,
/// Flood 2014).
#[derive(Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A place in something of `length` elements (not 0).
    pub(crate) fn below(&mut self, length: usize) -> usize {
        usize::try_from(self.next() % length.max(1) as u64).unwrap_or_default()
    }
}

/// A pool of random bytes. A body is a stamp of its own and then a window into the pool at an offset
/// that depends on its number: cheap to make, and neither a compressor nor a store that joins equal
/// blocks gains by it.
pub(crate) struct Content {
    pool: Vec<u8>,
}

/// One body: `stamp`, then `rest`.
#[derive(Clone, Copy)]
pub(crate) struct Body<'a> {
    pub(crate) stamp: [u8; STAMP],
    pub(crate) rest: &'a [u8],
}

impl Content {
    /// Fills the pool.
    pub(crate) fn new() -> Self {
        let mut random = Seeded::new(0x0a2e_6b75);
        let mut pool = Vec::with_capacity(SPAN + LONGEST + 8);
        while pool.len() < SPAN + LONGEST {
            pool.extend_from_slice(&random.next().to_le_bytes());
        }
        Self { pool }
    }

    /// Body of `size` bytes (16 to [`LONGEST`]) of the object or part with this number.
    pub(crate) fn body(&self, number: u64, size: usize) -> Body<'_> {
        let mut random = Seeded::new(number);
        let offset = random.below(SPAN);
        let mut stamp = [0; STAMP];
        stamp[..8].copy_from_slice(&random.next().to_le_bytes());
        stamp[8..].copy_from_slice(&number.to_le_bytes());
        Body {
            stamp,
            rest: &self.pool[offset..offset + size.saturating_sub(STAMP)],
        }
    }
}

impl Body<'_> {
    /// Bytes in all.
    pub(crate) fn len(&self) -> usize {
        STAMP + self.rest.len()
    }

    /// Whether `piece` is what the body holds at `at`.
    pub(crate) fn holds(&self, at: usize, piece: &[u8]) -> bool {
        let in_stamp = STAMP.saturating_sub(at).min(piece.len());
        let (head, tail) = piece.split_at(in_stamp);
        let from = (at + in_stamp).saturating_sub(STAMP);
        self.stamp.get(at..at + in_stamp).unwrap_or_default() == head
            && self.rest.get(from..from + tail.len()) == Some(tail)
    }

    /// All bytes.
    pub(crate) fn to_vec(self) -> Vec<u8> {
        [&self.stamp, self.rest].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_again_piece_by_piece_and_no_other_passes() {
        let content = Content::new();
        let (one, other) = (content.body(1, 4096), content.body(2, 4096));
        let bytes = one.to_vec();
        assert_eq!(bytes.len(), one.len());
        for cut in [0, 1, 15, 16, 17, 4095, 4096] {
            let (head, tail) = bytes.split_at(cut);
            assert!(one.holds(0, head) && one.holds(cut, tail), "{cut}");
        }
        assert!(!other.holds(0, &bytes));
        assert!(!one.holds(4090, &[0; 7]), "longer than the body");
        let mut flipped = bytes.clone();
        flipped[4000] ^= 1;
        assert!(!one.holds(0, &flipped));
    }
}
