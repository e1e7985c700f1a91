//! Record kinds 19 and 20: a blob is announced, an announcement is withdrawn.

use azekura_model::release::BlobId;

/// Durable before the blob's file is created.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlobIntent {
    /// The blob.
    pub blob: BlobId,
}

/// The fence: every later commit that would name the blob fails its guard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntentWithdrawn {
    /// The blob.
    pub blob: BlobId,
}
