//! People who approve, with keys in memory.

#![allow(
    dead_code,
    reason = "every test file uses its own part of these helpers"
)]

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA512, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use azekura_model::access::{Action, Authorized};
use azekura_model::governed::{ApprovalRequest, Approver, ApproverKey, SIGNATURE_NAMESPACE};
use azekura_model::ident::TenantId;
use azekura_model::time::HybridTime;
use azekura_record::sshsig::armored;
use azekura_store::error::StoreError;
use azekura_store::governed::Approvers;

/// Long before any request.
pub(crate) const EARLY: HybridTime = HybridTime::from_packed(1);

/// A person's Ed25519 key.
pub(crate) struct SigningKey(Ed25519KeyPair);

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
}

impl SigningKey {
    pub(crate) fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        let mut out = Vec::new();
        string(&mut out, b"ssh-ed25519");
        string(&mut out, self.0.public_key().as_ref());
        out
    }

    /// As `ssh-keygen -Y sign -n NAMESPACE` writes it.
    pub(crate) fn sign_for(&self, namespace: &str, text: &str) -> String {
        let mut signed = b"SSHSIG".to_vec();
        string(&mut signed, namespace.as_bytes());
        string(&mut signed, b"");
        string(&mut signed, b"sha512");
        string(&mut signed, digest(&SHA512, text.as_bytes()).as_ref());
        let mut signature = Vec::new();
        string(&mut signature, b"ssh-ed25519");
        string(&mut signature, self.0.sign(&signed).as_ref());
        let mut out = b"SSHSIG\0\0\0\x01".to_vec();
        string(&mut out, &self.public());
        string(&mut out, namespace.as_bytes());
        string(&mut out, b"");
        string(&mut out, b"sha512");
        string(&mut out, &signature);
        armored(&out)
    }

    pub(crate) fn sign(&self, request: &ApprovalRequest) -> String {
        self.sign_for(SIGNATURE_NAMESPACE, &request.text)
    }
}

/// Who may approve; tests change it.
#[derive(Clone, Default)]
pub(crate) struct People(Arc<Mutex<Vec<Approver>>>);

impl People {
    pub(crate) fn add(&self, name: &str, key: &SigningKey, registered: HybridTime) {
        self.0.lock().unwrap().push(Approver {
            person: principal(name),
            keys: vec![ApproverKey {
                public: key.public(),
                registered,
                frozen: false,
            }],
            access_keys: Vec::new(),
            frozen: false,
        });
    }

    pub(crate) fn freeze(&self, name: &str) {
        for approver in self.0.lock().unwrap().iter_mut() {
            approver.frozen |= approver.person == principal(name);
        }
    }
}

impl Approvers for People {
    fn approvers(&self, _: TenantId) -> Result<Vec<Approver>, StoreError> {
        Ok(self.0.lock().unwrap().clone())
    }
}

/// The name of a person as records show it.
pub(crate) fn principal(name: &str) -> String {
    format!("vault:{name}")
}

/// Somebody with a right.
pub(crate) fn person(name: &str, action: Action) -> Authorized {
    Authorized::internal(name, action)
}
