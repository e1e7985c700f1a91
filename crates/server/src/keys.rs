//! The access keys that this server knows, and their rights.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use azekura_admin_api::paths;
use azekura_gateway::auth::{Authenticate, Credential, Peer};
use azekura_gateway::throttle::KeyLimits;
use azekura_model::access::{ActionSet, Grant, Right};
use azekura_model::ident::TenantId;
use azekura_model::requester::Requester;
use azekura_store::entropy::{Entropy as _, EntropyFailed, SystemEntropy};
use azekura_store::identity::KnownKey;
use azekura_store::store::Store;
use azekura_store::tenant_seal::SealState;
use zeroize::Zeroizing;

use crate::config::{Checked, KeyConfigured};
use crate::credentials::{self, CredentialsError, StoredCredentials};
use crate::limited_accounts::LimitedAccounts;
use crate::open::Opened;
use crate::running::Running;
use crate::sessions::Sessions;

/// Name of the root key's principal in records.
const ROOT_PRINCIPAL: &str = "root";

/// The root key and where it came from.
pub(crate) struct Root {
    /// Access key id.
    pub(crate) id: String,
    /// Secret access key.
    pub(crate) secret: String,
    /// Made at this start: shown once.
    pub(crate) made: bool,
}

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoRootKey {
    /// Beyond loopback a key is neither invented nor printed.
    #[error(
        "there is no root access key: beyond loopback none is generated. Set AZEKURA_ROOT_ACCESS_KEY_ID and AZEKURA_ROOT_SECRET_ACCESS_KEY"
    )]
    NotSet,
    /// `credentials.json` cannot be used.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyFailed),
}

/// The root key: from the environment, from `credentials.json`, or made now on loopback.
pub(crate) fn root(config: &Checked, opened: &Opened) -> Result<Root, NoRootKey> {
    if let Some((id, secret)) = &config.root_key {
        return Ok(Root {
            id: id.clone(),
            secret: secret.clone(),
            made: false,
        });
    }
    if let Some(kept) = credentials::read(&config.data_dir)? {
        return Ok(Root {
            id: kept.access_key_id,
            secret: kept.secret_access_key,
            made: false,
        });
    }
    if !config.loopback {
        return Err(NoRootKey::NotSet);
    }
    let id = format!("AZK{}", text(&SystemEntropy.id16()?, 17).to_uppercase());
    let secret = text(&SystemEntropy.bytes32()?, 40);
    let made = StoredCredentials {
        access_key_id: id.clone(),
        secret_access_key: secret.clone(),
        region: opened.region.clone(),
    };
    credentials::create(&config.data_dir, &made)?;
    Ok(Root {
        id,
        secret,
        made: true,
    })
}

/// Random bytes as letters and digits: they need no quoting anywhere. At most 5 bits a character
/// are used, so 40 characters hold 200 bits.
fn text(bytes: &[u8], chars: usize) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut out = String::new();
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let index = usize::try_from((bits >> held) & 31).unwrap_or(0);
            out.push(char::from(DIGITS.get(index).copied().unwrap_or(b'0')));
        }
        bits &= (1 << held) - 1;
    }
    out.truncate(chars);
    out
}

/// What the root key may do.
fn root_rights(loopback: bool) -> &'static [Right] {
    if loopback {
        &[
            Right::Read,
            Right::Write,
            Right::Manage,
            Right::Lock,
            Right::Bypass,
            Right::Event,
            Right::Admin,
            Right::Identity,
            Right::Audit,
            Right::Approve,
            Right::Operate,
        ]
    } else {
        &[Right::Admin, Right::Audit, Right::Approve, Right::Operate]
    }
}

/// Access keys: those of the configuration by id, and those of the directories of the tenants.
#[derive(Clone)]
pub(crate) struct AccessKeys {
    configured: BTreeMap<String, Credential>,
    store: Arc<Store>,
    sessions: Arc<Sessions>,
    limited_accounts: Arc<LimitedAccounts>,
}

/// Why a key that is good does not work here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotHere {
    /// It is bound to networks.
    #[error("this access key does not work from this network")]
    Network,
    /// It is bound to a client certificate.
    #[error("this access key works with its client certificate only")]
    Certificate,
    /// The certificate is that of another institution.
    #[error("the client certificate was issued for another institution")]
    OtherTenant,
    /// People log in to the admin API.
    #[error("the key of a person opens the admin API only to log in")]
    LogIn,
}

