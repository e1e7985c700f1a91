//! Content on its way in: arrive → hash → check claims → seal → lie ready to be named.
//!
//! Up to [`INLINE_CONTENT_BYTES_MAX`] content stays in memory and becomes an inline payload. More
//! goes to a blob in batches: while one batch arrives, the one before is hashed with MD5 on one
//! thread, and hashed otherwise, sealed and written on another. No thread waits for a client, and
//! all that an upload holds is reserved of the [`MemoryBudget`] before it is read.
//!
//! Whatever fails, nothing is named: a blob that was begun is left to its intent.

use std::future::Future;
use std::sync::Arc;

use azekura_engine::seam::{BLOB_BUFFER_BYTES, BlobWriter, Engine};
use azekura_model::checksum::ContentDigests;
use azekura_model::ident::{BucketUuid, PayloadId};
use azekura_model::release::BlobId;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use tokio::task::spawn_blocking;

use crate::body::{Body, BodyError, Claims};
use crate::digest::{self, Digester, FastHalf};
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::ids::Attempt;
use crate::inner::Inner;
use crate::keys::Keys;
use crate::memory::{Direction, MemoryBudget, Reservation};
use crate::seal::cipher::SecretKey;
use crate::seal::frames::{self, FrameSealer};

/// Longest content in bytes that is kept inline in its record.
pub const INLINE_CONTENT_BYTES_MAX: u64 = 1024 * 1024;
/// Content gathered before a batch is handed to the threads, in bytes.
const BATCH_BYTES: u64 = 256 * 1024;
/// Content is copied into blocks of this length: a client that sends single bytes would otherwise
/// make each of them cost a handle, or a whole read buffer.
const BLOCK_BYTES: usize = 64 * 1024;
/// What a client must have sent before more is reserved for it: one that trickles holds no more.
const PROBE_BYTES: u64 = 64 * 1024;
/// Longest chunk of a body beyond what was asked for, and the unfilled part of a block.
const SLACK_BYTES: u64 = 64 * 1024;
/// Room for a record beside its payload.
const RECORD_BYTES: u64 = 4 * 1024;
/// Memory of an upload to a blob: a batch that arrives, one that is hashed, one that is sealed, each
/// with a chunk more; and the buffer of the blob's file.
const BLOB_BYTES: u64 = 3 * (BATCH_BYTES + SLACK_BYTES) + BLOB_BUFFER_BYTES as u64;
/// Content up to this is hashed and sealed where it arrived: a hop costs more than it gives.
const ON_THE_SPOT_BYTES: u64 = 128 * 1024;

/// Where the payload belongs and which key seals it.
pub struct Sealing {
    /// Bucket.
    pub bucket: BucketUuid,
    /// Key.
    pub key: SealingKey,
}

/// Which key seals a payload.
pub enum SealingKey {
    /// A fresh random one, returned for the version's record.
    Fresh {
        /// Gives the payload its identity: called once, when the whole content of an inline
        /// payload has arrived and holds what was claimed, or before a blob is announced.
        begin: Box<dyn FnOnce() -> PayloadId + Send>,
    },
    /// That of one attempt at a part.
    Attempt {
        /// The upload's key.
        upload_key: SecretKey,
        /// The attempt.
        attempt: Attempt,
    },
}

/// Content that arrived whole, agrees with every claim, and is sealed.
#[derive(Debug)]
pub struct Received {
    /// Identity of the payload, bound into its frames.
    pub payload: PayloadId,
    /// Digests of the content.
    pub digests: ContentDigests,
    /// The fresh data key; `None` for parts, whose key is derived.
    pub data_key: Option<SecretKey>,
    /// Where the sealed bytes are.
    pub sealed: Sealed,
    /// What they hold of memory: to be kept until they are committed.
    pub memory: Reservation,
}

/// Sealed content, not named yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// There was none.
    Empty,
    /// For the payload of the record.
    Inline(Bytes),
    /// In a blob, durable.
    Blob {
        /// The blob.
        blob: BlobId,
        /// Its length in bytes.
        sealed_bytes: u64,
    },
}

