//! Random histories of locks against a naive model: the rules written a second time, in other words,
//! and a map of versions. 10,000 steps in every run; a million in a full one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first surprise"
)]

mod common;

use azekura_model::access::Action;
use azekura_model::condition::{Conditions, DeleteConditions};
use azekura_model::ident::VersionId;
use azekura_model::lock::{
    Bypass, DefaultRetention, LockAsked, LockRequest, LockState, Period, Retention, RetentionMode,
};
use azekura_model::time::ComplianceTime;
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::{Attributes, Which};
use azekura_store::upload::{CompleteUpload, CompletedPart, CreateUpload, PutPart};
use common::{Vault, assert_rebuild_equals, body, bucket_name, by, key, put_request, writer};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::test_runner::{TestError, TestRunner};

const B: &str = "locked-bucket";
const KEYS: [&str; 3] = ["a", "a/b", "診療"];
const DAY: i64 = 86_400_000;
const STEPS: usize = 100;

/// Mode (true = COMPLIANCE) and milliseconds from now.
type Ask = Option<(bool, i64)>;

#[derive(Clone, Debug)]
enum Op {
    Put(usize, Ask, Option<bool>),
    /// Begins an upload, lets the clock run, completes it.
    Upload(usize, Ask, Option<bool>, i64),
    Default(Option<(bool, u32)>),
    Retain(usize, Ask, bool),
    Hold(usize, bool),
    Extend(usize, i64),
    ExtendAll(usize, i64),
    HoldAll(usize, bool),
    DeleteVersion(usize, bool),
    DeleteCurrent(usize),
    Run(i64),
    Restart,
}

fn ms() -> impl Strategy<Value = i64> {
    prop_oneof![-2000..60_000_i64, Just(0), Just(1), 0..3 * DAY]
}

fn ask() -> impl Strategy<Value = Ask> {
    proptest::option::of((any::<bool>(), ms()))
}

fn op() -> impl Strategy<Value = Op> {
    let key = || 0..KEYS.len();
    let place = || 0..60_usize;
    let hold = || any::<Option<bool>>();
    prop_oneof![
        4 => (key(), ask(), hold()).prop_map(|(key, ask, hold)| Op::Put(key, ask, hold)),
        1 => (key(), ask(), hold(), 0..40_000_i64)
            .prop_map(|(key, ask, hold, ms)| Op::Upload(key, ask, hold, ms)),
        1 => proptest::option::of((any::<bool>(), 1..4_u32)).prop_map(Op::Default),
        5 => (place(), ask(), any::<bool>()).prop_map(|(at, ask, by)| Op::Retain(at, ask, by)),
        2 => (place(), any::<bool>()).prop_map(|(at, on)| Op::Hold(at, on)),
        2 => (place(), ms()).prop_map(|(at, ms)| Op::Extend(at, ms)),
        1 => (key(), ms()).prop_map(|(key, ms)| Op::ExtendAll(key, ms)),
        1 => (key(), any::<bool>()).prop_map(|(key, on)| Op::HoldAll(key, on)),
        5 => (place(), any::<bool>()).prop_map(|(at, by)| Op::DeleteVersion(at, by)),
        1 => key().prop_map(Op::DeleteCurrent),
        2 => prop_oneof![1..20_000_i64, Just(DAY)].prop_map(Op::Run),
        1 => Just(Op::Restart),
    ]
}

/// A version that S3 shows.
#[derive(Clone, Debug)]
struct Kept {
    id: VersionId,
    key: &'static str,
    marker: bool,
    /// COMPLIANCE or not, until.
    retention: Option<(bool, i64)>,
    hold: Option<bool>,
}

impl Kept {
    fn active(&self, now: i64) -> Option<(bool, i64)> {
        self.retention.filter(|(_, until)| *until > now)
    }

    fn deletable(&self, now: i64, bypass: bool) -> bool {
        let held = self.hold.unwrap_or(false);
        let retained = match self.active(now) {
            None => false,
            Some((compliance, _)) => compliance || !bypass,
        };
        self.marker || !(held || retained)
    }

    fn retainable(&self, now: i64, to: Option<(bool, i64)>, bypass: bool) -> bool {
        if to.is_some_and(|(_, until)| until <= now) {
            return false;
        }
        let Some((compliance, until)) = self.active(now) else {
            return true;
        };
        let same_or_later = to.is_some_and(|(mode, later)| mode == compliance && later >= until);
        same_or_later || (bypass && !compliance)
    }
}

#[derive(Default)]
struct Model {
    versions: Vec<Kept>,
    default: Option<(bool, u32)>,
}

