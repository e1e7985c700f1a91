//! The private CA: made once, read again, and what it signs.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::digest;
use azekura_store::entropy::{Entropy as _, SystemEntropy};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData as _, SerialNumber,
};
use serde::Serialize;
use time::OffsetDateTime;

use super::{failed, write_new};
use crate::exit::{CommandError, Exit};

/// Certificate of the CA in its directory.
pub(super) const CERTIFICATE: &str = "ca.pem";
/// Private key of the CA in its directory.
const KEY: &str = "ca.key";
const NAME_DEFAULT: &str = "Azekura private CA";
/// Days for which a CA is good.
const CA_DAYS: i64 = 3650;
/// Clocks of clients may be behind by so much.
const CLOCK_LAG: time::Duration = time::Duration::minutes(5);

/// Who a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Server,
    Client,
}

/// A certificate and its key.
pub(super) struct Made {
    pub(super) certificate: String,
    pub(super) key: String,
    pub(super) not_after: OffsetDateTime,
    pub(super) sha256: String,
}

/// A CA that can sign.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) not_after: OffsetDateTime,
}

/// Opens the CA of a directory, or makes it; says whether it was made.
pub(super) fn open(
    dir: &Path,
    name: Option<&str>,
    now: OffsetDateTime,
) -> Result<(Authority, bool), CommandError> {
    let (certificate, key) = (dir.join(CERTIFICATE), dir.join(KEY));
    match (certificate.exists(), key.exists()) {
        (false, false) => Ok((make(&certificate, &key, name, now)?, true)),
        (true, true) if name.is_some() => Err(CommandError::new(
            Exit::Usage,
            format!("{} exists already", certificate.display()),
        )
        .hint("--ca-name names a new CA: leave it out, or name another --dir.")),
        (true, true) => Ok((read(&certificate, &key, now)?, false)),
        (there, _) => {
            let missing = if there { &key } else { &certificate };
            let message = format!("half of the CA is missing: {}", missing.display());
            Err(CommandError::new(Exit::Refused, message)
                .hint("Bring it back, or name another --dir for a new CA."))
        }
    }
}

fn make(
    certificate: &Path,
    key: &Path,
    name: Option<&str>,
    now: OffsetDateTime,
) -> Result<Authority, CommandError> {
    let not_after = now + time::Duration::days(CA_DAYS);
    let mut params = params(now, not_after)?;
    let name = name.unwrap_or(NAME_DEFAULT);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).map_err(unmade)?;
    let own = params.self_signed(&pair).map_err(unmade)?;
    write_new(key, &pair.serialize_pem(), 0o600)?;
    write_new(certificate, &own.pem(), 0o644)?;
    Ok(Authority {
        issuer: Issuer::new(params, pair),
        not_after,
    })
}

fn read(certificate: &Path, key: &Path, now: OffsetDateTime) -> Result<Authority, CommandError> {
    let refused = |path: &Path, why: &str| {
        CommandError::new(Exit::Refused, format!("{}: {why}", path.display()))
    };
    let mode = std::fs::metadata(key).map_err(|error| failed(key, &error))?;
    if mode.permissions().mode() & 0o077 != 0 {
        return Err(refused(key, "can be read by others")
            .hint("Run chmod 600 on it. If it was so for long, make a new CA."));
    }
    let text = std::fs::read_to_string(key).map_err(|error| failed(key, &error))?;
    let pair = KeyPair::from_pem(&text).map_err(|error| refused(key, &error.to_string()))?;
    let text = std::fs::read_to_string(certificate).map_err(|error| failed(certificate, &error))?;
    let wrong = |why: &dyn std::fmt::Display| refused(certificate, &why.to_string());
    let (_, pem) =
        x509_parser::pem::parse_x509_pem(text.as_bytes()).map_err(|error| wrong(&error))?;
    let parsed = pem.parse_x509().map_err(|error| wrong(&error))?;
    if parsed.public_key().raw != pair.subject_public_key_info() {
        return Err(refused(key, "is not the key of the CA beside it")
            .hint("Bring back the key that was made with ca.pem."));
    }
    let not_after = parsed.validity().not_after.to_datetime();
    if not_after <= now {
        return Err(wrong(&"the CA has expired")
            .hint("Make a new one in another --dir and give clients its ca.pem."));
    }
    let issuer = Issuer::from_ca_cert_pem(&text, pair).map_err(unmade)?;
    Ok(Authority { issuer, not_after })
}

impl Authority {
    /// Signs a certificate for a new key.
    pub(super) fn issue(
        &self,
        kind: Kind,
        names: &[String],
        now: OffsetDateTime,
        days: time::Duration,
    ) -> Result<Made, CommandError> {
        let not_after = (now + days).min(self.not_after);
        let mut params = params(now, not_after)?;
        if let Some(first) = names.first() {
            let name = first.as_str();
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        match kind {
            Kind::Server => {
                let named = CertificateParams::new(names.to_vec()).map_err(unmade)?;
                params.subject_alt_names = named.subject_alt_names;
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
            Kind::Client => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
        }
        let pair = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(unmade)?;
        let certificate = params.signed_by(&pair, &self.issuer).map_err(unmade)?;
        Ok(Made {
            sha256: hex(digest::digest(&digest::SHA256, certificate.der()).as_ref()),
            certificate: certificate.pem(),
            key: pair.serialize_pem(),
            not_after,
        })
    }
}

fn params(
    now: OffsetDateTime,
    not_after: OffsetDateTime,
) -> Result<CertificateParams, CommandError> {
    let mut params = CertificateParams::default();
    // The library names every certificate after itself otherwise.
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = now - CLOCK_LAG;
    params.not_after = not_after;
    let serial = SystemEntropy
        .id16()
        .map_err(|error| CommandError::new(Exit::Failure, error.to_string()))?;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unmade(error: rcgen::Error) -> CommandError {
    CommandError::new(
        Exit::Failure,
        format!("the certificate cannot be made: {error}"),
    )
}
