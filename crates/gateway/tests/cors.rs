//! Cross-origin requests: rules, preflights, headers on actual answers.

#[cfg(test)]
mod support;

use support::{Reply, Server, start};

const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

fn rule(origin: &str, methods: &[&str], more: &str) -> String {
    let methods: String = methods
        .iter()
        .map(|method| format!("<AllowedMethod>{method}</AllowedMethod>"))
        .collect();
    format!("<CORSRule><AllowedOrigin>{origin}</AllowedOrigin>{methods}{more}</CORSRule>")
}

fn rules(rules: &[String]) -> String {
    format!("<CORSConfiguration>{}</CORSConfiguration>", rules.concat())
}

async fn put_rules(server: &Server, document: &str) -> Reply {
    server.put("/bucket?cors", document.as_bytes()).await
}

async fn with_rules() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    let document = rules(&[
        rule(
            "https://*.hospital.example",
            &["GET", "PUT"],
            "<AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
             <ExposeHeader>x-amz-request-id</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds>",
        ),
        rule("*", &["HEAD"], "<ID>everybody</ID>"),
    ]);
    put_rules(&server, &document).await.ok();
    server
}

/// A request that nobody signs.
async fn plain(server: &Server, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let host = server.host();
    let head =
        format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    server.send(&head, b"").await
}

async fn preflight(server: &Server, target: &str, origin: &str, method: &str) -> Reply {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
    ];
    plain(server, "OPTIONS", target, &headers).await
}

const ORIGIN: &str = "https://pacs.hospital.example";

#[tokio::test]
async fn rules_come_and_go() {
    let server = with_rules().await;
    let text = server.get("/bucket?cors").await.ok().text();
    for part in [
        "<AllowedOrigin>https://*.hospital.example</AllowedOrigin>",
        "<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>",
        "<AllowedHeader>x-amz-*</AllowedHeader>",
        "<ExposeHeader>ETag</ExposeHeader>",
        "<MaxAgeSeconds>600</MaxAgeSeconds>",
        "<ID>everybody</ID>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let many: Vec<_> = (0..101).map(|_| rule("*", &["GET"], "")).collect();
    for (document, status, code) in [
        (rules(&[]), 400, "MalformedXML"),
        (rules(&[rule("*", &[], "")]), 400, "MalformedXML"),
        (rules(&[rule("*", &["PATCH"], "")]), 400, "InvalidRequest"),
        (rules(&[rule("*a*", &["GET"], "")]), 400, "InvalidRequest"),
        (
            rules(&[rule("*", &["GET"], "<ExposeHeader>*</ExposeHeader>")]),
            400,
            "InvalidRequest",
        ),
        (
            rules(&[rule("*", &["GET"], "<MaxAgeSeconds>-1</MaxAgeSeconds>")]),
            400,
            "MalformedXML",
        ),
        (rules(&many), 400, "InvalidRequest"),
        (
            rules(&[rule(
                "*",
                &["GET"],
                &format!("<ID>{}</ID>", "x".repeat(256)),
            )]),
            400,
            "InvalidRequest",
        ),
        (
            rules(&[rule(&"x".repeat(66_000), &["GET"], "")]),
            400,
            "MaxMessageLengthExceeded",
        ),
    ] {
        put_rules(&server, &document).await.is(status, code);
    }
    assert_eq!(server.get("/bucket?cors").await.ok().text(), text);
    put_rules(&server, &rules(&many[..100])).await.ok();
    let gone = server.call("DELETE", "/bucket?cors", &[], b"").await;
    assert_eq!(gone.status, 204);
    server
        .get("/bucket?cors")
        .await
        .is(404, "NoSuchCORSConfiguration");
}

#[tokio::test]
async fn a_preflight_is_answered_by_the_rules_alone() {
    let server = with_rules().await;
    for target in ["/bucket", "/bucket/no-such-key", "/bucket/a?uploads"] {
        let allowed = preflight(&server, target, ORIGIN, "PUT").await;
        assert_eq!(allowed.status, 200, "{}", allowed.text());
        assert!(allowed.body.is_empty());
        for (name, value) in [
            ("access-control-allow-origin", ORIGIN),
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-methods", "GET, PUT"),
            ("access-control-expose-headers", "ETag, x-amz-request-id"),
            ("access-control-max-age", "600"),
            ("vary", VARY),
        ] {
            assert_eq!(allowed.header(name), Some(value), "{name}");
        }
        assert_eq!(allowed.header("access-control-allow-headers"), None);
        assert!(allowed.header("x-amz-request-id").is_some());
    }
    let asked = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "GET"),
        (
            "Access-Control-Request-Headers",
            "X-Amz-Date,x-amz-content-sha256",
        ),
    ];
    let allowed = plain(&server, "OPTIONS", "/bucket/key", &asked).await;
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("x-amz-date, x-amz-content-sha256")
    );
    let asked = [
        asked[0],
        asked[1],
        ("Access-Control-Request-Headers", "cookie"),
    ];
    let refused = plain(&server, "OPTIONS", "/bucket/key", &asked).await;
    assert_eq!(refused.header("access-control-allow-origin"), None);
    refused.is(403, "AccessForbidden");
    // Every origin, so no credentials.
    let any = preflight(&server, "/bucket", "http://else.test", "HEAD").await;
    assert_eq!(any.status, 200);
    assert_eq!(any.header("access-control-allow-origin"), Some("*"));
    assert_eq!(any.header("access-control-allow-credentials"), None);
    preflight(&server, "/bucket", "http://else.test", "GET")
        .await
        .is(403, "AccessForbidden");
    preflight(&server, "/bucket", ORIGIN, "DELETE")
        .await
        .is(403, "AccessForbidden");
}