impl Model {
    fn born(
        &mut self,
        (id, key): (VersionId, &'static str),
        (asked, hold): (Option<(bool, i64)>, Option<bool>),
        start: i64,
    ) {
        let default = self
            .default
            .map(|(mode, days)| (mode, start + i64::from(days) * DAY));
        self.versions.push(Kept {
            id,
            key,
            marker: false,
            retention: asked.or(default),
            hold,
        });
    }

    fn at(&mut self, place: usize) -> Option<&mut Kept> {
        let count = self.versions.len();
        // Places count from the newest.
        let place = count.checked_sub(1 + place)?;
        self.versions.get_mut(place)
    }
}

fn mode(compliance: bool) -> RetentionMode {
    if compliance {
        RetentionMode::Compliance
    } else {
        RetentionMode::Governance
    }
}

fn retention((compliance, until): (bool, i64)) -> Retention {
    Retention {
        mode: mode(compliance),
        until: ComplianceTime(until),
    }
}

fn is_locked<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    match result {
        Ok(_) => false,
        Err(StoreError::Locked(_)) => true,
        Err(other) => panic!("{other}"),
    }
}

fn bypass(claimed: bool) -> Option<Bypass> {
    Bypass::claimed(&by(Action::BypassGovernanceRetention), claimed)
}

async fn upload(
    vault: &Vault,
    object: &'static str,
    lock: LockAsked,
    ms: i64,
) -> Result<VersionId, StoreError> {
    let (store, bucket) = (&vault.store, bucket_name(B));
    let create = CreateUpload {
        key: key(object),
        attributes: Attributes::default(),
        lock,
        checksum: None,
    };
    let upload = store.create_upload(&writer(), &bucket, create).await?.id;
    let part = PutPart {
        key: key(object),
        upload,
        number: 1,
        claims: azekura_store::body::Claims::default(),
        body: body("part"),
    };
    let part = store.put_part(&writer(), &bucket, part).await?;
    vault.run(ms);
    let complete = CompleteUpload {
        key: key(object),
        upload,
        parts: vec![CompletedPart {
            number: 1,
            etag: hex::encode(part.md5),
            checksum: None,
        }],
        checksum: None,
        bytes: None,
        conditions: Conditions::default(),
    };
    let done = store.complete_upload(&writer(), &bucket, complete).await?;
    Ok(done.version)
}

async fn store_one(vault: &Vault, model: &mut Model, op: &Op) {
    let now = vault.now().0;
    let (Op::Put(at, ask, hold) | Op::Upload(at, ask, hold, _)) = op else {
        return;
    };
    let object = KEYS[*at];
    let asked = ask.map(|(mode, ms)| (mode, now + ms));
    let lock = LockAsked {
        retention: asked.map(retention),
        hold: *hold,
    };
    let stored = match op {
        Op::Upload(.., ms) => upload(vault, object, lock, *ms).await,
        _ => {
            let mut request = put_request(object, "content");
            request.lock = lock;
            let put = vault.store.put(&writer(), &bucket_name(B), request).await;
            put.map(|outcome| outcome.version)
        }
    };
    let refused = asked.is_some_and(|(_, until)| until <= now);
    assert_eq!(is_locked(&stored), refused);
    if let Ok(id) = stored {
        // A wall clock that was ahead after a restart counts for where periods begin.
        let start = vault.store.clock_report().relative_start.unwrap().0;
        model.born((id, object), (asked, *hold), start);
    }
}

async fn change_one(vault: &Vault, model: &mut Model, op: &Op) {
    let now = vault.now().0;
    let (Op::Retain(place, ..) | Op::Hold(place, _) | Op::Extend(place, _)) = op else {
        return;
    };
    let Some(version) = model.at(*place).filter(|version| !version.marker) else {
        return;
    };
    let (bucket, object) = (bucket_name(B), key(version.key));
    let object = (&object, Which::Version(version.id));
    match op {
        Op::Retain(_, ask, by) => {
            let to = ask.map(|(mode, ms)| (mode, now + ms));
            let by = bypass(*by);
            let changed = vault
                .store
                .put_retention(&writer(), &bucket, object, to.map(retention), by.as_ref())
                .await;
            let allowed = version.retainable(now, to, by.is_some());
            assert_eq!(is_locked(&changed), !allowed, "{version:?} {to:?}");
            if allowed {
                version.retention = to;
            }
        }
        Op::Hold(_, on) => {
            let changed = vault.store.put_hold(&writer(), &bucket, object, *on).await;
            assert!(!is_locked(&changed));
            version.hold = Some(*on);
        }
        Op::Extend(_, ms) => {
            let request = LockRequest::Extend(ComplianceTime(now + ms));
            let changed = vault
                .store
                .change_lock(&writer(), &bucket, object, request)
                .await;
            assert_eq!(is_locked(&changed), !extend(version, now, now + ms));
        }
        _ => {}
    }
}

/// Whether it was allowed.
fn extend(version: &mut Kept, now: i64, to: i64) -> bool {
    let allowed = to > now && version.active(now).is_some();
    if let Some((_, until)) = version.retention.as_mut().filter(|_| allowed) {
        *until = to.max(*until);
    }
    allowed
}

