//! Content on its way out: find the frames → read → verify → open → hand on.
//!
//! Frames are read in jobs of some hundred KiB; [`READ_AHEAD_JOBS`] of them run ahead of the
//! client on blocking threads, and none waits for it. The first job is done before the stream is
//! returned, so that a small damaged object is an error answer and not a broken connection. Bytes
//! that are not what was sealed are never handed on.

use std::collections::VecDeque;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use azekura_engine::seam::Engine;
use azekura_model::ident::{BucketUuid, PayloadId};
use azekura_model::position::{PartitionId, Sequence};
use azekura_model::release::BlobId;
use bytes::Bytes;
use futures::{FutureExt as _, Stream};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::body::{Body, BodyError};
use crate::error::StoreError;
use crate::memory::{Direction, MemoryBudget, Reservation};
use crate::seal::cipher::SecretKey;
use crate::seal::frames::{self, FRAME_BYTES, FrameOpener};

/// Frames in the first job: small, as the client waits for it.
const FIRST_JOB_FRAMES: u64 = 4;
/// Frames in each later job.
const JOB_FRAMES: u64 = 4;
/// Jobs that are read ahead of the client.
const READ_AHEAD_JOBS: usize = 2;
/// Content up to this is read where it was asked for: a hop costs more than it gives.
const ON_THE_SPOT_BYTES: u64 = 64 * 1024;
const FRAME: u64 = FRAME_BYTES as u64;
/// Memory of a long stream: each job that runs holds its frames sealed and open, and what was handed
/// on last is still being sent.
const STREAM_BYTES: u64 =
    (2 * READ_AHEAD_JOBS as u64 + 1) * JOB_FRAMES * (FRAME + FRAME_SLACK_BYTES);
/// What sealing adds to a frame, with room for the buffers' own.
const FRAME_SLACK_BYTES: u64 = 1024;

/// Where the stored bytes of a piece are.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The inline payload of a record.
    Record(PartitionId, Sequence),
    /// A blob.
    Blob(BlobId),
}

/// One sealed payload of the content: the whole of it, or a part of a multipart upload.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What a message calls it: the version, or the part.
    pub name: String,
    /// Where its stored bytes are.
    pub source: Source,
    /// Identity bound into its frames.
    pub payload: PayloadId,
    /// Its data key.
    pub data_key: SecretKey,
    /// Length of its content in bytes.
    pub content_bytes: u64,
}

/// Streams the bytes `range` of the content that the pieces make up in order. Memory is reserved
/// before anything is read, and until the last byte was let go.
///
/// # Errors
/// [`StoreError::Busy`] when memory is short; [`StoreError::Damaged`] or [`StoreError::Erased`] when the first bytes of the range cannot be
/// given. Damage further on ends the stream with [`BodyError::Source`], which names the place.
pub async fn stream(
    engine: &Arc<dyn Engine>,
    memory: &MemoryBudget,
    bucket: BucketUuid,
    pieces: Vec<Piece>,
    range: Range<u64>,
) -> Result<Body, StoreError> {
    let whole = pieces
        .iter()
        .fold(0_u64, |sum, piece| sum.saturating_add(piece.content_bytes));
    let jobs = plan(pieces, range);
    let bytes = reserved(jobs.total, whole);
    let memory = memory.reserve(Direction::Out, bytes).await?;
    let mut reading = Reading {
        engine: Arc::clone(engine),
        bucket,
        jobs,
        first: None,
        running: VecDeque::new(),
        memory: Arc::new(memory),
        failed: false,
    };
    if let Some(job) = reading.jobs.next() {
        let engine = Arc::clone(engine);
        let work = move || read(&*engine, bucket, &job);
        let small = reading.jobs.total <= ON_THE_SPOT_BYTES;
        let first = if small {
            work()?
        } else {
            spawn_blocking(work).await.map_err(|error| {
                StoreError::Internal(format!("a worker thread ended early: {error}"))
            })??
        };
        reading.first = Some(first);
    }
    Ok(Box::pin(reading))
}

/// Memory of a stream of so many bytes out of so many. Whole frames are read, at both ends; short
/// content is one short frame, and clients that do not read must not hold more than that of it.
fn reserved(bytes: u64, whole: u64) -> u64 {
    let frames = bytes.div_ceil(FRAME).saturating_add(1);
    let open = frames.saturating_mul(FRAME).min(whole);
    let sealed_and_open = open.saturating_add(frames.saturating_mul(FRAME_SLACK_BYTES));
    sealed_and_open.saturating_mul(2).min(STREAM_BYTES)
}

