//! Why the store did not do what was asked. One variant a fact; the gateway maps them to S3 codes in
//! one table.

use azekura_engine::seam::{CommitError, ReadError};
use azekura_model::condition::ConditionFailed;
use azekura_model::governed::NotApproved;
use azekura_model::ident::VersionId;
use azekura_model::lock::LockRefused;
use azekura_model::range::Unsatisfiable;
use azekura_model::retention_limits::OverLimit;

use azekura_record::sshsig::BadSignature;

use crate::body::BodyError;
use crate::entropy::EntropyFailed;
use crate::governed::ApprovalNeeded;
use crate::keys::KeyError;
use crate::seal::cipher::CipherFailed;
use crate::seal::record::Unopened;
use crate::tenant_seal::SealRefused;

/// What went wrong, in words for whoever reads the answer or the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No bucket of this name.
    #[error("the bucket does not exist")]
    NoSuchBucket,
    /// The caller already has a bucket of this name.
    #[error("you already have a bucket of this name")]
    BucketAlreadyOwnedByYou,
    /// No user, group, policy, key or tenant of this name.
    #[error("there is no such user, group, policy, access key or tenant")]
    NoSuchIdentity,
    /// Names of buckets are one space for all tenants.
    #[error("the bucket name is taken by another institution; choose another name")]
    BucketAlreadyExists,
    /// S3 still shows something in the bucket.
    #[error("the bucket still shows objects or versions")]
    BucketNotEmpty,
    /// No such key, or a delete marker is current.
    #[error("the key does not exist")]
    NoSuchKey {
        /// The delete marker that is current, if one is.
        marker: Option<VersionId>,
        /// Whether that marker is the `null` version.
        null: bool,
    },
    /// No such version is shown under this key.
    #[error("the version does not exist")]
    NoSuchVersion,
    /// The version named is a delete marker, which has no content (S3: 405).
    #[error("the version is a delete marker")]
    IsDeleteMarker {
        /// The marker.
        version: VersionId,
    },
    /// No such multipart upload.
    #[error("the multipart upload does not exist, was completed or was aborted")]
    NoSuchUpload,
    /// A part named at completion is missing or has another ETag.
    #[error("part {number} is missing or its ETag differs")]
    InvalidPart {
        /// Part number.
        number: u32,
    },
    /// The version has no part of this number (S3: 416).
    #[error("The requested partnumber is not satisfiable")]
    InvalidPartNumber {
        /// Part number.
        number: u32,
    },
    /// Parts not in ascending order.
    #[error("the list of parts is not in ascending order")]
    InvalidPartOrder,
    /// A part other than the last is smaller than 5 MiB.
    #[error("part {number} has {bytes} bytes; all but the last need 5 MiB")]
    PartTooSmall {
        /// Part number.
        number: u32,
        /// Its length in bytes.
        bytes: u64,
    },
    /// Larger than S3 allows.
    #[error("the content has more than {max_bytes} bytes")]
    TooLarge {
        /// Greatest length in bytes.
        max_bytes: u64,
    },
    /// Content-MD5 differs from the content.
    #[error("the Content-MD5 you gave does not match what arrived")]
    BadDigest,
    /// A checksum differs from the content.
    #[error("the {algorithm} you gave did not match the calculated checksum")]
    BadChecksum {
        /// Name of the algorithm.
        algorithm: &'static str,
    },
    /// The declared trailer did not arrive, or is not a checksum.
    #[error("the trailer declared by x-amz-trailer is missing or malformed")]
    MalformedTrailer,
    /// The body did not arrive as declared.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The range lies outside.
    #[error(transparent)]
    Range(#[from] Unsatisfiable),
    /// A condition of the request failed.
    #[error(transparent)]
    Condition(#[from] ConditionFailed),
    /// A concurrent conditional write got in between (S3: 409).
    #[error("a concurrent request changed the key; try again")]
    Conflict,
    /// No disposal job of this id.
    #[error("there is no such disposal")]
    NoSuchDisposal,
    /// It needs a second person (S3: 403).
    #[error("{0}")]
    ApprovalNeeded(Box<ApprovalNeeded>),
    /// No request of this id.
    #[error("there is no such request")]
    NoSuchRequest,
    /// The signature is none, or not of the request's text.
    #[error(transparent)]
    BadSignature(#[from] BadSignature),
    /// The signature is right and does not count.
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
    /// Only approvers and who asked may say no.
    #[error("only who asked and who may approve can say no to a request")]
    MayNotVeto,
    /// An argument that the store refuses.
    #[error("{0}")]
    InvalidArgument(String),
    /// The memory for content is taken, and the wait for it was too long (S3: `SlowDown`).
    #[error("the server is busy: try again in a few seconds")]
    Busy,
    /// The tenant may keep no more (S3: 403).
    #[error(transparent)]
    OverQuota(#[from] crate::volume::OverQuota),
    /// A lock goes over a limit of the bucket or of the access key.
    #[error(transparent)]
    OverLimit(#[from] OverLimit),
    /// A request that contradicts itself or what it is about.
    #[error("{0}")]
    InvalidRequest(String),
    /// A lock rule refuses (S3: 403, or 400 for a date that cannot be).
    #[error(transparent)]
    Locked(#[from] LockRefused),
    /// Object lock was never enabled on the bucket (S3: 400).
    #[error("Bucket is missing Object Lock Configuration")]
    BucketWithoutLock,
    /// What is asked does not fit the state of the bucket's versioning or lock (S3: 409).
    #[error("{0}")]
    InvalidBucketState(String),
    /// The wall clock leads compliance time by more than can be explained: no period can begin until
    /// that is settled (S3: 503).
    #[error("{0}")]
    ClockLead(String),
    /// Free space is below the floor.
    #[error("{0}")]
    NoSpace(String),
    /// The version is named, and its bytes or its record are not what was written. It stays.
    #[error("damaged: {0}")]
    Damaged(String),
    /// Bytes erased after their lock ended.
    #[error("erased: {0}")]
    Erased(String),
    /// The engine stopped. The process ends.
    #[error("{0}")]
    Stopped(String),
    /// The residency rule forbids it.
    #[error("{0}")]
    NotPlaced(String),
    /// The contents of the tenant are sealed, and the institution has not unlocked its key (S3: 503).
    #[error("the institution has not unlocked its key since the last start")]
    TenantLocked,
    /// A passphrase was not set, or did not unlock.
    #[error(transparent)]
    Seal(#[from] SealRefused),
    /// A bug or an unexpected state; logged with its request id.
    #[error("{0}")]
    Internal(String),
}

impl From<EntropyFailed> for StoreError {
    fn from(error: EntropyFailed) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<CipherFailed> for StoreError {
    fn from(error: CipherFailed) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::ContentLocked(_) => Self::TenantLocked,
            KeyError::DataKey(_) => Self::Damaged(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<Unopened> for StoreError {
    fn from(error: Unopened) -> Self {
        match error {
            Unopened::Damaged(what) => Self::Damaged(what),
            Unopened::Erased => {
                Self::Erased("the particulars of the record were erased".to_owned())
            }
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        match error {
            // The index or a record names it: that it is not there is a loss, not an absence.
            ReadError::NotFound(what) | ReadError::Damaged(what) => Self::Damaged(what),
            ReadError::Erased(what) => Self::Erased(what),
            ReadError::Io(what) => Self::Internal(what),
            other => Self::Internal(other.to_string()),
        }
    }
}

impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NoSpace { .. } => Self::NoSpace(error.to_string()),
            CommitError::Poisoned(_) | CommitError::Closed => Self::Stopped(error.to_string()),
            CommitError::GuardFailed { .. } => Self::Conflict,
            other => Self::Internal(other.to_string()),
        }
    }
}
