use std::sync::Arc;

use azekura_model::access::{Action, Authorized, Resource, Right};
use azekura_model::condition::ETagCondition;
use azekura_store::body::Claims;
use azekura_store::object::{Attributes, PutRequest};
use azekura_store::store::Store;
use bytes::Bytes;

use super::*;
use crate::auth::{
    Asked, Authenticate as _, BodyFacts, Gate, Origin, Peer, Place, SignedBy, StaticKeys, Unjudged,
};
use crate::service::GatewayConfig;

const REGION: &str = "local";

#[path = "../../../tests/support/store.rs"]
mod store;

fn reader(store: &Arc<Store>) -> Caller {
    let keys = StaticKeys::new().with("k", "s", "p", &[Right::Read]);
    let origin = Origin {
        peer: Peer::default(),
        request_id: String::new(),
    };
    let gate = Gate::new(Arc::clone(store));
    let place = Place::of(Resource::Bucket("ward".to_owned()), None);
    let grant = keys.credential("k").unwrap().grant;
    let asked = Asked {
        headers: HeaderMap::new(),
        query: Vec::new(),
        peer: Peer::default(),
        signed: SignedBy::Header,
        now: store.wall(),
        body: BodyFacts::None,
    };
    let unjudged = Unjudged::new(&gate, grant, "GetObject", place, asked, origin).unwrap();
    unjudged.judge(BodyFacts::None).unwrap()
}

#[tokio::test]
async fn a_304_never_names_a_version_that_the_client_does_not_have() {
    let store = store::memory().await;
    let (bucket, key) = (
        BucketName::parse("ward").unwrap(),
        ObjectKey::parse("a").unwrap(),
    );
    let by = Authorized::internal("test", Action::PutObject);
    store.create_bucket(&by, &bucket).await.unwrap();
    let put = async |content: &'static [u8]| {
        let request = PutRequest {
            lock: azekura_model::lock::LockAsked::default(),
            key: key.clone(),
            attributes: Attributes::default(),
            claims: Claims::default(),
            conditions: Conditions::default(),
            body: Box::pin(futures::stream::iter([Ok(Bytes::from_static(content))])),
        };
        store.put(&by, &bucket, request).await.unwrap().etag
    };
    let cx = Context::new(store.clone(), &GatewayConfig::default());
    let answer = async |etag: &azekura_model::checksum::ETag| {
        let conditions = Conditions {
            if_none_match: Some(ETagCondition::OneOf(vec![etag.to_string()])),
            ..Conditions::default()
        };
        let named = (&key, Which::Current);
        let error = not_modified(&cx, &reader(&store), &bucket, named, &conditions).await;
        error.headers().is_some_and(|h| h.contains_key("etag"))
    };
    let first = put(b"1").await;
    assert!(answer(&first).await);
    let second = put(b"2").await;
    assert!(!answer(&first).await, "it was replaced in between");
    assert!(answer(&second).await);
}
