//! [`RetentionApi`] over the store, for one verified caller.

use async_trait::async_trait;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::retention::{
    BulkItem, BulkQuery, BulkRefused, BulkReport, ClassList, ClassRuleQuery, ClassRulesReport,
    ExplainQuery, ExplainReport, LimitsQuery, LimitsReport, LockDefaultQuery, LockDefaultReport,
    LockTally, PageQuery, RetentionApi, UndeleteQuery, UndeleteReport,
};
use azekura_model::access::Action;
use azekura_model::bucket_config::Configured;
use azekura_model::calendar::{CivilDate, DAY_MS};
use azekura_model::explain::{AnswerLanguage, Situation, explain};
use azekura_model::lock::{DefaultRetention, ObjectLock, Period, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::retention_class::{ClassName, ClassRule};
use azekura_model::retention_limits::RetentionLimits;
use azekura_model::time::ComplianceTime;
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::Which;
use azekura_store::retention::bulk::BulkChange;
use azekura_store::retention::count::Cursor;
use azekura_store::retention::undelete::CameBack;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::convert::api_error;
use super::operations::{Operator, object_key, which};
use super::retention_convert as convert;

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

fn failed(error: StoreError) -> ApiError {
    api_error(&error)
}

fn cursor(after: Option<&str>) -> Result<Option<Cursor>, ApiError> {
    let parse = |text: &str| Cursor::parse(text).ok_or_else(|| invalid("`after` is not a place"));
    after.map(parse).transpose()
}

fn mode(text: &str) -> Result<RetentionMode, ApiError> {
    match text {
        "governance" => Ok(RetentionMode::Governance),
        "compliance" => Ok(RetentionMode::Compliance),
        _ => Err(invalid("mode is governance or compliance")),
    }
}

fn rule(query: &ClassRuleQuery) -> Result<ClassRule, ApiError> {
    let tag = query
        .tag
        .as_deref()
        .map(|tag| {
            let pair = tag.split_once('=');
            pair.filter(|(name, _)| !name.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .ok_or_else(|| invalid("a tag is NAME=VALUE"))
        })
        .transpose()?;
    Ok(ClassRule {
        prefix: query.prefix.clone(),
        tag,
        class: ClassName::parse(&query.class).map_err(|error| invalid(error.to_string()))?,
        mode: mode(query.mode.as_deref().unwrap_or("compliance"))?,
    })
}

/// The default that is asked for; `None` = withdraw it.
fn default_retention(query: &LockDefaultQuery) -> Result<Option<DefaultRetention>, ApiError> {
    if query.mode == "none" {
        return Ok(None);
    }
    let period = match (query.days, query.years) {
        (Some(days), None) => Period::days(days),
        (None, Some(years)) => Period::years(years),
        _ => return Err(invalid("give either days or years")),
    };
    Ok(Some(DefaultRetention {
        mode: mode(&query.mode)?,
        period: period.map_err(|error| invalid(error.to_string()))?,
    }))
}

/// What is to happen, and the right that it needs.
fn bulk_change(query: &BulkQuery, now: ComplianceTime) -> Result<(BulkChange, Action), ApiError> {
    Ok(match query.action.as_str() {
        "extend" => (
            BulkChange::Extend(extend_until(query, now)?),
            Action::PutObjectRetention,
        ),
        "hold" => (BulkChange::Hold(true), Action::PutObjectLegalHold),
        "release-hold" => (BulkChange::Hold(false), Action::PutObjectLegalHold),
        "apply-classes" => (BulkChange::ApplyClasses, Action::PutObjectRetention),
        "event" => {
            let date = query.event_date.as_deref().unwrap_or_default();
            let date = CivilDate::parse(date).map_err(|error| invalid(error.to_string()))?;
            (BulkChange::Event(date), Action::PostRetentionEvent)
        }
        _ => {
            return Err(invalid(
                "action is extend, hold, release-hold, apply-classes or event",
            ));
        }
    })
}

fn extend_until(query: &BulkQuery, now: ComplianceTime) -> Result<ComplianceTime, ApiError> {
    match (&query.until, query.days) {
        (Some(until), None) => {
            let at = OffsetDateTime::parse(until, &Rfc3339)
                .map_err(|_| invalid("until is an RFC 3339 time, as 2036-04-01T00:00:00Z"))?;
            let ms = at.unix_timestamp_nanos().div_euclid(1_000_000);
            i64::try_from(ms)
                .map(ComplianceTime)
                .map_err(|_| invalid("until is too far"))
        }
        (None, Some(days)) => {
            let ms = i64::from(days).saturating_mul(DAY_MS);
            Ok(ComplianceTime(now.0.saturating_add(ms)))
        }
        _ => Err(invalid("give either until or days")),
    }
}

fn selection(query: &BulkQuery, items: &[BulkItem]) -> Result<LockSelection, ApiError> {
    match (&query.prefix, items) {
        (Some(_), [_, ..]) => Err(invalid("give either a prefix or a list")),
        // An empty list is no list of everything: the whole bucket is an empty prefix that is given.
        (None, []) => Err(invalid(
            "give a prefix (empty = the whole bucket) or a list with at least one version",
        )),
        (Some(prefix), []) => Ok(LockSelection::Prefix {
            prefix: prefix.clone(),
            all_versions: true,
        }),
        (None, items) => {
            let one =
                |item: &BulkItem| Ok((object_key(&item.key)?, which(item.version.as_deref())?));
            let listed: Result<Vec<_>, ApiError> = items.iter().map(one).collect();
            Ok(LockSelection::Listed(listed?))
        }
    }
}

impl Operator {
    fn lock_default_report(&self, bucket: &BucketName) -> Result<LockDefaultReport, ApiError> {
        let store = &self.running().store;
        let lock = match store.object_lock(bucket).map_err(failed)? {
            Configured::Set(lock) => Some(lock),
            Configured::Never => None,
            Configured::Cleared => Some(ObjectLock::default()),
        };
        let preview = store.preview_trial(bucket).map_err(failed)?;
        Ok(convert::lock_default(bucket, lock, preview))
    }
}

#[async_trait]
impl RetentionApi for Operator {
    async fn list_classes(&self) -> Result<ClassList, ApiError> {
        self.may(Action::AdminRead)?;
        let classes = self.running().store.classes();
        Ok(ClassList {
            classes: classes.iter().map(convert::class).collect(),
        })
    }

    async fn class_rules(&self, bucket: &str) -> Result<ClassRulesReport, ApiError> {
        let (bucket, _) = self.may_in(Action::GetBucketObjectLockConfiguration, bucket)?;
        let rules = self.running().store.class_rules(&bucket).map_err(failed)?;
        Ok(convert::class_rules(&bucket, &rules, self.now()))
    }

    async fn add_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError> {
        let (bucket, by) = self.may_change(Action::PutBucketObjectLockConfiguration, bucket)?;
        let rule = rule(query)?;
        let store = &self.running().store;
        let rules = store.add_class_rule(&by, &bucket, &rule).await;
        Ok(convert::class_rules(
            &bucket,
            &rules.map_err(failed)?,
            self.now(),
        ))
    }

    async fn remove_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError> {
        let (bucket, by) = self.may_change(Action::PutBucketObjectLockConfiguration, bucket)?;
        let rule = rule(query)?;
        let store = &self.running().store;
        let rules = store.remove_class_rule(&by, &bucket, &rule).await;
        Ok(convert::class_rules(
            &bucket,
            &rules.map_err(failed)?,
            self.now(),
        ))
    }

    async fn retention_limits(&self, bucket: &str) -> Result<LimitsReport, ApiError> {
        let (bucket, _) = self.may_in(Action::GetBucketObjectLockConfiguration, bucket)?;
        let store = &self.running().store;
        let limits = store.retention_limits(&bucket).map_err(failed)?;
        Ok(convert::limits(&bucket, &limits, self.now()))
    }

    async fn put_retention_limits(
        &self,
        bucket: &str,
        query: &LimitsQuery,
    ) -> Result<LimitsReport, ApiError> {
        let (bucket, by) = self.may_change(Action::PutBucketObjectLockConfiguration, bucket)?;
        let asked = |stands: Option<u32>, asked: Option<u32>| match asked {
            None => stands,
            Some(0) => None,
            Some(days) => Some(days),
        };
        let new = |stands: &RetentionLimits| {
            let floor = asked(stands.floor_days(), query.floor_days);
            let ceiling = asked(stands.ceiling_days(), query.ceiling_days);
            RetentionLimits::new(floor, ceiling)
                .map_err(|error| StoreError::InvalidArgument(error.to_string()))
        };
        let store = &self.running().store;
        let limits = store.put_retention_limits(&by, &bucket, new).await;
        Ok(convert::limits(
            &bucket,
            &limits.map_err(failed)?,
            self.now(),
        ))
    }

    async fn lock_default(&self, bucket: &str) -> Result<LockDefaultReport, ApiError> {
        let (bucket, _) = self.may_in(Action::GetBucketObjectLockConfiguration, bucket)?;
        self.lock_default_report(&bucket)
    }

    async fn put_lock_default(
        &self,
        bucket: &str,
        query: &LockDefaultQuery,
    ) -> Result<LockDefaultReport, ApiError> {
        let (bucket, by) = self.may_change(Action::PutBucketObjectLockConfiguration, bucket)?;
        let default = default_retention(query)?;
        let hours = query.probation_hours;
        let store = &self.running().store;
        let put = store.put_default_retention(&by, &bucket, default, hours);
        put.await.map_err(failed)?;
        self.lock_default_report(&bucket)
    }

    async fn explain(&self, bucket: &str, query: &ExplainQuery) -> Result<ExplainReport, ApiError> {
        let (bucket, by) = self.may_on(Action::GetObjectRetention, bucket, &query.key)?;
        let language = match query.lang.as_deref() {
            None | Some("ja") => AnswerLanguage::Japanese,
            Some("en") => AnswerLanguage::English,
            Some(_) => return Err(invalid("lang is ja or en")),
        };
        let key = object_key(&query.key)?;
        let which = which(query.version.as_deref())?;
        let store = &self.running().store;
        let answer = store.answer(&by, &bucket, &key, which).map_err(failed)?;
        let address = format!("s3://{bucket}/{key}");
        let version = answer.version.to_string();
        let situation = Situation {
            address: &address,
            version: &version,
            state: &answer.state,
            classes: answer.classes.iter().collect(),
            standing: answer.standing,
            history_days: answer.history_days,
            dual_control: answer.dual_control,
            now: answer.now,
        };
        let explained = explain(&situation, language);
        Ok(convert::explained(&situation, answer.bytes, explained))
    }

    async fn lock_report(&self, bucket: &str, query: &PageQuery) -> Result<LockTally, ApiError> {
        let (bucket, by) = self.may_in(Action::GetObjectRetention, bucket)?;
        let from = cursor(query.after.as_deref())?;
        let store = std::sync::Arc::clone(&self.running().store);
        let count = move || store.count_locks(&by, &bucket, from.as_ref());
        let counts = tokio::task::spawn_blocking(count)
            .await
            .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        Ok(convert::counts(counts.map_err(failed)?))
    }

    async fn change_locks(
        &self,
        bucket: &str,
        query: &BulkQuery,
        items: &[BulkItem],
    ) -> Result<BulkReport, ApiError> {
        let (change, action) = bulk_change(query, self.now())?;
        let (bucket, by) = self.may_change(action, bucket)?;
        let after = cursor(query.after.as_deref())?;
        let selection = selection(query, items)?;
        let selected = (&selection, after.as_ref());
        let store = &self.running().store;
        // The right on the bucket is not yet one on each of its objects: a policy may except some.
        let name = bucket.as_str();
        let may = |key: &str| self.may_on(action, name, key).is_ok();
        let changed = store.change_locks_page(&by, &bucket, selected, (&change, &may));
        let (report, next) = changed.await.map_err(failed)?;
        let refused = report.refusals.into_iter().map(|refusal| BulkRefused {
            key: refusal.key,
            version: refusal.version.map(|version| version.to_string()),
            why: refusal.why,
        });
        Ok(BulkReport {
            changed: report.changed,
            unchanged: report.unchanged,
            refused: refused.collect(),
            next: next.map(|next| next.to_text()),
        })
    }

    async fn undelete(
        &self,
        bucket: &str,
        query: &UndeleteQuery,
    ) -> Result<UndeleteReport, ApiError> {
        // What comes back was there already: it is no right to store.
        self.may(Action::AdminWrite)?;
        let (_, put) = self.may_on(Action::RestoreObject, bucket, &query.key)?;
        let (bucket, hide) = self.may_on(Action::DeleteObjectVersion, bucket, &query.key)?;
        let key = object_key(&query.key)?;
        let version = match which(query.version.as_deref())? {
            Which::Version(version) => Some(version),
            Which::Current => None,
            Which::Null => return Err(invalid("name a hidden version by its id")),
        };
        let store = &self.running().store;
        let came = store.undelete((&hide, &put), &bucket, &key, version);
        let (version, how) = match came.await.map_err(failed)? {
            CameBack::MarkersHidden(version) => (version, "markers-hidden"),
            CameBack::NewVersion(version) => (version, "new-version"),
        };
        Ok(UndeleteReport {
            address: format!("s3://{bucket}/{key}"),
            version: version.to_string(),
            how: how.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_bucket_is_meant_only_when_it_is_said() {
        let query = |prefix: Option<&str>| BulkQuery {
            prefix: prefix.map(str::to_owned),
            ..BulkQuery::default()
        };
        assert!(selection(&query(None), &[]).is_err());
        let whole = selection(&query(Some("")), &[]);
        assert!(matches!(whole, Ok(LockSelection::Prefix { prefix, .. }) if prefix.is_empty()));
    }
}
