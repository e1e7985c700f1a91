//! Grouped durable commits through the engine against bare grouped appends of the same size, in one
//! run, interleaved; then bytes written to the device for each byte stored.
//!
//! `cargo run --release -p azekura-bench --bin group-commit -- [DIR] [SECONDS] [WRITERS] [ROUNDS]`
//!
//! **What is compared.** Both sides have the same writers: tasks on one runtime, each with one write
//! outstanding, that make the same record (300 B of core, 600 B of particulars, 4 KiB of payload,
//! and the keys and values of its index entries), hand it over, and are woken through a oneshot
//! channel. Both sides gather what waits and write it with one `pwrite` and one `fdatasync`.
//! *Bare* does nothing else. An append of it takes as many bytes of the file as a commit of the
//! engine takes of the journal (frame, envelope and head included, measured first), since the size
//! of a write is what a disk sees; *bare, payload only* appends 4 KiB and is shown beside it, for
//! whoever reads "the same size" as the payload's.
//!
//! **What counts.** The rate at which commits are acknowledged over a round, while the index is
//! written behind them. Since the index may lag, a second rate counts the time until it has caught
//! up: what the engine holds for ever. Bare rounds start only then. All files grow through the rounds
//! and are removed at the end, so that no side is given pages that another warmed. The first round of
//! each side warms up and is not counted.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measuring tool: a failed step ends it"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use azekura_bench::clock::now;
use azekura_bench::{cpu, device_bytes, load as machine_load};
use azekura_engine::embedded::Embedded;
use azekura_engine::seam::Engine;

mod bare;
mod engine;
mod load;

/// One side of one round.
struct Figure {
    per_second: f64,
    cpu_micros: f64,
}

/// Measures until `count` is known.
async fn figure(side: impl Future<Output = u64>) -> Figure {
    let (start, before) = (now(), cpu().unwrap());
    let count = side.await as f64;
    Figure {
        per_second: count / start.elapsed().as_secs_f64(),
        cpu_micros: (cpu().unwrap() - before).as_secs_f64() * 1e6 / count,
    }
}

struct Bench {
    dir: PathBuf,
    round: Duration,
    writers: usize,
}

impl Bench {
    async fn bare(&self, name: &str, bytes: usize) -> Figure {
        let path = self.dir.join(name);
        let until = now() + self.round;
        figure(bare::run(&path, self.writers, until, bytes)).await
    }

    /// The rate of acknowledgements, and that including the index's arrears.
    async fn engine(&self, engine: &Arc<Embedded>, counter: &Arc<AtomicU64>) -> (Figure, Figure) {
        let mut acknowledged = None;
        let held = figure(async {
            let (start, until) = (now(), now() + self.round);
            let made = engine::run(engine, counter, self.writers, until, load::PAYLOAD).await;
            acknowledged = Some((made, start.elapsed()));
            engine::drain(engine).await;
            made
        })
        .await;
        let (made, took) = acknowledged.unwrap();
        let acknowledged = Figure {
            per_second: made as f64 / took.as_secs_f64(),
            cpu_micros: held.cpu_micros,
        };
        (acknowledged, held)
    }

    /// What a commit takes of the journal, shares of group header and head included.
    async fn journal_bytes_a_commit(
        &self,
        engine: &Arc<Embedded>,
        counter: &Arc<AtomicU64>,
    ) -> usize {
        let until = now() + Duration::from_millis(500);
        let made = engine::run(engine, counter, self.writers, until, load::PAYLOAD).await;
        engine::drain(engine).await;
        usize::try_from(engine.status().journal_bytes / made).unwrap()
    }

