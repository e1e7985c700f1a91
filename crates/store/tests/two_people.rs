//! Two people: every governed operation of the store is refused until another person signed exactly
//! it and the cooling-off passed; then it acts once, and its record says who allowed it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "common/approvers.rs"]
mod approvers;
mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use approvers::{EARLY, People, SigningKey, person, principal};
use azekura_engine::seam::Engine;
use azekura_model::access::{Action, Authorized};
use azekura_model::bucket::Versioning;
use azekura_model::bucket_config::{BucketPolicyText, PublicAccessBlock};
use azekura_model::condition::DeleteConditions;
use azekura_model::cooling::HistoryDays;
use azekura_model::governed::{
    ApprovalRequest, DualControl, Held, NotApproved, PermittedBy, RequestStage,
};
use azekura_model::ident::{RequestId, VersionId};
use azekura_model::lifecycle::{Expiration, LifecycleFilter, LifecycleRule, LifecycleRules};
use azekura_model::lock::{Bypass, DefaultRetention, LockAsked, Period, Retention, RetentionMode};
use azekura_model::name::BucketName;
use azekura_model::position::Sequence;
use azekura_model::retention_limits::RetentionLimits;
use azekura_model::time::{ComplianceTime, HybridTime};
use azekura_record::core::RecordKind;
use azekura_record::disposal::DisposalStage;
use azekura_record::particulars::Event;
use azekura_record::sshsig::BadSignature;
use azekura_store::disposal::DisposalAsk;
use azekura_store::error::StoreError;
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::Which;
use azekura_store::retention::bulk::BulkChange;
use azekura_store::retention::count::Cursor;
use azekura_store::seal::record::open_record;
use azekura_store::store::{Store, StorePolicy};
use common::{Vault, assert_rebuild_equals, bucket_name, key, policy, put_request, writer};

const B: &str = "charts";
const K: &str = "検査/患者-0001.dcm";
const DAY: i64 = 86_400_000;
const EVERYBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",
    "Action":"s3:GetObject","Resource":"arn:aws:s3:::charts/*"}]}"#;
const HOUR: i64 = 3_600_000;

fn sato(action: Action) -> Authorized {
    person("sato", action)
}

fn bypass(name: &str) -> Option<Bypass> {
    Bypass::claimed(&person(name, Action::BypassGovernanceRetention), true)
}

/// A vault with a locked bucket, a version under GOVERNANCE for a year, and one approver.
struct Scene {
    vault: Vault,
    people: People,
    suzuki: SigningKey,
    version: VersionId,
}

async fn scene_of(dual: DualControl, policy: StorePolicy) -> Scene {
    let vault = Vault::made(|engine| engine, policy, dual).await;
    let name = bucket_name(B);
    vault
        .store
        .create_bucket_locked(&writer(), &name)
        .await
        .unwrap();
    let mut request = put_request(K, "content");
    request.lock = LockAsked {
        retention: Some(year(&vault)),
        hold: None,
    };
    let version = vault
        .store
        .put(&writer(), &name, request)
        .await
        .unwrap()
        .version;
    let scene = Scene {
        vault,
        people: People::default(),
        suzuki: SigningKey::new(1),
        version,
    };
    scene.people.add("suzuki", &scene.suzuki, EARLY);
    scene
        .vault
        .store
        .set_approvers(Arc::new(scene.people.clone()));
    scene
}

async fn scene() -> Scene {
    scene_of(DualControl::Required, policy()).await
}

fn year(vault: &Vault) -> Retention {
    Retention {
        mode: RetentionMode::Governance,
        until: ComplianceTime(vault.now().0 + 365 * DAY),
    }
}

fn default_of(days: u32) -> Option<DefaultRetention> {
    Some(DefaultRetention {
        mode: RetentionMode::Governance,
        period: Period::days(days).unwrap(),
    })
}

/// What acts with the call.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Delete,
    Unlock,
    LiftHold,
    LiftHolds,
    LiftListed,
    Retire,
    NoDefault,
    Open,
    Policy,
}

