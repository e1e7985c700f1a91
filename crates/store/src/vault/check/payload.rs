//! Re-hashes payloads against what their records say.

use aws_lc_rs::digest::{Context, SHA256};
use azekura_engine::blob::BlobFiles;
use azekura_engine::journal::scan::{PayloadState, ScannedRecord, Scanner};
use azekura_model::ident::{BucketUuid, PayloadId};
use azekura_model::release::BlobId;
use bytes::Bytes;

use crate::seal::cipher::SecretKey;
use crate::seal::frames::{self, FrameOpener};

/// Frames that are read at once.
const STEP_FRAMES: u64 = 64;

/// Where stored bytes are read from.
pub(super) enum Stored<'a> {
    Memory(Bytes),
    Blob(&'a BlobFiles, BlobId),
}

impl Stored<'_> {
    fn read(&self, from: u64, until: u64) -> Result<Bytes, String> {
        match self {
            Self::Memory(bytes) => {
                let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.slice(index(from)..index(until).max(index(from))))
            }
            Self::Blob(files, blob) => files
                .read(*blob, from, until)
                .map_err(|error| error.to_string()),
        }
    }

    /// Nothing follows the last frame.
    fn ends_at(&self, sealed_bytes: u64) -> Result<(), String> {
        if self
            .read(sealed_bytes, sealed_bytes.saturating_add(1))?
            .is_empty()
        {
            Ok(())
        } else {
            Err("it is longer than its record says".to_owned())
        }
    }
}

/// The inline payload of a scanned record.
pub(super) fn inline(scanner: &Scanner, record: &ScannedRecord) -> Result<Stored<'static>, String> {
    match record.payload {
        PayloadState::Erased => Err("its payload was erased".to_owned()),
        PayloadState::None => Ok(Stored::Memory(Bytes::new())),
        PayloadState::Present | PayloadState::Damaged | PayloadState::Unread => scanner
            .read_payload(record)
            .map(Stored::Memory)
            .map_err(|error| error.to_string()),
    }
}

/// What a payload must be.
pub(super) struct Expected<'a> {
    pub(super) bucket: BucketUuid,
    pub(super) payload: PayloadId,
    pub(super) data_key: &'a SecretKey,
    pub(super) content_bytes: u64,
    pub(super) sha256: [u8; 32],
}

/// Opens every frame and compares the SHA-256 of the content.
pub(super) fn verify(stored: &Stored<'_>, expected: &Expected<'_>) -> Result<(), String> {
    let bytes = expected.content_bytes;
    let opener = FrameOpener::new(expected.data_key, expected.payload, expected.bucket, bytes)
        .map_err(|error| error.to_string())?;
    let mut hash = Context::new(&SHA256);
    let mut content = Vec::new();
    each_step(stored, bytes, |frames, sealed| {
        content.clear();
        opener
            .open(frames, sealed, &mut content)
            .map_err(|error| error.to_string())?;
        hash.update(&content);
        Ok(())
    })?;
    if hash.finish().as_ref() == expected.sha256 {
        Ok(())
    } else {
        Err("its SHA-256 is not the one recorded".to_owned())
    }
}

/// Checks the frames by their CRCs.
pub(super) fn verify_without_keys(stored: &Stored<'_>, content_bytes: u64) -> Result<(), String> {
    each_step(stored, content_bytes, |frames, sealed| {
        frames::check_without_keys(frames, sealed, content_bytes).map_err(|error| error.to_string())
    })
}

fn each_step(
    stored: &Stored<'_>,
    content_bytes: u64,
    mut take: impl FnMut(std::ops::Range<u64>, &[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let count = frames::frame_count(content_bytes);
    let mut first = 0;
    while first < count {
        let step = first..count.min(first.saturating_add(STEP_FRAMES));
        let range = frames::stored_range(step.clone(), content_bytes);
        take(step.clone(), &stored.read(range.start, range.end)?)?;
        first = step.end;
    }
    stored.ends_at(frames::sealed_bytes(content_bytes))
}
