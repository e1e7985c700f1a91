//! Form uploads: what is stored, what is answered, and what is refused with nothing stored.

#[cfg(test)]
mod support;

use support::form::{BOUNDARY, Form};
use support::{READER, Reply, Server, WRITER, start};

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

async fn stored(server: &Server, key: &str) -> Reply {
    server.get(&format!("/bucket/{key}")).await.ok()
}

#[tokio::test]
async fn a_form_stores_its_file_as_a_put_does() {
    let server = with_bucket().await;
    let form = Form::new(&server, "in/${filename}")
        .field("Content-Type", "application/dicom")
        .field("Cache-Control", "no-store")
        .field("x-amz-meta-ward", "三病棟")
        .field("x-amz-website-redirect-location", "/other")
        .field("acl", "private")
        .field("x-ignore-button", "go")
        .field(
            "tagging",
            "<Tagging><TagSet><Tag><Key>種</Key><Value>a b</Value></Tag></TagSet></Tagging>",
        )
        .field("success_action_status", "201")
        .file(
            "C:\\data\\scan&1.dcm",
            b"line\r\n--not the boundary\r\nend\r\n",
        );
    let mut form = form;
    // The policy sees the name of the file in the key.
    form.exact = true;
    form.conditions
        .push(r#"["starts-with","$key","in/scan&"]"#.to_owned());
    for name in [
        "content-type",
        "cache-control",
        "x-amz-meta-ward",
        "x-amz-website-redirect-location",
        "acl",
        "tagging",
        "success_action_status",
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
    ] {
        form.conditions
            .push(format!("[\"starts-with\",\"${name}\",\"\"]"));
    }
    let reply = form.post(&server).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.element("Key").as_deref(), Some("in/scan&amp;1.dcm"));
    assert_eq!(reply.element("Bucket").as_deref(), Some("bucket"));
    let etag = reply.header("etag").unwrap().to_owned();
    assert_eq!(reply.element("ETag"), Some(etag.clone()));
    let place = format!("http://{}/bucket/in/scan%261.dcm", server.host());
    assert_eq!(reply.header("location"), Some(place.as_str()));
    let object = stored(&server, "in/scan%261.dcm").await;
    assert_eq!(object.body, b"line\r\n--not the boundary\r\nend\r\n");
    for (name, value) in [
        ("etag", etag.as_str()),
        ("content-type", "application/dicom"),
        ("cache-control", "no-store"),
        ("x-amz-meta-ward", "=?UTF-8?B?5LiJ55eF5qOf?="),
        ("x-amz-tagging-count", "1"),
        ("x-amz-website-redirect-location", "/other"),
    ] {
        assert_eq!(object.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn success_is_told_as_the_form_wants() {
    let server = with_bucket().await;
    for (wanted, status) in [
        (None, 204),
        (Some("200"), 200),
        (Some("201"), 201),
        (Some("204"), 204),
        (Some("404"), 204),
    ] {
        let mut form = Form::new(&server, "a");
        if let Some(wanted) = wanted {
            form = form.field("success_action_status", wanted);
        }
        let reply = form.post(&server).await;
        assert_eq!(reply.status, status, "{wanted:?} {}", reply.text());
        assert_eq!(reply.body.is_empty(), status != 201);
    }
    for (page, expected) in [
        (
            "http://h.test/done",
            Some("http://h.test/done?bucket=bucket&key=a%2Fb%20c&etag=%22"),
        ),
        (
            "https://h.test/?x=1#top",
            Some("https://h.test/?x=1&bucket=bucket&key=a%2Fb%20c&etag=%22"),
        ),
        ("javascript:alert(1)", None),
        ("/relative", None),
    ] {
        let form = Form::new(&server, "a/b c").field("success_action_redirect", page);
        let reply = form.post(&server).await;
        let location = reply.header("location").unwrap();
        match expected {
            Some(start) => {
                assert_eq!(reply.status, 303);
                assert!(location.starts_with(start), "{location}");
            }
            None => assert_eq!(reply.status, 204),
        }
    }
}

#[tokio::test]
async fn a_large_file_streams_and_may_be_cut_anywhere() {
    let server = with_bucket().await;
    // Nearly boundaries everywhere.
    let mut content = Vec::new();
    while content.len() < 3_000_000 {
        content.extend_from_slice(
            format!("\r\n--{}\r\r\n-", &BOUNDARY[..BOUNDARY.len() - 1]).as_bytes(),
        );
    }
    let reply = Form::new(&server, "large")
        .file("f", &content)
        .post(&server)
        .await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert_eq!(stored(&server, "large").await.body, content);
    let reply = Form::new(&server, "empty")
        .file("f", b"")
        .post(&server)
        .await;
    assert_eq!(reply.status, 204);
    assert_eq!(stored(&server, "empty").await.body, b"");
}

#[tokio::test]
async fn fields_behind_the_file_are_ignored() {
    let server = with_bucket().await;
    let mut form = Form::new(&server, "a");
    form.behind = vec![
        ("x-amz-meta-late".into(), "1".into()),
        ("key".into(), "b".into()),
    ];
    assert_eq!(form.post(&server).await.status, 204);
    assert_eq!(stored(&server, "a").await.header("x-amz-meta-late"), None);
    server.get("/bucket/b").await.is(404, "NoSuchKey");
}

#[tokio::test]
async fn a_key_that_may_only_write_can_post_and_one_that_reads_cannot() {
    let server = with_bucket().await;
    let form = Form::new(&server, "a");
    form.clone()
        .signed_by(READER)
        .post(&server)
        .await
        .is(403, "AccessDenied");
    server.get("/bucket/a").await.is(404, "NoSuchKey");
    assert_eq!(form.signed_by(WRITER).post(&server).await.status, 204);
}

/// What is wrong with a form, and the code that says so.
#[expect(clippy::too_many_lines, reason = "a table, one row a mistake")]
fn bad_forms(server: &Server) -> Vec<(&'static str, Form, u16, &'static str)> {
    let form = || Form::new(server, "a");
    let with = |change: &dyn Fn(&mut Form)| {
        let mut form = form();
        change(&mut form);
        form
    };
    let long = "x".repeat(21 * 1024);
    vec![
        (
            "anonymous",
            with(&|f| f.unsigned = true),
            403,
            "AccessDenied",
        ),
        (
            "version 2",
            with(&|f| {
                f.unsigned = true;
                f.fields.push(("AWSAccessKeyId".into(), "ROOTKEY".into()));
                f.fields.push(("policy".into(), "e30=".into()));
                f.fields.push(("signature".into(), "abc".into()));
            }),
            400,
            "InvalidRequest",
        ),
        (
            "a bad signature",
            with(&|f| f.break_signature = true),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "an unknown key",
            form().signed_by(("NOBODY", "x")),
            403,
            "InvalidAccessKeyId",
        ),
        (
            "another secret",
            form().signed_by(("ROOTKEY", "x")),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "another region",
            form().region("mars"),
            400,
            "AuthorizationQueryParametersError",
        ),
        (
            "signed in the future",
            form().at(3600),
            403,
            "RequestTimeTooSkewed",
        ),
        (
            "signed long ago",
            form().at(-8 * 24 * 3600),
            403,
            "AccessDenied",
        ),
        (
            "expired",
            with(&|f| f.expires = "2020-01-01T00:00:00Z".into()),
            403,
            "AccessDenied",
        ),
        (
            "no date",
            with(&|f| f.expires = "soon".into()),
            400,
            "InvalidPolicyDocument",
        ),
        (
            "no key",
            with(&|f| f.fields.clear()),
            400,
            "InvalidArgument",
        ),
        (
            "an empty key",
            with(&|f| f.fields = vec![("key".into(), String::new())]),
            400,
            "InvalidArgument",
        ),
        (
            "a long key",
            Form::new(server, &"k".repeat(1025)),
            400,
            "KeyTooLongError",
        ),
        ("no file", with(&|f| f.file = None), 400, "InvalidArgument"),
        ("two keys", form().field("Key", "b"), 400, "InvalidArgument"),
        (
            "another bucket",
            with(&|f| f.conditions = vec![r#"{"bucket":"x"}"#.into()]),
            403,
            "AccessDenied",
        ),
        (
            "no bucket in the policy",
            with(&|f| f.conditions.clear()),
            403,
            "AccessDenied",
        ),
        (
            "the field bucket differs",
            form().field("bucket", "x"),
            403,
            "AccessDenied",
        ),
        (
            "a condition fails",
            form().condition(r#"["starts-with","$key","b"]"#),
            403,
            "AccessDenied",
        ),
        (
            "too large",
            form().condition(r#"["content-length-range",0,6]"#),
            400,
            "EntityTooLarge",
        ),
        (
            "too small",
            form().condition(r#"["content-length-range",8,9]"#),
            400,
            "EntityTooSmall",
        ),
        (
            "large fields",
            form().field("x-amz-meta-a", &long),
            400,
            "MaxPostPreDataLengthExceeded",
        ),
        (
            "much metadata",
            form().field("x-amz-meta-a", &long[..2100]),
            400,
            "MetadataTooLarge",
        ),
        (
            "another class",
            form().field("x-amz-storage-class", "GLACIER"),
            400,
            "InvalidStorageClass",
        ),
        (
            "a lock",
            form().field("x-amz-object-lock-mode", "COMPLIANCE"),
            400,
            "InvalidArgument",
        ),
        (
            "a hold",
            form().field("X-Amz-Object-Lock-Legal-Hold", "ON"),
            400,
            "InvalidRequest",
        ),
        (
            "an unknown header",
            form().field("x-amz-new", "1"),
            501,
            "NotImplemented",
        ),
        (
            "a condition of HTTP",
            form().field("If-None-Match", "*"),
            501,
            "NotImplemented",
        ),
        (
            "a session token",
            form().field("x-amz-security-token", "t"),
            400,
            "InvalidToken",
        ),
        (
            "a wrong MD5",
            form().field("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            400,
            "BadDigest",
        ),
        (
            "a malformed MD5",
            form().field("content-md5", "x"),
            400,
            "InvalidDigest",
        ),
        (
            "a wrong checksum",
            form().field("x-amz-checksum-crc32", "AAAAAA=="),
            400,
            "BadDigest",
        ),
        (
            "tags that are none",
            form().field("tagging", "<Tagging>"),
            400,
            "MalformedXML",
        ),
        (
            "a line break in a header",
            form().field("content-type", "a\r\nb"),
            400,
            "InvalidArgument",
        ),
        (
            "no bucket",
            with(&|f| {
                f.bucket = "none".into();
                f.conditions = vec![r#"{"bucket":"none"}"#.into()];
            }),
            404,
            "NoSuchBucket",
        ),
    ]
}

#[tokio::test]
async fn bad_forms_are_refused_and_nothing_is_stored() {
    let server = with_bucket().await;
    for (what, form, status, code) in bad_forms(&server) {
        let reply = form.post(&server).await;
        let found = (reply.status, reply.element("Code"));
        assert_eq!(
            found,
            (status, Some(code.to_owned())),
            "{what}: {}",
            reply.text()
        );
    }
    // A field without a condition.
    let mut extra = Form::new(&server, "a");
    extra.exact = true;
    let reply = extra.post(&server).await.is(403, "AccessDenied");
    let message = reply.element("Message").unwrap();
    assert!(
        message.starts_with("Invalid according to Policy: Extra input fields: "),
        "{message}"
    );
    let list = server.get("/bucket?list-type=2").await.ok();
    assert_eq!(
        list.element("KeyCount").as_deref(),
        Some("0"),
        "{}",
        list.text()
    );
}

#[tokio::test]
async fn broken_bodies_are_refused_and_nothing_is_stored() {
    let server = with_bucket().await;
    let form = Form::new(&server, "a");
    let body = form.body();
    let cut = |bytes: usize| body[..body.len() - bytes].to_vec();
    let end = format!("\r\n--{BOUNDARY}--\r\n").len();
    for (what, body) in [
        ("no boundary at the end", cut(end)),
        ("half a boundary", cut(5)),
        (
            "a boundary that goes on",
            [cut(4), b"X\r\n".to_vec()].concat(),
        ),
        ("nothing", Vec::new()),
        ("no form", b"hello".to_vec()),
        ("another boundary", b"--other\r\n\r\n".to_vec()),
        ("a preamble", [b"hello\r\n".to_vec(), body.clone()].concat()),
        (
            "no name",
            format!("--{BOUNDARY}\r\nX: y\r\n\r\n\r\n--{BOUNDARY}--").into_bytes(),
        ),
    ] {
        let reply = server.send(&form.head(&server, body.len()), &body).await;
        let code = reply.element("Code");
        assert_eq!(
            code.as_deref(),
            Some("MalformedPOSTRequest"),
            "{what}: {}",
            reply.text()
        );
    }
    // Less than announced: the connection ends.
    let head = form.head(&server, body.len() + 9);
    let mut stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    use tokio::io::AsyncWriteExt as _;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    drop(stream);
    tokio::task::yield_now().await;
    let endless = [body.clone(), vec![b'x'; 1_100_000]].concat();
    let reply = server
        .send(&form.head(&server, endless.len()), &endless)
        .await;
    assert_eq!(reply.status, 400);
    let list = server.get("/bucket?list-type=2").await.ok();
    assert_eq!(
        list.element("KeyCount").as_deref(),
        Some("0"),
        "{}",
        list.text()
    );
}

#[tokio::test]
async fn a_form_is_nothing_else() {
    let server = with_bucket().await;
    let form = Form::new(&server, "a");
    let body = form.body();
    let head = form.head(&server, body.len());
    for (what, head, status, code) in [
        (
            "on an object",
            head.replace("POST /bucket ", "POST /bucket/a "),
            405,
            "MethodNotAllowed",
        ),
        (
            "on the service",
            head.replace("POST /bucket ", "POST / "),
            405,
            "MethodNotAllowed",
        ),
        (
            "with a query",
            head.replace("POST /bucket ", "POST /bucket?delete "),
            400,
            "InvalidRequest",
        ),
        (
            "no boundary",
            head.replace("boundary=", "b="),
            400,
            "MalformedPOSTRequest",
        ),
        (
            "an unsigned header",
            head.replace("\r\n\r\n", "\r\nx-amz-acl: private\r\n\r\n"),
            403,
            "AccessDenied",
        ),
        (
            "two signatures",
            head.replace(
                "\r\n\r\n",
                "\r\nauthorization: AWS4-HMAC-SHA256 Credential=a\r\n\r\n",
            ),
            400,
            "InvalidArgument",
        ),
        (
            "no length",
            head.replace(
                &format!("content-length: {}", body.len()),
                "transfer-encoding: chunked",
            ),
            411,
            "MissingContentLength",
        ),
        (
            "far too long",
            head.replace(&body.len().to_string(), "6000000000"),
            400,
            "EntityTooLarge",
        ),
    ] {
        let reply = server.send(&head, b"").await;
        let found = (reply.status, reply.element("Code"));
        assert_eq!(
            found,
            (status, Some(code.to_owned())),
            "{what}: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_form_posted_to_a_host_name() {
    let server = with_bucket().await;
    let form = Form::new(&server, "a");
    let body = form.body();
    let head = form.head(&server, body.len());
    let head = head.replace("POST /bucket ", "POST / ");
    let head = head.replace(&server.host(), "bucket.s3.test");
    let reply = server.send(&head, &body).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert_eq!(reply.header("location"), Some("http://bucket.s3.test/a"));
    assert_eq!(stored(&server, "a").await.body, b"content");
}
