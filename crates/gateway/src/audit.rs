//! Audit: every answer passes here before it is sent. What only reads, and what was refused, goes on record;
//! a change that was made is its own record.
//!
//! [`Noted`] travels with a request and is filled by whoever learns something of it: the access check knows
//! the caller and the operation, DeleteObjects the keys that it refused. [`Seen`] is the head of the
//! request, kept until the answer is complete.

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use azekura_model::access::{AllowedBy, Grant};
use azekura_model::audit::{AuditEntry, AuditInterface, AuthMethod};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri};
use parking_lot::Mutex;

use crate::auth::Peer;
use crate::clock::Stopwatch;
use crate::errors;
use crate::guard::request::parse_query;

/// Why a request must not be answered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotOnRecord(pub String);

/// Puts requests on record.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// Puts one request of a key of this tenant on record; returns when it may be answered.
    ///
    /// # Errors
    /// [`NotOnRecord`]: it must not be answered; the client is told 503.
    async fn record(&self, tenant: Option<TenantId>, entry: AuditEntry) -> Result<(), NotOnRecord>;

    /// Counts one answer to a key of this tenant, whether it goes on record or not.
    fn answered(&self, _tenant: TenantId, _operation: &str, _status: u16) {}
}

/// Keeps nothing, for tests and tools.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAudit;

#[async_trait]
impl Audit for NoAudit {
    async fn record(&self, _: Option<TenantId>, _: AuditEntry) -> Result<(), NotOnRecord> {
        Ok(())
    }
}

/// What is learnt of a request while it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted(Arc<Mutex<Notes>>);

#[derive(Clone, Debug, Default)]
struct Notes {
    operation: String,
    caller: Option<(Grant, AuthMethod)>,
    place: (Option<String>, Option<String>),
    decision: Option<String>,
    refused: Vec<Refused>,
}

/// A key that was refused inside an answer that says 200.
#[derive(Clone, Debug)]
struct Refused {
    key: String,
    version: Option<String>,
    code: String,
}

impl Noted {
    /// The signature is verified: this is the caller, and this is what is asked of which bucket and key.
    pub(crate) fn caller(
        &self,
        grant: &Grant,
        auth: AuthMethod,
        operation: &str,
        (bucket, key): (Option<&str>, Option<&str>),
    ) {
        let mut notes = self.0.lock();
        notes.caller = Some((grant.clone(), auth));
        operation.clone_into(&mut notes.operation);
        notes.place = (bucket.map(str::to_owned), key.map(str::to_owned));
    }

    /// The statement that allowed the operation, where one did.
    pub(crate) fn decided(&self, by: &AllowedBy) {
        if let AllowedBy::Statement(source, statement) = by {
            self.0.lock().decision = Some(format!("{statement} of {source}"));
        }
    }

    /// The tenant of the caller.
    pub(crate) fn tenant(&self) -> Option<TenantId> {
        self.0.lock().caller.as_ref()?.0.tenant
    }

    /// Whose key asked, and for which operation. A key of the configuration names no tenant.
    pub(crate) fn asked(&self) -> Option<(Option<TenantId>, String)> {
        let notes = self.0.lock();
        let grant = &notes.caller.as_ref()?.0;
        (!grant.is_anonymous()).then(|| (grant.tenant, notes.operation.to_string()))
    }

    /// A key of a request for many was refused.
    pub(crate) fn refused(&self, key: &str, version: Option<&str>, code: &str) {
        self.0.lock().refused.push(Refused {
            key: key.to_owned(),
            version: version.map(str::to_owned),
            code: code.to_owned(),
        });
    }
}

/// The head of a request, as far as an entry needs it. Cheap: everything is counted, nothing copied.
pub(crate) struct Seen {
    method: Method,
    uri: Uri,
    bucket_of_host: Option<String>,
    agent: Option<HeaderValue>,
    host: Option<HeaderValue>,
    length: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
    copy_source: Option<HeaderValue>,
    started: Stopwatch,
}

/// Headers of a copy.
const COPY_SOURCE: HeaderName = HeaderName::from_static("x-amz-copy-source");

