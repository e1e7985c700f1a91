//! `[audit]`: what goes on record of reads, listings, refusals and log-ins.

use std::sync::Arc;

use azekura_model::audit::{AuditMode, AuditPolicy};
use azekura_store::audit::patient::{PatientLayout, PatientLayouts, PatternLayout};
use http::Uri;
use serde::Deserialize;

use super::{ConfigError, SizeValue};
use crate::forwarding::Collector;

/// Bytes that the audit of unsigned requests may take, unless the operator says otherwise.
const UNSIGNED_BUDGET_BYTES: u64 = 1 << 30;

/// `[audit]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditTable {
    /// `batched` (default): an entry is durable within a second of the answer. `strict`: before the
    /// answer; what cannot be put on record is not answered.
    pub mode: Option<AuditModeName>,
    /// Days for which entries are kept, from 365 on. Default 1827, five years; for a tenant that set nothing
    /// no fewer count.
    pub keep_days: Option<u32>,
    /// Bytes that the entries of a tenant may take, as a number or as `"100GiB"`. When they are spent,
    /// `strict` refuses reads and `batched` keeps counts only. Default: no limit.
    pub budget: Option<SizeValue>,
    /// The same for requests that nobody signed; counts go on beyond it. Default 1 GiB.
    pub unsigned_budget: Option<SizeValue>,
    /// Where object keys name the patient, before SS-MIX2, which is always known.
    pub patient_layouts: Vec<PatientLayoutTable>,
    /// Collector of entries by syslog (RFC 5424): `udp://HOST:514`, `tcp://HOST:601` or `unix:///dev/log`.
    /// Default none.
    pub syslog: Option<String>,
    /// Sends entries as OTLP logs to `otlp.endpoint` as well. Default `false`.
    pub otlp: bool,
}

/// One of `audit.patient_layouts`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatientLayoutTable {
    /// The bucket. Default: all.
    pub bucket: Option<String>,
    /// Pattern of keys, such as `"images/{patient}/"`; `*` is anything in one part of the path.
    pub pattern: String,
}

/// Names of modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditModeName {
    /// Before the answer.
    Strict,
    /// Within a second.
    Batched,
}

/// An audit that may run.
#[derive(Clone)]
pub struct AuditChecked {
    /// Of every tenant, until it has its own.
    pub policy: AuditPolicy,
    /// Of requests that nobody signed.
    pub unsigned: AuditPolicy,
    /// Finds patients in object keys.
    pub patients: Arc<PatientLayouts>,
    /// Where entries go as well.
    pub collectors: Vec<Collector>,
}

impl std::fmt::Debug for AuditChecked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditChecked")
            .field("policy", &self.policy)
            .field("collectors", &self.collectors)
            .finish_non_exhaustive()
    }
}

impl AuditChecked {
    /// Judges the table.
    pub(super) fn new(table: AuditTable, otlp: Option<&Uri>) -> Result<Self, ConfigError> {
        let default = AuditPolicy::default();
        let bytes = |size: Option<SizeValue>, key| size.map(|size| size.bytes(key)).transpose();
        let policy = AuditPolicy {
            mode: match table.mode {
                Some(AuditModeName::Strict) => AuditMode::Strict,
                Some(AuditModeName::Batched) | None => AuditMode::Batched,
            },
            keep_days: table.keep_days.unwrap_or(default.keep_days),
            budget_bytes: bytes(table.budget, "audit.budget")?,
        };
        policy
            .check()
            .map_err(|error| ConfigError::Audit(format!("keep_days: {error}")))?;
        let spared = bytes(table.unsigned_budget, "audit.unsigned_budget")?;
        let unsigned = AuditPolicy {
            budget_bytes: Some(spared.unwrap_or(UNSIGNED_BUDGET_BYTES)),
            ..policy
        };
        let mut collectors = Vec::new();
        if let Some(text) = &table.syslog {
            let collector = Collector::syslog(text);
            collectors.push(collector.ok_or_else(|| {
                let what = "give syslog as udp://HOST:514, tcp://HOST:601 or unix:///dev/log";
                ConfigError::Audit(format!("syslog = {text:?}: {what}"))
            })?);
        }
        if table.otlp {
            let uri = otlp
                .ok_or_else(|| ConfigError::Audit("otlp = true needs otlp.endpoint".to_owned()))?;
            collectors.push(Collector::Otlp(uri.clone()));
        }
        let layouts = table.patient_layouts.iter().map(|layout| {
            PatternLayout::new(layout.bucket.as_deref(), &layout.pattern)
                .map(|layout| Arc::new(layout) as Arc<dyn PatientLayout>)
                .map_err(|error| ConfigError::Audit(error.to_string()))
        });
        Ok(Self {
            policy,
            unsigned,
            patients: Arc::new(PatientLayouts::with(layouts.collect::<Result<_, _>>()?)),
            collectors,
        })
    }
}