impl Sealed {
    /// Stored length in bytes.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Inline(bytes) => length(bytes),
            Self::Blob { sealed_bytes, .. } => *sealed_bytes,
        }
    }
}

/// What receiving needs of a store.
#[derive(Clone, Copy)]
pub struct Intake<'a> {
    engine: &'a Arc<dyn Engine>,
    keys: &'a Keys,
    memory: &'a MemoryBudget,
}

impl<'a> Intake<'a> {
    /// That of a store.
    pub(crate) fn of(inner: &'a Inner) -> Self {
        Self {
            engine: &inner.engine,
            keys: &inner.keys,
            memory: &inner.memory,
        }
    }

    /// Receives, checks and seals one body. `announce` makes the intent of a blob durable and is
    /// called at most once, when the content turns out to be too long to stay inline. Nothing is
    /// read before memory for it is reserved.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] over `max_bytes`; the errors of [`digest::check`] for wrong claims;
    /// [`StoreError::Body`] when the body breaks off; [`StoreError::Busy`] when memory is short;
    /// what `announce` returned; and the engine's refusals.
    pub async fn receive<A, F>(
        self,
        sealing: Sealing,
        mut body: Body,
        claims: Claims,
        max_bytes: u64,
        announce: A,
    ) -> Result<Received, StoreError>
    where
        A: FnOnce(PayloadId) -> F,
        F: Future<Output = Result<BlobId, StoreError>>,
    {
        let bounds = Bounds::new(&claims, max_bytes)?;
        let digester = Digester::new(&digest::algorithms_for(&claims));
        let (first, memory) = self.begin(&mut body, bounds).await?;
        let Self { engine, keys, .. } = self;
        if first.ended {
            let entropy = Arc::clone(keys.entropy());
            let bytes = first.bytes;
            let work = move || {
                let chunks = &first.chunks;
                receive_inline(&*entropy, digester, sealing, chunks, claims, memory)
            };
            return if bytes <= ON_THE_SPOT_BYTES {
                work()
            } else {
                spawn_blocking(work).await.map_err(lost_thread)?
            };
        }
        let sealer = Sealer::start(&**keys.entropy(), sealing)?;
        let blob = announce(sealer.payload).await?;
        let opening = Arc::clone(engine);
        let writer = spawn_blocking(move || opening.create_blob(blob))
            .await
            .map_err(lost_thread)??;
        let pipeline = Pipeline {
            fast: digester.fast,
            sealer: sealer.frames,
            writer,
            out: Vec::new(),
            memory,
        };
        let (md5, pipeline) = pump(&mut body, bounds, first, digester.md5, pipeline).await?;
        let (digests, sealed_bytes, memory) = spawn_blocking(move || pipeline.finish(md5, claims))
            .await
            .map_err(lost_thread)??;
        Ok(Received {
            payload: sealer.payload,
            digests,
            data_key: sealer.data_key,
            sealed: Sealed::Blob { blob, sealed_bytes },
            memory,
        })
    }

    /// Reserves memory and reads the beginning: all of a body that stays inline, the first batch of
    /// another. A client must have sent [`PROBE_BYTES`] before much is reserved for it.
    async fn begin(
        self,
        body: &mut Body,
        bounds: Bounds,
    ) -> Result<(Gathered, Reservation), StoreError> {
        let inline_max = INLINE_CONTENT_BYTES_MAX;
        let small = match bounds.declared {
            Some(declared) if declared <= PROBE_BYTES => {
                let bytes = reserved_inline(declared);
                self.memory.reserve(Direction::In, bytes).await?
            }
            _ => {
                let bytes = PROBE_BYTES.saturating_add(SLACK_BYTES);
                self.memory.reserve_beginning(bytes).await?
            }
        };
        let mut gathered = Gathered::new(bounds.declared);
        gathered.read(body, 0, PROBE_BYTES, bounds).await?;
        if gathered.ended {
            return Ok((gathered, small));
        }
        let (bytes, until) = match bounds.declared {
            Some(declared) if declared <= inline_max => (reserved_inline(declared), inline_max),
            Some(_) => (BLOB_BYTES, BATCH_BYTES),
            None => (reserved_inline(inline_max).max(BLOB_BYTES), inline_max),
        };
        let large = self.memory.reserve(Direction::In, bytes).await?;
        gathered.read(body, 0, until, bounds).await?;
        Ok((gathered, small.and(large)))
    }
}

