//! Audit: puts reads, listings, refusals and log-ins on record. State changes are their own records;
//! [`query`] merges both.
//!
//! Entries of a tenant are collected and committed as one record a batch, in a partition of their own,
//! sealed by the tenant's key. Many requests share one commit: while one is under way the next
//! batch fills. Under [`AuditMode::Strict`] a request waits for it, and what cannot be put on
//! record is not answered. What nobody signed goes to the vault's own audit, first word for word, then as
//! counts ([`rollup`]), so that a flood of it takes nothing from a tenant's budget.

mod changes;
mod clock;
mod flush;
pub mod patient;
mod policy;
mod query;
pub(crate) mod release;
mod rollup;
mod trail;

use std::pin::pin;
use std::sync::Arc;

use azekura_model::audit::{AuditEntry, AuditPolicy};
use azekura_model::ident::TenantId;

use crate::error::StoreError;
pub use crate::families::audit_partition;
use crate::store::Store;
use flush::Flusher;
use patient::PatientLayouts;
pub use policy::{AuditDefaults, InForce};
pub use query::{AuditFilter, AuditQuery, AuditRow, AuditRowKind};
pub use rollup::{SOURCES_MAX, VERBATIM_PER_HOUR, VERBATIM_PER_SOURCE};
pub use trail::AuditCounters;
use trail::{Admitted, Shared};

/// Owner of the audit of requests that no tenant is known for; sealed by the root key.
pub const VAULT_AUDIT: TenantId = TenantId([0; 16]);

/// How each tenant's audit is kept. Asked for every entry: it must be quick.
pub trait AuditPolicies: Send + Sync + 'static {
    /// The policy of a tenant now.
    fn policy(&self, tenant: TenantId) -> AuditPolicy;
}

/// One policy for all.
impl AuditPolicies for AuditPolicy {
    fn policy(&self, _: TenantId) -> AuditPolicy {
        *self
    }
}

/// Is told of every entry once it is durable, in order for each tenant. It must not block.
pub trait AuditSink: Send + Sync + 'static {
    /// An entry is on record.
    fn recorded(&self, tenant: TenantId, entry: &AuditEntry);
}

/// What an auditor works by.
pub struct AuditOptions {
    /// Policies of tenants.
    pub policies: Arc<dyn AuditPolicies>,
    /// Finds the patient in an object key.
    pub patients: Arc<PatientLayouts>,
    /// Hears of entries that are durable.
    pub sink: Option<Arc<dyn AuditSink>>,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            policies: Arc::new(AuditPolicy::default()),
            patients: Arc::default(),
            sink: None,
        }
    }
}

/// Why a request could not be put on record: it must not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditRefused {
    /// No space is left, not even that which is kept for the audit.
    #[error("the audit has no space to put this request on record: {0}")]
    NoSpace(String),
    /// The tenant's budget is spent.
    #[error(
        "the audit of this tenant has used its {budget_bytes} bytes: have the budget raised, or the mode changed \
         to batched"
    )]
    BudgetSpent {
        /// Budget in bytes.
        budget_bytes: u64,
    },
    /// The engine stopped, or the auditor is closing.
    #[error("the audit has stopped: {0}")]
    Stopped(String),
    /// Anything else that kept the entry from being durable.
    #[error("the audit could not put this request on record: {0}")]
    Failed(String),
}

/// Puts requests on record. Cheap to clone.
#[derive(Clone)]
pub struct Auditor {
    shared: Arc<Shared>,
    flusher: Arc<Flusher>,
}

impl Auditor {
    /// Starts over a store; must be called inside a runtime.
    #[must_use]
    pub fn start(store: &Store, options: AuditOptions) -> Self {
        let shared = Arc::new(Shared::new(store.inner(), options));
        let flusher = Arc::new(Flusher::spawn(Arc::clone(&shared)));
        Self { shared, flusher }
    }

    /// Puts one request on record, of a tenant or of none that is known. Returns when it may be
    /// answered: under strict once it is durable.
    ///
    /// # Errors
    /// [`AuditRefused`]: the request must not be answered.
    pub async fn record(
        &self,
        tenant: Option<TenantId>,
        entry: AuditEntry,
    ) -> Result<(), AuditRefused> {
        // What was refused and nobody signed must not fill the audit of whom it names. What a bucket that
        // is open to everybody answers to nobody in particular is its owner's.
        let tenant = tenant
            .filter(|_| entry.is_verified() || !entry.is_refused())
            .unwrap_or(VAULT_AUDIT);
        let mut entry = entry.bounded();
        if entry.patient.is_none() {
            entry.patient = self.shared.patients.of(&entry);
        }
        loop {
            let mut room = pin!(self.shared.room.notified());
            room.as_mut().enable();
            match self.shared.admit(tenant, &entry)? {
                Admitted::Done => return Ok(()),
                Admitted::Waits(durable) => {
                    let stopped = |_| Err(AuditRefused::Stopped("it was closed".to_owned()));
                    return durable.await.unwrap_or_else(stopped);
                }
                Admitted::Full => room.await,
            }
        }
    }

    /// Asks what is on record of a tenant, up to now.
    ///
    /// # Errors
    /// [`StoreError`] when the buckets of the tenant cannot be read.
    pub fn query(&self, tenant: TenantId, filter: AuditFilter) -> Result<AuditQuery, StoreError> {
        let patients = Arc::clone(&self.shared.patients);
        AuditQuery::new(&self.shared.inner, tenant, filter, patients)
    }

    /// What was put on record and what was not, since start.
    #[must_use]
    pub fn counters(&self) -> AuditCounters {
        self.shared.counters()
    }

    /// Takes no more entries, and makes all that were taken durable.
    ///
    /// # Errors
    /// [`AuditRefused`] says what is not on record.
    pub async fn close(&self) -> Result<(), AuditRefused> {
        self.shared.close();
        self.flusher.ended().await;
        self.shared.left()
    }
}
