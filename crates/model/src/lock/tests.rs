use super::*;
use crate::access::{Action, Authorized};

const NOW: ComplianceTime = ComplianceTime(1_800_000_000_000);
const MODES: [RetentionMode; 2] = [RetentionMode::Governance, RetentionMode::Compliance];

fn at(offset: i64) -> ComplianceTime {
    ComplianceTime(NOW.0 + offset)
}

fn kept(mode: RetentionMode, offset: i64) -> Option<Retention> {
    Some(Retention {
        mode,
        until: at(offset),
    })
}

fn class(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

fn bypass() -> Bypass {
    let by = Authorized::internal("test", Action::BypassGovernanceRetention);
    Bypass::claimed(&by, true).unwrap()
}

/// Every lock state that differs in what the rules look at.
fn states() -> Vec<Lock> {
    let mut retentions = vec![None];
    for mode in MODES {
        retentions.extend([-1, 0, 1, 1000].map(|offset| kept(mode, offset)));
    }
    let event = EventHold {
        class: class("karte"),
        floor: at(500),
    };
    let mut out = Vec::new();
    for retention in retentions {
        for hold in [None, Some(false), Some(true)] {
            for event in [None, Some(event.clone())] {
                for probation in [None, Some(at(-5)), Some(at(5))] {
                    for classes in [Vec::new(), vec![class("karte")]] {
                        out.push(Lock {
                            retention,
                            hold,
                            event: event.clone(),
                            probation,
                            classes,
                        });
                    }
                }
            }
        }
    }
    out
}

fn requests() -> Vec<LockRequest> {
    let mut out = vec![
        LockRequest::Hide,
        LockRequest::Release,
        LockRequest::Upgrade,
        LockRequest::Hold(true),
        LockRequest::Hold(false),
        LockRequest::Retain(None),
    ];
    for offset in [-1, 0, 1, 999, 1000, 1001] {
        out.push(LockRequest::Extend(at(offset)));
        for mode in MODES {
            let retention = kept(mode, offset).unwrap();
            out.push(LockRequest::Retain(Some(retention)));
            out.push(LockRequest::PostEvent {
                class: class("karte"),
                retention,
            });
            out.push(LockRequest::Assign {
                class: class("x-ray"),
                retention: Some(retention),
                event: None,
            });
        }
    }
    out
}

/// How much a state keeps: holds and events by themselves, retention by mode and date.
fn keeps_no_less(after: &Lock, before: &Lock, request: &LockRequest) -> bool {
    let hold = before.hold != Some(true)
        || after.hold == Some(true)
        || *request == LockRequest::Hold(false);
    let event = before.event.is_none()
        || after.event.is_some()
        || matches!(request, LockRequest::PostEvent { .. });
    let retention = match (before.retained(NOW), after.retained(NOW)) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(new)) => new.mode >= old.mode && new.until >= old.until,
    };
    hold && event && retention
}

#[test]
fn without_a_bypass_nothing_becomes_weaker() {
    for before in states() {
        let state = LockState::Known(before.clone());
        for request in requests() {
            if let Ok(Allowed::Becomes(permit)) = judge(&state, request.clone(), None, NOW) {
                assert!(!permit.bypassed());
                let after = permit.lock();
                assert!(
                    keeps_no_less(after, &before, &request),
                    "{request:?} turned {before:?} into {after:?}"
                );
                assert_eq!(permit.changes(), *after != before);
            }
        }
    }
}

#[test]
fn hiding_and_releasing_agree_with_what_keeps() {
    for lock in states() {
        let state = LockState::Known(lock.clone());
        let release = judge(&state, LockRequest::Release, Some(&bypass()), NOW);
        assert_eq!(release.is_ok(), !lock.keeps(NOW), "{lock:?}");
        let hide = judge(&state, LockRequest::Hide, None, NOW);
        assert_eq!(hide.is_ok(), !lock.keeps(NOW), "{lock:?}");
        let bypassed = judge(&state, LockRequest::Hide, Some(&bypass()), NOW);
        let compliance = lock
            .retained(NOW)
            .is_some_and(|kept| kept.mode == RetentionMode::Compliance);
        let expected = lock.hold != Some(true) && lock.event.is_none() && !compliance;
        assert_eq!(bypassed.is_ok(), expected, "{lock:?}");
        if let Ok(Allowed::Hide(permit)) = bypassed {
            assert_eq!(permit.bypassed(), lock.retained(NOW).is_some());
        }
    }
}

