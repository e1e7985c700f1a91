//! The envelope: the bytes of a record that are hashed, chained and kept for ever.
//!
//! It is one deterministic CBOR array (RFC 8949 §4.2.1: shortest lengths, definite sizes):
//!
//! ```cddl
//! envelope = [ format: 1, region: tstr, incarnation: bstr .size 16, partition: uint,
//!              sequence: uint, commit: bstr .size 16, kind: uint .size 2, core: bstr ]
//! ```
//!
//! - leaf = SHA-256(0x00 || envelope)
//! - chain 0 = 32 zero bytes; chain n = SHA-256(0x02 || chain n-1 || leaf n)
//!
//! The envelope is hashed as stored. Where a record lies on disk never enters it.

use std::convert::Infallible;

use aws_lc_rs::digest::{Context, SHA256};
use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use bytes::Bytes;
use minicbor::{Decoder, Encoder};

use crate::seam::CommitId;

/// Version of the envelope's encoding.
pub const FORMAT: u64 = 1;

/// Chain hash before the first record of a partition.
pub const CHAIN_START: [u8; 32] = [0; 32];

/// More than all fields but the core can take: array and integers 2 + 3 × 9, text 2 + 32,
/// two byte strings of 17, length of the core 9.
const OVERHEAD_BYTES_MAX: usize = 128;

/// An envelope taken apart. `core` shares the bytes that were decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where the record stands.
    pub position: Position,
    /// Identity of its commit.
    pub commit: CommitId,
    /// Kind of record; high bit set = ignorable.
    pub kind: u16,
    /// The core.
    pub core: Bytes,
}

/// Bytes that are not an envelope of this format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an envelope: {0}")]
pub struct BadEnvelope(String);

impl BadEnvelope {
    fn new(why: impl ToString) -> Self {
        Self(why.to_string())
    }
}

/// Encodes an envelope.
#[must_use]
pub fn encode(position: &Position, commit: CommitId, kind: u16, core: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(core.len().saturating_add(OVERHEAD_BYTES_MAX));
    encode_into(&mut out, position, commit, kind, core);
    out
}

/// Encodes an envelope at the end of a buffer.
pub fn encode_into(
    out: &mut Vec<u8>,
    position: &Position,
    commit: CommitId,
    kind: u16,
    core: &[u8],
) {
    let done = put(&mut Encoder::new(out), position, commit, kind, core);
    // Writing to a Vec has no error to report: the type says so.
    match done {
        Ok(()) => {}
        Err(error) => unreachable_error(&error),
    }
}

/// The only other error of the encoder is a message of a caller's own `Encode`, and none is used.
fn unreachable_error(error: &minicbor::encode::Error<Infallible>) {
    tracing::error!(%error, "encoding to memory failed");
}

fn put(
    cbor: &mut Encoder<&mut Vec<u8>>,
    position: &Position,
    commit: CommitId,
    kind: u16,
    core: &[u8],
) -> Result<(), minicbor::encode::Error<Infallible>> {
    cbor.array(8)?
        .u64(FORMAT)?
        .str(position.region.as_str())?
        .bytes(&position.incarnation.0)?
        .u64(position.partition.0)?
        .u64(position.sequence.0)?
        .bytes(&commit.0)?
        .u16(kind)?
        .bytes(core)?;
    Ok(())
}

/// Takes an envelope apart, and refuses any encoding but the deterministic one.
///
/// # Errors
/// [`BadEnvelope`] says what is wrong.
pub fn decode(bytes: &Bytes) -> Result<Envelope, BadEnvelope> {
    let (position, commit, kind, core) = fields(bytes).map_err(BadEnvelope::new)??;
    let core = bytes.slice_ref(core);
    // Two encodings of one record would be two hashes of it.
    if encode(&position, commit, kind, &core) != *bytes {
        return Err(BadEnvelope::new(
            "not deterministic, or bytes after the end",
        ));
    }
    Ok(Envelope {
        position,
        commit,
        kind,
        core,
    })
}

type Fields<'b> = Result<(Position, CommitId, u16, &'b [u8]), BadEnvelope>;

fn fields(bytes: &[u8]) -> Result<Fields<'_>, minicbor::decode::Error> {
    let mut cbor = Decoder::new(bytes);
    if cbor.array()? != Some(8) {
        return Ok(Err(BadEnvelope::new("not an array of 8")));
    }
    let format = cbor.u64()?;
    if format != FORMAT {
        return Ok(Err(BadEnvelope(format!("format {format} is unknown"))));
    }
    let region = match RegionName::parse(cbor.str()?) {
        Ok(region) => region,
        Err(error) => return Ok(Err(BadEnvelope::new(error))),
    };
    let Ok(incarnation) = <[u8; 16]>::try_from(cbor.bytes()?) else {
        return Ok(Err(BadEnvelope::new("incarnation is not 16 bytes")));
    };
    let partition = PartitionId(cbor.u64()?);
    let sequence = Sequence(cbor.u64()?);
    let Ok(commit) = <[u8; 16]>::try_from(cbor.bytes()?) else {
        return Ok(Err(BadEnvelope::new("commit id is not 16 bytes")));
    };
    let kind = cbor.u16()?;
    let core = cbor.bytes()?;
    let position = Position {
        region,
        incarnation: Incarnation(incarnation),
        partition,
        sequence,
    };
    Ok(Ok((position, CommitId(commit), kind, core)))
}

/// Hash of one envelope: a leaf of the log.
#[must_use]
pub fn leaf(envelope: &[u8]) -> [u8; 32] {
    hash(&[&[0x00], envelope])
}

/// Chain hash after a record, from the one before it and the record's leaf.
#[must_use]
pub fn chain(before: &[u8; 32], leaf: &[u8; 32]) -> [u8; 32] {
    hash(&[&[0x02], before, leaf])
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    // SHA-256 has 32 bytes: the zip drops nothing.
    out.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

#[cfg(test)]
mod tests;
