//! The compliance clock over restarts: what a false wall clock, downtime and an old copy can do.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod common;

use std::path::Path;
use std::sync::Arc;

use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{
    Commit, CommitClass, Engine, Mutations, NewRecord, Part, Project, Status,
};
use azekura_model::compliance_clock::{
    CATCH_UP_EARNED_IN_MS, CATCH_UP_MAX_MS, Evidence, EvidenceKind, LEAD_MAX_MS, LeadRefused,
};
use azekura_model::position::{Incarnation, RegionName, Sequence};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_store::clock::{Clock, ManualTimeSource, Skew, TimeEvidence};
use azekura_store::entropy::SystemEntropy;
use azekura_store::error::StoreError;
use azekura_store::ids::Ids;
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open};
use common::{assert_rebuild_equals, fresh_keys, replay};
use proptest::prelude::*;

const MADE: i64 = 1_790_000_000_000;
const DAY: i64 = 86_400_000;

/// A vault, the host it runs on, and what time it really is.
struct Lab {
    engine: Arc<MemoryEngine>,
    source: Arc<ManualTimeSource>,
    store: Store,
    clock: Arc<Clock>,
    /// Real milliseconds since the vault was made, and those of them that it ran.
    passed: i64,
    ran: i64,
}

async fn started(
    engine: &Arc<MemoryEngine>,
    source: &Arc<ManualTimeSource>,
    evidence: Vec<Arc<dyn TimeEvidence>>,
) -> (Store, Arc<Clock>) {
    let clock = Clock::new(source.clone(), ComplianceTime(MADE)).with_evidence(evidence);
    let (clock, keys) = (Arc::new(clock), fresh_keys());
    replay(
        engine,
        &Projector::new(Arc::clone(&keys), Arc::clone(&clock)),
    );
    let Status {
        region,
        incarnation,
        ..
    } = engine.status();
    let entropy = SystemEntropy::shared();
    let ids = Ids::new(
        &region,
        incarnation,
        Arc::clone(&clock),
        Arc::clone(&entropy),
    );
    let store = Store::new(Parts {
        ids: Arc::new(ids.unwrap()),
        engine: Arc::new(engine.reopen()),
        keys,
        clock: Arc::clone(&clock),
        entropy,
        region,
        memory: Arc::default(),
    });
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    (store, clock)
}

impl Lab {
    async fn new() -> Self {
        let region = RegionName::parse("local").unwrap();
        let engine = Arc::new(MemoryEngine::new(region, Incarnation([7; 16])));
        let source = Arc::new(ManualTimeSource::at(WallTime(MADE)));
        let (store, clock) = started(&engine, &source, Vec::new()).await;
        Self {
            engine,
            source,
            store,
            clock,
            passed: 0,
            ran: 0,
        }
    }

    /// Runs for `ms`, looked at as the ticker does, the boot-time clock fast by `fast` in 1,000.
    fn run_fast(&mut self, ms: i64, fast: i64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(5_000);
            self.source.run(step);
            self.source.slew(step * fast * 1000, 0);
            left -= step;
            let _now = self.clock.compliance();
        }
        self.passed += ms;
        self.ran += ms;
    }

    fn run(&mut self, ms: i64) {
        self.run_fast(ms, 0);
    }

    /// Off for `ms`; `clean` = compliance time was written down before. The wall clock then shows
    /// `false_by` more than the real time.
    async fn restart(&mut self, ms: i64, clean: bool, false_by: i64) {
        if clean {
            self.store.tick().await.unwrap();
        }
        self.passed += ms;
        self.begin(false_by, Vec::new()).await;
    }

    async fn begin(&mut self, false_by: i64, evidence: Vec<Arc<dyn TimeEvidence>>) {
        let wall = WallTime(MADE.saturating_add(self.passed).saturating_add(false_by));
        self.source = Arc::new(ManualTimeSource::at(wall));
        (self.store, self.clock) = started(&self.engine, &self.source, evidence).await;
    }

    /// Compliance time since the making.
    fn age(&self) -> i64 {
        self.clock.compliance().0 - MADE
    }

    /// What was ever caught up is at most 7/365 of the vault's age; the rest really ran.
    fn check(&self) {
        let ahead_of_run = self.age() - self.ran;
        let bound = self.age() / (CATCH_UP_EARNED_IN_MS / CATCH_UP_MAX_MS) + self.age() / 1000;
        assert!(
            ahead_of_run <= bound.max(1),
            "{ahead_of_run} ms of {} not run",
            self.age()
        );
    }

    /// A copy of the directory as it is now.
    async fn copied(&self) -> Arc<MemoryEngine> {
        let status = self.engine.status();
        let copy = MemoryEngine::new(status.region.clone(), status.incarnation);
        let clock = Arc::new(Clock::new(self.source.clone(), ComplianceTime(MADE)));
        let projector = Projector::new(fresh_keys(), clock);
        for (partition, last, _) in status.heads {
            let limit = usize::try_from(last.0).unwrap();
            for record in self.engine.journal(partition, Sequence(1), limit).unwrap() {
                let mutations: Mutations = projector.project(&record).unwrap();
                let Part::Present(particulars) = record.particulars.clone() else {
                    panic!("nothing is erased here");
                };
                let commit = Commit {
                    id: record.commit,
                    class: CommitClass::Essential,
                    guards: Vec::new(),
                    mutations,
                    record: NewRecord {
                        kind: record.kind,
                        core: record.core.clone(),
                        particulars,
                        payload: bytes::Bytes::new(),
                    },
                };
                copy.commit(partition, commit).await.unwrap();
            }
        }
        Arc::new(copy)
    }
}

