//! Azekura beside other S3 servers, interleaved in one run on one disk: `cargo xtask bench`.
//!
//! **One round** gives each server one turn: started on an empty folder, measured, stopped, removed,
//! and the disk synced, so that no server pays for what another left in memory. Ratios are taken within
//! a round. A first round warms up, counts the syncs that a PUT costs, and tells what each server can do.
//!
//! **Throughput** is a closed loop: every client has one request outstanding. **Latency** is an open loop:
//! requests are due at a fixed pace, the same for all servers, half of what the slowest server can do in
//! its default, and count from when they were due, so that a stall is seen by all who would have
//! waited (no coordinated omission).
//!
//! **Answers are checked** while they are measured: status, ETag and length of each, bytes of one GET in
//! eight (of ranges and of what `s5cmd` brings back: of all).
#![expect(
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring tool: a wrong place ends it, and rates are small numbers"
)]

mod content;
mod figures;
mod http;
mod load;
mod machine;
mod multipart;
mod options;
mod process;
mod report;
mod s5cmd;
mod servers;
mod signer;
mod turn;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use azekura_bench::clock::now;
use tokio::signal::unix::{SignalKind, signal};

use content::Content;
use figures::Figures;
use load::Kind;
use options::Options;
use process::Programs;
use report::Report;
use servers::Variant;
use turn::{Capacity, Paces, Turn};

/// What went wrong, in a sentence.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Shortest phase of the round that warms up.
const WARM_UP: Duration = Duration::from_secs(1);

/// A quick run begins no round that would, by the length of those before, end later.
const QUICK_ENDS: Duration = Duration::from_secs(12 * 60);

/// What all turns share.
struct Bench {
    options: Options,
    programs: Programs,
    content: Arc<Content>,
    /// Stores are below it.
    dir: PathBuf,
    paces: Paces,
}

fn main() -> ExitCode {
    // Requests are made on one thread, so that servers have the other cores; servers are started on
    // this one.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(until_signal()));
    match outcome {
        Ok(right) => ExitCode::from(u8::from(!right)),
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs until the end or until it is told to stop; either way no server and no store is left.
async fn until_signal() -> Result<bool, Failure> {
    let options = options::parse(std::env::args().skip(1))?;
    let dir = std::path::absolute(&options.dir)?.join(format!("bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let outcome = tokio::select! {
        outcome = run(options, dir.clone()) => outcome,
        _ = terminate.recv() => Err("terminated".into()),
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    std::fs::remove_dir_all(&dir)?;
    outcome
}

/// Returns whether every server answered, and right.
async fn run(options: Options, dir: PathBuf) -> Result<bool, Failure> {
    let start = now();
    let mut bench = Bench {
        programs: Programs(options.programs.clone()),
        content: Arc::new(Content::new()),
        dir,
        paces: Paces { put: 1.0, get: 1.0 },
        options,
    };
    let mut report = Report::begin(&bench)?;
    let (variants, capacities) = warm_up(&mut bench, &mut report).await?;
    let mut figures = Figures::default();
    let (first, mut rounds) = (now(), 0);
    for round in 1..=bench.options.rounds {
        let each = first.elapsed() / u32::try_from(round - 1).unwrap_or(1).max(1);
        if bench.options.quick && round > 1 && start.elapsed() + each > QUICK_ENDS {
            report.note(format!(
                "no time for round {round}: the machine is slow or busy"
            ));
            break;
        }
        rounds = round;
        report.disk.push(machine::disk_probe(&bench.dir)?);
        for (at, &variant) in variants.iter().enumerate() {
            let capacity = capacities[at];
            let place = (round, at);
            if let Err(error) =
                turn(&bench, variant, capacity, place, &mut figures, &mut report).await
            {
                report.wrong(format!("{}, round {round}: {error}", variant.name));
            }
        }
    }
    report.rounds = rounds;
    report.seconds = start.elapsed().as_secs_f64();
    report.end(&bench, &variants, &figures)
}

/// Starts each server once; those that do not work are left out, and said so.
async fn warm_up(
    bench: &mut Bench,
    report: &mut Report,
) -> Result<(Vec<Variant>, Vec<Capacity>), Failure> {
    let (mut variants, mut capacities) = (Vec::new(), Vec::new());
    for (number, variant) in bench.options.variants.clone().into_iter().enumerate() {
        println!("warm-up: {}", variant.name);
        match capacity(bench, variant, number as u64, report).await {
            Ok(capacity) => {
                variants.push(variant);
                capacities.push(capacity);
            }
            Err(error) if variant.name == "azekura" => return Err(error),
            Err(error) => report.wrong(format!("{} is left out: {error}", variant.name)),
        }
    }
    let default = |pick: fn(&Capacity) -> f64| {
        let servers = variants.iter().zip(&capacities);
        let rates = servers.filter(|(variant, _)| variant.is_default());
        let least = rates.map(|(_, c)| pick(c)).fold(f64::INFINITY, f64::min);
        (least / 2.0).max(1.0)
    };
    bench.paces = Paces {
        put: default(|capacity| capacity.put),
        get: default(|capacity| capacity.get),
    };
    Ok((variants, capacities))
}

async fn capacity(
    bench: &Bench,
    variant: Variant,
    number: u64,
    report: &mut Report,
) -> Result<Capacity, Failure> {
    let version = variant.version(&bench.programs)?;
    let mut turn = Turn::begin(bench, variant, number).await?;
    let syncs = turn.syncs_a_put().await?;
    let time = bench.options.time.max(WARM_UP);
    let mut rates = [0.0; 2];
    for (rate, kind) in rates.iter_mut().zip([Kind::Put(4096), Kind::Get(4096)]) {
        let figure = turn.closed(kind, 64, time).await?;
        if let Some(error) = figure.first_error {
            let log = turn.log_tail();
            return Err(format!("{} errors: {error}; its log: {log}", figure.errors).into());
        }
        *rate = figure.per_second;
    }
    turn.end()?;
    let [put, get] = rates;
    println!("  PUT {put:.0}/s, GET {get:.0}/s, syncs a PUT {syncs:?}");
    report.servers.insert(variant.name, (version, syncs));
    Ok(Capacity { put, get })
}

/// One turn. A cell that fails is noted; the others go on.
async fn turn(
    bench: &Bench,
    variant: Variant,
    capacity: Capacity,
    (round, server): (usize, usize),
    figures: &mut Figures,
    report: &mut Report,
) -> Result<(), Failure> {
    let number = (round * 100 + server) as u64;
    let start = now();
    report.loads.push(azekura_bench::load()?);
    let mut turn = Turn::begin(bench, variant, number).await?;
    for (at, &cell) in bench.options.cells.iter().enumerate() {
        match turn.measure(cell, capacity).await {
            Ok(Some(figure)) => {
                if let Some(error) = &figure.first_error {
                    let (name, title) = (variant.name, cell.title());
                    let count = figure.errors;
                    report.wrong(format!(
                        "{name}, {title}, round {round}: {count} errors: {error}"
                    ));
                }
                figures.insert((round, server, at), figure);
            }
            Ok(None) => {}
            Err(error) => {
                let (name, title) = (variant.name, cell.title());
                report.wrong(format!("{name}, {title}, round {round}: {error}"));
            }
        }
    }
    let peak = turn.end()?;
    let peaks: &mut HashMap<_, Vec<f64>> = &mut report.peaks;
    peaks.entry(variant.name).or_default().push(peak as f64);
    let seconds = start.elapsed().as_secs_f64();
    println!("round {round}: {} took {seconds:.0} s", variant.name);
    Ok(())
}
