//! Asks the rule of access, with what the store knows of the resource.

use std::cell::RefCell;
use std::sync::Arc;

use azekura_model::access::{
    Action, Ask, Authorized, BucketRules, Denied, DeniedBy, Grant, Resource, authorize,
};
use azekura_model::acl::Acl;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_store::bucket::access::BucketAccess;
use azekura_store::error::StoreError;
use azekura_store::store::Store;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::facts::{AskFacts, Asked};
use crate::convert::names;
use crate::errors;

/// What a question is about.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) resource: Resource,
    /// `versionId` as given.
    pub(crate) version: Option<String>,
    /// What takes the place of the parameter `prefix`.
    pub(super) prefix: Option<String>,
}

impl Place {
    pub(crate) fn of(resource: Resource, version: Option<String>) -> Self {
        Self {
            resource,
            version,
            prefix: None,
        }
    }

    /// An object.
    pub(crate) fn version_of(bucket: &str, key: &str, version: Option<&str>) -> Self {
        let resource = Resource::Object {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        };
        Self::of(resource, version.map(str::to_owned))
    }

    pub(super) fn object(&self) -> Option<(&str, &str)> {
        match &self.resource {
            Resource::Object { bucket, key } => Some((bucket, key)),
            _ => None,
        }
    }

    /// The listing in which the object would stand.
    pub(super) fn listing(&self) -> Option<Self> {
        let (bucket, key) = self.object()?;
        Some(Self {
            resource: Resource::Bucket(bucket.to_owned()),
            version: None,
            prefix: Some(key.to_owned()),
        })
    }
}

/// Asks the rule of access.
#[derive(Clone)]
pub(crate) struct Gate {
    store: Arc<Store>,
}

impl Gate {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Judges one action on one resource.
    pub(super) fn ask(
        &self,
        grant: &Grant,
        asked: &Asked,
        action: Action,
        place: &Place,
    ) -> S3Result<Authorized> {
        let access = self.access(action, &place.resource)?;
        let missing = access.is_none() && action != Action::CreateBucket;
        if missing && grant.is_anonymous() && place.resource.bucket().is_some() {
            return Err(errors::from_store(StoreError::NoSuchBucket));
        }
        let mut judged = self.judge(grant, asked, action, place, (access.as_ref(), None))?;
        // Nobody's list is read where it would not decide.
        let silent = matches!(&judged, Err(denied) if is_silent(denied));
        if silent && let Some(list) = self.object_acl(place, access.as_ref())? {
            judged = self.judge(grant, asked, action, place, (access.as_ref(), Some(&list)))?;
        }
        judged.map_err(|denied| self.refusal(grant, asked, place, denied))
    }

    /// Whether something forbids an action, or another institution does not give it: more than that
    /// nothing allows it.
    pub(super) fn forbids(
        &self,
        grant: &Grant,
        asked: &Asked,
        action: Action,
        place: &Place,
    ) -> S3Result<bool> {
        let access = self.access(action, &place.resource)?;
        let judged = self.judge(grant, asked, action, place, (access.as_ref(), None))?;
        Ok(matches!(judged, Err(denied) if denied.why != DeniedBy::Silence))
    }

    /// What the bucket says. A bucket that is not there is nobody's, and the name of a bucket to be is
    /// not another's bucket; a name that cannot be is refused by its operation.
    fn access(&self, action: Action, resource: &Resource) -> S3Result<Option<BucketAccess>> {
        match resource.bucket().map(BucketName::parse) {
            Some(Ok(name)) if action != Action::CreateBucket => {
                self.store.bucket_access(&name).map_err(errors::from_store)
            }
            _ => Ok(None),
        }
    }

    /// Whether somebody other than the owner's people could do anything with a bucket.
    pub(super) fn is_open(&self, resource: &Resource) -> S3Result<bool> {
        let access = self.access(Action::ListBucket, resource)?;
        Ok(access.is_none_or(|access| access.is_open()))
    }

    fn judge(
        &self,
        grant: &Grant,
        asked: &Asked,
        action: Action,
        place: &Place,
        (access, object_acl): (Option<&BucketAccess>, Option<&Acl>),
    ) -> S3Result<Result<Authorized, Denied>> {
        let facts = AskFacts {
            asked,
            store: &self.store,
            grant,
            place,
            failed: RefCell::new(None),
        };
        let bucket_acl = access.and_then(|access| access.acl.as_ref());
        let of_bucket = place.object().is_none() || action == Action::PutObject;
        let ask = Ask {
            action,
            resource: &place.resource,
            owner: access.map(|access| access.tenant),
            bucket: access.map_or_else(BucketRules::default, |access| {
                access.rules(if of_bucket { bucket_acl } else { object_acl })
            }),
            facts: &facts,
        };
        let judged = authorize(grant, &ask);
        match facts.failed.take() {
            Some(error) => Err(errors::from_store(error)),
            None => Ok(judged),
        }
    }

