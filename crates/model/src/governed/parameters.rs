//! The parameters of governed operations, as the text that is signed shows them.

use std::fmt::Write as _;

use super::{DocumentDigest, GovernedOperation, HeldVersions, NamedBucket, moment};
use crate::audit::AuditPolicy;
use crate::ident::VersionId;
use crate::lock::{DefaultRetention, Retention, RetentionMode};

impl GovernedOperation {
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::BypassDelete {
                bucket,
                key,
                version,
            }
            | Self::LiftHold {
                bucket,
                key,
                version,
            } => of_version(bucket, key, *version),
            Self::LiftHolds { bucket, versions } => with(of_bucket(bucket), versions.parameters()),
            Self::BypassRetention {
                bucket,
                key,
                version,
                retention,
            } => with(
                of_version(bucket, key, *version),
                [("retention", retention.map_or_else(none, retention_text))],
            ),
            Self::RetireBucket { bucket } => of_bucket(bucket),
            Self::DeleteTenant { tenant, name } => vec![
                ("delete-tenant", tenant.to_string()),
                ("delete-tenant-name", name.clone()),
            ],
            Self::ChangePassphrase { tenant, name } => vec![
                ("tenant", tenant.to_string()),
                ("tenant-name", name.clone()),
            ],
            Self::ShortenHistory { bucket, days } => {
                with(of_bucket(bucket), [("days", days.0.to_string())])
            }
            Self::WidenLifecycle { bucket, rules } => {
                with(of_bucket(bucket), [("rules", document(rules))])
            }
            Self::Dispose { .. } => self.disposal(),
            Self::WeakenDefaultRetention { bucket, default } => with(
                of_bucket(bucket),
                [("default-retention", default.map_or_else(none, default_text))],
            ),
            Self::LoosenLimits { bucket, limits } => {
                with(of_bucket(bucket), [("limits", document(limits))])
            }
            Self::LoosenClasses { bucket, rules } => {
                with(of_bucket(bucket), [("class-rules", document(rules))])
            }
            Self::DestroyKey { bucket, epoch } => {
                with(of_bucket(bucket), [("epoch", epoch.to_string())])
            }
            Self::WidenResidency { bucket, sites } => {
                with(of_bucket(bucket), [("sites", document(sites))])
            }
            Self::OpenPublicAccess {
                bucket,
                opening,
                document: sent,
            } => with(
                of_bucket(bucket),
                [
                    ("opening", opening.as_str().to_owned()),
                    ("document", document(sent)),
                ],
            ),
            Self::GrantAdministration { .. } => self.administration(),
            Self::WeakenAudit { policy } => audit(policy),
        }
    }

    fn administration(&self) -> Vec<(&'static str, String)> {
        let Self::GrantAdministration {
            change,
            subject,
            document: what,
        } = self
        else {
            return Vec::new();
        };
        vec![
            ("change", change.as_str().to_owned()),
            ("subject", subject.clone()),
            ("document", document(what)),
        ]
    }

    fn disposal(&self) -> Vec<(&'static str, String)> {
        let Self::Dispose {
            bucket,
            job,
            prefix,
            class,
            before,
            reason,
        } = self
        else {
            return Vec::new();
        };
        let mut out = with(
            of_bucket(bucket),
            [
                ("job", hex(job)),
                ("prefix", prefix.clone()),
                ("before", moment(*before)),
                ("reason", reason.clone()),
            ],
        );
        // An absent class and one that is called "none" must differ.
        out.extend(class.iter().map(|class| ("class", class.clone())));
        out
    }
}

impl HeldVersions {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Prefix {
                prefix,
                all_versions,
            } => {
                let which = if *all_versions { "all" } else { "current" };
                vec![("prefix", prefix.clone()), ("versions", which.to_owned())]
            }
            Self::Listed(list) => vec![("list", document(list))],
        }
    }
}

fn audit(policy: &AuditPolicy) -> Vec<(&'static str, String)> {
    let most = policy.budget_bytes;
    vec![
        ("audit-mode", policy.mode.as_str().to_owned()),
        ("audit-keep-days", policy.keep_days.to_string()),
        (
            "audit-budget-bytes",
            most.map_or_else(none, |most| most.to_string()),
        ),
    ]
}

fn none() -> String {
    "none".to_owned()
}

fn with(
    mut parameters: Vec<(&'static str, String)>,
    more: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<(&'static str, String)> {
    parameters.extend(more);
    parameters
}

fn of_bucket(bucket: &NamedBucket) -> Vec<(&'static str, String)> {
    vec![
        ("bucket", bucket.uuid.to_string()),
        ("bucket-name", bucket.name.as_str().to_owned()),
    ]
}

fn of_version(bucket: &NamedBucket, key: &str, version: VersionId) -> Vec<(&'static str, String)> {
    with(
        of_bucket(bucket),
        [("key", key.to_owned()), ("version", version.to_string())],
    )
}

fn mode(mode: RetentionMode) -> &'static str {
    match mode {
        RetentionMode::Governance => "GOVERNANCE",
        RetentionMode::Compliance => "COMPLIANCE",
    }
}

fn retention_text(retention: Retention) -> String {
    format!("{} until {}", mode(retention.mode), moment(retention.until))
}

fn default_text(default: DefaultRetention) -> String {
    let period = default.period;
    let length = match (period.in_days(), period.in_years()) {
        (Some(days), _) => format!("{days} days"),
        (None, years) => format!("{} years", years.unwrap_or(0)),
    };
    format!("{} for {length}", mode(default.mode))
}

fn document(document: &DocumentDigest) -> String {
    format!(
        "sha256 {} ({} bytes)",
        hex(&document.sha256),
        document.bytes
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let written = write!(out, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing into memory failed");
        out
    })
}
