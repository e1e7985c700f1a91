use azekura_record::commitment::{commit, commit_encoded, disclose};
use azekura_record::configured::StoredSetting;
use azekura_record::core::{Core, RecordKind};
use azekura_record::error::DecodeError;
use azekura_record::fields::{self, IGNORABLE_FROM, SALT_SEED};
use azekura_record::particulars::Particulars;
use azekura_record::summary::Summary;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::test_runner::Config;

use crate::{samples, strategies};

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn particulars_round_trip(particulars in strategies::particulars()) {
        let (bytes, root) = particulars.encode_and_commit();
        let kind = particulars.event.kind();
        prop_assert_eq!(commit_encoded(&bytes), Ok(root));
        prop_assert_eq!(commit(&particulars), root);
        for field in fields::split(&bytes).unwrap() {
            match disclose(&particulars, field.number) {
                Some(proof) => prop_assert!(proof.verify(&root)),
                None => prop_assert_eq!(field.number, SALT_SEED),
            }
        }
        prop_assert_eq!(Particulars::decode(kind, &bytes), Ok(particulars));
    }

    #[test]
    fn cores_round_trip(core in strategies::core()) {
        let bytes = core.encode();
        prop_assert!(bytes.len() < 600);
        prop_assert_eq!(Core::decode(&bytes), Ok(core));
    }

    #[test]
    fn locks_round_trip(lock in strategies::lock()) {
        let bytes = azekura_record::lock::encode(&lock);
        prop_assert!(bytes.len() < 300);
        prop_assert_eq!(azekura_record::lock::decode(&bytes), Ok(lock));
    }

    #[test]
    fn summaries_round_trip(summary in strategies::summary()) {
        let bytes = summary.encode();
        prop_assert!(bytes.len() <= 96);
        prop_assert_eq!(Summary::decode(&bytes), Ok(summary));
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        decode_everything(&bytes);
    }

    #[test]
    fn mutated_particulars_stay_canonical(
        particulars in strategies::particulars(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = particulars.encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        assert_canonical(particulars.event.kind(), &bytes);
    }

    #[test]
    fn cut_or_extended_particulars_are_refused(
        particulars in strategies::particulars(),
        cut in any::<proptest::sample::Index>(),
        extra in any::<u8>(),
    ) {
        let kind = particulars.event.kind();
        let mut bytes = particulars.encode();
        prop_assert!(Particulars::decode(kind, &bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(extra);
        prop_assert!(Particulars::decode(kind, &bytes).is_err());
    }
}

fn decode_everything(bytes: &[u8]) {
    let mut accepted = usize::from(Core::decode(bytes).is_ok());
    accepted += usize::from(Summary::decode(bytes).is_ok());
    accepted += usize::from(commit_encoded(bytes).is_ok());
    for kind in RecordKind::ALL {
        accepted += usize::from(Particulars::decode(kind, bytes).is_ok());
    }
    assert!(accepted <= 3, "noise was accepted");
}

/// What decodes must encode to the same bytes, apart from ignorable fields, which are skipped.
fn assert_canonical(kind: RecordKind, bytes: &[u8]) {
    let Ok(decoded) = Particulars::decode(kind, bytes) else {
        return;
    };
    let ignorable = fields::split(bytes)
        .unwrap()
        .iter()
        .any(|field| field.number >= IGNORABLE_FROM);
    if !ignorable {
        assert_eq!(decoded.encode(), bytes);
    }
}

#[test]
fn every_single_byte_of_every_kind_can_be_mutated() {
    for (_, event) in samples::events() {
        let particulars = samples::particulars(event);
        let bytes = particulars.encode();
        for at in 0..bytes.len() {
            for flip in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut mutated = bytes.clone();
                mutated[at] ^= flip;
                assert_canonical(particulars.event.kind(), &mutated);
            }
        }
    }
    for core in [samples::core_small(), samples::core_full()] {
        let bytes = core.encode();
        for at in 0..bytes.len() {
            for byte in 0..=255 {
                let mut mutated = bytes.clone();
                mutated[at] = byte;
                if let Ok(decoded) = Core::decode(&mutated) {
                    assert_eq!(decoded.encode(), mutated, "byte {at} = {byte:#04x}");
                }
            }
        }
    }
}

/// `bytes` (a map of at most 22 fields) with one more field at the end.
fn with_field(bytes: &[u8], number: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[0] += 1;
    bytes.extend_from_slice(number);
    bytes.push(0xf5);
    bytes
}

#[test]
fn unknown_critical_fields_are_newer_and_ignorable_ones_skipped() {
    let core = samples::core_full();
    let bytes = core.encode();
    let critical = with_field(&bytes, &[0x19, 0x7f, 0xff]);
    let ignorable = with_field(&bytes, &[0x19, 0x80, 0x00]);
    assert!(matches!(
        Core::decode(&critical),
        Err(DecodeError::Newer(_))
    ));
    assert_eq!(Core::decode(&ignorable), Ok(core));

    for (_, event) in samples::events() {
        let particulars = samples::particulars(event);
        let kind = particulars.event.kind();
        let (bytes, root) = particulars.encode_and_commit();
        let critical = with_field(&bytes, &[0x18, 0x40]);
        let ignorable = with_field(&bytes, &[0x19, 0x80, 0x00]);
        let refused = Particulars::decode(kind, &critical);
        assert!(matches!(refused, Err(DecodeError::Newer(_))), "{refused:?}");
        assert_eq!(Particulars::decode(kind, &ignorable), Ok(particulars));
        // The commitment covers what this release skips.
        assert_ne!(commit_encoded(&ignorable), Ok(root));
    }
}

#[test]
fn unknown_kinds_and_codes_are_newer() {
    let core = samples::core_small().encode();
    // Map head, key 1, kind 1: the kind becomes 15.
    let mut unknown = core.clone();
    assert_eq!(&unknown[1..3], &[1, 1]);
    unknown[2] = 15;
    assert!(matches!(Core::decode(&unknown), Err(DecodeError::Newer(_))));
    assert_eq!(RecordKind::from_number(15), None);

    let mut flags = samples::summary().encode();
    assert_eq!(flags[18], 1);
    flags[18] = 9;
    assert!(matches!(
        Summary::decode(&flags),
        Err(DecodeError::Newer(_))
    ));
}

#[test]
fn other_forms_of_the_same_values_are_refused() {
    let refused = |bytes: &[u8], why: &str| {
        let result = fields::split(bytes);
        assert!(
            matches!(result, Err(DecodeError::NotCanonical { .. })),
            "{why}: {result:?}"
        );
    };
    assert!(fields::split(&[0xa1, 1, 0x17]).is_ok());
    refused(&[0xa1, 1, 0x18, 0x17], "a long head");
    refused(&[0xa1, 1, 0x19, 0, 0xff], "a longer head");
    refused(&[0xb8, 1, 1, 1], "a long map head");
    refused(&[0xbf, 1, 1, 0xff], "an indefinite map");
    refused(&[0xa1, 1, 0x9f, 0xff], "an indefinite array");
    refused(&[0xa2, 2, 1, 1, 1], "descending keys");
    refused(&[0xa2, 1, 1, 1, 1], "one key twice");
    refused(&[0xa1, 0x61, b'a', 1], "a text key");
    refused(&[0xa1, 1, 0xc0, 1], "a tag");
    refused(&[0xa1, 1, 0xf9, 0, 0], "a float");
    refused(&[0xa1, 1, 0xf7], "undefined");
    refused(&[0xa1, 1, 0x61, 0xff], "text that is not UTF-8");
    refused(&[0xa1, 1, 1, 0], "bytes after the end");
    refused(
        &[0xa1, 1, 0x5b, 255, 255, 255, 255, 255, 255, 255, 255],
        "a string of 2^64 bytes",
    );
    refused(
        &[0xa1, 1, 0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
        "an array of 2^64",
    );
    refused(&[0x81; 4000], "deep nesting");
}

#[test]
fn an_unknown_setting_of_a_bucket_is_newer() {
    let sample = |bytes: &[u8]| StoredSetting::decode(bytes);
    assert_eq!(sample(&[0x82, 1, 0xf6]), Ok(StoredSetting::Tags(None)));
    for newer in [
        // An unknown code; a longer array; public-access flag 16; encryption by another algorithm.
        &[0x82, 0x18, 99, 0xf6][..],
        &[0x83, 1, 0xf6, 0xf6],
        &[0x82, 3, 16],
        &[0x82, 5, 0x82, 2, 0xf5],
        // A retention mode, and a unit of its period.
        &[0x82, 6, 0x82, 0x83, 9, 1, 1, 0xf6],
        &[0x82, 6, 0x82, 0x83, 1, 9, 1, 0xf6],
    ] {
        let refused = sample(newer);
        assert!(matches!(refused, Err(DecodeError::Newer(_))), "{refused:?}");
    }
    assert!(sample(&[0x81, 1]).is_err());
    assert!(sample(&[0x82, 1, 0xf6, 0]).is_err());
}
