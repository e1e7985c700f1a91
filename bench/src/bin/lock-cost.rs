//! What object lock costs a PUT and a GET: the same load on two buckets of one vault, one without
//! object lock, one whose default locks every version, in turns.
//!
//! `cargo run --release -p azekura-bench --bin lock-cost -- DIR [ROUNDS] [OPERATIONS]`
//!
//! DIR must be empty or missing. Objects of 4 KiB, 64 at a time, straight on the store.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use azekura_bench::clock::now;
use azekura_bench::{cpu, load};
use azekura_model::access::{Action, Authorized};
use azekura_model::bucket::Versioning;
use azekura_model::condition::Conditions;
use azekura_model::lock::{DefaultRetention, LockAsked, Period, RetentionMode};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;
use azekura_store::body::{Body, Claims};
use azekura_store::object::{Attributes, GetRequest, PutRequest, Which};
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store, StorePolicy};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open};
use bytes::Bytes;
use futures::StreamExt as _;

const AT_ONCE: usize = 64;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("give a directory")?;
    let rounds: u64 = args.next().map_or(Ok(10), |text| text.parse())?;
    let operations: u64 = args.next().map_or(Ok(20_000), |text| text.parse())?;
    let store = store(Path::new(&dir)).await?;
    let by = Authorized::internal("bench", Action::PutObject);
    let (plain, locked) = (BucketName::parse("plain")?, BucketName::parse("locked")?);
    store.create_bucket(&by, &plain).await?;
    let enabled = Versioning::Enabled;
    store.put_versioning(&by, &plain, enabled).await?;
    store.create_bucket_locked(&by, &locked).await?;
    let default = DefaultRetention {
        mode: RetentionMode::Compliance,
        period: Period::days(30)?,
    };
    store.put_object_lock(&by, &locked, Some(default)).await?;
    println!("load {:.1}", load()?);
    let mut ratios: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        let numbers = round * operations..(round + 1) * operations;
        // Who goes first alternates.
        let order = if round % 2 == 0 {
            [&plain, &locked]
        } else {
            [&locked, &plain]
        };
        for (kind, name) in ["PUT", "GET"].iter().enumerate() {
            let mut took = [(0.0, 0.0); 2];
            for bucket in order {
                let spent = phase(&store, &by, bucket, name, numbers.clone()).await?;
                if let Some(slot) = took.get_mut(usize::from(*bucket == locked)) {
                    *slot = spent;
                }
            }
            let [(plain_s, plain_cpu), (locked_s, locked_cpu)] = took;
            println!(
                "round {round} {name}: plain {plain_s:.2} s, locked {locked_s:.2} s; processor {plain_cpu:.2} s, {locked_cpu:.2} s"
            );
            for (at, ratio) in [locked_s / plain_s, locked_cpu / plain_cpu]
                .iter()
                .enumerate()
            {
                if let Some(list) = ratios.get_mut(kind * 2 + at) {
                    list.push(*ratio);
                }
            }
        }
    }
    let names = ["PUT time", "PUT processor", "GET time", "GET processor"];
    for (name, mut list) in names.into_iter().zip(ratios) {
        list.sort_by(f64::total_cmp);
        let at = |index: usize| list.get(index).copied().unwrap_or_default();
        let (least, median, most) = (at(0), at(list.len() / 2), at(list.len().saturating_sub(1)));
        println!("{name}, locked to plain: {median:.3} ({least:.3} to {most:.3})");
    }
    store.engine().close()?;
    Ok(())
}

async fn store(dir: &Path) -> Outcome<Store> {
    let places = Places::in_dir(dir.join("vault"));
    init(&InitOptions {
        places: places.clone(),
        region: RegionName::parse("bench")?,
        passphrase: None,
    })?;
    let vault = open(
        &OpenOptions::new(places, None),
        |keys, clock| Box::new(Projector::new(keys, clock)),
        &mut |_| {},
    )?;
    // Ticks stop with the vault's ticker; each record looks at the clock often enough.
    let parts = Parts {
        engine: Arc::clone(&vault.engine),
        keys: vault.keys,
        clock: vault.clock,
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    };
    let policy = StorePolicy {
        probation: Duration::ZERO,
        ..StorePolicy::default()
    };
    let store = Store::with_policy(parts, policy);
    store.bootstrap("bench").await?;
    store.start().await?;
    Ok(store)
}

/// Seconds, and seconds of processor time.
async fn phase(
    store: &Store,
    by: &Authorized,
    bucket: &BucketName,
    name: &str,
    numbers: std::ops::Range<u64>,
) -> Outcome<(f64, f64)> {
    let (start, busy) = (now(), cpu()?);
    let mut under_way = futures::stream::iter(numbers)
        .map(|number| async move {
            match name {
                "PUT" => put(store, by, bucket, number).await,
                _ => get(store, by, bucket, number).await,
            }
        })
        .buffer_unordered(AT_ONCE);
    while let Some(done) = under_way.next().await {
        done?;
    }
    let seconds = start.elapsed().as_secs_f64();
    Ok((seconds, cpu()?.saturating_sub(busy).as_secs_f64()))
}

fn key(number: u64) -> Outcome<ObjectKey> {
    Ok(ObjectKey::parse(&format!(
        "archive/2026/patient-{number:08}/image.dcm"
    ))?)
}

async fn put(store: &Store, by: &Authorized, bucket: &BucketName, number: u64) -> Outcome<()> {
    let content = Bytes::from(number.to_le_bytes().repeat(512));
    let body: Body = Box::pin(futures::stream::iter([Ok(content)]));
    let request = PutRequest {
        key: key(number)?,
        attributes: Attributes::default(),
        lock: LockAsked::default(),
        claims: Claims::default(),
        conditions: Conditions::default(),
        body,
    };
    store.put(by, bucket, request).await?;
    Ok(())
}

async fn get(store: &Store, by: &Authorized, bucket: &BucketName, number: u64) -> Outcome<()> {
    let request = GetRequest {
        key: key(number)?,
        which: Which::Current,
        conditions: Conditions::default(),
        range: None,
        part: None,
    };
    let mut body = store.get(by, bucket, request).await?.body;
    while let Some(bytes) = body.next().await {
        bytes?;
    }
    Ok(())
}
