//! Lifecycle configuration on the wire. What rules do is shown where they are run.

#[cfg(test)]
mod support;

use support::{READER, Reply, Server, WRITER, start};

const TARGET: &str = "/bucket?lifecycle";

async fn put(server: &Server, rules: &str) -> Reply {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    server
        .checked("PUT", TARGET, &[], document.as_bytes())
        .await
}

fn rule(id: &str, days: u32) -> String {
    format!(
        "<Rule><ID>{id}</ID><Status>Enabled</Status><Filter><Prefix>logs/</Prefix></Filter>\
         <Expiration><Days>{days}</Days></Expiration></Rule>"
    )
}

#[tokio::test]
async fn rules_are_put_shown_and_deleted() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    let none = "NoSuchLifecycleConfiguration";
    server.get(TARGET).await.is(404, none);
    server.call("DELETE", TARGET, &[], b"").await.ok();
    put(&server, &format!("{}{}", rule("a", 30), rule("b", 60)))
        .await
        .ok();
    let shown = server.get(TARGET).await.ok().text();
    for element in [
        "<ID>a</ID>",
        "<Days>30</Days>",
        "<Prefix>logs/</Prefix>",
        "<ID>b</ID>",
    ] {
        assert!(shown.contains(element), "{element}: {shown}");
    }
    // What is refused changes nothing.
    put(&server, &rule("a", 0)).await.is(400, "InvalidArgument");
    put(&server, "").await.is(400, "MalformedXML");
    assert_eq!(server.get(TARGET).await.ok().text(), shown);
    put(&server, &rule("c", 90)).await.ok();
    assert!(!server.get(TARGET).await.ok().text().contains("<ID>a</ID>"));
    for key in [READER, WRITER] {
        let head = server.as_key(key, "DELETE", TARGET).signed(b"");
        server.send(&head, b"").await.is(403, "AccessDenied");
    }
    let gone = server.call("DELETE", TARGET, &[], b"").await.ok();
    assert_eq!(gone.status, 204);
    server.get(TARGET).await.is(404, none);
    server.get("/other?lifecycle").await.is(404, "NoSuchBucket");
}

#[tokio::test]
async fn the_date_of_expiry_is_told_and_true() {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    put(&server, &rule("a b", 1)).await.ok();
    let name = "x-amz-expiration";
    let stored = server.put("/bucket/logs/key", b"abc").await.ok();
    let shown = stored.header(name).unwrap();
    assert!(shown.ends_with("GMT\", rule-id=\"a%20b\""), "{shown}");
    for method in ["GET", "HEAD"] {
        let reply = server.call(method, "/bucket/logs/key", &[], b"").await.ok();
        assert_eq!(reply.header(name), Some(shown), "{method}");
        let other = "/bucket/logs/key?versionId=null";
        let reply = server.call(method, other, &[], b"").await.ok();
        assert_eq!(reply.header(name), None, "{method}");
    }
    // These rules are the first: they act after a cooling-off of three days, not after one.
    let long = put(&server, &rule("a b", 30)).await.ok();
    assert_eq!(long.status, 200);
    let reply = server.get("/bucket/logs/key").await.ok();
    assert_ne!(reply.header(name), Some(shown));
    let other = server.put("/bucket/other", b"abc").await.ok();
    assert_eq!(other.header(name), None);
}
