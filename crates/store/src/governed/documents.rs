//! Long parameters of governed operations as texts: one fact a line, for the person who signs.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use azekura_model::bucket_config::PublicAccessBlock;
use azekura_model::cooling::{Governed, HistoryDays};
use azekura_model::governed::{
    DocumentDigest, GovernedOperation, NamedBucket, PublicOpening, escaped, moment,
};
use azekura_model::lifecycle::{Expiration, LifecycleRule, LifecycleRules};
use azekura_model::lock::RetentionMode;
use azekura_model::retention_class::ClassRules;
use azekura_model::retention_limits::RetentionLimits;

/// An operation and its long parameter, whole.
pub(crate) type Described = (GovernedOperation, Option<String>);

/// A document as an operation names it.
#[must_use]
pub(crate) fn digested(document: &str) -> DocumentDigest {
    let hash = digest(&SHA256, document.as_bytes());
    let mut sha256 = [0; 32];
    sha256
        .iter_mut()
        .zip(hash.as_ref())
        .for_each(|(to, from)| *to = *from);
    DocumentDigest {
        sha256,
        bytes: document.len() as u64,
    }
}

/// A setting whose weakening waits for its request.
pub(crate) trait Weakens: Governed {
    /// What asking for this value is. The value alone decides: the same call is the same operation.
    fn operation(&self, bucket: NamedBucket) -> Described;
}

impl Weakens for HistoryDays {
    fn operation(&self, bucket: NamedBucket) -> Described {
        let days = *self;
        (GovernedOperation::ShortenHistory { bucket, days }, None)
    }
}

impl Weakens for LifecycleRules {
    fn operation(&self, bucket: NamedBucket) -> Described {
        let document: String = self.rules().iter().map(lifecycle_rule).collect();
        let rules = digested(&document);
        let operation = GovernedOperation::WidenLifecycle { bucket, rules };
        (operation, Some(document))
    }
}

impl Weakens for ClassRules {
    fn operation(&self, bucket: NamedBucket) -> Described {
        let mut document = String::new();
        for rule in &self.0 {
            let mode = match rule.mode {
                RetentionMode::Governance => "GOVERNANCE",
                RetentionMode::Compliance => "COMPLIANCE",
            };
            put(&mut document, "class", rule.class.as_str());
            put(&mut document, "mode", mode);
            put(&mut document, "prefix", &rule.prefix);
            if let Some((name, value)) = &rule.tag {
                put(&mut document, "tag-name", name);
                put(&mut document, "tag-value", value);
            }
            document.push('\n');
        }
        let rules = digested(&document);
        let operation = GovernedOperation::LoosenClasses { bucket, rules };
        (operation, Some(document))
    }
}

impl Weakens for RetentionLimits {
    fn operation(&self, bucket: NamedBucket) -> Described {
        let days = |days: Option<u32>| days.map_or("none".to_owned(), |days| days.to_string());
        let mut document = String::new();
        put(&mut document, "floor-days", &days(self.floor_days()));
        put(&mut document, "ceiling-days", &days(self.ceiling_days()));
        let limits = digested(&document);
        let operation = GovernedOperation::LoosenLimits { bucket, limits };
        (operation, Some(document))
    }
}

/// A weaker public-access block.
pub(crate) fn public_access(bucket: NamedBucket, block: &PublicAccessBlock) -> Described {
    let mut document = String::new();
    for (name, on) in [
        ("block-public-acls", block.block_public_acls),
        ("ignore-public-acls", block.ignore_public_acls),
        ("block-public-policy", block.block_public_policy),
        ("restrict-public-buckets", block.restrict_public_buckets),
    ] {
        put(&mut document, name, if on { "on" } else { "off" });
    }
    opened(bucket, PublicOpening::Block, document)
}

/// A policy, list or block that opens a bucket to everybody.
pub(crate) fn opened(bucket: NamedBucket, opening: PublicOpening, document: String) -> Described {
    let operation = GovernedOperation::OpenPublicAccess {
        bucket,
        opening,
        document: digested(&document),
    };
    (operation, Some(document))
}

fn put(out: &mut String, name: &str, value: &str) {
    let written = writeln!(out, "{name}: {}", escaped(value));
    debug_assert!(written.is_ok(), "writing into memory failed");
}