impl Deed {
    const ALL: [Self; 9] = [
        Self::Delete,
        Self::Unlock,
        Self::LiftHold,
        Self::LiftHolds,
        Self::LiftListed,
        Self::Retire,
        Self::NoDefault,
        Self::Open,
        Self::Policy,
    ];

    /// So that there is something to weaken.
    async fn prepare(self, scene: &Scene) {
        let (store, name) = (&scene.vault.store, bucket_name(B));
        match self {
            Self::LiftHold | Self::LiftHolds | Self::LiftListed => {
                let target = (&key(K), Which::Version(scene.version));
                let by = writer();
                store.put_hold(&by, &name, target, true).await.unwrap();
            }
            Self::NoDefault => {
                store
                    .put_default_retention(&writer(), &name, default_of(10), None)
                    .await
                    .unwrap();
            }
            Self::Retire => {
                // An own bucket with a hidden version.
                let name = bucket_name("old");
                store.create_bucket(&writer(), &name).await.unwrap();
                scene.vault.put("old", "a", "x").await;
                scene
                    .vault
                    .delete("old", "a", Which::Current)
                    .await
                    .unwrap();
            }
            _ => {}
        }
    }

    async fn act(self, scene: &Scene, who: &str) -> Result<(), StoreError> {
        let (store, name) = (&scene.vault.store, bucket_name(B));
        let (object, which) = (key(K), Which::Version(scene.version));
        let by = person(who, Action::DeleteObjectVersion);
        let target = (&object, which);
        match self {
            Self::Delete => {
                let always = DeleteConditions::default();
                let bypass = bypass(who);
                let deleted = store.delete_if(&by, &name, target, &always, bypass.as_ref());
                deleted.await.map(|_| ())
            }
            Self::Unlock => {
                let bypass = bypass(who);
                let put = store.put_retention(&by, &name, target, None, bypass.as_ref());
                put.await.map(|_| ())
            }
            Self::LiftHold => {
                let lifted = store.put_hold(&by, &name, target, false);
                lifted.await.map(|_| ())
            }
            Self::LiftHolds => {
                let selection = LockSelection::Prefix {
                    prefix: "検査/".to_owned(),
                    all_versions: true,
                };
                lift_page(store, &by, &name, &selection).await
            }
            Self::LiftListed => {
                let selection = LockSelection::Listed(vec![(object.clone(), which)]);
                lift_page(store, &by, &name, &selection).await
            }
            Self::Retire => store.delete_bucket(&by, &bucket_name("old")).await,
            Self::NoDefault => store.put_default_retention(&by, &name, None, None).await,
            Self::Policy => {
                let text = BucketPolicyText(EVERYBODY.to_owned());
                store.configure_bucket(&by, &name, text).await
            }
            Self::Open => {
                let none = store.clear_bucket_setting::<PublicAccessBlock>(&by, &name);
                none.await
            }
        }
    }
}

async fn lift_page(
    store: &Store,
    by: &Authorized,
    bucket: &BucketName,
    selection: &LockSelection,
) -> Result<(), StoreError> {
    let change = BulkChange::Hold(false);
    let page = (selection, None);
    let lifted = store.change_locks_page(by, bucket, page, (&change, &|_| true));
    let (report, next) = lifted.await?;
    assert_eq!((report.changed, next), (1, None), "{report:?}");
    Ok(())
}

fn needed(result: Result<(), StoreError>) -> (RequestId, Held) {
    match result {
        Err(StoreError::ApprovalNeeded(needed)) => {
            let text = needed.to_string();
            assert!(text.contains(&needed.request.to_string()), "{text}");
            (needed.request, needed.held)
        }
        other => panic!("{other:?}"),
    }
}

impl Scene {
    fn request(&self, id: RequestId) -> ApprovalRequest {
        self.vault.store.request(&writer(), id).unwrap()
    }

