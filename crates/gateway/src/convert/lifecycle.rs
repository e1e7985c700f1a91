//! Lifecycle rules on the wire (S3 API reference, `BucketLifecycleConfiguration`).

use std::collections::BTreeSet;

use azekura_model::lifecycle::{
    BadLifecycle, Expiration, LifecycleFilter, LifecycleRule, LifecycleRules, NEWER_NONCURRENT_MAX,
    NoncurrentExpiration,
};
use azekura_model::time::ComplianceTime;
use s3s::dto;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::times;
use crate::errors;

fn malformed() -> S3Error {
    let message = "The XML you provided was not well-formed or did not validate against our \
                   published schema";
    S3Error::with_message(S3ErrorCode::MalformedXML, message)
}

/// The rules of a request.
///
/// # Errors
/// `MalformedXML`, `InvalidArgument`, `InvalidRequest` as S3 gives them (decision 0151).
pub(crate) fn of_wire(
    document: Option<dto::BucketLifecycleConfiguration>,
) -> S3Result<LifecycleRules> {
    let document = document.ok_or_else(malformed)?;
    let rules = document.rules.into_iter().map(rule_of);
    let mut rules = rules.collect::<S3Result<Vec<_>>>()?;
    name_all(&mut rules);
    LifecycleRules::new(rules).map_err(|bad| refused(&bad))
}

/// Gives each rule without a name one that no other has.
fn name_all(rules: &mut [LifecycleRule]) {
    let taken: BTreeSet<_> = rules.iter().map(|rule| rule.id.clone()).collect();
    let mut free = (1_u32..).map(|number| format!("rule-{number}"));
    let mut free = free.by_ref().filter(|name| !taken.contains(name));
    for rule in rules.iter_mut().filter(|rule| rule.id.is_empty()) {
        rule.id = free.next().unwrap_or_default();
    }
}

fn refused(bad: &BadLifecycle) -> S3Error {
    match bad {
        BadLifecycle::RuleCount => malformed(),
        BadLifecycle::DuplicateId
        | BadLifecycle::IdTooLong
        | BadLifecycle::Days { .. }
        | BadLifecycle::DateNotMidnight
        | BadLifecycle::NewerVersions => errors::invalid_argument(&bad.to_string()),
        BadLifecycle::NoAction
        | BadLifecycle::ActionWithFilter { .. }
        | BadLifecycle::SizeRange
        | BadLifecycle::Tags
        | BadLifecycle::PrefixTooLong => errors::invalid_request(&bad.to_string()),
    }
}

fn rule_of(rule: dto::LifecycleRule) -> S3Result<LifecycleRule> {
    let enabled = match rule.status.as_str() {
        "Enabled" => true,
        "Disabled" => false,
        _ => return Err(malformed()),
    };
    check_transitions(&rule)?;
    let legacy_prefix = rule.prefix.is_some();
    let filter = match (rule.prefix, rule.filter) {
        (Some(prefix), None) => LifecycleFilter {
            prefix: Some(prefix),
            ..LifecycleFilter::default()
        },
        (None, Some(filter)) => filter_of(filter)?,
        // Both, or neither: what would be deleted is not clear.
        _ => return Err(malformed()),
    };
    let abort = rule.abort_incomplete_multipart_upload;
    let abort = abort.map(|abort| days(abort.days_after_initiation, "DaysAfterInitiation"));
    Ok(LifecycleRule {
        id: rule.id.unwrap_or_default(),
        enabled,
        filter,
        legacy_prefix,
        expiration: rule.expiration.map(expiration_of).transpose()?,
        noncurrent: rule
            .noncurrent_version_expiration
            .map(noncurrent_of)
            .transpose()?,
        abort_multipart_days: abort.transpose()?,
    })
}

/// There is one storage class, so there is nothing to move to: a rule that did nothing would be
/// believed. What is wrong with the transition itself is said first.
fn check_transitions(rule: &dto::LifecycleRule) -> S3Result<()> {
    for transition in rule.transitions.iter().flatten() {
        if transition.date.is_some() == transition.days.is_some() {
            return Err(malformed());
        }
        if let Some(date) = &transition.date {
            midnight(date.clone())?;
        }
        if transition.days.is_some_and(|days| days < 0) {
            let message = "'Days' in the Transition action must be nonnegative";
            return Err(errors::invalid_argument(message));
        }
    }
    let noncurrent = rule.noncurrent_version_transitions.iter().flatten();
    if rule.transitions.iter().flatten().count() > 0 || noncurrent.count() > 0 {
        let message = "Transitions have no storage class to go to: every object is STANDARD, and \
                       there is no other";
        return Err(errors::answer(
            "InvalidStorageClass",
            400,
            message.to_owned(),
        ));
    }
    Ok(())
}

fn filter_of(filter: dto::LifecycleRuleFilter) -> S3Result<LifecycleFilter> {
    let elements = [
        filter.and.is_some(),
        filter.object_size_greater_than.is_some(),
        filter.object_size_less_than.is_some(),
        filter.prefix.is_some(),
        filter.tag.is_some(),
    ];
    if elements.into_iter().filter(|there| *there).count() > 1 {
        return Err(malformed());
    }
    let (sizes, prefix, tags) = match filter.and {
        Some(and) => {
            let tags = and.tags.unwrap_or_default();
            let predicates = tags
                .len()
                .saturating_add(usize::from(and.prefix.is_some()))
                .saturating_add(usize::from(and.object_size_greater_than.is_some()))
                .saturating_add(usize::from(and.object_size_less_than.is_some()));
            if predicates < 2 {
                return Err(malformed());
            }
            let sizes = (and.object_size_greater_than, and.object_size_less_than);
            (sizes, and.prefix, tags)
        }
        None => {
            let sizes = (
                filter.object_size_greater_than,
                filter.object_size_less_than,
            );
            (sizes, filter.prefix, filter.tag.into_iter().collect())
        }
    };
    let tags = tags.into_iter().map(|tag| Some((tag.key?, tag.value?)));
    Ok(LifecycleFilter {
        prefix,
        tags: tags.collect::<Option<_>>().ok_or_else(malformed)?,
        larger_than: sizes.0.map(bytes).transpose()?,
        smaller_than: sizes.1.map(bytes).transpose()?,
    })
}

