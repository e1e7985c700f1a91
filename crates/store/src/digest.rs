//! Digests of content in one pass, and the exact check of what a client claims.
//!
//! MD5 is the slowest of them (`docs/decisions`), so it is a half of its own: for large streams
//! the caller runs it on a second core beside the rest.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use azekura_model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType, ContentDigests};
use crc_fast::CrcAlgorithm;
use md5::Digest as _;

use crate::body::{BodyError, Claims};
use crate::error::StoreError;

/// MD5 of a stream.
#[derive(Clone, Default)]
pub struct Md5Half(md5::Md5);

impl Md5Half {
    /// Takes more content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> [u8; 16] {
        self.0.finalize().into()
    }
}

/// Everything but MD5: length, SHA-256 and the checksums asked for.
pub struct FastHalf {
    bytes: u64,
    sha256: Context,
    sums: Vec<Sum>,
}

enum Sum {
    Crc(ChecksumAlgorithm, Box<crc_fast::Digest>),
    Sha1(Context),
    /// The same as the digest that is computed anyway.
    Sha256,
}

/// The CRC of S3's name, where it is one.
fn crc(algorithm: ChecksumAlgorithm) -> Option<CrcAlgorithm> {
    match algorithm {
        ChecksumAlgorithm::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
        ChecksumAlgorithm::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
        ChecksumAlgorithm::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
        ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => None,
    }
}

/// The value of a CRC as S3 shows it: big endian, as long as the algorithm says.
fn crc_value(algorithm: ChecksumAlgorithm, value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let skip = bytes.len().saturating_sub(algorithm.bytes());
    bytes.iter().skip(skip).copied().collect()
}

fn full(algorithm: ChecksumAlgorithm, value: Vec<u8>) -> Checksum {
    Checksum {
        algorithm,
        value,
        kind: ChecksumType::FullObject,
        parts: None,
    }
}

impl FastHalf {
    fn new(algorithms: &[ChecksumAlgorithm]) -> Self {
        let sums = algorithms
            .iter()
            .map(|algorithm| match crc(*algorithm) {
                Some(parameters) => {
                    Sum::Crc(*algorithm, Box::new(crc_fast::Digest::new(parameters)))
                }
                None if *algorithm == ChecksumAlgorithm::Sha1 => {
                    Sum::Sha1(Context::new(&SHA1_FOR_LEGACY_USE_ONLY))
                }
                None => Sum::Sha256,
            })
            .collect();
        Self {
            bytes: 0,
            sha256: Context::new(&SHA256),
            sums,
        }
    }

    /// Takes more content.
    pub fn update(&mut self, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        self.sha256.update(bytes);
        for sum in &mut self.sums {
            match sum {
                Sum::Crc(_, digest) => digest.update(bytes),
                Sum::Sha1(context) => context.update(bytes),
                Sum::Sha256 => {}
            }
        }
    }
}

/// Computes all digests of one stream.
pub struct Digester {
    /// May be fed on another thread than the rest, with the same bytes in the same order.
    pub md5: Md5Half,
    /// The rest.
    pub fast: FastHalf,
}

impl Digester {
    /// Computes MD5, SHA-256 and `algorithms`.
    #[must_use]
    pub fn new(algorithms: &[ChecksumAlgorithm]) -> Self {
        Self {
            md5: Md5Half::default(),
            fast: FastHalf::new(algorithms),
        }
    }

    /// Takes more content, on this thread.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.fast.update(bytes);
    }

    /// The digests of all bytes taken. Both halves must have seen the same ones.
    #[must_use]
    pub fn finish(self) -> ContentDigests {
        let mut sha256 = [0; 32];
        let digest = self.fast.sha256.finish();
        sha256
            .iter_mut()
            .zip(digest.as_ref())
            .for_each(|(to, from)| *to = *from);
        let checksums = self
            .fast
            .sums
            .into_iter()
            .map(|sum| match sum {
                Sum::Crc(algorithm, digest) => {
                    full(algorithm, crc_value(algorithm, digest.finalize()))
                }
                Sum::Sha1(context) => {
                    full(ChecksumAlgorithm::Sha1, context.finish().as_ref().to_vec())
                }
                Sum::Sha256 => full(ChecksumAlgorithm::Sha256, sha256.to_vec()),
            })
            .collect();
        ContentDigests {
            bytes: self.fast.bytes,
            md5: self.md5.finish(),
            sha256,
            checksums,
        }
    }
}

