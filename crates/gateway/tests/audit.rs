//! What the gateway puts on record: every read, listing and refusal, and no change that was made.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use azekura_gateway::audit::{Audit, NotOnRecord};
use azekura_model::audit::{AuditEntry, AuthMethod};
use azekura_model::ident::TenantId;
use parking_lot::Mutex;
use support::{READER, ROOT, Server, WRITER, keys, start_audited};

/// Remembers what it is given, or refuses.
#[derive(Default)]
struct Twin {
    entries: Mutex<Vec<AuditEntry>>,
    full: AtomicBool,
}

#[async_trait]
impl Audit for Twin {
    async fn record(&self, _: Option<TenantId>, entry: AuditEntry) -> Result<(), NotOnRecord> {
        if self.full.load(Ordering::SeqCst) {
            return Err(NotOnRecord("the audit has no space".to_owned()));
        }
        self.entries.lock().push(entry);
        Ok(())
    }
}

impl Twin {
    /// What came since the last call.
    fn taken(&self) -> Vec<AuditEntry> {
        std::mem::take(&mut *self.entries.lock())
    }

    #[track_caller]
    fn only(&self) -> AuditEntry {
        let mut taken = self.taken();
        assert_eq!(taken.len(), 1, "{taken:#?}");
        taken.remove(0)
    }
}

async fn started() -> (Server, Arc<Twin>) {
    let twin = Arc::new(Twin::default());
    let server = start_audited(Arc::new(keys()), twin.clone()).await;
    server.put("/images", b"").await.ok();
    server.put("/images/a/b%20c", b"hello").await.ok();
    assert_eq!(twin.taken(), [], "changes are their own record");
    (server, twin)
}

#[tokio::test]
async fn reads_and_listings_are_on_record_with_who_what_and_how_much() {
    let (server, twin) = started().await;
    let reply = server.get("/images/a/b%20c").await.ok();
    let entry = twin.only();
    assert_eq!(entry.operation, "GetObject");
    assert_eq!(
        (entry.principal.as_str(), entry.key_id.as_str()),
        ("root", ROOT.0)
    );
    assert_eq!(entry.auth, AuthMethod::Header);
    assert_eq!(entry.bucket.as_deref(), Some("images"));
    assert_eq!(entry.key.as_deref(), Some("a/b c"));
    assert_eq!((entry.status, entry.bytes_sent), (200, 5));
    assert_eq!(
        Some(entry.request_id.as_str()),
        reply.header("x-amz-request-id")
    );
    assert!(entry.source.is_some() && entry.duration_us > 0);

    server.call("HEAD", "/images/a/b%20c", &[], b"").await.ok();
    let entry = twin.only();
    assert_eq!(
        (entry.operation.as_str(), entry.bytes_sent),
        ("HeadObject", 0)
    );

    server.get("/images?list-type=2&prefix=a%2F").await.ok();
    let entry = twin.only();
    assert_eq!(entry.operation, "ListObjectsV2");
    assert_eq!(entry.key.as_deref(), Some("a/"), "the prefix");
    assert_eq!(entry.query.as_deref(), Some("list-type=2&prefix=a%2F"));
    assert!(entry.bytes_sent > 100);

    for (target, operation) in [
        ("/", "ListBuckets"),
        ("/images/a/b%20c?tagging", "GetObjectTagging"),
        ("/images?versions", "ListObjectVersions"),
        ("/images?versioning", "GetBucketVersioning"),
    ] {
        server.get(target).await.ok();
        assert_eq!(twin.only().operation, operation);
    }
    server.get("/images/none").await.is(404, "NoSuchKey");
    let entry = twin.only();
    assert_eq!(entry.error_code.as_deref(), Some("NoSuchKey"));
}

#[tokio::test]
async fn refusals_are_on_record_and_a_claim_is_not_an_identity() {
    let (server, twin) = started().await;
    let signer = server.as_key(READER, "PUT", "/images/x");
    server
        .send(&signer.signed(b"x"), b"x")
        .await
        .is(403, "AccessDenied");
    let entry = twin.only();
    assert_eq!(
        (entry.operation.as_str(), entry.principal.as_str()),
        ("PutObject", "reader")
    );
    assert_eq!(
        (entry.status, entry.error_code.as_deref()),
        (403, Some("AccessDenied"))
    );

    let signer = server.as_key((WRITER.0, "not the secret"), "GET", "/images/x%2Fy");
    server
        .send(&signer.signed(b""), b"")
        .await
        .is(403, "SignatureDoesNotMatch");
    let entry = twin.only();
    assert_eq!(
        (entry.auth, entry.principal.as_str()),
        (AuthMethod::Unverified, "")
    );
    assert_eq!(entry.key_id, WRITER.0, "claimed");
    assert_eq!(entry.key.as_deref(), Some("x/y"));

    let head = format!("GET /images/x HTTP/1.1\r\nhost: {}\r\n\r\n", server.host());
    let reply = server
        .send(
            &head.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
            b"",
        )
        .await;
    assert_eq!(reply.status, 403);
    let entry = twin.only();
    assert_eq!((entry.key_id.as_str(), entry.status), ("", 403));
}

#[tokio::test]
async fn what_is_refused_inside_an_answer_and_what_a_copy_reads_is_on_record() {
    let (server, twin) = started().await;
    let document = b"<Delete><Object><Key>a/b c</Key><VersionId>bad</VersionId></Object>\
        <Object><Key>other</Key></Object></Delete>";
    server
        .checked("POST", "/images?delete", &[], document)
        .await
        .ok();
    let entry = twin.only();
    assert_eq!(entry.operation, "DeleteObjects");
    assert_eq!(entry.key.as_deref(), Some("a/b c"));
    assert!(
        entry.error_code.is_some() && entry.status >= 400,
        "{entry:?}"
    );

    let source = [("x-amz-copy-source", "/images/a/b%20c")];
    server.call("PUT", "/images/copy", &source, b"").await.ok();
    let entry = twin.only();
    assert_eq!(entry.operation, "CopyObject");
    assert_eq!(entry.key.as_deref(), Some("a/b c"), "what was read");
}

#[tokio::test]
async fn what_is_not_on_record_is_not_answered() {
    let (server, twin) = started().await;
    twin.full.store(true, Ordering::SeqCst);
    let reply = server
        .get("/images/a/b%20c")
        .await
        .is(503, "ServiceUnavailable");
    assert!(!reply.text().contains("hello"));
    assert!(reply.text().contains("no space"), "{}", reply.text());
    let reply = server.call("HEAD", "/images/a/b%20c", &[], b"").await;
    assert_eq!((reply.status, reply.body.len()), (503, 0));
    // Changes have a record of their own.
    server.put("/images/other", b"x").await.ok();
    twin.full.store(false, Ordering::SeqCst);
    server.get("/images/other").await.ok();
    assert_eq!(twin.only().status, 200);
}
