//! One-time passwords by time (RFC 6238): SHA-1, six digits, steps of 30 s, as authenticators expect.

use aws_lc_rs::hmac;

/// Seconds of a step.
const STEP: i64 = 30;
/// Steps before and after the present one that count: clocks of telephones differ.
const SKEW: i64 = 1;

/// The code of a step.
fn code(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let digest = tag.as_ref();
    let offset = usize::from(digest.last().copied().unwrap_or(0) & 15);
    let word = digest
        .get(offset..)
        .and_then(|rest| rest.first_chunk::<4>())
        .map_or(0, |four| u32::from_be_bytes(*four));
    (word & 0x7fff_ffff) % 1_000_000
}

/// The step in which a code is right at a time; `None` = it is not.
pub(crate) fn step_of(secret: &[u8], shown: &str, unix_seconds: i64) -> Option<i64> {
    if shown.len() != 6 || !shown.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shown: u32 = shown.parse().ok()?;
    let now = unix_seconds.div_euclid(STEP);
    (now - SKEW..=now + SKEW).find(|step| code(secret, *step) == shown)
}

/// Base32 without padding (RFC 4648 §6).
pub(crate) fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let index = usize::try_from((bits >> held) & 31).unwrap_or(0);
            out.push(char::from(DIGITS.get(index).copied().unwrap_or(b'A')));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        let index = usize::try_from((bits << (5 - held)) & 31).unwrap_or(0);
        out.push(char::from(DIGITS.get(index).copied().unwrap_or(b'A')));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the last six of its eight digits.
    #[test]
    fn the_vectors_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (at, shown) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(step_of(secret, shown, at), Some(at / 30), "{at}");
            assert_eq!(step_of(secret, shown, at + 90), None);
            assert_eq!(step_of(secret, &shown[1..], at), None);
        }
    }

    #[test]
    fn base32_of_rfc_4648() {
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(b"f"), "MY");
    }
}