#[test]
fn a_bypass_never_moves_compliance_a_hold_or_an_event() {
    for before in states() {
        let state = LockState::Known(before.clone());
        for request in requests() {
            let judged = judge(&state, request.clone(), Some(&bypass()), NOW);
            let Ok(Allowed::Becomes(permit)) = judged else {
                continue;
            };
            let after = permit.lock();
            let governance = before
                .retained(NOW)
                .is_some_and(|kept| kept.mode == RetentionMode::Governance);
            assert!(!permit.bypassed() || governance);
            assert!(governance || keeps_no_less(after, &before, &request));
            if matches!(request, LockRequest::Retain(_)) {
                assert_eq!(after.hold, before.hold);
                assert_eq!(after.event, before.event);
                assert_eq!(after.classes, before.classes);
            }
        }
    }
}

#[test]
fn what_is_unknown_is_locked_against_every_request() {
    let state = LockState::Unknown("flipped bit".to_owned());
    for request in requests() {
        let judged = judge(&state, request, Some(&bypass()), NOW);
        assert_eq!(
            judged.unwrap_err(),
            LockRefused::Unknown("flipped bit".to_owned())
        );
    }
}

fn retain(lock: &Lock, asked: Option<Retention>, by: Option<&Bypass>) -> Result<Lock, LockRefused> {
    let state = LockState::Known(lock.clone());
    match judge(&state, LockRequest::Retain(asked), by, NOW)? {
        Allowed::Becomes(permit) => Ok(permit.into_lock()),
        other => panic!("{other:?}"),
    }
}

fn under(mode: RetentionMode, offset: i64) -> Lock {
    Lock {
        retention: kept(mode, offset),
        ..Lock::default()
    }
}

#[test]
fn put_object_retention_as_aws_says() {
    use RetentionMode::{Compliance, Governance};
    let until = at(1000);
    let (by, none) = (bypass(), None);
    let governance = under(Governance, 1000);
    let compliance = under(Compliance, 1000);
    // (state, asked, with bypass, expected)
    let refused = [
        (
            &governance,
            kept(Governance, 999),
            none,
            LockRefused::Governance { until },
        ),
        (&governance, None, none, LockRefused::Governance { until }),
        // Even with the same date (ceph/s3-tests: 403).
        (
            &governance,
            kept(Compliance, 1000),
            none,
            LockRefused::Governance { until },
        ),
        (
            &compliance,
            kept(Compliance, 999),
            Some(&by),
            LockRefused::Shorter { until },
        ),
        (
            &compliance,
            None,
            Some(&by),
            LockRefused::Compliance { until },
        ),
        (
            &compliance,
            kept(Governance, 2000),
            Some(&by),
            LockRefused::ModeFixed { until },
        ),
        (
            &governance,
            kept(Governance, 0),
            Some(&by),
            LockRefused::NotInFuture { now: NOW },
        ),
    ];
    for (lock, asked, by, expected) in refused {
        assert_eq!(retain(lock, asked, by).unwrap_err(), expected);
    }
    let allowed = [
        (&governance, kept(Governance, 1000), none),
        (&governance, kept(Governance, 1001), none),
        (&governance, kept(Governance, 1), Some(&by)),
        (&governance, None, Some(&by)),
        (&governance, kept(Compliance, 1), Some(&by)),
        (&compliance, kept(Compliance, 1000), none),
        (&compliance, kept(Compliance, 1001), none),
    ];
    for (lock, asked, by) in allowed {
        assert_eq!(retain(lock, asked, by).unwrap().retention, asked);
    }
    for mode in MODES {
        let expired = under(mode, 0);
        assert_eq!(retain(&expired, None, None).unwrap().retention, None);
        let again = retain(&expired, kept(Governance, 1), None).unwrap();
        assert_eq!(again.retention, kept(Governance, 1));
    }
}

#[test]
fn dates_reach_the_year_9999_and_no_further() {
    let last = Retention {
        mode: RetentionMode::Governance,
        until: RETAIN_UNTIL_MAX,
    };
    assert!(retain(&Lock::default(), Some(last), None).is_ok());
    let beyond = last.extend(ComplianceTime(RETAIN_UNTIL_MAX.0 + 1));
    assert_eq!(
        retain(&Lock::default(), Some(beyond), None).unwrap_err(),
        LockRefused::TooFar {
            latest: RETAIN_UNTIL_MAX
        }
    );
}

