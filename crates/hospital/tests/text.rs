//! Texts, scales and days that are refused, and the encodings of what is written.

use azekura_hospital::{Class, Hospital, Scale, parse_day};

#[test]
fn scales() {
    for text in [
        "", "0", "1/0", "0/5", "-1", "1/", "/2", "1/2/3", "1001", "half",
    ] {
        let error = text.parse::<Scale>().unwrap_err();
        assert!(error.to_string().contains("is no scale"), "{text}");
    }
    let hundredth: Scale = "1/100".parse().unwrap();
    assert_eq!(hundredth.to_string(), "1/100");
    let shares: Vec<u64> = [0, 1, 149, 150, 25_000]
        .into_iter()
        .map(|number| hundredth.of(number))
        .collect();
    assert_eq!(shares, [0, 1, 1, 2, 250]);
}

#[test]
fn days_and_classes() {
    for text in [
        "2026-02-29",
        "2026-7-1",
        "20260701",
        "1989-01-01",
        "2026-13-01",
        "",
    ] {
        assert!(parse_day(text).is_err(), "{text}");
    }
    assert_eq!(parse_day("2028-02-29").unwrap().to_string(), "2028-02-29");
    for class in Class::ALL {
        assert_eq!(class.name().parse::<Class>().unwrap(), class);
    }
    assert!("pathology".parse::<Class>().is_err());
}

/// In ISO-2022-JP a delimiter inside a two-byte run would be read as half a character.
#[test]
fn messages_are_in_ascii_before_every_segment_end_and_hold_no_other_bytes() {
    let day = parse_day("2026-07-01").unwrap();
    let hospital = Hospital::new(1, Scale::new(1, 500).unwrap());
    for item in hospital.items(day, &[Class::SsMix2]) {
        let mut bytes = Vec::new();
        item.write(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"MSH|^~\\&|"), "{}", item.key());
        assert!(bytes.is_ascii(), "{}", item.key());
        let (mut double, mut at) = (false, 0);
        while at < bytes.len() {
            match bytes.get(at..at + 3) {
                Some(b"\x1b$B") => (double, at) = (true, at + 3),
                Some(b"\x1b(B") => (double, at) = (false, at + 3),
                _ if double => at += 2,
                _ => at += 1,
            }
            if bytes.get(at) == Some(&b'\r') {
                assert!(!double, "{} at {at}", item.key());
            }
        }
        assert!(bytes.ends_with(b"\r") && !double);
    }
}
