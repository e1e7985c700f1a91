//! Changes of the directory: read, judge, commit under a guard that nothing changed meanwhile, read again.

use azekura_engine::seam::{CommitClass, Guard};
use azekura_model::access::{Action, Authorized, Preset};
use azekura_model::audit::AuditPolicy;
use azekura_model::governed::{AdministrationChange, GovernedOperation, Permit};
use azekura_model::ident::TenantId;
use azekura_model::identity::{
    AccessKey, Group, Identity, IdentityName, KeyQuota, LABEL_BYTES_MAX, NamedPolicy,
    TenantSettings, User, UserKind, administration, check_name, stands_out,
};
use azekura_model::requester::Requester;
use azekura_model::time::ComplianceTime;
use azekura_record::identity::IdentityChanged;
use azekura_record::particulars::Event;
use azekura_record::tenant::TenantCreated;
use bytes::Bytes;
use zeroize::Zeroizing;

use super::delete::alive;
use super::describe;
use super::{DAY_MS, load, one, secret};
use crate::error::StoreError;
use crate::families::{self, CONFIGURATION, IDENTITY};
use crate::governed;
use crate::governed::documents::digested;
use crate::inner::{Draft, Inner, Refused, unchanged};
use crate::keys::Contents;
use crate::policy_text::parse_identity_policy;

/// Characters of a secret, of 5 bits each.
const SECRET_CHARS: usize = 40;
/// Characters of a key id after its prefix.
const ID_CHARS: usize = 17;
/// What access key ids begin with.
const ID_PREFIX: &str = "AZK";
/// Most users, groups, policies and keys of a tenant, each.
const MOST: usize = 10_000;

/// What a new tenant begins with.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Name of the institution, unique in the vault.
    pub name: String,
    /// `true` = what weakens needs two people; fixed for ever.
    pub dual_control: bool,
    /// Its contents are sealed by a passphrase of its own; fixed for ever.
    pub sealed: bool,
    /// What holds for it as a whole.
    pub settings: TenantSettings,
    /// Its first people. Later ones that administer or approve may need two people.
    pub users: Vec<User>,
}

/// What a new key is.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What it is for.
    pub label: String,
    /// Name of its owner.
    pub user: String,
    /// What it may do instead of what its owner may.
    pub preset: Option<Preset>,
    /// A policy instead of those of its owner, as JSON.
    pub policy: Option<String>,
    /// Days until it ends.
    pub expires_days: Option<u32>,
    /// Days without use after which it does not work; `None` = as the tenant says.
    pub unused_days: Option<u32>,
    /// Networks from which it works; empty = all.
    pub source_cidrs: Vec<String>,
    /// SHA-256 of the client certificate with which alone it works.
    pub certificate: Option<[u8; 32]>,
    /// How much it may do.
    pub limits: KeyQuota,
}

/// Makes a tenant with its first people.
pub(crate) async fn create_tenant(
    inner: &Inner,
    by: &Authorized,
    new: NewTenant,
) -> Result<TenantId, StoreError> {
    check(&new.name)?;
    let _alone = inner.directory.changing.lock().await;
    let taken = inner
        .directory
        .tenants()
        .iter()
        .any(|tenant| tenant.name == new.name);
    if taken {
        let what = format!(
            "a tenant of the name {:?} is there already, or was: a name is given once",
            new.name
        );
        return Err(StoreError::InvalidRequest(what));
    }
    let tenant = inner.ids.tenant()?;
    let event = Event::TenantCreated(TenantCreated {
        name: new.name,
        wrapped_key: inner.keys.new_tenant(tenant, Contents::of(new.sealed))?,
        dual_control: new.dual_control,
        sealed: new.sealed,
    });
    let guard = vec![Guard::Absent(families::tenant(tenant))];
    let place = (tenant, CONFIGURATION);
    append(inner, (by.requester(), None), place, guard, event)
        .await
        .map_err(Refused::unexpected)?;
    let settings = Identity::Settings(new.settings);
    let users = new.users.into_iter().map(Identity::User);
    for identity in std::iter::once(settings).chain(users) {
        let identity = registered(inner, None, identity);
        validate(&identity)?;
        commit(inner, (by.requester(), None), tenant, None, identity).await?;
    }
    load(inner)?;
    Ok(tenant)
}

