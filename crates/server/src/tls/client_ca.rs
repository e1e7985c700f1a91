//! Client certificates: good if exactly one tenant's CA issued them.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::digest;
use azekura_model::requester::ClientCertificate;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use super::{TlsFault, files};

/// A CA that issues client certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCa {
    /// Tenant whose keys its certificates are good for; `None` = those of every tenant.
    pub tenant: Option<String>,
    /// Certificates of the CA; PEM.
    pub file: PathBuf,
}

struct Issuer {
    tenant: Option<String>,
    verifier: Arc<dyn ClientCertVerifier>,
}

/// Verifies client certificates against the CAs of all tenants.
pub(super) struct Issuers {
    issuers: Vec<Issuer>,
    hints: Vec<DistinguishedName>,
    mandatory: bool,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuers")
            .field("count", &self.issuers.len())
            .field("mandatory", &self.mandatory)
            .finish_non_exhaustive()
    }
}

impl Issuers {
    /// Reads the CAs. `mandatory`: no connection without a certificate.
    pub(super) fn load(
        cas: &[ClientCa],
        mandatory: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TlsFault> {
        let mut known = BTreeSet::new();
        let mut issuers = Vec::new();
        let mut hints = Vec::new();
        for ca in cas {
            let mut roots = RootCertStore::empty();
            for certificate in files::certificates(&ca.file)? {
                let fault = |reason: String| TlsFault::Content {
                    path: ca.file.clone(),
                    what: "certificate of a CA",
                    reason,
                };
                roots
                    .add(certificate)
                    .map_err(|error| fault(error.to_string()))?;
            }
            // The same name and key in another certificate is the same CA.
            for root in &roots.roots {
                let identity = (
                    root.subject.as_ref().to_vec(),
                    root.subject_public_key_info.as_ref().to_vec(),
                );
                if !known.insert(identity) {
                    return Err(TlsFault::SharedCa {
                        path: ca.file.clone(),
                    });
                }
            }
            hints.extend(roots.subjects());
            let provider = Arc::clone(provider);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| TlsFault::Setup(error.to_string()))?;
            issuers.push(Issuer {
                tenant: ca.tenant.clone(),
                verifier,
            });
        }
        Ok(Self {
            issuers,
            hints,
            mandatory,
            provider: Arc::clone(provider),
        })
    }

    /// Who issued a certificate. If the CAs of two entries did (one certifies the other), nobody can
    /// say whose it is: it is refused.
    fn issuer(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<&Issuer, Error> {
        let mut refusal = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let mut found = None;
        for issuer in &self.issuers {
            let verified = issuer
                .verifier
                .verify_client_cert(end_entity, intermediates, now);
            match verified {
                Ok(_) if found.is_some() => {
                    return Err(Error::InvalidCertificate(
                        CertificateError::ApplicationVerificationFailure,
                    ));
                }
                Ok(_) => found = Some(issuer),
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {}
                Err(error) => refusal = error,
            }
        }
        found.ok_or(refusal)
    }

    /// Who a verified client is.
    pub(super) fn identify(
        &self,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertificate, Error> {
        let (end_entity, intermediates) =
            chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        let issuer = self.issuer(end_entity, intermediates, now)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(end_entity)
            .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        Ok(ClientCertificate {
            subject: parsed.subject().to_string(),
            sha256: fingerprint(end_entity),
            tenant: issuer.tenant.clone(),
        })
    }
}

/// SHA-256 of a certificate.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut sha256 = [0; 32];
    let digest = digest::digest(&digest::SHA256, certificate);
    sha256.copy_from_slice(digest.as_ref());
    sha256
}

impl ClientCertVerifier for Issuers {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.issuer(end_entity, intermediates, now)
            .map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