/// The checksums to compute for what a client claims or asks for; CRC64NVME when for none.
#[must_use]
pub fn algorithms_for(claims: &Claims) -> Vec<ChecksumAlgorithm> {
    let mut all: Vec<_> = claims
        .checksums
        .iter()
        .map(|checksum| checksum.algorithm)
        .chain(claims.trailer.as_ref().map(|(algorithm, _)| *algorithm))
        .chain(claims.compute)
        .collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() {
        all.push(ChecksumAlgorithm::Crc64Nvme);
    }
    all
}

/// Checks every claim against the digests of what arrived. The trailer is read here, so the body
/// must have ended.
///
/// # Errors
/// [`StoreError::Body`] when the length differs, [`StoreError::BadDigest`] for Content-MD5,
/// [`StoreError::BadChecksum`], [`StoreError::MalformedTrailer`].
pub fn check(claims: Claims, digests: &ContentDigests) -> Result<(), StoreError> {
    if let Some(declared) = claims.bytes {
        if digests.bytes < declared {
            return Err(BodyError::Incomplete.into());
        }
        if digests.bytes > declared {
            let text = "more bytes arrived than were declared";
            return Err(BodyError::Malformed(text.to_owned()).into());
        }
    }
    if claims.md5.is_some_and(|md5| md5 != digests.md5) {
        return Err(StoreError::BadDigest);
    }
    for claimed in &claims.checksums {
        check_one(claimed, digests)?;
    }
    if let Some((algorithm, read)) = claims.trailer {
        let arrived = read()
            .filter(|checksum| checksum.algorithm == algorithm)
            .ok_or(StoreError::MalformedTrailer)?;
        check_one(&arrived, digests)?;
    }
    Ok(())
}

fn check_one(claimed: &Checksum, digests: &ContentDigests) -> Result<(), StoreError> {
    let mut computed = digests.checksums.iter();
    let same = computed
        .any(|checksum| checksum.algorithm == claimed.algorithm && checksum.value == claimed.value);
    if same {
        Ok(())
    } else {
        Err(StoreError::BadChecksum {
            algorithm: claimed.algorithm.as_str(),
        })
    }
}

/// The checksum of a whole object from those of its parts in order, each with its content length
/// in bytes. Only CRCs combine; `None` for other algorithms, for parts without a value of the right
/// length, and for no parts.
#[must_use]
pub fn combine(algorithm: ChecksumAlgorithm, parts: &[(&[u8], u64)]) -> Option<Checksum> {
    let parameters = crc(algorithm)?;
    let value = |bytes: &[u8]| {
        let whole = bytes.len() == algorithm.bytes();
        whole.then(|| {
            bytes
                .iter()
                .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte))
        })
    };
    let (first, rest) = parts.split_first()?;
    let mut all = value(first.0)?;
    for (bytes, length) in rest {
        all = crc_fast::checksum_combine(parameters, all, value(bytes)?, *length);
    }
    Some(full(algorithm, crc_value(algorithm, all)))
}

/// The composite checksum of a multipart object: the algorithm over the parts' values, with their
/// number. `None` for CRC64NVME, which S3 has as full-object only, and for values of wrong length.
#[must_use]
pub fn composite(algorithm: ChecksumAlgorithm, parts: &[&[u8]]) -> Option<Checksum> {
    let whole = parts.iter().all(|part| part.len() == algorithm.bytes());
    if !whole || algorithm == ChecksumAlgorithm::Crc64Nvme {
        return None;
    }
    let mut half = FastHalf::new(&[algorithm]);
    parts.iter().for_each(|part| half.update(part));
    let digester = Digester {
        md5: Md5Half::default(),
        fast: half,
    };
    let mut checksum = digester.finish().checksums.pop()?;
    checksum.kind = ChecksumType::Composite;
    checksum.parts = Some(u32::try_from(parts.len()).ok()?);
    Some(checksum)
}

/// MD5 over the parts' MD5s: the ETag of a multipart object.
#[must_use]
pub fn multipart_md5(parts: &[[u8; 16]]) -> [u8; 16] {
    let mut md5 = Md5Half::default();
    parts.iter().for_each(|part| md5.update(part));
    md5.finish()
}

#[cfg(test)]
mod tests;