    async fn approve(&self, id: RequestId) -> Result<ApprovalRequest, StoreError> {
        let signed = self.suzuki.sign(&self.request(id));
        self.vault
            .store
            .approve_request(&writer(), id, &signed)
            .await
    }

    /// The only open request.
    fn only(&self) -> ApprovalRequest {
        let open = self.vault.store.requests(&writer(), false).unwrap();
        assert_eq!(open.len(), 1, "{open:?}");
        open[0].clone()
    }

    /// Marks of all records, by kind, in the order of the journal of each partition.
    fn marks(&self) -> Vec<(RecordKind, PermittedBy, Event)> {
        let (keys, _) = self.vault.learnt();
        let mut out = Vec::new();
        for (partition, last, _) in self.vault.engine.status().heads {
            let limit = usize::try_from(last.0).unwrap().max(1);
            for record in self
                .vault
                .engine
                .journal(partition, Sequence(1), limit)
                .unwrap()
            {
                let opened =
                    open_record(&keys, record.kind, &record.core, &record.particulars).unwrap();
                let event = opened.particulars.event;
                out.extend(
                    opened
                        .particulars
                        .permitted
                        .map(|permitted| (opened.core.kind, permitted, event)),
                );
            }
        }
        out
    }
}

#[tokio::test]
async fn what_acts_with_the_call_needs_a_second_person() {
    for deed in Deed::ALL {
        let scene = scene().await;
        deed.prepare(&scene).await;
        // Refused, and the same request answers every repetition.
        let (id, held) = needed(deed.act(&scene, "sato").await);
        assert_eq!(held, Held::NotApproved { request: id }, "{deed:?}");
        assert_eq!(needed(deed.act(&scene, "sato").await).0, id, "{deed:?}");
        assert!(scene.marks().is_empty(), "{deed:?}");
        // Approved, and cooling off.
        scene.vault.run(DAY);
        scene.approve(id).await.unwrap();
        scene.vault.run(3 * DAY - HOUR);
        let (_, held) = needed(deed.act(&scene, "sato").await);
        assert!(
            matches!(held, Held::Cooling { alone: false, .. }),
            "{deed:?} {held:?}"
        );
        // Somebody else gets a request of their own.
        let (other, _) = needed(deed.act(&scene, "tanaka").await);
        assert_ne!(other, id, "{deed:?}");
        scene.vault.run(2 * HOUR);
        deed.act(&scene, "sato").await.unwrap();
        let allowed = PermittedBy::TwoPeople {
            request: id,
            approver: principal("suzuki"),
        };
        let marks = scene.marks();
        assert!(!marks.is_empty(), "{deed:?}");
        assert!(
            marks.iter().all(|(_, by, _)| *by == allowed),
            "{deed:?} {marks:?}"
        );
        let stage = scene.request(id).stage;
        assert!(
            matches!(stage, RequestStage::Executed(_)),
            "{deed:?} {stage:?}"
        );
        assert_rebuild_equals(&scene.vault.engine);
    }
}

#[tokio::test]
async fn one_signature_is_one_deed() {
    let scene = scene().await;
    for deed in [
        Deed::Unlock,
        Deed::LiftHold,
        Deed::LiftHolds,
        Deed::NoDefault,
    ] {
        deed.prepare(&scene).await;
        let (id, _) = needed(deed.act(&scene, "sato").await);
        scene.approve(id).await.unwrap();
        scene.vault.run(3 * DAY);
        deed.act(&scene, "sato").await.unwrap();
        // What was weakened is strengthened again: the signature does not count twice.
        deed.prepare(&scene).await;
        let target = (&key(K), Which::Version(scene.version));
        let until = Some(year(&scene.vault));
        let (by, name) = (writer(), bucket_name(B));
        let put = scene
            .vault
            .store
            .put_retention(&by, &name, target, until, None);
        put.await.unwrap();
        let (again, _) = needed(deed.act(&scene, "sato").await);
        assert_ne!(again, id, "{deed:?}");
    }
}

