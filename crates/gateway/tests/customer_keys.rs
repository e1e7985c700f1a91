//! SSE-C is refused by every operation that takes its headers, and nothing is stored or shown.

#[cfg(test)]
mod support;

use support::form::Form;
use support::start;

const PREFIXES: [&str; 2] = [
    "x-amz-server-side-encryption-customer-",
    "x-amz-copy-source-server-side-encryption-customer-",
];
/// A key of 32 bytes and its MD5, as clients send them.
const FIELDS: [(&str, &str); 3] = [
    ("algorithm", "AES256"),
    ("key", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
    ("key-md5", "FV4rMmzuTc+m+ziQ7Q1qmw=="),
];

/// Method, target and headers.
type Operation<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

#[tokio::test]
async fn every_operation_refuses_keys_of_customers() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    let begun = server.call("POST", "/bucket/up?uploads", &[], b"").await;
    let id = begun.ok().element("UploadId").unwrap();
    let part = format!("/bucket/up?partNumber=1&uploadId={id}");
    let complete = format!("/bucket/up?uploadId={id}");
    let source = ("x-amz-copy-source", "/bucket/key");
    let attributes = ("x-amz-object-attributes", "ETag");
    let operations: [Operation<'_>; 13] = [
        ("PUT", "/bucket/new", &[]),
        ("GET", "/bucket/key", &[]),
        ("HEAD", "/bucket/key", &[]),
        ("GET", "/bucket/key?attributes", &[attributes]),
        ("PUT", "/bucket/new", &[source]),
        ("POST", "/bucket/new?uploads", &[]),
        ("PUT", &part, &[]),
        ("PUT", &part, &[source]),
        ("POST", &complete, &[]),
        ("GET", &complete, &[]),
        ("DELETE", "/bucket/key", &[]),
        ("POST", "/bucket/key?restore", &[]),
        ("POST", "/bucket/key?select&select-type=2", &[]),
    ];
    for (method, target, headers) in operations {
        for prefix in PREFIXES {
            for (field, value) in FIELDS {
                let name = format!("{prefix}{field}");
                let mut headers = headers.to_vec();
                headers.push((&name, value));
                let reply = server.call(method, target, &headers, b"x").await;
                let told = format!(
                    "{method} {target} {name}: {} {}",
                    reply.status,
                    reply.text()
                );
                assert_eq!(reply.status, 501, "{told}");
                assert!(method == "HEAD" || reply.text().contains("SSE-C"), "{told}");
            }
        }
    }
    server.get("/bucket/new").await.is(404, "NoSuchKey");
    let parts = server.get(&complete).await.ok().text();
    assert!(!parts.contains("<Part>"), "{parts}");
    assert_eq!(server.get("/bucket/key").await.ok().body, b"abc");
}

#[tokio::test]
async fn forms_and_presigned_urls_refuse_them_too() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    for (field, value) in FIELDS {
        let name = format!("{}{field}", PREFIXES[0]);
        let form = Form::new(&server, "new").field(&name, value);
        let reply = form.post(&server).await;
        assert_eq!(reply.status, 501, "{name}: {}", reply.text());
        for (method, target) in [("GET", "/bucket/key"), ("PUT", "/bucket/new")] {
            let encoded = value.replace('=', "%3D").replace('+', "%2B");
            let signer = server.root(method, &format!("{target}?{name}={encoded}"));
            let head = signer.presigned("300", 0);
            let reply = server.send(&head, b"").await;
            assert_eq!(reply.status, 501, "{method} {name}: {}", reply.text());
        }
    }
    server.get("/bucket/new").await.is(404, "NoSuchKey");
}
