//! Access-control lists, where the ownership of a bucket lets them count.

#[cfg(test)]
mod support;

use support::{READER, Reply, Server, WRITER, start};

const OWNERSHIP: &str = "/bucket?ownershipControls";

fn controls(ownership: &str) -> String {
    format!(
        "<OwnershipControls><Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>\
         </OwnershipControls>"
    )
}

fn block(switch: &str) -> String {
    format!(
        "<PublicAccessBlockConfiguration><{switch}>true</{switch}></PublicAccessBlockConfiguration>"
    )
}

/// A bucket in which lists count and nothing is blocked.
async fn open() -> Server {
    let server = start().await;
    server.put("/bucket", b"").await.ok();
    let controls = controls("ObjectWriter");
    server.put(OWNERSHIP, controls.as_bytes()).await.ok();
    let target = "/bucket?publicAccessBlock";
    server.call("DELETE", target, &[], b"").await.ok();
    server.put("/bucket/key", b"abc").await.ok();
    server
}

async fn nobody(server: &Server, method: &str, target: &str) -> Reply {
    let head = server.root(method, target).anonymous(0);
    server.send(&head, b"").await
}

async fn acl(server: &Server, target: &str, canned: &str) -> Reply {
    let headers = [("x-amz-acl", canned)];
    server.call("PUT", target, &headers, b"").await
}

#[tokio::test]
async fn a_list_opens_what_it_says_and_no_more() {
    let server = open().await;
    nobody(&server, "GET", "/bucket")
        .await
        .is(403, "AccessDenied");
    acl(&server, "/bucket?acl", "public-read").await.ok();
    nobody(&server, "GET", "/bucket").await.ok();
    nobody(&server, "GET", "/bucket?versions").await.ok();
    // The list of a bucket says nothing of its objects.
    nobody(&server, "GET", "/bucket/key")
        .await
        .is(403, "AccessDenied");
    nobody(&server, "GET", "/bucket/none")
        .await
        .is(404, "NoSuchKey");
    acl(&server, "/bucket/key?acl", "public-read").await.ok();
    assert_eq!(
        nobody(&server, "GET", "/bucket/key").await.ok().body,
        b"abc"
    );
    for (method, target) in [
        ("PUT", "/bucket/key"),
        ("DELETE", "/bucket/key"),
        ("DELETE", "/bucket/key?versionId=null"),
        ("PUT", "/bucket/key?acl"),
        ("GET", "/bucket/key?tagging"),
        ("GET", "/bucket/key?retention"),
        ("GET", "/bucket?policy"),
        ("DELETE", "/bucket"),
    ] {
        nobody(&server, method, target)
            .await
            .is(403, "AccessDenied");
    }
    acl(&server, "/bucket?acl", "public-read-write").await.ok();
    nobody(&server, "PUT", "/bucket/new").await.ok();
    // What nobody stored is the bucket's, and nobody reads or deletes it.
    server.get("/bucket/new").await.ok();
    nobody(&server, "GET", "/bucket/new")
        .await
        .is(403, "AccessDenied");
    nobody(&server, "DELETE", "/bucket/new")
        .await
        .is(403, "AccessDenied");
    acl(&server, "/bucket/key?acl", "private").await.ok();
    nobody(&server, "GET", "/bucket/key")
        .await
        .is(403, "AccessDenied");
}

#[tokio::test]
async fn a_list_belongs_to_one_version_and_is_not_copied() {
    let server = open().await;
    let enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    server.put("/bucket?versioning", enabled).await.ok();
    let public = [("x-amz-acl", "public-read")];
    let first = server.call("PUT", "/bucket/a", &public, b"one").await.ok();
    let first = first.header("x-amz-version-id").unwrap().to_owned();
    let got = nobody(&server, "GET", "/bucket/a").await.ok();
    assert!(got.header("acl").is_none() && got.header("x-amz-acl").is_none());
    server.put("/bucket/a", b"two").await.ok();
    nobody(&server, "GET", "/bucket/a")
        .await
        .is(403, "AccessDenied");
    let old = format!("/bucket/a?versionId={first}");
    assert_eq!(nobody(&server, "GET", &old).await.ok().body, b"one");
    let source = format!("/bucket/a?versionId={first}");
    let copy = [("x-amz-copy-source", source.as_str())];
    server.call("PUT", "/bucket/copy", &copy, b"").await.ok();
    nobody(&server, "GET", "/bucket/copy")
        .await
        .is(403, "AccessDenied");
    let shown = server.get("/bucket/a?acl").await.ok().text();
    assert!(!shown.contains("AllUsers"), "{shown}");
    let shown = server.get(&format!("{old}&acl")).await.ok().text();
    assert!(shown.contains("global/AllUsers</URI>"), "{shown}");
    assert!(shown.contains("<Permission>READ</Permission>"), "{shown}");
    // An upload in parts has the list that it was begun with.
    let begun = server
        .call("POST", "/bucket/parts?uploads", &public, b"")
        .await
        .ok();
    let id = begun.element("UploadId").unwrap();
    let part = server
        .put(&format!("/bucket/parts?partNumber=1&uploadId={id}"), b"x")
        .await
        .ok();
    let etag = part.header("etag").unwrap();
    let done = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let target = format!("/bucket/parts?uploadId={id}");
    server
        .call("POST", &target, &[], done.as_bytes())
        .await
        .ok();
    nobody(&server, "GET", "/bucket/parts").await.ok();
}

