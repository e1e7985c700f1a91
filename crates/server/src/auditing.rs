//! Audit, wired: what the listeners put on record goes to the store's auditor.

use async_trait::async_trait;
use azekura_gateway::audit::{Audit, NotOnRecord};
use azekura_model::audit::AuditEntry;
use azekura_model::ident::TenantId;
use azekura_model::name::BucketName;
use azekura_store::audit::{AuditOptions, AuditSink, Auditor};
use azekura_store::store::Store;

use crate::config::AuditChecked;
use crate::forwarding::Forwarding;
use crate::requests_counted::RequestsCounted;

/// Puts requests of both listeners on record.
#[derive(Clone)]
pub(crate) struct Auditing {
    pub(crate) auditor: Auditor,
    store: Store,
    /// The tenant of keys of the configuration.
    first: TenantId,
    /// Requests answered.
    pub(crate) counted: RequestsCounted,
    /// Entries that a collector did not get, since start.
    pub(crate) forward_dropped: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl Auditing {
    /// Starts the auditor of a store.
    pub(crate) fn start(store: &Store, tenant: TenantId, config: &AuditChecked) -> Self {
        let forwarding = Forwarding::start(&config.collectors);
        let forward_dropped = forwarding.dropped();
        let sink = Some(std::sync::Arc::new(forwarding) as std::sync::Arc<dyn AuditSink>);
        let sink = sink.filter(|_| !config.collectors.is_empty());
        let options = AuditOptions {
            policies: store.audit_policies(),
            patients: std::sync::Arc::clone(&config.patients),
            sink,
        };
        Self {
            auditor: Auditor::start(store, options),
            store: store.clone(),
            first: tenant,
            counted: RequestsCounted::default(),
            forward_dropped,
        }
    }

    /// Who is shown the entry: whose data was read. Of a refusal, whose key it was: nobody may fill the
    /// audit of another institution.
    fn owner(&self, caller: Option<TenantId>, entry: &AuditEntry) -> TenantId {
        let home = caller.unwrap_or(self.first);
        let bucket = entry.bucket.as_deref().filter(|_| !entry.is_refused());
        let owner = bucket
            .and_then(|name| BucketName::parse(name).ok())
            .and_then(|name| self.store.owner_of(&name).ok().flatten());
        owner.unwrap_or(home)
    }

    /// Makes everything durable that was taken; to be called before the engine closes.
    pub(crate) async fn close(&self) {
        if let Err(error) = self.auditor.close().await {
            tracing::error!(%error, "entries of the audit are lost");
        }
    }
}

#[async_trait]
impl Audit for Auditing {
    async fn record(&self, tenant: Option<TenantId>, entry: AuditEntry) -> Result<(), NotOnRecord> {
        let tenant = self.owner(tenant, &entry);
        let recorded = self.auditor.record(Some(tenant), entry).await;
        recorded.map_err(|refused| NotOnRecord(refused.to_string()))
    }

    fn answered(&self, tenant: TenantId, operation: &str, status: u16) {
        self.counted.add(tenant, operation, status);
    }
}
