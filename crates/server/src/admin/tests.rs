//! The door: no route of the document answers who did not sign, or has no right.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use azekura_admin_api::sigv4::{self, Credentials};
use http::{Method, Request, StatusCode};
use tower::Service as _;

use super::{AdminState, Metrics, openapi_document, router};
use crate::config::{Checked, File, Overrides};
use crate::keys::{self, AccessKeys};
use crate::open;

const SECRET: &str = "0123456789abcdef0123";

/// A vault in a directory of its own; `loopback` decides the rights of the root key.
async fn admin(dir: &std::path::Path, loopback: bool) -> (Router, i64) {
    let overrides = Overrides {
        data_dir: Some(dir.join("vault")),
        root_key_id: Some("ROOT".to_owned()),
        root_secret: Some(SECRET.to_owned()),
        ..Overrides::default()
    };
    let config = Checked::new(File::default(), overrides).unwrap();
    let (tell, _poisoned) = tokio::sync::watch::channel(None);
    let opened = open::open(&config, tell).await.unwrap();
    let root = keys::root(&config, &opened).unwrap();
    let now = opened.running.unix_seconds();
    let state = AdminState {
        running: Arc::clone(&opened.running),
        keys: AccessKeys::new(&opened.running, &root, loopback, &[]),
        policy: sigv4::AcceptedScopes {
            regions: vec!["local".to_owned()],
            service: sigv4::SERVICE.to_owned(),
        },
        metrics: Arc::new(Metrics::new(Arc::clone(&opened.running))),
        s3_endpoint: "http://127.0.0.1:9000".to_owned(),
    };
    (router(Arc::new(state)), now)
}

/// What a route must be asked for at least.
fn query(method: &str, target: &str) -> &'static str {
    let last = target.rsplit('/').next().unwrap_or_default();
    match (method, last) {
        (_, "object" | "content" | "history" | "explain" | "undelete") => "?key=k",
        ("put", "history-days") => "?days=30",
        ("post", "disposals") => "?reason=r",
        ("post", "lock-default") => "?mode=none",
        ("post", "locks") => "?action=hold&prefix=k",
        ("post" | "delete", "retention-classes") => "?class=karte-5y&prefix=k",
        _ => "",
    }
}

/// Method and target of every route of the document.
fn routes() -> Vec<(Method, String)> {
    let document: serde_json::Value = serde_json::from_str(&openapi_document().unwrap()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let target = path
                .replace("{bucket}", "some-bucket")
                .replace("{id}", &"0".repeat(32))
                .replace("{request}", &"0".repeat(26));
            let query = query(method, &target);
            routes.push((
                method.to_uppercase().parse().unwrap(),
                format!("{target}{query}"),
            ));
        }
    }
    assert!(routes.len() >= 10, "{routes:?}");
    routes
}

async fn status(
    router: &Router,
    method: &Method,
    target: &str,
    signed_at: Option<i64>,
) -> StatusCode {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1{target}"))
        .body(Vec::new())
        .unwrap();
    if let Some(now) = signed_at {
        let credentials = Credentials {
            key_id: "ROOT".to_owned(),
            secret: SECRET.to_owned(),
        };
        sigv4::sign(&mut request, &credentials, "local", sigv4::SERVICE, now).unwrap();
    }
    let answer = router.clone().call(request.map(Body::from)).await.unwrap();
    answer.status()
}

#[tokio::test]
async fn every_route_of_the_document_exists_and_refuses_the_unsigned() {
    let dir = tempfile::tempdir().unwrap();
    let (router, now) = admin(dir.path(), true).await;
    for (method, target) in routes() {
        let unsigned = status(&router, &method, &target, None).await;
        assert_eq!(unsigned, StatusCode::UNAUTHORIZED, "{method} {target}");
        let old = status(&router, &method, &target, Some(now - 301)).await;
        assert_eq!(old, StatusCode::UNAUTHORIZED, "{method} {target}");
        let signed = status(&router, &method, &target, Some(now)).await;
        // A bucket without versioning takes no lock.
        let known = [StatusCode::NOT_FOUND, StatusCode::CONFLICT];
        // The bucket has no rule of retention classes that could be taken away.
        let no_rule = method == Method::DELETE && target.contains("/retention-classes?");
        // These want a body, or a name of somebody.
        let asks = [
            "/v1/tenants",
            "/v1/users",
            "/v1/groups",
            "/v1/policies",
            "/v1/keys",
            "/v1/login",
            "/v1/totp",
            "/v1/blast-radius",
            "/v1/policy-explain",
            "/v1/requests",
        ];
        let asked = asks.iter().any(|part| target.starts_with(part));
        // No key has the right to export unless it is named; the seal of contents is the institution's.
        let refused = [StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST].contains(&signed);
        let others = ["/v1/export", "/v1/tenants/"];
        let others = others.iter().any(|part| target.starts_with(part)) && refused;
        let served = signed.is_success()
            || (asked && signed == StatusCode::BAD_REQUEST)
            || others
            || known.contains(&signed)
            || (no_rule && signed == StatusCode::BAD_REQUEST);
        assert!(served, "{method} {target}: {signed}");
    }
    for open in ["/", "/healthz", "/readyz", "/metrics"] {
        assert_eq!(
            status(&router, &Method::GET, open, None).await,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn beyond_loopback_the_root_key_reads_no_objects() {
    let dir = tempfile::tempdir().unwrap();
    let (router, now) = admin(dir.path(), false).await;
    for (method, target) in routes() {
        let objects = [
            "/objects",
            "/object?",
            "/content?",
            "/history?",
            "/explain?",
            "/lock-default",
            "/lock-report",
            "/locks?",
            "/retention-limits",
            "some-bucket/retention-classes",
            "/undelete?",
            "/disposals?",
            "/v1/users",
            "/v1/groups",
            "/v1/policies",
            "/v1/keys",
            "/v1/export",
            "/v1/blast-radius",
            "/v1/policy-explain",
            "/v1/tenants/",
        ];
        // Buckets are the institution's own, also to make and to delete.
        let whole = target == "/v1/buckets/some-bucket";
        let found = status(&router, &method, &target, Some(now)).await;
        // What has no body and names nobody is refused before it is judged.
        let unread = found == StatusCode::BAD_REQUEST && !target.contains("some-bucket");
        if whole || objects.iter().any(|part| target.contains(part)) {
            let refused = found == StatusCode::FORBIDDEN || unread;
            assert!(refused, "{method} {target}: {found}");
        } else {
            assert_ne!(found, StatusCode::FORBIDDEN, "{method} {target}");
        }
    }
}
