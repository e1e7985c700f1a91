//! How the audit of a tenant is kept, set by the tenant itself.

use azekura_admin_api::error::ApiError;
use azekura_admin_api::identity::{TenantChange, TenantDetail};
use azekura_model::access::Action;
use azekura_model::audit::{AuditMode, AuditPolicy};
use azekura_model::ident::TenantId;
use azekura_model::identity::{Identity, IdentityName};

use super::convert::{self, invalid};
use super::{Operator, failed, seal};

impl Operator {
    /// A tenant as it is shown.
    pub(super) fn tenant_detail(&self, id: TenantId) -> Result<TenantDetail, ApiError> {
        let store = &self.running().store;
        let view = store.tenant(id).map_err(failed)?;
        let contents = seal::state_text(store.seal_state(id).map_err(failed)?);
        Ok(TenantDetail {
            contents: contents.to_owned(),
            ..convert::tenant(&view, store.audit_policy(id))
        })
    }

    /// Sets what `change` names; all else stays as it is in force.
    pub(super) async fn change_audit(
        &self,
        tenant: TenantId,
        change: &TenantChange,
    ) -> Result<TenantDetail, ApiError> {
        let by = self.may(Action::ManageIdentities)?;
        let store = &self.running().store;
        let mut policy = store.audit_policy(tenant);
        if let Some(mode) = &change.audit_mode {
            policy.mode = mode_of(mode)?;
        }
        policy.keep_days = change.audit_keep_days.unwrap_or(policy.keep_days);
        if let Some(most) = change.audit_budget_bytes {
            policy.budget_bytes = Some(most).filter(|most| *most > 0);
        }
        let within = |most: u64| policy.budget_bytes.map_or(most, |asked| asked);
        let policy = AuditPolicy {
            budget_bytes: store.audit_budget_max().map(within).or(policy.budget_bytes),
            ..policy
        };
        let name = IdentityName::Audit;
        let set = store.set_identity(&by, tenant, name, |_| Ok(Identity::Audit(policy)));
        set.await.map_err(failed)?;
        self.tenant_detail(tenant)
    }
}

fn mode_of(text: &str) -> Result<AuditMode, ApiError> {
    match text {
        "strict" => Ok(AuditMode::Strict),
        "batched" => Ok(AuditMode::Batched),
        other => {
            Err(invalid(format!("{other:?} is no mode of an audit"))
                .hint("Give strict or batched."))
        }
    }
}
