//! The particulars: what names people and content. Sealed; erasable.

use azekura_model::governed::PermittedBy;
use azekura_model::requester::Requester;

use crate::acl::AclChanged;
use crate::audit::{AuditBatch, AuditReleased};
use crate::bucket::{BucketChanged, BucketCreated, BucketRetired};
use crate::configured::BucketConfigured;
use crate::disposal::DisposalRequested;
use crate::epoch::{EpochDestroyed, EpochOpened};
use crate::hidden::VersionHidden;
use crate::identity::IdentityChanged;
use crate::imported::Imported;
use crate::intent::{BlobIntent, IntentWithdrawn};
use crate::lifecycle::LifecycleRan;
use crate::locked::VersionLocked;
use crate::locks_changed::LocksChanged;
use crate::marker::DeleteMarker;
use crate::part::PartStored;
use crate::released::{Released, SlotRestated, VersionFreed};
use crate::request::RequestChanged;
use crate::tagged::VersionTagged;
use crate::tenant::{TenantCreated, TenantDeleted, TenantResealed};
use crate::tick::ClockTick;
use crate::upload::{UploadAborted, UploadStarted};
use crate::version::Version;

use crate::commitment;
use crate::core::RecordKind;
use crate::error::DecodeError;
use crate::fields::{FieldsReader, FieldsWriter, SALT_SEED};

/// Particulars of one record: who asked, and what by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Particulars {
    /// From which every field's salt is derived; 32 random bytes.
    pub salt_seed: [u8; 32],
    /// Who asked.
    pub requester: Requester,
    /// How something that needs two people was allowed.
    pub permitted: Option<PermittedBy>,
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
    BucketConfigured(BucketConfigured),
    ClockTick(ClockTick),
    Version(Box<Version>),
    DeleteMarker(DeleteMarker),
    VersionHidden(Box<VersionHidden>),
    BlobIntent(BlobIntent),
    IntentWithdrawn(IntentWithdrawn),
    UploadStarted(Box<UploadStarted>),
    PartStored(Box<PartStored>),
    UploadAborted(UploadAborted),
    VersionTagged(VersionTagged),
    /// See [`AclChanged`].
    AclChanged(AclChanged),
    TenantResealed(TenantResealed),
    EpochDestroyed(EpochDestroyed),
    Released(Released),
    Freed(Box<VersionFreed>),
    DisposalRequested(Box<DisposalRequested>),
    SlotRestated(Box<SlotRestated>),
    LifecycleRan(LifecycleRan),
    VersionLocked(VersionLocked),
    LocksChanged(LocksChanged),
    Imported(Imported),
    IdentityChanged(Box<IdentityChanged>),
    AuditBatch(AuditBatch),
    RequestChanged(Box<RequestChanged>),
    TenantDeleted(TenantDeleted),
    AuditReleased(AuditReleased),
}

