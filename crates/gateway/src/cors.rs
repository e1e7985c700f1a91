//! Cross-origin requests, at the edge: preflights before anything is authenticated, and the headers on
//! every actual answer, refusals included, so that a page can read what went wrong (WHATWG Fetch, "CORS
//! protocol"; AWS S3 user guide, "How Amazon S3 evaluates the CORS configuration on a bucket").
//!
//! A preflight says nothing about keys, and the same about a bucket that does not exist as about one
//! without rules. Only a request with `Origin` costs a look at the rules.

use azekura_model::bucket_config::Configured;
use azekura_model::cors::{CorsGrant, CorsMethod, CorsRequest, CorsRules};
use azekura_model::name::BucketName;
use azekura_store::error::StoreError;
use azekura_store::store::Store;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response};
use s3s::S3Error;

use crate::errors;
use crate::errors::document::Details;

const NOT_ENABLED: &str = "CORSResponse: CORS is not enabled for this bucket.";
const NOT_ALLOWED: &str = "CORSResponse: This CORS request is not allowed. This is usually because the \
     evalution of Origin, request method / Access-Control-Request-Method or \
     Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// What a browser's request says of itself; kept until its answer is there.
#[derive(Clone, Debug)]
pub(crate) struct CrossOrigin {
    bucket: String,
    names_object: bool,
    origin: String,
    /// `Access-Control-Request-Method`, which counts as AWS does it also outside a preflight.
    asked_method: Option<String>,
    method: String,
    /// `Access-Control-Request-Headers`.
    asked_headers: String,
}

impl CrossOrigin {
    /// Reads a request; `None` without `Origin`. `host_bucket` is the bucket in the host name.
    pub(crate) fn of<B>(request: &http::Request<B>, host_bucket: Option<&str>) -> Option<Self> {
        let text = |name: &str| {
            let value = request.headers().get(name)?;
            std::str::from_utf8(value.as_bytes())
                .ok()
                .map(str::to_owned)
        };
        let path = request.uri().path().trim_start_matches('/');
        let (bucket, key) = match host_bucket {
            Some(bucket) => (bucket.to_ascii_lowercase(), path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (bucket.to_owned(), key)
            }
        };
        Some(Self {
            bucket,
            names_object: !key.is_empty(),
            origin: text("origin")?,
            asked_method: text("access-control-request-method"),
            method: request.method().as_str().to_owned(),
            asked_headers: text("access-control-request-headers").unwrap_or_default(),
        })
    }

    /// The rules of the bucket; `None` = it has none, or does not exist.
    fn rules(&self, store: &Store) -> Result<Option<CorsRules>, StoreError> {
        let Ok(name) = BucketName::parse(&self.bucket) else {
            return Ok(None);
        };
        match store.bucket_setting(&name) {
            Ok(setting) => Ok(Configured::set(setting)),
            Err(StoreError::NoSuchBucket) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Answers a preflight.
    fn preflight(&self, store: &Store) -> Result<Response<s3s::Body>, S3Error> {
        let method = self.asked_method.as_deref();
        let known = method.filter(|name| CorsMethod::parse(name).is_some());
        let Some(method) = known else {
            let found = method.unwrap_or("null");
            return Err(bad(&format!(
                "Invalid Access-Control-Request-Method: {found}"
            )));
        };
        let Some(rules) = self.rules(store).map_err(errors::from_store)? else {
            return Err(forbidden(NOT_ENABLED));
        };
        let names = self.asked_headers.split(',').map(str::trim);
        let headers: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        let grant = rules.judge(&CorsRequest {
            origin: &self.origin,
            method,
            headers: &headers,
        });
        let Some(grant) = grant else {
            return Err(forbidden(NOT_ALLOWED));
        };
        let mut response = Response::new(s3s::Body::empty());
        let answer = response.headers_mut();
        write(&grant, answer);
        if !headers.is_empty() {
            let allowed = headers.join(", ").to_ascii_lowercase();
            insert(answer, "access-control-allow-headers", &allowed);
        }
        Ok(response)
    }

    /// Puts the headers on an actual answer.
    pub(crate) fn complete(&self, store: &Store, headers: &mut HeaderMap) {
        let rules = match self.rules(store) {
            Ok(Some(rules)) => rules,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "the cross-origin rules could not be read");
                return;
            }
        };
        insert(headers, "vary", VARY);
        let grant = rules.judge(&CorsRequest {
            origin: &self.origin,
            method: self.asked_method.as_deref().unwrap_or(&self.method),
            headers: &[],
        });
        if let Some(grant) = grant {
            write(&grant, headers);
        }
    }
}

/// Answers an `OPTIONS` request.
pub(crate) fn preflight(
    asked: Option<&CrossOrigin>,
    store: &Store,
    parts: &Parts,
) -> Response<s3s::Body> {
    let answer = match asked {
        Some(asked) => asked.preflight(store),
        None => Err(bad(
            "Insufficient information. Origin request header needed.",
        )),
    };
    answer.unwrap_or_else(|error| {
        let mut response = error.to_http_response().unwrap_or_default();
        let asked_method = parts.headers.get("access-control-request-method");
        let method = asked_method.and_then(|value| value.to_str().ok());
        let object = asked.is_some_and(|asked| asked.names_object);
        let kind = if object { "OBJECT" } else { "BUCKET" };
        let details = [
            ("Method", method.unwrap_or("OPTIONS").to_owned()),
            ("ResourceType", kind.to_owned()),
        ];
        response.extensions_mut().insert(Details(details.into()));
        response
    })
}

fn bad(message: &str) -> S3Error {
    errors::answer("BadRequest", 400, message.to_owned())
}

fn forbidden(message: &str) -> S3Error {
    errors::answer("AccessForbidden", 403, message.to_owned())
}

fn write(grant: &CorsGrant<'_>, headers: &mut HeaderMap) {
    insert(headers, "vary", VARY);
    insert(headers, "access-control-allow-origin", grant.origin);
    if grant.origin != "*" {
        insert(headers, "access-control-allow-credentials", "true");
    }
    let methods: Vec<_> = grant.rule.methods.iter().map(|m| m.as_str()).collect();
    insert(headers, "access-control-allow-methods", &methods.join(", "));
    if !grant.rule.expose_headers.is_empty() {
        let names = grant.rule.expose_headers.join(", ");
        insert(headers, "access-control-expose-headers", &names);
    }
    if let Some(seconds) = grant.rule.max_age_seconds {
        insert(headers, "access-control-max-age", &seconds.to_string());
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
