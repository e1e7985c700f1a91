//! Payloads in sealed frames: seekable, checked frame by frame, and checkable without keys.
//!
//! Content is cut into frames of [`FRAME_BYTES`]; the last has 1 to [`FRAME_BYTES`]; empty content
//! has none. A stored frame is ciphertext, tag, and CRC-64/NVME (little endian) over both.

use std::ops::Range;

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use azekura_model::ident::{BucketUuid, PayloadId};
use crc_fast::CrcAlgorithm;

use crate::entropy::Entropy;
use crate::ids::Attempt;
use crate::keys::KeyError;
use crate::seal::cipher::{self, CipherFailed, SecretKey, TAG_BYTES};

/// Content bytes in every frame but the last.
pub const FRAME_BYTES: usize = 64 * 1024;
/// Bytes that sealing adds to a frame: tag and CRC.
pub const OVERHEAD_BYTES: usize = TAG_BYTES + CRC_BYTES;
const CRC_BYTES: usize = 8;
const FRAME: u64 = FRAME_BYTES as u64;
const OVERHEAD: u64 = OVERHEAD_BYTES as u64;
const STORED_FRAME: u64 = FRAME + OVERHEAD;
const LABEL: &[u8; 16] = b"azekura frame v1";
const AAD_BYTES: usize = 16 + 16 + 16 + 8 + 1;

/// Number of frames of `content_bytes` bytes of content.
#[must_use]
pub fn frame_count(content_bytes: u64) -> u64 {
    content_bytes.div_ceil(FRAME)
}

/// Stored length of `content_bytes` bytes of content.
#[must_use]
pub fn sealed_bytes(content_bytes: u64) -> u64 {
    content_bytes.saturating_add(frame_count(content_bytes).saturating_mul(OVERHEAD))
}

/// Content length behind a stored length; `None` when no content has that stored length.
#[must_use]
pub fn content_bytes(sealed_bytes: u64) -> Option<u64> {
    let whole = sealed_bytes / STORED_FRAME;
    match sealed_bytes % STORED_FRAME {
        0 => Some(whole.saturating_mul(FRAME)),
        rest if rest > OVERHEAD => {
            Some(whole.saturating_mul(FRAME).saturating_add(rest - OVERHEAD))
        }
        _ => None,
    }
}

/// Stored bytes of the frames `frames` of content of `content_bytes` bytes.
#[must_use]
pub fn stored_range(frames: Range<u64>, content_bytes: u64) -> Range<u64> {
    let end = sealed_bytes(content_bytes);
    let at = |frame: u64| frame.saturating_mul(STORED_FRAME).min(end);
    at(frames.start)..at(frames.end)
}

/// Frames that hold the bytes `content` of content.
#[must_use]
pub fn frames_of(content: Range<u64>) -> Range<u64> {
    if content.is_empty() {
        return 0..0;
    }
    content.start / FRAME..content.end.div_ceil(FRAME)
}

/// Names the bytes bound to each frame.
#[derive(Clone, Copy, Debug)]
struct Binding {
    payload: PayloadId,
    bucket: BucketUuid,
}

impl Binding {
    fn aad(self, frame: u64, last: bool) -> [u8; AAD_BYTES] {
        let mut aad = [0; AAD_BYTES];
        let parts = LABEL
            .iter()
            .chain(&self.payload.0)
            .chain(&self.bucket.0)
            .copied()
            .chain(frame.to_be_bytes())
            .chain([u8::from(last)]);
        aad.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        aad
    }
}

fn nonce(frame: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes
        .iter_mut()
        .skip(4)
        .zip(frame.to_be_bytes())
        .for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(bytes)
}

/// Seals one payload. It owns a data key that nothing else ever seals with, counts its frames, and
/// is consumed by the last one: a nonce cannot repeat.
pub struct FrameSealer {
    key: LessSafeKey,
    binding: Binding,
    next: u64,
    frame: Vec<u8>,
}

impl FrameSealer {
    /// For the payload of a version: draws a fresh data key, which is returned for its record.
    ///
    /// # Errors
    /// [`KeyError::Entropy`] or [`KeyError::Cipher`].
    pub fn fresh(
        entropy: &dyn Entropy,
        payload: PayloadId,
        bucket: BucketUuid,
    ) -> Result<(Self, SecretKey), KeyError> {
        let data_key = SecretKey::random(entropy)?;
        let sealer = Self::new(&data_key, payload, bucket)?;
        Ok((sealer, data_key))
    }

    /// For one attempt at a part: its key follows from the upload's key and the attempt.
    ///
    /// # Errors
    /// [`KeyError::Cipher`].
    pub fn for_attempt(
        upload_key: &SecretKey,
        attempt: Attempt,
        bucket: BucketUuid,
    ) -> Result<Self, KeyError> {
        let payload = attempt.consume();
        let data_key = part_key(upload_key, payload)?;
        Self::new(&data_key, payload, bucket)
    }

    fn new(data_key: &SecretKey, payload: PayloadId, bucket: BucketUuid) -> Result<Self, KeyError> {
        Ok(Self {
            key: cipher::schedule(data_key)?,
            binding: Binding { payload, bucket },
            next: 0,
            frame: Vec::new(),
        })
    }

    /// Takes more content; appends the frames that became complete to `out`. The last one is held
    /// back until [`FrameSealer::finish`].
    ///
    /// # Errors
    /// [`CipherFailed`] when the library refuses.
    pub fn update(&mut self, mut content: &[u8], out: &mut Vec<u8>) -> Result<(), CipherFailed> {
        while !content.is_empty() {
            if self.frame.len() == FRAME_BYTES {
                self.flush(false, out)?;
            }
            let room = FRAME_BYTES.saturating_sub(self.frame.len());
            let (now, later) = content
                .split_at_checked(room)
                .unwrap_or((content, &[] as &[u8]));
            self.frame.extend_from_slice(now);
            content = later;
        }
        Ok(())
    }

