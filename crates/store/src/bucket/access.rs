//! What a bucket says of who may come in: policy, public-access block, ownership and list.

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_model::access::BucketRules;
use azekura_model::acl::Acl;
use azekura_model::bucket_config::{
    BucketPolicyText, BucketSetting as _, Configured, ObjectOwnership, PublicAccessBlock,
};
use azekura_model::ident::{BucketUuid, TenantId};
use azekura_model::name::BucketName;
use azekura_model::policy::Policy;
use azekura_model::position::Sequence;

use crate::bucket::{configure, read};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION};
use crate::inner::Inner;
use crate::policy_text::parse_bucket_policy;

/// Most policies that are kept in memory as they were read.
const KEPT_MAX: usize = 1024;

/// Policies as they were read, each with the record that set it.
#[derive(Debug, Default)]
pub(crate) struct ReadPolicies(parking_lot::Mutex<BTreeMap<BucketUuid, (Sequence, Arc<Policy>)>>);

/// What a bucket says of who may come in.
#[derive(Clone, Debug)]
pub struct BucketAccess {
    /// Institution that owns it.
    pub tenant: TenantId,
    /// Its policy.
    pub policy: Option<Arc<Policy>>,
    /// Its public-access block; `None` = it was taken away. Read only where something can be public.
    pub block: Option<PublicAccessBlock>,
    /// Who owns objects, and whether lists count.
    pub ownership: ObjectOwnership,
    /// Its own list, where lists count.
    pub acl: Option<Acl>,
}

impl BucketAccess {
    /// For the rule of access, with the list of what is asked for.
    #[must_use]
    pub fn rules<'a>(&'a self, acl: Option<&'a Acl>) -> BucketRules<'a> {
        BucketRules {
            policy: self.policy.as_deref(),
            block: self.block,
            acl: acl.filter(|_| self.ownership.has_acls()),
        }
    }

    /// Whether public lists are refused.
    #[must_use]
    pub fn blocks_public_acls(&self) -> bool {
        self.block.is_some_and(|block| block.block_public_acls)
    }

    /// Whether policy or list let everybody in.
    #[must_use]
    pub fn is_public(&self) -> bool {
        let ignored = self.block.is_some_and(|block| block.ignore_public_acls);
        let listed = self.acl.as_ref().is_some_and(Acl::is_public) && !ignored;
        listed
            || self
                .policy
                .as_ref()
                .is_some_and(|policy| policy.is_public())
    }

    /// Whether anything but rights of the own tenant can let somebody in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.policy.is_some() || self.ownership.has_acls()
    }
}

/// What the bucket of this name says; `None` when there is none.
pub(crate) fn access(inner: &Inner, name: &BucketName) -> Result<Option<BucketAccess>, StoreError> {
    let Some((tenant, uuid)) = read::identity(inner, name)? else {
        return Ok(None);
    };
    let policy = policy(inner, name, uuid)?;
    let ownership: Configured<ObjectOwnership> = configure::read_setting(inner, uuid)?;
    // Taken away, ownership is as strict as it was.
    let ownership = ownership.set().unwrap_or_default();
    let mut access = BucketAccess {
        tenant,
        policy,
        block: Some(PublicAccessBlock::ALL),
        ownership,
        acl: None,
    };
    if access.is_open() {
        let block: Configured<PublicAccessBlock> = configure::read_setting(inner, uuid)?;
        access.block = block.or_default(PublicAccessBlock::ALL);
    }
    if ownership.has_acls() {
        let acl: Configured<Acl> = configure::read_setting(inner, uuid)?;
        access.acl = Some(acl.set().unwrap_or_else(|| Acl::private(tenant)));
    }
    Ok(Some(access))
}

/// The policy of a bucket. One that cannot be read any more lets nobody in: it is an error, not absence.
fn policy(
    inner: &Inner,
    name: &BucketName,
    uuid: BucketUuid,
) -> Result<Option<Arc<Policy>>, StoreError> {
    let key = families::bucket_config(uuid, BucketPolicyText::KIND);
    let Some(entry) = inner.get(CONFIGURATION, &key)? else {
        return Ok(None);
    };
    let kept = inner.read_policies.0.lock().get(&uuid).cloned();
    if let Some((sequence, policy)) = kept
        && sequence == entry.sequence
    {
        return Ok(Some(policy));
    }
    let Configured::Set(text) = configure::decode_setting::<BucketPolicyText>(uuid, &entry.value)?
    else {
        return Ok(None);
    };
    let policy = parse_bucket_policy(&text.0, name).map_err(|bad| {
        StoreError::Internal(format!(
            "the policy of bucket {name} cannot be read any more ({bad}); put it again"
        ))
    })?;
    let policy = Arc::new(policy);
    let mut kept = inner.read_policies.0.lock();
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(uuid, (entry.sequence, Arc::clone(&policy)));
    Ok(Some(policy))
}
