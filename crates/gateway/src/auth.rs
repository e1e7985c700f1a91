//! Authenticate, then authorize: who signs with this key, and may it do this.
//!
//! `s3s` runs its access check only when it has an authenticator, so both are always given to it.
//! [`operations`] leads from the name of an operation to the action that it needs.

mod operations;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use azekura_model::access::{
    Action, ActionSet, Ask, Authorized, Grant, Resource, Right, authorize,
};
use azekura_model::lock::Bypass;
use azekura_model::name::BucketName;
use azekura_model::requester::{ClientCertificate, Requester};
use azekura_store::store::Store;
use http::HeaderMap;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use zeroize::Zeroizing;

pub use self::operations::{action_of, actions_of};
use crate::errors;
use crate::guard::request::parse_query;
use crate::throttle::{KeyLimits, Throttle};

/// What an access key is worth.
#[derive(Clone)]
pub struct Credential {
    /// The secret that signs.
    pub secret: Zeroizing<String>,
    /// Whose key it is and what it may do.
    pub grant: Grant,
    /// How much it may do in a second.
    pub limits: KeyLimits,
}

/// Knows access keys.
pub trait Authenticate: Send + Sync + 'static {
    /// The credential of a key id, or `None` when no such key is good now.
    fn credential(&self, key_id: &str) -> Option<Credential>;
}

/// No provider: every request is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeys;

impl Authenticate for NoKeys {
    fn credential(&self, _key_id: &str) -> Option<Credential> {
        None
    }
}

/// A fixed set of keys with explicit rights.
#[derive(Clone, Default)]
pub struct StaticKeys(BTreeMap<String, Credential>);

impl StaticKeys {
    /// Without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more key. A key of the same id is replaced.
    #[must_use]
    pub fn with(mut self, key_id: &str, secret: &str, principal: &str, rights: &[Right]) -> Self {
        let requester = Requester {
            principal: principal.to_owned(),
            key_id: key_id.to_owned(),
            ..Requester::default()
        };
        let grant = Grant {
            requester,
            tenant: None,
            user: None,
            allowed: ActionSet::of_rights(rights),
        };
        let secret = Zeroizing::new(secret.to_owned());
        let limits = KeyLimits::default();
        let credential = Credential {
            secret,
            grant,
            limits,
        };
        self.0.insert(key_id.to_owned(), credential);
        self
    }
}

impl Authenticate for StaticKeys {
    fn credential(&self, key_id: &str) -> Option<Credential> {
        self.0.get(key_id).cloned()
    }
}

/// Where a request came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Address of the other end.
    pub address: Option<IpAddr>,
    /// The connection is encrypted (`aws:SecureTransport`).
    pub secure: bool,
    /// The client certificate, if one was verified.
    pub certificate: Option<ClientCertificate>,
}

/// What the service knows of a request before its signature is verified.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) peer: Peer,
    pub(crate) request_id: String,
}

/// Asks the rule of access, with what the store knows of the resource.
#[derive(Clone)]
pub(crate) struct Gate {
    store: Arc<Store>,
}

impl Gate {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Judges one action on one resource.
    fn ask(&self, grant: &Grant, action: Action, resource: &Resource) -> S3Result<Authorized> {
        let owner = match resource.bucket().map(BucketName::parse) {
            // A bucket that is not there is nobody's; a name that cannot be is refused by its operation.
            Some(Ok(name)) => self.store.owner_of(&name).map_err(errors::from_store)?,
            _ => None,
        };
        let ask = Ask {
            action,
            resource,
            owner,
        };
        authorize(grant, &ask).map_err(denied)
    }

    /// The grant of a key of the configuration stands in the vault's first tenant.
    fn at_home(&self, mut grant: Grant) -> S3Result<Grant> {
        if grant.tenant.is_none() {
            let first = self.store.first_tenant().map_err(errors::from_store)?;
            grant.tenant = Some(first);
        }
        Ok(grant)
    }
}

/// A caller whose signature was verified and whose operation was allowed.
#[derive(Clone)]
pub(crate) struct Caller {
    gate: Gate,
    grant: Grant,
    resource: Resource,
    authorized: Authorized,
}