#[tokio::test]
async fn a_preflight_tells_nothing_about_what_exists() {
    let server = with_rules().await;
    server.put("/plain", b"").await.ok();
    let answer = |reply: Reply| {
        let reply = reply.is(403, "AccessForbidden");
        let message = reply.element("Message").unwrap();
        let names: Vec<_> = reply.headers.iter().map(|(name, _)| name.clone()).collect();
        (message, names)
    };
    let without = answer(preflight(&server, "/plain", ORIGIN, "GET").await);
    let absent = answer(preflight(&server, "/absent", ORIGIN, "GET").await);
    let no_name = answer(preflight(&server, "/A_B", ORIGIN, "GET").await);
    let nothing = answer(preflight(&server, "/", ORIGIN, "GET").await);
    assert_eq!(
        without.0,
        "CORSResponse: CORS is not enabled for this bucket."
    );
    for other in [absent, no_name, nothing] {
        assert_eq!(other, without);
    }
}

#[tokio::test]
async fn what_is_no_preflight_is_refused() {
    let server = with_rules().await;
    let reply = plain(&server, "OPTIONS", "/bucket", &[]).await;
    let reply = reply.is(400, "BadRequest");
    assert_eq!(
        reply.element("Message").as_deref(),
        Some("Insufficient information. Origin request header needed.")
    );
    let reply = plain(&server, "OPTIONS", "/bucket", &[("Origin", ORIGIN)]).await;
    reply.is(400, "BadRequest");
    for method in ["PATCH", "get", "CONNECT", ""] {
        preflight(&server, "/bucket", ORIGIN, method)
            .await
            .is(400, "BadRequest");
    }
    let long = "x-a,".repeat(101);
    let many = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", &long),
    ];
    plain(&server, "OPTIONS", "/bucket", &many)
        .await
        .is(403, "AccessForbidden");
}

#[tokio::test]
async fn an_actual_answer_carries_the_headers_also_when_it_refuses() {
    let server = with_rules().await;
    server.put("/bucket/key", b"abc").await.ok();
    let origin = [("origin", ORIGIN)];
    let got = server.call("GET", "/bucket/key", &origin, b"").await.ok();
    assert_eq!(got.body, b"abc");
    assert_eq!(got.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(got.header("access-control-allow-methods"), Some("GET, PUT"));
    assert_eq!(got.header("vary"), Some(VARY));
    let missing = server.call("GET", "/bucket/none", &origin, b"").await;
    assert_eq!(missing.header("access-control-allow-origin"), Some(ORIGIN));
    missing.is(404, "NoSuchKey");
    let anonymous = plain(&server, "GET", "/bucket/key", &[("Origin", ORIGIN)]).await;
    assert_eq!(
        anonymous.header("access-control-allow-origin"),
        Some(ORIGIN)
    );
    anonymous.is(403, "AccessDenied");
    // Not allowed: done all the same, and the browser keeps the answer from the page.
    let other = [("origin", "http://else.test")];
    let got = server.call("GET", "/bucket/key", &other, b"").await.ok();
    assert_eq!(got.header("access-control-allow-origin"), None);
    assert_eq!(got.header("vary"), Some(VARY));
    let plain = server.call("GET", "/bucket/key", &[], b"").await.ok();
    assert_eq!(plain.header("vary"), None);
    assert_eq!(plain.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_bucket_may_stand_in_the_host_name() {
    let server = with_rules().await;
    let head = format!(
        "OPTIONS /key HTTP/1.1\r\nHost: bucket.s3.test\r\nConnection: close\r\n\
         Origin: {ORIGIN}\r\nAccess-Control-Request-Method: GET\r\n\r\n"
    );
    let allowed = server.send(&head, b"").await;
    assert_eq!(allowed.status, 200, "{}", allowed.text());
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
}
