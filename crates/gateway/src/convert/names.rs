//! Buckets, keys, versions and uploads as clients name them.

use azekura_model::bucket::Versioning;
use azekura_model::ident::{UploadId, VersionId};
use azekura_model::name::{BadObjectKey, BucketName, ObjectKey};
use azekura_store::object::Which;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::errors;

/// A bucket name.
pub(crate) fn bucket(name: &str) -> S3Result<BucketName> {
    BucketName::parse(name)
        .map_err(|bad| S3Error::with_message(S3ErrorCode::InvalidBucketName, bad.to_string()))
}

/// A key.
pub(crate) fn key(key: &str) -> S3Result<ObjectKey> {
    ObjectKey::parse(key).map_err(|bad| match bad {
        BadObjectKey::Empty => {
            errors::invalid_argument("User key must have a length greater than 0.")
        }
        BadObjectKey::TooLong => {
            S3Error::with_message(S3ErrorCode::KeyTooLongError, "Your key is too long")
        }
    })
}

/// `versionId`.
pub(crate) fn which(version: Option<&str>) -> S3Result<Which> {
    match version {
        None => Ok(Which::Current),
        Some("null") => Ok(Which::Null),
        Some(text) => VersionId::parse(text)
            .map(Which::Version)
            .ok_or_else(|| errors::invalid_argument("Invalid version id specified")),
    }
}

/// `uploadId`.
pub(crate) fn upload(text: &str) -> S3Result<UploadId> {
    UploadId::parse(text)
        .ok_or_else(|| errors::from_store(azekura_store::error::StoreError::NoSuchUpload))
}

/// The version that a write made, as its answer names it: not at all where it is the `null` one.
pub(crate) fn made_version(
    versioning: Versioning,
    version: VersionId,
    null: bool,
) -> Option<String> {
    shown_version(versioning, version, null).filter(|_| !null)
}

/// A version as an answer names it: not at all in a bucket that never had versioning.
pub(crate) fn shown_version(
    versioning: Versioning,
    version: VersionId,
    null: bool,
) -> Option<String> {
    match (versioning, null) {
        (Versioning::Unversioned, _) => None,
        (_, true) => Some("null".to_owned()),
        (_, false) => Some(version.to_string()),
    }
}