/// Memory for inline content of so many bytes: as it came, sealed, and in the journal's buffer.
fn reserved_inline(content_bytes: u64) -> u64 {
    let slack = content_bytes.clamp(RECORD_BYTES, SLACK_BYTES);
    content_bytes.saturating_mul(3).saturating_add(slack)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn lost_thread(error: tokio::task::JoinError) -> StoreError {
    StoreError::Internal(format!("a worker thread ended early: {error}"))
}

/// How long a body may be.
#[derive(Clone, Copy)]
struct Bounds {
    declared: Option<u64>,
    max_bytes: u64,
}

impl Bounds {
    fn new(claims: &Claims, max_bytes: u64) -> Result<Self, StoreError> {
        let bounds = Self {
            declared: claims.bytes,
            max_bytes,
        };
        if claims.bytes.is_some_and(|declared| declared > max_bytes) {
            return Err(StoreError::TooLarge { max_bytes });
        }
        Ok(bounds)
    }

    fn check(self, bytes: u64) -> Result<(), StoreError> {
        if bytes > self.max_bytes {
            let max_bytes = self.max_bytes;
            return Err(StoreError::TooLarge { max_bytes });
        }
        if self.declared.is_some_and(|declared| bytes > declared) {
            let text = "more bytes arrived than were declared";
            return Err(BodyError::Malformed(text.to_owned()).into());
        }
        Ok(())
    }
}

/// Some of the content, in blocks of its own: a chunk as it came may keep a buffer alive that is many
/// times its size.
struct Gathered {
    chunks: Vec<Bytes>,
    /// The block being filled.
    open: BytesMut,
    /// Length of the next block.
    block: usize,
    bytes: u64,
    /// Nothing follows.
    ended: bool,
}

impl Gathered {
    fn new(declared: Option<u64>) -> Self {
        let declared = declared.and_then(|bytes| usize::try_from(bytes).ok());
        Self {
            chunks: Vec::new(),
            open: BytesMut::new(),
            block: declared.unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES),
            bytes: 0,
            ended: false,
        }
    }

    /// Reads until more than `more_than` bytes are there or the body ends. `before` bytes came
    /// earlier.
    async fn read(
        &mut self,
        body: &mut Body,
        before: u64,
        more_than: u64,
        bounds: Bounds,
    ) -> Result<(), StoreError> {
        while !self.ended && self.bytes <= more_than {
            let Some(chunk) = body.next().await else {
                self.ended = true;
                break;
            };
            let chunk = chunk?;
            self.bytes = self.bytes.saturating_add(length(&chunk));
            bounds.check(before.saturating_add(self.bytes))?;
            self.push(&chunk);
        }
        self.close();
        Ok(())
    }

    fn push(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() {
            if self.open.capacity() == self.open.len() {
                self.close();
                self.open = BytesMut::with_capacity(self.block.max(1));
                self.block = BLOCK_BYTES;
            }
            let room = self.open.capacity().saturating_sub(self.open.len());
            let (now, later) = chunk.split_at(chunk.len().min(room));
            self.open.extend_from_slice(now);
            chunk = later;
        }
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.chunks.push(std::mem::take(&mut self.open).freeze());
        }
    }
}

/// A sealer with what its record needs to know.
struct Sealer {
    payload: PayloadId,
    frames: FrameSealer,
    data_key: Option<SecretKey>,
}

