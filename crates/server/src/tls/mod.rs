//! TLS of the listeners: TLS 1.3, 1.2 by a switch, the high-security suites of CRYPTREC alone; client
//! certificates by tenant; files that are replaced while the server runs.

mod client_ca;
mod files;
mod material;
mod reload;
mod suites;
#[cfg(test)]
pub(crate) mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use azekura_model::requester::ClientCertificate;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use client_ca::ClientCa;
pub use files::TlsFault;
pub(crate) use material::Material;
pub(crate) use reload::keep;

/// Whether clients must show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// None is asked for.
    #[default]
    Off,
    /// One that is shown must be good.
    Optional,
    /// No connection without one.
    Required,
}

/// What a listener's TLS is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its CA; PEM.
    pub certificate: PathBuf,
    /// Its private key; PEM.
    pub key: PathBuf,
    /// TLS 1.2 beside 1.3.
    pub allow_tls12: bool,
    /// The hybrid key exchange X25519MLKEM768 beside the elliptic curves.
    pub post_quantum: bool,
    /// Whether clients must show a certificate.
    pub client_auth: ClientAuth,
    /// Who may issue client certificates.
    pub client_cas: Vec<ClientCa>,
}

/// TLS of one listener. New connections take what is current; those under way keep what they began
/// with.
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<Material>>,
    seen: Mutex<files::Seen>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish()
    }
}

/// What a look at the files found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// Nothing new.
    Same,
    /// New files are used from now on.
    Replaced,
    /// New files cannot be used: the earlier ones stay.
    Refused(TlsFault),
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsFault`]: a file is missing, open to others, or does not fit the rest.
    pub fn load(files: TlsFiles) -> Result<Self, TlsFault> {
        // Taken before the files are read: what changes meanwhile is seen at the next look.
        let stamps = files::stamps(&files);
        let material = Material::load(&files)?;
        Ok(Self {
            files,
            current: RwLock::new(Arc::new(material)),
            seen: Mutex::new(files::Seen::good(stamps)),
        })
    }

    /// What new connections are served with.
    pub(crate) fn material(&self) -> Arc<Material> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes new files if there are any that can be used. What is on disk is tried again at every look
    /// while it cannot be used; `forced` tries it in any case.
    pub(crate) fn look(&self, forced: bool) -> Looked {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = files::stamps(&self.files);
        if !forced && seen.is_good(&stamps) {
            return Looked::Same;
        }
        match Material::load(&self.files).and_then(Material::not_expired) {
            Ok(material) => {
                let current = self.current.write();
                *current.unwrap_or_else(PoisonError::into_inner) = Arc::new(material);
                *seen = files::Seen::good(stamps);
                Looked::Replaced
            }
            Err(fault) => {
                *seen = files::Seen::bad();
                Looked::Refused(fault)
            }
        }
    }

    /// The handshake of one connection, and who the client is.
    ///
    /// # Errors
    /// The client speaks no TLS that is allowed, shows no certificate that is good, or goes away.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(TlsStream<TcpStream>, Option<ClientCertificate>)> {
        let material = self.material();
        let stream = TlsAcceptor::from(material.config()).accept(stream).await?;
        let (_, session) = stream.get_ref();
        let certificate = material
            .client(session.peer_certificates())
            .map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))?;
        Ok((stream, certificate))
    }
}

/// The version of a connection, as metrics name it.
pub(crate) fn version(stream: &TlsStream<TcpStream>) -> &'static str {
    match stream.get_ref().1.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "1.2",
        _ => "other",
    }
}

/// Why a handshake failed, in few words, as metrics name it.
pub(crate) fn reason(error: &std::io::Error) -> &'static str {
    use rustls::Error as E;
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<E>());
    match inner {
        Some(E::NoCertificatesPresented) => "no_client_certificate",
        Some(E::InvalidCertificate(_)) => "bad_client_certificate",
        Some(E::PeerIncompatible(_) | E::NoApplicationProtocol) => "version_or_suite",
        Some(E::AlertReceived(_)) => "refused_by_client",
        Some(E::InvalidMessage(_) | E::InappropriateMessage { .. }) => "not_tls",
        Some(_) => "other",
        None => "broken_off",
    }
}
