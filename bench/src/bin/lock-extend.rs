//! Extends the retention of many versions by prefix, in a vault of its own.
//!
//! `cargo run --release -p azekura-bench --bin lock-extend -- DIR [VERSIONS]`
//!
//! DIR must be empty or missing. First it stores VERSIONS (a million unless told) empty objects of
//! keys of about 40 bytes under a COMPLIANCE default; then it extends them all, twice: from their own
//! records, and from the records of the first pass. Last, asking for nothing new, it only judges.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use azekura_bench::clock::now;
use azekura_bench::{cpu, device_bytes};
use azekura_model::access::{Action, Authorized};
use azekura_model::condition::Conditions;
use azekura_model::lock::{DefaultRetention, LockAsked, LockRequest, Period, RetentionMode};
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;
use azekura_model::time::ComplianceTime;
use azekura_store::body::{Body, Claims};
use azekura_store::lock_bulk::LockSelection;
use azekura_store::object::{Attributes, PutRequest};
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open};
use futures::StreamExt as _;

const DAY_MS: i64 = 86_400_000;
const AT_ONCE: usize = 512;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("give a directory")?;
    let versions: u64 = args.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let places = Places::in_dir(Path::new(&dir).join("vault"));
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
    let _ticker = vault.ticker;
    let store = Store::new(Parts {
        engine: Arc::clone(&vault.engine),
        keys: vault.keys,
        clock: vault.clock,
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    });
    store.bootstrap("bench").await?;
    store.start().await?;
    fill(&store, versions).await?;
    let start = store.clock_report().compliance.0;
    for (pass, days) in [("first", 60), ("second", 90), ("nothing new", 90)] {
        extend(&store, pass, ComplianceTime(start + days * DAY_MS)).await?;
    }
    store.engine().close()?;
    Ok(())
}

fn bucket() -> Outcome<BucketName> {
    Ok(BucketName::parse("locked-bucket")?)
}

async fn fill(store: &Store, versions: u64) -> Outcome<()> {
    let by = Authorized::internal("bench", Action::PutObject);
    let bucket = bucket()?;
    store.create_bucket_locked(&by, &bucket).await?;
    let default = DefaultRetention {
        mode: RetentionMode::Compliance,
        period: Period::days(30)?,
    };
    store.put_object_lock(&by, &bucket, Some(default)).await?;
    let start = now();
    let mut puts = futures::stream::iter(0..versions)
        .map(|number| put(store, &by, &bucket, number))
        .buffer_unordered(AT_ONCE);
    while let Some(put) = puts.next().await {
        put?;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("stored {versions} versions in {seconds:.1} s");
    Ok(())
}

async fn put(store: &Store, by: &Authorized, bucket: &BucketName, number: u64) -> Outcome<()> {
    let body: Body = Box::pin(futures::stream::empty());
    let request = PutRequest {
        key: ObjectKey::parse(&format!("archive/2026/patient-{number:08}/image.dcm"))?,
        attributes: Attributes::default(),
        lock: LockAsked::default(),
        claims: Claims::default(),
        conditions: Conditions::default(),
        body,
    };
    store.put(by, bucket, request).await?;
    Ok(())
}

async fn extend(store: &Store, pass: &str, until: ComplianceTime) -> Outcome<()> {
    let by = Authorized::internal("bench", Action::PutObjectRetention);
    let all = LockSelection::Prefix {
        prefix: "archive/".to_owned(),
        all_versions: true,
    };
    let request = LockRequest::Extend(until);
    let (start, written, busy) = (now(), device_bytes()?, cpu()?);
    let report = store
        .change_locks(&by, &bucket()?, &all, &request, |_| {})
        .await?;
    let seconds = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = report.judged() as f64 / seconds;
    let busy = cpu()?.saturating_sub(busy).as_secs_f64();
    let mib = device_bytes()?.saturating_sub(written) >> 20;
    println!(
        "{pass}: {} changed, {} as asked already, {} refused in {seconds:.2} s: {rate:.0} a second, {busy:.2} s of processor, {mib} MiB written",
        report.changed, report.unchanged, report.refused
    );
    Ok(())
}
