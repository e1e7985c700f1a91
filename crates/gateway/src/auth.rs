//! Authenticate, then authorize: who signs with this key, and may it do this.
//!
//! `s3s` runs its access check only when it has an authenticator, so both are always given to it.
//! [`operations`] leads from the name of an operation to the action that it needs. [`check`] runs before
//! the input of an operation is read, [`gate`] asks the rule of access, [`facts`] is what conditions of
//! policies may ask of a request, and [`caller`] is what an operation gets.

mod caller;
mod check;
mod facts;
mod gate;
mod operations;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use azekura_model::access::{ActionSet, Grant, Right};
use azekura_model::requester::{ClientCertificate, Requester};
use s3s::S3Result;
use s3s::auth::{S3Auth, SecretKey};
use zeroize::Zeroizing;

pub(crate) use self::caller::{Caller, Unjudged};
pub(crate) use self::check::AccessCheck;
pub(crate) use self::facts::{Asked, BodyFacts, SignedBy};
pub(crate) use self::gate::{Gate, Place};
pub use self::operations::{action_of, actions_of};
use crate::errors;
use crate::throttle::KeyLimits;

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

    /// Whether a key whose signature was verified works for this peer.
    fn works_from(&self, _key_id: &str, _peer: &Peer) -> bool {
        true
    }
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
    pub fn with(self, key_id: &str, secret: &str, principal: &str, rights: &[Right]) -> Self {
        let requester = Requester {
            principal: principal.to_owned(),
            key_id: key_id.to_owned(),
            ..Requester::default()
        };
        let grant = Grant::of_key(requester, ActionSet::of_rights(rights));
        self.grant(key_id, secret, grant)
    }

    /// With one more key of this grant.
    #[must_use]
    pub fn grant(mut self, key_id: &str, secret: &str, grant: Grant) -> Self {
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

/// Gives `s3s` the secret of a key.
pub(crate) struct KeyLookup(pub(crate) Arc<dyn Authenticate>);

#[async_trait]
impl S3Auth for KeyLookup {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let credential = errors::known_key(self.0.credential(access_key))?;
        Ok(SecretKey::from(credential.secret.as_str()))
    }
}
