use super::*;

const YEAR_MS: i64 = CATCH_UP_EARNED_IN_MS;
const MADE: ComplianceTime = ComplianceTime(1_790_000_000_000);

fn after(ms: i64) -> ComplianceTime {
    ComplianceTime(MADE.0 + ms)
}

fn wall(ms: i64) -> WallTime {
    WallTime(MADE.0 + ms)
}

fn stamp(kind: EvidenceKind, ms: i64) -> Evidence {
    Evidence {
        kind,
        source: "test".to_owned(),
        passed: wall(ms),
    }
}

#[test]
fn a_new_vault_catches_up_nothing() {
    let caught = catch_up(MADE, wall(40 * DAY_MS), CatchUp::none(MADE), &[]);
    assert_eq!((caught.now, caught.moved_ms), (MADE, 0));
}

#[test]
fn a_year_earns_a_week_and_ten_years_no_more() {
    let ledger = CatchUp::none(MADE);
    assert_eq!(ledger.left_ms(after(YEAR_MS / 2)), CATCH_UP_MAX_MS / 2);
    assert_eq!(ledger.left_ms(after(YEAR_MS)), CATCH_UP_MAX_MS);
    assert_eq!(ledger.left_ms(after(10 * YEAR_MS)), CATCH_UP_MAX_MS);
    assert_eq!(ledger.left_ms(ComplianceTime(i64::MIN)), 0);
    assert_eq!(ledger.left_ms(ComplianceTime(i64::MAX)), CATCH_UP_MAX_MS);
}

#[test]
fn restarts_under_a_false_wall_spend_what_was_earned_once() {
    let mut now = after(YEAR_MS);
    let mut ledger = CatchUp::none(MADE);
    for _ in 0..1000 {
        let caught = catch_up(now, wall(100 * YEAR_MS), ledger, &[]);
        (now, ledger) = (caught.now, caught.ledger);
    }
    assert_eq!(now, after(YEAR_MS + CATCH_UP_MAX_MS));
    assert_eq!(ledger.spent_ms, CATCH_UP_MAX_MS);
}

#[test]
fn catching_up_stops_at_the_wall_and_never_goes_back() {
    let ledger = CatchUp::none(MADE);
    let now = after(YEAR_MS);
    let caught = catch_up(now, wall(YEAR_MS + 5), ledger, &[]);
    assert_eq!((caught.now, caught.moved_ms), (after(YEAR_MS + 5), 5));
    let caught = catch_up(now, WallTime(i64::MIN), ledger, &[]);
    assert_eq!((caught.now, caught.moved_ms), (now, 0));
}

#[test]
fn evidence_carries_as_far_as_all_agree() {
    let ledger = CatchUp::none(MADE);
    let region = stamp(EvidenceKind::OtherRegion, 20 * DAY_MS);
    let authority = stamp(EvidenceKind::TimestampAuthority, 30 * DAY_MS);
    let alone = catch_up(
        MADE,
        wall(40 * DAY_MS),
        ledger,
        std::slice::from_ref(&region),
    );
    assert_eq!((alone.now, alone.by_evidence), (MADE, false));
    let both = [region, authority.clone()];
    let caught = catch_up(MADE, wall(40 * DAY_MS), ledger, &both);
    assert_eq!(caught.now, after(20 * DAY_MS));
    assert!(caught.by_evidence);
    assert_eq!(caught.ledger.spent_ms, 0);
    // What was caught up earns nothing.
    assert_eq!(caught.ledger.left_ms(caught.now), 0);
    let caught = catch_up(MADE, wall(3), ledger, &[authority]);
    assert_eq!(caught.now, after(3));
    // Old evidence proves nothing new, and is not a reason to believe the wall.
    let old = [stamp(EvidenceKind::TimestampAuthority, -5)];
    assert_eq!(
        catch_up(after(YEAR_MS), wall(2 * YEAR_MS), ledger, &old).moved_ms,
        0
    );
}

#[test]
fn relative_locks_start_at_the_later_clock() {
    let seen = LeadSeen {
        at_start_ms: 29 * DAY_MS,
        ..LeadSeen::default()
    };
    assert_eq!(
        relative_start(MADE, wall(29 * DAY_MS), &seen),
        Ok(after(29 * DAY_MS))
    );
    assert_eq!(relative_start(MADE, wall(-YEAR_MS), &seen), Ok(MADE));
    assert_eq!(
        relative_start(MADE, wall(LEAD_MAX_MS + 1), &seen),
        Err(LeadRefused::TooFar {
            lead_ms: LEAD_MAX_MS + 1
        })
    );
}

#[test]
fn a_lead_that_grows_while_running_is_refused_beyond_the_tolerance() {
    let seen = LeadSeen {
        at_start_ms: -DAY_MS,
        run_ms: DAY_MS,
        missed_ms: 60_000,
    };
    let explained = LEAD_TOLERANCE_MS + DAY_MS / 2000 + 60_000;
    assert!(relative_start(MADE, wall(explained), &seen).is_ok());
    assert!(matches!(
        relative_start(MADE, wall(explained + 1), &seen),
        Err(LeadRefused::Grew { .. })
    ));
}
