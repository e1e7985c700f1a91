//! What the index costs: bytes written to the device and time per commit, then the same by rebuild.
//!
//! `cargo run --release -p azekura-bench --bin index-cost -- DIR [COMMITS]`
//!
//! A commit has two entries of a key of about 60 bytes and a value of 90 bytes, and a locator. All
//! of one commit in a thousand delete. Bytes come from `/proc/self/io`, compaction counted.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use azekura_bench::clock::now;
use azekura_bench::device_bytes;
use azekura_engine::index::fjall::{FjallSource, FjallView};
use azekura_engine::index::{
    DurableCommit, Index, Locator, OverlayLimits, View, ViewSource, Watermark,
};
use azekura_engine::seam::{Family, Key, Mutations};
use azekura_model::position::{PartitionId, Sequence};
use bytes::Bytes;

const GROUP: u64 = 64;
const CACHE_BYTES: u64 = 64 << 20;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().ok_or("give a directory")?;
    let commits: u64 = args.next().map_or(Ok(500_000), |text| text.parse())?;
    let dir = Path::new(&dir);
    let live = live(&dir.join("live"), commits)?;
    let rebuilt = rebuild(&dir.join("rebuilt"), commits)?;
    println!("same content: {}", live == rebuilt);
    Ok(())
}

fn live(dir: &Path, commits: u64) -> Outcome<[u8; 32]> {
    let view = Arc::new(FjallView::open(dir, CACHE_BYTES)?);
    let index = Index::open(view.clone(), OverlayLimits::default())?;
    let meter = Meter::start()?;
    for group in 0..commits.div_ceil(GROUP) {
        let from = group * GROUP;
        let batch = (from..commits.min(from + GROUP)).map(commit).collect();
        index.publish(
            batch,
            Watermark {
                segment: 1,
                offset: from,
            },
        )?;
    }
    index.drain()?;
    meter.report("applied", commits)?;
    // Compaction goes on for a while.
    let mut before = 0;
    while before != view.bytes() {
        before = view.bytes();
        std::thread::park_timeout(Duration::from_secs(2));
    }
    meter.report("compacted", commits)?;
    println!("  {} MiB on disk", view.bytes() >> 20);
    let digest = view.digest()?;
    index.close()?;
    meter.report("closed", commits)?;
    drop(index);
    drop(view);
    let start = now();
    let view = FjallView::open(dir, CACHE_BYTES)?;
    println!("reopened in {} ms", (now() - start).as_millis());
    view.close()?;
    Ok(digest)
}

fn rebuild(dir: &Path, commits: u64) -> Outcome<[u8; 32]> {
    let meter = Meter::start()?;
    let mut loader = FjallSource {
        dir: dir.to_owned(),
        cache_bytes: CACHE_BYTES,
    }
    .rebuild()?;
    for n in 0..commits {
        loader.push(&commit(n))?;
    }
    let view = loader.finish(Watermark {
        segment: 1,
        offset: commits,
    })?;
    meter.report("rebuilt", commits)?;
    let digest = view.digest()?;
    view.close()?;
    Ok(digest)
}

/// Commit `n` of the history, the same in every run.
fn commit(n: u64) -> DurableCommit {
    let noise = |salt: u64| {
        let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        move || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x
        }
    };
    let mut random = noise(1);
    let name = format!(
        "backup/data/{:02x}/{:016x}{:016x}",
        random() % 256,
        random(),
        random()
    );
    let version = format!("{name}:{n:08x}");
    let value = |salt| {
        let mut random = noise(salt);
        Bytes::from(
            (0..12)
                .flat_map(|_| random().to_le_bytes())
                .take(90)
                .collect::<Vec<u8>>(),
        )
    };
    let key = |family, text: String| Key {
        family: Family(family),
        bytes: Bytes::from(text),
    };
    let mut mutations = Mutations::default();
    mutations.puts.push((key(1, version), value(3)));
    if n % 1_000 == 999 {
        mutations.deletes.push(key(0, name));
    } else {
        mutations.puts.push((key(0, name), value(2)));
    }
    DurableCommit {
        partition: PartitionId(n % 4),
        sequence: Sequence(n / 4 + 1),
        chain: [7; 32],
        locator: Locator {
            segment: 1,
            offset: n * 4_400,
            bytes: 4_400,
        },
        mutations,
    }
}

struct Meter {
    start: std::time::Instant,
    written: u64,
}

impl Meter {
    fn start() -> Outcome<Self> {
        Ok(Self {
            start: now(),
            written: device_bytes()?,
        })
    }

    fn report(&self, what: &str, commits: u64) -> Outcome<()> {
        let bytes = (device_bytes()? - self.written) / commits;
        let micros = (now() - self.start).as_micros() / u128::from(commits);
        println!("{what}: {bytes} bytes and {micros} µs a commit");
        Ok(())
    }
}
