//! Audit, wired: what the listeners put on record goes to the store's auditor.

use async_trait::async_trait;
use azekura_gateway::audit::{Audit, NotOnRecord};
use azekura_model::audit::{AuditEntry, AuditPolicy};
use azekura_model::ident::TenantId;
use azekura_store::audit::{AuditOptions, AuditPolicies, Auditor, VAULT_AUDIT};
use azekura_store::store::Store;

use crate::config::AuditChecked;

/// Policies of the configuration, for tenants that have none of their own.
#[derive(Clone, Copy, Debug)]
struct Configured {
    tenants: AuditPolicy,
    unsigned: AuditPolicy,
}

impl AuditPolicies for Configured {
    fn policy(&self, tenant: TenantId) -> AuditPolicy {
        if tenant == VAULT_AUDIT {
            self.unsigned
        } else {
            self.tenants
        }
    }
}

/// Puts requests of both listeners on record.
#[derive(Clone)]
pub(crate) struct Auditing {
    pub(crate) auditor: Auditor,
    /// Whose requests they are: until tenants can be made there is one.
    tenant: TenantId,
}

impl Auditing {
    /// Starts the auditor of a store.
    pub(crate) fn start(store: &Store, tenant: TenantId, config: &AuditChecked) -> Self {
        let options = AuditOptions {
            policies: std::sync::Arc::new(Configured {
                tenants: config.policy,
                unsigned: config.unsigned,
            }),
            patients: std::sync::Arc::clone(&config.patients),
            sink: None,
        };
        Self {
            auditor: Auditor::start(store, options),
            tenant,
        }
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
    async fn record(&self, entry: AuditEntry) -> Result<(), NotOnRecord> {
        let recorded = self.auditor.record(Some(self.tenant), entry).await;
        recorded.map_err(|refused| NotOnRecord(refused.to_string()))
    }
}
