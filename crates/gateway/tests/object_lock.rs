//! Object lock on the wire (AWS S3 API reference; facts of decision 0150).

#[cfg(test)]
mod support;

use support::form::Form;
use support::{LOCKER, READER, ROOT, Reply, Server, WRITER, md5_of, start};

const FAR: &str = "2090-01-01T00:00:00.000Z";
const FARTHER: &str = "2095-01-01T00:00:00.000Z";
const PAST: &str = "2001-01-01T00:00:00.000Z";
const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";
const BYPASS: (&str, &str) = ("x-amz-bypass-governance-retention", "true");

/// A request with the MD5 of its body.
async fn send(
    server: &Server,
    key: (&'static str, &'static str),
    (method, target): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let md5 = md5_of(body.as_bytes());
    let signer = server.as_key(key, method, target).headers(headers);
    let signer = signer.headers(&[("content-md5", &md5)]);
    let head = signer.signed(body.as_bytes());
    server.send(&head, body.as_bytes()).await
}

async fn put(server: &Server, target: &str, body: &str) -> Reply {
    send(server, ROOT, ("PUT", target), &[], body).await
}

/// A server with a bucket that has object lock.
async fn locking() -> Server {
    let server = start().await;
    let headers = [("x-amz-bucket-object-lock-enabled", "true")];
    server.call("PUT", "/bucket", &headers, b"").await.ok();
    server
}

fn default(mode: &str, period: &str) -> String {
    format!(
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
         <DefaultRetention><Mode>{mode}</Mode>{period}</DefaultRetention></Rule>\
         </ObjectLockConfiguration>"
    )
}

fn retention(mode: &str, until: &str) -> String {
    format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>")
}

fn hold(status: &str) -> String {
    format!("<LegalHold><Status>{status}</Status></LegalHold>")
}

/// Stores an object and gives its version.
async fn store(server: &Server, key: &str, headers: &[(&str, &str)]) -> String {
    let reply = send(server, ROOT, ("PUT", key), headers, "abc").await.ok();
    let version = reply.header("x-amz-version-id");
    version.unwrap_or_default().to_owned()
}

fn of_version(key: &str, sub: &str, version: &str) -> String {
    match sub {
        "" => format!("{key}?versionId={version}"),
        sub => format!("{key}?{sub}&versionId={version}"),
    }
}

async fn delete(server: &Server, target: &str, headers: &[(&str, &str)]) -> Reply {
    server.call("DELETE", target, headers, b"").await
}

#[track_caller]
fn denied(reply: Reply) {
    let reply = reply.is(403, "AccessDenied");
    let words = "Access Denied because object protected by object lock.";
    assert_eq!(reply.element("Message").as_deref(), Some(words));
}

#[tokio::test]
async fn a_bucket_is_made_with_lock_and_stays_versioned() {
    let server = locking().await;
    let shown = server.get("/bucket?object-lock").await.ok();
    assert_eq!(shown.element("ObjectLockEnabled").unwrap(), "Enabled");
    assert_eq!(shown.element("Rule"), None);
    let versioning = server.get("/bucket?versioning").await.ok();
    assert_eq!(versioning.element("Status").unwrap(), "Enabled");
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    put(&server, "/bucket?versioning", suspend)
        .await
        .is(409, "InvalidBucketState");
    for (mode, period, element) in [
        ("GOVERNANCE", "<Days>3</Days>", ("Days", "3")),
        ("COMPLIANCE", "<Years>1</Years>", ("Years", "1")),
    ] {
        put(&server, "/bucket?object-lock", &default(mode, period))
            .await
            .ok();
        let shown = server.get("/bucket?object-lock").await.ok();
        assert_eq!(shown.element("Mode").unwrap(), mode);
        assert_eq!(shown.element(element.0).unwrap(), element.1);
    }
    let header = [("x-amz-bucket-object-lock-enabled", "perhaps")];
    server
        .call("PUT", "/other", &header, b"")
        .await
        .is(400, "InvalidArgument");
    server
        .get("/other?versioning")
        .await
        .is(404, "NoSuchBucket");
}

