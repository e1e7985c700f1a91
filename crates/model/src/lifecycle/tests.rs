use super::*;
use crate::cooling::Governed;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

fn rule(id: &str) -> LifecycleRule {
    LifecycleRule {
        id: id.to_owned(),
        enabled: true,
        filter: LifecycleFilter::default(),
        legacy_prefix: false,
        expiration: None,
        noncurrent: None,
        abort_multipart_days: None,
    }
}

fn current(since: i64) -> VersionFacts<'static> {
    VersionFacts {
        key: "logs/a",
        tags: &[],
        bytes: 10,
        marker: false,
        standing: Standing::Current {
            since: ComplianceTime(since),
            alone: true,
        },
    }
}

#[test]
fn days_are_rounded_to_the_next_midnight() {
    // The example of the AWS user guide: created on 15 January at 10:30, 3 days, due on the 19th.
    let day = 16_085 * DAY_MS;
    let created = ComplianceTime(day + 37_800_000);
    assert_eq!(midnight_after(created, 3), ComplianceTime(day + 4 * DAY_MS));
    // At midnight itself: the later one.
    assert_eq!(
        midnight_after(ComplianceTime(day), 1),
        ComplianceTime(day + 2 * DAY_MS)
    );
}

#[test]
fn a_current_version_expires_and_a_lone_marker_goes() {
    let mut expiring = rule("a");
    expiring.expiration = Some(Expiration::Days(1));
    let due_at = ComplianceTime(2 * DAY_MS);
    let early = ComplianceTime(2 * DAY_MS - 1);
    assert_eq!(due(&expiring, &current(0), early), None);
    assert_eq!(
        due(&expiring, &current(0), due_at),
        Some(LifecycleAct::Expire)
    );
    let mut marker = current(0);
    marker.marker = true;
    assert_eq!(due(&expiring, &marker, due_at), Some(LifecycleAct::Remove));
    marker.standing = Standing::Current {
        since: ComplianceTime(0),
        alone: false,
    };
    assert_eq!(due(&expiring, &marker, due_at), None);
    expiring.enabled = false;
    assert_eq!(due(&expiring, &current(0), due_at), None);
}

#[test]
fn newer_noncurrent_versions_stay() {
    let mut keeping = rule("a");
    keeping.noncurrent = Some(NoncurrentExpiration {
        days: 1,
        newer_versions: Some(2),
    });
    let at = |newer| VersionFacts {
        standing: Standing::Noncurrent {
            since: ComplianceTime(0),
            newer,
        },
        ..current(0)
    };
    let now = ComplianceTime(5 * DAY_MS);
    assert_eq!(due(&keeping, &at(1), now), None);
    assert_eq!(due(&keeping, &at(2), now), Some(LifecycleAct::Remove));
}

#[test]
fn what_s3_refuses_is_refused() {
    let check = |rule: LifecycleRule| LifecycleRules::new(vec![rule]).map(|_| ());
    assert_eq!(check(rule("a")), Err(BadLifecycle::NoAction));
    let mut zero = rule("a");
    zero.expiration = Some(Expiration::Days(0));
    assert_eq!(check(zero), Err(BadLifecycle::Days { what: "Days" }));
    let mut noon = rule("a");
    noon.expiration = Some(Expiration::Date(ComplianceTime(DAY_MS / 2)));
    assert_eq!(check(noon), Err(BadLifecycle::DateNotMidnight));
    let mut tagged = rule("a");
    tagged.abort_multipart_days = Some(1);
    tagged.filter.tags = vec![("k".to_owned(), "v".to_owned())];
    assert!(matches!(
        check(tagged),
        Err(BadLifecycle::ActionWithFilter { .. })
    ));
    let mut good = rule("a");
    good.expiration = Some(Expiration::Days(1));
    assert_eq!(check(good.clone()), Ok(()));
    let twice = LifecycleRules::new(vec![good.clone(), good.clone()]);
    assert_eq!(twice, Err(BadLifecycle::DuplicateId));
    good.id = "x".repeat(256);
    assert_eq!(check(good), Err(BadLifecycle::IdTooLong));
}