impl Seen {
    pub(crate) fn of<B>(request: &Request<B>, bucket_of_host: Option<&str>) -> Self {
        let header = |name: HeaderName| request.headers().get(name).cloned();
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            bucket_of_host: bucket_of_host.map(str::to_owned),
            agent: header(USER_AGENT),
            host: header(HOST),
            length: header(CONTENT_LENGTH),
            authorization: header(AUTHORIZATION),
            copy_source: header(COPY_SOURCE),
            started: Stopwatch::start(),
        }
    }

    /// What goes on record of the request and its answer. Empty for a change that was made, and for a
    /// preflight that nobody signs.
    pub(crate) fn entries(
        self,
        noted: &Noted,
        peer: &Peer,
        id: &str,
        response: &Response<s3s::Body>,
        code: Option<String>,
    ) -> Vec<AuditEntry> {
        let notes = std::mem::take(&mut *noted.0.lock());
        let status = response.status().as_u16();
        let refused = status >= 400;
        let copy = matches!(&*notes.operation, "CopyObject" | "UploadPartCopy");
        let copies = copy && self.copy_source.is_some() && !refused;
        let silent = !refused && (changes(&notes.operation) || self.method == Method::OPTIONS);
        if silent && notes.refused.is_empty() && !copies {
            return Vec::new();
        }
        let refusals = notes.refused.clone();
        let entry = self.entry(notes, peer, id, response, code);
        if copies {
            return self.source_of_copy(entry).into_iter().collect();
        }
        let mut entries: Vec<_> = refusals
            .into_iter()
            .map(|refused| AuditEntry {
                key: Some(refused.key),
                version: refused.version,
                status: errors::status_of(&refused.code),
                error_code: Some(refused.code),
                ..entry.clone()
            })
            .collect();
        if !silent {
            entries.push(entry);
        }
        entries
    }

    fn entry(
        &self,
        notes: Notes,
        peer: &Peer,
        id: &str,
        response: &Response<s3s::Body>,
        code: Option<String>,
    ) -> AuditEntry {
        let query = parse_query(self.uri.query().unwrap_or_default()).unwrap_or_default();
        let decision = notes.decision;
        let caller = notes.caller.map(|(grant, auth)| (grant.requester, auth));
        let (requester, auth) = caller.unwrap_or_else(|| {
            let requester = Requester {
                key_id: self.claimed_key(&query).unwrap_or_default(),
                ..Requester::default()
            };
            (requester, AuthMethod::Unverified)
        });
        let (bucket, key) = match notes.place {
            (None, None) => self.place(),
            known => known,
        };
        let asked = |name: &str| {
            let found = query.iter().find(|(asked, _)| asked == name);
            found.map(|(_, value)| value.clone())
        };
        let key = key.or_else(|| asked("prefix").filter(|prefix| !prefix.is_empty()));
        let answered = response.headers().get("x-amz-version-id");
        let answered = answered.and_then(|v| v.to_str().ok().map(str::to_owned));
        AuditEntry {
            request_id: id.to_owned(),
            interface: AuditInterface::S3,
            operation: notes.operation,
            principal: requester.principal,
            key_id: requester.key_id,
            auth,
            source: peer.address.as_ref().map(IpAddr::to_canonical),
            tls_identity: peer.certificate.as_ref().map(|shown| shown.subject.clone()),
            user_agent: self.agent.as_ref().map(text),
            host: self.host.as_ref().map(text),
            method: self.method.as_str().to_owned(),
            query: shown_query(self.uri.query()),
            bucket,
            key,
            version: asked("versionId").or(answered),
            status: response.status().as_u16(),
            error_code: code,
            decision,
            bytes_received: self.length.as_ref().and_then(number).unwrap_or(0),
            bytes_sent: bytes_of(response, &self.method),
            duration_us: self.started.nanoseconds() / 1000,
            count: 1,
            ..AuditEntry::default()
        }
    }

    /// A copy reads its source; that it made a version is on record by that.
    fn source_of_copy(&self, entry: AuditEntry) -> Option<AuditEntry> {
        let source = self.copy_source.as_ref().map(text)?;
        let (path, version) = match source.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (source.as_str(), None),
        };
        let path = percent_decoded(path.trim_start_matches('/'));
        let (bucket, key) = path.split_once('/')?;
        Some(AuditEntry {
            bucket: Some(bucket.to_owned()),
            key: Some(key.to_owned()),
            version,
            bytes_sent: 0,
            ..entry
        })
    }

    /// The key id in what was to be the signature; nobody verified it.
    fn claimed_key(&self, query: &[(String, String)]) -> Option<String> {
        let scope = match &self.authorization {
            Some(header) => {
                let (_, rest) = header.to_str().ok()?.split_once("Credential=")?;
                rest.to_owned()
            }
            None => {
                let found = query.iter().find(|(name, _)| name == "X-Amz-Credential")?;
                found.1.clone()
            }
        };
        let key = scope.split(['/', ',']).next()?.trim();
        (!key.is_empty()).then(|| key.to_owned())
    }

    /// Bucket and key as the request names them.
    fn place(&self) -> (Option<String>, Option<String>) {
        let path = percent_decoded(self.uri.path().trim_start_matches('/'));
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match &self.bucket_of_host {
            Some(bucket) => (Some(bucket.clone()), some(&path)),
            None => match path.split_once('/') {
                Some((bucket, key)) => (some(bucket), some(key)),
                None => (some(&path), None),
            },
        }
    }
}

