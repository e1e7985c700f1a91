//! Signatures of OpenSSH (`ssh-keygen -Y sign`; PROTOCOL.sshsig), parsed and verified over `aws-lc-rs`.
//!
//! Approvals stand in records as these bytes, so that anybody checks them with `ssh-keygen -Y verify`
//! and nothing of ours. Keys: `ssh-ed25519`, ECDSA over P-256, P-384 and P-521, RSA of 2,048 to 8,192
//! bits with SHA-2, and both FIDO kinds (`sk-ssh-ed25519@openssh.com`,
//! `sk-ecdsa-sha2-nistp256@openssh.com`; PROTOCOL.u2f), which count only when the device saw a person.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
    VerificationAlgorithm,
};

const MAGIC: &[u8; 6] = b"SSHSIG";
const VERSION: u32 = 1;
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Longest signature in bytes; one of RSA with 8,192 bits has about 2,200.
const BYTES_MAX: usize = 8192;
/// The device saw a person (PROTOCOL.u2f, SSH_SK_USER_PRESENCE_REQD).
const USER_PRESENT: u8 = 1;

/// A signature as it was sent, split into its parts. Nothing is verified yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SshSignature {
    blob: Vec<u8>,
    public_key: Vec<u8>,
    namespace: Vec<u8>,
    reserved: Vec<u8>,
    hash: SignatureHash,
    signature: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SignatureHash {
    Sha256,
    Sha512,
}

/// A signature that holds for a message. Only [`SshSignature::verify`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedSignature {
    public_key: Vec<u8>,
    blob: Vec<u8>,
}

impl VerifiedSignature {
    /// Which key signed, in SSH's wire form.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The whole signature, without armour.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.blob
    }
}

/// Why a signature does not count.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadSignature {
    /// Not the format.
    #[error("not a signature of ssh-keygen -Y sign: {0}")]
    Malformed(&'static str),
    /// Made for something else.
    #[error("made for namespace {found:?}; sign with: ssh-keygen -Y sign -n {wanted}")]
    OtherNamespace {
        /// In the signature.
        found: String,
        /// Wanted.
        wanted: String,
    },
    /// An algorithm that does not count.
    #[error(
        "a key or signature of type {0:?} does not count: use ssh-ed25519, ecdsa-sha2-nistp*, \
         rsa-sha2-*, sk-ssh-ed25519 or sk-ecdsa-sha2-nistp256"
    )]
    Algorithm(String),
    /// The device did not see a person.
    #[error("the security key did not ask for a touch: make it without -O no-touch-required")]
    NobodyPresent,
    /// The key did not sign this message.
    #[error("the signature does not fit the text and its key")]
    Mismatch,
}

/// A text key as in `authorized_keys` (`type base64 [comment]`) in SSH's wire form.
///
/// # Errors
/// [`BadSignature`] for anything that could not sign an approval.
pub fn public_key_from_text(line: &str) -> Result<Vec<u8>, BadSignature> {
    let mut words = line.split_whitespace();
    let (Some(kind), Some(encoded)) = (words.next(), words.next()) else {
        return Err(BadSignature::Malformed(
            "a public key is written: type base64 comment",
        ));
    };
    let blob = from_base64(encoded).ok_or(BadSignature::Malformed("base64 of the key"))?;
    if Strings(&blob).string()? != kind.as_bytes() {
        return Err(BadSignature::Malformed("the key is of another type"));
    }
    PublicKey::parse(&blob)?;
    Ok(blob)
}

/// The fingerprint that `ssh-keygen -l` prints.
#[must_use]
pub fn fingerprint(public_key: &[u8]) -> String {
    let hash = digest(&SHA256, public_key);
    format!("SHA256:{}", to_base64(hash.as_ref()).trim_end_matches('='))
}

/// The text form of a key, as in `authorized_keys`.
#[must_use]
pub fn public_key_to_text(public_key: &[u8]) -> String {
    let kind = Strings(public_key).string().unwrap_or_default();
    let kind = String::from_utf8_lossy(kind);
    format!("{kind} {}", to_base64(public_key))
}

/// A signature with its armour, as `ssh-keygen -Y verify` reads it.
#[must_use]
pub fn armored(bytes: &[u8]) -> String {
    let mut out = format!("{BEGIN}\n");
    for (at, character) in to_base64(bytes).chars().enumerate() {
        if at > 0 && at % 70 == 0 {
            out.push('\n');
        }
        out.push(character);
    }
    out.push('\n');
    out.push_str(END);
    out.push('\n');
    out
}

