//! `[tls]`, `[s3.tls]`, `[admin.tls]`, and which addresses a listener serves.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

use super::ConfigError;
use crate::sources::Sources;
use crate::tls::{ClientAuth, ClientCa, TlsFiles};

/// `[tls]` for both listeners; `[s3.tls]` or `[admin.tls]` instead of it for one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsTable {
    /// The server's certificate, and those between it and its CA; PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM; nobody but its owner may read it.
    pub key: PathBuf,
    /// TLS 1.2 beside 1.3, with ECDHE and AES-GCM or ChaCha20-Poly1305 alone. Default `false`.
    #[serde(default)]
    pub allow_tls12: bool,
    /// Offers the hybrid key exchange X25519MLKEM768 beside X25519, P-256 and P-384. Default `true`.
    #[serde(default = "yes")]
    pub post_quantum: bool,
    /// `off` (default), `optional` or `required`: whether clients must show a certificate.
    #[serde(default)]
    pub client_auth: ClientAuthName,
    /// Who may issue client certificates.
    #[serde(default)]
    pub client_cas: Vec<ClientCaTable>,
}

fn yes() -> bool {
    true
}

/// Names of `client_auth`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthName {
    /// No certificate is asked for.
    #[default]
    Off,
    /// One that is shown must be good.
    Optional,
    /// No connection without one.
    Required,
}

/// An entry of `client_cas`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCaTable {
    /// Tenant whose keys its certificates are good for. Left out: those of every tenant.
    pub tenant: Option<String>,
    /// Certificates of the CA; PEM.
    pub file: PathBuf,
}

/// What a table says, checked as far as it can be without reading files.
pub(super) fn files(table: TlsTable, section: &'static str) -> Result<TlsFiles, ConfigError> {
    let client_auth = match table.client_auth {
        ClientAuthName::Off => ClientAuth::Off,
        ClientAuthName::Optional => ClientAuth::Optional,
        ClientAuthName::Required => ClientAuth::Required,
    };
    if (client_auth == ClientAuth::Off) != table.client_cas.is_empty() {
        return Err(ConfigError::HalfClientAuth { section });
    }
    let cas = table.client_cas.into_iter().map(|ca| ClientCa {
        tenant: ca.tenant,
        file: ca.file,
    });
    Ok(TlsFiles {
        certificate: table.certificate,
        key: table.key,
        allow_tls12: table.allow_tls12,
        post_quantum: table.post_quantum,
        client_auth,
        client_cas: cas.collect(),
    })
}

/// The addresses that a listener serves. A single address is a network of one.
pub(super) fn sources(texts: &[String], key: &'static str) -> Result<Sources, ConfigError> {
    let parsed = texts.iter().map(|text| {
        let network = text.parse::<IpNet>().ok();
        let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| ConfigError::Cidr {
            key,
            value: text.clone(),
        })
    });
    Ok(Sources::new(parsed.collect::<Result<_, _>>()?))
}
