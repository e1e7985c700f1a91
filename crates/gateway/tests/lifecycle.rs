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
