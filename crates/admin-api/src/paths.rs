//! Routes of the admin API, written once for server and client.
//!
//! Keys of objects travel in the query, never in the path: paths then hold unreserved characters
//! only, and every signer's rule for encoding a path gives the same canonical path.

/// `GET`: what the vault is and how it fares.
pub const VAULT: &str = "/v1/vault";
/// `POST`: the cut at this moment.
pub const SNAPSHOT: &str = "/v1/vault/snapshot";
/// `GET`: where the compliance clock stands.
pub const CLOCK: &str = "/v1/clock";
/// `GET`: what is on record of reads, refusals and changes.
pub const AUDIT: &str = "/v1/audit";
/// `GET`: all buckets.
pub const BUCKETS: &str = "/v1/buckets";
/// `POST`, `DELETE`: one bucket.
pub const BUCKET: &str = "/v1/buckets/{bucket}";
/// `GET`: current objects of a bucket.
pub const OBJECTS: &str = "/v1/buckets/{bucket}/objects";
/// `GET`: what is known of one version.
pub const OBJECT: &str = "/v1/buckets/{bucket}/object";
/// `GET`: content of one version.
pub const CONTENT: &str = "/v1/buckets/{bucket}/content";
/// `GET`: every version of a key, hidden ones too.
pub const HISTORY: &str = "/v1/buckets/{bucket}/history";
/// `GET`: all retention classes.
pub const CLASSES: &str = "/v1/retention-classes";
/// `GET`, `POST`, `DELETE`: which classes a bucket gives to what.
pub const CLASS_RULES: &str = "/v1/buckets/{bucket}/retention-classes";
/// `GET`, `POST`: limits of a bucket on retention dates.
pub const RETENTION_LIMITS: &str = "/v1/buckets/{bucket}/retention-limits";
/// `GET`, `POST`: default retention of a bucket and its trial.
pub const LOCK_DEFAULT: &str = "/v1/buckets/{bucket}/lock-default";
/// `GET`: who can delete a version, when, by which rule.
pub const EXPLAIN: &str = "/v1/buckets/{bucket}/explain";
/// `GET`: counts of locks, by page.
pub const LOCK_REPORT: &str = "/v1/buckets/{bucket}/lock-report";
/// `POST`: a change of many locks, by page.
pub const LOCKS: &str = "/v1/buckets/{bucket}/locks";
/// `POST`: brings a deleted object back.
pub const UNDELETE: &str = "/v1/buckets/{bucket}/undelete";

/// `GET`: lifecycle rules of a bucket, in force and pending.
pub const LIFECYCLE: &str = "/v1/buckets/{bucket}/lifecycle";
/// `POST`: one pass of the keeper over a bucket.
pub const LIFECYCLE_RUN: &str = "/v1/buckets/{bucket}/lifecycle/run";
/// `GET`, `PUT`: days of hidden history.
pub const HISTORY_DAYS: &str = "/v1/buckets/{bucket}/history-days";
/// `GET`, `POST`: disposals of a bucket.
pub const DISPOSALS: &str = "/v1/buckets/{bucket}/disposals";
/// `DELETE`: takes a disposal back.
pub const DISPOSAL: &str = "/v1/buckets/{bucket}/disposals/{id}";
/// `GET`: what was released.
pub const CERTIFICATE: &str = "/v1/buckets/{bucket}/certificate";

/// A route with its bucket filled in.
#[must_use]
pub fn with_bucket(route: &str, bucket: &str) -> String {
    route.replace("{bucket}", bucket)
}