/// Sets one thing of a directory, whole: what `edit` makes of what is there. What gives administration or
/// takes a second person away needs two people where the tenant says so.
pub(crate) async fn set(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    name: IdentityName,
    edit: impl FnOnce(Option<Identity>) -> Result<Identity, StoreError>,
) -> Result<Identity, StoreError> {
    let _alone = inner.directory.changing.lock().await;
    alive(inner, tenant)?;
    let (before, raw) = one(inner, tenant, &name)?;
    let after = registered(inner, before.as_ref(), edit(before.clone())?);
    if after.name() != name {
        return Err(StoreError::Internal(
            "an identity changed its name".to_owned(),
        ));
    }
    validate(&after)?;
    refer(inner, tenant, &after)?;
    let permit = govern(inner, by, tenant, before.as_ref(), Some(&after)).await?;
    let by = (by.requester(), permit.as_ref());
    commit(inner, by, tenant, raw, after.clone()).await?;
    load(inner)?;
    Ok(after)
}

/// Takes one thing of a directory away.
pub(crate) async fn remove(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    name: IdentityName,
) -> Result<(), StoreError> {
    let _alone = inner.directory.changing.lock().await;
    alive(inner, tenant)?;
    let (Some(before), Some(raw)) = one(inner, tenant, &name)? else {
        return Err(StoreError::NoSuchIdentity);
    };
    unused(inner, tenant, &before)?;
    let permit = govern(inner, by, tenant, Some(&before), None).await?;
    let by = (by.requester(), permit.as_ref());
    let key = families::identity(tenant, &name);
    let event = Event::IdentityChanged(Box::new(IdentityChanged::Removed(name)));
    let guard = vec![Guard::Equals(key, raw)];
    append(inner, by, (tenant, IDENTITY), guard, event)
        .await
        .map_err(Refused::unexpected)?;
    load(inner)
}

/// Makes an access key. The secret is shown this once.
pub(crate) async fn create_key(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    new: NewKey,
) -> Result<(AccessKey, Zeroizing<String>), StoreError> {
    let view = inner
        .directory
        .tenant(tenant)
        .ok_or(StoreError::NoSuchIdentity)?;
    let id = format!(
        "{ID_PREFIX}{}",
        text(&inner.entropy.bytes32()?, ID_CHARS).to_uppercase()
    );
    let plain = Zeroizing::new(text(&inner.entropy.bytes32()?, SECRET_CHARS));
    let now = inner.clock.compliance();
    let days = |days: u32| ComplianceTime(now.0.saturating_add(i64::from(days) * DAY_MS));
    let key = AccessKey {
        secret: secret::seal(&inner.keys, tenant, &id, plain.as_bytes())?,
        id,
        label: new.label,
        user: new.user,
        preset: new.preset,
        policy: new.policy,
        created: inner.clock.wall(),
        expires: new.expires_days.map(days),
        disabled: false,
        unused_days: new.unused_days.or(view.settings.unused_days),
        source_cidrs: new.source_cidrs,
        certificate: new.certificate,
        limits: new.limits,
    };
    let name = IdentityName::Key(key.id.clone());
    let made = key.clone();
    set(inner, by, tenant, name, |_| Ok(Identity::Key(made))).await?;
    Ok((key, plain))
}

/// The name under which the secret of a person's one-time passwords is sealed.
fn totp_name(user: &str) -> String {
    format!("totp/{user}")
}

