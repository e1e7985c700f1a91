//! Signed heads: at the end of every group, the last sequence and chain hash of each partition that
//! the group touched, chained to the head before and signed.
//!
//! ```cddl
//! head = [ format: 1, region: tstr, incarnation: bstr .size 16, group: uint,
//!          previous: bstr .size 32, [ * [ partition: uint, sequence: uint, chain: bstr .size 32 ] ] ]
//! ```
//!
//! hash of a head = SHA-256(0x03 || head). The signature (Ed25519) is over
//! `"azekura head v1\n" || head` and follows it on disk as 64 raw bytes.

use std::convert::Infallible;

use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use minicbor::{Decoder, Encoder};

use crate::seam::SignHead;

pub(crate) const SIGNATURE_BYTES: usize = 64;
const CONTEXT: &[u8] = b"azekura head v1\n";
const FORMAT: u64 = 1;

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) region: RegionName,
    pub(crate) incarnation: Incarnation,
    pub(crate) group: u64,
    pub(crate) previous: [u8; 32],
    /// Ordered by partition.
    pub(crate) partitions: Vec<(PartitionId, Sequence, [u8; 32])>,
}

impl Head {
    /// Deterministic CBOR.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(self.partitions.len().saturating_mul(56).saturating_add(128));
        let done = self.put(&mut Encoder::new(&mut out));
        if let Err(error) = done {
            tracing::error!(%error, "encoding to memory failed");
        }
        out
    }

    fn put(
        &self,
        cbor: &mut Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<Infallible>> {
        cbor.array(6)?
            .u64(FORMAT)?
            .str(self.region.as_str())?
            .bytes(&self.incarnation.0)?
            .u64(self.group)?
            .bytes(&self.previous)?
            .array(self.partitions.len() as u64)?;
        for (partition, sequence, chain) in &self.partitions {
            cbor.array(3)?
                .u64(partition.0)?
                .u64(sequence.0)?
                .bytes(chain)?;
        }
        Ok(())
    }

    /// Reads a head; `None` when it is not one of this format.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut cbor = Decoder::new(bytes);
        if cbor.array().ok()?? != 6 || cbor.u64().ok()? != FORMAT {
            return None;
        }
        let region = RegionName::parse(cbor.str().ok()?).ok()?;
        let incarnation = Incarnation(cbor.bytes().ok()?.try_into().ok()?);
        let group = cbor.u64().ok()?;
        let previous = cbor.bytes().ok()?.try_into().ok()?;
        let count = cbor.array().ok()??;
        let mut partitions = Vec::new();
        for _ in 0..count {
            if cbor.array().ok()?? != 3 {
                return None;
            }
            let partition = PartitionId(cbor.u64().ok()?);
            let sequence = Sequence(cbor.u64().ok()?);
            partitions.push((partition, sequence, cbor.bytes().ok()?.try_into().ok()?));
        }
        Some(Self {
            region,
            incarnation,
            group,
            previous,
            partitions,
        })
    }
}

/// Hash that the next group names as its previous head.
pub(crate) fn hash(head: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(&[0x03]);
    context.update(head);
    let mut out = [0; 32];
    out.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    out
}

fn message(head: &[u8]) -> Vec<u8> {
    [CONTEXT, head].concat()
}

/// Signs an encoded head.
pub(crate) fn sign(signer: &dyn SignHead, head: &[u8]) -> [u8; SIGNATURE_BYTES] {
    signer.sign(&message(head))
}

/// Whether a signature over an encoded head is right.
pub(crate) fn verify(public_key: &[u8; 32], head: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(&message(head), signature)
        .is_ok()
}