/// Longest particulars in bytes, before sealing.
pub const PARTICULARS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Fields of one kind, numbered from 8.
pub(crate) trait EventFields: Sized {
    fn write(&self, out: &mut FieldsWriter);
    fn read(input: &mut FieldsReader<'_>) -> Result<Self, DecodeError>;
}

fn read_boxed<E: EventFields>(input: &mut FieldsReader<'_>) -> Result<Box<E>, DecodeError> {
    E::read(input).map(Box::new)
}

impl Event {
    /// The record kind that carries this event.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        match self {
            Self::TenantCreated(_) => RecordKind::TenantCreated,
            Self::EpochOpened(_) => RecordKind::EpochOpened,
            Self::BucketCreated(_) => RecordKind::BucketCreated,
            Self::BucketChanged(_) => RecordKind::BucketChanged,
            Self::BucketRetired(_) => RecordKind::BucketRetired,
            Self::BucketConfigured(_) => RecordKind::BucketConfigured,
            Self::ClockTick(_) => RecordKind::ClockTick,
            Self::Version(_) => RecordKind::Version,
            Self::DeleteMarker(_) => RecordKind::DeleteMarker,
            Self::VersionHidden(_) => RecordKind::VersionHidden,
            Self::BlobIntent(_) => RecordKind::BlobIntent,
            Self::IntentWithdrawn(_) => RecordKind::IntentWithdrawn,
            Self::UploadStarted(_) => RecordKind::UploadStarted,
            Self::PartStored(_) => RecordKind::PartStored,
            Self::UploadAborted(_) => RecordKind::UploadAborted,
            Self::VersionTagged(_) => RecordKind::VersionTagged,
            Self::AclChanged(_) => RecordKind::AclChanged,
            Self::TenantResealed(_) => RecordKind::TenantResealed,
            Self::EpochDestroyed(_) => RecordKind::EpochDestroyed,
            Self::Released(_) => RecordKind::Released,
            Self::Freed(_) => RecordKind::Freed,
            Self::DisposalRequested(_) => RecordKind::DisposalRequested,
            Self::SlotRestated(_) => RecordKind::SlotRestated,
            Self::LifecycleRan(_) => RecordKind::LifecycleRan,
            Self::VersionLocked(_) => RecordKind::VersionLocked,
            Self::LocksChanged(_) => RecordKind::LocksChanged,
            Self::Imported(_) => RecordKind::Imported,
            Self::IdentityChanged(_) => RecordKind::IdentityChanged,
            Self::AuditBatch(_) => RecordKind::AuditBatch,
            Self::RequestChanged(_) => RecordKind::RequestChanged,
            Self::TenantDeleted(_) => RecordKind::TenantDeleted,
            Self::AuditReleased(_) => RecordKind::AuditReleased,
        }
    }

    fn write(&self, out: &mut FieldsWriter) {
        match self {
            Self::TenantCreated(event) => event.write(out),
            Self::EpochOpened(event) => event.write(out),
            Self::BucketCreated(event) => event.write(out),
            Self::BucketChanged(event) => event.write(out),
            Self::BucketRetired(event) => event.write(out),
            Self::BucketConfigured(event) => event.write(out),
            Self::ClockTick(event) => event.write(out),
            Self::Version(event) => event.write(out),
            Self::DeleteMarker(event) => event.write(out),
            Self::VersionHidden(event) => event.write(out),
            Self::BlobIntent(event) => event.write(out),
            Self::IntentWithdrawn(event) => event.write(out),
            Self::UploadStarted(event) => event.write(out),
            Self::PartStored(event) => event.write(out),
            Self::UploadAborted(event) => event.write(out),
            Self::VersionTagged(event) => event.write(out),
            Self::AclChanged(event) => event.write(out),
            Self::TenantResealed(event) => event.write(out),
            Self::EpochDestroyed(event) => event.write(out),
            Self::Released(event) => event.write(out),
            Self::Freed(event) => event.write(out),
            Self::DisposalRequested(event) => event.write(out),
            Self::SlotRestated(event) => event.write(out),
            Self::LifecycleRan(event) => event.write(out),
            Self::VersionLocked(event) => event.write(out),
            Self::LocksChanged(event) => event.write(out),
            Self::Imported(event) => event.write(out),
            Self::IdentityChanged(event) => event.write(out),
            Self::AuditBatch(event) => event.write(out),
            Self::RequestChanged(event) => event.write(out),
            Self::TenantDeleted(event) => event.write(out),
            Self::AuditReleased(event) => event.write(out),
        }
    }

    fn read(kind: RecordKind, input: &mut FieldsReader<'_>) -> Result<Self, DecodeError> {
        match kind {
            RecordKind::TenantCreated => EventFields::read(input).map(Self::TenantCreated),
            RecordKind::EpochOpened => EventFields::read(input).map(Self::EpochOpened),
            RecordKind::BucketCreated => EventFields::read(input).map(Self::BucketCreated),
            RecordKind::BucketChanged => EventFields::read(input).map(Self::BucketChanged),
            RecordKind::BucketRetired => EventFields::read(input).map(Self::BucketRetired),
            RecordKind::BucketConfigured => EventFields::read(input).map(Self::BucketConfigured),
            RecordKind::ClockTick => EventFields::read(input).map(Self::ClockTick),
            RecordKind::Version => read_boxed(input).map(Self::Version),
            RecordKind::DeleteMarker => EventFields::read(input).map(Self::DeleteMarker),
            RecordKind::VersionHidden => read_boxed(input).map(Self::VersionHidden),
            RecordKind::BlobIntent => EventFields::read(input).map(Self::BlobIntent),
            RecordKind::IntentWithdrawn => EventFields::read(input).map(Self::IntentWithdrawn),
            RecordKind::UploadStarted => read_boxed(input).map(Self::UploadStarted),
            RecordKind::PartStored => read_boxed(input).map(Self::PartStored),
            RecordKind::UploadAborted => EventFields::read(input).map(Self::UploadAborted),
            RecordKind::VersionTagged => EventFields::read(input).map(Self::VersionTagged),
            RecordKind::AclChanged => EventFields::read(input).map(Self::AclChanged),
            RecordKind::TenantResealed => EventFields::read(input).map(Self::TenantResealed),
            RecordKind::EpochDestroyed => EventFields::read(input).map(Self::EpochDestroyed),
            RecordKind::Released => EventFields::read(input).map(Self::Released),
            RecordKind::Freed => read_boxed(input).map(Self::Freed),
            RecordKind::DisposalRequested => read_boxed(input).map(Self::DisposalRequested),
            RecordKind::SlotRestated => read_boxed(input).map(Self::SlotRestated),
            RecordKind::LifecycleRan => EventFields::read(input).map(Self::LifecycleRan),
            RecordKind::VersionLocked => EventFields::read(input).map(Self::VersionLocked),
            RecordKind::LocksChanged => EventFields::read(input).map(Self::LocksChanged),
            RecordKind::Imported => EventFields::read(input).map(Self::Imported),
            RecordKind::IdentityChanged => read_boxed(input).map(Self::IdentityChanged),
            RecordKind::AuditBatch => EventFields::read(input).map(Self::AuditBatch),
            RecordKind::RequestChanged => read_boxed(input).map(Self::RequestChanged),
            RecordKind::TenantDeleted => EventFields::read(input).map(Self::TenantDeleted),
            RecordKind::AuditReleased => EventFields::read(input).map(Self::AuditReleased),
        }
    }
}