#[test]
fn a_bypass_needs_the_right_and_the_header() {
    let right = Authorized::internal("test", Action::BypassGovernanceRetention);
    let other = Authorized::internal("test", Action::PutObjectRetention);
    assert!(Bypass::claimed(&right, true).is_some());
    assert!(Bypass::claimed(&right, false).is_none());
    assert!(Bypass::claimed(&other, true).is_none());
}

fn post(lock: &Lock, offset: i64) -> Result<Lock, LockRefused> {
    let request = LockRequest::PostEvent {
        class: class("karte"),
        retention: kept(RetentionMode::Compliance, offset).unwrap(),
    };
    match judge(&LockState::Known(lock.clone()), request, None, NOW)? {
        Allowed::Becomes(permit) => Ok(permit.into_lock()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_is_posted_once_then_moves_only_later_and_never_ends_before_its_floor() {
    let waiting = Lock {
        event: Some(EventHold {
            class: class("karte"),
            floor: at(500),
        }),
        classes: vec![class("karte")],
        ..Lock::default()
    };
    let early = post(&waiting, 100).unwrap();
    assert_eq!(early.event, None);
    assert_eq!(early.retention, kept(RetentionMode::Compliance, 500));
    let late = post(&waiting, 900).unwrap();
    assert_eq!(late.retention, kept(RetentionMode::Compliance, 900));
    assert_eq!(
        post(&late, 899).unwrap_err(),
        LockRefused::Shorter { until: at(900) }
    );
    let later = post(&late, 901).unwrap();
    assert_eq!(later.retention, kept(RetentionMode::Compliance, 901));
    assert!(matches!(
        post(&Lock::default(), 100),
        Err(LockRefused::NoEvent { .. })
    ));
}

#[test]
fn probation_shows_governance_and_is_upgraded_at_its_end() {
    let bucket = ObjectLock {
        default: Some(DefaultRetention {
            mode: RetentionMode::Compliance,
            period: Period::days(1).unwrap(),
        }),
        probation: Some(Probation { ends: at(10) }),
    };
    let born =
        |asked: LockAsked, now| birth::<LockRefused>(&bucket, &asked, now, || Ok(now)).unwrap();
    let lock = born(LockAsked::default(), NOW);
    assert_eq!(lock.retention, kept(RetentionMode::Governance, 86_400_000));
    let state = LockState::Known(lock);
    assert_eq!(
        judge(&state, LockRequest::Upgrade, None, NOW).unwrap_err(),
        LockRefused::ProbationRuns { ends: at(10) }
    );
    let Ok(Allowed::Becomes(permit)) = judge(&state, LockRequest::Upgrade, None, at(10)) else {
        panic!("the probation is over");
    };
    let upgraded = permit.into_lock();
    assert_eq!(
        upgraded.retention,
        kept(RetentionMode::Compliance, 86_400_000)
    );
    assert_eq!(upgraded.probation, None);
    // Explicit COMPLIANCE is final at once, also when it is shorter than the default.
    let asked = LockAsked {
        retention: kept(RetentionMode::Compliance, 1),
        hold: None,
    };
    assert_eq!(born(asked, NOW).retention, asked.retention);
    // After the probation the default is what it says.
    let after = born(LockAsked::default(), at(10));
    assert_eq!(after.retention.unwrap().mode, RetentionMode::Compliance);
    assert_eq!(after.probation, None);
}

#[test]
fn years_end_on_their_day() {
    let noon = |text: &str| {
        let date = crate::calendar::CivilDate::parse(text).unwrap();
        ComplianceTime(date.begins().0 + 43_200_000)
    };
    let year = Period::years(1).unwrap();
    assert_eq!(year.after(noon("2026-11-23")), noon("2027-11-23"));
    assert_eq!(year.after(noon("2028-02-29")), noon("2029-03-01"));
    assert_eq!(year.after(noon("9999-06-01")), RETAIN_UNTIL_MAX);
    let four = Period::years(4).unwrap();
    assert_eq!(four.after(noon("2028-02-29")), noon("2032-02-29"));
    assert_eq!(
        Period::days(36_500).unwrap().after(ComplianceTime(0)),
        ComplianceTime(36_500 * 86_400_000)
    );
    assert_eq!(Period::days(0), Err(BadPeriod::NotPositive));
    assert_eq!(
        Period::days(36_501),
        Err(BadPeriod::TooLong { max: 36_500 })
    );
    assert_eq!(Period::years(101), Err(BadPeriod::TooLong { max: 100 }));
}