/// The secret of a person's one-time passwords.
pub(crate) fn totp_secret(
    inner: &Inner,
    tenant: TenantId,
    user: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let view = inner
        .directory
        .tenant(tenant)
        .ok_or(StoreError::NoSuchIdentity)?;
    let sealed = view.users.get(user).and_then(|user| user.totp.as_ref());
    let open = |sealed: &Vec<u8>| secret::open(&inner.keys, tenant, &totp_name(user), sealed);
    Ok(sealed.map(open).transpose()?)
}

/// Gives a person a secret for one-time passwords, once.
pub(crate) async fn enrol_totp(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    user: &str,
    secret: &[u8],
) -> Result<(), StoreError> {
    let sealed = secret::seal(&inner.keys, tenant, &totp_name(user), secret)?;
    let name = IdentityName::User(user.to_owned());
    set(inner, by, tenant, name, |before| match before {
        Some(Identity::User(user)) if user.totp.is_none() => Ok(Identity::User(User {
            totp: Some(sealed),
            ..user
        })),
        Some(_) => Err(StoreError::InvalidRequest(
            "there is a secret already".to_owned(),
        )),
        None => Err(StoreError::NoSuchIdentity),
    })
    .await?;
    Ok(())
}

/// Writes down on which days keys were used, where that is not known yet.
pub(crate) async fn note_uses(inner: &Inner) -> Result<(), StoreError> {
    let noted = std::mem::take(&mut *inner.directory.uses.lock());
    for tenant in inner.directory.tenants() {
        let newer = |id: &String, at: u32| tenant.last_use(id).is_none_or(|last| last < at);
        let uses: Vec<(String, u32)> = noted
            .iter()
            .filter(|(id, at)| tenant.keys.contains_key(*id) && newer(id, **at))
            .map(|(id, at)| (id.clone(), *at))
            .collect();
        if uses.is_empty() {
            continue;
        }
        let _alone = inner.directory.changing.lock().await;
        let (before, raw) = one(inner, tenant.id, &IdentityName::LastUses)?;
        let mut all: std::collections::BTreeMap<String, u32> = match before {
            Some(Identity::LastUses(uses)) => uses.into_iter().collect(),
            _ => std::collections::BTreeMap::new(),
        };
        all.extend(uses);
        all.retain(|id, _| tenant.keys.contains_key(id));
        let uses = Identity::LastUses(all.into_iter().collect());
        let by = Requester::vault("last uses");
        commit(inner, (&by, None), tenant.id, raw, uses).await?;
        load(inner)?;
    }
    Ok(())
}

/// Letters and digits that need no quoting anywhere; 5 random bits each.
fn text(random: &[u8; 32], chars: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let spread = random.iter().flat_map(|byte| [byte >> 3, byte << 2]);
    // Eight bits give five and three: of the second half only three are random, which the length allows for.
    spread
        .take(chars)
        .map(|bits| char::from(DIGITS.get(usize::from(bits & 31)).copied().unwrap_or(b'0')))
        .collect()
}

/// Gives keys to sign with the time at which they are registered; one that is there keeps its own. What a
/// caller says of it does not count.
fn registered(inner: &Inner, before: Option<&Identity>, after: Identity) -> Identity {
    let Identity::User(mut user) = after else {
        return after;
    };
    let known = match before {
        Some(Identity::User(before)) => before.signing_keys.as_slice(),
        _ => &[],
    };
    for key in &mut user.signing_keys {
        let same = known.iter().find(|known| known.public == key.public);
        key.registered = match same {
            Some(known) => known.registered,
            None => inner.clock.hybrid(),
        };
    }
    Identity::User(user)
}

fn check(name: &str) -> Result<(), StoreError> {
    check_name(name).map_err(|error| StoreError::InvalidArgument(error.to_string()))
}

