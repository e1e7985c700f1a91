//! [`KeeperApi`] over the store, for one verified caller; and its routes.

mod detail;
mod metrics;
pub(super) mod routes;

use async_trait::async_trait;
use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::keeper::{
    BucketLifecycle, CertificateDocument, CertificateQuery, DisposalDetail, DisposalList,
    DisposalQuery, HistoryDaysDetail, HistoryDaysQuery, KeeperApi, KeeperRun,
};
use azekura_model::access::Action;
use azekura_model::cooling::HistoryDays;
use azekura_model::time::ComplianceTime;
use azekura_store::certificate::CertificateAsk;
use azekura_store::disposal::DisposalAsk;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::convert::api_error;
use super::operations::Operator;

pub(super) use metrics::encode;

/// A moment as RFC 3339, or a date: its beginning in UTC.
pub(super) fn moment(text: &str) -> Result<ComplianceTime, ApiError> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Some(date.midnight().assume_utc())
    });
    let ms = at.and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok());
    ms.map(ComplianceTime).ok_or_else(|| {
        ApiError::new(Code::InvalidRequest, format!("{text:?} is not a time"))
            .hint("Give it as 2026-11-23 or 2026-11-23T00:00:00Z.")
    })
}

fn disposal_id(text: &str) -> Result<[u8; 16], ApiError> {
    let bytes = hex::decode(text).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            let what = format!("{text:?} is not the id of a disposal");
            ApiError::new(Code::InvalidRequest, what)
                .hint("`azekura disposal list BUCKET` shows the ids.")
        })
}

#[async_trait]
impl KeeperApi for Operator {
    async fn lifecycle(&self, bucket: &str) -> Result<BucketLifecycle, ApiError> {
        let (name, _) = self.may_in(Action::AdminRead, bucket)?;
        let state = self.running.store.lifecycle(&name);
        let now = self.running.clock.compliance();
        state
            .map(|state| detail::lifecycle(&state, now))
            .map_err(|e| api_error(&e))
    }

    async fn run_lifecycle(&self, bucket: &str) -> Result<KeeperRun, ApiError> {
        let (name, _) = self.may_in(Action::AdminWrite, bucket)?;
        let report = self.running.store.keep_bucket(&name).await;
        report
            .map(|report| detail::run(&report))
            .map_err(|e| api_error(&e))
    }

    async fn history_days(&self, bucket: &str) -> Result<HistoryDaysDetail, ApiError> {
        let (name, _) = self.may_in(Action::AdminRead, bucket)?;
        let bucket = self.running.store.bucket(&name);
        let now = self.running.clock.compliance();
        bucket
            .map(|bucket| detail::history_days(&bucket.history, now))
            .map_err(|e| api_error(&e))
    }

    async fn put_history_days(
        &self,
        bucket: &str,
        query: &HistoryDaysQuery,
    ) -> Result<HistoryDaysDetail, ApiError> {
        let (name, by) = self.may_in(Action::AdminWrite, bucket)?;
        let days = HistoryDays(query.days);
        let state = self.running.store.put_history_days(&by, &name, days).await;
        let now = self.running.clock.compliance();
        state
            .map(|state| detail::history_days(&state, now))
            .map_err(|e| api_error(&e))
    }

    async fn disposals(&self, bucket: &str) -> Result<DisposalList, ApiError> {
        let (name, _) = self.may_in(Action::AdminRead, bucket)?;
        let mut jobs = self
            .running
            .store
            .disposals(&name)
            .map_err(|e| api_error(&e))?;
        jobs.sort_by_key(|job| (job.asked_at, job.id));
        Ok(DisposalList {
            disposals: jobs.iter().map(detail::disposal).collect(),
        })
    }

    async fn request_disposal(
        &self,
        bucket: &str,
        query: &DisposalQuery,
    ) -> Result<DisposalDetail, ApiError> {
        // It hides versions: whoever may not delete may not have it done.
        let (name, by) = self.may_change(Action::DeleteObjectVersion, bucket)?;
        let ask = DisposalAsk {
            prefix: query.prefix.clone(),
            class: query.class.clone(),
            before: query.before.as_deref().map(moment).transpose()?,
            reason: query.reason.clone(),
        };
        let job = self.running.store.request_disposal(&by, &name, ask).await;
        job.map(|job| detail::disposal(&job))
            .map_err(|e| api_error(&e))
    }

    async fn cancel_disposal(&self, bucket: &str, id: &str) -> Result<DisposalDetail, ApiError> {
        let (name, by) = self.may_in(Action::AdminWrite, bucket)?;
        let id = disposal_id(id)?;
        let job = self.running.store.cancel_disposal(&by, &name, id).await;
        job.map(|job| detail::disposal(&job))
            .map_err(|e| api_error(&e))
    }

    async fn certificate(
        &self,
        bucket: &str,
        query: &CertificateQuery,
    ) -> Result<CertificateDocument, ApiError> {
        let (name, by) = self.may_in(Action::AdminRead, bucket)?;
        let ask = CertificateAsk {
            disposal: query.disposal.as_deref().map(disposal_id).transpose()?,
            from: query.from.as_deref().map(moment).transpose()?,
            until: query.to.as_deref().map(moment).transpose()?,
        };
        let store = std::sync::Arc::clone(&self.running.store);
        // Reads the whole journal of the bucket.
        let read = tokio::task::spawn_blocking(move || store.certificate(&by, &name, ask)).await;
        let certificate = read
            .map_err(|error| ApiError::new(Code::Internal, error.to_string()))?
            .map_err(|e| api_error(&e))?;
        let wall = self.running.store.wall();
        let now = self.running.clock.compliance();
        Ok(detail::certificate(&certificate, wall, now))
    }
}
