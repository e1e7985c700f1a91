//! Fixed binary headers: little-endian fields, a CRC32C at bytes 4..8 over all bytes after it.

/// CRC32C (Castagnoli).
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(bytes)
}

/// Builds a header of `N` bytes front to back.
pub(crate) struct HeaderWriter<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> HeaderWriter<N> {
    pub(crate) fn new(magic: [u8; 4]) -> Self {
        let writer = Self {
            bytes: [0; N],
            at: 0,
        };
        writer.put(&magic).put(&[0; 4])
    }

    pub(crate) fn put(mut self, field: &[u8]) -> Self {
        let end = self.at.saturating_add(field.len());
        if let Some(slot) = self.bytes.get_mut(self.at..end) {
            slot.copy_from_slice(field);
        }
        self.at = end;
        self
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.put(&value.to_le_bytes())
    }

    pub(crate) fn u64(self, value: u64) -> Self {
        self.put(&value.to_le_bytes())
    }

    pub(crate) fn finish(mut self) -> [u8; N] {
        let crc = crc32c(self.bytes.get(8..).unwrap_or_default());
        if let Some(slot) = self.bytes.get_mut(4..8) {
            slot.copy_from_slice(&crc.to_le_bytes());
        }
        self.bytes
    }
}

/// Reads a header front to back; every method answers `None` past the end.
pub(crate) struct HeaderReader<'a> {
    rest: &'a [u8],
}

impl<'a> HeaderReader<'a> {
    /// The fields after magic and CRC of the first `length` bytes, if both are right.
    pub(crate) fn checked(bytes: &'a [u8], length: usize, magic: [u8; 4]) -> Option<Self> {
        let header = bytes.get(..length)?;
        let (found, rest) = header.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        (*found == magic && u32::from_le_bytes(*crc) == crc32c(rest)).then_some(Self { rest })
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// A length as a field of 32 bits. Lengths are bounded far below that by the contract.
pub(crate) fn length32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A field of 32 or 64 bits as a length in memory.
pub(crate) fn length(value: impl TryInto<usize>) -> usize {
    value.try_into().unwrap_or(usize::MAX)
}
