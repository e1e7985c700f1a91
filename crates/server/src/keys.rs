//! The access keys that this server knows, and their rights.

use std::collections::BTreeMap;

use azekura_gateway::auth::{Authenticate, Credential};
use azekura_gateway::throttle::KeyLimits;
use azekura_model::access::{ActionSet, Grant, Right};
use azekura_model::requester::Requester;
use azekura_store::entropy::{Entropy as _, EntropyFailed, SystemEntropy};
use zeroize::Zeroizing;

use crate::config::{Checked, KeyConfigured};
use crate::credentials::{self, CredentialsError, StoredCredentials};
use crate::open::Opened;

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

/// Access keys by id.
#[derive(Clone, Default)]
pub(crate) struct AccessKeys(BTreeMap<String, Credential>);

impl AccessKeys {
    /// The root key and the configured ones. Beyond loopback the root key has no rights on data:
    /// it cannot be rotated without a restart, and plaintext may carry what it reads.
    pub(crate) fn new(root: &Root, loopback: bool, others: &[KeyConfigured]) -> Self {
        let root_rights: &[Right] = if loopback {
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
                Right::Operate,
            ]
        } else {
            &[Right::Admin, Right::Operate]
        };
        let mut keys = Self::default();
        let unlimited = KeyLimits::default();
        keys.add(
            &root.id,
            &root.secret,
            ROOT_PRINCIPAL,
            root_rights,
            unlimited,
        );
        for key in others {
            keys.add(
                &key.id,
                &key.secret,
                &key.principal,
                &key.rights,
                key.limits,
            );
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
        self.0.insert(id.to_owned(), credential);
    }
}

impl Authenticate for AccessKeys {
    fn credential(&self, key_id: &str) -> Option<Credential> {
        self.0.get(key_id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azekura_model::access::Action;

    fn root_key() -> Root {
        Root {
            id: "ROOT".to_owned(),
            secret: "secret".to_owned(),
            made: false,
        }
    }

    #[test]
    fn the_root_key_has_no_rights_on_data_beyond_loopback() {
        let allowed = |loopback| {
            let keys = AccessKeys::new(&root_key(), loopback, &[]);
            keys.credential("ROOT").unwrap().grant.allowed
        };
        let operator = ActionSet::of_rights(&[Right::Admin, Right::Operate]);
        assert_eq!(allowed(false), operator);
        assert!(allowed(true).contains(Action::GetObject));
        let keys = AccessKeys::new(&root_key(), true, &[]);
        assert!(keys.credential("other").is_none());
    }

    #[test]
    fn generated_text_uses_every_bit_once() {
        assert_eq!(text(&[255; 32], 40).len(), 40);
        assert_eq!(text(&[0xff; 5], 40), "vvvvvvvv");
        assert_eq!(text(&[0; 16], 17), "0".repeat(17));
    }
}
