use azekura_engine::seam::{
    CORE_BYTES_MAX, Commit, CommitError, Family, INLINE_PAYLOAD_BYTES_MAX, KEY_BYTES_MAX, Key,
    Mutations, PARTICULARS_BYTES_MAX, Part, VALUE_BYTES_MAX,
};
use azekura_model::position::PartitionId;
use bytes::Bytes;

use super::harness::{Harness, Make, build, heads, key, key_in};

fn is_refused(h: &Harness, commit: Commit) {
    let outcome = h.commit(1, commit);
    assert!(
        matches!(outcome, Err(CommitError::Malformed(_))),
        "{outcome:?}"
    );
    assert!(heads(h).is_empty());
}

fn long_key(bytes: usize) -> Key {
    Key {
        family: Family(0),
        bytes: Bytes::from(vec![b'k'; bytes]),
    }
}

pub(crate) fn a_nul_byte_in_a_key_is_refused(make: Make) {
    let h = make();
    is_refused(&h, build().put("a\0b", "1").commit());
    is_refused(&h, build().delete("a\0").commit());
    is_refused(&h, build().absent("\0").commit());
}

pub(crate) fn empty_keys_and_values_are_refused(make: Make) {
    let h = make();
    is_refused(&h, build().put("", "1").commit());
    is_refused(&h, build().put("a", "").commit());
    is_refused(&h, build().delete("").commit());
    is_refused(&h, build().equals("", "1").commit());
}

pub(crate) fn oversize_parts_are_refused(make: Make) {
    let h = make();
    let value = |bytes: usize| vec![b'v'; bytes];
    is_refused(
        &h,
        build().put_key(long_key(KEY_BYTES_MAX + 1), b"1").commit(),
    );
    is_refused(
        &h,
        build()
            .put_key(key("a"), &value(VALUE_BYTES_MAX + 1))
            .with_core("x"),
    );
    is_refused(&h, build().with_core(value(CORE_BYTES_MAX + 1)));
    is_refused(
        &h,
        build()
            .particulars(value(PARTICULARS_BYTES_MAX + 1))
            .commit(),
    );
    is_refused(
        &h,
        build()
            .payload(value(INLINE_PAYLOAD_BYTES_MAX + 1))
            .commit(),
    );
}

pub(crate) fn full_size_parts_are_taken(make: Make) {
    let h = make();
    let value = |bytes: usize| vec![b'v'; bytes];
    h.done(1, build().put_key(long_key(KEY_BYTES_MAX), b"1").commit());
    assert!(h.get(1, &long_key(KEY_BYTES_MAX)).is_some());
    let full = build()
        .particulars(value(PARTICULARS_BYTES_MAX))
        .payload(value(INLINE_PAYLOAD_BYTES_MAX))
        .put_key(key("a"), &value(VALUE_BYTES_MAX - 100))
        .commit();
    let at = h.commit(1, full).unwrap().position;
    assert_eq!(
        h.get(1, &key("a")).unwrap().value.len(),
        VALUE_BYTES_MAX - 100
    );
    let record = h
        .engine
        .journal(PartitionId(1), at.sequence, 1)
        .unwrap()
        .remove(0);
    assert_eq!(
        record.particulars,
        Part::Present(Bytes::from(value(PARTICULARS_BYTES_MAX)))
    );
    let stored = h
        .engine
        .payload(PartitionId(1), at.sequence, 0, u64::MAX)
        .unwrap();
    assert_eq!(stored.len(), INLINE_PAYLOAD_BYTES_MAX);
}

pub(crate) fn a_family_that_does_not_exist_is_refused(make: Make) {
    let h = make();
    is_refused(
        &h,
        build().put_key(key_in(Family::COUNT, "a"), b"1").commit(),
    );
    for family in 0..Family::COUNT {
        h.done(1, build().put_key(key_in(family, "a"), b"1").commit());
    }
}

pub(crate) fn a_key_named_twice_is_refused(make: Make) {
    let h = make();
    is_refused(&h, build().put("a", "1").put("a", "2").commit());
    is_refused(&h, build().put("a", "1").delete("a").commit());
    let mut many = build().commit();
    let keys = (0..100).map(|n| key(&format!("k{}", n % 99)));
    many.mutations = Mutations {
        puts: Vec::new(),
        deletes: keys.collect(),
    };
    is_refused(&h, many);
}
