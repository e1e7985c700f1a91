//! The access keys that this server knows, and their rights.

use std::collections::BTreeMap;

use azekura_model::access::{Grant, Right};
use azekura_model::requester::Requester;

use crate::config::KeyConfigured;

/// Name of the root key's principal in records.
const ROOT_PRINCIPAL: &str = "root";

/// A secret and what it allows.
#[derive(Clone)]
pub(crate) struct AccessKey {
    /// Secret access key.
    pub(crate) secret: String,
    /// Who, and which rights.
    pub(crate) grant: Grant,
}

/// Access keys by id.
#[derive(Clone, Default)]
pub(crate) struct AccessKeys(BTreeMap<String, AccessKey>);

impl AccessKeys {
    /// The root key and the configured ones. Beyond loopback the root key has no rights on data:
    /// whoever listens to the network may read it, and it cannot be rotated without a restart.
    pub(crate) fn new(root: (String, String), loopback: bool, others: &[KeyConfigured]) -> Self {
        let root_rights: &[Right] = if loopback {
            &[Right::Read, Right::Write, Right::Manage, Right::Admin]
        } else {
            &[Right::Admin]
        };
        let (root_id, root_secret) = root;
        let mut keys = Self::default();
        keys.add(&root_id, &root_secret, ROOT_PRINCIPAL, root_rights);
        for key in others {
            keys.add(&key.id, &key.secret, &key.principal, &key.rights);
        }
        keys
    }

    fn add(&mut self, id: &str, secret: &str, principal: &str, rights: &[Right]) {
        let grant = Grant {
            requester: Requester {
                principal: principal.to_owned(),
                key_id: id.to_owned(),
                ..Requester::default()
            },
            rights: rights.to_vec(),
        };
        let key = AccessKey {
            secret: secret.to_owned(),
            grant,
        };
        self.0.insert(id.to_owned(), key);
    }

    /// The key of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&AccessKey> {
        self.0.get(id)
    }

    /// All keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &AccessKey)> {
        self.0.iter()
    }
}