/// Whether an operation that succeeds is on record by the change that it makes. What is not named here
/// is audited.
fn changes(operation: &str) -> bool {
    [
        "Put", "Post", "Create", "Delete", "Upload", "Complete", "Abort", "Copy",
    ]
    .iter()
    .any(|verb| operation.starts_with(verb))
}

/// By what a verified request was signed.
pub(crate) fn method_of(headers: &HeaderMap) -> AuthMethod {
    if headers.contains_key(AUTHORIZATION) {
        AuthMethod::Header
    } else {
        AuthMethod::Query
    }
}

/// The code in an error document, before it is completed.
pub(crate) fn code_of(response: &Response<s3s::Body>) -> Option<String> {
    if response.status().as_u16() < 400 {
        return None;
    }
    let bytes = response.body().bytes()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    Some(code.to_owned())
}

fn bytes_of(response: &Response<s3s::Body>, method: &Method) -> u64 {
    if *method == Method::HEAD {
        return 0;
    }
    let declared = response.headers().get(CONTENT_LENGTH).and_then(number);
    let held = || response.body().bytes().map(|bytes| bytes.len() as u64);
    declared.or_else(held).unwrap_or(0)
}

fn number(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The query without what signs: it must not be on record while it is good.
fn shown_query(query: Option<&str>) -> Option<String> {
    let secret = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default();
        ["x-amz-signature", "x-amz-security-token"]
            .iter()
            .any(|secret| name.eq_ignore_ascii_case(secret))
    };
    let shown: Vec<&str> = query?.split('&').filter(|part| !secret(part)).collect();
    let shown = shown.join("&");
    (!shown.is_empty()).then_some(shown)
}

/// A path or a value of a query without its escapes.
#[must_use]
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.split_at_checked(2).filter(|_| *first == b'%');
        let decoded = digits.and_then(|(digits, after)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, after))
        });
        let (byte, after) = decoded.unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_not_on_record() {
        let query = "versionId=3&X-Amz-Signature=abc&x-amz-security-token=t&X-Amz-Date=d";
        let shown = shown_query(Some(query));
        assert_eq!(shown.as_deref(), Some("versionId=3&X-Amz-Date=d"));
        assert_eq!(shown_query(Some("X-Amz-Signature=abc")), None);
    }

    #[test]
    fn only_known_changes_are_silent() {
        for operation in ["PutObject", "CompleteMultipartUpload", "DeleteObjects"] {
            assert!(changes(operation), "{operation}");
        }
        for operation in [
            "GetObject",
            "ListBuckets",
            "RestoreObject",
            "",
            "SelectObjectContent",
        ] {
            assert!(!changes(operation), "{operation}");
        }
    }

    #[test]
    fn paths_are_decoded() {
        assert_eq!(percent_decoded("a%20b/%E6%82%A3%zz"), "a b/患%zz");
    }
}