#[tokio::test]
async fn a_bucket_without_lock_says_so() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    let target = "/bucket?object-lock";
    server
        .get(target)
        .await
        .is(404, "ObjectLockConfigurationNotFoundError");
    put(&server, target, &default("GOVERNANCE", "<Days>1</Days>"))
        .await
        .is(409, "InvalidBucketState");
    for (target, body) in [
        ("/bucket/key?retention", retention("GOVERNANCE", FAR)),
        ("/bucket/key?legal-hold", hold("ON")),
    ] {
        let reply = put(&server, target, &body).await.is(400, "InvalidRequest");
        let words = "Bucket is missing Object Lock Configuration";
        assert_eq!(reply.element("Message").as_deref(), Some(words));
        server.get(target).await.is(400, "InvalidRequest");
    }
    let headers = [(MODE, "GOVERNANCE"), (UNTIL, FAR)];
    send(&server, ROOT, ("PUT", "/bucket/new"), &headers, "abc")
        .await
        .is(400, "InvalidRequest");
    server
        .call("POST", "/bucket/new?uploads", &[(HOLD, "ON")], b"")
        .await
        .is(400, "InvalidRequest");
    server.get("/bucket/new").await.is(404, "NoSuchKey");
    delete(&server, "/bucket/key", &[BYPASS])
        .await
        .is(400, "InvalidArgument");
    assert_eq!(server.get("/bucket/key").await.ok().header(MODE), None);
    // Versioned, it can be given one.
    let enable = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    put(&server, "/bucket?versioning", enable).await.ok();
    let bare = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
                </ObjectLockConfiguration>";
    put(&server, target, bare).await.ok();
    send(&server, ROOT, ("PUT", "/bucket/new"), &headers, "abc")
        .await
        .ok();
}

#[tokio::test]
async fn documents_that_s3_refuses() {
    let server = locking().await;
    let version = store(&server, "/bucket/key", &[]).await;
    let off = default("GOVERNANCE", "<Days>1</Days>").replace("Enabled<", "Disabled<");
    for (body, status, code) in [
        (default("GOVERNANCE", ""), 400, "MalformedXML"),
        (default("governance", "<Days>1</Days>"), 400, "MalformedXML"),
        (
            default("GOVERNANCE", "<Days>1</Days><Years>1</Years>"),
            400,
            "MalformedXML",
        ),
        (
            default("GOVERNANCE", "<Days>0</Days>"),
            400,
            "InvalidRetentionPeriod",
        ),
        (
            default("GOVERNANCE", "<Years>101</Years>"),
            400,
            "InvalidArgument",
        ),
        (off, 400, "MalformedXML"),
        (String::new(), 400, "MalformedXML"),
    ] {
        let reply = put(&server, "/bucket?object-lock", &body).await;
        reply.is(status, code);
    }
    for (body, code) in [
        (retention("governance", FAR), "MalformedXML"),
        (retention("GOVERNANCE", PAST), "InvalidArgument"),
        (retention("GOVERNANCE", "next year"), "MalformedXML"),
        (
            "<Retention><Mode>GOVERNANCE</Mode></Retention>".to_owned(),
            "MalformedXML",
        ),
        (String::new(), "MalformedXML"),
    ] {
        put(&server, "/bucket/key?retention", &body)
            .await
            .is(400, code);
    }
    for body in [hold("on"), "<LegalHold></LegalHold>".to_owned()] {
        put(&server, "/bucket/key?legal-hold", &body)
            .await
            .is(400, "MalformedXML");
    }
    for (sub, code) in [
        ("retention", "NoSuchObjectLockConfiguration"),
        ("legal-hold", "NoSuchObjectLockConfiguration"),
    ] {
        let target = of_version("/bucket/key", sub, &version);
        server.get(&target).await.is(404, code);
    }
    delete(&server, &of_version("/bucket/key", "", &version), &[])
        .await
        .ok();
}