impl Particulars {
    /// Deterministic CBOR, before sealing.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.write().finish()
    }

    /// Deterministic CBOR and the commitment to it, in one pass.
    #[must_use]
    pub fn encode_and_commit(&self) -> (Vec<u8>, [u8; 32]) {
        let fields = self.write();
        let root = commitment::root(&self.salt_seed, &fields.fields());
        (fields.finish(), root)
    }

    pub(crate) fn write(&self) -> FieldsWriter {
        let mut out = FieldsWriter::new();
        out.put(SALT_SEED, &self.salt_seed)
            .put(2, &self.requester.principal)
            .put(3, &self.requester.key_id)
            .put_some(4, self.requester.source.as_ref())
            .put_some(5, self.requester.tls_identity.as_ref())
            .put(6, &self.requester.request_id)
            .put_some(7, self.permitted.as_ref());
        self.event.write(&mut out);
        out
    }

    /// Reads opened particulars of a record of `kind`. To check them against a core, use
    /// [`commitment::commit_encoded`] on the same bytes: it covers ignorable fields too.
    ///
    /// # Errors
    /// [`DecodeError::Newer`] for unknown critical content; other errors mean damage.
    pub fn decode(kind: RecordKind, bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut input = FieldsReader::new(bytes, PARTICULARS_BYTES_MAX, "particulars")?;
        let particulars = Self {
            salt_seed: input.take(SALT_SEED)?,
            requester: Requester {
                principal: input.take(2)?,
                key_id: input.take(3)?,
                source: input.take_some(4)?,
                tls_identity: input.take_some(5)?,
                request_id: input.take(6)?,
            },
            permitted: input.take_some(7)?,
            event: Event::read(kind, &mut input)?,
        };
        input.finish()?;
        Ok(particulars)
    }
}
