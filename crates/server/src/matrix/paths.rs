//! The table: every way that could remove, replace, hide or weaken a version, and what must come
//! of it in each lock state.

use azekura_model::access::Right;

use super::wire::{Ask, Kind};
use super::world::Target;

/// Lock states, in the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No lock.
    Free,
    /// GOVERNANCE until a date to come.
    Governance,
    /// COMPLIANCE until a date to come.
    Compliance,
    /// A legal hold.
    Hold,
    /// COMPLIANCE until a date that is over.
    Expired,
    /// The same and a legal hold.
    ExpiredAndHold,
    /// A lock that the store cannot read: its index entry is damaged.
    Unknown,
    /// A retention class whose event is not posted yet.
    Event,
}

impl State {
    /// All, in the order of the columns.
    pub(super) const ALL: [Self; 8] = [
        Self::Free,
        Self::Governance,
        Self::Compliance,
        Self::Hold,
        Self::Expired,
        Self::ExpiredAndHold,
        Self::Unknown,
        Self::Event,
    ];
}

/// What must come of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is accepted and S3 no longer shows the version.
    Gone,
    /// It is accepted and the version stays, byte for byte.
    Stays,
    /// It is refused; version and lock stay as they are.
    Refused,
    /// Accepted or refused: the version stays.
    Either,
    /// It is accepted; version and lock stay as they are.
    Keeps,
}

/// One way.
pub(super) struct Path {
    /// Name, for messages.
    pub(super) name: &'static str,
    /// Operation of S3, or method and route of the admin API.
    pub(super) operation: &'static str,
    /// Rights that its key needs.
    pub(super) needs: &'static [Right],
    /// One letter a state: `g` gone, `b` gone with bypass and else refused, `s` stays, `c` accepted
    /// with bypass and else refused, `-` refused, `e` either and stays,
    /// `k` accepted and its lock stays too.
    verdicts: &'static str,
    /// The request.
    pub(super) ask: fn(&Target) -> Ask,
}

impl Path {
    /// What must come of it for a key that has the rights.
    pub(super) fn verdict(&self, state: State, bypass: bool) -> Verdict {
        let column = State::ALL.iter().position(|one| *one == state).unwrap();
        match self.verdicts.split_whitespace().nth(column).unwrap() {
            "g" => Verdict::Gone,
            "b" if bypass => Verdict::Gone,
            "s" => Verdict::Stays,
            "e" => Verdict::Either,
            "k" => Verdict::Keeps,
            "c" if bypass => Verdict::Stays,
            "b" | "c" | "-" => Verdict::Refused,
            other => panic!("{other} is no verdict"),
        }
    }
}

const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>all</ID><Filter><Prefix></Prefix></Filter>\
     <Status>Enabled</Status><Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration>\
     <NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";
const SUSPEND: &str =
    "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
const LOCK_OFF: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled>\
     </ObjectLockConfiguration>";
const NO_DEFAULT: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
     </ObjectLockConfiguration>";
const TAGS: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