#[tokio::test]
async fn documents_need_a_checksum() {
    let server = locking().await;
    store(&server, "/bucket/key", &[]).await;
    let lifecycle = "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Prefix>x\
                     </Prefix><Expiration><Days>1</Days></Expiration></Rule>\
                     </LifecycleConfiguration>";
    let batch = "<Delete><Object><Key>key</Key></Object></Delete>";
    for (method, target, body) in [
        ("PUT", "/bucket/key?retention", retention("GOVERNANCE", FAR)),
        ("PUT", "/bucket/key?legal-hold", hold("ON")),
        (
            "PUT",
            "/bucket?object-lock",
            default("GOVERNANCE", "<Days>1</Days>"),
        ),
        ("PUT", "/bucket?lifecycle", lifecycle.to_owned()),
        ("POST", "/bucket?delete", batch.to_owned()),
    ] {
        let body = body.as_bytes();
        server
            .call(method, target, &[], body)
            .await
            .is(400, "InvalidRequest");
        let wrong = [("content-md5", md5_of(b"other"))];
        let wrong = [(wrong[0].0, wrong[0].1.as_str())];
        server
            .call(method, target, &wrong, body)
            .await
            .is(400, "BadDigest");
        let wrong = [("x-amz-checksum-crc32", "AAAAAA==")];
        server
            .call(method, target, &wrong, body)
            .await
            .is(400, "BadDigest");
    }
    server
        .get("/bucket/key?retention")
        .await
        .is(404, "NoSuchObjectLockConfiguration");
    server.get("/bucket/key").await.ok();
}

#[tokio::test]
async fn compliance_cannot_be_weakened_by_anybody() {
    let server = locking().await;
    let headers = [(MODE, "COMPLIANCE"), (UNTIL, FAR)];
    let version = store(&server, "/bucket/key", &headers).await;
    let target = of_version("/bucket/key", "retention", &version);
    let shorter = retention("COMPLIANCE", "2089-01-01T00:00:00Z");
    for bypass in [&[][..], &[BYPASS]] {
        for body in [
            shorter.as_str(),
            &retention("GOVERNANCE", FAR),
            &retention("GOVERNANCE", FARTHER),
            "<Retention></Retention>",
        ] {
            denied(send(&server, ROOT, ("PUT", &target), bypass, body).await);
        }
        let gone = delete(&server, &of_version("/bucket/key", "", &version), bypass).await;
        denied(gone);
    }
    let shown = server.get(&target).await.ok();
    assert_eq!(shown.element("Mode").unwrap(), "COMPLIANCE");
    assert_eq!(shown.element("RetainUntilDate").unwrap(), FAR);
    // At once and any number of times it can be extended, also by a key that may do nothing else.
    for until in [FAR, FARTHER, "9999-12-31T23:59:59Z"] {
        let body = retention("COMPLIANCE", until);
        send(&server, LOCKER, ("PUT", &target), &[], &body)
            .await
            .ok();
    }
    let shown = server.get(&target).await.ok();
    let last = "9999-12-31T23:59:59.000Z";
    assert_eq!(shown.element("RetainUntilDate").unwrap(), last);
    denied(
        send(
            &server,
            ROOT,
            ("PUT", &target),
            &[BYPASS],
            &retention("COMPLIANCE", FARTHER),
        )
        .await,
    );
}

