//! Random releases against a list of what must still be there.

use azekura_engine::seam::{Part, ReadError};
use azekura_model::position::{PartitionId, Position, Sequence};
use azekura_model::release::resume;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestRunner};

use super::harness::{Harness, INCARNATION, Make, build, region};

const PARTITION: u64 = 7;

#[derive(Clone, Debug)]
enum Step {
    /// As many records with a payload of this length.
    Put(usize, usize),
    /// Releases the records for which the pattern has a bit.
    Release(u64),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let length = prop_oneof![
        1 => proptest::strategy::Just(0_usize),
        6 => 1_usize..5_000,
        1 => 65_000_usize..80_000,
    ];
    let put = (1_usize..12, length).prop_map(|(count, length)| Step::Put(count, length));
    let release = any::<u64>().prop_map(Step::Release);
    vec(
        prop_oneof![6 => put, 3 => release, 1 => proptest::strategy::Just(Step::Reopen)],
        1..20,
    )
}

/// A record as it must read.
struct Expected {
    particulars: String,
    payload: Vec<u8>,
    particulars_erased: bool,
    payload_erased: bool,
}

fn commit(h: &Harness, expected: &mut Vec<Expected>, particulars: String, payload: Vec<u8>) -> u64 {
    let record = build()
        .particulars(particulars.clone())
        .payload(payload.clone());
    expected.push(Expected {
        particulars,
        payload,
        particulars_erased: false,
        payload_erased: false,
    });
    h.done(PARTITION, record.commit())
}

fn release(h: &Harness, expected: &mut Vec<Expected>, pattern: u64) {
    let picked = (1..=expected.len()).filter(|at| pattern >> (at % 61) & 1 == 1);
    let listed: Vec<_> = picked.collect();
    let names = format!("the names of {}", listed.len());
    let record = commit(h, expected, names, b"the list".to_vec());
    let position = Position {
        region: region(),
        incarnation: INCARNATION,
        partition: PartitionId(PARTITION),
        sequence: Sequence(record),
    };
    let sequences = listed
        .iter()
        .map(|at| Sequence(u64::try_from(*at).unwrap()));
    let proof = resume(position, sequences.collect(), Vec::new()).unwrap();
    let freed = h.engine.release(proof).unwrap();
    let mut bytes = (0, 0);
    for at in &listed {
        let record = &mut expected[at - 1];
        record.particulars_erased = true;
        record.payload_erased = true;
        bytes.0 += record.particulars.len();
        bytes.1 += record.payload.len();
    }
    let own = expected.last_mut().unwrap();
    own.particulars_erased = true;
    bytes.0 += own.particulars.len();
    let length = |bytes: usize| u64::try_from(bytes).unwrap();
    assert_eq!(freed.particulars_bytes, length(bytes.0));
    assert_eq!(freed.payload_bytes, length(bytes.1));
    assert!(freed.lost.is_empty());
}

fn verify(h: &Harness, expected: &[Expected]) {
    let partition = PartitionId(PARTITION);
    let records = h.engine.journal(partition, Sequence(1), 10_000).unwrap();
    assert_eq!(records.len(), expected.len());
    for (record, expected) in records.iter().zip(expected) {
        let sequence = record.position.sequence;
        let part = match expected.particulars_erased {
            true => Part::Erased,
            false => Part::Present(expected.particulars.clone().into()),
        };
        assert_eq!(record.particulars, part, "{sequence}");
        let read = h.engine.payload(partition, sequence, 0, u64::MAX);
        if expected.payload_erased && !expected.payload.is_empty() {
            assert!(matches!(read, Err(ReadError::Erased(_))), "{sequence}");
        } else {
            assert!(read.unwrap() == expected.payload, "{sequence}");
        }
    }
    let status = h.engine.status();
    assert!(status.damage.is_empty(), "{:?}", status.damage);
}

pub(crate) fn random_releases_erase_what_they_list_and_nothing_else(make: Make) {
    let mut runner = TestRunner::new(Config {
        cases: make().histories,
        ..Config::default()
    });
    let outcome = runner.run(&steps(), |steps| {
        let mut h = make();
        let mut expected = Vec::new();
        for step in steps {
            match step {
                Step::Put(count, length) => {
                    for _ in 0..count {
                        let number = expected.len();
                        let fill = u8::try_from(number % 251).unwrap() + 1;
                        let particulars = format!("particulars {number}");
                        commit(&h, &mut expected, particulars, vec![fill; length]);
                    }
                }
                Step::Release(pattern) => release(&h, &mut expected, pattern),
                Step::Reopen => {
                    h = h.reopen();
                    verify(&h, &expected);
                }
            }
        }
        verify(&h, &expected);
        h = h.reopen();
        verify(&h, &expected);
        Ok(())
    });
    outcome.unwrap();
}
