//! Audit: what goes on record of reads, listings, refusals and log-ins, and how it is kept. State
//! changes are on record by themselves.

use std::net::IpAddr;

use crate::time::{ComplianceTime, HybridTime, WallTime};

/// Longest request id, operation, version id or error code of an entry, in bytes.
pub const AUDIT_WORD_BYTES_MAX: usize = 128;
/// Longest name of an entry, in bytes: principal, key id, certificate subject, host, user agent, bucket,
/// patient, statement that decided.
pub const AUDIT_NAME_BYTES_MAX: usize = 256;
/// Longest object key or query of an entry, in bytes; an object key fits as a whole.
pub const AUDIT_TEXT_BYTES_MAX: usize = 1024;
/// Days in five years.
pub const FIVE_YEARS_DAYS: u32 = 1827;
/// Fewest days for which entries are kept: whoever looks after a break-in finds the year before it.
pub const KEEP_DAYS_MIN: u32 = 365;
/// Most days for which entries are kept, a hundred years.
pub const KEEP_DAYS_MAX: u32 = 36_525;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// By how much a wall clock that runs ahead prolongs the period.
const LEAD_MS_MAX: i64 = 30 * DAY_MS;

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

impl AuditPolicy {
    /// Whether nothing is lost by putting this one in force instead of `other`: entries are durable as
    /// early, kept as long, and have as much space.
    #[must_use]
    pub fn keeps_at_least(&self, other: &Self) -> bool {
        let mode = self.mode == AuditMode::Strict || other.mode == AuditMode::Batched;
        let space = match (self.budget_bytes, other.budget_bytes) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => own >= other,
        };
        mode && space && self.keep_days >= other.keep_days
    }

    /// Whether a tenant may have it.
    ///
    /// # Errors
    /// [`BadAuditPolicy`].
    pub fn check(&self) -> Result<(), BadAuditPolicy> {
        match self.keep_days {
            KEEP_DAYS_MIN..=KEEP_DAYS_MAX => Ok(()),
            days => Err(BadAuditPolicy(days)),
        }
    }

    /// From when on a batch may be released. It was committed at `compliance`, when the wall clock showed
    /// `wall`; no entry of it is younger.
    #[must_use]
    pub fn kept_until(&self, compliance: ComplianceTime, wall: WallTime) -> ComplianceTime {
        let lead = wall.0.saturating_sub(compliance.0).clamp(0, LEAD_MS_MAX);
        let days = i64::from(self.keep_days).saturating_mul(DAY_MS);
        ComplianceTime(compliance.0.saturating_add(lead).saturating_add(days))
    }
}

/// Not a period for which an audit is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the audit is kept for {KEEP_DAYS_MIN} to {KEEP_DAYS_MAX} days, not for {0}")]
pub struct BadAuditPolicy(pub u32);

impl AuditMode {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Batched => "batched",
        }
    }
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
    fn less_of_anything_weakens() {
        let policy = |mode, keep_days, budget_bytes| AuditPolicy {
            mode,
            keep_days,
            budget_bytes,
        };
        let stands = policy(AuditMode::Strict, 800, Some(10));
        for (other, keeps) in [
            (stands, true),
            (policy(AuditMode::Strict, 801, None), true),
            (policy(AuditMode::Strict, 800, Some(11)), true),
            (policy(AuditMode::Batched, 900, None), false),
            (policy(AuditMode::Strict, 799, None), false),
            (policy(AuditMode::Strict, 900, Some(9)), false),
        ] {
            assert_eq!(other.keeps_at_least(&stands), keeps, "{other:?}");
        }
        let unlimited = policy(AuditMode::Batched, 800, None);
        assert!(!policy(AuditMode::Strict, 800, Some(u64::MAX)).keeps_at_least(&unlimited));
        assert!(policy(AuditMode::Batched, 364, None).check().is_err());
        assert!(policy(AuditMode::Batched, 365, None).check().is_ok());
        assert!(policy(AuditMode::Batched, 40_000, None).check().is_err());
    }

    #[test]
    fn the_later_clock_counts_and_a_wrong_one_a_month_at_most() {
        let policy = AuditPolicy {
            keep_days: 365,
            ..AuditPolicy::default()
        };
        let until = |compliance, wall| {
            let until =
                policy.kept_until(ComplianceTime(compliance * DAY_MS), WallTime(wall * DAY_MS));
            until.0 / DAY_MS
        };
        assert_eq!(until(10, 10), 375);
        assert_eq!(until(10, 2), 375, "a clock that was put back");
        assert_eq!(until(10, 15), 380);
        assert_eq!(until(10, 100_000), 405);
        let forever = policy.kept_until(ComplianceTime(i64::MAX), WallTime(i64::MAX));
        assert_eq!(forever.0, i64::MAX);
    }

    #[test]
    fn five_years_are_the_rule() {
        let policy = AuditPolicy::default();
        assert_eq!(policy.mode, AuditMode::Batched);
        assert!(policy.keep_days > 5 * 365);
    }
}