#[tokio::test]
async fn governance_needs_right_and_header() {
    let server = locking().await;
    let headers = [(MODE, "GOVERNANCE"), (UNTIL, FARTHER)];
    let version = store(&server, "/bucket/key", &headers).await;
    let target = of_version("/bucket/key", "retention", &version);
    let weaker = [
        retention("GOVERNANCE", FAR),
        retention("COMPLIANCE", FARTHER),
        "<Retention></Retention>".to_owned(),
    ];
    for body in &weaker {
        denied(send(&server, ROOT, ("PUT", &target), &[], body).await);
        denied(send(&server, LOCKER, ("PUT", &target), &[BYPASS], body).await);
    }
    let other = ("x-amz-bypass-governance-retention", "false");
    denied(send(&server, ROOT, ("PUT", &target), &[other], &weaker[0]).await);
    let one = of_version("/bucket/key", "", &version);
    denied(delete(&server, &one, &[]).await);
    send(&server, ROOT, ("PUT", &target), &[BYPASS], &weaker[0])
        .await
        .ok();
    let shown = server.get(&target).await.ok();
    assert_eq!(shown.element("RetainUntilDate").unwrap(), FAR);
    send(&server, ROOT, ("PUT", &target), &[BYPASS], &weaker[2])
        .await
        .ok();
    server
        .get(&target)
        .await
        .is(404, "NoSuchObjectLockConfiguration");
    delete(&server, &one, &[]).await.ok();
    let version = store(&server, "/bucket/key", &headers).await;
    let one = of_version("/bucket/key", "", &version);
    delete(&server, &one, &[BYPASS]).await.ok();
    server.get(&one).await.is(404, "NoSuchVersion");
}

#[tokio::test]
async fn a_hold_is_independent_and_no_bypass_touches_it() {
    let server = locking().await;
    let version = store(&server, "/bucket/key", &[(HOLD, "ON")]).await;
    let one = of_version("/bucket/key", "", &version);
    let target = of_version("/bucket/key", "legal-hold", &version);
    let head = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!((head.header(HOLD), head.header(MODE)), (Some("ON"), None));
    denied(delete(&server, &one, &[]).await);
    denied(delete(&server, &one, &[BYPASS]).await);
    let before = server.get(&one).await.ok();
    send(&server, LOCKER, ("PUT", &target), &[], &hold("OFF"))
        .await
        .ok();
    let shown = server.get(&target).await.ok();
    assert_eq!(shown.element("Status").unwrap(), "OFF");
    // Neither ETag nor Last-Modified moves, and there is no new version.
    let after = server.get(&one).await.ok();
    for name in ["etag", "last-modified", "x-amz-version-id"] {
        assert_eq!(before.header(name), after.header(name), "{name}");
    }
    let versions = server.get("/bucket?versions").await.ok();
    assert_eq!(versions.text().matches("<Version>").count(), 1);
    delete(&server, &one, &[]).await.ok();
}

#[tokio::test]
async fn a_delete_without_version_makes_a_marker() {
    let server = locking().await;
    let headers = [(MODE, "COMPLIANCE"), (UNTIL, FAR), (HOLD, "ON")];
    let version = store(&server, "/bucket/key", &headers).await;
    let gone = delete(&server, "/bucket/key", &[]).await.ok();
    assert_eq!(gone.status, 204);
    assert_eq!(gone.header("x-amz-delete-marker"), Some("true"));
    let marker = gone.header("x-amz-version-id").unwrap().to_owned();
    server.get("/bucket/key").await.is(404, "NoSuchKey");
    // A marker is never locked, and has no lock to ask for.
    let of_marker = of_version("/bucket/key", "retention", &marker);
    server.get(&of_marker).await.is(405, "MethodNotAllowed");
    put(&server, &of_marker, &retention("GOVERNANCE", FAR))
        .await
        .is(405, "MethodNotAllowed");
    delete(&server, &of_version("/bucket/key", "", &marker), &[])
        .await
        .ok();
    let one = of_version("/bucket/key", "", &version);
    assert_eq!(server.get(&one).await.ok().body, b"abc");
    // A locked key can be written: that makes a version more.
    let newer = store(&server, "/bucket/key", &[]).await;
    assert_ne!(newer, version);
    assert_eq!(server.get("/bucket/key").await.ok().header(MODE), None);
    denied(delete(&server, &one, &[]).await);
}

