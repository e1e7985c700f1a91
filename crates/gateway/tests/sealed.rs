//! A tenant whose contents are sealed: every way to and from contents says 503 and what to do while it is
//! locked, and stores nothing.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod support;

use std::sync::Arc;

use azekura_gateway::auth::{Authenticate, Credential, StaticKeys};
use azekura_model::access::{Action, Ask, Authorized, Resource, authorize};
use azekura_model::ident::TenantId;
use azekura_model::identity::TenantSettings;
use azekura_store::identity::NewTenant;
use azekura_store::store::Store;
use azekura_store::vault::passphrase::Passphrase;
use support::form::Form;
use support::keys::all;
use support::{ROOT, Reply, Server, keys, start_over};

/// The keys of the tests, in another tenant.
struct OfTenant(StaticKeys, TenantId);

impl Authenticate for OfTenant {
    fn credential(&self, key_id: &str) -> Option<Credential> {
        let mut credential = self.0.credential(key_id)?;
        credential.grant.tenant = Some(self.1);
        Some(credential)
    }
}

fn words() -> Passphrase {
    Passphrase::new(b"correct horse battery staple".to_vec()).unwrap()
}

/// A gateway whose keys belong to a sealed tenant, with its passphrase set.
async fn sealed() -> (Server, Arc<Store>, TenantId, Authorized) {
    let store = support::store::memory().await;
    let new = NewTenant {
        name: "東病院".to_owned(),
        dual_control: false,
        sealed: true,
        settings: TenantSettings::default(),
        users: Vec::new(),
    };
    let by = Authorized::internal("test", Action::Operate);
    let tenant = store.create_tenant(&by, new).await.unwrap();
    let auth = OfTenant(keys(), tenant);
    let grant = auth.credential(ROOT.0).unwrap().grant;
    let resource = Resource::Tenant(tenant);
    let ask = Ask::plain(Action::ListAllMyBuckets, &resource, Some(tenant));
    let by = authorize(&grant, &ask).unwrap();
    store
        .set_tenant_passphrase(&by, tenant, None, words())
        .await
        .unwrap();
    let server = start_over(Arc::clone(&store), Arc::new(auth)).await;
    server.put("/bucket", b"").await.ok();
    (server, store, tenant, by)
}

#[track_caller]
fn locked(reply: Reply) {
    let reply = reply.is(503, "ServiceUnavailable");
    let told = reply.element("Message").unwrap();
    assert!(told.contains("has not unlocked its key"), "{told}");
    let hint = reply.element("Hint").unwrap();
    assert!(hint.contains("azekura tenant unlock"), "{hint}");
}

#[tokio::test]
async fn every_way_to_contents_is_closed_while_locked_and_nothing_is_stored() {
    let (server, store, tenant, by) = sealed().await;
    server.put("/bucket/kept", b"kept content").await.ok();
    let begun = server.call("POST", "/bucket/begun?uploads", &[], b"").await;
    let id = begun.ok().element("UploadId").unwrap();
    let part = format!("/bucket/begun?partNumber=1&uploadId={id}");
    let etag = server.put(&part, b"part one").await.ok();
    let etag = etag.header("etag").unwrap().to_owned();
    store.lock_tenant(&by, tenant).unwrap();

    locked(server.get("/bucket/kept").await);
    locked(server.put("/bucket/new", b"x").await);
    let from = [("x-amz-copy-source", "/bucket/kept")];
    locked(server.call("PUT", "/bucket/copy", &from, b"").await);
    locked(server.call("POST", "/bucket/new?uploads", &[], b"").await);
    locked(server.put(&part, b"part again").await);
    locked(server.call("PUT", &part, &from, b"").await);
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>\
         </CompleteMultipartUpload>"
    );
    let whole = format!("/bucket/begun?uploadId={id}");
    locked(server.call("POST", &whole, &[], document.as_bytes()).await);
    locked(Form::new(&server, "form").post(&server).await);

    // What needs no content goes on.
    let listed = server.get("/bucket").await.ok();
    assert_eq!(all(&listed, "Key"), ["kept"]);
    let head = server.call("HEAD", "/bucket/kept", &[], b"").await.ok();
    assert_eq!(head.header("content-length"), Some("12"));
    server.get("/bucket/kept?tagging").await.ok();

    store.unlock_tenant(&by, tenant, words()).await.unwrap();
    assert_eq!(server.get("/bucket/kept").await.ok().text(), "kept content");
    server
        .call("POST", &whole, &[], document.as_bytes())
        .await
        .ok();
    assert_eq!(server.get("/bucket/begun").await.ok().text(), "part one");
    server.call("PUT", "/bucket/copy", &from, b"").await.ok();
    assert_eq!(server.get("/bucket/copy").await.ok().text(), "kept content");
    Form::new(&server, "form").post(&server).await.ok();
    assert_eq!(server.get("/bucket/form").await.ok().text(), "content");
}
