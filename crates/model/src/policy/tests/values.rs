//! Readers of values.

use super::super::value::{Network, address, bytes, date, number};
use proptest::prelude::*;

#[test]
fn numbers() {
    for (text, wanted) in [
        ("0", Some(0)),
        ("-0", Some(0)),
        ("+7", Some(7_000_000_000)),
        ("007.50", Some(7_500_000_000)),
        ("0.000000001", Some(1)),
        ("0.0000000010", Some(1)),
        ("0.0000000001", None),
        (
            "999999999999999999",
            Some(999_999_999_999_999_999_000_000_000),
        ),
        ("1000000000000000000", None),
        ("", None),
        ("-", None),
        ("1.", None),
        (".1", None),
        ("--1", None),
        ("1,5", None),
        ("１", None),
    ] {
        assert_eq!(number(text), wanted, "{text}");
    }
}

#[test]
fn dates() {
    let second = 1_000_000_000;
    for (text, wanted) in [
        ("1970-01-01", Some(0)),
        ("1970-01", Some(0)),
        ("0", Some(0)),
        ("1970-01-01T00:00Z", Some(0)),
        ("1970-01-01T09:00:01+09:00", Some(second)),
        ("1970-01-02T00:30:00-00:30", Some(90_000 * second)),
        ("2000-02-29T23:59:59.25Z", Some(951_868_799_250_000_000)),
        ("1795910400", Some(1_795_910_400 * second)),
        ("1970-01-01T00:00:00", None),
        ("1970-01-01T00Z", None),
        ("1970-01-01T24:00:00Z", None),
        ("1970-01-01T00:60:00Z", None),
        ("1970-01-01T00:00:60Z", None),
        ("1970-01-01T00:00:00.Z", None),
        ("1970-01-01T00:00:00+0900", None),
        ("1970-01-01 00:00:00Z", None),
        ("1969-12-31", None),
        ("2026-02-29", None),
        ("", None),
        ("T", None),
    ] {
        assert_eq!(date(text), wanted, "{text}");
    }
}

#[test]
fn base64() {
    for (text, wanted) in [
        ("", Some(&b""[..])),
        ("Zg==", Some(b"f")),
        ("Zm8=", Some(b"fo")),
        ("Zm9v", Some(b"foo")),
        ("Zm9vYg==", Some(b"foob")),
        ("+/8=", Some(b"\xfb\xff")),
        ("Zh==", None),
        ("Zg=", None),
        ("Zg", None),
        ("Z===", None),
        ("Zm9v\n", None),
        ("Zm-_", None),
    ] {
        assert_eq!(bytes(text).as_deref(), wanted, "{text}");
    }
}

#[test]
fn networks() {
    for bad in [
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/+8",
        "10.0.0/8",
        "::1/0x1",
        "10.0.0.0/8/8",
    ] {
        assert_eq!(Network::parse(bad), None, "{bad}");
    }
    let holds = |network: &str, text: &str| {
        Network::parse(network)
            .unwrap()
            .contains(address(text).unwrap())
    };
    assert!(holds("192.0.2.77/24", "192.0.2.1"));
    assert!(holds("0.0.0.0/0", "255.255.255.255"));
    assert!(holds("::ffff:192.0.2.0/120", "192.0.2.1"));
    assert!(holds("192.0.2.0/24", "::ffff:192.0.2.1"));
    assert!(!holds("192.0.2.0/24", "192.0.3.1"));
    assert!(!holds("::/0", "192.0.2.1"));
    assert!(!holds("0.0.0.0/0", "2001:db8::1"));
}

proptest! {
    /// A network holds an address exactly when the leading bits are the same, bit by bit.
    #[test]
    fn networks_are_leading_bits(first: u32, other: u32, near in 0_u32..33, prefix in 0_usize..33) {
        // Addresses that differ late are the interesting ones.
        let other = first ^ (u64::from(other) >> near).try_into().unwrap_or(0);
        let text = |bits: u32| std::net::Ipv4Addr::from_bits(bits).to_string();
        let network = Network::parse(&format!("{}/{prefix}", text(first))).unwrap();
        let bits = |value: u32| format!("{value:032b}");
        let wanted = bits(first)[..prefix] == bits(other)[..prefix];
        prop_assert_eq!(network.contains(address(&text(other)).unwrap()), wanted);
    }

    /// The order of numbers is that of exact arithmetic.
    #[test]
    fn numbers_are_in_order(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000) {
        let text = |value: i64| {
            let sign = if value < 0 { "-" } else { "" };
            format!("{sign}{}.{:03}", value.abs() / 1_000, value.abs() % 1_000)
        };
        prop_assert_eq!(number(&text(a)).cmp(&number(&text(b))), a.cmp(&b));
    }

    /// Texts of strangers.
    #[test]
    fn nothing_panics(text in "[-+0-9.:TZ/a-f]{0,40}|\\PC{0,40}") {
        prop_assert!(number(&text).is_none_or(|value| value.abs() < 1_i128 << 91));
        let _ = (date(&text), bytes(&text), address(&text), Network::parse(&text));
    }
}
