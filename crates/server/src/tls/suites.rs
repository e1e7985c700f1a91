//! Algorithms: those that the TLS guideline of CRYPTREC and IPA (TLS暗号設定ガイドライン) lists for its
//! high-security type (高セキュリティ型). See `docs/decisions/0220-tls.md`.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::{self, cipher_suite as suite, kx_group as group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};

/// Suites, best first: an ephemeral key exchange and authenticated encryption, nothing else.
fn suites() -> Vec<SupportedCipherSuite> {
    vec![
        suite::TLS13_AES_256_GCM_SHA384,
        suite::TLS13_AES_128_GCM_SHA256,
        suite::TLS13_CHACHA20_POLY1305_SHA256,
        suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]
}

/// Elliptic curves for the key exchange.
fn curves() -> [&'static dyn SupportedKxGroup; 3] {
    [group::X25519, group::SECP256R1, group::SECP384R1]
}

/// The library's algorithms, cut down to these. Suites of TLS 1.2 do nothing where 1.2 is off.
pub(super) fn provider(post_quantum: bool) -> Arc<CryptoProvider> {
    let hybrid = post_quantum.then_some(group::X25519MLKEM768);
    Arc::new(CryptoProvider {
        cipher_suites: suites(),
        kx_groups: hybrid.into_iter().chain(curves()).collect(),
        ..aws_lc_rs::default_provider()
    })
}