#[tokio::test]
async fn downtime_is_credited_from_the_ledger_and_only_once() {
    let mut lab = Lab::new().await;
    lab.run(60 * DAY);
    let earned = 60 * DAY * 7 / 365;
    let before = lab.age();
    lab.restart(10 * DAY, true, 0).await;
    assert!((lab.age() - before - earned).abs() < 10, "{}", lab.age());
    let report = lab.clock.report();
    assert_eq!(
        report.start.caught_up_ms,
        lab.age() - before,
        "{:?}",
        report.start
    );
    assert_eq!(report.skew(), Skew::None);
    for _ in 0..20 {
        lab.restart(0, false, 1000 * DAY).await;
    }
    assert!(lab.age() - before <= earned + 10, "{}", lab.age());
    assert_rebuild_equals(&lab.engine);
    lab.check();
}

#[tokio::test]
async fn a_short_stop_costs_nothing_once_enough_was_earned() {
    let mut lab = Lab::new().await;
    lab.run(2 * DAY);
    for _ in 0..5 {
        lab.restart(60_000, true, 0).await;
    }
    assert_eq!(lab.age(), lab.passed);
    assert_eq!(lab.clock.report().lead_ms(), 0);
}

#[tokio::test]
async fn a_wall_clock_behind_moves_nothing_back() {
    let mut lab = Lab::new().await;
    lab.run(DAY);
    lab.restart(0, true, -100 * 365 * DAY).await;
    assert_eq!(lab.age(), DAY);
    let report = lab.clock.report();
    assert_eq!(report.skew(), Skew::WallBehind);
    assert_eq!(report.relative_start, Ok(report.compliance));
    lab.run(DAY);
    assert_eq!(lab.age(), 2 * DAY);
}

#[tokio::test]
async fn a_false_wall_makes_no_long_default_and_says_so() {
    let mut lab = Lab::new().await;
    lab.run(DAY);
    lab.restart(0, true, 80 * 365 * DAY).await;
    assert!(matches!(
        lab.clock.relative_start(),
        Err(LeadRefused::TooFar { .. })
    ));
    let alarm = lab.clock.alarm().unwrap();
    assert_eq!(alarm.skew(), Skew::WallAhead);
    assert_eq!(lab.clock.alarm(), None);
    lab.run(3_599_000);
    assert_eq!(lab.clock.alarm(), None);
    lab.run(2_000);
    assert!(lab.clock.alarm().is_some());
    // Not `passed`: the false wall has spent what the ledger held.
    lab.source.set_wall(WallTime(lab.clock.compliance().0));
    assert_eq!(lab.clock.alarm().unwrap().skew(), Skew::None);
    assert_eq!(lab.clock.alarm(), None);
    // While running: a step within the tolerance, and one beyond it.
    let now = lab.clock.compliance();
    lab.source.set_wall(WallTime(now.0 + 299_000));
    assert_eq!(
        lab.clock.relative_start(),
        Ok(ComplianceTime(now.0 + 299_000))
    );
    lab.source.set_wall(WallTime(now.0 + 20 * DAY));
    assert!(matches!(
        lab.clock.relative_start(),
        Err(LeadRefused::Grew { .. })
    ));
    // The same lead is believed after a start, up to 30 days.
    lab.restart(0, true, 20 * DAY).await;
    assert!(lab.clock.relative_start().unwrap().0 - MADE >= lab.passed + 19 * DAY);
    lab.restart(0, true, LEAD_MAX_MS + DAY).await;
    assert!(lab.clock.relative_start().is_err());
}