impl SshSignature {
    /// Reads the armoured text that `ssh-keygen` writes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn from_armored(text: &str) -> Result<Self, BadSignature> {
        let inner = text
            .trim()
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(END))
            .ok_or(BadSignature::Malformed(
                "the lines BEGIN and END are missing",
            ))?;
        let encoded: String = inner.split_ascii_whitespace().collect();
        if encoded.len() > BYTES_MAX.saturating_mul(2) {
            return Err(BadSignature::Malformed("too long"));
        }
        let bytes = from_base64(&encoded).ok_or(BadSignature::Malformed("base64"))?;
        Self::from_bytes(&bytes)
    }

    /// Reads the bytes inside the armour.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadSignature> {
        if bytes.len() > BYTES_MAX {
            return Err(BadSignature::Malformed("too long"));
        }
        let mut input = Strings(
            bytes
                .strip_prefix(MAGIC)
                .ok_or(BadSignature::Malformed("no SSHSIG"))?,
        );
        if input.number()? != VERSION {
            return Err(BadSignature::Malformed("another version of the format"));
        }
        let public_key = input.string()?.to_vec();
        let namespace = input.string()?.to_vec();
        let reserved = input.string()?.to_vec();
        let hash = match input.string()? {
            b"sha256" => SignatureHash::Sha256,
            b"sha512" => SignatureHash::Sha512,
            _ => return Err(BadSignature::Malformed("neither sha256 nor sha512")),
        };
        let signature = input.string()?.to_vec();
        input.end()?;
        Ok(Self {
            blob: bytes.to_vec(),
            public_key,
            namespace,
            reserved,
            hash,
            signature,
        })
    }

    /// Whether the key inside signed this message for this namespace. Who owns the key is another
    /// question.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(
        &self,
        namespace: &str,
        message: &[u8],
    ) -> Result<VerifiedSignature, BadSignature> {
        if self.namespace != namespace.as_bytes() {
            return Err(BadSignature::OtherNamespace {
                found: String::from_utf8_lossy(&self.namespace).into_owned(),
                wanted: namespace.to_owned(),
            });
        }
        let (hash_name, hash) = match self.hash {
            SignatureHash::Sha256 => ("sha256", digest(&SHA256, message)),
            SignatureHash::Sha512 => ("sha512", digest(&SHA512, message)),
        };
        let mut signed = MAGIC.to_vec();
        put_string(&mut signed, &self.namespace);
        put_string(&mut signed, &self.reserved);
        put_string(&mut signed, hash_name.as_bytes());
        put_string(&mut signed, hash.as_ref());
        PublicKey::parse(&self.public_key)?.verify(&signed, &self.signature)?;
        Ok(VerifiedSignature {
            public_key: self.public_key.clone(),
            blob: self.blob.clone(),
        })
    }
}

/// A public key in SSH's wire form.
enum PublicKey<'a> {
    Ed25519(&'a [u8]),
    Ecdsa(Curve, &'a [u8]),
    Rsa {
        e: &'a [u8],
        n: &'a [u8],
    },
    SkEd25519 {
        key: &'a [u8],
        application: &'a [u8],
    },
    SkEcdsa {
        key: &'a [u8],
        application: &'a [u8],
    },
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn name(self) -> &'static str {
        match self {
            Self::P256 => "nistp256",
            Self::P384 => "nistp384",
            Self::P521 => "nistp521",
        }
    }

    /// Bytes of a coordinate.
    fn bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn algorithm(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_FIXED,
            Self::P384 => &ECDSA_P384_SHA384_FIXED,
            Self::P521 => &ECDSA_P521_SHA512_FIXED,
        }
    }
}

fn checked(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(algorithm, key)
        .verify(message, signature)
        .map_err(|_| BadSignature::Mismatch)
}

impl<'a> PublicKey<'a> {
    fn parse(blob: &'a [u8]) -> Result<Self, BadSignature> {
        let mut input = Strings(blob);
        let kind = input.string()?;
        let key = match kind {
            b"ssh-ed25519" => Self::Ed25519(input.string_of(32)?),
            b"ecdsa-sha2-nistp256" => Self::Ecdsa(Curve::P256, input.point(Curve::P256)?),
            b"ecdsa-sha2-nistp384" => Self::Ecdsa(Curve::P384, input.point(Curve::P384)?),
            b"ecdsa-sha2-nistp521" => Self::Ecdsa(Curve::P521, input.point(Curve::P521)?),
            b"ssh-rsa" => Self::Rsa {
                e: input.positive()?,
                n: input.positive()?,
            },
            b"sk-ssh-ed25519@openssh.com" => Self::SkEd25519 {
                key: input.string_of(32)?,
                application: input.string()?,
            },
            b"sk-ecdsa-sha2-nistp256@openssh.com" => Self::SkEcdsa {
                key: input.point(Curve::P256)?,
                application: input.string()?,
            },
            other => {
                let kind = String::from_utf8_lossy(other).into_owned();
                return Err(BadSignature::Algorithm(kind));
            }
        };
        input.end()?;
        Ok(key)
    }