async fn change_all(vault: &Vault, model: &mut Model, op: &Op) {
    let now = vault.now().0;
    let (at, request) = match op {
        Op::ExtendAll(at, ms) => (*at, LockRequest::Extend(ComplianceTime(now + ms))),
        Op::HoldAll(at, on) => (*at, LockRequest::Hold(*on)),
        _ => return,
    };
    let selection = LockSelection::Prefix {
        prefix: KEYS[at].to_owned(),
        all_versions: true,
    };
    let report = vault
        .store
        .change_locks(&writer(), &bucket_name(B), &selection, &request, |_| {})
        .await
        .unwrap();
    let (mut judged, mut refused) = (0, 0);
    for version in &mut model.versions {
        if version.marker || !version.key.starts_with(KEYS[at]) {
            continue;
        }
        judged += 1;
        match op {
            Op::ExtendAll(_, ms) => refused += u64::from(!extend(version, now, now + ms)),
            Op::HoldAll(_, on) => version.hold = Some(*on),
            _ => {}
        }
    }
    assert_eq!((report.judged(), report.refused), (judged, refused));
}

async fn delete_version(vault: &Vault, model: &mut Model, place: usize, claimed: bool) {
    let now = vault.now().0;
    let Some(version) = model.at(place).cloned() else {
        return;
    };
    let (object, always) = (key(version.key), DeleteConditions::default());
    let which = Which::Version(version.id);
    let claimed = bypass(claimed);
    let deleted = vault
        .store
        .delete_if(
            &writer(),
            &bucket_name(B),
            (&object, which),
            &always,
            claimed.as_ref(),
        )
        .await;
    let deletable = version.deletable(now, claimed.is_some());
    assert_eq!(is_locked(&deleted), !deletable, "{version:?} at {now}");
    if deletable {
        model.versions.retain(|kept| kept.id != version.id);
    }
}

async fn apply(vault: &mut Vault, model: &mut Model, op: Op) {
    match op {
        Op::Put(..) | Op::Upload(..) => store_one(vault, model, &op).await,
        Op::Retain(..) | Op::Hold(..) | Op::Extend(..) => change_one(vault, model, &op).await,
        Op::ExtendAll(..) | Op::HoldAll(..) => change_all(vault, model, &op).await,
        Op::DeleteVersion(place, by) => delete_version(vault, model, place, by).await,
        Op::Default(default) => {
            let asked = default.map(|(compliance, days)| DefaultRetention {
                mode: mode(compliance),
                period: Period::days(days).unwrap(),
            });
            let bucket = bucket_name(B);
            let put = vault.store.put_object_lock(&writer(), &bucket, asked).await;
            put.unwrap();
            model.default = default;
        }
        Op::DeleteCurrent(at) => {
            let outcome = vault.delete(B, KEYS[at], Which::Current).await.unwrap();
            model.versions.push(Kept {
                id: outcome.version.unwrap(),
                key: KEYS[at],
                marker: true,
                retention: None,
                hold: None,
            });
        }
        Op::Run(ms) => vault.run(ms),
        Op::Restart => *vault = vault.restarted().await,
    }
}

/// Every version that should be there is, with the lock that it should have, for readers and judges.
async fn compare(vault: &Vault, model: &Model) {
    for version in model.versions.iter().filter(|version| !version.marker) {
        let (bucket, object, which) =
            (bucket_name(B), key(version.key), Which::Version(version.id));
        let (_, state) = vault
            .store
            .lock_state(&writer(), &bucket, &object, which)
            .unwrap();
        let info = vault.store.head(&writer(), &bucket, &object, which).await;
        let lock = info.unwrap().lock.unwrap();
        assert_eq!(lock.retention, version.retention.map(retention));
        assert_eq!(lock.hold, version.hold);
        assert_eq!(state, LockState::Known(lock));
    }
}

async fn history(ops: Vec<Op>) {
    let mut vault = Vault::new().await;
    vault
        .store
        .create_bucket_locked(&writer(), &bucket_name(B))
        .await
        .unwrap();
    let mut model = Model::default();
    for op in ops {
        apply(&mut vault, &mut model, op).await;
    }
    compare(&vault, &model).await;
    assert_rebuild_equals(&vault.engine);
}

fn histories(cases: u32) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let ops = proptest::collection::vec(op(), STEPS);
    let ran = TestRunner::new(config).run(&ops, |ops| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(history(ops));
        Ok(())
    });
    match ran {
        Ok(()) => {}
        Err(TestError::Fail(why, ops)) => panic!("{why}: {ops:#?}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn ten_thousand_steps() {
    histories(10_000 / STEPS as u32);
}

#[test]
#[ignore = "a million steps: part of the full run"]
fn a_million_steps() {
    histories(1_000_000 / STEPS as u32);
}
