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
/// `POST`: a fresh key for a bucket.
pub const ROTATE_KEY: &str = "/v1/buckets/{bucket}/rotate-key";
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

/// `GET`: requests for what needs two people.
pub const REQUESTS: &str = "/v1/requests";
/// `GET`: one request, with the text that is signed.
pub const REQUEST: &str = "/v1/requests/{request}";
/// `POST`: a second person's signature.
pub const REQUEST_APPROVE: &str = "/v1/requests/{request}/approve";
/// `POST`: somebody says no.
pub const REQUEST_VETO: &str = "/v1/requests/{request}/veto";
/// `GET`, `POST`, `PUT`, `DELETE`: tenants.
pub const TENANTS: &str = "/v1/tenants";
/// `POST`: takes the content key of a sealed tenant into use.
pub const UNLOCK: &str = "/v1/tenants/{tenant}/unlock";
/// `POST`: forgets the content key of a sealed tenant.
pub const LOCK: &str = "/v1/tenants/{tenant}/lock";
/// `POST`: sets the passphrase of a sealed tenant.
pub const PASSPHRASE: &str = "/v1/tenants/{tenant}/passphrase";
/// `GET`: what tenants keep and ask for.
pub const USAGE: &str = "/v1/usage";
/// `GET`: buckets of the own tenant, retired ones too, to be handed back.
pub const EXPORT: &str = "/v1/export";
/// `GET`: versions of a bucket to be handed back.
pub const EXPORT_VERSIONS: &str = "/v1/export/versions";
/// `GET`: content of a version to be handed back.
pub const EXPORT_CONTENT: &str = "/v1/export/content";
/// `GET`: what a key could do in each bucket.
pub const BLAST_RADIUS: &str = "/v1/blast-radius";
/// `GET`: whether a key may do something, and what decides it.
pub const POLICY_EXPLAIN: &str = "/v1/policy-explain";
/// `GET`, `PUT`, `DELETE`: users of the own tenant.
pub const USERS: &str = "/v1/users";
/// `GET`, `PUT`, `DELETE`: groups of the own tenant.
pub const GROUPS: &str = "/v1/groups";
/// `GET`, `PUT`, `DELETE`: policies of the own tenant.
pub const POLICIES: &str = "/v1/policies";
/// `GET`, `POST`, `PUT`, `DELETE`: access keys of the own tenant.
pub const KEYS: &str = "/v1/keys";
/// `POST`: a key for some hours, against a one-time password.
pub const LOGIN: &str = "/v1/login";
/// `POST`: a secret for one-time passwords.
pub const TOTP: &str = "/v1/totp";

/// A route with its bucket filled in.
#[must_use]
pub fn with_bucket(route: &str, bucket: &str) -> String {
    route.replace("{bucket}", bucket)
}

/// A route with its tenant filled in.
#[must_use]
pub fn with_tenant(route: &str, tenant: &str) -> String {
    route.replace("{tenant}", tenant)
}