/// The table.
#[rustfmt::skip]
pub(super) const PATHS: &[Path] = &[
    //                                                                              free gov com hold exp ex+h unknown event
    Path { name: "delete the version", operation: "DeleteObject", needs: &[Right::Manage], verdicts: "g b - - g - - -",
        ask: |t| Ask::s3("DELETE", t.version()).bypassing() },
    Path { name: "delete as a replica", operation: "DeleteObject", needs: &[Right::Manage], verdicts: "g b - - g - - -",
        ask: |t| Ask::s3("DELETE", t.version()).bypassing().header("x-minio-source-replication-request", "true") },
    Path { name: "delete in a batch", operation: "DeleteObjects", needs: &[Right::Manage], verdicts: "g b - - g - - -",
        ask: |t| Ask::s3("POST", t.bucket("?delete")).bypassing().body(t.batch(true)) },
    Path { name: "make a marker", operation: "DeleteObject", needs: &[Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("DELETE", t.key()) },
    Path { name: "make a marker in a batch", operation: "DeleteObjects", needs: &[Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("POST", t.bucket("?delete")).body(t.batch(false)) },
    Path { name: "put over", operation: "PutObject", needs: &[Right::Write], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("PUT", t.key()).body("other") },
    Path { name: "copy over", operation: "CopyObject", needs: &[Right::Write, Right::Read], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("PUT", t.key()).header("x-amz-copy-source", t.source()) },
    Path { name: "complete an upload over", operation: "CompleteMultipartUpload", needs: &[Right::Write], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("POST", t.key()).kind(Kind::Upload) },
    Path { name: "post a form over", operation: "PostObject", needs: &[Right::Write], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("POST", t.bucket("")).kind(Kind::Form) },
    Path { name: "set an earlier date", operation: "PutObjectRetention", needs: &[Right::Lock], verdicts: "s c - s s s - e",
        ask: |t| Ask::s3("PUT", t.sub("retention")).bypassing().body(t.earlier()) },
    Path { name: "remove the retention", operation: "PutObjectRetention", needs: &[Right::Lock], verdicts: "s c - s s s - e",
        ask: |t| Ask::s3("PUT", t.sub("retention")).bypassing().body("<Retention></Retention>") },
    Path { name: "weaken the mode", operation: "PutObjectRetention", needs: &[Right::Lock], verdicts: "s s - s s s - e",
        ask: |t| Ask::s3("PUT", t.sub("retention")).bypassing().body(t.governance()) },
    // S3 lets every key with the right on holds lift them (facts L8): accepted, and the version stays.
    Path { name: "lift the hold", operation: "PutObjectLegalHold", needs: &[Right::Lock], verdicts: "s s s s s s - e",
        ask: |t| Ask::s3("PUT", t.sub("legal-hold")).body("<LegalHold><Status>OFF</Status></LegalHold>") },
    Path { name: "replace the tags", operation: "PutObjectTagging", needs: &[Right::Write], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("PUT", t.sub("tagging")).body(TAGS) },
    Path { name: "remove the tags", operation: "DeleteObjectTagging", needs: &[Right::Write], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("DELETE", t.sub("tagging")) },
    Path { name: "replace the access list", operation: "PutObjectAcl", needs: &[Right::Write], verdicts: "s s s s s s e e",
        ask: |t| Ask::s3("PUT", t.sub("acl")).header("x-amz-acl", "private") },
    Path { name: "delete the bucket", operation: "DeleteBucket", needs: &[Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::s3("DELETE", t.bucket("")) },
    Path { name: "make the bucket again", operation: "CreateBucket", needs: &[Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::s3("PUT", t.bucket("")) },
    Path { name: "suspend versioning", operation: "PutBucketVersioning", needs: &[Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::s3("PUT", t.bucket("?versioning")).body(SUSPEND) },
    Path { name: "switch lock off", operation: "PutObjectLockConfiguration", needs: &[Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::s3("PUT", t.bucket("?object-lock")).body(LOCK_OFF) },
    Path { name: "clear the default", operation: "PutObjectLockConfiguration", needs: &[Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("PUT", t.bucket("?object-lock")).body(NO_DEFAULT) },
    Path { name: "expire everything", operation: "PutBucketLifecycleConfiguration", needs: &[Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("PUT", t.bucket("?lifecycle")).body(LIFECYCLE) },
    Path { name: "drop lifecycle", operation: "DeleteBucketLifecycle", needs: &[Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::s3("DELETE", t.bucket("?lifecycle")) },
    Path { name: "delete the bucket (admin)", operation: "DELETE /v1/buckets/{bucket}", needs: &[Right::Admin, Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::admin("DELETE", t.admin("")) },
    Path { name: "make the bucket again (admin)", operation: "POST /v1/buckets/{bucket}", needs: &[Right::Admin, Right::Manage], verdicts: "- - - - - - - -",
        ask: |t| Ask::admin("POST", t.admin("")) },
    Path { name: "delete the tenant (admin)", operation: "DELETE /v1/tenants", needs: &[Right::Operate], verdicts: "- - - - - - - -",
        ask: |_| Ask::admin("DELETE", format!("/v1/tenants?name={}", crate::open::TENANT_DEFAULT)) },
    // What deletes more or sooner acts after the cooling-off: accepted, and nothing leaves by it now.
    // Changes of many locks answer with a list of what was refused.
    Path { name: "an earlier date for many", operation: "POST /v1/buckets/{bucket}/locks", needs: &[Right::Admin, Right::Lock], verdicts: "s k k s s s s s",
        ask: |t| Ask::admin("POST", t.admin(&format!("/locks?action=extend&prefix={}&until={}", t.key, t.sooner()))) },
    Path { name: "a false event for many", operation: "POST /v1/buckets/{bucket}/locks", needs: &[Right::Admin, Right::Event], verdicts: "k k k k k k k s",
        ask: |t| Ask::admin("POST", t.admin(&format!("/locks?action=event&prefix={}&event_date=1970-01-01", t.key))) },
    Path { name: "lift many holds", operation: "POST /v1/buckets/{bucket}/locks", needs: &[Right::Admin, Right::Lock], verdicts: "s s s s s s k s",
        ask: |t| Ask::admin("POST", t.admin(&format!("/locks?action=release-hold&prefix={}", t.key))) },
    Path { name: "withdraw the default", operation: "POST /v1/buckets/{bucket}/lock-default", needs: &[Right::Admin, Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::admin("POST", t.admin("/lock-default?mode=none")) },
    Path { name: "undelete", operation: "POST /v1/buckets/{bucket}/undelete", needs: &[Right::Admin, Right::Manage, Right::Write], verdicts: "e e e e e e e e",
        ask: |t| Ask::admin("POST", t.admin(&format!("/undelete?key={}&version={}", t.key, t.id))) },
    Path { name: "ask for a disposal", operation: "POST /v1/buckets/{bucket}/disposals", needs: &[Right::Admin, Right::Manage], verdicts: "s s s s s s s s",
        ask: |t| Ask::admin("POST", t.admin(&format!("/disposals?prefix={}&reason=matrix", t.key))) },
    Path { name: "keep no history", operation: "PUT /v1/buckets/{bucket}/history-days", needs: &[Right::Admin], verdicts: "s s s s s s s s",
        ask: |t| Ask::admin("PUT", t.admin("/history-days?days=0")) },
    Path { name: "run a pass of the keeper", operation: "POST /v1/buckets/{bucket}/lifecycle/run", needs: &[Right::Admin], verdicts: "s s s s s s s s",
        ask: |t| Ask::admin("POST", t.admin("/lifecycle/run")) },
];
