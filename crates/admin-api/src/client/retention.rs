//! [`RetentionApi`] over HTTP.

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use super::{Client, target};
use crate::error::{ApiError, Code};
use crate::paths;
use crate::retention::{
    BulkItem, BulkQuery, BulkReport, ClassList, ClassRuleQuery, ClassRulesReport, ExplainQuery,
    ExplainReport, LimitsQuery, LimitsReport, LockDefaultQuery, LockDefaultReport, LockTally,
    PageQuery, RetentionApi, UndeleteQuery, UndeleteReport,
};

fn rule_query(query: &ClassRuleQuery) -> [(&'static str, Option<&str>); 4] {
    [
        ("class", Some(query.class.as_str())),
        ("prefix", Some(query.prefix.as_str())),
        ("tag", query.tag.as_deref()),
        ("mode", query.mode.as_deref()),
    ]
}

fn text(number: Option<u32>) -> Option<String> {
    number.map(|number| number.to_string())
}

#[async_trait]
impl RetentionApi for Client {
    async fn list_classes(&self) -> Result<ClassList, ApiError> {
        self.call(Method::GET, paths::CLASSES).await
    }

    async fn class_rules(&self, bucket: &str) -> Result<ClassRulesReport, ApiError> {
        self.call(Method::GET, &target(paths::CLASS_RULES, bucket, &[]))
            .await
    }

    async fn add_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError> {
        let target = target(paths::CLASS_RULES, bucket, &rule_query(query));
        self.call(Method::POST, &target).await
    }

    async fn remove_class_rule(
        &self,
        bucket: &str,
        query: &ClassRuleQuery,
    ) -> Result<ClassRulesReport, ApiError> {
        let target = target(paths::CLASS_RULES, bucket, &rule_query(query));
        self.call(Method::DELETE, &target).await
    }

    async fn retention_limits(&self, bucket: &str) -> Result<LimitsReport, ApiError> {
        self.call(Method::GET, &target(paths::RETENTION_LIMITS, bucket, &[]))
            .await
    }

    async fn put_retention_limits(
        &self,
        bucket: &str,
        query: &LimitsQuery,
    ) -> Result<LimitsReport, ApiError> {
        let (floor, ceiling) = (text(query.floor_days), text(query.ceiling_days));
        let query = [
            ("floor_days", floor.as_deref()),
            ("ceiling_days", ceiling.as_deref()),
        ];
        self.call(
            Method::POST,
            &target(paths::RETENTION_LIMITS, bucket, &query),
        )
        .await
    }

    async fn lock_default(&self, bucket: &str) -> Result<LockDefaultReport, ApiError> {
        self.call(Method::GET, &target(paths::LOCK_DEFAULT, bucket, &[]))
            .await
    }

    async fn put_lock_default(
        &self,
        bucket: &str,
        query: &LockDefaultQuery,
    ) -> Result<LockDefaultReport, ApiError> {
        let numbers = [query.days, query.years, query.probation_hours].map(text);
        let [days, years, hours] = &numbers;
        let query = [
            ("mode", Some(query.mode.as_str())),
            ("days", days.as_deref()),
            ("years", years.as_deref()),
            ("probation_hours", hours.as_deref()),
        ];
        self.call(Method::POST, &target(paths::LOCK_DEFAULT, bucket, &query))
            .await
    }

    async fn explain(&self, bucket: &str, query: &ExplainQuery) -> Result<ExplainReport, ApiError> {
        let query = [
            ("key", Some(query.key.as_str())),
            ("version", query.version.as_deref()),
            ("lang", query.lang.as_deref()),
        ];
        self.call(Method::GET, &target(paths::EXPLAIN, bucket, &query))
            .await
    }

    async fn lock_report(&self, bucket: &str, query: &PageQuery) -> Result<LockTally, ApiError> {
        let query = [("after", query.after.as_deref())];
        self.call(Method::GET, &target(paths::LOCK_REPORT, bucket, &query))
            .await
    }

    async fn change_locks(
        &self,
        bucket: &str,
        query: &BulkQuery,
        items: &[BulkItem],
    ) -> Result<BulkReport, ApiError> {
        let days = text(query.days);
        let whole_bucket = query.prefix.as_deref() == Some("");
        let query = [
            ("action", Some(query.action.as_str())),
            ("prefix", query.prefix.as_deref()),
            ("until", query.until.as_deref()),
            ("days", days.as_deref()),
            ("event_date", query.event_date.as_deref()),
            ("after", query.after.as_deref()),
        ];
        let body = serde_json::to_vec(items)
            .map_err(|error| ApiError::new(Code::InvalidRequest, error.to_string()))?;
        let mut target = target(paths::LOCKS, bucket, &query);
        if whole_bucket {
            // Says that the whole bucket is meant.
            target.push_str("&prefix=");
        }
        self.call_with(Method::POST, &target, Bytes::from(body))
            .await
    }

    async fn undelete(
        &self,
        bucket: &str,
        query: &UndeleteQuery,
    ) -> Result<UndeleteReport, ApiError> {
        let query = [
            ("key", Some(query.key.as_str())),
            ("version", query.version.as_deref()),
        ];
        self.call(Method::POST, &target(paths::UNDELETE, bucket, &query))
            .await
    }
}
