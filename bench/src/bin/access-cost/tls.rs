//! Certificates as the operator makes them, and a client that speaks TLS 1.3 alone.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::Failure;
use crate::http::{Secure, Secured, Stream};
use crate::process::{self, Programs};

fn folder(dir: &Path) -> PathBuf {
    dir.join("tls")
}

/// The table of the configuration for a listener.
pub(crate) fn table(dir: &Path) -> String {
    format!(
        "[s3.tls]\ncertificate = {:?}\nkey = {:?}\n",
        folder(dir).join("server-127.0.0.1.pem"),
        folder(dir).join("server-127.0.0.1.key")
    )
}

/// Makes a CA and a certificate; answers what puts TLS 1.3 on connections to its owner.
pub(crate) fn issue(programs: &Programs, dir: &Path) -> Result<Secure, Failure> {
    let mut command = Command::new(programs.find("azekura")?);
    command.args(["tls", "issue", "--server", "127.0.0.1", "--dir"]);
    process::output(command.arg(folder(dir)), "")?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder(dir).join("ca.pem"))?)?;
    let config = ClientConfig::builder_with_protocol_versions(&[&TLS13])
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    Ok(Arc::new(move |stream| {
        let connector = connector.clone();
        let secured: Secured = Box::pin(async move {
            let name = ServerName::try_from("127.0.0.1")?;
            let stream: Box<dyn Stream> = Box::new(connector.connect(name, stream).await?);
            Ok(stream)
        });
        secured
    }))
}
