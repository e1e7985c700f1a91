//! A store on the engine in memory, and short words for what tests do with it.

#![allow(
    dead_code,
    reason = "every test file uses its own part of these helpers"
)]

pub(crate) mod disk;
pub(crate) mod ending;
pub(crate) mod used_up;
pub(crate) mod zeros;

use std::collections::BTreeMap;
use std::sync::Arc;

use azekura_engine::memory::MemoryEngine;
use azekura_engine::seam::{Engine, Entry, Family, Project, ReadError, ReadView, Scan};
use azekura_model::access::{Action, Authorized};
use azekura_model::bucket::Versioning;
use azekura_model::condition::{Conditions, ETagCondition};
use azekura_model::governed::DualControl;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::{Incarnation, PartitionId, RegionName, Sequence};
use azekura_model::time::{ComplianceTime, HybridTime, WallTime};
use azekura_store::body::{Body, BodyError, Claims};
use azekura_store::clock::{Clock, ManualTimeSource};
use azekura_store::entropy::SystemEntropy;
use azekura_store::error::StoreError;
use azekura_store::ids::Ids;
use azekura_store::keys::Keys;
use azekura_store::object::{Attributes, DeleteOutcome, GetRequest, PutOutcome, PutRequest, Which};
use azekura_store::projector::Projector;
use azekura_store::seal::cipher::SecretKey;
use azekura_store::store::{Parts, Store, StorePolicy};
use bytes::Bytes;
use futures::StreamExt;

/// A store and the engine under it.
pub(crate) struct Vault {
    pub(crate) store: Store,
    pub(crate) engine: Arc<MemoryEngine>,
    pub(crate) time: Arc<ManualTimeSource>,
    policy: StorePolicy,
}

/// What these tests decide for the whole vault: a COMPLIANCE default is final at once.
pub(crate) fn policy() -> StorePolicy {
    StorePolicy {
        probation: std::time::Duration::ZERO,
        ..StorePolicy::default()
    }
}

pub(crate) fn by(action: Action) -> Authorized {
    Authorized::internal("test", action)
}

pub(crate) fn writer() -> Authorized {
    by(Action::PutObject)
}

