//! What new connections are served with: one reading of all files.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azekura_model::requester::ClientCertificate;
use azekura_store::clock::{SystemTimeSource, TimeSource as _};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{Error, ServerConfig};

use super::client_ca::{self, Issuers};
use super::{ClientAuth, TlsFault, TlsFiles, files, suites};

/// The protocol of this server.
const PROTOCOL: &[u8] = b"http/1.1";

/// The wall clock by which certificates are judged.
#[derive(Debug)]
struct WallTime;

impl TimeProvider for WallTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(now())
    }
}

fn now() -> UnixTime {
    let seconds = SystemTimeSource.wall().0.div_euclid(1000);
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// One reading of all files of a listener.
pub(crate) struct Material {
    config: Arc<ServerConfig>,
    issuers: Option<Arc<Issuers>>,
    path: PathBuf,
    /// SHA-256 of the server's certificate.
    pub(crate) sha256: [u8; 32],
    /// When the server's certificate ends, in seconds since 1970-01-01T00:00Z.
    pub(crate) not_after: i64,
}

impl Material {
    /// Reads and judges.
    pub(super) fn load(tls: &TlsFiles) -> Result<Self, TlsFault> {
        let chain = files::certificates(&tls.certificate)?;
        let key = files::key(&tls.key)?;
        let provider = suites::provider(tls.post_quantum);
        let issuers = match tls.client_auth {
            ClientAuth::Off => None,
            auth => {
                let mandatory = auth == ClientAuth::Required;
                Some(Issuers::load(&tls.client_cas, mandatory, &provider)?)
            }
        };
        let issuers = issuers.map(Arc::new);
        let (sha256, not_after) = own(tls, &chain)?;
        let versions: &[_] = if tls.allow_tls12 {
            &[&rustls::version::TLS13, &rustls::version::TLS12]
        } else {
            &[&rustls::version::TLS13]
        };
        let verifier: Arc<dyn ClientCertVerifier> = match &issuers {
            Some(issuers) => Arc::clone(issuers) as Arc<dyn ClientCertVerifier>,
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let mut config = ServerConfig::builder_with_details(provider, Arc::new(WallTime))
            .with_protocol_versions(versions)
            .map_err(|error| TlsFault::Setup(error.to_string()))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|error| TlsFault::Pair {
                certificate: tls.certificate.clone(),
                key: tls.key.clone(),
                reason: error.to_string(),
            })?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        config.ignore_client_order = true;
        // A session that is taken up again would not be judged by the CAs and the time of now.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self {
            config: Arc::new(config),
            issuers,
            path: tls.certificate.clone(),
            sha256,
            not_after,
        })
    }

    /// The same, if the server's certificate is not over.
    pub(super) fn not_expired(self) -> Result<Self, TlsFault> {
        if self.seconds_left() > 0 {
            return Ok(self);
        }
        Err(TlsFault::Expired { path: self.path })
    }

    /// How long the server's certificate is still good; negative when it has expired.
    pub(crate) fn seconds_left(&self) -> i64 {
        let now = i64::try_from(now().as_secs()).unwrap_or(i64::MAX);
        self.not_after.saturating_sub(now)
    }

    /// For handshakes.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Who the client of a finished handshake is.
    pub(super) fn client(
        &self,
        chain: Option<&[CertificateDer<'static>]>,
    ) -> Result<Option<ClientCertificate>, Error> {
        match (&self.issuers, chain) {
            (Some(issuers), Some(chain)) => issuers.identify(chain, now()).map(Some),
            _ => Ok(None),
        }
    }
}

/// Fingerprint and end of the server's own certificate.
fn own(tls: &TlsFiles, chain: &[CertificateDer<'static>]) -> Result<([u8; 32], i64), TlsFault> {
    let fault = |reason: String| TlsFault::Content {
        path: tls.certificate.clone(),
        what: "certificate",
        reason,
    };
    let first = chain
        .first()
        .ok_or_else(|| fault("nothing found".to_owned()))?;
    let (_, parsed) =
        x509_parser::parse_x509_certificate(first).map_err(|error| fault(error.to_string()))?;
    let end = parsed.validity().not_after.timestamp();
    Ok((client_ca::fingerprint(first), end))
}
