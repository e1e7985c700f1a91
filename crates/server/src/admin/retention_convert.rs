//! Retention: from the store's types to those on the wire, by hand.

use std::collections::BTreeMap;

use azekura_admin_api::retention::{
    ClassChange, ClassReport, ClassRuleReport, ClassRulesReport, ExplainReport, LimitsReport,
    LockCount, LockDefaultReport, LockPreview, LockShown, LockTally, PendingLimits,
};
use azekura_admin_api::types::Pair;
use azekura_model::bucket_config::{ClassAssignment, GovernedLimits};
use azekura_model::explain::{Deletable, Explanation, Situation, VersionStanding, moment};
use azekura_model::lock::{Lock, LockState, ObjectLock, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::retention_class::{ClassPeriod, ClassRules, ClassStart, RetentionClass};
use azekura_model::time::ComplianceTime;
use azekura_store::retention::count::{Amount, LockCounts};
use azekura_store::retention::trial::Preview;

use super::convert::rfc3339;

fn at(time: ComplianceTime) -> String {
    rfc3339(time.0)
}

fn mode(mode: RetentionMode) -> String {
    match mode {
        RetentionMode::Governance => "GOVERNANCE",
        RetentionMode::Compliance => "COMPLIANCE",
    }
    .to_owned()
}

pub(crate) fn class(class: &RetentionClass) -> ClassReport {
    let (start, event_ja, event_en) = match &class.start {
        ClassStart::Upload => ("upload", None, None),
        ClassStart::Event { name_ja, name_en } => {
            ("event", Some(name_ja.clone()), Some(name_en.clone()))
        }
    };
    ClassReport {
        name: class.name.to_string(),
        title_ja: class.title_ja.clone(),
        title_en: class.title_en.clone(),
        years: match class.period {
            ClassPeriod::Years(years) => Some(years),
            ClassPeriod::Indefinite => None,
        },
        start: start.to_owned(),
        event_ja,
        event_en,
        change: class.change.map(|change| ClassChange {
            from: change.from.map(|from| from.to_string()),
            years: change.years,
        }),
        law: class.law.clone(),
        edition: class.edition.clone(),
        unverified: class.unverified,
        note_ja: class.note_ja.clone(),
        note_en: class.note_en.clone(),
        shipped: class.shipped,
    }
}

fn rules(rules: &ClassRules) -> Vec<ClassRuleReport> {
    rules
        .0
        .iter()
        .map(|rule| ClassRuleReport {
            prefix: rule.prefix.clone(),
            tag: rule.tag.as_ref().map(|(name, value)| Pair {
                name: name.clone(),
                value: value.clone(),
            }),
            class: rule.class.to_string(),
            mode: mode(rule.mode),
        })
        .collect()
}

pub(crate) fn class_rules(
    bucket: &BucketName,
    assignment: &ClassAssignment,
    now: ComplianceTime,
) -> ClassRulesReport {
    let pending = assignment.pending(now);
    ClassRulesReport {
        bucket: bucket.to_string(),
        rules: rules(assignment.in_force(now)),
        pending: pending.map(|pending| rules(&pending.value)),
        acts_at: pending.map(|pending| at(pending.acts_at)),
    }
}

pub(crate) fn limits(
    bucket: &BucketName,
    limits: &GovernedLimits,
    now: ComplianceTime,
) -> LimitsReport {
    let in_force = limits.in_force(now);
    LimitsReport {
        bucket: bucket.to_string(),
        floor_days: in_force.floor_days(),
        ceiling_days: in_force.ceiling_days(),
        pending: limits.pending(now).map(|pending| PendingLimits {
            floor_days: pending.value.floor_days(),
            ceiling_days: pending.value.ceiling_days(),
            acts_at: at(pending.acts_at),
        }),
    }
}

pub(crate) fn lock_default(
    bucket: &BucketName,
    lock: Option<ObjectLock>,
    preview: Option<Preview>,
) -> LockDefaultReport {
    let default = lock.and_then(|lock| lock.default);
    let trial = lock.and_then(|lock| lock.probation);
    LockDefaultReport {
        bucket: bucket.to_string(),
        enabled: lock.is_some(),
        mode: default.map(|default| mode(default.mode)),
        days: default.and_then(|default| default.period.in_days()),
        years: default.and_then(|default| default.period.in_years()),
        probation_ends: trial.map(|trial| at(trial.ends)),
        preview: trial
            .zip(preview)
            .map(|(trial, preview)| shown(bucket, trial.ends, preview)),
    }
}

fn shown(bucket: &BucketName, ends: ComplianceTime, preview: Preview) -> LockPreview {
    let ends = moment(ends);
    LockPreview {
        versions: preview.versions,
        bytes: preview.bytes,
        first_until: preview.first.map(at),
        last_until: preview.last.map(at),
        more: preview.more,
        final_ja: format!(
            "{ends} 以後、これらの版は誰も、設定を変えても、期限まで削除も短縮もできません。やめるには、それまでに azekura lock default {bucket} --withdraw。"
        ),
        final_en: format!(
            "From {ends} on nobody can delete these versions or shorten their retention, by no setting. To stop it, withdraw the default before: azekura lock default {bucket} --withdraw."
        ),
    }
}

fn lock_shown(lock: &Lock) -> LockShown {
    LockShown {
        mode: lock.retention.map(|retention| mode(retention.mode)),
        until: lock.retention.map(|retention| at(retention.until)),
        hold: lock.hold,
        event: lock.event.as_ref().map(|event| event.class.to_string()),
        event_floor: lock.event.as_ref().map(|event| at(event.floor)),
        probation: lock.probation.map(at),
        classes: lock.classes.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn explained(
    situation: &Situation<'_>,
    bytes: u64,
    explained: Explanation,
) -> ExplainReport {
    let (lock, unknown) = match situation.state {
        LockState::Known(lock) => (lock_shown(lock), None),
        LockState::Unknown(why) => (LockShown::default(), Some(why.clone())),
    };
    ExplainReport {
        address: situation.address.to_owned(),
        version: situation.version.to_owned(),
        standing: match situation.standing {
            VersionStanding::Current => "current",
            VersionStanding::Noncurrent => "noncurrent",
            VersionStanding::UnderMarker => "under-marker",
            VersionStanding::Marker => "marker",
            VersionStanding::Hidden { .. } => "hidden",
        }
        .to_owned(),
        bytes,
        deletable: match explained.deletable {
            Deletable::Yes => "yes",
            Deletable::WithBypass => "with-bypass",
            Deletable::NotBefore(_) => "not-before",
            Deletable::AfterEvent => "after-event",
            Deletable::AfterHold => "after-hold",
            Deletable::Unknown => "unknown",
        }
        .to_owned(),
        free_from: explained.free_from.map(at),
        lock,
        unknown,
        compliance_time: at(situation.now),
        sentences: explained.sentences,
    }
}

fn amount(name: impl ToString, amount: &Amount) -> LockCount {
    LockCount {
        name: name.to_string(),
        versions: amount.versions,
        bytes: amount.bytes,
    }
}

fn amounts<N: ToString>(amounts: &BTreeMap<N, Amount>) -> Vec<LockCount> {
    let each = amounts.iter();
    each.map(|(name, of)| amount(name.to_string(), of))
        .collect()
}

pub(crate) fn counts(counts: LockCounts) -> LockTally {
    LockTally {
        by_lock: amounts(&counts.by_lock),
        by_month: amounts(&counts.by_month),
        by_class: amounts(&counts.by_class),
        by_day: amounts(&counts.by_day),
        hidden: amount("history", &counts.hidden),
        versions: counts.all.versions,
        bytes: counts.all.bytes,
        next: counts.next.map(|next| next.to_text()),
    }
}
