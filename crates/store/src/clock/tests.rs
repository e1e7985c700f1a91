use super::*;

fn clock() -> (Arc<ManualTimeSource>, Clock) {
    let source = Arc::new(ManualTimeSource::at(WallTime(1_000_000)));
    let clock = Clock::new(source.clone(), ComplianceTime(1_000_000));
    (source, clock)
}

#[test]
fn hybrid_strictly_increases_even_when_the_wall_goes_back() {
    let (source, clock) = clock();
    let mut previous = clock.hybrid();
    for wall in [5, 2_000_000, 1, 1, 2_000_000] {
        source.set_wall(WallTime(wall));
        let next = clock.hybrid();
        assert!(next > previous);
        previous = next;
    }
    clock.observe(
        HybridTime::default().advance(WallTime(9_000_000)),
        WallTime(0),
        ComplianceTime(0),
    );
    assert!(clock.hybrid().wall() >= WallTime(9_000_000));
}

#[test]
fn compliance_never_follows_the_wall_clock() {
    let (source, clock) = clock();
    source.set_wall(WallTime(i64::MAX / 2));
    assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
    source.set_wall(WallTime(0));
    assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
}

#[test]
fn compliance_is_credited_in_short_ticks_and_not_over_downtime() {
    let (source, clock) = clock();
    for _ in 0..10 {
        source.run(10_000);
        let _now = clock.compliance();
    }
    assert_eq!(clock.compliance(), ComplianceTime(1_100_000));
    source.run(10_001);
    assert_eq!(clock.compliance(), ComplianceTime(1_100_000));
    source.run(5);
    assert_eq!(clock.compliance(), ComplianceTime(1_100_005));
}

#[test]
fn observed_compliance_only_moves_forward() {
    let (_, clock) = clock();
    clock.observe(HybridTime::default(), WallTime(i64::MAX), ComplianceTime(5));
    assert_eq!(clock.compliance(), ComplianceTime(1_000_000));
    clock.observe(
        HybridTime::default(),
        WallTime(0),
        ComplianceTime(2_000_000),
    );
    assert_eq!(clock.compliance(), ComplianceTime(2_000_000));
}

#[test]
fn the_ticker_stops_when_dropped() {
    let (_, clock) = clock();
    drop(Ticker::start(Arc::new(clock)).unwrap());
}
