//! What the directory knows of a tenant, ready to judge requests with.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_model::access::{Action, ActionSet};
use azekura_model::audit::AuditPolicy;
use azekura_model::governed::DualControl;
use azekura_model::ident::TenantId;
use azekura_model::identity::{
    AccessKey, Group, Identity, NamedPolicy, TenantSettings, TimeBox, User, UserKind,
};
use azekura_model::policy::Policy;
use azekura_model::time::ComplianceTime;
use zeroize::Zeroizing;

use super::{day, secret};
use crate::entry::TenantEntry;
use crate::keys::Keys;
use crate::policy_text::parse_identity_policy;

/// A tenant and everything that its directory holds.
#[derive(Clone, Debug)]
pub struct TenantView {
    /// Identity.
    pub id: TenantId,
    /// Name of the institution.
    pub name: String,
    /// It is deleted: nobody of it gets in, and its name stays taken.
    pub deleted: bool,
    /// Whether what weakens needs two people.
    pub dual_control: DualControl,
    /// What holds for the tenant as a whole.
    pub settings: TenantSettings,
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Policies by name.
    pub policies: BTreeMap<String, NamedPolicy>,
    /// Access keys by id.
    pub keys: BTreeMap<String, AccessKey>,
    /// How its audit is kept; `None` = as the vault says.
    pub audit: Option<AuditPolicy>,
    last_uses: BTreeMap<String, u32>,
}

/// An access key as requests meet it.
pub struct KnownKey {
    /// The key as recorded.
    pub key: AccessKey,
    /// Its tenant.
    pub tenant: TenantId,
    /// Its owner is somebody.
    pub person: bool,
    /// The secret.
    pub secret: Zeroizing<String>,
    /// Limits in time of its owner.
    pub time_box: Option<TimeBox>,
    /// What it may do without a policy.
    pub allowed: ActionSet,
    /// The policies of its owner and the owner's groups, or its own instead.
    pub policies: Vec<Arc<Policy>>,
    /// Its own policy: what that does not allow, nothing allows.
    pub boundary: Option<Arc<Policy>>,
    /// Last use that was written down, in days.
    pub(crate) last_use: Option<u32>,
    /// Why it is not good at any time.
    broken: Option<KeyNotGood>,
    until: Option<ComplianceTime>,
}

/// Why a key does not work.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyNotGood {
    /// It, or its owner, was disabled.
    #[error("the access key or its owner is disabled")]
    Disabled,
    /// Its time, or that of its owner, is over.
    #[error("the access key has expired")]
    Expired,
    /// It was not used for too long.
    #[error("the access key was not used for too long; an administrator can enable it again")]
    Unused,
    /// Its owner, or a policy that counts for it, cannot be read.
    #[error("the access key cannot be judged: its owner or a policy is missing or unreadable")]
    Unreadable,
}

impl KnownKey {
    /// Whether it works now. `last_use`: the newest that is known.
    ///
    /// # Errors
    /// [`KeyNotGood`].
    pub fn check(&self, now: ComplianceTime, last_use: Option<u32>) -> Result<(), KeyNotGood> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        if self.until.is_some_and(|until| until <= now) {
            return Err(KeyNotGood::Expired);
        }
        if let Some(days) = self.key.unused_days {
            let made = day(ComplianceTime(self.key.created.0));
            let last = last_use.unwrap_or(made).max(made);
            if day(now) > last.saturating_add(days) {
                return Err(KeyNotGood::Unused);
            }
        }
        Ok(())
    }
}

