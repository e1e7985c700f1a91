//! Who may sign requests of others: the people of the directory whose role it is.

use std::sync::Weak;

use azekura_model::governed::{Approver, ApproverKey};
use azekura_model::ident::TenantId;
use azekura_model::identity::{User, UserKind};

use super::TenantView;
use crate::error::StoreError;
use crate::governed::Approvers;
use crate::inner::Inner;

/// The directory as the registry of approvers.
pub(crate) struct DirectoryApprovers(pub(crate) Weak<Inner>);

impl Approvers for DirectoryApprovers {
    fn approvers(&self, tenant: TenantId) -> Result<Vec<Approver>, StoreError> {
        let inner = self.0.upgrade();
        let inner = inner.ok_or_else(|| StoreError::Internal("the store is gone".to_owned()))?;
        let Some(view) = inner.directory.tenant(tenant) else {
            return Err(StoreError::NoSuchIdentity);
        };
        let now = inner.clock.compliance();
        let people = view.users.values();
        let people = people.filter(|user| user.approver && user.kind == UserKind::Person);
        Ok(people
            .map(|user| {
                let over = user.time_box.as_ref().is_some_and(|time| time.until <= now);
                approver(&view, user, over)
            })
            .collect())
    }
}

fn approver(view: &TenantView, user: &User, over: bool) -> Approver {
    let owned = view.keys.values().filter(|key| key.user == user.name);
    Approver {
        person: user.name.clone(),
        keys: user
            .signing_keys
            .iter()
            .map(|key| ApproverKey {
                public: key.public.clone(),
                registered: key.registered,
                frozen: key.frozen,
            })
            .collect(),
        access_keys: owned.map(|key| key.id.clone()).collect(),
        frozen: user.disabled || over,
    }
}
