//! Limits of an access key, over HTTP.

#[cfg(test)]
mod support;

use std::num::NonZeroU64;
use std::sync::Arc;

use azekura_gateway::auth::{Authenticate, Credential};
use azekura_gateway::throttle::KeyLimits;
use support::{READER, keys, start_with};

/// The keys of the tests; the reader may ask once in a hundred seconds or so.
struct Limited;

impl Authenticate for Limited {
    fn credential(&self, key_id: &str) -> Option<Credential> {
        let mut credential = keys().credential(key_id)?;
        if key_id == READER.0 {
            credential.limits = KeyLimits {
                requests_per_second: NonZeroU64::new(2),
                bytes_per_second: NonZeroU64::new(1),
            };
        }
        Some(credential)
    }
}

#[tokio::test]
async fn a_key_beyond_its_limit_is_told_when_to_come_back_and_others_go_on() {
    let server = start_with(Arc::new(Limited)).await;
    server.put("/bucket", b"").await.ok();
    server.put("/bucket/key", &[7; 60]).await.ok();
    let forged = server
        .as_key((READER.0, "wrong"), "GET", "/bucket/key")
        .signed(b"");
    for _ in 0..5 {
        // Whoever does not hold the secret uses nothing up.
        let reply = server.send(&forged, b"").await;
        reply.is(403, "SignatureDoesNotMatch");
    }
    let reader = server.as_key(READER, "GET", "/bucket/key").signed(b"");
    assert_eq!(server.send(&reader, b"").await.ok().body.len(), 60);
    // 60 bytes at one a second are paid for in a minute.
    let refused = server.send(&reader, b"").await.is(503, "SlowDown");
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((30..=60).contains(&seconds), "{seconds}");
    assert_eq!(server.get("/bucket/key").await.ok().body.len(), 60);
}
