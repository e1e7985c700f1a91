//! Who may do what. Today: keys with explicit rights; policies join the same seam later.

use crate::requester::Requester;

/// What a request wants, one name for each S3 action that is served.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(
    missing_docs,
    reason = "the names are those of the S3 actions (AWS service authorization reference)"
)]
pub enum Action {
    CreateBucket,
    DeleteBucket,
    ListAllMyBuckets,
    ListBucket,
    ListBucketVersions,
    ListBucketMultipartUploads,
    GetBucketLocation,
    GetBucketVersioning,
    PutBucketVersioning,
    GetBucketTagging,
    GetBucketCORS,
    GetBucketPublicAccessBlock,
    GetBucketOwnershipControls,
    GetEncryptionConfiguration,
    GetBucketRequestPayment,
    GetAccelerateConfiguration,
    GetBucketPolicy,
    GetBucketPolicyStatus,
    GetLifecycleConfiguration,
    GetBucketObjectLockConfiguration,
    GetBucketLogging,
    GetBucketNotification,
    GetReplicationConfiguration,
    GetBucketWebsite,
    GetAnalyticsConfiguration,
    GetInventoryConfiguration,
    GetIntelligentTieringConfiguration,
    GetMetricsConfiguration,
    PutBucketTagging,
    PutBucketCORS,
    PutBucketPublicAccessBlock,
    PutBucketOwnershipControls,
    PutEncryptionConfiguration,
    PutBucketRequestPayment,
    PutAccelerateConfiguration,
    PutLifecycleConfiguration,
    PutBucketObjectLockConfiguration,
    GetObject,
    GetObjectVersion,
    GetBucketAcl,
    PutBucketAcl,
    GetObjectAcl,
    GetObjectVersionAcl,
    GetObjectAttributes,
    GetObjectVersionAttributes,
    PutObjectAcl,
    PutObjectVersionAcl,
    GetObjectRetention,
    PutObjectRetention,
    GetObjectLegalHold,
    PutObjectLegalHold,
    BypassGovernanceRetention,
    /// The date of an event that starts the period of a retention class; no action of S3.
    PostRetentionEvent,
    RestoreObject,
    GetObjectTagging,
    GetObjectVersionTagging,
    PutObject,
    PutObjectTagging,
    PutObjectVersionTagging,
    DeleteObjectTagging,
    DeleteObjectVersionTagging,
    DeleteObject,
    DeleteObjectVersion,
    AbortMultipartUpload,
    ListMultipartUploadParts,
    AdminRead,
    AdminWrite,
}

/// A class of actions that a key may be given as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Right {
    /// Read and list objects and buckets.
    Read,
    /// Store objects; never removes or hides any.
    Write,
    /// Hide objects (delete), create, change and retire buckets.
    Manage,
    /// Set and extend retention, set and clear legal holds; never shortens a retention.
    Lock,
    /// Go against GOVERNANCE retention when the request says so as well; changes nothing of
    /// COMPLIANCE and of legal holds. No key has it unless it is named.
    Bypass,
    /// Post the event that starts the period of a retention class (完結の日).
    Event,
    /// The admin API.
    Admin,
}

impl Action {
    /// The right that covers this action.
    #[must_use]
    pub fn right(self) -> Right {
        match self {
            Self::ListAllMyBuckets
            | Self::ListBucket
            | Self::ListBucketVersions
            | Self::ListBucketMultipartUploads
            | Self::GetBucketLocation
            | Self::GetBucketVersioning
            | Self::GetBucketTagging
            | Self::GetBucketCORS
            | Self::GetBucketPublicAccessBlock
            | Self::GetBucketOwnershipControls
            | Self::GetEncryptionConfiguration
            | Self::GetBucketRequestPayment
            | Self::GetAccelerateConfiguration
            | Self::GetBucketPolicy
            | Self::GetBucketPolicyStatus
            | Self::GetLifecycleConfiguration
            | Self::GetBucketObjectLockConfiguration
            | Self::GetBucketLogging
            | Self::GetBucketNotification
            | Self::GetReplicationConfiguration
            | Self::GetBucketWebsite
            | Self::GetAnalyticsConfiguration
            | Self::GetInventoryConfiguration
            | Self::GetIntelligentTieringConfiguration
            | Self::GetMetricsConfiguration
            | Self::GetObject
            | Self::GetObjectVersion
            | Self::GetBucketAcl
            | Self::GetObjectAcl
            | Self::GetObjectVersionAcl
            | Self::GetObjectAttributes
            | Self::GetObjectVersionAttributes
            | Self::GetObjectTagging
            | Self::GetObjectVersionTagging
            | Self::GetObjectRetention
            | Self::GetObjectLegalHold
            | Self::ListMultipartUploadParts => Right::Read,
            // What they replace stays in the journal.
            Self::PutObjectAcl
            | Self::PutObjectVersionAcl
            | Self::RestoreObject
            | Self::PutObjectTagging
            | Self::PutObjectVersionTagging
            | Self::DeleteObjectTagging
            | Self::DeleteObjectVersionTagging
            | Self::PutObject
            | Self::AbortMultipartUpload => Right::Write,
            Self::CreateBucket
            | Self::DeleteBucket
            | Self::PutBucketVersioning
            | Self::PutBucketAcl
            | Self::PutBucketTagging
            | Self::PutBucketCORS
            | Self::PutBucketPublicAccessBlock
            | Self::PutBucketOwnershipControls
            | Self::PutEncryptionConfiguration
            | Self::PutBucketRequestPayment
            | Self::PutAccelerateConfiguration
            | Self::PutLifecycleConfiguration
            | Self::PutBucketObjectLockConfiguration
            | Self::DeleteObject
            | Self::DeleteObjectVersion => Right::Manage,
            Self::PutObjectRetention | Self::PutObjectLegalHold => Right::Lock,
            Self::BypassGovernanceRetention => Right::Bypass,
            Self::PostRetentionEvent => Right::Event,
            Self::AdminRead | Self::AdminWrite => Right::Admin,
        }
    }
}

/// An authenticated caller and what its key may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Who asks.
    pub requester: Requester,
    /// Rights of the key used.
    pub rights: Vec<Right>,
}

/// Proof that the rules allowed one action. Only [`authorize`] and [`Authorized::internal`] make
/// one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authorized {
    requester: Requester,
    action: Action,
}

impl Authorized {
    /// Who asked.
    #[must_use]
    pub fn requester(&self) -> &Requester {
        &self.requester
    }

    /// What was allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// For what the vault does by itself or for its operator on the machine (offline commands).
    #[must_use]
    pub fn internal(task: &str, action: Action) -> Self {
        Self {
            requester: Requester::vault(task),
            action,
        }
    }
}

/// No rule allows the action.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("key {key_id:?} has no right {right:?}, which {action:?} needs")]
pub struct Denied {
    /// The key.
    pub key_id: String,
    /// The action refused.
    pub action: Action,
    /// The missing right.
    pub right: Right,
}

/// The one rule of access.
///
/// # Errors
/// [`Denied`] names the missing right.
pub fn authorize(grant: &Grant, action: Action) -> Result<Authorized, Denied> {
    let right = action.right();
    if grant.rights.contains(&right) {
        Ok(Authorized {
            requester: grant.requester.clone(),
            action,
        })
    } else {
        Err(Denied {
            key_id: grant.requester.key_id.clone(),
            action,
            right,
        })
    }
}