#[tokio::test]
async fn other_parameters_are_another_request() {
    let scene = scene().await;
    let (store, name) = (&scene.vault.store, bucket_name(B));
    let ask = async |days: i64| {
        let until = Retention {
            mode: RetentionMode::Governance,
            until: ComplianceTime(scene.vault.now().0 / DAY * DAY + days * DAY),
        };
        let bypass = bypass("sato");
        let by = sato(Action::PutObjectRetention);
        let target = (&key(K), Which::Version(scene.version));
        store
            .put_retention(&by, &name, target, Some(until), bypass.as_ref())
            .await
            .map(|_| ())
    };
    let (first, _) = needed(ask(100).await);
    scene.approve(first).await.unwrap();
    scene.vault.run(3 * DAY);
    // The date is another one by now: days later, and shorter ones too.
    for days in [10, 100] {
        let (other, held) = needed(ask(days).await);
        assert_ne!(other, first);
        assert_eq!(held, Held::NotApproved { request: other });
    }
    ask(97).await.unwrap();
}

#[tokio::test]
async fn who_does_not_count_does_not_approve() {
    let scene = scene().await;
    let store = &scene.vault.store;
    let (sato_key, late) = (SigningKey::new(2), SigningKey::new(3));
    scene.people.add("sato", &sato_key, EARLY);
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    let (other, _) = needed(Deed::Unlock.act(&scene, "sato").await);
    scene
        .people
        .add("takahashi", &late, HybridTime::from_packed(u64::MAX));
    let request = scene.request(id);
    let refused = [
        (
            sato_key.sign(&request),
            StoreError::NotApproved(NotApproved::SamePerson),
        ),
        (
            late.sign(&request),
            StoreError::NotApproved(NotApproved::KeyTooNew),
        ),
        (
            SigningKey::new(9).sign(&request),
            StoreError::NotApproved(NotApproved::UnknownKey),
        ),
        (
            scene.suzuki.sign(&scene.request(other)),
            StoreError::BadSignature(BadSignature::Mismatch),
        ),
        (
            scene.suzuki.sign_for("git", &request.text),
            StoreError::BadSignature(BadSignature::OtherNamespace {
                found: "git".to_owned(),
                wanted: "azekura-request".to_owned(),
            }),
        ),
    ];
    for (signed, why) in refused {
        let result = store.approve_request(&writer(), id, &signed).await;
        assert_eq!(result, Err(why));
    }
    // The same text of another tenant or vault is another text.
    for name in ["vault: ", "tenant: "] {
        let other: String = request
            .text
            .lines()
            .map(|line| {
                if line.starts_with(name) {
                    format!("{name}x\n")
                } else {
                    format!("{line}\n")
                }
            })
            .collect();
        let signed = scene.suzuki.sign_for("azekura-request", &other);
        let result = store.approve_request(&writer(), id, &signed).await;
        assert_eq!(
            result,
            Err(StoreError::BadSignature(BadSignature::Mismatch))
        );
    }
    scene.people.freeze("suzuki");
    let result = scene.approve(id).await;
    assert_eq!(result, Err(StoreError::NotApproved(NotApproved::Frozen)));
    scene.vault.run(30 * DAY);
    needed(Deed::Delete.act(&scene, "sato").await);
}

#[tokio::test]
async fn freezing_the_approver_takes_the_approval_back() {
    let scene = scene().await;
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.approve(id).await.unwrap();
    scene.vault.run(3 * DAY);
    scene.people.freeze("suzuki");
    let (same, held) = needed(Deed::Delete.act(&scene, "sato").await);
    assert_eq!((same, held), (id, Held::ApproverGone { request: id }));
}

