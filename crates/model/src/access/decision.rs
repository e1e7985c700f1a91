//! What the rule of access answers, with the statement that decided.

use crate::ident::TenantId;
use crate::policy::StatementRef;
use crate::requester::Requester;

use super::Action;

/// A statement of a policy, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementName {
    /// Its place, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

impl StatementName {
    pub(super) fn of(found: StatementRef<'_>) -> Self {
        Self {
            index: found.index,
            sid: found.sid.map(str::to_owned),
        }
    }
}

impl std::fmt::Display for StatementName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "statement {}", self.index + 1)?;
        match &self.sid {
            Some(sid) => write!(f, " (Sid {sid:?})"),
            None => Ok(()),
        }
    }
}

/// Which policy a statement stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicySource {
    /// A policy of the user or of one of its groups, by its place in the grant, from 0.
    Identity(usize),
    /// The key's own policy.
    Key,
    /// The policy of the bucket.
    Bucket,
}

impl std::fmt::Display for PolicySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Identity(place) => write!(f, "policy {} of the user", place + 1),
            Self::Key => write!(f, "the policy of the key"),
            Self::Bucket => write!(f, "the policy of the bucket"),
        }
    }
}

/// What allowed an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllowedBy {
    /// The vault does it by itself.
    Vault,
    /// The rights or the preset of the key.
    Rights,
    /// A statement of a policy.
    Statement(PolicySource, StatementName),
    /// An access-control list of the bucket or object.
    Acl,
}

/// Proof that the rules allowed one action. Only [`super::authorize`] and [`Authorized::internal`] make
/// one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authorized {
    pub(super) requester: Requester,
    pub(super) tenant: Option<TenantId>,
    pub(super) user: Option<String>,
    pub(super) action: Action,
    pub(super) by: AllowedBy,
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

    /// What allowed it. Of another institution's resource that is what its owner said; the own side
    /// allowed it too.
    #[must_use]
    pub fn by(&self) -> &AllowedBy {
        &self.by
    }

    /// For what the vault does by itself or for its operator on the machine (offline commands).
    #[must_use]
    pub fn internal(task: &str, action: Action) -> Self {
        Self {
            requester: Requester::vault(task),
            tenant: None,
            user: None,
            action,
            by: AllowedBy::Vault,
        }
    }
}

/// No rule allows the action, or one forbids it.
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
    /// The resource belongs to another institution, which allows it; the own side does not.
    OwnSide,
    /// A statement forbids it.
    Statement(PolicySource, StatementName),
    /// The key's own policy does not allow it.
    Boundary,
    /// The bucket's public-access block keeps others out.
    PublicAccessBlock,
}

impl Denied {
    fn text(&self) -> String {
        let who = if self.key_id.is_empty() {
            "nobody signed this request, which".to_owned()
        } else {
            format!("key {:?}", self.key_id)
        };
        let action = self.action.name();
        let right = self.action.right();
        match &self.why {
            DeniedBy::Silence if self.key_id.is_empty() => format!(
                "anonymous access is not allowed: sign the request, or let the policy of the \
                 bucket allow {action} to everybody"
            ),
            DeniedBy::Silence => format!(
                "{who} has no right {right:?}, which {action} needs, and no policy allows it"
            ),
            DeniedBy::OtherTenant => {
                format!("{who} may not {action} here: it belongs to another institution")
            }
            DeniedBy::OwnSide => format!(
                "{who} has no right {right:?}, which {action} needs also where another \
                 institution allows it"
            ),
            DeniedBy::Statement(source, statement) => {
                format!("{who} may not {action}: {statement} of {source} denies it")
            }
            DeniedBy::Boundary => {
                format!("{who} may not {action}: the key's own policy does not allow it")
            }
            DeniedBy::PublicAccessBlock => format!(
                "{who} may not {action}: the bucket's public-access block keeps out whom only a \
                 public policy lets in"
            ),
        }
    }
}
