//! The one table from the name of an operation, and from headers, to the actions that it needs. What
//! the table does not name is refused.

use azekura_model::access::Action;
use http::HeaderMap;

/// The action that an operation needs; `None` for an operation that is not served.
#[must_use]
pub fn action_of(operation: &str, names_version: bool) -> Option<Action> {
    Some(match operation {
        "CreateBucket" => Action::CreateBucket,
        "DeleteBucket" => Action::DeleteBucket,
        "ListBuckets" => Action::ListAllMyBuckets,
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => Action::ListBucket,
        "GetBucketTagging" => Action::GetBucketTagging,
        "PutBucketTagging" | "DeleteBucketTagging" => Action::PutBucketTagging,
        "GetBucketCors" => Action::GetBucketCORS,
        "PutBucketCors" | "DeleteBucketCors" => Action::PutBucketCORS,
        "GetPublicAccessBlock" => Action::GetBucketPublicAccessBlock,
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => Action::PutBucketPublicAccessBlock,
        "GetBucketOwnershipControls" => Action::GetBucketOwnershipControls,
        "PutBucketOwnershipControls" | "DeleteBucketOwnershipControls" => {
            Action::PutBucketOwnershipControls
        }
        "GetBucketEncryption" => Action::GetEncryptionConfiguration,
        "PutBucketEncryption" | "DeleteBucketEncryption" => Action::PutEncryptionConfiguration,
        "GetBucketRequestPayment" => Action::GetBucketRequestPayment,
        "PutBucketRequestPayment" => Action::PutBucketRequestPayment,
        "GetBucketAccelerateConfiguration" => Action::GetAccelerateConfiguration,
        "PutBucketAccelerateConfiguration" => Action::PutAccelerateConfiguration,
        "GetBucketPolicy" => Action::GetBucketPolicy,
        "PutBucketPolicy" => Action::PutBucketPolicy,
        "DeleteBucketPolicy" => Action::DeleteBucketPolicy,
        "GetBucketPolicyStatus" => Action::GetBucketPolicyStatus,
        "GetBucketLifecycleConfiguration" => Action::GetLifecycleConfiguration,
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => {
            Action::PutLifecycleConfiguration
        }
        "GetBucketLogging" => Action::GetBucketLogging,
        "GetBucketNotificationConfiguration" => Action::GetBucketNotification,
        "GetBucketReplication" => Action::GetReplicationConfiguration,
        "GetBucketWebsite" => Action::GetBucketWebsite,
        "ListBucketAnalyticsConfigurations" => Action::GetAnalyticsConfiguration,
        "ListBucketInventoryConfigurations" => Action::GetInventoryConfiguration,
        "ListBucketIntelligentTieringConfigurations" => Action::GetIntelligentTieringConfiguration,
        "ListBucketMetricsConfigurations" => Action::GetMetricsConfiguration,
        "ListObjectVersions" => Action::ListBucketVersions,
        "ListMultipartUploads" => Action::ListBucketMultipartUploads,
        "GetBucketLocation" => Action::GetBucketLocation,
        "GetBucketVersioning" => Action::GetBucketVersioning,
        "PutBucketVersioning" => Action::PutBucketVersioning,
        "GetObject" | "HeadObject" if names_version => Action::GetObjectVersion,
        "GetObject" | "HeadObject" => Action::GetObject,
        "GetObjectTagging" if names_version => Action::GetObjectVersionTagging,
        "GetObjectTagging" => Action::GetObjectTagging,
        "PutObjectTagging" if names_version => Action::PutObjectVersionTagging,
        "PutObjectTagging" => Action::PutObjectTagging,
        "DeleteObjectTagging" if names_version => Action::DeleteObjectVersionTagging,
        "DeleteObjectTagging" => Action::DeleteObjectTagging,
        "PutObject" | "PostObject" | "CopyObject" | "CreateMultipartUpload" => Action::PutObject,
        "UploadPart" | "UploadPartCopy" | "CompleteMultipartUpload" => Action::PutObject,
        "DeleteObject" if names_version => Action::DeleteObjectVersion,
        "DeleteObject" | "DeleteObjects" => Action::DeleteObject,
        "GetBucketAcl" => Action::GetBucketAcl,
        "PutBucketAcl" => Action::PutBucketAcl,
        "GetObjectAcl" if names_version => Action::GetObjectVersionAcl,
        "GetObjectAcl" => Action::GetObjectAcl,
        "PutObjectAcl" if names_version => Action::PutObjectVersionAcl,
        "PutObjectAcl" => Action::PutObjectAcl,
        "GetObjectAttributes" if names_version => Action::GetObjectVersionAttributes,
        "GetObjectAttributes" => Action::GetObjectAttributes,
        "RestoreObject" => Action::RestoreObject,
        "AbortMultipartUpload" => Action::AbortMultipartUpload,
        "ListParts" => Action::ListMultipartUploadParts,
        _ => return lock_action_of(operation),
    })
}

/// The actions of object lock are the same for a version that is named.
fn lock_action_of(operation: &str) -> Option<Action> {
    Some(match operation {
        "GetObjectLockConfiguration" => Action::GetBucketObjectLockConfiguration,
        "PutObjectLockConfiguration" => Action::PutBucketObjectLockConfiguration,
        "GetObjectRetention" => Action::GetObjectRetention,
        "PutObjectRetention" => Action::PutObjectRetention,
        "GetObjectLegalHold" => Action::GetObjectLegalHold,
        "PutObjectLegalHold" => Action::PutObjectLegalHold,
        _ => return None,
    })
}

/// Headers that ask for more than their operation does, and the action that each needs (S3 user
/// guide, "Required permissions" of PutObject, CopyObject, CreateMultipartUpload and POST Object).
/// The guard lets lock headers pass only where an object is stored. The header that goes against
/// GOVERNANCE retention is not among them: without its right it does nothing.
const ACTIONS_OF_HEADERS: [(&str, Action); 4] = [
    ("x-amz-tagging", Action::PutObjectTagging),
    ("x-amz-object-lock-legal-hold", Action::PutObjectLegalHold),
    ("x-amz-object-lock-mode", Action::PutObjectRetention),
    (
        "x-amz-object-lock-retain-until-date",
        Action::PutObjectRetention,
    ),
];

/// The actions that headers need beside the one of their operation.
pub fn actions_of(headers: &HeaderMap) -> impl Iterator<Item = Action> + '_ {
    let rows = ACTIONS_OF_HEADERS.iter();
    rows.filter(|(name, _)| headers.contains_key(*name))
        .map(|(_, action)| *action)
}
