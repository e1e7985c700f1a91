//! What a bucket can be configured with, on the wire.

#[cfg(test)]
mod support;

use support::{READER, Reply, Server, WRITER, start};

async fn with_bucket() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    server
}

async fn delete(server: &Server, target: &str) {
    let gone = server.call("DELETE", target, &[], b"").await;
    assert_eq!(gone.status, 204, "{target}: {}", gone.text());
}

fn tagging(tags: &[(&str, &str)]) -> String {
    let tags = tags
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!(
        "<Tagging><TagSet>{}</TagSet></Tagging>",
        tags.collect::<String>()
    )
}

async fn put_text(server: &Server, target: &str, document: &str) -> Reply {
    server.put(target, document.as_bytes()).await
}

#[tokio::test]
async fn tags() {
    let server = with_bucket().await;
    server.get("/bucket?tagging").await.is(404, "NoSuchTagSet");
    let document = tagging(&[("部署", "放射線科"), ("cost", "")]);
    put_text(&server, "/bucket?tagging", &document).await.ok();
    let set = server.get("/bucket?tagging").await.ok().text();
    assert!(
        set.contains("<Key>部署</Key><Value>放射線科</Value>"),
        "{set}"
    );
    assert!(set.contains("<Key>cost</Key><Value></Value>"), "{set}");
    for (tags, code) in [
        (vec![("a", "1"), ("a", "2")], "InvalidTag"),
        (vec![("aws:a", "1")], "InvalidTag"),
        (vec![("a*", "1")], "InvalidTag"),
    ] {
        let reply = put_text(&server, "/bucket?tagging", &tagging(&tags)).await;
        reply.is(400, code);
    }
    let many: Vec<String> = (0..51).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(|key| (key.as_str(), "")).collect();
    let reply = put_text(&server, "/bucket?tagging", &tagging(&many)).await;
    reply.is(400, "BadRequest");
    put_text(&server, "/bucket?tagging", "<Tagging>")
        .await
        .is(400, "MalformedXML");
    // What was refused changed nothing; a new set replaces the old one.
    assert_eq!(server.get("/bucket?tagging").await.ok().text(), set);
    put_text(&server, "/bucket?tagging", &tagging(&many[..50]))
        .await
        .ok();
    assert!(
        !server
            .get("/bucket?tagging")
            .await
            .ok()
            .text()
            .contains("cost")
    );
    delete(&server, "/bucket?tagging").await;
    delete(&server, "/bucket?tagging").await;
    server.get("/bucket?tagging").await.is(404, "NoSuchTagSet");
    server.get("/other?tagging").await.is(404, "NoSuchBucket");
    put_text(&server, "/other?tagging", &document)
        .await
        .is(404, "NoSuchBucket");
}

#[tokio::test]
async fn ownership_is_enforced_until_it_is_changed() {
    let server = with_bucket().await;
    let controls = |ownership: &str| {
        format!(
            "<OwnershipControls><Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>\
             </OwnershipControls>"
        )
    };
    let target = "/bucket?ownershipControls";
    let shown = server.get(target).await.ok();
    let enforced = Some("BucketOwnerEnforced".to_owned());
    assert_eq!(shown.element("ObjectOwnership"), enforced);
    for other in ["ObjectWriter", "BucketOwnerPreferred"] {
        put_text(&server, target, &controls(other)).await.ok();
        let now = server.get(target).await.ok().element("ObjectOwnership");
        assert_eq!(now.as_deref(), Some(other));
    }
    put_text(&server, target, &controls("Nobody"))
        .await
        .is(400, "InvalidArgument");
    put_text(&server, target, "<OwnershipControls></OwnershipControls>")
        .await
        .is(400, "MalformedXML");
    delete(&server, target).await;
    server
        .get(target)
        .await
        .is(404, "OwnershipControlsNotFoundError");
    put_text(&server, target, &controls("BucketOwnerEnforced"))
        .await
        .ok();
    assert_eq!(
        server.get(target).await.ok().element("ObjectOwnership"),
        enforced
    );
    let header = [("x-amz-object-ownership", "BucketOwnerEnforced")];
    server.call("PUT", "/other", &header, b"").await.ok();
}

#[tokio::test]
async fn the_public_access_block_is_on_until_it_is_changed() {
    let server = with_bucket().await;
    let target = "/bucket?publicAccessBlock";
    let shown = |reply: Reply| {
        [
            "BlockPublicAcls",
            "IgnorePublicAcls",
            "BlockPublicPolicy",
            "RestrictPublicBuckets",
        ]
        .map(|name| reply.element(name).unwrap())
    };
    assert_eq!(shown(server.get(target).await.ok()), ["true"; 4]);
    let document = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
                    <IgnorePublicAcls>false</IgnorePublicAcls>\
                    </PublicAccessBlockConfiguration>";
    put_text(&server, target, document).await.ok();
    let now = shown(server.get(target).await.ok());
    assert_eq!(now, ["true", "false", "false", "false"]);
    delete(&server, target).await;
    server
        .get(target)
        .await
        .is(404, "NoSuchPublicAccessBlockConfiguration");
    let status = server.get("/bucket?policyStatus").await.ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("false"));
}

