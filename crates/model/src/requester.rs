//! Who asked: written into every record.

use std::net::IpAddr;

/// Who asked, with which key, from where.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requester {
    /// Name of the person or system.
    pub principal: String,
    /// Access key id; empty for the vault itself.
    pub key_id: String,
    /// Source address, if it came by network.
    pub source: Option<IpAddr>,
    /// Subject of the client certificate, if one was shown.
    pub tls_identity: Option<String>,
    /// Request id, as sent to the client.
    pub request_id: String,
}

/// A client certificate that was verified, and whose CA issued it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCertificate {
    /// Its subject, as in `CN=backup-server`.
    pub subject: String,
    /// SHA-256 of the certificate as sent (DER): what an access key is bound to.
    pub sha256: [u8; 32],
    /// Tenant whose CA issued it: the certificate is good for keys of this tenant alone. `None` for a
    /// CA that the operator configured for every tenant.
    pub tenant: Option<String>,
}

impl Requester {
    /// The vault itself, for what it does unasked (sweeps, marks).
    #[must_use]
    pub fn vault(task: &str) -> Self {
        Self {
            principal: format!("vault:{task}"),
            ..Self::default()
        }
    }
}
