//! Audit: what goes on record of reads, listings, refusals and log-ins, and how it is kept. State
//! changes are on record by themselves.

use std::net::IpAddr;

use crate::time::{HybridTime, WallTime};

/// Longest request id, operation, version id or error code of an entry, in bytes.
pub const AUDIT_WORD_BYTES_MAX: usize = 128;
/// Longest name of an entry, in bytes: principal, key id, certificate subject, host, user agent, bucket,
/// patient, statement that decided.
pub const AUDIT_NAME_BYTES_MAX: usize = 256;
/// Longest object key or query of an entry, in bytes; an object key fits as a whole.
pub const AUDIT_TEXT_BYTES_MAX: usize = 1024;
/// Days in five years.
const FIVE_YEARS_DAYS: u32 = 1827;

/// When an entry is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AuditMode {
    /// Before the answer is sent; what cannot be put on record is not answered.
    Strict,
    /// Within a second of the answer.
    #[default]
    Batched,
}

/// How the audit of a tenant is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditPolicy {
    /// When an entry is durable.
    pub mode: AuditMode,
    /// Days for which entries are kept.
    pub keep_days: u32,
    /// Bytes that entries may take, as stored; `None` = no limit.
    pub budget_bytes: Option<u64>,
}

/// By what a request was known to come from its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AuthMethod {
    /// Not at all: nothing was signed, or the signature was not verified. A key id is a claim.
    #[default]
    Unverified,
    /// A signature in the `Authorization` header.
    Header,
    /// A signature in the query (a presigned URL).
    Query,
    /// The signed policy of a form upload.
    Form,
    /// A person logged in.
    Login,
}

/// Where a request came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AuditInterface {
    /// The S3 API.
    #[default]
    S3,
    /// The admin API.
    Admin,
}

/// One request on record; or, with a count above 1, so many of the same kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditEntry {
    /// What the wall clock showed when it was answered; of a roll-up, the last.
    pub time: WallTime,
    /// Its place in the order of the vault's records.
    pub hybrid: HybridTime,
    /// As sent to the client; empty in a roll-up.
    pub request_id: String,
    /// Where it came in.
    pub interface: AuditInterface,
    /// Name of the S3 operation or method and route of the admin API; empty when the request was refused
    /// before that was known.
    pub operation: String,
    /// Person or system; empty when unverified.
    pub principal: String,
    /// Access key id; claimed only, when unverified.
    pub key_id: String,
    /// By what the principal was known.
    pub auth: AuthMethod,
    /// Source address; of a roll-up, the first address of the network.
    pub source: Option<IpAddr>,
    /// Subject of the client certificate.
    pub tls_identity: Option<String>,
    /// `User-Agent`, cut.
    pub user_agent: Option<String>,
    /// `Host`, cut.
    pub host: Option<String>,
    /// Method of HTTP.
    pub method: String,
    /// Query without signatures, cut.
    pub query: Option<String>,
    /// Bucket.
    pub bucket: Option<String>,
    /// Object key; of a listing, its prefix.
    pub key: Option<String>,
    /// Version id as asked for or as answered.
    pub version: Option<String>,
    /// Status of the answer.
    pub status: u16,
    /// S3 error code.
    pub error_code: Option<String>,
    /// Statement of the policy that decided.
    pub decision: Option<String>,
    /// Patient whom the object key names.
    pub patient: Option<String>,
    /// Bytes of content received.
    pub bytes_received: u64,
    /// Bytes of content in the answer.
    pub bytes_sent: u64,
    /// Microseconds from the request's head to the answer's.
    pub duration_us: u64,
    /// Requests that this entry stands for; 1 = itself.
    pub count: u64,
    /// Of a roll-up: the time of the first.
    pub since: Option<WallTime>,
}

impl Default for AuditPolicy {
    fn default() -> Self {
        Self {
            mode: AuditMode::default(),
            keep_days: FIVE_YEARS_DAYS,
            budget_bytes: None,
        }
    }
}

impl AuditEntry {
    /// Whether the principal is known, not only claimed.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.auth != AuthMethod::Unverified
    }

    /// Whether the request was refused or failed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.status >= 400
    }

    /// With every text cut to its greatest length: what a client sends must not fill the audit.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        for (text, most) in [
            (&mut self.request_id, AUDIT_WORD_BYTES_MAX),
            (&mut self.operation, AUDIT_WORD_BYTES_MAX),
            (&mut self.method, AUDIT_WORD_BYTES_MAX),
            (&mut self.principal, AUDIT_NAME_BYTES_MAX),
            (&mut self.key_id, AUDIT_NAME_BYTES_MAX),
        ] {
            cut(text, most);
        }
        for (text, most) in [
            (&mut self.version, AUDIT_WORD_BYTES_MAX),
            (&mut self.error_code, AUDIT_WORD_BYTES_MAX),
            (&mut self.tls_identity, AUDIT_NAME_BYTES_MAX),
            (&mut self.user_agent, AUDIT_NAME_BYTES_MAX),
            (&mut self.host, AUDIT_NAME_BYTES_MAX),
            (&mut self.bucket, AUDIT_NAME_BYTES_MAX),
            (&mut self.decision, AUDIT_NAME_BYTES_MAX),
            (&mut self.patient, AUDIT_NAME_BYTES_MAX),
            (&mut self.query, AUDIT_TEXT_BYTES_MAX),
            (&mut self.key, AUDIT_TEXT_BYTES_MAX),
        ] {
            if let Some(text) = text {
                cut(text, most);
            }
        }
        self.count = self.count.max(1);
        self
    }
}

/// Cuts a text at a character, so that it has at most so many bytes.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_a_character() {
        let long = AuditEntry {
            key: Some("患".repeat(400)),
            operation: "x".repeat(500),
            ..AuditEntry::default()
        };
        let entry = long.bounded();
        assert_eq!(entry.key.unwrap().len(), 1023);
        assert_eq!(entry.operation.len(), AUDIT_WORD_BYTES_MAX);
        assert_eq!(entry.count, 1);
    }

    #[test]
    fn five_years_are_the_rule() {
        let policy = AuditPolicy::default();
        assert_eq!(policy.mode, AuditMode::Batched);
        assert!(policy.keep_days > 5 * 365);
    }
}
