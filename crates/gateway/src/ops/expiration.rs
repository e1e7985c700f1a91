//! `x-amz-expiration`: when a lifecycle rule hides a current version (S3 API reference, PutObject).

use azekura_model::cooling::Cooling;
use azekura_model::lifecycle::{LifecycleRules, Standing, VersionFacts, midnight_after};
use azekura_model::name::BucketName;
use azekura_model::time::{ComplianceTime, WallTime};

use super::Context;
use crate::convert::{encoding, headers, times};

/// What is known of a current version.
pub(super) struct Current<'a> {
    pub(super) key: &'a str,
    pub(super) tags: &'a [(String, String)],
    pub(super) bytes: u64,
    pub(super) modified: WallTime,
}

/// The header, if a rule concerns the version. Nobody waits for it: what cannot be read leaves it out.
///
/// Shown by Last-Modified. Rules are judged by compliance time, which is never ahead of real time: a
/// version is hidden then or later, never sooner.
pub(super) fn header(cx: &Context, bucket: &BucketName, current: &Current<'_>) -> Option<String> {
    let rules = cx.store.lifecycle(bucket).ok()?;
    let (at, rule) = expiry(&rules, current)?;
    let date = headers::http_date(&times::of_compliance(at));
    let rule = encoding::url(rule);
    Some(format!("expiry-date=\"{date}\", rule-id=\"{rule}\""))
}

/// Rules that still wait for their cooling-off hide nothing before it is over.
fn expiry<'a>(
    rules: &'a Cooling<LifecycleRules>,
    current: &Current<'_>,
) -> Option<(ComplianceTime, &'a str)> {
    let facts = VersionFacts {
        key: current.key,
        tags: current.tags,
        bytes: current.bytes,
        marker: false,
        standing: Standing::Current {
            since: ComplianceTime(current.modified.0),
            alone: false,
        },
    };
    let (in_force, pending) = rules.parts();
    let later = pending.and_then(|pending| {
        let (at, rule) = pending.value.expiry(&facts)?;
        // Rules run at midnight.
        Some((at.max(midnight_after(pending.acts_at, 0)), rule))
    });
    let now = in_force.expiry(&facts);
    now.into_iter().chain(later).min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests;
