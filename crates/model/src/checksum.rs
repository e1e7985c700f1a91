//! Digests of content: ETag, SHA-256 and the checksums that S3 SDKs send.

/// Algorithms of `x-amz-checksum-*`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ChecksumAlgorithm {
    /// CRC-32 (ISO-HDLC), 4 bytes.
    Crc32,
    /// CRC-32C (Castagnoli), 4 bytes.
    Crc32c,
    /// CRC-64/NVME, 8 bytes.
    Crc64Nvme,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All, in order.
    pub const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// Name on the wire (`x-amz-checksum-algorithm`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// Length of a value in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// How the checksum of a multipart object relates to its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChecksumType {
    /// Over the whole object.
    FullObject,
    /// Over the concatenated checksums of the parts.
    Composite,
}

/// A checksum of content.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Checksum {
    /// Algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// Big-endian bytes, as long as the algorithm says.
    pub value: Vec<u8>,
    /// Whole object or composite.
    pub kind: ChecksumType,
    /// Number of parts behind a composite value; shown as `-N`.
    pub parts: Option<u32>,
}

/// ETag: MD5 of the content, or of the parts' MD5s with their number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ETag {
    /// MD5.
    pub md5: [u8; 16],
    /// Number of parts of a multipart upload; `None` for a plain one.
    pub parts: Option<u32>,
}

impl std::fmt::Display for ETag {
    /// Hexadecimal without quotes, with `-N` for multipart.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.md5.iter().try_for_each(|b| write!(f, "{b:02x}"))?;
        self.parts.map_or(Ok(()), |parts| write!(f, "-{parts}"))
    }
}

/// Digests of one stream of content, computed in one pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentDigests {
    /// Length in bytes.
    pub bytes: u64,
    /// MD5, the ETag of a plain upload.
    pub md5: [u8; 16],
    /// SHA-256, kept as evidence.
    pub sha256: [u8; 32],
    /// What the client asked for; CRC64NVME when it asked for none.
    pub checksums: Vec<Checksum>,
}
