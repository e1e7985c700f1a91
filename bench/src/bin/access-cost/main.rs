//! What access costs, interleaved in one run on one disk: `cargo xtask bench --access`.
//!
//! The same requests for 4 KiB objects to servers that run side by side, one loaded at a time:
//! `plain` (HTTP, one key of the configuration), `tls-users` (TLS 1.3, 1,000 users and 200 policies, each
//! request of another user), what lies between them, and `plain` with the audit `strict`. A round loads
//! each of them once, in turn forwards and backwards. Ratios are those of medians.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a measuring tool: a wrong place ends it, and rates are small numbers"
)]

#[path = "../peers/content.rs"]
#[allow(dead_code, reason = "shared with another measurement")]
mod content;
#[path = "../peers/http.rs"]
#[allow(dead_code, reason = "shared with another measurement")]
mod http;
mod load;
#[path = "../peers/machine.rs"]
mod machine;
#[path = "../peers/process.rs"]
#[allow(dead_code, reason = "shared with another measurement")]
mod process;
mod report;
mod servers;
#[path = "../peers/signer.rs"]
#[allow(dead_code, reason = "shared with another measurement")]
mod signer;
mod tls;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use content::Content;
use load::{Figure, What};
use process::Programs;
use servers::{KINDS, Running};

/// What went wrong, in a sentence.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "\
cargo xtask bench --access [OPTIONS]
    What TLS, 1,000 users with 200 policies, and a strict audit cost.
    --rounds N       rounds (9)
    --seconds S      seconds of a phase (3)
    --connections N  connections, kept alive (16)
    --users N        users (1000)
    --dir DIR        folder for the stores, on the disk to be measured
    --out FILE       the tables (bench/results/DATE-access-cost.md); `-` writes none
";

/// What to do.
struct Options {
    rounds: usize,
    time: Duration,
    connections: usize,
    users: usize,
    dir: PathBuf,
    out: Option<PathBuf>,
    programs: Vec<PathBuf>,
}

fn options() -> Result<Options, Failure> {
    let mut options = Options {
        rounds: 9,
        time: Duration::from_secs(3),
        connections: 16,
        users: 1000,
        dir: std::env::temp_dir(),
        out: None,
        programs: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        match word.as_str() {
            "--rounds" => options.rounds = value.parse()?,
            "--seconds" => options.time = Duration::try_from_secs_f64(value.parse()?)?,
            "--connections" => options.connections = value.parse()?,
            "--users" => options.users = value.parse()?,
            "--dir" => options.dir = value.into(),
            "--out" => options.out = Some(value.into()),
            "--programs" => options.programs.push(value.into()),
            _ => return Err(format!("unknown option {word}\n{USAGE}").into()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let outcome = runtime
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(begin()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn begin() -> Result<(), Failure> {
    let options = options()?;
    let dir = std::path::absolute(&options.dir)?.join(format!("access-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    let outcome = run(&options, &dir).await;
    std::fs::remove_dir_all(&dir)?;
    outcome
}

async fn run(options: &Options, dir: &std::path::Path) -> Result<(), Failure> {
    let programs = Programs(options.programs.clone());
    let content = Arc::new(Content::new());
    let mut report = report::Report::begin(dir)?;
    let secure = tls::issue(&programs, dir)?;
    let mut servers: Vec<Running> = Vec::new();
    for kind in KINDS {
        println!("start: {}", kind.name);
        let mut server = Running::start(kind, &programs, &secure, dir, options.users)?;
        server.begin(&content, options).await?;
        servers.push(server);
    }
    for round in 0..options.rounds {
        report.loads.push(azekura_bench::load()?);
        for what in [What::Put, What::Get] {
            let mut order: Vec<usize> = (0..servers.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for at in order {
                let figure: Figure = servers[at].measure(what, &content, options).await?;
                println!(
                    "round {}: {} {what:?} {figure}",
                    round + 1,
                    servers[at].kind.name
                );
                report.add(servers[at].kind.name, what, figure);
            }
        }
    }
    for server in servers {
        server.stop()?;
    }
    report.end(options)
}
