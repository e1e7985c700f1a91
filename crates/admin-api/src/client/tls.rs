//! HTTPS of the clients: TLS 1.3, against a list of CAs that is named or the machine's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::{ApiError, Code};

/// Where the machine keeps the public CAs: Debian and Ubuntu, then Red Hat.
const SYSTEM_CAS: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];
/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens connections, encrypted or not as the address says.
pub type Connector = HttpsConnector<HttpConnector>;

/// Whom a client trusts, and who it says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// CAs of servers, PEM; `None` = those of the machine.
    pub ca_file: Option<PathBuf>,
    /// Own certificate and key, PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// What opens connections to `endpoint`. Files are read for an `https` address alone.
///
/// # Errors
/// [`Code::InvalidRequest`] when a file cannot be used.
pub fn connector(endpoint: &str, tls: &ClientTls) -> Result<Connector, ApiError> {
    let roots = if endpoint.starts_with("https:") {
        roots(tls)?
    } else {
        RootCertStore::empty()
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| unusable(&error))?
        .with_root_certificates(roots);
    let config = match &tls.identity {
        Some((certificate, key)) if endpoint.starts_with("https:") => {
            let chain = certificates(certificate)?;
            let key = PrivateKeyDer::from_pem_file(key)
                .map_err(|error| unreadable(key, "private key", &error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unusable(&error))?
        }
        _ => builder.with_no_client_auth(),
    };
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.enforce_http(false);
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http))
}

fn roots(tls: &ClientTls) -> Result<RootCertStore, ApiError> {
    let mut roots = RootCertStore::empty();
    if let Some(path) = &tls.ca_file {
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .map_err(|error| unreadable(path, "CA", &error))?;
        }
        return Ok(roots);
    }
    let system = SYSTEM_CAS.map(Path::new);
    let found = system.iter().find(|path| path.is_file()).ok_or_else(|| {
        let message = "an https endpoint needs CAs to check it by, and this machine has none";
        ApiError::new(Code::InvalidRequest, message)
            .hint("Give the CA of the server with --ca-file CA.pem.")
    })?;
    // Machines carry CAs that cannot be read by everybody; the others still serve.
    roots.add_parsable_certificates(certificates(found)?);
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ApiError> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let all: Vec<_> = all.map_err(|error| unreadable(path, "certificate", &error))?;
    if all.is_empty() {
        return Err(unreadable(path, "certificate", &"nothing found"));
    }
    Ok(all)
}

fn unreadable(path: &Path, what: &str, error: &dyn std::fmt::Display) -> ApiError {
    let path = path.display();
    ApiError::new(
        Code::InvalidRequest,
        format!("{path} holds no {what} that can be used: {error}"),
    )
    .hint("It must be PEM, with -----BEGIN lines.")
}

fn unusable(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(
        Code::InvalidRequest,
        format!("TLS cannot be set up: {error}"),
    )
    .hint("Certificate and key must have been made together.")
}
