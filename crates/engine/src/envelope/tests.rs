use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use bytes::Bytes;
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use super::{CHAIN_START, chain, decode, encode, leaf};
use crate::seam::CommitId;

fn position(partition: u64, sequence: u64) -> Position {
    Position {
        region: RegionName::parse("jp-tokyo").unwrap(),
        incarnation: Incarnation([0xab; 16]),
        partition: PartitionId(partition),
        sequence: Sequence(sequence),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn the_golden_bytes_stay() {
    let bytes = encode(&position(7, 500), CommitId([0xcd; 16]), 0x8001, b"core");
    assert_eq!(
        hex(&bytes),
        format!(
            "8801686a702d746f6b796f50{}071901f450{}19800144636f7265",
            "ab".repeat(16),
            "cd".repeat(16)
        )
    );
}

#[test]
fn leaf_and_chain_are_domain_separated_sha_256() {
    let l = leaf(b"");
    // SHA-256 of the single byte 0x00.
    assert_eq!(
        hex(&l),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let c = chain(&CHAIN_START, &l);
    assert_ne!(c, l);
    assert_ne!(chain(&c, &l), c);
}

#[test]
fn other_encodings_of_the_same_record_are_refused() {
    let good = encode(&position(7, 5), CommitId([1; 16]), 1, b"core");
    assert!(decode(&Bytes::from(good.clone())).is_ok());
    let mut longer = good.clone();
    longer.push(0);
    assert!(decode(&Bytes::from(longer)).is_err());
    // Format written in two bytes instead of one.
    let mut wide = vec![0x88, 0x18, 0x01];
    wide.extend_from_slice(&good[2..]);
    assert!(decode(&Bytes::from(wide)).is_err());
    let mut newer = good.clone();
    newer[1] = 2;
    assert!(
        decode(&Bytes::from(newer))
            .unwrap_err()
            .to_string()
            .contains("format 2")
    );
    for cut in 0..good.len() {
        assert!(decode(&Bytes::copy_from_slice(&good[..cut])).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn what_is_encoded_is_decoded(
        partition in any::<u64>(), sequence in any::<u64>(), commit in any::<[u8; 16]>(),
        kind in any::<u16>(), core in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let at = position(partition, sequence);
        let bytes = Bytes::from(encode(&at, CommitId(commit), kind, &core));
        let back = decode(&bytes).unwrap();
        prop_assert_eq!(back.position, at);
        prop_assert_eq!(back.commit, CommitId(commit));
        prop_assert_eq!(back.kind, kind);
        prop_assert_eq!(&back.core[..], &core[..]);
    }

    #[test]
    fn no_bytes_make_the_decoder_fall(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assert!(decode(&Bytes::from(bytes)).is_err());
    }
}
