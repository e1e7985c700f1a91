//! Algorithms: those that the TLS guideline of CRYPTREC and IPA (TLS暗号設定ガイドライン) lists for its
//! high-security type (高セキュリティ型). See `docs/decisions/0220-tls.md`.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::aws_lc_rs::{self, cipher_suite as suite, kx_group as group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};

/// Suites, best first: an ephemeral key exchange and authenticated encryption, nothing else.
static SUITES: [SupportedCipherSuite; 9] = [
    suite::TLS13_AES_256_GCM_SHA384,
    suite::TLS13_AES_128_GCM_SHA256,
    suite::TLS13_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// Elliptic curves for the key exchange.
static CURVES: [&dyn SupportedKxGroup; 3] = [group::X25519, group::SECP256R1, group::SECP384R1];

/// The library's algorithms, cut down to these. Suites of TLS 1.2 do nothing where 1.2 is off.
pub(super) fn provider(post_quantum: bool) -> Arc<CryptoProvider> {
    let hybrid: &[&dyn SupportedKxGroup] = &[group::X25519MLKEM768];
    let hybrid = if post_quantum { hybrid } else { &[] };
    Arc::new(CryptoProvider {
        cipher_suites: SUITES.to_vec(),
        kx_groups: [hybrid, &CURVES].concat(),
        ..aws_lc_rs::default_provider()
    })
}