/// Content on its way to the client. What sends it may hold it longer than the stream lives.
struct Sent {
    content: Bytes,
    _memory: Arc<Reservation>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

/// Some frames of a piece, and the bytes wanted of their content.
struct Job {
    piece: Arc<Piece>,
    frames: Range<u64>,
    /// Bytes wanted, counted from the start of the piece.
    content: Range<u64>,
}

/// The jobs of a range, made as they are needed: an object may have 80 million frames.
struct Jobs {
    pieces: std::vec::IntoIter<Piece>,
    /// The piece at hand and what is still wanted of it.
    current: Option<(Arc<Piece>, Range<u64>)>,
    /// Still wanted, counted from the start of the next piece.
    range: Range<u64>,
    first: bool,
    /// Bytes wanted in all.
    total: u64,
}

fn plan(pieces: Vec<Piece>, range: Range<u64>) -> Jobs {
    Jobs {
        pieces: pieces.into_iter(),
        current: None,
        total: range.end.saturating_sub(range.start),
        range,
        first: true,
    }
}

impl Jobs {
    /// Goes on to the next piece of which something is wanted.
    fn advance(&mut self) -> Option<(Arc<Piece>, Range<u64>)> {
        loop {
            if self.range.is_empty() {
                return None;
            }
            let piece = self.pieces.next()?;
            let bytes = piece.content_bytes;
            let wanted = self.range.start.min(bytes)..self.range.end.min(bytes);
            self.range =
                self.range.start.saturating_sub(bytes)..self.range.end.saturating_sub(bytes);
            if !wanted.is_empty() {
                return Some((Arc::new(piece), wanted));
            }
        }
    }
}

impl Iterator for Jobs {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let (piece, wanted) = match self.current.take() {
            Some(current) => current,
            None => self.advance()?,
        };
        let most = if self.first {
            FIRST_JOB_FRAMES
        } else {
            JOB_FRAMES
        };
        self.first = false;
        let all = frames::frames_of(wanted.clone());
        let frames = all.start..all.end.min(all.start.saturating_add(most));
        let until = wanted.end.min(frames.end.saturating_mul(FRAME));
        if until < wanted.end {
            self.current = Some((Arc::clone(&piece), until..wanted.end));
        }
        Some(Job {
            piece,
            frames,
            content: wanted.start..until,
        })
    }
}

/// Reads, verifies and opens the frames of one job.
fn read(engine: &dyn Engine, bucket: BucketUuid, job: &Job) -> Result<Bytes, StoreError> {
    let piece = &*job.piece;
    let at = frames::stored_range(job.frames.clone(), piece.content_bytes);
    let stored = match piece.source {
        Source::Record(partition, sequence) => {
            engine.payload(partition, sequence, at.start, at.end)
        }
        Source::Blob(blob) => engine.read_blob(blob, at.start, at.end),
    };
    let stored = stored.map_err(|error| match StoreError::from(error) {
        StoreError::Damaged(what) => StoreError::Damaged(format!("{}: {what}", piece.name)),
        StoreError::Erased(what) => StoreError::Erased(format!("{}: {what}", piece.name)),
        other => other,
    })?;
    let opener = FrameOpener::new(&piece.data_key, piece.payload, bucket, piece.content_bytes)?;
    let mut content = Vec::with_capacity(stored.len());
    opener
        .open(job.frames.clone(), &stored, &mut content)
        .map_err(|error| StoreError::Damaged(format!("{}: {error}", piece.name)))?;
    let from = job.frames.start.saturating_mul(FRAME);
    let index = |at: u64| usize::try_from(at.saturating_sub(from)).unwrap_or(usize::MAX);
    let (start, end) = (index(job.content.start), index(job.content.end));
    if start > end || end > content.len() {
        return Err(StoreError::Internal("a range was cut wrongly".to_owned()));
    }
    Ok(Bytes::from(content).slice(start..end))
}

/// The stream.
struct Reading {
    engine: Arc<dyn Engine>,
    bucket: BucketUuid,
    jobs: Jobs,
    first: Option<Bytes>,
    running: VecDeque<JoinHandle<Result<Bytes, StoreError>>>,
    memory: Arc<Reservation>,
    failed: bool,
}

impl Reading {
    fn sent(&self, content: Bytes) -> Bytes {
        Bytes::from_owner(Sent {
            content,
            _memory: Arc::clone(&self.memory),
        })
    }

    fn start_ahead(&mut self) {
        while self.running.len() < READ_AHEAD_JOBS {
            let Some(job) = self.jobs.next() else {
                return;
            };
            let (engine, bucket) = (Arc::clone(&self.engine), self.bucket);
            self.running
                .push_back(spawn_blocking(move || read(&*engine, bucket, &job)));
        }
    }
}

impl Stream for Reading {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.failed {
            return Poll::Ready(None);
        }
        this.start_ahead();
        if let Some(bytes) = this.first.take() {
            return Poll::Ready(Some(Ok(this.sent(bytes))));
        }
        let Some(job) = this.running.front_mut() else {
            return Poll::Ready(None);
        };
        let outcome = match job.poll_unpin(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(Ok(bytes))) => Ok(bytes),
            Poll::Ready(Ok(Err(error))) => Err(BodyError::Source(error.to_string())),
            Poll::Ready(Err(error)) => Err(BodyError::Source(format!(
                "a worker thread ended early: {error}"
            ))),
        };
        let _done = this.running.pop_front();
        this.failed = outcome.is_err();
        Poll::Ready(Some(outcome.map(|bytes| this.sent(bytes))))
    }
}

#[cfg(test)]
mod tests;