impl AccessKeys {
    /// The root key and the configured ones. Beyond loopback the root key has no rights on data:
    /// it cannot be rotated without a restart, and plaintext may carry what it reads.
    pub(crate) fn new(
        running: &Running,
        root: &Root,
        loopback: bool,
        others: &[KeyConfigured],
    ) -> Self {
        let mut keys = Self {
            configured: BTreeMap::new(),
            store: Arc::clone(&running.store),
            sessions: Arc::clone(&running.sessions),
            limited_accounts: Arc::clone(&running.limited_accounts),
        };
        let unlimited = KeyLimits::default();
        keys.add(
            &root.id,
            &root.secret,
            ROOT_PRINCIPAL,
            root_rights(loopback),
            unlimited,
        );
        let tenants = keys.store.tenants();
        for key in others {
            let named = key.tenant.as_ref();
            let found = named.map(|name| tenants.iter().find(|tenant| &tenant.name == name));
            let tenant = match found {
                None => None,
                // Who writes the configuration is the operator, from whom these contents are sealed.
                Some(Some(tenant)) if !open(&keys.store, tenant.id) => {
                    tracing::error!(
                        key = key.id,
                        tenant = tenant.name,
                        "the contents of this tenant are sealed: keys of the configuration do not work there, its own do"
                    );
                    continue;
                }
                Some(Some(tenant)) => Some(tenant.id),
                // It was made at start. A key never stands in another institution than it should.
                Some(None) => {
                    tracing::error!(key = key.id, tenant = ?named, "no such tenant: the key does not work");
                    continue;
                }
            };
            keys.add(
                &key.id,
                &key.secret,
                &key.principal,
                &key.rights,
                key.limits,
            );
            if let Some(credential) = keys.configured.get_mut(&key.id) {
                credential.grant.tenant = tenant;
            }
        }
        keys
    }

    fn add(
        &mut self,
        id: &str,
        secret: &str,
        principal: &str,
        rights: &[Right],
        limits: KeyLimits,
    ) {
        let requester = Requester {
            principal: principal.to_owned(),
            key_id: id.to_owned(),
            ..Requester::default()
        };
        let credential = Credential {
            secret: Zeroizing::new(secret.to_owned()),
            grant: Grant::of_key(requester, ActionSet::of_rights(rights)),
            limits,
        };
        self.configured.insert(id.to_owned(), credential);
    }
}

impl AccessKeys {
    /// The key of the directory behind a key, which is itself or that which opened the session.
    fn known(&self, key_id: &str) -> Option<(Arc<KnownKey>, bool)> {
        let now = self.store.wall().0.div_euclid(1000);
        if let Some((_, by_key)) = self.sessions.credential(key_id, now) {
            let known = self.store.access_key(&by_key).ok().flatten()?;
            return Some((known, true));
        }
        let known = self.store.access_key(key_id).ok().flatten()?;
        Some((known, false))
    }

    /// Whether a key whose signature was verified works for this peer.
    pub(crate) fn check_peer(&self, key_id: &str, peer: &Peer) -> Result<(), NotHere> {
        let Some((known, _)) = self.known(key_id) else {
            // Keys of the configuration are bound to nothing.
            return Ok(());
        };
        let from = |network: &String| {
            let network = network.parse::<ipnet::IpNet>().ok();
            let inside = |(net, ip): (ipnet::IpNet, std::net::IpAddr)| net.contains(&ip);
            network.zip(peer.address).is_some_and(inside)
        };
        if !known.key.source_cidrs.is_empty() && !known.key.source_cidrs.iter().any(from) {
            return Err(NotHere::Network);
        }
        let shown = peer.certificate.as_ref();
        if let Some(bound) = known.key.certificate
            && shown.is_none_or(|shown| shown.sha256 != bound)
        {
            return Err(NotHere::Certificate);
        }
        let tenant = self
            .store
            .tenant(known.tenant)
            .map(|view| view.name.clone());
        let foreign = shown
            .and_then(|shown| shown.tenant.as_ref())
            .is_some_and(|issued_for| tenant.as_ref().is_ok_and(|name| name != issued_for));
        if foreign {
            return Err(NotHere::OtherTenant);
        }
        self.store.access_key_used(&known.key.id);
        self.limited_accounts.used(&known, self.store.wall());
        Ok(())
    }