    async fn gate(&self, rounds: usize) {
        let engine = engine::open(&self.dir.join("vault"));
        let counter = Arc::new(AtomicU64::new(0));
        let bytes = self.journal_bytes_a_commit(&engine, &counter).await;
        println!(
            "{bytes} bytes of journal a commit, {} writers",
            self.writers
        );
        let mut rates = [const { Vec::new() }; 4];
        let mut ratios = [const { Vec::new() }; 3];
        for round in 0..=rounds {
            let bare = self.bare("bare", bytes).await;
            let (ours, held) = self.engine(&engine, &counter).await;
            let payload_only = self.bare("payload", load::PAYLOAD).await;
            println!(
                "round {round}: engine {:.0}/s ({:.0}/s with its index caught up, {:.1} us of cpu), \
                 bare {:.0}/s ({:.1} us), bare, payload only {:.0}/s; ratio {:.2}; load {:.1}",
                ours.per_second,
                held.per_second,
                held.cpu_micros,
                bare.per_second,
                bare.cpu_micros,
                payload_only.per_second,
                ours.per_second / bare.per_second,
                machine_load().unwrap()
            );
            if round == 0 {
                continue;
            }
            for (ratio, of) in ratios.iter_mut().zip([
                ours.per_second / bare.per_second,
                held.per_second / bare.per_second,
                ours.per_second / payload_only.per_second,
            ]) {
                ratio.push(of);
            }
            for (rate, of) in rates.iter_mut().zip([ours, held, bare, payload_only]) {
                rate.push(of.per_second);
            }
        }
        let counters = engine.status().counters;
        println!(
            "{:.1} commits a group",
            counters.records as f64 / counters.groups as f64
        );
        let names = [
            "engine",
            "engine, index caught up",
            "bare",
            "bare, payload only",
        ];
        for (name, rate) in names.iter().zip(&mut rates) {
            println!("{name}: {}/s", spread(rate, 0));
        }
        let names = [
            "engine to bare (the gate: 0.60)",
            "engine, index caught up, to bare",
            "engine to bare, payload only",
        ];
        for (name, ratio) in names.iter().zip(&mut ratios) {
            println!("{name}: {}", spread(ratio, 2));
        }
    }

    async fn amplification(&self, payload: usize) {
        let dir = self.dir.join(format!("amplification-{payload}"));
        let engine = engine::open(&dir);
        let counter = Arc::new(AtomicU64::new(0));
        let before = device_bytes().unwrap();
        let (start, until) = (now(), now() + self.round * 2);
        let made = engine::run(&engine, &counter, self.writers, until, payload).await;
        let rate = made as f64 / start.elapsed().as_secs_f64();
        close(&engine).await;
        let ratio = (device_bytes().unwrap() - before) as f64 / (made * payload as u64) as f64;
        println!(
            "{payload:>8} B: {rate:>9.0} commits/s, {ratio:.2} bytes written a byte stored ({made} commits)"
        );
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

async fn close(engine: &Arc<Embedded>) {
    let engine = engine.clone();
    tokio::task::spawn_blocking(move || engine.close().unwrap())
        .await
        .unwrap();
}

/// Median, least and most.
fn spread(values: &mut [f64], decimals: usize) -> String {
    values.sort_by(f64::total_cmp);
    let (least, most) = (values[0], values[values.len() - 1]);
    let median = values[values.len() / 2];
    format!("{median:.decimals$} ({least:.decimals$} to {most:.decimals$})")
}

fn argument(at: usize, default: usize) -> usize {
    std::env::args()
        .nth(at)
        .map_or(default, |text| text.parse().unwrap())
}

#[tokio::main]
async fn main() {
    let base = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, |dir| Path::new(&dir).to_owned());
    let dir = base.join(format!("group-commit-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let bench = Bench {
        dir: dir.clone(),
        round: Duration::from_secs(argument(2, 2) as u64),
        writers: argument(3, 64),
    };
    bench.gate(argument(4, 5)).await;
    if argument(5, 1) > 0 {
        for payload in [load::PAYLOAD, 64 << 10, 1 << 20] {
            bench.amplification(payload).await;
        }
    }
    std::fs::remove_dir_all(&dir).unwrap();
}