/// One fact a line, an empty line after the rule. Every field stands here: two rules that differ have
/// different texts.
fn lifecycle_rule(rule: &LifecycleRule) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: &str| put(&mut out, name, value);
    line("rule", &rule.id);
    line("status", if rule.enabled { "enabled" } else { "disabled" });
    if rule.legacy_prefix {
        line("written", "with the deprecated Prefix");
    }
    let filter = &rule.filter;
    if let Some(prefix) = &filter.prefix {
        line("prefix", prefix);
    }
    for (name, value) in &filter.tags {
        line("tag-name", name);
        line("tag-value", value);
    }
    let numbers = [
        ("larger-than-bytes", filter.larger_than),
        ("smaller-than-bytes", filter.smaller_than),
        (
            "abort-uploads-after-days",
            rule.abort_multipart_days.map(u64::from),
        ),
        (
            "delete-noncurrent-after-days",
            rule.noncurrent.map(|noncurrent| u64::from(noncurrent.days)),
        ),
        (
            "keep-newest-noncurrent",
            rule.noncurrent
                .and_then(|noncurrent| noncurrent.newer_versions)
                .map(u64::from),
        ),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            line(name, &number.to_string());
        }
    }
    match rule.expiration {
        Some(Expiration::Days(days)) => line("delete-current-after-days", &days.to_string()),
        Some(Expiration::Date(date)) => line("delete-current-from", &moment(date)),
        Some(Expiration::ExpiredObjectDeleteMarker(goes)) => {
            line("remove-lone-markers", if goes { "yes" } else { "no" });
        }
        None => {}
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_model::ident::BucketUuid;
    use azekura_model::lifecycle::{LifecycleFilter, NoncurrentExpiration};
    use azekura_model::name::BucketName;
    use azekura_model::time::ComplianceTime;

    fn rule() -> LifecycleRule {
        LifecycleRule {
            id: "r".to_owned(),
            enabled: true,
            filter: LifecycleFilter::default(),
            legacy_prefix: false,
            expiration: Some(Expiration::Days(1)),
            noncurrent: None,
            abort_multipart_days: None,
        }
    }

    #[test]
    fn every_field_of_a_rule_is_signed() {
        let filter = |filter| LifecycleRule { filter, ..rule() };
        let plain = LifecycleFilter::default();
        let noncurrent = |newer_versions| LifecycleRule {
            noncurrent: Some(NoncurrentExpiration {
                days: 1,
                newer_versions,
            }),
            ..rule()
        };
        let expiration = |expiration| LifecycleRule {
            expiration,
            ..rule()
        };
        let rules = [
            rule(),
            LifecycleRule {
                id: "s".to_owned(),
                ..rule()
            },
            LifecycleRule {
                enabled: false,
                ..rule()
            },
            LifecycleRule {
                legacy_prefix: true,
                ..rule()
            },
            LifecycleRule {
                abort_multipart_days: Some(1),
                ..rule()
            },
            filter(LifecycleFilter {
                prefix: Some(String::new()),
                ..plain.clone()
            }),
            filter(LifecycleFilter {
                prefix: Some("a\nrule: x".to_owned()),
                ..plain.clone()
            }),
            filter(LifecycleFilter {
                tags: vec![("a".to_owned(), "b".to_owned())],
                ..plain.clone()
            }),
            filter(LifecycleFilter {
                larger_than: Some(1),
                ..plain.clone()
            }),
            filter(LifecycleFilter {
                smaller_than: Some(1),
                ..plain
            }),
            noncurrent(None),
            noncurrent(Some(1)),
            expiration(None),
            expiration(Some(Expiration::Days(2))),
            expiration(Some(Expiration::Date(ComplianceTime(1)))),
            expiration(Some(Expiration::ExpiredObjectDeleteMarker(true))),
            expiration(Some(Expiration::ExpiredObjectDeleteMarker(false))),
        ];
        let bucket = NamedBucket {
            uuid: BucketUuid([1; 16]),
            name: BucketName::parse("charts").unwrap(),
        };
        let mut texts = std::collections::BTreeSet::new();
        for rule in &rules {
            let rules = LifecycleRules::stored(vec![rule.clone()]);
            texts.insert(rules.operation(bucket.clone()).0.text());
        }
        assert_eq!(texts.len(), rules.len());
    }
}
