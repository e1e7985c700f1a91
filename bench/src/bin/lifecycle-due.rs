//! What a pass of the keeper reads when little is due.
//!
//! `cargo run --release -p azekura-bench --bin lifecycle-due -- DIR [VERSIONS]`
//!
//! DIR must be empty or missing. Stores VERSIONS (a million unless told) empty objects under the rule
//! "expires after 30 days": a hundredth of them, then all others 20 days later by simulated clocks.
//! Then it runs passes: on day 25 (nothing is due), on day 32 (the hundredth is), and again.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use azekura_bench::clock::now;
use azekura_model::access::{Action, Authorized};
use azekura_model::condition::Conditions;
use azekura_model::lifecycle::{Expiration, LifecycleFilter, LifecycleRule, LifecycleRules};
use azekura_model::lock::LockAsked;
use azekura_model::name::{BucketName, ObjectKey};
use azekura_model::position::RegionName;
use azekura_model::time::ComplianceTime;
use azekura_store::body::{Body, Claims};
use azekura_store::clock::{Clock, ManualTimeSource};
use azekura_store::object::{Attributes, PutRequest};
use azekura_store::projector::Projector;
use azekura_store::store::{Parts, Store, StorePolicy};
use azekura_store::vault::{InitOptions, OpenOptions, Places, init, open};
use futures::StreamExt as _;

const TICK_MS: i64 = 10_000;
const TICKS_OF_A_DAY: u32 = 8640;
const AT_ONCE: usize = 512;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A store under clocks that stand still until they are moved.
struct Simulated {
    store: Store,
    clock: Arc<Clock>,
    source: Arc<ManualTimeSource>,
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("give a directory")?;
    let versions: u64 = args.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let early = versions / 100;
    let simulated = simulated(Path::new(&dir)).await?;
    let bucket = BucketName::parse("expiring")?;
    let by = Authorized::internal("bench", Action::PutObject);
    simulated.store.create_bucket(&by, &bucket).await?;
    simulated
        .store
        .put_lifecycle(&by, &bucket, thirty_days()?)
        .await?;
    fill(&simulated.store, &by, &bucket, 0..early).await?;
    simulated.days(20);
    fill(&simulated.store, &by, &bucket, early..versions).await?;
    simulated.days(5);
    pass(&simulated.store, &bucket, "day 25, first").await?;
    pass(&simulated.store, &bucket, "day 25, again").await?;
    simulated.days(7);
    pass(&simulated.store, &bucket, "day 32, a hundredth is due").await?;
    pass(&simulated.store, &bucket, "day 32, again").await?;
    simulated.store.engine().close()?;
    Ok(())
}

async fn simulated(dir: &Path) -> Outcome<Simulated> {
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
    let wall = vault.clock.wall();
    let source = Arc::new(ManualTimeSource::at(wall));
    let clock = Arc::new(Clock::new(source.clone(), ComplianceTime(wall.0)));
    let parts = Parts {
        engine: Arc::clone(&vault.engine),
        keys: vault.keys,
        clock: Arc::clone(&clock),
        ids: vault.ids,
        entropy: vault.entropy,
        region: vault.format.region,
        memory: Arc::default(),
    };
    let policy = StorePolicy {
        cooling_off: Duration::ZERO,
        ..StorePolicy::default()
    };
    let store = Store::with_policy(parts, policy);
    store.bootstrap("bench").await?;
    store.start().await?;
    Ok(Simulated {
        store,
        clock,
        source,
    })
}

impl Simulated {
    /// Lets days pass in ticks, as a running server sees them.
    fn days(&self, days: u32) {
        for _ in 0..days.saturating_mul(TICKS_OF_A_DAY) {
            self.source.run(TICK_MS);
            let _time = self.clock.compliance();
        }
    }
}

fn thirty_days() -> Outcome<LifecycleRules> {
    Ok(LifecycleRules::new(vec![LifecycleRule {
        id: "thirty-days".to_owned(),
        enabled: true,
        filter: LifecycleFilter::default(),
        legacy_prefix: false,
        expiration: Some(Expiration::Days(30)),
        noncurrent: None,
        abort_multipart_days: None,
    }])?)
}

async fn fill(
    store: &Store,
    by: &Authorized,
    bucket: &BucketName,
    numbers: std::ops::Range<u64>,
) -> Outcome<()> {
    let (start, count) = (now(), numbers.end.saturating_sub(numbers.start));
    let mut puts = futures::stream::iter(numbers)
        .map(|number| put(store, by, bucket, number))
        .buffer_unordered(AT_ONCE);
    while let Some(put) = puts.next().await {
        put?;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("stored {count} versions in {seconds:.1} s");
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

async fn pass(store: &Store, bucket: &BucketName, name: &str) -> Outcome<()> {
    let start = now();
    let report = store.keep_bucket(bucket).await?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{name}: {} records read, {} expired, {} failed, in {seconds:.2} s",
        report.records_read, report.expired, report.failed
    );
    Ok(())
}