fn bytes(number: i64) -> S3Result<u64> {
    u64::try_from(number).map_err(|_| {
        errors::invalid_request("ObjectSizeGreaterThan and ObjectSizeLessThan are not below 0")
    })
}

fn days(number: Option<i32>, what: &'static str) -> S3Result<u32> {
    let number = number.ok_or_else(malformed)?;
    u32::try_from(number).map_err(|_| refused(&BadLifecycle::Days { what }))
}

fn midnight(date: dto::Timestamp) -> S3Result<ComplianceTime> {
    let at = time::OffsetDateTime::from(date.clone());
    if at.unix_timestamp_nanos().rem_euclid(86_400_000_000_000) != 0 {
        return Err(refused(&BadLifecycle::DateNotMidnight));
    }
    Ok(ComplianceTime(times::wall(date).0))
}

fn expiration_of(expiration: dto::LifecycleExpiration) -> S3Result<Expiration> {
    let marker = expiration.expired_object_delete_marker;
    match (expiration.days, expiration.date, marker) {
        (Some(_), None, None) => Ok(Expiration::Days(days(expiration.days, "Days")?)),
        (None, Some(date), None) => midnight(date).map(Expiration::Date),
        (None, None, Some(goes)) => Ok(Expiration::ExpiredObjectDeleteMarker(goes)),
        _ => Err(malformed()),
    }
}

fn noncurrent_of(noncurrent: dto::NoncurrentVersionExpiration) -> S3Result<NoncurrentExpiration> {
    let newer = noncurrent.newer_noncurrent_versions;
    let newer = newer.map(|count| {
        let count = u32::try_from(count).ok();
        let count = count.filter(|count| (1..=NEWER_NONCURRENT_MAX).contains(count));
        count.ok_or_else(|| refused(&BadLifecycle::NewerVersions))
    });
    Ok(NoncurrentExpiration {
        days: days(noncurrent.noncurrent_days, "NoncurrentDays")?,
        newer_versions: newer.transpose()?,
    })
}

/// The rules of an answer, in the words of the request.
pub(crate) fn to_wire(rules: &LifecycleRules) -> Vec<dto::LifecycleRule> {
    rules.rules().iter().map(rule_to_wire).collect()
}

fn rule_to_wire(rule: &LifecycleRule) -> dto::LifecycleRule {
    let status = if rule.enabled { "Enabled" } else { "Disabled" };
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let expiration = rule.expiration.map(|expiration| {
        let mut wire = dto::LifecycleExpiration::default();
        match expiration {
            Expiration::Days(days) => wire.days = Some(number(days)),
            Expiration::Date(date) => wire.date = Some(times::of_compliance(date)),
            Expiration::ExpiredObjectDeleteMarker(goes) => {
                wire.expired_object_delete_marker = Some(goes);
            }
        }
        wire
    });
    let noncurrent = rule
        .noncurrent
        .map(|kept| dto::NoncurrentVersionExpiration {
            newer_noncurrent_versions: kept.newer_versions.map(number),
            noncurrent_days: Some(number(kept.days)),
        });
    let abort = rule.abort_multipart_days;
    let abort = abort.map(|days| dto::AbortIncompleteMultipartUpload {
        days_after_initiation: Some(number(days)),
    });
    let (prefix, filter) = if rule.legacy_prefix {
        (rule.filter.prefix.clone(), None)
    } else {
        (None, Some(filter_to_wire(&rule.filter)))
    };
    dto::LifecycleRule {
        abort_incomplete_multipart_upload: abort,
        expiration,
        filter,
        id: Some(rule.id.clone()),
        noncurrent_version_expiration: noncurrent,
        noncurrent_version_transitions: None,
        prefix,
        status: dto::ExpirationStatus::from_static(status),
        transitions: None,
    }
}

fn filter_to_wire(filter: &LifecycleFilter) -> dto::LifecycleRuleFilter {
    let size = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let (larger, smaller) = (filter.larger_than.map(size), filter.smaller_than.map(size));
    let mut tags = filter.tags.iter().map(|(key, value)| dto::Tag {
        key: Some(key.clone()),
        value: Some(value.clone()),
    });
    let sizes = usize::from(larger.is_some()).saturating_add(usize::from(smaller.is_some()));
    let named = usize::from(filter.prefix.is_some()).saturating_add(sizes);
    if named.saturating_add(filter.tags.len()) > 1 {
        let tags: Vec<_> = tags.collect();
        return dto::LifecycleRuleFilter {
            and: Some(dto::LifecycleRuleAndOperator {
                object_size_greater_than: larger,
                object_size_less_than: smaller,
                prefix: filter.prefix.clone(),
                tags: (!tags.is_empty()).then_some(tags),
            }),
            ..dto::LifecycleRuleFilter::default()
        };
    }
    dto::LifecycleRuleFilter {
        and: None,
        object_size_greater_than: larger,
        object_size_less_than: smaller,
        prefix: filter.prefix.clone(),
        tag: tags.next(),
    }
}

#[cfg(test)]
mod tests;
