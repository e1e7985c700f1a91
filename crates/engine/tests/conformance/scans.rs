use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use azekura_engine::seam::{Family, Key, Scan};
use azekura_model::position::PartitionId;
use bytes::Bytes;

use super::harness::{Make, build, key_in, texts, whole};

fn scan(from: &str, until: Option<&str>, limit: usize) -> Scan {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    Scan {
        family: Family(0),
        from: bytes(from),
        until: until.map(bytes),
        limit,
    }
}

fn keys(page: &azekura_engine::seam::ScanPage) -> Vec<String> {
    texts(page).into_iter().map(|(key, _)| key).collect()
}

pub(crate) fn pages_join_to_the_whole_range_without_gap_or_repetition(make: Make) {
    let h = make();
    let names: Vec<_> = (0..57).map(|n| format!("k{n:03}")).collect();
    for name in names.iter().rev() {
        h.done(1, build().put(name, name).commit());
    }
    for limit in [1, 2, 7, 56, 57, 58] {
        let mut joined = Vec::new();
        let mut from = String::new();
        loop {
            let page = h.scan(1, &scan(&from, None, limit));
            assert!(page.entries.len() <= limit);
            joined.extend(keys(&page));
            if !page.more {
                break;
            }
            assert_eq!(
                page.entries.len(),
                limit,
                "a page that promises more is full"
            );
            // The least key after the last one that holds no NUL byte.
            from = format!("{}\u{1}", joined.last().unwrap());
        }
        assert_eq!(joined, names);
    }
}

pub(crate) fn bounds_are_inclusive_and_exclusive(make: Make) {
    let h = make();
    h.done(
        1,
        build()
            .put("a", "1")
            .put("b", "2")
            .put("ba", "3")
            .put("c", "4")
            .commit(),
    );
    assert_eq!(keys(&h.scan(1, &scan("b", Some("c"), 10))), ["b", "ba"]);
    assert_eq!(keys(&h.scan(1, &scan("", Some("b"), 10))), ["a"]);
    assert_eq!(keys(&h.scan(1, &scan("b\u{1}", None, 10))), ["ba", "c"]);
    let exact = h.scan(1, &scan("b", Some("c"), 2));
    assert!(!exact.more, "what follows is outside the range");
}

pub(crate) fn an_empty_or_reversed_range_is_empty(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").put("b", "2").commit());
    for (from, until) in [("b", "a"), ("a", "a"), ("", ""), ("c", "d")] {
        let page = h.scan(1, &scan(from, Some(until), 10));
        assert!(page.entries.is_empty() && !page.more, "{from}..{until}");
    }
    assert!(h.scan(99, &scan("", None, 10)).entries.is_empty());
}

pub(crate) fn families_and_partitions_do_not_leak(make: Make) {
    let h = make();
    let partitions = [0, 1, 255, 256, u64::MAX];
    for partition in partitions {
        for family in 0..Family::COUNT {
            let value = format!("{partition}/{family}");
            h.done(
                partition,
                build()
                    .put_key(key_in(family, "k"), value.as_bytes())
                    .commit(),
            );
        }
    }
    for partition in partitions {
        for family in 0..Family::COUNT {
            let page = h.scan(partition, &whole(Family(family)));
            assert_eq!(
                texts(&page),
                [("k".to_owned(), format!("{partition}/{family}"))]
            );
        }
    }
}

pub(crate) fn keys_are_ordered_bytewise(make: Make) {
    let h = make();
    let mut names: Vec<Vec<u8>> = [
        &b"\x01"[..],
        b"\x01\x01",
        b"A",
        b"a",
        b"a\x01",
        b"aa",
        b"\x7f",
        b"\x80",
        b"\xff",
        b"\xff\xff",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    for name in names.iter().rev() {
        let key = Key {
            family: Family(0),
            bytes: Bytes::copy_from_slice(name),
        };
        h.done(1, build().put_key(key, b"1").commit());
    }
    names.sort();
    let page = h.scan(1, &whole(Family(0)));
    assert_eq!(
        page.entries
            .iter()
            .map(|(key, _)| key.to_vec())
            .collect::<Vec<_>>(),
        names
    );
}

pub(crate) fn a_limit_outside_the_contract_is_clamped(make: Make) {
    let h = make();
    h.done(1, build().put("a", "1").put("b", "2").commit());
    let page = h.scan(1, &scan("", None, 0));
    assert_eq!((page.entries.len(), page.more), (1, true));
    assert_eq!(h.scan(1, &scan("", None, usize::MAX)).entries.len(), 2);
}

pub(crate) fn a_page_is_one_cut_while_writers_write(make: Make) {
    let h = make();
    let names: Vec<_> = (0..8).map(|n| format!("k{n}")).collect();
    let all = |value: &str| {
        names
            .iter()
            .fold(build(), |commit, name| commit.put(name, value))
            .commit()
    };
    h.done(1, all("0"));
    let done = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (engine, done) = (Arc::clone(&h.engine), Arc::clone(&done));
        move || {
            while !done.load(Ordering::SeqCst) {
                let page = engine.scan(PartitionId(1), &whole(Family(0))).unwrap();
                assert_eq!(page.entries.len(), 8);
                let first = &page.entries[0].1;
                assert!(
                    page.entries.iter().all(|(_, entry)| entry == first),
                    "torn page"
                );
            }
        }
    });
    for n in 1..150 {
        h.done(1, all(&n.to_string()));
    }
    done.store(true, Ordering::SeqCst);
    reader.join().unwrap();
}
