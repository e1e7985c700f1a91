//! How each audit is kept: what the tenant's administrators set, or what the vault's configuration says.

use std::sync::Arc;

use azekura_model::audit::{AuditPolicy, FIVE_YEARS_DAYS, KEEP_DAYS_MIN};
use azekura_model::ident::TenantId;

use super::{AuditPolicies, VAULT_AUDIT};
use crate::inner::Inner;

/// What counts where nobody set anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AuditDefaults {
    /// Of tenants without a policy of their own. Their budgets are no larger than this one.
    pub tenants: AuditPolicy,
    /// Of what nobody signed.
    pub unsigned: AuditPolicy,
}

impl Inner {
    /// The policy of a tenant now.
    pub(crate) fn audit_policy(&self, tenant: TenantId) -> AuditPolicy {
        let defaults = &self.policy.audit;
        if tenant == VAULT_AUDIT {
            let keep_days = defaults.unsigned.keep_days.max(KEEP_DAYS_MIN);
            return AuditPolicy {
                keep_days,
                ..defaults.unsigned
            };
        }
        let own = self.directory.tenant(tenant).and_then(|view| view.audit);
        // A line in a file of the operator's takes away nothing of what a tenant has on record.
        own.unwrap_or(AuditPolicy {
            keep_days: defaults.tenants.keep_days.max(FIVE_YEARS_DAYS),
            ..defaults.tenants
        })
    }
}

/// Policies as the directory has them at each moment.
#[derive(Clone)]
pub struct InForce(pub(crate) Arc<Inner>);

impl AuditPolicies for InForce {
    fn policy(&self, tenant: TenantId) -> AuditPolicy {
        self.0.audit_policy(tenant)
    }
}