#[tokio::test]
async fn everything_is_encrypted_by_aes256() {
    let server = with_bucket().await;
    let target = "/bucket?encryption";
    let rule = |inner: &str| {
        format!(
            "<ServerSideEncryptionConfiguration><Rule>{inner}</Rule>\
             </ServerSideEncryptionConfiguration>"
        )
    };
    let by = |algorithm: &str, more: &str| {
        rule(&format!(
            "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}</SSEAlgorithm>{more}\
             </ApplyServerSideEncryptionByDefault>"
        ))
    };
    let shown = server.get(target).await.ok();
    assert_eq!(shown.element("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(shown.element("BucketKeyEnabled").as_deref(), Some("false"));
    for (document, status, code) in [
        (by("aws:kms", ""), 501, "NotImplemented"),
        (by("aws:kms:dsse", ""), 501, "NotImplemented"),
        (by("rot13", ""), 400, "MalformedXML"),
        (
            by("AES256", "<KMSMasterKeyID>k</KMSMasterKeyID>"),
            400,
            "InvalidArgument",
        ),
        (
            "<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>".to_owned(),
            400,
            "MalformedXML",
        ),
    ] {
        let reply = put_text(&server, target, &document).await;
        reply.is(status, code);
    }
    put_text(
        &server,
        target,
        &rule("<BucketKeyEnabled>true</BucketKeyEnabled>"),
    )
    .await
    .ok();
    let shown = server.get(target).await.ok();
    assert_eq!(shown.element("BucketKeyEnabled").as_deref(), Some("true"));
    delete(&server, target).await;
    let shown = server.get(target).await.ok();
    assert_eq!(shown.element("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(shown.element("BucketKeyEnabled").as_deref(), Some("false"));
}

#[tokio::test]
async fn what_is_not_configured_is_answered_as_s3_does() {
    let server = with_bucket().await;
    for (target, code) in [
        ("/bucket?website", "NoSuchWebsiteConfiguration"),
        (
            "/bucket?replication",
            "ReplicationConfigurationNotFoundError",
        ),
        ("/bucket?policy", "NoSuchBucketPolicy"),
        ("/bucket?lifecycle", "NoSuchLifecycleConfiguration"),
        ("/bucket?cors", "NoSuchCORSConfiguration"),
    ] {
        server.get(target).await.is(404, code);
    }
    for (target, root) in [
        ("/bucket?logging", "BucketLoggingStatus"),
        ("/bucket?notification", "NotificationConfiguration"),
        ("/bucket?accelerate", "AccelerateConfiguration"),
        ("/bucket?inventory", "ListInventoryConfigurationsResult"),
        (
            "/bucket?analytics",
            "ListBucketAnalyticsConfigurationResult",
        ),
        ("/bucket?metrics", "ListMetricsConfigurationsResult"),
        (
            "/bucket?intelligent-tiering",
            "ListBucketIntelligentTieringConfigurationsOutput",
        ),
    ] {
        let text = server.get(target).await.ok().text();
        assert!(text.contains(&format!("<{root}")), "{target}: {text}");
        assert!(!text.contains("<Id>"), "{target}: {text}");
        let other = target.replace("/bucket", "/other");
        server.get(&other).await.is(404, "NoSuchBucket");
    }
    let payer = server.get("/bucket?requestPayment").await.ok();
    assert_eq!(payer.element("Payer").as_deref(), Some("BucketOwner"));
}

#[tokio::test]
async fn what_is_off_can_be_turned_off_and_not_on() {
    let server = with_bucket().await;
    let pay = |payer: &str| {
        format!("<RequestPaymentConfiguration><Payer>{payer}</Payer></RequestPaymentConfiguration>")
    };
    let accelerate = |status: &str| {
        format!("<AccelerateConfiguration><Status>{status}</Status></AccelerateConfiguration>")
    };
    let target = "/bucket?requestPayment";
    put_text(&server, target, &pay("BucketOwner")).await.ok();
    put_text(&server, target, &pay("Requester"))
        .await
        .is(501, "NotImplemented");
    put_text(&server, target, &pay("Nobody"))
        .await
        .is(400, "MalformedXML");
    let target = "/bucket?accelerate";
    put_text(&server, target, &accelerate("Suspended"))
        .await
        .ok();
    put_text(&server, target, &accelerate("Enabled"))
        .await
        .is(501, "NotImplemented");
}

#[tokio::test]
async fn configuration_needs_the_right_to_manage() {
    let server = with_bucket().await;
    for target in [
        "/bucket?tagging",
        "/bucket?cors",
        "/bucket?publicAccessBlock",
        "/bucket?ownershipControls",
        "/bucket?encryption",
    ] {
        for key in [READER, WRITER] {
            for method in ["PUT", "DELETE"] {
                let head = server.as_key(key, method, target).signed(b"");
                server.send(&head, b"").await.is(403, "AccessDenied");
            }
        }
        let head = server.as_key(WRITER, "GET", target).signed(b"");
        server.send(&head, b"").await.is(403, "AccessDenied");
    }
    let head = server
        .as_key(READER, "GET", "/bucket?encryption")
        .signed(b"");
    server.send(&head, b"").await.ok();
}

/// A bucket of the same name begins anew.
#[tokio::test]
async fn configuration_goes_with_its_bucket() {
    let server = with_bucket().await;
    put_text(&server, "/bucket?tagging", &tagging(&[("a", "b")]))
        .await
        .ok();
    delete(&server, "/bucket?ownershipControls").await;
    delete(&server, "/bucket").await;
    server.get("/bucket?tagging").await.is(404, "NoSuchBucket");
    server.put("/bucket", b"").await.ok();
    server.get("/bucket?tagging").await.is(404, "NoSuchTagSet");
    server.get("/bucket?ownershipControls").await.ok();
}
