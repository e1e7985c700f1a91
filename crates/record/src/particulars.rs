//! The particulars: what names people and content. Sealed; erasable.

use azekura_model::requester::Requester;

use crate::bucket::{BucketChanged, BucketCreated, BucketRetired};
use crate::epoch::EpochOpened;
use crate::hidden::VersionHidden;
use crate::imported::Imported;
use crate::intent::{BlobIntent, IntentWithdrawn};
use crate::marker::DeleteMarker;
use crate::part::PartStored;
use crate::tenant::TenantCreated;
use crate::upload::{UploadAborted, UploadStarted};
use crate::version::Version;

/// Particulars of one record: who asked, and what by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Particulars {
    /// From which every field's salt is derived; 32 random bytes.
    pub salt_seed: [u8; 32],
    /// Who asked.
    pub requester: Requester,
    /// What happened.
    pub event: Event,
}

/// What happened, one variant a record kind.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each variant is documented by its type")]
pub enum Event {
    TenantCreated(TenantCreated),
    EpochOpened(EpochOpened),
    BucketCreated(BucketCreated),
    BucketChanged(BucketChanged),
    BucketRetired(BucketRetired),
    Version(Box<Version>),
    DeleteMarker(DeleteMarker),
    VersionHidden(Box<VersionHidden>),
    BlobIntent(BlobIntent),
    IntentWithdrawn(IntentWithdrawn),
    UploadStarted(Box<UploadStarted>),
    PartStored(Box<PartStored>),
    UploadAborted(UploadAborted),
    Imported(Imported),
}