fn any_rule() -> impl Strategy<Value = LifecycleRule> {
    let expiration = prop_oneof![
        (1_u32..4).prop_map(|days| Some(Expiration::Days(days))),
        (1_i64..6).prop_map(|day| Some(Expiration::Date(ComplianceTime(day * DAY_MS)))),
        any::<bool>().prop_map(|goes| Some(Expiration::ExpiredObjectDeleteMarker(goes))),
        Just(None),
    ];
    let noncurrent = proptest::option::of((1_u32..4, proptest::option::of(1_u32..3)));
    let tags = prop_oneof![
        Just(Vec::new()),
        Just(vec![("k".to_owned(), "v".to_owned())])
    ];
    let size = (
        proptest::option::of(0_u64..4),
        proptest::option::of(2_u64..6),
    );
    let prefix = proptest::option::of("[ab]{0,2}");
    (any::<bool>(), prefix, tags, size, expiration, noncurrent).prop_map(
        |(enabled, prefix, tags, (larger_than, smaller_than), expiration, noncurrent)| {
            LifecycleRule {
                enabled,
                filter: LifecycleFilter {
                    prefix,
                    tags,
                    larger_than,
                    smaller_than,
                },
                expiration,
                noncurrent: noncurrent.map(|(days, newer_versions)| NoncurrentExpiration {
                    days,
                    newer_versions,
                }),
                ..rule("r")
            }
        },
    )
}

fn any_standing() -> impl Strategy<Value = Standing> {
    let since = 0_i64..4 * DAY_MS;
    prop_oneof![
        (since.clone(), any::<bool>()).prop_map(|(since, alone)| Standing::Current {
            since: ComplianceTime(since),
            alone
        }),
        (since, 0_u32..4).prop_map(|(since, newer)| Standing::Noncurrent {
            since: ComplianceTime(since),
            newer
        }),
    ]
}

proptest! {
    #[test]
    fn rules_that_keep_as_much_and_the_stricter_of_two_hide_no_more(
        old in proptest::collection::vec(any_rule(), 0..4),
        new in proptest::collection::vec(any_rule(), 0..4),
        key in "[ab]{0,3}", bytes in 0_u64..6, marker in any::<bool>(), tagged in any::<bool>(),
        standing in any_standing(), now in 0_i64..12 * DAY_MS,
    ) {
        let (old, new) = (LifecycleRules::stored(old), LifecycleRules::stored(new));
        let tag = [("k".to_owned(), "v".to_owned())];
        let tags: &[(String, String)] = if tagged && !marker { &tag } else { &[] };
        let facts = VersionFacts { key: &key, tags, bytes, marker, standing };
        let now = ComplianceTime(now);
        let hides = |rules: &LifecycleRules| rules.rules().iter().any(|r| due(r, &facts, now).is_some());
        if old.keeps_at_least(&new) {
            prop_assert!(!hides(&new) || hides(&old));
        }
        let stricter = old.stricter(&new);
        prop_assert!(!hides(&stricter) || (hides(&old) && hides(&new)));
        prop_assert!(old.keeps_at_least(&stricter) && new.keeps_at_least(&stricter));
        prop_assert!(old.keeps_at_least(&old));
        if old.keeps_at_least(&new) {
            // Taking back: what was in force counts again at once.
            prop_assert!(old.keeps_at_least(&LifecycleRules::default()));
        }
    }

    #[test]
    fn what_is_due_stays_due(
        rule in any_rule(), standing in any_standing(), now in 0_i64..9 * DAY_MS, more in 0_i64..9 * DAY_MS,
    ) {
        let facts = VersionFacts { key: "ab", tags: &[], bytes: 3, marker: false, standing };
        if due(&rule, &facts, ComplianceTime(now)).is_some() {
            prop_assert!(due(&rule, &facts, ComplianceTime(now + more)).is_some());
        }
    }
}