#[tokio::test]
async fn a_batch_judges_each_version_by_itself() {
    let server = locking().await;
    let free = store(&server, "/bucket/free", &[]).await;
    let held = store(&server, "/bucket/held", &[(HOLD, "ON")]).await;
    let kept = store(
        &server,
        "/bucket/kept",
        &[(MODE, "GOVERNANCE"), (UNTIL, FAR)],
    )
    .await;
    let last = store(&server, "/bucket/last", &[]).await;
    let batch = |objects: &[(&str, &str)]| {
        let objects = objects.iter().map(|(key, version)| {
            format!("<Object><Key>{key}</Key><VersionId>{version}</VersionId></Object>")
        });
        format!("<Delete>{}</Delete>", objects.collect::<String>())
    };
    let all = batch(&[
        ("free", &free),
        ("held", &held),
        ("kept", &kept),
        ("last", &last),
    ]);
    let reply = send(&server, ROOT, ("POST", "/bucket?delete"), &[], &all)
        .await
        .ok();
    let text = reply.text();
    assert_eq!(text.matches("<Deleted>").count(), 2, "{text}");
    assert_eq!(
        text.matches("<Code>AccessDenied</Code>").count(),
        2,
        "{text}"
    );
    let rest = batch(&[("kept", &kept), ("held", &held)]);
    let reply = send(&server, ROOT, ("POST", "/bucket?delete"), &[BYPASS], &rest)
        .await
        .ok();
    let text = reply.text();
    assert!(text.contains("<Deleted><Key>kept</Key>"), "{text}");
    assert_eq!(
        text.matches("<Code>AccessDenied</Code>").count(),
        1,
        "{text}"
    );
    server
        .get(&of_version("/bucket/held", "", &held))
        .await
        .ok();
}

#[tokio::test]
async fn what_is_born_locked_is_checked() {
    let server = locking().await;
    let words = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests \
                 with Object Lock parameters";
    for headers in [&[(MODE, "GOVERNANCE"), (UNTIL, FAR)][..], &[(HOLD, "ON")]] {
        let reply = server.call("PUT", "/bucket/key", headers, b"abc").await;
        let reply = reply.is(400, "InvalidRequest");
        assert_eq!(reply.element("Message").as_deref(), Some(words));
    }
    server.put("/bucket/key", b"abc").await.ok();
    put(
        &server,
        "/bucket?object-lock",
        &default("GOVERNANCE", "<Days>1</Days>"),
    )
    .await
    .ok();
    server
        .put("/bucket/key", b"abc")
        .await
        .is(400, "InvalidRequest");
    let crc = [("x-amz-checksum-crc32", "NSRBwg==")];
    server.call("PUT", "/bucket/key", &crc, b"abc").await.ok();
    let upload = server.call("POST", "/bucket/big?uploads", &[], b"").await;
    let upload = upload.ok().element("UploadId").unwrap();
    let part = format!("/bucket/big?partNumber=1&uploadId={upload}");
    server.put(&part, b"abc").await.is(400, "InvalidRequest");
    server.call("PUT", &part, &crc, b"abc").await.ok();
    let shown = server.call("HEAD", "/bucket/key", &[], b"").await.ok();
    assert_eq!(shown.header(MODE), Some("GOVERNANCE"));
}

