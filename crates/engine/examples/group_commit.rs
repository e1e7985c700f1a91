//! Grouped durable commits through the engine against bare grouped appends of the same size, in one
//! run, interleaved; then bytes written to the device for each byte stored.
//!
//! `cargo run --release -p azekura-engine --example group_commit -- [DIR] [SECONDS] [WRITERS]`
//!
//! *Bare* is the same structure without the engine: writers queue 4 KiB buffers to one thread, which
//! puts all that wait into one buffer, appends it with one `pwrite`, calls `fdatasync` and wakes
//! the writers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measuring tool: it reads the clock, and a failed step ends it"
)]

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use azekura_engine::embedded::{Embedded, NewVault, Options};
use azekura_engine::seam::{
    Commit, CommitClass, CommitId, Engine, Family, Guard, Key, Mutations, NewRecord, Project,
    ProjectError, ReadView, SignHead, StoredRecord,
};
use azekura_model::position::{Incarnation, PartitionId, RegionName};
use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

const PAYLOAD: usize = 4096;

struct Signer(aws_lc_rs::signature::Ed25519KeyPair);

impl SignHead for Signer {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().unwrap()
    }

    fn public_key(&self) -> [u8; 32] {
        use aws_lc_rs::signature::KeyPair;
        self.0.public_key().as_ref().try_into().unwrap()
    }
}

struct Nothing;

impl Project for Nothing {
    fn begin(&self, _: &dyn ReadView) -> Result<(), ProjectError> {
        Ok(())
    }

    fn project(&self, _: &StoredRecord) -> Result<Mutations, ProjectError> {
        Ok(Mutations::default())
    }
}

fn open(dir: &Path) -> Arc<Embedded> {
    let options = Options::new(
        dir.join("journal"),
        dir.join("index"),
        vec![dir.join("blobs")],
        64 << 20,
    );
    let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let signer = Arc::new(Signer(pair));
    let new = NewVault::new(RegionName::parse("local").unwrap(), Incarnation([5; 16]));
    Embedded::create(&options, &new, &*signer).unwrap();
    Arc::new(Embedded::open(options, signer, &Nothing, &mut |_| ()).unwrap())
}

/// What a PUT of an object leaves: a guard, two index entries, 300 B of core, 600 B of particulars.
fn commit(number: u64, payload: &Bytes) -> Commit {
    let scrambled = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let name = format!("objects/{scrambled:016x}/{number:012}/some-file-name.dcm");
    let key = |family| Key {
        family: Family(family),
        bytes: Bytes::from(name.clone()),
    };
    let value = || Bytes::from(vec![7; 90]);
    Commit {
        id: CommitId((u128::from(number) << 64 | u128::from(scrambled)).to_be_bytes()),
        class: CommitClass::Data,
        guards: vec![Guard::Absent(key(0))],
        mutations: Mutations {
            puts: vec![(key(0), value()), (key(1), value())],
            deletes: Vec::new(),
        },
        record: NewRecord {
            kind: 1,
            core: Bytes::from(vec![3; 300]),
            particulars: Bytes::from(vec![4; 600]),
            payload: payload.clone(),
        },
    }
}

async fn through_engine(
    engine: &Arc<Embedded>,
    counter: &Arc<AtomicU64>,
    writers: usize,
    until: Instant,
    payload: usize,
) -> f64 {
    let start = Instant::now();
    let payload = Bytes::from(vec![9; payload]);
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let (engine, counter, payload) = (engine.clone(), counter.clone(), payload.clone());
            tokio::spawn(async move {
                let mut done = 0u64;
                while Instant::now() < until {
                    let number = counter.fetch_add(1, Ordering::Relaxed);
                    engine
                        .commit(PartitionId(1), commit(number, &payload))
                        .await
                        .unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    total as f64 / start.elapsed().as_secs_f64()
}

type Waiting = Vec<oneshot::Sender<()>>;

async fn bare(path: &Path, writers: usize, until: Instant) -> f64 {
    let file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(path)
        .unwrap();
    let queue: Arc<(Mutex<Waiting>, Condvar)> = Arc::default();
    let stop = Arc::new(AtomicBool::new(false));
    let appender = std::thread::spawn({
        let (queue, stop) = (queue.clone(), stop.clone());
        move || {
            let mut offset = 0;
            let mut buffer = Vec::new();
            let payload = vec![9u8; PAYLOAD];
            loop {
                let waiting = {
                    let mut waiting = queue.0.lock();
                    while waiting.is_empty() {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        queue.1.wait_for(&mut waiting, Duration::from_millis(50));
                    }
                    std::mem::take(&mut *waiting)
                };
                buffer.clear();
                waiting
                    .iter()
                    .for_each(|_| buffer.extend_from_slice(&payload));
                file.write_all_at(&buffer, offset).unwrap();
                file.sync_data().unwrap();
                offset += buffer.len() as u64;
                waiting
                    .into_iter()
                    .for_each(|waiter| waiter.send(()).unwrap());
            }
        }
    });
    let start = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut done = 0u64;
                while Instant::now() < until {
                    let (waiter, outcome) = oneshot::channel();
                    queue.0.lock().push(waiter);
                    queue.1.notify_one();
                    outcome.await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    appender.join().unwrap();
    total as f64 / start.elapsed().as_secs_f64()
}

/// Bytes that this process caused to be written to devices.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "))
        .unwrap();
    line.parse().unwrap()
}

async fn amplification(dir: &Path, payload: usize, writers: usize, seconds: u64) {
    let dir = dir.join(format!("amplification-{payload}"));
    let engine = open(&dir);
    let counter = Arc::new(AtomicU64::new(0));
    let before = written();
    let until = Instant::now() + Duration::from_secs(seconds);
    let rate = through_engine(&engine, &counter, writers, until, payload).await;
    let closing = engine.clone();
    tokio::task::spawn_blocking(move || closing.close().unwrap())
        .await
        .unwrap();
    let records = engine.status().counters.records;
    let stored = records * payload as u64;
    let ratio = (written() - before) as f64 / stored as f64;
    println!(
        "{payload:>8} B: {rate:>9.0} commits/s, {ratio:.2} bytes written a byte stored ({records} commits)"
    );
    std::fs::remove_dir_all(&dir).unwrap();
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let base = arguments
        .next()
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().map_or(2, |text| text.parse().unwrap());
    let writers = arguments.next().map_or(64, |text| text.parse().unwrap());
    let dir = base.join(format!("group-commit-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let engine = open(&dir.join("vault"));
    let counter = Arc::new(AtomicU64::new(0));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..5 {
        let until = Instant::now() + Duration::from_secs(seconds);
        theirs.push(bare(&dir.join(format!("bare-{round}")), writers, until).await);
        let until = Instant::now() + Duration::from_secs(seconds);
        ours.push(through_engine(&engine, &counter, writers, until, PAYLOAD).await);
        println!(
            "round {round}: engine {:.0}/s, bare {:.0}/s",
            ours[round], theirs[round]
        );
    }
    let counters = engine.status().counters;
    println!(
        "{:.1} commits a group",
        counters.records as f64 / counters.groups as f64
    );
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    println!(
        "median: engine {ours:.0}/s, bare {theirs:.0}/s, ratio {:.2}",
        ours / theirs
    );
    drop(engine);
    for payload in [PAYLOAD, 64 << 10, 1 << 20] {
        amplification(&dir, payload, writers, seconds * 2).await;
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