impl Sealer {
    fn start(entropy: &dyn Entropy, sealing: Sealing) -> Result<Self, StoreError> {
        match sealing.key {
            SealingKey::Fresh { begin } => {
                let payload = begin();
                let (frames, key) = FrameSealer::fresh(entropy, payload, sealing.bucket)?;
                Ok(Self {
                    payload,
                    frames,
                    data_key: Some(key),
                })
            }
            SealingKey::Attempt {
                upload_key,
                attempt,
            } => Ok(Self {
                payload: attempt.id(),
                frames: FrameSealer::for_attempt(&upload_key, attempt, sealing.bucket)?,
                data_key: None,
            }),
        }
    }
}

fn receive_inline(
    entropy: &dyn Entropy,
    mut digester: Digester,
    sealing: Sealing,
    chunks: &[Bytes],
    claims: Claims,
    memory: Reservation,
) -> Result<Received, StoreError> {
    chunks.iter().for_each(|chunk| digester.update(chunk));
    let digests = digester.finish();
    digest::check(claims, &digests)?;
    let mut sealer = Sealer::start(entropy, sealing)?;
    let stored = usize::try_from(frames::sealed_bytes(digests.bytes)).unwrap_or(0);
    let mut out = Vec::with_capacity(stored);
    for chunk in chunks {
        sealer.frames.update(chunk, &mut out)?;
    }
    sealer.frames.finish(&mut out)?;
    Ok(Received {
        payload: sealer.payload,
        digests,
        data_key: sealer.data_key,
        sealed: if out.is_empty() {
            Sealed::Empty
        } else {
            Sealed::Inline(Bytes::from(out))
        },
        memory,
    })
}

/// What one thread does with each batch of a long body, beside MD5.
struct Pipeline {
    fast: FastHalf,
    sealer: FrameSealer,
    writer: Box<dyn BlobWriter>,
    out: Vec<u8>,
    memory: Reservation,
}

impl Pipeline {
    fn take(&mut self, chunks: &[Bytes]) -> Result<(), StoreError> {
        for chunk in chunks {
            self.fast.update(chunk);
            self.sealer.update(chunk, &mut self.out)?;
        }
        self.writer.write(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Checks the claims before the costly sync, then makes the blob durable.
    fn finish(
        mut self,
        md5: digest::Md5Half,
        claims: Claims,
    ) -> Result<(ContentDigests, u64, Reservation), StoreError> {
        let fast = self.fast;
        let digests = Digester { md5, fast }.finish();
        digest::check(claims, &digests)?;
        self.sealer.finish(&mut self.out)?;
        self.writer.write(&self.out)?;
        Ok((digests, self.writer.finish()?, self.memory))
    }
}

/// Moves the rest of the body through MD5 and the pipeline, batch by batch.
async fn pump(
    body: &mut Body,
    bounds: Bounds,
    mut batch: Gathered,
    mut md5: digest::Md5Half,
    mut pipeline: Pipeline,
) -> Result<(digest::Md5Half, Pipeline), StoreError> {
    let mut before = 0_u64;
    loop {
        before = before.saturating_add(batch.bytes);
        let ended = batch.ended;
        let chunks: Arc<[Bytes]> = batch.chunks.into();
        let same_chunks = Arc::clone(&chunks);
        let hashing = spawn_blocking(move || {
            chunks.iter().for_each(|chunk| md5.update(chunk));
            md5
        });
        let sealing = spawn_blocking(move || {
            let outcome = pipeline.take(&same_chunks);
            outcome.map(|()| pipeline)
        });
        let arriving = async {
            if ended {
                return Ok(None);
            }
            let mut next = Gathered::new(None);
            next.read(body, before, BATCH_BYTES, bounds).await?;
            Ok::<_, StoreError>(Some(next))
        };
        let (next, hashed, sealed) = tokio::join!(arriving, hashing, sealing);
        md5 = hashed.map_err(lost_thread)?;
        pipeline = sealed.map_err(lost_thread)??;
        match next? {
            Some(next) => batch = next,
            None => return Ok((md5, pipeline)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