#[tokio::test]
async fn wrong_headers_store_nothing() {
    let server = locking().await;
    for headers in [
        &[(MODE, "GOVERNANCE")][..],
        &[(UNTIL, FAR)],
        &[(MODE, "governance"), (UNTIL, FAR)],
        &[(MODE, "GOVERNANCE"), (UNTIL, PAST)],
        &[(MODE, "GOVERNANCE"), (UNTIL, "soon")],
        &[(HOLD, "on")],
    ] {
        for (method, target) in [("PUT", "/bucket/key"), ("POST", "/bucket/key?uploads")] {
            send(&server, ROOT, (method, target), headers, "")
                .await
                .is(400, "InvalidArgument");
        }
    }
    // Where a lock header would be ignored, it is refused.
    for (method, target) in [
        ("PUT", "/bucket/key?tagging"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=x"),
        ("DELETE", "/bucket/key"),
        ("PUT", "/bucket"),
    ] {
        server
            .call(method, target, &[(HOLD, "ON")], b"")
            .await
            .is(400, "InvalidArgument");
    }
    let versions = server.get("/bucket?versions").await.ok();
    assert_eq!(versions.element("Version"), None);
}

#[tokio::test]
async fn lock_headers_need_their_rights() {
    let server = locking().await;
    let keep = [(MODE, "GOVERNANCE"), (UNTIL, FAR)];
    for headers in [&keep[..], &[(HOLD, "ON")]] {
        for (method, target) in [("PUT", "/bucket/key"), ("POST", "/bucket/key?uploads")] {
            send(&server, WRITER, (method, target), headers, "")
                .await
                .is(403, "AccessDenied");
        }
    }
    send(&server, WRITER, ("PUT", "/bucket/key"), &[], "abc")
        .await
        .ok();
    send(&server, LOCKER, ("PUT", "/bucket/key"), &keep, "abc")
        .await
        .is(403, "AccessDenied");
    for (sub, body) in [
        ("retention", retention("GOVERNANCE", FAR)),
        ("legal-hold", hold("ON")),
    ] {
        let target = format!("/bucket/key?{sub}");
        for key in [READER, WRITER] {
            send(&server, key, ("PUT", &target), &[], &body)
                .await
                .is(403, "AccessDenied");
        }
        send(&server, LOCKER, ("PUT", &target), &[], &body)
            .await
            .ok();
        send(&server, WRITER, ("GET", &target), &[], "")
            .await
            .is(403, "AccessDenied");
        send(&server, READER, ("GET", &target), &[], "").await.ok();
    }
}

#[tokio::test]
async fn every_way_to_store_an_object_takes_a_lock() {
    let server = locking().await;
    let keep = [(MODE, "COMPLIANCE"), (UNTIL, FAR), (HOLD, "ON")];
    store(&server, "/bucket/source", &keep).await;
    // A copy does not take the lock of its source along.
    let source = ("x-amz-copy-source", "/bucket/source");
    server
        .call("PUT", "/bucket/bare", &[source], b"")
        .await
        .ok();
    let bare = server.get("/bucket/bare").await.ok();
    assert_eq!((bare.header(MODE), bare.header(HOLD)), (None, None));
    let with = [source, keep[0], keep[1], keep[2]];
    server.call("PUT", "/bucket/copy", &with, b"").await.ok();
    let upload = server.call("POST", "/bucket/parts?uploads", &keep, b"");
    let upload = upload.await.ok().element("UploadId").unwrap();
    let part = format!("/bucket/parts?partNumber=1&uploadId={upload}");
    let etag = put(&server, &part, "abc").await.ok();
    let etag = etag.header("etag").unwrap().to_owned();
    let complete = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let target = format!("/bucket/parts?uploadId={upload}");
    server
        .call("POST", &target, &[], complete.as_bytes())
        .await
        .ok();
    let form = Form::new(&server, "form").field("content-md5", &md5_of(b"content"));
    let form = keep
        .iter()
        .fold(form, |form, (name, value)| form.field(name, value));
    form.post(&server).await.ok();
    for key in ["source", "copy", "parts", "form"] {
        let got = server.get(&format!("/bucket/{key}")).await.ok();
        assert_eq!(got.header(MODE), Some("COMPLIANCE"), "{key}");
        assert_eq!(got.header(UNTIL), Some(FAR), "{key}");
        assert_eq!(got.header(HOLD), Some("ON"), "{key}");
        let version = got.header("x-amz-version-id").unwrap();
        let one = of_version(&format!("/bucket/{key}"), "", version);
        denied(delete(&server, &one, &[BYPASS]).await);
    }
}

#[tokio::test]
async fn a_form_keeps_the_rules_of_a_put() {
    let server = locking().await;
    let keep = |form: Form| form.field(MODE, "GOVERNANCE").field(UNTIL, FAR);
    let bare = keep(Form::new(&server, "form"));
    bare.clone().post(&server).await.is(400, "InvalidRequest");
    let whole = bare.field("content-md5", &md5_of(b"content"));
    let weak = whole.clone().signed_by(WRITER);
    weak.post(&server).await.is(403, "AccessDenied");
    let half = Form::new(&server, "form").field(MODE, "GOVERNANCE");
    half.post(&server).await.is(400, "InvalidArgument");
    server.get("/bucket/form").await.is(404, "NoSuchKey");
    whole.post(&server).await.ok();
    let got = server.get("/bucket/form").await.ok();
    assert_eq!(got.header(MODE), Some("GOVERNANCE"));
}

#[tokio::test]
async fn explicit_retention_beats_the_default() {
    let server = locking().await;
    put(
        &server,
        "/bucket?object-lock",
        &default("GOVERNANCE", "<Years>50</Years>"),
    )
    .await
    .ok();
    let near = "2030-01-01T00:00:00.000Z";
    store(
        &server,
        "/bucket/key",
        &[(MODE, "GOVERNANCE"), (UNTIL, near)],
    )
    .await;
    let shown = server.get("/bucket/key?retention").await.ok();
    assert_eq!(shown.element("RetainUntilDate").unwrap(), near);
    // Only a hold: the default counts for the retention.
    store(&server, "/bucket/held", &[(HOLD, "OFF")]).await;
    let shown = server.get("/bucket/held").await.ok();
    assert_eq!(shown.header(MODE), Some("GOVERNANCE"));
    assert_eq!(shown.header(HOLD), Some("OFF"));
    assert!(shown.header(UNTIL).unwrap() > "2070", "{shown:?}");
}

#[tokio::test]
async fn presigned_urls_and_trailers_carry_locks() {
    let server = locking().await;
    let target = "/bucket/presigned?X-Amz-Object-Lock-Mode=GOVERNANCE\
                  &X-Amz-Object-Lock-Retain-Until-Date=2090-01-01T00%3A00%3A00.000Z";
    let md5 = md5_of(b"abc");
    for (key, status) in [(WRITER, 403), (ROOT, 200)] {
        let signer = server.as_key(key, "PUT", target);
        let head = signer.headers(&[("content-md5", &md5)]).presigned("60", 3);
        assert_eq!(server.send(&head, b"abc").await.status, status);
    }
    let signer = server.root("PUT", "/bucket/trailer");
    let signer = signer.headers(&[(MODE, "GOVERNANCE"), (UNTIL, FAR)]);
    let trailer = ("x-amz-checksum-crc32", "NSRBwg==");
    let (head, body) = signer.chunked(&[b"abc"], Some(trailer));
    server.send(&head, &body).await.ok();
    for key in ["/bucket/presigned", "/bucket/trailer"] {
        let got = server.get(key).await.ok();
        assert_eq!(
            (got.header(MODE), got.header(UNTIL)),
            (Some("GOVERNANCE"), Some(FAR))
        );
        let version = got.header("x-amz-version-id").unwrap();
        let one = of_version(key, "", version);
        denied(delete(&server, &one, &[]).await);
        // A bypass in a presigned URL counts as the header, and needs the right as well.
        let with = format!("{one}&x-amz-bypass-governance-retention=true");
        let head = server.root("DELETE", &with).presigned("60", 0);
        server.send(&head, b"").await.ok();
    }
}
