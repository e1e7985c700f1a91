//! Authenticate, then authorize: who signs with this key, and may it do this.
//!
//! `s3s` runs its access check only when it has an authenticator, so both are always given to it.
//! One table leads from the name of an operation to the action that it needs; what the table does
//! not name is refused.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use azekura_model::access::{Action, Authorized, Grant, Right, authorize};
use azekura_model::lock::Bypass;
use azekura_model::requester::Requester;
use http::HeaderMap;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result};
use zeroize::Zeroizing;

use crate::audit::{self, Noted};
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
            rights: rights.to_vec(),
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
    /// Subject of the client certificate, if one was verified.
    pub tls_identity: Option<String>,
}

/// What the service knows of a request before its signature is verified.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) peer: Peer,
    pub(crate) request_id: String,
}

/// A caller whose signature was verified and whose operation was allowed.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    grant: Grant,
    authorized: Authorized,
}

impl Caller {
    /// Whoever holds a key that signed, if the key may do the operation.
    ///
    /// # Errors
    /// `NotImplemented` for an operation that is not served, `AccessDenied`.
    pub(crate) fn admit(
        credential: Credential,
        operation: &str,
        names_version: bool,
        origin: Origin,
    ) -> S3Result<Self> {
        let Some(action) = action_of(operation, names_version) else {
            return Err(errors::not_built(operation));
        };
        let mut grant = credential.grant;
        grant.requester.source = origin.peer.address;
        grant.requester.tls_identity = origin.peer.tls_identity;
        grant.requester.request_id = origin.request_id;
        let authorized = authorize(&grant, action).map_err(denied)?;
        Ok(Self { grant, authorized })
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
        let by = authorize(&self.grant, Action::BypassGovernanceRetention).ok()?;
        Bypass::claimed(&by, header == Some(true))
    }

    /// Whether a further action is allowed.
    ///
    /// # Errors
    /// `AccessDenied`.
    pub(crate) fn may(&self, action: Action) -> S3Result<Authorized> {
        authorize(&self.grant, action).map_err(denied)
    }
}

fn denied(denied: azekura_model::access::Denied) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, denied.to_string())
}

/// The action that an operation needs; `None` for an operation that is not served.
#[must_use]
pub fn action_of(operation: &str, names_version: bool) -> Option<Action> {
    Some(match operation {
        "CreateBucket" => Action::CreateBucket,
        "DeleteBucket" => Action::DeleteBucket,
        "ListBuckets" => Action::ListAllMyBuckets,
        "HeadBucket" | "ListObjects" | "ListObjectsV2" => Action::ListBucket,
        "GetBucketTagging" => Action::GetBucketTagging,
        "PutBucketTagging" | "DeleteBucketTagging" => Action::PutBucketTagging,
        "GetBucketCors" => Action::GetBucketCORS,
        "PutBucketCors" | "DeleteBucketCors" => Action::PutBucketCORS,
        "GetPublicAccessBlock" => Action::GetBucketPublicAccessBlock,
        "PutPublicAccessBlock" | "DeletePublicAccessBlock" => Action::PutBucketPublicAccessBlock,
        "GetBucketOwnershipControls" => Action::GetBucketOwnershipControls,
        "PutBucketOwnershipControls" | "DeleteBucketOwnershipControls" => {
            Action::PutBucketOwnershipControls
        }
        "GetBucketEncryption" => Action::GetEncryptionConfiguration,
        "PutBucketEncryption" | "DeleteBucketEncryption" => Action::PutEncryptionConfiguration,
        "GetBucketRequestPayment" => Action::GetBucketRequestPayment,
        "PutBucketRequestPayment" => Action::PutBucketRequestPayment,
        "GetBucketAccelerateConfiguration" => Action::GetAccelerateConfiguration,
        "PutBucketAccelerateConfiguration" => Action::PutAccelerateConfiguration,
        "GetBucketPolicy" => Action::GetBucketPolicy,
        "GetBucketPolicyStatus" => Action::GetBucketPolicyStatus,
        "GetBucketLifecycleConfiguration" => Action::GetLifecycleConfiguration,
        "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle" => {
            Action::PutLifecycleConfiguration
        }
        "GetBucketLogging" => Action::GetBucketLogging,
        "GetBucketNotificationConfiguration" => Action::GetBucketNotification,
        "GetBucketReplication" => Action::GetReplicationConfiguration,
        "GetBucketWebsite" => Action::GetBucketWebsite,
        "ListBucketAnalyticsConfigurations" => Action::GetAnalyticsConfiguration,
        "ListBucketInventoryConfigurations" => Action::GetInventoryConfiguration,
        "ListBucketIntelligentTieringConfigurations" => Action::GetIntelligentTieringConfiguration,
        "ListBucketMetricsConfigurations" => Action::GetMetricsConfiguration,
        "ListObjectVersions" => Action::ListBucketVersions,
        "ListMultipartUploads" => Action::ListBucketMultipartUploads,
        "GetBucketLocation" => Action::GetBucketLocation,
        "GetBucketVersioning" => Action::GetBucketVersioning,
        "PutBucketVersioning" => Action::PutBucketVersioning,
        "GetObject" | "HeadObject" if names_version => Action::GetObjectVersion,
        "GetObject" | "HeadObject" => Action::GetObject,
        "GetObjectTagging" if names_version => Action::GetObjectVersionTagging,
        "GetObjectTagging" => Action::GetObjectTagging,
        "PutObjectTagging" if names_version => Action::PutObjectVersionTagging,
        "PutObjectTagging" => Action::PutObjectTagging,
        "DeleteObjectTagging" if names_version => Action::DeleteObjectVersionTagging,
        "DeleteObjectTagging" => Action::DeleteObjectTagging,
        "PutObject" | "PostObject" | "CopyObject" | "CreateMultipartUpload" => Action::PutObject,
        "UploadPart" | "UploadPartCopy" | "CompleteMultipartUpload" => Action::PutObject,
        "DeleteObject" if names_version => Action::DeleteObjectVersion,
        "DeleteObject" | "DeleteObjects" => Action::DeleteObject,
        "GetBucketAcl" => Action::GetBucketAcl,
        "PutBucketAcl" => Action::PutBucketAcl,
        "GetObjectAcl" if names_version => Action::GetObjectVersionAcl,
        "GetObjectAcl" => Action::GetObjectAcl,
        "PutObjectAcl" if names_version => Action::PutObjectVersionAcl,
        "PutObjectAcl" => Action::PutObjectAcl,
        "GetObjectAttributes" if names_version => Action::GetObjectVersionAttributes,
        "GetObjectAttributes" => Action::GetObjectAttributes,
        "RestoreObject" => Action::RestoreObject,
        "AbortMultipartUpload" => Action::AbortMultipartUpload,
        "ListParts" => Action::ListMultipartUploadParts,
        _ => return lock_action_of(operation),
    })
}

