//! Signatures of the real `ssh-keygen`, and of a security key that is made in software.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failure must stop the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair,
};
use azekura_record::sshsig::{
    BadSignature, SshSignature, armored, fingerprint, public_key_from_text, public_key_to_text,
};

const NAMESPACE: &str = "azekura-request";
const TEXT: &[u8] = b"azekura-request v1\nvault: v\n";

/// A directory with a key pair of ssh-keygen.
struct Signer {
    folder: tempfile::TempDir,
}

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

impl Signer {
    fn new(kind: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let signer = Self { folder };
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-N", "", "-C", "test", "-f"]);
        run(command.arg(signer.key()).args(kind));
        signer
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn public(&self) -> String {
        std::fs::read_to_string(self.key().with_extension("pub")).unwrap()
    }

    fn sign(&self, namespace: &str, hash: &str, text: &[u8]) -> String {
        let file = self.folder.path().join("text");
        std::fs::write(&file, text).unwrap();
        let signature = self.folder.path().join("text.sig");
        std::fs::remove_file(&signature).ok();
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-O", hash, "-f"]);
        run(command.arg(self.key()).arg(&file));
        std::fs::read_to_string(signature).unwrap()
    }
}

/// `ssh-keygen -Y verify` on the same bytes.
fn openssh_accepts(folder: &Path, public: &str, signature: &str, text: &[u8]) -> bool {
    let allowed = folder.join("allowed");
    std::fs::write(&allowed, format!("suzuki {public}\n")).unwrap();
    let file = folder.join("signature");
    std::fs::write(&file, signature).unwrap();
    let message = folder.join("message");
    std::fs::write(&message, text).unwrap();
    Command::new("ssh-keygen")
        .args(["-Y", "verify", "-I", "suzuki", "-n", NAMESPACE, "-f"])
        .arg(&allowed)
        .arg("-s")
        .arg(&file)
        .stdin(std::fs::File::open(message).unwrap())
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn every_kind_of_key_signs() {
    let kinds: [&[&str]; 5] = [
        &["-t", "ed25519"],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "rsa", "-b", "3072"],
    ];
    for kind in kinds {
        let signer = Signer::new(kind);
        let public = public_key_from_text(&signer.public()).unwrap();
        assert!(signer.public().starts_with(&public_key_to_text(&public)));
        let listed = run(Command::new("ssh-keygen")
            .args(["-l", "-f"])
            .arg(signer.key()));
        assert!(listed.contains(&fingerprint(&public)), "{listed}");
        for hash in ["hashalg=sha512", "hashalg=sha256"] {
            // Short numbers of ECDSA are rare: many texts meet some.
            for round in 0..6_u8 {
                let text = [TEXT, &[round]].concat();
                let signed = signer.sign(NAMESPACE, hash, &text);
                let signature = SshSignature::from_armored(&signed).unwrap();
                let verified = signature.verify(NAMESPACE, &text).unwrap();
                assert_eq!(verified.public_key(), public, "{kind:?}");
                assert_eq!(
                    signature.verify(NAMESPACE, TEXT),
                    Err(BadSignature::Mismatch)
                );
                let folder = signer.folder.path();
                let again = armored(verified.bytes());
                assert!(openssh_accepts(folder, &signer.public(), &again, &text));
            }
        }
    }
}

#[test]
fn another_namespace_does_not_count() {
    let signer = Signer::new(&["-t", "ed25519"]);
    let signed = signer.sign("git", "hashalg=sha512", TEXT);
    let signature = SshSignature::from_armored(&signed).unwrap();
    assert!(signature.verify("git", TEXT).is_ok());
    let refused = signature.verify(NAMESPACE, TEXT).unwrap_err();
    assert!(
        refused.to_string().contains("-n azekura-request"),
        "{refused}"
    );
}

#[test]
fn damage_anywhere_does_not_count() {
    let signer = Signer::new(&["-t", "ed25519"]);
    let signed = signer.sign(NAMESPACE, "hashalg=sha512", TEXT);
    let signature = SshSignature::from_armored(&signed).unwrap();
    let bytes = signature.verify(NAMESPACE, TEXT).unwrap().bytes().to_vec();
    for at in 0..bytes.len() {
        for change in [1, 0x80] {
            let mut damaged = bytes.clone();
            *damaged.get_mut(at).unwrap() ^= change;
            let read = SshSignature::from_bytes(&damaged);
            let counts = read.and_then(|signature| signature.verify(NAMESPACE, TEXT));
            assert!(counts.is_err(), "byte {at}");
        }
        let cut = SshSignature::from_bytes(bytes.get(..at).unwrap());
        assert!(cut.is_err(), "cut at {at}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(SshSignature::from_bytes(&longer).is_err());
    assert!(SshSignature::from_armored("").is_err());
    assert!(SshSignature::from_armored("-----BEGIN SSH SIGNATURE-----").is_err());
}

#[test]
fn weak_keys_are_not_registered() {
    let signer = Signer::new(&["-t", "ed25519"]);
    let public = signer.public();
    assert!(public_key_from_text(&public.replace("ssh-ed25519", "ssh-rsa")).is_err());
    assert!(public_key_from_text("ssh-ed25519").is_err());
    let mut dsa = Vec::new();
    string(&mut dsa, b"ssh-dss");
    let line = format!("ssh-dss {}", base64(&dsa));
    let refused = public_key_from_text(&line);
    assert_eq!(refused, Err(BadSignature::Algorithm("ssh-dss".to_owned())));
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap().to_be_bytes());
    out.extend_from_slice(bytes);
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

/// Signs bytes.
type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A security key in software, by PROTOCOL.u2f.
struct Device {
    public: Vec<u8>,
    kind: &'static str,
    sign: Sign,
}

fn ed25519_device() -> Device {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let kind = "sk-ssh-ed25519@openssh.com";
    let mut public = Vec::new();
    string(&mut public, kind.as_bytes());
    string(&mut public, pair.public_key().as_ref());
    string(&mut public, b"ssh:azekura");
    Device {
        public,
        kind,
        sign: Box::new(move |bytes| pair.sign(bytes).as_ref().to_vec()),
    }
}

fn mpint(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap();
    let bytes = bytes.get(start..).unwrap();
    let zero: &[u8] = if bytes.first().unwrap() & 0x80 == 0 {
        &[]
    } else {
        &[0]
    };
    string(out, &[zero, bytes].concat());
}

fn ecdsa_device() -> Device {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref()).unwrap();
    let kind = "sk-ecdsa-sha2-nistp256@openssh.com";
    let mut public = Vec::new();
    string(&mut public, kind.as_bytes());
    string(&mut public, b"nistp256");
    string(&mut public, pair.public_key().as_ref());
    string(&mut public, b"ssh:");
    Device {
        public,
        kind,
        sign: Box::new(move |bytes| {
            let signature = pair.sign(&random, bytes).unwrap();
            let (r, s) = signature.as_ref().split_at(32);
            let mut out = Vec::new();
            mpint(&mut out, r);
            mpint(&mut out, s);
            out
        }),
    }
}

impl Device {
    fn application(&self) -> &[u8] {
        if self.kind.starts_with("sk-ssh") {
            b"ssh:azekura"
        } else {
            b"ssh:"
        }
    }

    /// What `ssh-keygen -Y sign` writes with this device; `flags` is what the device says it saw.
    fn sign(&self, flags: u8, text: &[u8]) -> Vec<u8> {
        let mut message = b"SSHSIG".to_vec();
        string(&mut message, NAMESPACE.as_bytes());
        string(&mut message, b"");
        string(&mut message, b"sha512");
        string(&mut message, digest(&SHA512, text).as_ref());
        let mut by_device = digest(&SHA256, self.application()).as_ref().to_vec();
        by_device.push(flags);
        by_device.extend_from_slice(&9_u32.to_be_bytes());
        by_device.extend_from_slice(digest(&SHA256, &message).as_ref());
        let mut signature = Vec::new();
        string(&mut signature, self.kind.as_bytes());
        string(&mut signature, &(self.sign)(&by_device));
        signature.push(flags);
        signature.extend_from_slice(&9_u32.to_be_bytes());
        let mut out = b"SSHSIG\0\0\0\x01".to_vec();
        string(&mut out, &self.public);
        string(&mut out, NAMESPACE.as_bytes());
        string(&mut out, b"");
        string(&mut out, b"sha512");
        string(&mut out, &signature);
        out
    }
}

#[test]
fn security_keys_count_when_somebody_touched_them() {
    for device in [ed25519_device(), ecdsa_device()] {
        let bytes = device.sign(1, TEXT);
        let signature = SshSignature::from_bytes(&bytes).unwrap();
        let verified = signature.verify(NAMESPACE, TEXT).unwrap();
        assert_eq!(verified.public_key(), device.public);
        assert_eq!(
            signature.verify(NAMESPACE, b"another"),
            Err(BadSignature::Mismatch)
        );
        // OpenSSH agrees, so the device is one.
        let folder = tempfile::tempdir().unwrap();
        let public = public_key_to_text(&device.public);
        assert_eq!(public_key_from_text(&public).unwrap(), device.public);
        assert!(openssh_accepts(
            folder.path(),
            &public,
            &armored(&bytes),
            TEXT
        ));
        let untouched = SshSignature::from_bytes(&device.sign(0, TEXT)).unwrap();
        assert_eq!(
            untouched.verify(NAMESPACE, TEXT),
            Err(BadSignature::NobodyPresent)
        );
    }
}
