//! What a key could do: asked of the one rule of access itself, action by action, object by object.

use std::sync::Arc;

use azekura_admin_api::error::{ApiError, Code};
use azekura_admin_api::tenancy::{
    BlastRadius, BucketReach, PolicyExplainQuery, PolicyExplained, Reach,
};
use azekura_gateway::auth::Authenticate as _;
use azekura_model::access::{
    Action, AllowedBy, Ask, Authorized, BucketRules, DeniedBy, Grant, PolicySource, Resource,
    Right, Scope, StatementName, authorize,
};
use azekura_model::explain::{Deletable, deletable};
use azekura_model::ident::TenantId;
use azekura_model::lock::{LockState, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::time::ComplianceTime;
use azekura_store::bucket::Bucket;
use azekura_store::bucket::access::BucketAccess;
use azekura_store::error::StoreError;
use azekura_store::identity::TenantView;
use azekura_store::listing::ListRequest;
use azekura_store::store::Store;

use super::super::convert::api_error;
use super::super::operations::Operator;
use crate::keys::AccessKeys;

/// Most objects of a bucket that are looked at.
const OBJECTS_MAX: u64 = 200_000;

/// A key that is asked about.
pub(crate) struct Subject {
    key: String,
    grant: Grant,
    tenant: TenantId,
    /// Names of the policies of its owner and of the owner's groups, in the order of the grant.
    policies: Vec<String>,
}

fn missing() -> ApiError {
    ApiError::new(
        Code::NotFound,
        "the own tenant has no such access key, or it does not work",
    )
    .hint("`azekura key list` shows the keys and whether they work.")
}

/// The key of this id, if it is one of the caller's tenant that works.
pub(crate) fn subject(
    keys: &AccessKeys,
    operator: &Operator,
    key: &str,
) -> Result<Subject, ApiError> {
    operator.may(Action::ReadIdentities)?;
    let tenant = operator.tenant().ok_or_else(missing)?;
    let store = &operator.running().store;
    let mut grant = keys.credential(key).ok_or_else(missing)?.grant;
    if grant.tenant.is_none() {
        grant.tenant = store.first_tenant().ok();
    }
    if grant.tenant != Some(tenant) {
        return Err(missing());
    }
    let view = store.tenant(tenant).map_err(|error| api_error(&error))?;
    Ok(Subject {
        key: key.to_owned(),
        policies: names(&view, key),
        grant,
        tenant,
    })
}

/// As the directory puts them together: those of the owner, then those of its groups.
fn names(view: &TenantView, key: &str) -> Vec<String> {
    let Some(key) = view.keys.get(key) else {
        return Vec::new();
    };
    if key.policy.is_some() {
        return vec!["the key's own".to_owned()];
    }
    let Some(owner) = view.users.get(&key.user) else {
        return Vec::new();
    };
    let groups = owner.groups.iter().filter_map(|name| view.groups.get(name));
    let of_groups = groups.flat_map(|group| group.policies.iter());
    owner.policies.iter().chain(of_groups).cloned().collect()
}

impl Operator {
    /// What a key could do in each bucket of its tenant.
    pub(super) async fn reach_of(&self, subject: Subject) -> Result<BlastRadius, ApiError> {
        let (store, now) = (Arc::clone(&self.running().store), self.now());
        let look = move || whole(&store, &subject, now);
        let looked = tokio::task::spawn_blocking(look).await;
        let looked = looked.map_err(|error| ApiError::new(Code::Internal, error.to_string()))?;
        looked.map_err(|error| api_error(&error))
    }
}

fn whole(store: &Store, subject: &Subject, now: ComplianceTime) -> Result<BlastRadius, StoreError> {
    let tenant = Resource::Tenant(subject.tenant);
    let administers = |action: &&Action| {
        matches!(action.scope(), Scope::Tenant | Scope::Vault)
            && authorize(
                &subject.grant,
                &Ask::plain(**action, &tenant, Some(subject.tenant)),
            )
            .is_ok()
    };
    let administer = Action::ALL.iter().filter(administers);
    let mut radius = BlastRadius {
        key: subject.key.clone(),
        user: subject.grant.user.clone(),
        destroy: 0,
        administer: administer.map(|action| action.name().to_owned()).collect(),
        buckets: Vec::new(),
        caveats: vec![
            "statements with conditions are judged as for a request of which nothing is known"
                .to_owned(),
            "buckets of other institutions and lists of single objects are not looked at"
                .to_owned(),
        ],
    };
    let by = Authorized::internal("blast radius", Action::ListAllMyBuckets);
    for bucket in store.list_buckets(&by)? {
        if bucket.tenant == subject.tenant {
            radius
                .buckets
                .push(of_bucket(store, subject, &bucket, now)?);
        }
    }
    Ok(radius)
}

fn add(reach: &mut Reach, bytes: u64) {
    reach.objects = reach.objects.saturating_add(1);
    reach.bytes = reach.bytes.saturating_add(bytes);
}

fn of_bucket(
    store: &Store,
    subject: &Subject,
    bucket: &Bucket,
    now: ComplianceTime,
) -> Result<BucketReach, StoreError> {
    let access = store.bucket_access(&bucket.name)?;
    let rules = rules(access.as_ref());
    let name = bucket.name.as_str();
    let may = |action, resource: &Resource| {
        let ask = Ask {
            bucket: rules,
            ..Ask::plain(action, resource, Some(bucket.tenant))
        };
        authorize(&subject.grant, &ask).is_ok()
    };
    let whole = Resource::Bucket(name.to_owned());
    let any = Resource::Object {
        bucket: name.to_owned(),
        key: "any".to_owned(),
    };
    let configures = |action: &&Action| {
        action.scope() == Scope::Bucket && action.right() == Right::Manage && may(**action, &whole)
    };
    let configure = Action::ALL.iter().filter(configures);
    let mut reach = BucketReach {
        bucket: name.to_owned(),
        write: may(Action::PutObject, &any),
        configure: configure.map(|action| action.name().to_owned()).collect(),
        history_days: bucket.history_days,
        ..BucketReach::default()
    };
    let mut request = ListRequest {
        max: 1000,
        ..ListRequest::default()
    };
    let mut seen = 0_u64;
    loop {
        let (objects, next) = store.current_locks(&bucket.name, &request)?;
        for (key, bytes, lock) in objects {
            seen = seen.saturating_add(1);
            let object = Resource::Object {
                bucket: name.to_owned(),
                key,
            };
            object_reach(
                &mut reach,
                |action| may(action, &object),
                (bytes, &lock),
                now,
            );
        }
        match next {
            Some(next) if seen < OBJECTS_MAX => request.after = next,
            Some(_) => {
                reach.at_least = true;
                return Ok(reach);
            }
            None => return Ok(reach),
        }
    }
}

fn object_reach(
    reach: &mut BucketReach,
    may: impl Fn(Action) -> bool,
    (bytes, lock): (u64, &LockState),
    now: ComplianceTime,
) {
    if may(Action::GetObject) {
        add(&mut reach.read, bytes);
    }
    if may(Action::DeleteObject) {
        add(&mut reach.hide, bytes);
    }
    let hides_versions = may(Action::DeleteObjectVersion);
    if hides_versions && deletable(lock, now) == Deletable::Yes {
        add(&mut reach.hide_versions, bytes);
    }
    if may(Action::PutObjectRetention) {
        add(&mut reach.lock, bytes);
    }
    let LockState::Known(lock) = lock else {
        return;
    };
    let governance = lock
        .retained(now)
        .is_some_and(|retention| retention.mode == RetentionMode::Governance);
    let held = lock.hold == Some(true) || lock.event.is_some();
    if governance && !held && hides_versions && may(Action::BypassGovernanceRetention) {
        add(&mut reach.bypass, bytes);
    }
}

fn rules(access: Option<&BucketAccess>) -> BucketRules<'_> {
    access.map_or_else(BucketRules::default, |access| {
        access.rules(access.acl.as_ref())
    })
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(Code::InvalidRequest, message)
}

