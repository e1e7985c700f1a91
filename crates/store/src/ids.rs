//! Identities that the store gives: unique across processes, restarts and regions.

use std::sync::Arc;

use aws_lc_rs::digest;
use azekura_engine::seam::CommitId;
use azekura_model::ident::{BucketUuid, PayloadId, TenantId, UploadId, VersionId};
use azekura_model::position::{Incarnation, RegionName};

use crate::clock::Clock;
use crate::entropy::{Entropy, EntropyFailed};

/// Gives identities. One for each process that writes a vault.
pub struct Ids {
    clock: Arc<Clock>,
    entropy: Arc<dyn Entropy>,
    /// Region tag (4 bytes) and process nonce (4 bytes).
    suffix: [u8; 8],
}

/// A fresh, random identity of one attempt at a part. Only [`Ids::attempt`] makes one and sealing
/// consumes it, so no two payloads are ever sealed under the same derived key.
#[derive(Debug)]
pub struct Attempt(PayloadId);

impl Attempt {
    /// The identity, to name the blob and the part's record.
    #[must_use]
    pub fn id(&self) -> PayloadId {
        self.0
    }

    /// Gives the identity away for good: for the sealer alone.
    pub(crate) fn consume(self) -> PayloadId {
        self.0
    }
}

impl Ids {
    /// For this process, in this region and life of the vault.
    ///
    /// # Errors
    /// [`EntropyFailed`] when no process nonce can be drawn.
    pub fn new(
        region: &RegionName,
        incarnation: Incarnation,
        clock: Arc<Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, EntropyFailed> {
        let mut tag = digest::Context::new(&digest::SHA256);
        tag.update(region.as_str().as_bytes());
        tag.update(&incarnation.0);
        let tag = tag.finish();
        let mut nonce = [0; 4];
        entropy.fill(&mut nonce)?;
        let mut suffix = [0; 8];
        suffix
            .iter_mut()
            .zip(tag.as_ref().iter().take(4).chain(&nonce))
            .for_each(|(to, from)| *to = *from);
        Ok(Self {
            clock,
            entropy,
            suffix,
        })
    }

    fn timed(&self) -> [u8; 16] {
        let time = self.clock.hybrid().packed().to_be_bytes();
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(time.iter().chain(&self.suffix))
            .for_each(|(to, from)| *to = *from);
        bytes
    }

    /// A version id after every one given before. It carries its hybrid time.
    #[must_use]
    pub fn version(&self) -> VersionId {
        VersionId(self.timed())
    }

    /// An upload id, time-ordered like version ids.
    #[must_use]
    pub fn upload(&self) -> UploadId {
        UploadId(self.timed())
    }

    /// A random bucket id.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn bucket(&self) -> Result<BucketUuid, EntropyFailed> {
        self.entropy.id16().map(BucketUuid)
    }

    /// A random tenant id.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn tenant(&self) -> Result<TenantId, EntropyFailed> {
        self.entropy.id16().map(TenantId)
    }

    /// A random identity for one attempt at a part.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn attempt(&self) -> Result<Attempt, EntropyFailed> {
        self.entropy.id16().map(|id| Attempt(PayloadId(id)))
    }

    /// A random identity for one commit.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn commit(&self) -> Result<CommitId, EntropyFailed> {
        self.entropy.id16().map(CommitId)
    }

    /// Any other random 16 bytes.
    ///
    /// # Errors
    /// [`EntropyFailed`].
    pub fn random16(&self) -> Result<[u8; 16], EntropyFailed> {
        self.entropy.id16()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn versions_are_ordered_and_processes_differ() {
        let region = RegionName::parse("jp-tokyo").unwrap();
        let make = || {
            Ids::new(
                &region,
                Incarnation([1; 16]),
                Arc::new(Clock::system()),
                SystemEntropy::shared(),
            )
            .unwrap()
        };
        let (a, b) = (make(), make());
        let first = a.version();
        let second = a.version();
        assert!(first < second);
        assert!(first.hybrid_time() < second.hybrid_time());
        assert_eq!(first.0[8..12], b.version().0[8..12]);
        assert_ne!(first.0[12..], b.version().0[12..]);
    }
}
