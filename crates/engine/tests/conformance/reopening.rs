use azekura_engine::envelope;
use azekura_model::position::{PartitionId, Sequence};

use super::harness::{Harness, Make, build, heads, key};

fn fill(h: &Harness) {
    for n in 0..60_u32 {
        let partition = u64::from(n % 3);
        let name = format!("k{}", n % 17);
        let commit = build()
            .put(&name, &n.to_string())
            .delete(&format!("k{}", (n + 5) % 17))
            .particulars(format!("particulars {n}"))
            .payload(vec![
                u8::try_from(n).unwrap();
                usize::try_from(n * 40).unwrap()
            ])
            .commit();
        h.done(partition, commit);
    }
    h.done(
        2,
        build().put("large", "1").payload(vec![7; 200_000]).commit(),
    );
}

fn picture(h: &Harness) -> Vec<String> {
    (0..3).map(|partition| h.picture(partition)).collect()
}

pub(crate) fn everything_is_as_before_after_reopening(make: Make) {
    let h = make();
    fill(&h);
    let (before, head) = (picture(&h), heads(&h));
    let h = h.reopen();
    assert_eq!(heads(&h), head);
    assert!(picture(&h) == before);
    let status = h.engine.status();
    assert!(status.damage.is_empty(), "{:?}", status.damage);
    assert_eq!(status.poisoned, None);
}

pub(crate) fn reopening_twice_changes_nothing(make: Make) {
    let h = make();
    fill(&h);
    let (before, head) = (picture(&h), heads(&h));
    let h = h.reopen().reopen();
    assert_eq!(heads(&h), head);
    assert!(picture(&h) == before);
}

pub(crate) fn the_chain_goes_on_after_reopening(make: Make) {
    let mut h = make();
    for round in 0..4 {
        for n in 0..5 {
            assert_eq!(
                h.done(1, build().put(&format!("k{n}"), "v").commit()),
                round * 5 + n + 1
            );
        }
        h = h.reopen();
    }
    let records = h.engine.journal(PartitionId(1), Sequence(1), 100).unwrap();
    assert_eq!(records.len(), 20);
    let chain = records.iter().fold(envelope::CHAIN_START, |chain, record| {
        envelope::chain(&chain, &envelope::leaf(&record.envelope))
    });
    assert_eq!(heads(&h)[&1], (20, chain));
}

pub(crate) fn a_commit_is_recognised_after_reopening(make: Make) {
    let h = make();
    h.done(1, build().put("a", "0").commit());
    let commit = build().equals("a", "0").put("a", "1").commit();
    let first = h.commit(1, commit.clone()).unwrap();
    let h = h.reopen();
    assert_eq!(h.commit(1, commit), Ok(first));
    assert_eq!(heads(&h)[&1].0, 2);
    assert_eq!(&h.get(1, &key("a")).unwrap().value[..], b"1");
}
