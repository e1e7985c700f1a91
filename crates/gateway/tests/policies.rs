//! Bucket policies, the public-access block, anonymous requests, and other tenants.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failure must stop the test"
)]

#[cfg(test)]
mod support;

use std::sync::Arc;

use azekura_model::access::{ActionSet, Grant, Right};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use support::{READER, Reply, Server, WRITER, md5_of, sigv4, start_over};

/// Key of another tenant with all rights on data.
const AWAY: (&str, &str) = ("AWAYKEY", "away-secret");
/// Key of another tenant with no rights.
const BARE: (&str, &str) = ("BAREKEY", "bare-secret");
/// Key of the own tenant with no rights.
const NONE: (&str, &str) = ("NONEKEY", "none-secret");

/// A server with two tenants.
struct World {
    server: Server,
    home: TenantId,
    away: TenantId,
}

async fn world() -> World {
    let store = support::store::memory().await;
    let home = store.first_tenant().unwrap();
    let away = store.ensure_tenant("other").await.unwrap();
    assert_eq!(store.ensure_tenant("other").await.unwrap(), away);
    let grant = |key: (&str, &str), tenant, rights: &[Right]| {
        let requester = Requester {
            principal: key.0.to_lowercase(),
            key_id: key.0.to_owned(),
            ..Requester::default()
        };
        let mut grant = Grant::of_key(requester, ActionSet::of_rights(rights));
        grant.tenant = Some(tenant);
        grant
    };
    let data = [Right::Read, Right::Write, Right::Manage, Right::Lock];
    let keys = support::keys()
        .grant(AWAY.0, AWAY.1, grant(AWAY, away, &data))
        .grant(BARE.0, BARE.1, grant(BARE, away, &[]))
        .grant(NONE.0, NONE.1, grant(NONE, home, &[]));
    let server = start_over(store, Arc::new(keys)).await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/open/a", b"abc").await.ok();
    server.put("/bucket/closed/a", b"def").await.ok();
    World { server, home, away }
}

impl World {
    async fn by(&self, key: (&'static str, &'static str), method: &str, target: &str) -> Reply {
        let head = self.server.as_key(key, method, target).signed(b"");
        self.server.send(&head, b"").await
    }

    async fn nobody(&self, method: &str, target: &str) -> Reply {
        let head = self.server.root(method, target).anonymous(0);
        self.server.send(&head, b"").await
    }

    async fn policy(&self, statements: &str) -> Reply {
        let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{statements}]}}");
        self.server.put("/bucket?policy", text.as_bytes()).await
    }

    async fn unblock(&self) {
        let reply = self
            .server
            .call("DELETE", "/bucket?publicAccessBlock", &[], b"");
        reply.await.ok();
    }
}

/// One statement.
fn statement(effect: &str, principal: &str, actions: &str, path: &str, condition: &str) -> String {
    format!(
        "{{\"Sid\":\"S{effect}\",\"Effect\":\"{effect}\",\"Principal\":{principal},\
         \"Action\":[{actions}],\"Resource\":\"arn:aws:s3:::bucket{path}\"{condition}}}"
    )
}

fn allow(actions: &str, path: &str) -> String {
    statement("Allow", "\"*\"", actions, path, "")
}