    /// The list of an object, where lists count.
    fn object_acl(&self, place: &Place, access: Option<&BucketAccess>) -> S3Result<Option<Acl>> {
        if !access.is_some_and(|access| access.ownership.has_acls()) {
            return Ok(None);
        }
        let named = || {
            let (bucket, key) = place.object()?;
            let which = names::which(place.version.as_deref()).ok()?;
            Some((
                BucketName::parse(bucket).ok()?,
                ObjectKey::parse(key).ok()?,
                which,
            ))
        };
        let Some((bucket, key, which)) = named() else {
            return Ok(None);
        };
        let acl = self.store.object_acl(&bucket, &key, which);
        acl.map_err(errors::from_store)
    }

    /// How a refusal is told. Of an object that is not there, whoever may list the bucket is told so
    /// (S3 API reference, GetObject and HeadObject, "Permissions").
    fn refusal(&self, grant: &Grant, asked: &Asked, place: &Place, denied: Denied) -> S3Error {
        let reads = matches!(
            denied.action,
            Action::GetObject | Action::GetObjectVersion | Action::GetObjectAttributes
        );
        if reads
            && is_silent(&denied)
            && self.is_absent(place)
            && let Some(listing) = place.listing()
            && let Ok(Some(access)) = self.access(Action::ListBucket, &listing.resource)
            && let Ok(Ok(_)) = self.judge(
                grant,
                asked,
                Action::ListBucket,
                &listing,
                (Some(&access), None),
            )
        {
            return errors::from_store(StoreError::NoSuchKey {
                marker: None,
                null: false,
            });
        }
        S3Error::with_message(S3ErrorCode::AccessDenied, denied.to_string())
    }

    fn is_absent(&self, place: &Place) -> bool {
        let absent = || {
            let (bucket, key) = place.object()?;
            let bucket = BucketName::parse(bucket).ok()?;
            let key = ObjectKey::parse(key).ok()?;
            let which = names::which(place.version.as_deref()).ok()?;
            let tags = self.store.existing_tags(&bucket, &key, which).ok()?;
            Some(tags.is_none())
        };
        absent() == Some(true)
    }

    /// What an error says to somebody who may not list the bucket: not that the object is missing.
    pub(super) fn veil(
        &self,
        grant: &Grant,
        asked: &Asked,
        place: &Place,
        error: StoreError,
    ) -> S3Error {
        let absence = matches!(
            error,
            StoreError::NoSuchKey { .. }
                | StoreError::NoSuchVersion
                | StoreError::IsDeleteMarker { .. }
        );
        if absence
            && let Some(listing) = place.listing()
            && self
                .ask(grant, asked, Action::ListBucket, &listing)
                .is_err()
        {
            let message = "Access Denied: the object may not be there, and the key may not list \
                           the bucket";
            return S3Error::with_message(S3ErrorCode::AccessDenied, message);
        }
        errors::from_store(error)
    }

    /// Judges what the header `name` says of the owner of a bucket.
    pub(super) fn check_owner(&self, asked: &Asked, name: &str, bucket: &str) -> S3Result<()> {
        let Some(expected) = asked.headers.get(name) else {
            return Ok(());
        };
        let Ok(bucket) = BucketName::parse(bucket) else {
            return Ok(());
        };
        let owner = self.store.owner_of(&bucket).map_err(errors::from_store)?;
        match owner {
            Some(owner) if expected.as_bytes() != owner.to_string().as_bytes() => {
                let message = format!("{name} names another owner than that of the bucket");
                Err(S3Error::with_message(S3ErrorCode::AccessDenied, message))
            }
            _ => Ok(()),
        }
    }

    /// The grant of a key of the configuration stands in the vault's first tenant.
    pub(super) fn at_home(&self, mut grant: Grant) -> S3Result<Grant> {
        if grant.tenant.is_none() && !grant.is_anonymous() {
            let first = self.store.first_tenant().map_err(errors::from_store)?;
            grant.tenant = Some(first);
        }
        Ok(grant)
    }
}

/// Whether nothing forbids what nothing allows.
fn is_silent(denied: &Denied) -> bool {
    !matches!(denied.why, DeniedBy::Statement(..) | DeniedBy::Boundary)
}