impl TenantView {
    pub(super) fn new(
        (id, deleted): (TenantId, bool),
        entry: &TenantEntry,
        identities: Vec<Identity>,
    ) -> Self {
        let mut view = Self {
            id,
            name: entry.name.clone(),
            deleted,
            dual_control: if entry.dual_control {
                DualControl::Required
            } else {
                DualControl::Off
            },
            settings: TenantSettings::default(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            policies: BTreeMap::new(),
            keys: BTreeMap::new(),
            audit: None,
            last_uses: BTreeMap::new(),
        };
        for identity in identities {
            match identity {
                Identity::User(user) => {
                    view.users.insert(user.name.clone(), user);
                }
                Identity::Group(group) => {
                    view.groups.insert(group.name.clone(), group);
                }
                Identity::Policy(policy) => {
                    view.policies.insert(policy.name.clone(), policy);
                }
                Identity::Key(key) => {
                    view.keys.insert(key.id.clone(), key);
                }
                Identity::Settings(settings) => view.settings = settings,
                Identity::LastUses(uses) => view.last_uses.extend(uses),
                Identity::Audit(policy) => view.audit = Some(policy),
            }
        }
        view
    }

    /// Day of the last use of a key that was written down.
    #[must_use]
    pub fn last_use(&self, key: &str) -> Option<u32> {
        self.last_uses.get(key).copied()
    }

    /// Its keys as requests meet them. One whose secret does not open is left out: it signs nothing.
    pub(super) fn known_keys(&self, keys: &Keys) -> Vec<KnownKey> {
        let known = self.keys.values().filter_map(|key| self.known(keys, key));
        known.collect()
    }

    fn known(&self, keys: &Keys, key: &AccessKey) -> Option<KnownKey> {
        let opened = secret::open(keys, self.id, &key.id, &key.secret);
        let secret = match opened {
            Ok(bytes) => Zeroizing::new(String::from_utf8(bytes.to_vec()).ok()?),
            Err(error) => {
                tracing::error!(key = key.id, %error, "an access key cannot be used");
                return None;
            }
        };
        let owner = self.users.get(&key.user);
        let own = key.policy.as_deref().map(parse_identity_policy);
        let unreadable = matches!(own, Some(Err(_)));
        let boundary = own.and_then(Result::ok).map(Arc::new);
        let (allowed, policies) = self.rights(key, owner, boundary.as_ref());
        let mut broken = None;
        if policies.is_none() || owner.is_none() || unreadable {
            broken = Some(KeyNotGood::Unreadable);
        }
        if key.disabled || owner.is_some_and(|owner| owner.disabled) {
            broken = Some(KeyNotGood::Disabled);
        }
        let time_box = owner.and_then(|owner| owner.time_box.clone());
        let box_ends = time_box.as_ref().map(|limits| limits.until);
        let until = match (key.expires, box_ends) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Some(KnownKey {
            tenant: self.id,
            person: owner.is_some_and(|owner| owner.kind == UserKind::Person),
            time_box,
            secret,
            allowed,
            policies: policies.unwrap_or_default(),
            boundary,
            last_use: self.last_use(&key.id),
            broken,
            until,
            key: key.clone(),
        })
    }

    /// What a key may do within its own policy: its preset; without one what that policy allows; with
    /// neither what its owner and the owner's groups may. `None` for the policies when one of them cannot
    /// be read: a Deny may stand there.
    fn rights(
        &self,
        key: &AccessKey,
        owner: Option<&User>,
        own: Option<&Arc<Policy>>,
    ) -> (ActionSet, Option<Vec<Arc<Policy>>>) {
        if let Some(preset) = key.preset {
            return (preset.actions(), Some(Vec::new()));
        }
        if key.policy.is_some() {
            let own = own.cloned().into_iter().collect();
            return (ActionSet::default(), Some(own));
        }
        let Some(owner) = owner else {
            return (ActionSet::default(), None);
        };
        let mut allowed = owner
            .preset
            .map(|preset| preset.actions())
            .unwrap_or_default();
        if owner.approver {
            allowed = allowed.union([Action::ApproveRequest].into_iter().collect());
        }
        let mut names: Vec<&String> = owner.policies.iter().collect();
        for name in &owner.groups {
            let Some(group) = self.groups.get(name) else {
                return (allowed, None);
            };
            allowed = allowed.union(group.preset.map(|p| p.actions()).unwrap_or_default());
            names.extend(&group.policies);
        }
        let parse = |name: &&String| {
            let policy = self.policies.get(*name)?;
            parse_identity_policy(&policy.text).ok().map(Arc::new)
        };
        (allowed, names.iter().map(parse).collect())
    }
}