#[tokio::test]
async fn a_policy_is_kept_to_the_letter_and_refused_when_it_is_not_understood() {
    let world = world().await;
    let server = &world.server;
    let target = "/bucket?policy";
    server.get(target).await.is(404, "NoSuchBucketPolicy");
    let text = "{ \"Version\" : \"2012-10-17\",\n \"Id\":\"倉\",\"Statement\":[{\"Effect\":\"Deny\",\
                \"Principal\":{\"AWS\":\"*\"},\"Action\":\"s3:DeleteObject\",\
                \"Resource\":\"arn:aws:s3:::bucket/*\"}]}";
    server.put(target, text.as_bytes()).await.ok();
    assert_eq!(server.get(target).await.ok().text(), text);
    for bad in [
        "",
        "{}",
        "not json",
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\
         \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::other/*\"}]}",
    ] {
        let reply = server.put(target, bad.as_bytes()).await;
        reply.is(400, "MalformedPolicy");
    }
    assert_eq!(server.get(target).await.ok().text(), text);
    server.call("DELETE", target, &[], b"").await.ok();
    server.call("DELETE", target, &[], b"").await.ok();
    server.get(target).await.is(404, "NoSuchBucketPolicy");
    let long = format!("{{\"Version\":\"{}\"}}", "x".repeat(21 * 1024));
    server
        .put(target, long.as_bytes())
        .await
        .is(400, "MalformedPolicy");
    server.get("/none?policy").await.is(404, "NoSuchBucket");
}

/// Operation × who asks × what the policy says.
#[tokio::test]
async fn the_matrix_of_callers() {
    let world = world().await;
    world.unblock().await;
    let actions = "\"s3:GetObject\",\"s3:ListBucket\",\"s3:PutObject\",\"s3:GetObjectTagging\"";
    let both = |effect: &str| {
        let of = |path| statement(effect, "\"*\"", actions, path, "");
        format!(
            "{},{}",
            of(""),
            of("/*").replace("\"Sid\":\"S", "\"Sid\":\"T")
        )
    };
    let requests = [
        ("GET", "/bucket/open/a"),
        ("HEAD", "/bucket/open/a"),
        ("GET", "/bucket?list-type=2"),
        ("PUT", "/bucket/new"),
        ("GET", "/bucket/open/a?tagging"),
    ];
    // Expected of: root, own key without rights, another tenant's, that without rights, nobody.
    for (policy, expected) in [
        (None, [true, false, false, false, false]),
        (Some(both("Allow")), [true, true, true, false, true]),
        (Some(both("Deny")), [false; 5]),
    ] {
        match policy {
            Some(policy) => world.policy(&policy).await.ok(),
            None => world
                .server
                .call("DELETE", "/bucket?policy", &[], b"")
                .await
                .ok(),
        };
        for (method, target) in requests {
            let got = [
                world.by(support::ROOT, method, target).await.status,
                world.by(NONE, method, target).await.status,
                world.by(AWAY, method, target).await.status,
                world.by(BARE, method, target).await.status,
                world.nobody(method, target).await.status,
            ];
            let allowed = got.map(|status| status == 200);
            assert_eq!(allowed, expected, "{method} {target}: {got:?}");
            assert!(got.iter().all(|status| [200, 403].contains(status)));
        }
    }
}

#[tokio::test]
async fn a_block_refuses_public_policies_and_shuts_those_that_are_there() {
    let world = world().await;
    let public = allow("\"s3:GetObject\"", "/*");
    world.policy(&public).await.is(403, "AccessDenied");
    // One that names a tenant is not public.
    let named = format!("{{\"AWS\":\"{}\"}}", world.away);
    let named = statement("Allow", &named, "\"s3:GetObject\"", "/*", "");
    world.policy(&named).await.ok();
    assert_eq!(world.by(AWAY, "GET", "/bucket/open/a").await.status, 200);
    world
        .nobody("GET", "/bucket/open/a")
        .await
        .is(403, "AccessDenied");
    world.unblock().await;
    world.policy(&public).await.ok();
    let status = world.server.get("/bucket?policyStatus").await.ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("true"));
    assert_eq!(
        world.nobody("GET", "/bucket/open/a").await.ok().body,
        b"abc"
    );
    let restrict = "<PublicAccessBlockConfiguration><RestrictPublicBuckets>true\
                    </RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    let target = "/bucket?publicAccessBlock";
    world.server.put(target, restrict.as_bytes()).await.ok();
    world
        .nobody("GET", "/bucket/open/a")
        .await
        .is(403, "AccessDenied");
    world
        .by(AWAY, "GET", "/bucket/open/a")
        .await
        .is(403, "AccessDenied");
    assert_eq!(world.by(NONE, "GET", "/bucket/open/a").await.status, 200);
}

#[tokio::test]
async fn nobody_is_let_in_to_anything_but_what_the_policy_names() {
    let world = world().await;
    world.unblock().await;
    // The widest policy that can be written.
    world
        .policy(&format!(
            "{},{}",
            allow("\"*\"", ""),
            allow("\"*\"", "/*").replace("SAllow", "T")
        ))
        .await
        .ok();
    for (method, target) in [
        ("GET", "/"),
        ("PUT", "/another"),
        ("DELETE", "/bucket"),
        ("GET", "/bucket?policy"),
        ("DELETE", "/bucket?policy"),
        ("DELETE", "/bucket?publicAccessBlock"),
        ("DELETE", "/bucket?ownershipControls"),
        ("DELETE", "/bucket?lifecycle"),
    ] {
        for reply in [
            world.nobody(method, target).await,
            world.by(AWAY, method, target).await,
        ] {
            let own = target == "/" || target == "/another";
            if own && reply.status == 200 {
                continue;
            }
            reply.is(403, "AccessDenied");
        }
    }
    world.nobody("GET", "/").await.is(403, "AccessDenied");
    world
        .nobody("PUT", "/nobodys")
        .await
        .is(403, "AccessDenied");
    world
        .nobody("GET", "/none/key")
        .await
        .is(404, "NoSuchBucket");
}

#[tokio::test]
async fn each_key_of_a_batch_is_judged_by_itself() {
    let world = world().await;
    world.unblock().await;
    world
        .policy(&allow("\"s3:DeleteObject\"", "/open/*"))
        .await
        .ok();
    let body = "<Delete><Object><Key>open/a</Key></Object><Object><Key>closed/a</Key></Object>\
                <Object><Key>open/a</Key><VersionId>null</VersionId></Object></Delete>";
    let md5 = md5_of(body.as_bytes());
    for key in [Some(NONE), None] {
        world.server.put("/bucket/open/a", b"abc").await.ok();
        let headers = [("content-md5", md5.as_str())];
        let signer = world
            .server
            .as_key(key.unwrap_or(NONE), "POST", "/bucket?delete");
        let signer = signer.headers(&headers);
        let head = match key {
            Some(_) => signer.signed(body.as_bytes()),
            None => signer.anonymous(body.len()),
        };
        let reply = world.server.send(&head, body.as_bytes()).await.ok();
        let text = reply.text();
        assert_eq!(
            text.matches("<Code>AccessDenied</Code>").count(),
            2,
            "{text}"
        );
        assert_eq!(text.matches("<Deleted>").count(), 1, "{text}");
        world
            .server
            .get("/bucket/open/a")
            .await
            .is(404, "NoSuchKey");
        world.server.get("/bucket/closed/a").await.ok();
    }
}

#[tokio::test]
async fn whoever_may_not_list_is_not_told_what_is_missing() {
    let world = world().await;
    world.unblock().await;
    let list = statement(
        "Allow",
        "\"*\"",
        "\"s3:ListBucket\"",
        "",
        ",\"Condition\":{\"StringLike\":{\"s3:prefix\":\"open/*\"}}",
    );
    let get = allow("\"s3:GetObject\",\"s3:GetObjectVersion\"", "/*").replace("SAllow", "Get");
    world.policy(&format!("{list},{get}")).await.ok();
    world
        .nobody("GET", "/bucket/open/none")
        .await
        .is(404, "NoSuchKey");
    world
        .nobody("GET", "/bucket/closed/none")
        .await
        .is(403, "AccessDenied");
    world
        .nobody("GET", "/bucket/closed/none?versionId=null")
        .await
        .is(403, "AccessDenied");
    // With the right to list alone, too.
    world.policy(&list).await.ok();
    assert_eq!(world.nobody("HEAD", "/bucket/open/none").await.status, 404);
    assert_eq!(world.nobody("HEAD", "/bucket/open/a").await.status, 403);
    assert_eq!(
        world.nobody("HEAD", "/bucket/closed/none").await.status,
        403
    );
    // A key that only stores learns nothing by what it may do besides.
    for target in ["/bucket/closed/a", "/bucket/closed/none"] {
        let acl = world.server.as_key(WRITER, "PUT", &format!("{target}?acl"));
        let acl = acl.headers(&[("x-amz-acl", "private")]).signed(b"");
        world.server.send(&acl, b"").await.ok();
        let restore = format!("{target}?restore");
        let reply = world.by(WRITER, "POST", &restore).await;
        reply.is(403, "InvalidObjectState");
        let tags = format!("{target}?tagging");
        if target.ends_with("none") {
            let body = b"<Tagging><TagSet></TagSet></Tagging>";
            let head = world.server.as_key(WRITER, "PUT", &tags).signed(body);
            world.server.send(&head, body).await.is(403, "AccessDenied");
        }
    }
}

/// Every condition on what a lock is asked to be.
#[tokio::test]
async fn conditions_on_retention_bind_headers_and_bodies() {
    let world = world().await;
    let server = &world.server;
    let lock = [("x-amz-bucket-object-lock-enabled", "true")];
    server.call("PUT", "/locked", &lock, b"").await.ok();
    let deny = |key: &str, operator: &str, value: &str, sid: &str| {
        format!(
            "{{\"Sid\":\"{sid}\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\
             [\"s3:PutObject\",\"s3:PutObjectRetention\",\"s3:PutObjectLegalHold\"],\
             \"Resource\":\"arn:aws:s3:::locked/*\",\
             \"Condition\":{{\"{operator}\":{{\"s3:object-lock-{key}\":\"{value}\"}}}}}}"
        )
    };
    let policy = [
        deny(
            "remaining-retention-days",
            "NumericGreaterThan",
            "30",
            "Long",
        ),
        deny("mode", "StringEquals", "GOVERNANCE", "Weak"),
        deny("legal-hold", "StringEquals", "ON", "Hold"),
        deny(
            "retain-until-date",
            "DateLessThan",
            "2026-01-01T00:00:00Z",
            "Past",
        ),
    ]
    .join(",");
    let text = format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{policy}]}}");
    server.put("/locked?policy", text.as_bytes()).await.ok();
    let after = |days: i64| {
        let at = sigv4::now(days * 86_400);
        at.format(&time::format_description::well_known::Rfc3339)
            .unwrap()
    };
    let md5 = md5_of(b"x");
    let cases: [(&str, i64, &str, u16); 5] = [
        ("COMPLIANCE", 30, "OFF", 200),
        ("COMPLIANCE", 31, "OFF", 403),
        ("GOVERNANCE", 1, "OFF", 403),
        ("COMPLIANCE", 1, "ON", 403),
        ("COMPLIANCE", 1, "OFF", 200),
    ];
    for (mode, days, hold, expected) in cases {
        let until = after(days);
        let headers = [
            ("x-amz-object-lock-mode", mode),
            ("x-amz-object-lock-retain-until-date", until.as_str()),
            ("x-amz-object-lock-legal-hold", hold),
            ("content-md5", md5.as_str()),
        ];
        let reply = server.call("PUT", "/locked/a", &headers, b"x").await;
        assert_eq!(
            reply.status,
            expected,
            "{mode} {days} {hold}: {}",
            reply.text()
        );
    }
    server.checked("PUT", "/locked/b", &[], b"x").await.ok();
    for (mode, days, expected) in [
        ("COMPLIANCE", 31, 403),
        ("GOVERNANCE", 1, 403),
        ("COMPLIANCE", 2, 200),
    ] {
        let body = format!(
            "<Retention><Mode>{mode}</Mode><RetainUntilDate>{}</RetainUntilDate></Retention>",
            after(days)
        );
        let reply = server
            .checked("PUT", "/locked/b?retention", &[], body.as_bytes())
            .await;
        assert_eq!(reply.status, expected, "{mode} {days}: {}", reply.text());
    }
    for (status, expected) in [("ON", 403), ("OFF", 200)] {
        let body = format!("<LegalHold><Status>{status}</Status></LegalHold>");
        let reply = server
            .checked("PUT", "/locked/b?legal-hold", &[], body.as_bytes())
            .await;
        assert_eq!(reply.status, expected, "{status}: {}", reply.text());
    }
}

#[tokio::test]
async fn conditions_on_tags_sources_and_places() {
    let world = world().await;
    world.unblock().await;
    let server = &world.server;
    let condition = |text: &str| format!(",\"Condition\":{{{text}}}");
    let existing = condition("\"StringEquals\":{\"s3:ExistingObjectTag/Class\":\"open\"}");
    let tagged = statement("Allow", "\"*\"", "\"s3:GetObject\"", "/*", &existing);
    world.policy(&tagged).await.ok();
    let tags =
        b"<Tagging><TagSet><Tag><Key>class</Key><Value>open</Value></Tag></TagSet></Tagging>";
    server.put("/bucket/open/a?tagging", tags).await.ok();
    assert_eq!(world.nobody("GET", "/bucket/open/a").await.status, 200);
    assert_eq!(world.nobody("GET", "/bucket/closed/a").await.status, 403);
    // Tags that a body or header asks for.
    let request = condition("\"StringEquals\":{\"s3:RequestObjectTag/class\":\"open\"}");
    let put = "\"s3:PutObject\",\"s3:PutObjectTagging\"";
    let request = statement("Allow", "\"*\"", put, "/*", &request);
    world.policy(&request).await.ok();
    for (value, expected) in [("open", 200), ("secret", 403)] {
        let text = String::from_utf8_lossy(tags).replace("open", value);
        let head = server.as_key(NONE, "PUT", "/bucket/open/a?tagging");
        let reply = server
            .send(&head.signed(text.as_bytes()), text.as_bytes())
            .await;
        assert_eq!(reply.status, expected, "{value}");
        let header = format!("class={value}");
        let head = server.as_key(NONE, "PUT", "/bucket/tagged");
        let head = head
            .headers(&[("x-amz-tagging", header.as_str())])
            .signed(b"");
        assert_eq!(server.send(&head, b"").await.status, expected, "{value}");
    }
    // A copy needs both sides.
    let source = condition("\"StringLike\":{\"s3:x-amz-copy-source\":\"bucket/open/*\"}");
    let source = statement("Allow", "\"*\"", "\"s3:PutObject\"", "/*", &source);
    let read = allow("\"s3:GetObject\"", "/open/*").replace("SAllow", "Read");
    world.policy(&format!("{source},{read}")).await.ok();
    for (from, expected) in [
        ("/bucket/open/a", 200),
        ("bucket/open%2Fa", 200),
        ("/bucket/closed/a", 403),
    ] {
        let head = server.as_key(NONE, "PUT", "/bucket/copy");
        let head = head.headers(&[("x-amz-copy-source", from)]).signed(b"");
        assert_eq!(server.send(&head, b"").await.status, expected, "{from}");
    }
    // Where from, and how.
    for (text, expected) in [
        ("\"IpAddress\":{\"aws:SourceIp\":\"127.0.0.0/8\"}", 200),
        ("\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}", 403),
        ("\"Bool\":{\"aws:SecureTransport\":\"false\"}", 200),
        ("\"Bool\":{\"aws:SecureTransport\":\"true\"}", 403),
        (
            "\"StringEquals\":{\"aws:PrincipalType\":\"Anonymous\"}",
            200,
        ),
        ("\"StringEquals\":{\"s3:authType\":\"REST-HEADER\"}", 403),
        (
            "\"DateGreaterThan\":{\"aws:CurrentTime\":\"2026-01-01T00:00:00Z\"}",
            200,
        ),
        ("\"Null\":{\"s3:signatureAge\":\"true\"}", 200),
    ] {
        let get = statement("Allow", "\"*\"", "\"s3:GetObject\"", "/*", &condition(text));
        world.policy(&get).await.ok();
        let status = world.nobody("GET", "/bucket/open/a").await.status;
        assert_eq!(status, expected, "{text}");
    }
}

/// Tags, locks and lists of what is stored need rights of their own.
#[tokio::test]
async fn what_headers_ask_for_needs_its_own_right() {
    let world = world().await;
    world.unblock().await;
    world.policy(&allow("\"s3:PutObject\"", "/*")).await.ok();
    let server = &world.server;
    let put = async |headers: &[(&str, &str)]| {
        let signer = server.as_key(NONE, "PUT", "/bucket/new").headers(headers);
        server.send(&signer.signed(b""), b"").await.status
    };
    assert_eq!(put(&[]).await, 200);
    assert_eq!(put(&[("x-amz-tagging", "a=b")]).await, 403);
    assert_eq!(put(&[("x-amz-object-lock-legal-hold", "ON")]).await, 403);
    let lock = [
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        (
            "x-amz-object-lock-retain-until-date",
            "2090-01-01T00:00:00Z",
        ),
    ];
    assert_eq!(put(&lock).await, 403);
}

#[tokio::test]
async fn the_owner_is_the_tenant_and_can_be_expected() {
    let world = world().await;
    let home = world.home.to_string();
    let shown = world.server.get("/").await.ok();
    assert_eq!(shown.element("ID"), Some(home.clone()));
    let acl = world.server.get("/bucket?acl").await.ok();
    assert_eq!(acl.element("ID"), Some(home.clone()));
    for (owner, expected) in [
        (home, 200),
        (world.away.to_string(), 403),
        ("x".to_owned(), 403),
    ] {
        let headers = [("x-amz-expected-bucket-owner", owner.as_str())];
        let reply = world
            .server
            .call("GET", "/bucket/open/a", &headers, b"")
            .await;
        assert_eq!(reply.status, expected, "{owner}");
    }
    world
        .by(AWAY, "PUT", "/bucket")
        .await
        .is(409, "BucketAlreadyExists");
    world.by(READER, "GET", "/bucket/open/a").await.ok();
}