#[tokio::test]
async fn sleep_is_not_credited_and_explains_the_lead() {
    let mut lab = Lab::new().await;
    lab.run(60_000);
    lab.source.slew(8 * 3_600_000 * 1_000_000, 0);
    lab.source.set_wall(WallTime(MADE + 60_000 + 8 * 3_600_000));
    assert_eq!(lab.age(), 60_000);
    assert!(lab.clock.relative_start().is_ok());
    assert_eq!(lab.clock.report().seen.missed_ms, 8 * 3_600_000);
}

#[tokio::test]
async fn a_slewed_boot_clock_gains_nothing() {
    let mut lab = Lab::new().await;
    lab.run_fast(DAY, 100);
    assert_eq!(lab.age(), DAY);
    lab.run_fast(DAY, -100);
    assert_eq!(lab.age(), DAY + DAY * 9 / 10);
}

#[tokio::test]
async fn looks_close_together_lose_nothing() {
    let lab = Lab::new().await;
    for step in 0..100_000 {
        // The two clocks are never read at the same moment.
        let jitter = step % 7 * 31;
        lab.source.slew(100_000 + jitter, 100_217 - jitter);
        let _now = lab.clock.compliance();
    }
    let age = lab.age();
    assert!((9_990..=10_022).contains(&age), "{age}");
}

#[tokio::test]
async fn ticks_are_due_only_when_nothing_else_is_written() {
    let mut lab = Lab::new().await;
    lab.run(599_000);
    assert!(!lab.clock.is_tick_due());
    lab.run(2_000);
    assert!(lab.clock.is_tick_due());
    lab.store.tick().await.unwrap();
    assert!(!lab.clock.is_tick_due());
    let age = lab.age();
    lab.run(500_000);
    // A crash loses what ran since the last record, and no more.
    lab.restart(0, false, -DAY).await;
    assert_eq!(lab.age(), age);
}

