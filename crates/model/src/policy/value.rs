//! Values that conditions compare: numbers, dates, addresses, bytes. `None` says that a text is not
//! such a value.

use std::net::IpAddr;

use crate::calendar::CivilDate;

/// Digits behind the point that count.
const FRACTION_DIGITS: usize = 9;
/// Digits in front of the point that can be read.
const WHOLE_DIGITS: usize = 18;
const NANOS: i128 = 1_000_000_000;

/// A decimal number in units of 10⁻⁹, exactly: floating point would take neighbours for equal.
pub(super) fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    if whole.len() > WHOLE_DIGITS || fraction.len() > FRACTION_DIGITS {
        return None;
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let fraction: i128 = format!("{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
    let value = whole * NANOS + fraction;
    Some(if negative { -value } else { value })
}

/// A moment in nanoseconds since 1970: seconds since then, or ISO 8601 as the W3C profiles it.
pub(super) fn date(text: &str) -> Option<i128> {
    if text
        .strip_prefix('-')
        .unwrap_or(text)
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'.')
    {
        return number(text);
    }
    let (day, clock) = match text.split_once('T') {
        Some((day, clock)) => (day, Some(clock)),
        None => (text, None),
    };
    let day = match day.len() {
        7 => format!("{day}-01"),
        _ => day.to_owned(),
    };
    // The day begins nine hours earlier in Japan than at Greenwich.
    let midnight =
        i128::from(CivilDate::parse(&day).ok()?.begins().0) * 1_000_000 + 9 * 3_600 * NANOS;
    Some(midnight + clock.map_or(Some(0), time_of_day)?)
}

/// `hh:mm[:ss[.fraction]]` and `Z` or an offset.
fn time_of_day(text: &str) -> Option<i128> {
    let at = text.rfind(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(at);
    let pair = |text: &str, most: i128| {
        let value = (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i128>().ok())??;
        (value <= most).then_some(value)
    };
    let offset = match zone {
        "Z" => 0,
        _ => {
            let (sign, rest) = (if zone.starts_with('+') { 1 } else { -1 }, zone.get(1..)?);
            let (hours, minutes) = rest.split_once(':')?;
            sign * (pair(hours, 23)? * 60 + pair(minutes, 59)?)
        }
    };
    let mut parts = clock.splitn(3, ':');
    let (hours, minutes) = (pair(parts.next()?, 23)?, pair(parts.next()?, 59)?);
    let seconds = match parts.next() {
        None => 0,
        Some(text) => {
            pair(text.get(..2)?, 59)?;
            number(text)?
        }
    };
    Some((hours * 60 + minutes - offset) * 60 * NANOS + seconds)
}

/// `true` or `false`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address; one of version 4 in the clothes of version 6 is of version 4.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Network {
    first: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `address` or `address/bits`; what the address says behind the bits does not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) => (first, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().ok()?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match bits {
            None => width,
            Some(bits) if bits.len() <= 3 && bits.bytes().all(|b| b.is_ascii_digit()) => {
                bits.parse().ok()?
            }
            Some(_) => return None,
        };
        let canonical = first.to_canonical();
        let prefix = match (prefix > width, first.is_ipv6() && canonical.is_ipv4()) {
            (true, _) => return None,
            (false, true) if prefix >= 96 => prefix - 96,
            // Wider than all of version 4: stays a network of version 6.
            (false, true) => return Some(Self { first, prefix }),
            (false, false) => prefix,
        };
        Some(Self {
            first: canonical,
            prefix,
        })
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let shift = 32_u32.saturating_sub(self.prefix);
                shift == 32 || (first.to_bits() ^ address.to_bits()) >> shift == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let shift = 128_u32.saturating_sub(self.prefix);
                shift == 128 || (first.to_bits() ^ address.to_bits()) >> shift == 0
            }
            // A network of one version holds no address of the other.
            _ => false,
        }
    }

    /// Whether the addresses are too many to name somebody: AWS calls what is wider than /8, or /32
    /// of version 6, public.
    pub(super) fn is_broad(&self) -> bool {
        self.prefix < if self.first.is_ipv4() { 8 } else { 32 }
    }
}

/// Bytes written in base64 (RFC 4648 §4) with padding.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let (mut out, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for byte in body.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6) | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
        held &= (1 << bits) - 1;
    }
    (held == 0).then_some(out)
}