pub(crate) fn bucket_name(name: &str) -> BucketName {
    BucketName::parse(name).unwrap()
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(crate) fn body(bytes: impl Into<Bytes>) -> Body {
    let bytes: Bytes = bytes.into();
    Box::pin(futures::stream::iter([Ok(bytes)]))
}

/// A body that breaks off after `bytes`.
pub(crate) fn broken_body(bytes: impl Into<Bytes>) -> Body {
    let bytes: Bytes = bytes.into();
    Box::pin(futures::stream::iter([
        Ok(bytes),
        Err(BodyError::Incomplete),
    ]))
}

pub(crate) fn put_request(object: &str, content: impl Into<Bytes>) -> PutRequest {
    PutRequest {
        lock: azekura_model::lock::LockAsked::default(),
        key: key(object),
        attributes: Attributes::default(),
        claims: Claims::default(),
        conditions: Conditions::default(),
        body: body(content),
    }
}

pub(crate) fn if_none_match_any() -> Conditions {
    Conditions {
        if_none_match: Some(ETagCondition::Any),
        ..Conditions::default()
    }
}

pub(crate) fn if_match(etag: &str) -> Conditions {
    Conditions {
        if_match: Some(ETagCondition::OneOf(vec![etag.to_owned()])),
        ..Conditions::default()
    }
}

pub(crate) async fn read_all(mut body: Body) -> Result<Vec<u8>, BodyError> {
    let mut out = Vec::new();
    while let Some(chunk) = body.next().await {
        out.extend_from_slice(&chunk?);
    }
    Ok(out)
}

pub(crate) fn parts(engine: Arc<dyn Engine>, clock: Arc<Clock>, keys: Arc<Keys>) -> Parts {
    let entropy = SystemEntropy::shared();
    let region = RegionName::parse("local").unwrap();
    let incarnation = Incarnation([7; 16]);
    Parts {
        ids: Arc::new(
            Ids::new(
                &region,
                incarnation,
                Arc::clone(&clock),
                Arc::clone(&entropy),
            )
            .unwrap(),
        ),
        engine,
        keys,
        clock,
        entropy,
        region,
        memory: Arc::default(),
    }
}

pub(crate) fn fresh_keys() -> Arc<Keys> {
    let entropy = SystemEntropy::shared();
    Arc::new(Keys::new(SecretKey::new([9; 32]), entropy))
}

/// When the tests begin.
pub(crate) const BEGIN_MS: i64 = 1_790_000_000_000;

fn fresh_time() -> Arc<ManualTimeSource> {
    Arc::new(ManualTimeSource::at(WallTime(BEGIN_MS)))
}

fn fresh_clock(time: &Arc<ManualTimeSource>) -> Arc<Clock> {
    Arc::new(Clock::new(time.clone(), ComplianceTime(BEGIN_MS)))
}

impl Vault {
    pub(crate) async fn new() -> Self {
        Self::with_policy(policy()).await
    }

    pub(crate) async fn with_policy(policy: StorePolicy) -> Self {
        let region = RegionName::parse("local").unwrap();
        let engine = Arc::new(MemoryEngine::new(region, Incarnation([7; 16])));
        let time = fresh_time();
        let clock = fresh_clock(&time);
        let parts = parts(engine.clone(), clock, fresh_keys());
        let store = Store::with_policy(parts, policy.clone());
        store.bootstrap("試験病院").await.unwrap();
        store.start().await.unwrap();
        Self {
            store,
            engine,
            time,
            policy,
        }
    }

    /// The same vault in a new process: keys and clock learnt from the journal.
    pub(crate) async fn restarted(&self) -> Self {
        let engine = Arc::new(self.engine.reopen());
        let time = Arc::clone(&self.time);
        let (keys, clock) = (fresh_keys(), fresh_clock(&time));
        let projector = Projector::new(Arc::clone(&keys), Arc::clone(&clock));
        replay(&engine, &projector);
        let policy = self.policy.clone();
        let parts = parts(engine.clone(), clock, keys);
        let store = Store::with_policy(parts, policy.clone());
        store.bootstrap("試験病院").await.unwrap();
        store.start().await.unwrap();
        Self {
            store,
            engine,
            time,
            policy,
        }
    }

    /// A fresh vault behind another engine, which `over` makes of the one in memory.
    pub(crate) async fn over<E: Engine>(over: impl FnOnce(Arc<MemoryEngine>) -> Arc<E>) -> Self {
        Self::made(over, policy(), DualControl::Off).await
    }

    /// The same with what the operator decided, and whether the tenant needs two people.
    pub(crate) async fn made<E: Engine>(
        over: impl FnOnce(Arc<MemoryEngine>) -> Arc<E>,
        policy: StorePolicy,
        dual: DualControl,
    ) -> Self {
        let region = RegionName::parse("local").unwrap();
        let engine = Arc::new(MemoryEngine::new(region, Incarnation([7; 16])));
        let time = fresh_time();
        let clock = fresh_clock(&time);
        let parts = parts(over(Arc::clone(&engine)), clock, fresh_keys());
        let store = Store::with_policy(parts, policy.clone());
        store.bootstrap_with("試験病院", dual).await.unwrap();
        store.start().await.unwrap();
        Self {
            store,
            engine,
            time,
            policy,
        }
    }

    /// Keys and clock learnt from the journal, for another store over this vault.
    pub(crate) fn learnt(&self) -> (Arc<Keys>, Arc<Clock>) {
        let (keys, clock) = (fresh_keys(), fresh_clock(&self.time));
        let projector = Projector::new(Arc::clone(&keys), Arc::clone(&clock));
        replay(&self.engine, &projector);
        clock.observe(HybridTime::default(), WallTime(0), self.now());
        (keys, clock)
    }

    /// Lets all clocks run, in steps that count as running.
    pub(crate) fn run(&self, mut ms: i64) {
        while ms > 0 {
            let step = ms.min(9_000);
            self.time.run(step);
            self.now();
            ms -= step;
        }
    }

    /// Compliance time.
    pub(crate) fn now(&self) -> ComplianceTime {
        self.store.clock_report().compliance
    }

    pub(crate) async fn with_bucket(name: &str, versioning: Versioning) -> Self {
        let vault = Self::new().await;
        vault
            .store
            .create_bucket(&writer(), &bucket_name(name))
            .await
            .unwrap();
        if versioning != Versioning::Unversioned {
            vault
                .store
                .put_versioning(&writer(), &bucket_name(name), versioning)
                .await
                .unwrap();
        }
        vault
    }

    pub(crate) async fn delete(
        &self,
        bucket: &str,
        object: &str,
        which: Which,
    ) -> Result<DeleteOutcome, StoreError> {
        self.store
            .delete(&writer(), &bucket_name(bucket), &key(object), which)
            .await
    }

    pub(crate) async fn put(&self, bucket: &str, object: &str, content: &str) -> PutOutcome {
        let request = put_request(object, content.to_owned());
        self.store
            .put(&writer(), &bucket_name(bucket), request)
            .await
            .unwrap()
    }

    pub(crate) async fn get(
        &self,
        bucket: &str,
        object: &str,
        which: Which,
    ) -> Result<Vec<u8>, StoreError> {
        let request = GetRequest {
            key: key(object),
            which,
            conditions: Conditions::default(),
            range: None,
            part: None,
        };
        let outcome = self
            .store
            .get(&by(Action::GetObject), &bucket_name(bucket), request)
            .await?;
        Ok(read_all(outcome.body).await?)
    }

    pub(crate) async fn get_text(&self, bucket: &str, object: &str) -> Option<String> {
        match self.get(bucket, object, Which::Current).await {
            Ok(bytes) => Some(String::from_utf8(bytes).unwrap()),
            Err(StoreError::NoSuchKey { .. }) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Everything an index holds: partition, family, key → value and sequence.
pub(crate) type Content = BTreeMap<(PartitionId, u8, Bytes), (Bytes, Sequence)>;

struct EmptyView;

impl ReadView for EmptyView {
    fn entries(&self, _: PartitionId, _: Family) -> Result<Vec<(Bytes, Entry)>, ReadError> {
        Ok(Vec::new())
    }
}

/// The index as a replay of the whole journal makes it.
pub(crate) fn replay(engine: &MemoryEngine, projector: &Projector) -> Content {
    projector.begin(&EmptyView).unwrap();
    let mut content = Content::new();
    for (partition, last, _) in engine.status().heads {
        let limit = usize::try_from(last.0).unwrap().max(1);
        for record in engine.journal(partition, Sequence(1), limit).unwrap() {
            let mutations = projector.project(&record).unwrap();
            for key in mutations.deletes {
                content.remove(&(partition, key.family.0, key.bytes));
            }
            for (key, value) in mutations.puts {
                let at = (partition, key.family.0, key.bytes);
                content.insert(at, (value, record.position.sequence));
            }
        }
    }
    content
}

/// The index as it stands.
pub(crate) fn live(engine: &MemoryEngine) -> Content {
    let mut content = Content::new();
    for (partition, _, _) in engine.status().heads {
        for family in 0..Family::COUNT {
            let mut from = Bytes::new();
            loop {
                let scan = Scan {
                    family: Family(family),
                    from: from.clone(),
                    until: None,
                    limit: 1000,
                };
                let page = engine.scan(partition, &scan).unwrap();
                for (key, entry) in &page.entries {
                    let at = (partition, family, key.clone());
                    content.insert(at, (entry.value.clone(), entry.sequence));
                }
                match page.entries.last() {
                    Some((key, _)) if page.more => {
                        from = Bytes::from([key.as_ref(), &[1]].concat());
                    }
                    _ => break,
                }
            }
        }
    }
    content
}

/// Replays the journal with fresh keys and compares.
pub(crate) fn assert_rebuild_equals(engine: &MemoryEngine) {
    let projector = Projector::new(fresh_keys(), fresh_clock(&fresh_time()));
    assert_eq!(replay(engine, &projector), live(engine));
}
