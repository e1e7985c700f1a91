//! Who may do what. [`authorize`] is the one rule; [`Authorized`] has no other maker but what the vault
//! does by itself.

mod action;
mod authorize;
mod decision;
mod preset;
mod resource;

pub use action::{Action, ActionSet, Scope};
pub use authorize::{Ask, BucketRules, authorize};
pub use decision::{AllowedBy, Authorized, Denied, DeniedBy, PolicySource, StatementName};
pub use preset::Preset;
pub use resource::Resource;

use std::sync::Arc;

use crate::ident::TenantId;
use crate::policy::Policy;
use crate::requester::Requester;

/// A class of actions that a key may be given as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Right {
    /// Read and list objects and buckets.
    Read,
    /// Store objects; never removes or hides any.
    Write,
    /// Hide objects (delete), create, change and retire buckets.
    Manage,
    /// Set and extend retention, set and clear legal holds; never shortens a retention.
    Lock,
    /// Go against GOVERNANCE retention when the request says so as well; changes nothing of
    /// COMPLIANCE and of legal holds. No key has it unless it is named.
    Bypass,
    /// Post the event that starts the period of a retention class (完結の日).
    Event,
    /// The admin API.
    Admin,
    /// Users, groups, keys and policies of the own tenant.
    Identity,
    /// Read the audit of the own tenant.
    Audit,
    /// Sign requests of others.
    Approve,
    /// Take all versions out, with a manifest.
    Export,
    /// Run the vault: make tenants, set quotas. Nothing of a tenant's data.
    Operate,
}

/// Who asks and what the key may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Who asks.
    pub requester: Requester,
    /// The institution to which the key belongs. `None` for nobody (anonymous), and for a key of the
    /// configuration before it is known which tenant is the vault's first.
    pub tenant: Option<TenantId>,
    /// The person or system that owns the key; none for a key of the configuration.
    pub user: Option<String>,
    /// What the key may do in its own tenant without a policy.
    pub allowed: ActionSet,
    /// Policies of the user and of its groups: they allow and deny.
    pub policies: Vec<Arc<Policy>>,
    /// The key's own policy: what it does not allow, nothing allows. `None` = no such limit.
    pub boundary: Option<Arc<Policy>>,
}

impl Grant {
    /// A key that may do this in its tenant and has no policies.
    #[must_use]
    pub fn of_key(requester: Requester, allowed: ActionSet) -> Self {
        Self {
            requester,
            tenant: None,
            user: None,
            allowed,
            policies: Vec::new(),
            boundary: None,
        }
    }

    /// Nobody signed.
    #[must_use]
    pub fn nobody() -> Self {
        Self::of_key(Requester::default(), ActionSet::default())
    }

    /// Whether nobody signed: there is neither a key nor a tenant.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.tenant.is_none() && self.requester.key_id.is_empty()
    }
}

#[cfg(test)]
mod tests;