/// A store on the vault of a directory, under a clock of the test's own that stands at `compliance`.
async fn on_disk(
    dir: &Path,
    space_floor: Option<u64>,
    (wall, compliance): (i64, i64),
) -> (Store, Arc<Clock>, Arc<ManualTimeSource>) {
    let mut options = OpenOptions::new(Places::in_dir(dir), None);
    options.space_floor = space_floor;
    let projector = |keys, clock| -> Box<dyn Project> { Box::new(Projector::new(keys, clock)) };
    let vault = open(&options, projector, &mut |_| {}).unwrap();
    let source = Arc::new(ManualTimeSource::at(WallTime(wall)));
    let clock = Arc::new(Clock::new(source.clone(), ComplianceTime(compliance)));
    let store = Store::new(Parts {
        engine: vault.engine,
        keys: vault.keys,
        clock: Arc::clone(&clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("試験病院").await.unwrap();
    store.start().await.unwrap();
    (store, clock, source)
}

#[tokio::test]
async fn a_full_disk_costs_the_credit_and_not_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    let init_options = InitOptions {
        places: Places::in_dir(&dir),
        region: RegionName::parse("local").unwrap(),
        passphrase: None,
    };
    init(&init_options).unwrap();
    let (store, clock, source) = on_disk(&dir, None, (MADE, MADE)).await;
    for _ in 0..30 * DAY / 10_000 {
        source.run(10_000);
        let _now = clock.compliance();
    }
    store.tick().await.unwrap();
    store.engine().close().unwrap();
    drop(store);
    let ran = MADE + 30 * DAY;
    let now = (ran + 3_600_000, ran);
    let (store, clock, _) = on_disk(&dir, Some(u64::MAX), now).await;
    assert_eq!(clock.compliance().0, ran);
    assert!(matches!(store.tick().await, Err(StoreError::NoSpace(_))));
    store.engine().close().unwrap();
    drop(store);
    let (store, clock, _) = on_disk(&dir, None, now).await;
    assert_eq!(clock.compliance().0, ran + 3_600_000);
    store.engine().close().unwrap();
}

#[tokio::test]
async fn the_ledger_is_written_once_a_day_even_when_much_is_committed() {
    let mut lab = Lab::new().await;
    for _ in 0..24 * 12 {
        assert!(!lab.clock.is_tick_due());
        lab.run(300_000);
        // Any other commit.
        let now = lab.clock.compliance();
        lab.clock.observe(HybridTime::default(), WallTime(0), now);
    }
    assert!(lab.clock.is_tick_due());
    lab.store.tick().await.unwrap();
    assert!(!lab.clock.is_tick_due());
}

#[tokio::test]
async fn threads_never_see_it_go_back() {
    let clock = Arc::new(Clock::system());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let clock = Arc::clone(&clock);
            std::thread::spawn(move || {
                let mut last = clock.compliance();
                for _ in 0..100_000 {
                    let now = clock.compliance();
                    assert!(now >= last);
                    last = now;
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

struct Authority(i64, EvidenceKind);

impl TimeEvidence for Authority {
    fn evidence(&self) -> Option<Evidence> {
        Some(Evidence {
            kind: self.1,
            source: "test".to_owned(),
            passed: WallTime(MADE + self.0),
        })
    }
}

#[tokio::test]
async fn evidence_credits_the_downtime_that_it_proves() {
    let mut lab = Lab::new().await;
    lab.run(DAY);
    lab.store.tick().await.unwrap();
    lab.passed += 90 * DAY;
    let region = Arc::new(Authority(lab.passed, EvidenceKind::OtherRegion));
    lab.begin(0, vec![region]).await;
    assert!(lab.age() < 2 * DAY && lab.clock.relative_start().is_err());
    let authority = Arc::new(Authority(80 * DAY, EvidenceKind::TimestampAuthority));
    lab.begin(1000 * DAY, vec![authority]).await;
    assert_eq!(lab.age(), 80 * DAY);
    assert!(lab.clock.report().start.by_evidence);
    // It is durable: the next start needs no evidence, and nothing was earned by it.
    lab.restart(0, false, 0).await;
    assert!(lab.age() >= 80 * DAY && lab.age() < 81 * DAY);
}

#[derive(Clone, Debug)]
enum Step {
    Run { ms: i64, fast: i64 },
    Wall(i64),
    Tick,
    Restart { ms: i64, clean: bool, false_by: i64 },
    Copy,
    Restore { false_by: i64 },
}

fn false_by() -> impl Strategy<Value = i64> {
    let years = 365 * DAY;
    prop_oneof![
        Just(0),
        Just(100 * years),
        Just(-100 * years),
        Just(i64::MAX),
        Just(i64::MIN),
        -40 * DAY..40 * DAY,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4 * DAY, -100..100_i64).prop_map(|(ms, fast)| Step::Run { ms, fast }),
        2 => false_by().prop_map(Step::Wall),
        1 => Just(Step::Tick),
        4 => (0..40 * DAY, any::<bool>(), false_by())
            .prop_map(|(ms, clean, false_by)| Step::Restart { ms, clean, false_by }),
        1 => Just(Step::Copy),
        1 => false_by().prop_map(|false_by| Step::Restore { false_by }),
    ]
}

async fn play(steps: Vec<Step>) {
    let mut lab = Lab::new().await;
    let mut copy = lab.copied().await;
    let (mut durable, mut shown) = (0, 0);
    for step in steps {
        match step {
            Step::Run { ms, fast } => lab.run_fast(ms, fast),
            Step::Wall(to) => lab.source.set_wall(WallTime(MADE.saturating_add(to))),
            Step::Tick => {
                lab.store.tick().await.unwrap();
                durable = lab.age();
            }
            Step::Restart {
                ms,
                clean,
                false_by,
            } => {
                if clean {
                    durable = lab.age();
                }
                lab.restart(ms, clean, false_by).await;
                assert!(lab.age() >= durable, "went back behind what is durable");
                (durable, shown) = (durable.max(0), lab.age());
            }
            Step::Copy => copy = lab.copied().await,
            Step::Restore { false_by } => {
                lab.engine = copy;
                lab.begin(false_by, Vec::new()).await;
                copy = lab.copied().await;
                (durable, shown) = (0, lab.age());
            }
        }
        assert!(lab.age() >= shown, "went back while running");
        shown = lab.age();
        lab.check();
        let wall_led = lab.clock.report().lead_ms() > LEAD_MAX_MS;
        assert!(!(wall_led && lab.clock.relative_start().is_ok()));
        if let Ok(start) = lab.clock.relative_start() {
            assert!(start.0 - MADE - lab.age() <= LEAD_MAX_MS);
        }
    }
    assert_rebuild_equals(&lab.engine);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_history_gets_ahead_of_what_ran_and_the_ledger(steps in proptest::collection::vec(step(), 1..16)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(steps));
    }
}