#[tokio::test]
async fn a_no_ends_a_request() {
    let scene = scene().await;
    let store = &scene.vault.store;
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.approve(id).await.unwrap();
    scene.vault.run(3 * DAY);
    let nobody = store
        .veto_request(&person("tanaka", Action::AdminWrite), id, "")
        .await;
    assert_eq!(nobody, Err(StoreError::MayNotVeto));
    let suzuki = person("suzuki", Action::AdminWrite);
    let ended = store
        .veto_request(&suzuki, id, "知らない依頼")
        .await
        .unwrap();
    assert!(matches!(&ended.stage, RequestStage::Vetoed(veto) if veto.by == principal("suzuki")));
    let (again, held) = needed(Deed::Delete.act(&scene, "sato").await);
    assert_ne!(again, id);
    assert_eq!(held, Held::NotApproved { request: again });
    // Who asked takes it back.
    store
        .veto_request(&sato(Action::AdminWrite), again, "")
        .await
        .unwrap();
    let over = scene.approve(again).await;
    assert!(
        matches!(over, Err(StoreError::InvalidRequest(_))),
        "{over:?}"
    );
    assert_rebuild_equals(&scene.vault.engine);
}

#[tokio::test]
async fn a_request_ends_with_its_time() {
    let scene = scene().await;
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.vault.run(14 * DAY);
    let late = scene.approve(id).await;
    assert!(
        matches!(late, Err(StoreError::InvalidRequest(_))),
        "{late:?}"
    );
    let (again, _) = needed(Deed::Delete.act(&scene, "sato").await);
    assert_ne!(again, id);
    scene.approve(again).await.unwrap();
    // After 72 hours it may act for 14 days.
    scene.vault.run(17 * DAY);
    let (third, _) = needed(Deed::Delete.act(&scene, "sato").await);
    assert_ne!(third, again);
    scene.vault.store.act_on_requests().await.unwrap();
    for ended in [id, again] {
        assert_eq!(scene.request(ended).stage, RequestStage::Expired);
    }
    assert_rebuild_equals(&scene.vault.engine);
}

#[tokio::test]
async fn one_person_alone_waits_longer_and_is_told() {
    let scene = scene().await;
    scene.vault.store.set_approvers(Arc::new(People::default()));
    let result = Deed::Delete.act(&scene, "sato").await;
    let text = result.clone().unwrap_err().to_string();
    assert!(text.contains("no second person"), "{text}");
    let (id, held) = needed(result);
    assert!(matches!(held, Held::Cooling { alone: true, .. }));
    scene.vault.run(7 * DAY - HOUR);
    needed(Deed::Delete.act(&scene, "sato").await);
    scene.vault.run(HOUR);
    Deed::Delete.act(&scene, "sato").await.unwrap();
    let marks = scene.marks();
    assert_eq!(marks[0].1, PermittedBy::AloneAfterCooling { request: id });
}

