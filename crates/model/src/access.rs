//! Who may do what. [`authorize`] is the one rule; [`Authorized`] has no other maker but what the vault
//! does by itself.

mod action;
mod preset;
mod resource;

pub use action::{Action, ActionSet, Scope};
pub use preset::Preset;
pub use resource::Resource;

use crate::ident::TenantId;
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

/// An authenticated caller and what its key may do.
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
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The action.
    pub action: Action,
    /// What it is done to.
    pub resource: &'a Resource,
    /// The institution that owns the resource; `None` for what belongs to the vault, and for a bucket
    /// that is not there.
    pub owner: Option<TenantId>,
}

/// Proof that the rules allowed one action. Only [`authorize`] and [`Authorized::internal`] make
/// one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authorized {
    requester: Requester,
    tenant: Option<TenantId>,
    user: Option<String>,
    action: Action,
}

impl Authorized {
    /// Who asked.
    #[must_use]
    pub fn requester(&self) -> &Requester {
        &self.requester
    }

    /// The institution of whoever asked. `None` for nobody, and for what the vault does by itself.
    #[must_use]
    pub fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    /// The person or system that asked, if the key is owned by one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// What was allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// For what the vault does by itself or for its operator on the machine (offline commands).
    #[must_use]
    pub fn internal(task: &str, action: Action) -> Self {
        Self {
            requester: Requester::vault(task),
            tenant: None,
            user: None,
            action,
        }
    }
}

/// No rule allows the action.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", self.text())]
pub struct Denied {
    /// The key; empty for nobody.
    pub key_id: String,
    /// The action refused.
    pub action: Action,
    /// Why.
    pub why: DeniedBy,
}

/// What refused an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeniedBy {
    /// Nothing allows it.
    Silence,
    /// The resource belongs to another institution, which does not allow it.
    OtherTenant,
}

impl Denied {
    fn text(&self) -> String {
        let who = if self.key_id.is_empty() {
            "nobody".to_owned()
        } else {
            format!("key {:?}", self.key_id)
        };
        let action = self.action.name();
        match self.why {
            DeniedBy::Silence => format!(
                "{who} has no right {:?}, which {action} needs",
                self.action.right()
            ),
            DeniedBy::OtherTenant => {
                format!("{who} may not {action} here: it belongs to another institution")
            }
        }
    }
}

/// The one rule of access.
///
/// # Errors
/// [`Denied`] says what refused.
pub fn authorize(grant: &Grant, ask: &Ask<'_>) -> Result<Authorized, Denied> {
    let denied = |why| {
        Err(Denied {
            key_id: grant.requester.key_id.clone(),
            action: ask.action,
            why,
        })
    };
    if !grant.allowed.contains(ask.action) {
        return denied(DeniedBy::Silence);
    }
    // What belongs to nobody yet is not another's.
    let foreign = ask.owner.is_some() && ask.owner != grant.tenant;
    if foreign {
        return denied(DeniedBy::OtherTenant);
    }
    Ok(Authorized {
        requester: grant.requester.clone(),
        tenant: grant.tenant,
        user: grant.user.clone(),
        action: ask.action,
    })
}