fn resource(text: &str) -> Result<Resource, ApiError> {
    let named = text.strip_prefix("arn:aws:s3:::");
    match (named, text) {
        (Some("*"), _) => Ok(Resource::Buckets),
        (Some(named), _) => Ok(match named.split_once('/') {
            Some((bucket, key)) => Resource::Object {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            },
            None => Resource::Bucket(named.to_owned()),
        }),
        (None, "arn:azekura:vault") => Ok(Resource::Vault),
        (None, text) => text
            .strip_prefix("arn:azekura:tenant:")
            .and_then(TenantId::parse)
            .map(Resource::Tenant)
            .ok_or_else(|| {
                invalid(format!("{text:?} is not a resource")).hint(
                    "As arn:aws:s3:::bucket/key, arn:aws:s3:::bucket or arn:azekura:tenant:ID.",
                )
            }),
    }
}

/// Asks the rule of access, and says what decided.
pub(crate) fn explain(
    operator: &Operator,
    subject: &Subject,
    query: &PolicyExplainQuery,
) -> Result<PolicyExplained, ApiError> {
    let mut known = Action::ALL.iter().copied();
    let action = known
        .find(|action| action.name().eq_ignore_ascii_case(&query.action))
        .ok_or_else(|| {
            invalid(format!("there is no action {:?} here", query.action))
                .hint("As policies name it: s3:GetObject, azekura:ReadAudit.")
        })?;
    let resource = resource(&query.resource)?;
    let store = &operator.running().store;
    let name = resource
        .bucket()
        .and_then(|name| BucketName::parse(name).ok());
    let access = match &name {
        Some(name) => store
            .bucket_access(name)
            .map_err(|error| api_error(&error))?,
        None => None,
    };
    let owner = match (&resource, &access) {
        (Resource::Tenant(tenant), _) => Some(*tenant),
        (_, Some(access)) => Some(access.tenant),
        _ => None,
    };
    let ask = Ask {
        bucket: rules(access.as_ref()),
        ..Ask::plain(action, &resource, owner)
    };
    Ok(decided(subject, &ask))
}