/// What can be judged of one thing alone.
fn validate(identity: &Identity) -> Result<(), StoreError> {
    let short = |text: &str| {
        if text.len() > LABEL_BYTES_MAX || text.contains(char::is_control) {
            let what = format!("at most {LABEL_BYTES_MAX} bytes without control characters");
            return Err(StoreError::InvalidArgument(what));
        }
        Ok(())
    };
    let policy = |text: &str| {
        parse_identity_policy(text)
            .map(|_| ())
            .map_err(|error| StoreError::InvalidArgument(error.to_string()))
    };
    match identity {
        Identity::User(User {
            name,
            groups,
            policies,
            time_box,
            ..
        }) => {
            check(name)?;
            if let Some(time_box) = time_box {
                short(&time_box.ticket)?;
                short(&time_box.plan)?;
            }
            groups
                .iter()
                .chain(policies)
                .try_for_each(|name| check(name))
        }
        Identity::Group(Group { name, policies, .. }) => {
            check(name)?;
            policies.iter().try_for_each(|name| check(name))
        }
        Identity::Policy(NamedPolicy { name, text }) => {
            check(name)?;
            policy(text)
        }
        Identity::Key(key) => {
            short(&key.label)?;
            key.policy.as_deref().map_or(Ok(()), policy)
        }
        Identity::Audit(policy) => policy
            .check()
            .map_err(|error| StoreError::InvalidArgument(error.to_string())),
        Identity::Settings(_) | Identity::LastUses(_) => Ok(()),
    }
}

/// What one thing refers to must be there, and there is an end to how many there are.
fn refer(inner: &Inner, tenant: TenantId, identity: &Identity) -> Result<(), StoreError> {
    let view = inner
        .directory
        .tenant(tenant)
        .ok_or(StoreError::NoSuchIdentity)?;
    let missing = |what: &str, name: &str| {
        Err(StoreError::InvalidArgument(format!(
            "there is no {what} {name:?}: make it first"
        )))
    };
    let (names, count): (&[String], usize) = match identity {
        Identity::User(user) => {
            if let Some(name) = user
                .groups
                .iter()
                .find(|name| !view.groups.contains_key(*name))
            {
                return missing("group", name);
            }
            (&user.policies, view.users.len())
        }
        Identity::Group(group) => (&group.policies, view.groups.len()),
        Identity::Key(key) if !view.users.contains_key(&key.user) => {
            return missing("user", &key.user);
        }
        Identity::Key(_) => (&[], view.keys.len()),
        Identity::Policy(_) => (&[], view.policies.len()),
        Identity::Settings(_) | Identity::LastUses(_) | Identity::Audit(_) => (&[], 0),
    };
    if count > MOST {
        return Err(StoreError::InvalidRequest(format!(
            "a tenant has at most {MOST} of each kind"
        )));
    }
    match names.iter().find(|name| !view.policies.contains_key(*name)) {
        Some(name) => missing("policy", name),
        None => Ok(()),
    }
}

/// What something still refers to stays.
fn unused(inner: &Inner, tenant: TenantId, identity: &Identity) -> Result<(), StoreError> {
    let view = inner
        .directory
        .tenant(tenant)
        .ok_or(StoreError::NoSuchIdentity)?;
    let user = match identity {
        Identity::User(user) => {
            let key = view.keys.values().find(|key| key.user == user.name);
            key.map(|key| format!("access key {}", key.id))
        }
        Identity::Group(group) => {
            let member = view
                .users
                .values()
                .find(|user| user.groups.contains(&group.name));
            member.map(|user| format!("user {:?}", user.name))
        }
        Identity::Policy(policy) => {
            let user = view
                .users
                .values()
                .find(|user| user.policies.contains(&policy.name));
            let group = view
                .groups
                .values()
                .find(|group| group.policies.contains(&policy.name));
            user.map(|user| format!("user {:?}", user.name))
                .or_else(|| group.map(|group| format!("group {:?}", group.name)))
        }
        Identity::Audit(_) => {
            let what = "how an audit is kept is set anew, not taken away";
            return Err(StoreError::InvalidRequest(what.to_owned()));
        }
        Identity::Key(_) | Identity::Settings(_) | Identity::LastUses(_) => None,
    };
    match user {
        Some(user) => Err(StoreError::InvalidRequest(format!(
            "{user} still refers to it: change or remove that first"
        ))),
        None => Ok(()),
    }
}