    /// Whether a key may use a route of the admin API: people log in with a one-time password first.
    pub(crate) fn check_route(&self, key_id: &str, path: &str) -> Result<(), NotHere> {
        let Some((known, session)) = self.known(key_id) else {
            return Ok(());
        };
        let asked = self
            .store
            .tenant(known.tenant)
            .map_or(true, |view| view.settings.totp_required);
        let open = path == paths::LOGIN || path == paths::TOTP;
        if session || open || !known.person || !asked {
            return Ok(());
        }
        Err(NotHere::LogIn)
    }
}

/// Whether the contents of a tenant are not sealed by a passphrase of its own; in doubt they are.
fn open(store: &Store, tenant: TenantId) -> bool {
    matches!(store.seal_state(tenant), Ok(SealState::Open))
}

/// Random letters and digits.
pub(crate) fn random_text(chars: usize) -> Result<String, EntropyFailed> {
    Ok(text(&SystemEntropy.bytes32()?, chars))
}

/// A key of a directory as listeners meet it.
fn credential_of(known: &KnownKey) -> Credential {
    let limits = known.key.limits;
    Credential {
        secret: known.secret.clone(),
        grant: Grant {
            requester: Requester {
                principal: known.key.user.clone(),
                key_id: known.key.id.clone(),
                ..Requester::default()
            },
            tenant: Some(known.tenant),
            user: Some(known.key.user.clone()),
            allowed: known.allowed,
            policies: known.policies.clone(),
            boundary: known.boundary.clone(),
        },
        limits: KeyLimits {
            requests_per_second: limits.requests_per_second.and_then(NonZeroU64::new),
            bytes_per_second: limits.bytes_per_second.and_then(NonZeroU64::new),
        },
    }
}

impl Authenticate for AccessKeys {
    fn works_from(&self, key_id: &str, peer: &Peer) -> bool {
        match self.check_peer(key_id, peer) {
            Ok(()) => true,
            Err(why) => {
                tracing::info!(key_id, %why, "refused");
                false
            }
        }
    }

    fn credential(&self, key_id: &str) -> Option<Credential> {
        if let Some(found) = self.configured.get(key_id) {
            let tenant = found.grant.tenant;
            if tenant.is_some_and(|tenant| self.store.is_tenant_deleted(tenant)) {
                tracing::info!(key_id, "refused: its tenant is deleted");
                return None;
            }
            return Some(found.clone());
        }
        let now = self.store.wall().0.div_euclid(1000);
        if let Some((credential, by_key)) = self.sessions.credential(key_id, now) {
            // A session ends with the key that opened it, and may what that key may now.
            let known = self.store.access_key(&by_key).ok().flatten()?;
            let mut now = credential_of(&known);
            now.secret = credential.secret;
            now.grant.requester.key_id = credential.grant.requester.key_id;
            return Some(now);
        }
        match self.store.access_key(key_id) {
            Ok(known) => known.map(|known| credential_of(&known)),
            Err(why) => {
                tracing::info!(key_id, %why, "refused");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_model::access::Action;

    #[test]
    fn the_root_key_has_no_rights_on_data_beyond_loopback() {
        let data = [
            Right::Read,
            Right::Write,
            Right::Manage,
            Right::Lock,
            Right::Bypass,
        ];
        let remote = ActionSet::of_rights(root_rights(false));
        assert!(
            ActionSet::of_rights(&data)
                .iter()
                .all(|action| !remote.contains(action))
        );
        assert!(ActionSet::of_rights(root_rights(true)).contains(Action::GetObject));
    }

    #[test]
    fn generated_text_uses_every_bit_once() {
        assert_eq!(text(&[255; 32], 40).len(), 40);
        assert_eq!(text(&[0xff; 5], 40), "vvvvvvvv");
        assert_eq!(text(&[0; 16], 17), "0".repeat(17));
    }
}
