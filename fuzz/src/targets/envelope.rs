//! Envelopes: the bytes that are hashed and chained.

use azekura_engine::envelope::{decode, encode};
use azekura_engine::seam::CommitId;
use azekura_model::position::{Incarnation, PartitionId, Position, RegionName, Sequence};
use bytes::Bytes;

use crate::target::Target;

/// Takes envelopes apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelopes;

impl Target for Envelopes {
    fn seeds(&self) -> Vec<Vec<u8>> {
        let mut seeds = Vec::new();
        for (region, number) in [("jp-tokyo", 1), ("a", 0), ("jp-osaka-2", u64::MAX)] {
            let Ok(region) = RegionName::parse(region) else {
                continue;
            };
            let position = Position {
                region,
                incarnation: Incarnation([3; 16]),
                partition: PartitionId(number),
                sequence: Sequence(number),
            };
            seeds.push(encode(&position, CommitId([5; 16]), 16, b"core"));
            seeds.push(encode(&position, CommitId([5; 16]), 0x8001, &[0; 300]));
        }
        seeds
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &[
            "\u{1}",
            "\u{18}\u{1}",
            "\u{19}\u{0}\u{10}",
            "hjp-tokyo",
            "x\u{8}jp-tokyo",
            "@",
        ]
    }

    fn run(&mut self, input: &[u8]) -> Result<String, String> {
        let bytes = Bytes::copy_from_slice(input);
        let envelope = match decode(&bytes) {
            Ok(envelope) => envelope,
            Err(error) => {
                let why = error.to_string();
                let words = why.chars().filter(|c| c.is_ascii_alphabetic() || *c == ' ');
                return Ok(words.take(32).collect());
            }
        };
        let again = encode(
            &envelope.position,
            envelope.commit,
            envelope.kind,
            &envelope.core,
        );
        if again != input {
            return Err(format!("two encodings of one envelope: {envelope:?}"));
        }
        Ok("read".to_owned())
    }
}
