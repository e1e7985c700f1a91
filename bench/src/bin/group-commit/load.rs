//! The load, the same on both sides: what a PUT of a small object asks of an engine.

use azekura_engine::seam::{
    Commit, CommitClass, CommitId, Family, Guard, Key, Mutations, NewRecord,
};
use bytes::Bytes;

/// Payload of the gate in bytes.
pub(crate) const PAYLOAD: usize = 4096;
const CORE: usize = 300;
const PARTICULARS: usize = 600;

/// A guard, two index entries, core, particulars and the payload.
pub(crate) fn commit(number: u64, payload: &Bytes) -> Commit {
    let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let name = format!("objects/{scrambled:016x}/{number:012}/some-file-name.dcm");
    let key = |family| Key {
        family: Family(family),
        bytes: Bytes::from(name.clone()),
    };
    let value = || Bytes::from(vec![7; 90]);
    Commit {
        id: CommitId((u128::from(number) << 64 | u128::from(scrambled)).to_be_bytes()),
        class: CommitClass::Data,
        guards: vec![Guard::Absent(key(0))],
        mutations: Mutations {
            puts: vec![(key(0), value()), (key(1), value())],
            deletes: Vec::new(),
        },
        record: NewRecord {
            kind: 1,
            core: Bytes::from(vec![3; CORE]),
            particulars: Bytes::from(vec![4; PARTICULARS]),
            payload: payload.clone(),
        },
    }
}