impl Caller {
    /// Whoever holds a key that signed, if the key may do the operation.
    ///
    /// # Errors
    /// `NotImplemented` for an operation that is not served, `AccessDenied`.
    pub(crate) fn admit(
        gate: &Gate,
        credential: Credential,
        (operation, names_version): (&str, bool),
        resource: Resource,
        origin: Origin,
    ) -> S3Result<Self> {
        let Some(action) = action_of(operation, names_version) else {
            return Err(errors::not_built(operation));
        };
        let mut grant = gate.at_home(credential.grant)?;
        grant.requester.source = origin.peer.address;
        grant.requester.tls_identity = origin.peer.certificate.map(|shown| shown.subject);
        grant.requester.request_id = origin.request_id;
        let authorized = gate.ask(&grant, action, &resource)?;
        Ok(Self {
            gate: gate.clone(),
            grant,
            resource,
            authorized,
        })
    }

    /// Whether all is allowed that the headers ask for beyond the operation itself.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may_with(&self, headers: &HeaderMap) -> S3Result<()> {
        for action in actions_of(headers) {
            self.may(action)?;
        }
        Ok(())
    }

    /// The caller of a request.
    ///
    /// # Errors
    /// `AccessDenied` when the access check did not run: nothing is done without it.
    pub(crate) fn of<T>(request: &S3Request<T>) -> S3Result<Self> {
        let caller = request.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| S3Error::new(S3ErrorCode::AccessDenied))
    }

    /// What was allowed for the operation as a whole.
    pub(crate) fn authorized(&self) -> &Authorized {
        &self.authorized
    }

    /// The bypass of GOVERNANCE retention: header *and* right. Without the right the header does
    /// nothing, as clients send it by default; then a locked version refuses.
    pub(crate) fn bypass(&self, header: Option<bool>) -> Option<Bypass> {
        self.bypass_on(&self.resource, header)
    }

    /// The same for another resource than that of the request.
    pub(crate) fn bypass_on(&self, resource: &Resource, header: Option<bool>) -> Option<Bypass> {
        let action = Action::BypassGovernanceRetention;
        let by = self.gate.ask(&self.grant, action, resource).ok()?;
        Bypass::claimed(&by, header == Some(true))
    }

    /// Whether a further action is allowed on what the request names.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may(&self, action: Action) -> S3Result<Authorized> {
        self.may_on(action, &self.resource)
    }

    /// Whether an action is allowed on something else than what the request names.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may_on(&self, action: Action, resource: &Resource) -> S3Result<Authorized> {
        self.gate.ask(&self.grant, action, resource)
    }
}

fn denied(denied: azekura_model::access::Denied) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, denied.to_string())
}

/// Gives `s3s` the secret of a key.
pub(crate) struct KeyLookup(pub(crate) Arc<dyn Authenticate>);

#[async_trait]
impl S3Auth for KeyLookup {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let credential = errors::known_key(self.0.credential(access_key))?;
        Ok(SecretKey::from(credential.secret.as_str()))
    }
}

/// Runs the access rule before the input of an operation is read.
pub(crate) struct AccessCheck {
    pub(crate) keys: Arc<dyn Authenticate>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) gate: Gate,
}

impl AccessCheck {
    fn caller(&self, cx: &mut S3AccessContext<'_>) -> S3Result<Caller> {
        let refused = || S3Error::new(S3ErrorCode::AccessDenied);
        let key_id = cx.credentials().ok_or_else(refused)?.access_key.clone();
        let key_id = key_id.as_str();
        let credential = self.keys.credential(key_id).ok_or_else(refused)?;
        self.throttle
            .admit_signer(key_id, credential.limits, cx.extensions_mut())?;
        let operation = cx.s3_op().name().to_owned();
        let query = parse_query(cx.uri().query().unwrap_or_default()).unwrap_or_default();
        let names_version = query.iter().any(|(name, _)| name == "versionId");
        let origin = cx.extensions_mut().get::<Origin>().cloned();
        let origin = origin.ok_or_else(refused)?;
        let resource = resource_of(cx.s3_path());
        let operation = (operation.as_str(), names_version);
        let caller = Caller::admit(&self.gate, credential, operation, resource, origin)?;
        caller.may_with(cx.headers())?;
        Ok(caller)
    }
}

#[async_trait]
impl S3Access for AccessCheck {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let caller = self.caller(cx)?;
        cx.extensions_mut().insert(caller);
        Ok(())
    }
}

/// What a path names.
fn resource_of(path: &S3Path) -> Resource {
    match path {
        S3Path::Root => Resource::Buckets,
        S3Path::Bucket { bucket } => Resource::Bucket(bucket.to_string()),
        S3Path::Object { bucket, key } => Resource::Object {
            bucket: bucket.to_string(),
            key: key.to_string(),
        },
    }
}