    /// Seals the last frame, unless there was no content.
    ///
    /// # Errors
    /// [`CipherFailed`] when the library refuses.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), CipherFailed> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.flush(true, out)
    }

    fn flush(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), CipherFailed> {
        let aad = self.binding.aad(self.next, last);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(self.next), Aad::from(aad), &mut self.frame)
            .map_err(|_| CipherFailed)?;
        self.next = self.next.checked_add(1).ok_or(CipherFailed)?;
        self.frame.extend_from_slice(tag.as_ref());
        let crc = crc_fast::checksum(CrcAlgorithm::Crc64Nvme, &self.frame);
        out.extend_from_slice(&self.frame);
        out.extend_from_slice(&crc.to_le_bytes());
        self.frame.clear();
        Ok(())
    }
}

/// The data key of one attempt at a part.
///
/// # Errors
/// [`CipherFailed`] when the library refuses.
pub fn part_key(upload_key: &SecretKey, attempt: PayloadId) -> Result<SecretKey, CipherFailed> {
    cipher::derive(upload_key, &[], &[b"azekura part v1", &attempt.0])
}

/// What is wrong with a stored frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Fewer or more bytes than the frame must have.
    #[error("frame {frame} has the wrong length")]
    Length {
        /// Frame number, from 0.
        frame: u64,
    },
    /// The bytes changed after they were written.
    #[error("frame {frame} is damaged (checksum)")]
    Checksum {
        /// Frame number, from 0.
        frame: u64,
    },
    /// The bytes are as written, yet were not sealed for this place under this key.
    #[error("frame {frame} does not open (authentication)")]
    Authentication {
        /// Frame number, from 0.
        frame: u64,
    },
}

/// Opens frames of one payload, in any order.
pub struct FrameOpener {
    key: LessSafeKey,
    binding: Binding,
    content_bytes: u64,
}

impl FrameOpener {
    /// For a payload of `content_bytes` bytes.
    ///
    /// # Errors
    /// [`CipherFailed`] when the library refuses the key.
    pub fn new(
        data_key: &SecretKey,
        payload: PayloadId,
        bucket: BucketUuid,
        content_bytes: u64,
    ) -> Result<Self, CipherFailed> {
        Ok(Self {
            key: cipher::schedule(data_key)?,
            binding: Binding { payload, bucket },
            content_bytes,
        })
    }

    /// Opens the frames `frames`, whose stored bytes are `stored` (see [`stored_range`]), and
    /// appends their content to `out`.
    ///
    /// # Errors
    /// [`FrameError`] names the first frame that is not as it was sealed; `out` then holds the
    /// frames before it.
    pub fn open(
        &self,
        frames: Range<u64>,
        stored: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), FrameError> {
        let count = frame_count(self.content_bytes);
        for (frame, bytes) in split(frames, stored, self.content_bytes) {
            let sealed = check(frame, bytes?)?;
            let start = out.len();
            out.extend_from_slice(sealed);
            let aad = self.binding.aad(frame, frame.saturating_add(1) == count);
            let opened = out
                .get_mut(start..)
                .map(|text| self.key.open_in_place(nonce(frame), Aad::from(aad), text));
            match opened {
                Some(Ok(_)) => out.truncate(out.len().saturating_sub(TAG_BYTES)),
                Some(Err(_)) | None => {
                    out.truncate(start);
                    return Err(FrameError::Authentication { frame });
                }
            }
        }
        Ok(())
    }
}

/// Checks frames by their CRCs alone, without keys.
///
/// # Errors
/// [`FrameError::Length`] or [`FrameError::Checksum`] for the first bad frame.
pub fn check_without_keys(
    frames: Range<u64>,
    stored: &[u8],
    content_bytes: u64,
) -> Result<(), FrameError> {
    split(frames, stored, content_bytes)
        .try_for_each(|(frame, bytes)| check(frame, bytes?).map(drop))
}

/// The stored bytes of each frame, or an error where they are too short.
fn split(
    frames: Range<u64>,
    stored: &[u8],
    content_bytes: u64,
) -> impl Iterator<Item = (u64, Result<&[u8], FrameError>)> {
    let mut rest = stored;
    let end = frames.end;
    frames.map(move |frame| {
        let range = stored_range(frame..frame.saturating_add(1), content_bytes);
        let bytes = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let cut = rest.split_at_checked(bytes).filter(|(now, later)| {
            now.len() > OVERHEAD_BYTES && (frame.saturating_add(1) < end || later.is_empty())
        });
        match cut {
            Some((now, later)) => {
                rest = later;
                (frame, Ok(now))
            }
            None => (frame, Err(FrameError::Length { frame })),
        }
    })
}

/// Ciphertext and tag of a stored frame whose CRC matches.
fn check(frame: u64, stored: &[u8]) -> Result<&[u8], FrameError> {
    let (sealed, crc) = stored
        .split_last_chunk::<CRC_BYTES>()
        .ok_or(FrameError::Length { frame })?;
    if crc_fast::checksum(CrcAlgorithm::Crc64Nvme, sealed) == u64::from_le_bytes(*crc) {
        Ok(sealed)
    } else {
        Err(FrameError::Checksum { frame })
    }
}

#[cfg(test)]
mod tests;