    /// The name that a signature of this key has, where there is one only.
    fn signature_kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ssh-ed25519",
            Self::Ecdsa(Curve::P256, _) => "ecdsa-sha2-nistp256",
            Self::Ecdsa(Curve::P384, _) => "ecdsa-sha2-nistp384",
            Self::Ecdsa(Curve::P521, _) => "ecdsa-sha2-nistp521",
            // SHA-1 (ssh-rsa) does not count.
            Self::Rsa { .. } => "rsa-sha2-",
            Self::SkEd25519 { .. } => "sk-ssh-ed25519@openssh.com",
            Self::SkEcdsa { .. } => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let mut input = Strings(signature);
        let kind = input.string()?;
        let value = input.string()?;
        let wanted = self.signature_kind().as_bytes();
        let fits = match self {
            Self::Rsa { .. } => matches!(kind, b"rsa-sha2-256" | b"rsa-sha2-512"),
            _ => kind == wanted,
        };
        if !fits {
            let kind = String::from_utf8_lossy(kind).into_owned();
            return Err(BadSignature::Algorithm(kind));
        }
        match self {
            Self::Ed25519(key) => {
                input.end()?;
                checked(&ED25519, key, message, value)
            }
            Self::Ecdsa(curve, key) => {
                input.end()?;
                let value = fixed(value, *curve)?;
                checked(curve.algorithm(), key, message, &value)
            }
            Self::Rsa { e, n } => {
                input.end()?;
                let algorithm = if kind == b"rsa-sha2-512" {
                    &RSA_PKCS1_2048_8192_SHA512
                } else {
                    &RSA_PKCS1_2048_8192_SHA256
                };
                PublicKeyComponents { n, e }
                    .verify(algorithm, message, value)
                    .map_err(|_| BadSignature::Mismatch)
            }
            Self::SkEd25519 { key, application } => {
                let message = by_device(application, &mut input, message)?;
                checked(&ED25519, key, &message, value)
            }
            Self::SkEcdsa { key, application } => {
                let message = by_device(application, &mut input, message)?;
                let value = fixed(value, Curve::P256)?;
                checked(&ECDSA_P256_SHA256_FIXED, key, &message, &value)
            }
        }
    }
}

/// What a FIDO device signs: flags and counter follow the signature proper.
fn by_device(
    application: &[u8],
    input: &mut Strings<'_>,
    message: &[u8],
) -> Result<Vec<u8>, BadSignature> {
    let flags = input.byte()?;
    let counter = input.number()?;
    input.end()?;
    if flags & USER_PRESENT == 0 {
        return Err(BadSignature::NobodyPresent);
    }
    let mut signed = digest(&SHA256, application).as_ref().to_vec();
    signed.push(flags);
    signed.extend_from_slice(&counter.to_be_bytes());
    signed.extend_from_slice(digest(&SHA256, message).as_ref());
    Ok(signed)
}

/// SSH writes `r` and `s` as numbers of any length, the library takes them at full length.
fn fixed(signature: &[u8], curve: Curve) -> Result<Vec<u8>, BadSignature> {
    let mut input = Strings(signature);
    let (r, s) = (input.positive()?, input.positive()?);
    input.end()?;
    let mut out = Vec::with_capacity(curve.bytes().saturating_mul(2));
    for number in [r, s] {
        let zeros = curve
            .bytes()
            .checked_sub(number.len())
            .ok_or(BadSignature::Malformed("a number is too long"))?;
        out.resize(out.len().saturating_add(zeros), 0);
        out.extend_from_slice(number);
    }
    Ok(out)
}

/// Reads SSH's wire types (RFC 4251 §5).
struct Strings<'a>(&'a [u8]);

const SHORT: BadSignature = BadSignature::Malformed("it ends too soon");

impl<'a> Strings<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], BadSignature> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, BadSignature> {
        self.take(1)?.first().copied().ok_or(SHORT)
    }

    fn number(&mut self) -> Result<u32, BadSignature> {
        let bytes = <[u8; 4]>::try_from(self.take(4)?).map_err(|_| SHORT)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn string(&mut self) -> Result<&'a [u8], BadSignature> {
        let length = usize::try_from(self.number()?).map_err(|_| SHORT)?;
        self.take(length)
    }

    fn string_of(&mut self, bytes: usize) -> Result<&'a [u8], BadSignature> {
        let string = self.string()?;
        if string.len() == bytes {
            Ok(string)
        } else {
            Err(BadSignature::Malformed("a key of the wrong length"))
        }
    }

    /// Curve name and uncompressed point.
    fn point(&mut self, curve: Curve) -> Result<&'a [u8], BadSignature> {
        if self.string()? != curve.name().as_bytes() {
            return Err(BadSignature::Malformed("another curve"));
        }
        self.string_of(curve.bytes().saturating_mul(2).saturating_add(1))
    }

    /// A positive number (mpint) without its leading zero.
    fn positive(&mut self) -> Result<&'a [u8], BadSignature> {
        let number = self.string()?;
        match number {
            [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Ok(rest),
            [first, ..] if *first != 0 && first & 0x80 == 0 => Ok(number),
            _ => Err(BadSignature::Malformed("not a positive number")),
        }
    }

    fn end(&self) -> Result<(), BadSignature> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(BadSignature::Malformed("bytes after the end"))
        }
    }
}

fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    // Shorter than `BYTES_MAX`, all of them.
    let length = u32::try_from(string.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(string);
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()
}

fn to_base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}