#[tokio::test]
async fn a_block_refuses_and_ignores_public_lists() {
    let server = open().await;
    let target = "/bucket?publicAccessBlock";
    acl(&server, "/bucket?acl", "public-read").await.ok();
    acl(&server, "/bucket/key?acl", "public-read").await.ok();
    let refuse = block("BlockPublicAcls");
    server.put(target, refuse.as_bytes()).await.ok();
    for canned in ["public-read", "public-read-write", "authenticated-read"] {
        acl(&server, "/bucket?acl", canned)
            .await
            .is(403, "AccessDenied");
        acl(&server, "/bucket/key?acl", canned)
            .await
            .is(403, "AccessDenied");
        acl(&server, "/bucket/new", canned)
            .await
            .is(403, "AccessDenied");
    }
    // What is there stays as it is.
    nobody(&server, "GET", "/bucket/key").await.ok();
    let status = server.get("/bucket?policyStatus").await.ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("true"));
    let ignore = block("IgnorePublicAcls");
    server.put(target, ignore.as_bytes()).await.ok();
    nobody(&server, "GET", "/bucket/key")
        .await
        .is(403, "AccessDenied");
    nobody(&server, "GET", "/bucket")
        .await
        .is(403, "AccessDenied");
    let status = server.get("/bucket?policyStatus").await.ok();
    assert_eq!(status.element("IsPublic").as_deref(), Some("false"));
}

#[tokio::test]
async fn ownership_and_lists_go_together() {
    let server = open().await;
    acl(&server, "/bucket?acl", "public-read").await.ok();
    let enforced = controls("BucketOwnerEnforced");
    server
        .put(OWNERSHIP, enforced.as_bytes())
        .await
        .is(400, "InvalidBucketAclWithObjectOwnership");
    acl(&server, "/bucket?acl", "private").await.ok();
    acl(&server, "/bucket/key?acl", "public-read").await.ok();
    server.put(OWNERSHIP, enforced.as_bytes()).await.ok();
    // Lists of objects have no effect any more.
    nobody(&server, "GET", "/bucket/key")
        .await
        .is(403, "AccessDenied");
    let shown = server.get("/bucket/key?acl").await.ok().text();
    assert!(!shown.contains("AllUsers"), "{shown}");
    acl(&server, "/bucket/key?acl", "public-read")
        .await
        .is(400, "AccessControlListNotSupported");
    let headers = [("x-amz-acl", "public-read")];
    server
        .call("PUT", "/another", &headers, b"")
        .await
        .is(400, "InvalidBucketAclWithObjectOwnership");
    let headers = [
        ("x-amz-acl", "public-read"),
        ("x-amz-object-ownership", "ObjectWriter"),
    ];
    server
        .call("PUT", "/another", &headers, b"")
        .await
        .is(403, "AccessDenied");
    server.get("/another?acl").await.is(404, "NoSuchBucket");
}

#[tokio::test]
async fn grants_name_tenants_and_groups_and_no_group_changes_the_list() {
    let server = open().await;
    let owner = server.get("/").await.ok().element("ID").unwrap();
    let all = "http://acs.amazonaws.com/groups/global/AllUsers";
    let grant = async |name: &str, value: &str| {
        let headers = [(name, value)];
        server.call("PUT", "/bucket/key?acl", &headers, b"").await
    };
    let id = format!("id=\"{owner}\"");
    grant("x-amz-grant-full-control", &id).await.ok();
    let uri = format!("uri=\"{all}\", {id}");
    grant("x-amz-grant-read", &uri).await.ok();
    nobody(&server, "GET", "/bucket/key").await.ok();
    for name in ["x-amz-grant-full-control", "x-amz-grant-write-acp"] {
        grant(name, &uri).await.is(400, "InvalidArgument");
    }
    grant("x-amz-grant-read", "id=0123")
        .await
        .is(400, "InvalidArgument");
    grant("x-amz-grant-read", "emailAddress=a@example.com")
        .await
        .is(400, "UnresolvableGrantByEmailAddress");
    // What GET answers may be put back.
    let shown = server.get("/bucket/key?acl").await.ok();
    server.put("/bucket/key?acl", &shown.body).await.ok();
    let other = shown.text().replace(&owner, "0123456789abcdefghijklmno0");
    server
        .put("/bucket/key?acl", other.as_bytes())
        .await
        .is(403, "AccessDenied");
    server
        .put("/bucket/key?acl", b"")
        .await
        .is(400, "MissingSecurityHeader");
}

#[tokio::test]
async fn to_give_a_list_needs_its_own_right() {
    let server = open().await;
    let put = async |key, canned: &str| {
        let signer = server.as_key(key, "PUT", "/bucket/new");
        let signer = signer.headers(&[("x-amz-acl", canned)]);
        server.send(&signer.signed(b""), b"").await.status
    };
    // Rights of `write` hold PutObjectAcl.
    assert_eq!(put(WRITER, "public-read").await, 200);
    assert_eq!(put(READER, "private").await, 403);
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\
                  \"Action\":\"s3:PutObjectAcl\",\"Resource\":\"arn:aws:s3:::bucket/*\"}]}";
    server.put("/bucket?policy", policy.as_bytes()).await.ok();
    assert_eq!(put(WRITER, "public-read").await, 403);
    assert_eq!(put(WRITER, "private").await, 200);
    assert_eq!(put(WRITER, "bucket-owner-full-control").await, 200);
    // Where nothing would keep a list, none is taken.
    let headers = [("x-amz-acl", "public-read")];
    for (method, target) in [
        ("GET", "/bucket/key"),
        ("PUT", "/bucket/key?tagging"),
        ("PUT", "/bucket?versioning"),
        ("DELETE", "/bucket/key"),
    ] {
        let reply = server.call(method, target, &headers, b"").await;
        reply.is(400, "InvalidArgument");
    }
}