/// Whether somebody would get a key that speaks in the name of somebody else who matters: with it, one
/// person asks under another's name and approves under the own.
fn speaks_for_another(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    before: Option<&Identity>,
    after: Option<&Identity>,
) -> Option<AdministrationChange> {
    let Some(Identity::Key(key)) = after else {
        return None;
    };
    let works_again = match before {
        Some(Identity::Key(before)) => before.disabled && !key.disabled,
        _ => true,
    };
    // A new tenant gets its first keys from the operator of the vault.
    let first = by.action() == Action::Operate;
    let own = by.tenant() == Some(tenant) && by.user() == Some(&key.user);
    if !works_again || first || own {
        return None;
    }
    let view = inner.directory.tenant(tenant)?;
    let owner = view.users.get(&key.user)?;
    // What a system's key may is its preset; a person's key can enrol, and say no, whatever it may.
    let limited = owner.kind == UserKind::System && key.preset.is_some();
    (stands_out(owner) && !limited).then_some(AdministrationChange::AddKey)
}

/// The permit of a change that needs two people, where the tenant says so.
async fn govern(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    before: Option<&Identity>,
    after: Option<&Identity>,
) -> Result<Option<Permit>, StoreError> {
    if let Some(Identity::Audit(policy)) = after {
        return govern_audit(inner, by, tenant, *policy).await;
    }
    let change = administration(before, after)
        .or_else(|| speaks_for_another(inner, by, tenant, before, after));
    let Some(change) = change else {
        return Ok(None);
    };
    let Some(shown) = after.or(before) else {
        return Ok(None);
    };
    let (subject, described) = describe::of(before, shown, inner.clock.compliance());
    let document = match after {
        Some(_) => described,
        None => format!("removed\n{described}"),
    };
    let operation = GovernedOperation::GrantAdministration {
        change,
        subject,
        document: digested(&document),
    };
    let permit = governed::permit(inner, by.requester(), tenant, (&operation, Some(document)));
    permit.await.map(Some)
}

/// The permit of an audit that keeps less than the one in force.
async fn govern_audit(
    inner: &Inner,
    by: &Authorized,
    tenant: TenantId,
    policy: AuditPolicy,
) -> Result<Option<Permit>, StoreError> {
    let most = inner.policy.audit.tenants.budget_bytes;
    if most.is_some_and(|most| policy.budget_bytes.is_none_or(|asked| asked > most)) {
        let most = most.unwrap_or_default();
        let what = format!("the vault gives the audit of a tenant {most} bytes at most");
        return Err(StoreError::InvalidRequest(what));
    }
    if policy.keeps_at_least(&inner.audit_policy(tenant)) {
        return Ok(None);
    }
    let operation = GovernedOperation::WeakenAudit { policy };
    let permit = governed::permit(inner, by.requester(), tenant, (&operation, None));
    permit.await.map(Some)
}

async fn commit(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    tenant: TenantId,
    raw: Option<Bytes>,
    identity: Identity,
) -> Result<(), StoreError> {
    let key = families::identity(tenant, &identity.name());
    let event = Event::IdentityChanged(Box::new(IdentityChanged::Set(Box::new(identity))));
    let guard = vec![unchanged(key, raw)];
    append(inner, by, (tenant, IDENTITY), guard, event)
        .await
        .map_err(Refused::unexpected)
}

async fn append(
    inner: &Inner,
    by: (&Requester, Option<&Permit>),
    (tenant, partition): (TenantId, azekura_model::position::PartitionId),
    guards: Vec<Guard>,
    event: Event,
) -> Result<(), Refused> {
    let draft = Draft::of_tenant(inner, tenant, event);
    // Keys must be withdrawn on a full disk, too.
    let class = CommitClass::Essential;
    inner
        .append_marked(by, partition, class, guards, draft)
        .await?;
    Ok(())
}