/// The actions of object lock are the same for a version that is named.
fn lock_action_of(operation: &str) -> Option<Action> {
    Some(match operation {
        "GetObjectLockConfiguration" => Action::GetBucketObjectLockConfiguration,
        "PutObjectLockConfiguration" => Action::PutBucketObjectLockConfiguration,
        "GetObjectRetention" => Action::GetObjectRetention,
        "PutObjectRetention" => Action::PutObjectRetention,
        "GetObjectLegalHold" => Action::GetObjectLegalHold,
        "PutObjectLegalHold" => Action::PutObjectLegalHold,
        _ => return None,
    })
}

/// Headers that ask for more than their operation does, and the action that each needs (S3 user
/// guide, "Required permissions" of PutObject, CopyObject, CreateMultipartUpload and POST Object).
/// The guard lets lock headers pass only where an object is stored. The header that goes against
/// GOVERNANCE retention is not among them: without its right it does nothing.
const ACTIONS_OF_HEADERS: [(&str, Action); 3] = [
    ("x-amz-object-lock-legal-hold", Action::PutObjectLegalHold),
    ("x-amz-object-lock-mode", Action::PutObjectRetention),
    (
        "x-amz-object-lock-retain-until-date",
        Action::PutObjectRetention,
    ),
];

/// The actions that headers need beside the one of their operation.
pub fn actions_of(headers: &HeaderMap) -> impl Iterator<Item = Action> + '_ {
    let rows = ACTIONS_OF_HEADERS.iter();
    rows.filter(|(name, _)| headers.contains_key(*name))
        .map(|(_, action)| *action)
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
}

impl AccessCheck {
    fn caller(&self, cx: &mut S3AccessContext<'_>) -> S3Result<Caller> {
        let refused = || S3Error::new(S3ErrorCode::AccessDenied);
        let key_id = cx.credentials().ok_or_else(refused)?.access_key.clone();
        let key_id = key_id.as_str();
        let credential = self.keys.credential(key_id).ok_or_else(refused)?;
        let operation = cx.s3_op().name().to_owned();
        if let Some(noted) = cx.extensions_mut().get::<Noted>().cloned() {
            let place = match cx.s3_path() {
                S3Path::Root => (None, None),
                S3Path::Bucket { bucket } => (Some(&**bucket), None),
                S3Path::Object { bucket, key } => (Some(&**bucket), Some(&**key)),
            };
            let auth = audit::method_of(cx.headers());
            noted.caller(&credential.grant.requester, auth, &operation, place);
        }
        self.throttle
            .admit_signer(key_id, credential.limits, cx.extensions_mut())?;
        let query = parse_query(cx.uri().query().unwrap_or_default()).unwrap_or_default();
        let names_version = query.iter().any(|(name, _)| name == "versionId");
        let origin = cx.extensions_mut().get::<Origin>().cloned();
        let origin = origin.ok_or_else(refused)?;
        let caller = Caller::admit(credential, &operation, names_version, origin)?;
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