fn decided(subject: &Subject, ask: &Ask<'_>) -> PolicyExplained {
    let mut out = PolicyExplained {
        key: subject.key.clone(),
        action: ask.action.name().to_owned(),
        resource: ask.resource.arn(),
        ..PolicyExplained::default()
    };
    let statement = match authorize(&subject.grant, ask) {
        Ok(allowed) => {
            out.allowed = true;
            out.because = match allowed.by() {
                AllowedBy::Statement(source, statement) => {
                    format!("{statement} of {source} allows it")
                }
                AllowedBy::Acl => "an access-control list allows it".to_owned(),
                AllowedBy::Rights | AllowedBy::Vault => {
                    format!("the preset or the rights hold {:?}", ask.action.right())
                }
            };
            match allowed.by() {
                AllowedBy::Statement(source, statement) => Some((*source, statement.clone())),
                _ => None,
            }
        }
        Err(denied) => {
            out.because = denied.to_string();
            match denied.why {
                DeniedBy::Statement(source, statement) => Some((source, statement)),
                _ => None,
            }
        }
    };
    if let Some((source, statement)) = statement {
        named(&mut out, subject, source, statement);
    }
    out
}

fn named(
    out: &mut PolicyExplained,
    subject: &Subject,
    source: PolicySource,
    statement: StatementName,
) {
    out.policy = match source {
        PolicySource::Identity(place) => subject.policies.get(place).cloned(),
        PolicySource::Key => Some("the key's own".to_owned()),
        PolicySource::Bucket => Some("the bucket's".to_owned()),
    };
    let place = u64::try_from(statement.index).unwrap_or(u64::MAX);
    out.statement = Some(place.saturating_add(1));
    out.sid = statement.sid;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_read_as_policies_name_them() {
        for text in [
            "arn:aws:s3:::bucket",
            "arn:aws:s3:::bucket/a/b",
            "arn:aws:s3:::*",
            "arn:azekura:vault",
        ] {
            assert_eq!(resource(text).unwrap().arn(), text);
        }
        assert!(resource("bucket/key").is_err());
        assert!(resource("arn:azekura:tenant:x").is_err());
    }
}