#[tokio::test]
async fn without_dual_control_it_acts_at_once_and_says_so() {
    for deed in Deed::ALL {
        let scene = scene_of(DualControl::Off, policy()).await;
        deed.prepare(&scene).await;
        let before = scene.marks().len();
        deed.act(&scene, "sato").await.unwrap();
        let marks = scene.marks();
        assert!(marks.len() > before, "{deed:?}");
        assert!(
            marks
                .iter()
                .all(|(_, by, _)| *by == PermittedBy::DualControlOff)
        );
        assert!(
            scene
                .vault
                .store
                .requests(&writer(), true)
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn what_strengthens_and_what_was_never_used_needs_nobody() {
    let scene = scene().await;
    let (store, by) = (&scene.vault.store, sato(Action::DeleteBucket));
    let empty = bucket_name("empty");
    store.create_bucket(&by, &empty).await.unwrap();
    store.delete_bucket(&by, &empty).await.unwrap();
    let name = bucket_name(B);
    for days in [5, 10] {
        let put = store.put_default_retention(&by, &name, default_of(days), None);
        put.await.unwrap();
    }
    store
        .put_history_days(&by, &name, HistoryDays(60))
        .await
        .unwrap();
    store
        .configure_bucket(&by, &name, PublicAccessBlock::ALL)
        .await
        .unwrap();
    assert!(store.requests(&writer(), true).unwrap().is_empty());
    assert!(scene.marks().is_empty());
}

fn expire_all() -> LifecycleRules {
    LifecycleRules::new(vec![LifecycleRule {
        id: "all".to_owned(),
        enabled: true,
        filter: LifecycleFilter::default(),
        legacy_prefix: false,
        expiration: Some(Expiration::Days(1)),
        noncurrent: None,
        abort_multipart_days: None,
    }])
    .unwrap()
}

/// What waits by itself.
#[derive(Clone, Copy, Debug)]
enum Waits {
    Lifecycle,
    History,
    Disposal,
    Limits,
}

impl Waits {
    const ALL: [Self; 4] = [Self::Lifecycle, Self::History, Self::Disposal, Self::Limits];

    async fn prepare(self, scene: &Scene) {
        if let Self::Limits = self {
            let limits = |_: &RetentionLimits| Ok(RetentionLimits::new(Some(30), None).unwrap());
            let (by, name) = (writer(), bucket_name(B));
            let put = scene.vault.store.put_retention_limits(&by, &name, limits);
            put.await.unwrap();
        }
    }

    async fn ask(self, scene: &Scene) {
        let (store, name, by) = (&scene.vault.store, bucket_name(B), sato(Action::AdminWrite));
        match self {
            Self::Lifecycle => {
                store.put_lifecycle(&by, &name, expire_all()).await.unwrap();
            }
            Self::History => {
                let days = HistoryDays(7);
                store.put_history_days(&by, &name, days).await.unwrap();
            }
            Self::Disposal => {
                let ask = DisposalAsk {
                    prefix: "検査/".to_owned(),
                    class: None,
                    before: None,
                    reason: "保存期間の満了".to_owned(),
                };
                store.request_disposal(&by, &name, ask).await.unwrap();
            }
            Self::Limits => {
                let limits = |_: &RetentionLimits| Ok(RetentionLimits::default());
                store
                    .put_retention_limits(&by, &name, limits)
                    .await
                    .unwrap();
            }
        }
    }

    /// Whether it is in force.
    fn acts(self, scene: &Scene) -> bool {
        let (store, name, now) = (&scene.vault.store, bucket_name(B), scene.vault.now());
        match self {
            Self::Lifecycle => !store
                .lifecycle(&name)
                .unwrap()
                .in_force(now)
                .rules()
                .is_empty(),
            Self::History => store.bucket(&name).unwrap().history_days == 7,
            Self::Disposal => {
                let job = store.disposals(&name).unwrap().remove(0);
                matches!(job.stage, DisposalStage::Hidden { .. }) || job.acts_at <= now
            }
            Self::Limits => {
                let limits = store.retention_limits(&name).unwrap();
                limits.in_force(now).floor_days().is_none()
            }
        }
    }

    /// Whether it still waits.
    fn pends(self, scene: &Scene) -> bool {
        let (store, name, now) = (&scene.vault.store, bucket_name(B), scene.vault.now());
        match self {
            Self::Lifecycle => store.lifecycle(&name).unwrap().pending(now).is_some(),
            Self::History => store.bucket(&name).unwrap().history.pending(now).is_some(),
            Self::Disposal => {
                let job = store.disposals(&name).unwrap().remove(0);
                job.stage == DisposalStage::Requested && now < job.acts_at
            }
            Self::Limits => store
                .retention_limits(&name)
                .unwrap()
                .pending(now)
                .is_some(),
        }
    }
}

#[tokio::test]
async fn what_waits_acts_by_itself_when_its_request_may() {
    for waits in Waits::ALL {
        let scene = scene().await;
        waits.prepare(&scene).await;
        waits.ask(&scene).await;
        let request = scene.only();
        assert!(request.waits(), "{waits:?}");
        scene.vault.run(5 * DAY);
        scene.vault.store.keep().await.unwrap();
        assert!(!waits.acts(&scene) && waits.pends(&scene), "{waits:?}");
        scene.approve(request.id).await.unwrap();
        scene.vault.run(3 * DAY - HOUR);
        scene.vault.store.keep().await.unwrap();
        assert!(!waits.acts(&scene), "{waits:?}");
        scene.vault.run(HOUR);
        scene.vault.store.tick().await.unwrap();
        let vault = scene.vault.restarted().await;
        vault.store.set_approvers(Arc::new(scene.people.clone()));
        let scene = Scene { vault, ..scene };
        scene.vault.store.keep().await.unwrap();
        assert!(waits.acts(&scene), "{waits:?}");
        let stage = scene.request(request.id).stage;
        assert!(
            matches!(stage, RequestStage::Executed(_)),
            "{waits:?} {stage:?}"
        );
        let allowed = PermittedBy::TwoPeople {
            request: request.id,
            approver: principal("suzuki"),
        };
        let marks = scene.marks();
        assert!(!marks.is_empty() && marks.iter().all(|(_, by, _)| *by == allowed));
        assert_rebuild_equals(&scene.vault.engine);
    }
}

#[tokio::test]
async fn a_no_takes_back_what_waits() {
    for waits in Waits::ALL {
        let scene = scene().await;
        waits.prepare(&scene).await;
        waits.ask(&scene).await;
        let id = scene.only().id;
        scene.approve(id).await.unwrap();
        scene.vault.run(3 * DAY - HOUR);
        let suzuki = person("suzuki", Action::AdminWrite);
        scene
            .vault
            .store
            .veto_request(&suzuki, id, "")
            .await
            .unwrap();
        assert!(!waits.pends(&scene), "{waits:?}");
        scene.vault.run(30 * DAY);
        scene.vault.store.keep().await.unwrap();
        assert!(
            !waits.acts(&scene) || matches!(waits, Waits::Disposal),
            "{waits:?}"
        );
        if let Waits::Disposal = waits {
            let job = scene
                .vault
                .store
                .disposals(&bucket_name(B))
                .unwrap()
                .remove(0);
            assert_eq!(job.stage, DisposalStage::Cancelled);
        }
        assert!(scene.marks().is_empty(), "{waits:?}");
    }
}

#[tokio::test]
async fn without_dual_control_what_waits_cools_off_as_ever_and_says_so() {
    for waits in Waits::ALL {
        let scene = scene_of(DualControl::Off, policy()).await;
        waits.prepare(&scene).await;
        waits.ask(&scene).await;
        assert!(waits.pends(&scene), "{waits:?}");
        let marks = scene.marks();
        assert_eq!(marks.len(), 1, "{waits:?} {marks:?}");
        assert_eq!(marks[0].1, PermittedBy::DualControlOff);
        scene.vault.run(3 * DAY);
        scene.vault.store.keep().await.unwrap();
        assert!(waits.acts(&scene), "{waits:?}");
    }
}

#[tokio::test]
async fn an_approval_outlives_the_process_and_acts_once() {
    let scene = scene().await;
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.approve(id).await.unwrap();
    scene.vault.run(3 * DAY);
    scene.vault.store.tick().await.unwrap();
    let vault = scene.vault.restarted().await;
    vault.store.set_approvers(Arc::new(scene.people.clone()));
    let scene = Scene { vault, ..scene };
    let both = tokio::join!(
        Deed::Delete.act(&scene, "sato"),
        Deed::Delete.act(&scene, "sato")
    );
    assert!(both.0.is_ok() || both.1.is_ok(), "{both:?}");
    let hidden = scene.marks();
    assert_eq!(hidden.len(), 1, "{hidden:?}");
}

#[tokio::test]
async fn everybody_hears_of_it() {
    let scene = scene().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    scene.vault.store.set_request_sink(Arc::new(move |notice| {
        into.lock().unwrap().push(notice.what);
    }));
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.approve(id).await.unwrap();
    scene.vault.run(3 * DAY);
    Deed::Delete.act(&scene, "sato").await.unwrap();
    let (veto, _) = needed(Deed::Open.act(&scene, "sato").await);
    scene
        .vault
        .store
        .veto_request(&sato(Action::AdminWrite), veto, "")
        .await
        .unwrap();
    let heard = heard.lock().unwrap().clone();
    assert_eq!(heard, ["asked", "approved", "executed", "asked", "vetoed"]);
}

#[tokio::test]
async fn one_key_cannot_bury_the_approvers() {
    let scene = scene().await;
    let (store, name, by) = (&scene.vault.store, bucket_name(B), sato(Action::AdminWrite));
    let mut asked = 0;
    loop {
        let ask = DisposalAsk {
            prefix: format!("{asked}"),
            class: None,
            before: None,
            reason: "x".to_owned(),
        };
        match store.request_disposal(&by, &name, ask).await {
            Ok(_) => asked += 1,
            Err(StoreError::InvalidRequest(_)) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(asked, 100);
    // Others still can.
    needed(Deed::Delete.act(&scene, "tanaka").await);
}

#[tokio::test]
async fn the_waits_are_the_operators() {
    let policy = StorePolicy {
        cooling_off: Duration::from_secs(60),
        ..policy()
    };
    let scene = scene_of(DualControl::Required, policy).await;
    let (id, _) = needed(Deed::Delete.act(&scene, "sato").await);
    scene.approve(id).await.unwrap();
    scene.vault.run(61_000);
    Deed::Delete.act(&scene, "sato").await.unwrap();
    let versions = scene.vault.get(B, K, Which::Version(scene.version)).await;
    assert!(versions.is_err());
    assert_eq!(
        scene
            .vault
            .store
            .bucket(&bucket_name(B))
            .unwrap()
            .versioning,
        Versioning::Enabled
    );
}

/// What was signed is a prefix and a moment: no cursor leads out of the one, and no lock that came after
/// the other comes off.
#[tokio::test]
async fn holds_come_off_within_what_was_signed_alone() {
    let scene = scene().await;
    let (store, name) = (&scene.vault.store, bucket_name(B));
    let (by, other) = (sato(Action::PutObjectLegalHold), "other/later.dcm");
    for new in [other, "検査/患者-0002.dcm"] {
        let put = put_request(new, "content");
        store.put(&writer(), &name, put).await.unwrap();
    }
    let hold = async |key_of: &str| {
        let target = (&key(key_of), Which::Current);
        store
            .put_hold(&writer(), &name, target, true)
            .await
            .unwrap();
    };
    hold(other).await;
    hold(K).await;
    let selection = LockSelection::Prefix {
        prefix: "検査/".to_owned(),
        all_versions: true,
    };
    let change = BulkChange::Hold(false);
    let page = async |after: Option<&Cursor>| {
        let page = (&selection, after);
        store
            .change_locks_page(&by, &name, page, (&change, &|_| true))
            .await
    };
    let (id, _) = needed(page(None).await.map(|_| ()));
    scene.approve(id).await.unwrap();
    scene.vault.run(3 * DAY);
    hold("検査/患者-0002.dcm").await;
    let version = store
        .head(&writer(), &name, &key(other), Which::Current)
        .await;
    let version = version.unwrap().version;
    let mut place = azekura_store::families::history(other, version)
        .bytes
        .to_vec();
    place.push(azekura_store::families::END);
    let text: String = place.iter().map(|byte| format!("{byte:02x}")).collect();
    let cursor = Cursor::parse(&text).unwrap();
    let out = page(Some(&cursor)).await;
    assert!(
        matches!(out, Err(StoreError::InvalidArgument(_))),
        "{out:?}"
    );
    let (report, next) = page(None).await.unwrap();
    assert_eq!(
        (report.changed, report.refused, next),
        (1, 1, None),
        "{report:?}"
    );
    assert!(
        report.refusals[0].why.contains("after the request"),
        "{report:?}"
    );
    for (held, still) in [(other, true), (K, false), ("検査/患者-0002.dcm", true)] {
        let target = (&key(held), Which::Current);
        let hold = store.hold(&writer(), &name, target.0, target.1).unwrap();
        assert_eq!(hold == Some(true), still, "{held}");
    }
}
