//! Two thousand connections that mean no good, and one client that does: the server's memory stays
//! within its documented bound, the good client hardly notices, and afterwards all is as it was.
//! Limits: docs/reference/limits.md.

mod weather;

use std::process::Command;
use std::time::Duration;

use crate::client::Client;
use crate::process::{self, Usage};
use crate::report::{Figures, Outcome};
use crate::server::{self, Server};
use crate::{Bench, Failure, clock, content};
use weather::Weather;

/// `limits.memory` of the server under test: small, so that the storm fills it.
const BUDGET_BYTES: u64 = 128 << 20;
/// Most memory of a connection beside the budget (docs/reference/limits.md).
const CONNECTION_BYTES: u64 = 160 << 10;
/// What the server holds whether it storms or not: index cache, journal buffers, threads.
const FIXED_BYTES: u64 = 320 << 20;
/// Length of the objects that slow readers ask for: more than the kernel buffers.
const LARGE_BYTES: usize = 16 << 20;
/// Requests at least over which a 99th percentile is taken.
const REQUESTS_MIN: usize = 400;
/// A 99th percentile below this is good whatever it was before.
const FLOOR: Duration = Duration::from_millis(50);
/// How many times as long the good client may wait in the storm.
const FACTOR: u32 = 5;
/// Time for the server to let go of everything.
const CALM_MAX: Duration = Duration::from_secs(60);

/// The scenario.
pub(crate) fn others_hardly_notice(bench: &Bench) -> Result<Outcome, Failure> {
    process::raise_descriptors()?;
    let directory = bench.directory("storm")?;
    let server = start(bench, &directory)?;
    let authority = server.s3_authority().to_owned();
    prepare(&authority)?;
    let mut good = GoodClient::connect(&authority)?;
    good.measure(Duration::from_secs(1), REQUESTS_MIN / 4, &server)?;
    let before = Usage::of(server.pid())?;
    let calm = good.measure(Duration::from_secs(5), REQUESTS_MIN, &server)?;

    let weather = Weather::start(&authority)?;
    let open = clock::wait_for(Duration::from_secs(30), || {
        let open = connections(&server).ok()?;
        (open >= weather::CONNECTIONS * 9 / 10).then_some(open)
    });
    let open = open.ok_or("the storm's connections were not accepted")?;
    let seconds = u64::try_from(bench.number(20, 120))?;
    let mut storm = good.measure(Duration::from_secs(seconds), REQUESTS_MIN, &server)?;
    let bearable = FLOOR.max(calm.p99 * FACTOR);
    let mut highest = storm.highest_bytes;
    if storm.p99 > bearable {
        storm = good.measure(Duration::from_secs(seconds), REQUESTS_MIN, &server)?;
        highest = highest.max(storm.highest_bytes);
    }
    let refused = server.metric("azekura_memory_refused_total")?;
    let done = weather.stop();
    if storm.p99 > bearable {
        return Err(format!(
            "the good client's 99th percentile went from {:?} to {:?}",
            calm.p99, storm.p99
        )
        .into());
    }
    let bound = FIXED_BYTES + BUDGET_BYTES + CONNECTION_BYTES * u64::try_from(open)?;
    if highest > bound {
        return Err(format!("{highest} bytes of memory in use, documented are {bound}").into());
    }
    let after = calms_down(&server, &before)?;
    healthy(&server, &authority)?;
    let code = server.stop()?;
    if code != 0 {
        return Err(format!("the server ended with {code}").into());
    }
    Ok(Outcome::Passed(Figures::from([
        ("connections", open.into()),
        ("calm_p99_ms", milliseconds(calm.p99)),
        ("storm_p99_ms", milliseconds(storm.p99)),
        ("storm_requests", storm.requests.into()),
        ("aborted_uploads", done.aborted.into()),
        ("reconnects", done.reconnects.into()),
        ("memory_refused", refused.into()),
        ("memory_before_mib", (before.resident_bytes >> 20).into()),
        ("memory_highest_mib", (highest >> 20).into()),
        ("memory_after_mib", (after.resident_bytes >> 20).into()),
        ("memory_bound_mib", (bound >> 20).into()),
    ])))
}

fn milliseconds(time: Duration) -> serde_json::Value {
    let tenths = u64::try_from(time.as_micros() / 100).unwrap_or(u64::MAX);
    serde_json::json!(f64::from(u32::try_from(tenths).unwrap_or(u32::MAX)) / 10.0)
}

fn start(bench: &Bench, directory: &std::path::Path) -> Result<Server, Failure> {
    let config = directory.join("azekura.toml");
    std::fs::write(
        &config,
        format!("[limits]\nmemory = {BUDGET_BYTES}\nconnections = 4096\n"),
    )?;
    let vault = directory.join("vault");
    let mut command = Command::new(&bench.binary);
    command.args(server::arguments(&vault));
    command.arg("--config").arg(config);
    Server::start_command(command, &vault)
}

fn prepare(authority: &str) -> Result<(), Failure> {
    let mut client = Client::connect(authority)?;
    let objects = [
        ("/storm", Vec::new()),
        ("/storm/small", content::make(1, 4096)),
        ("/storm/large", content::make(2, LARGE_BYTES)),
    ];
    for (path, body) in objects {
        let answer = client.send("PUT", path, "", &[], &body)?;
        if answer.status != 200 {
            return Err(format!("PUT {path}: {} {}", answer.status, answer.text()).into());
        }
    }
    Ok(())
}

/// What the good client saw.
struct Seen {
    p99: Duration,
    requests: usize,
    highest_bytes: u64,
}

/// Puts and gets 4 KiB, one after the other.
struct GoodClient {
    client: Client,
    body: Vec<u8>,
}

impl GoodClient {
    fn connect(authority: &str) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::connect(authority)?,
            body: content::make(3, 4096),
        })
    }

    /// Works for at least `time` and `least` requests.
    fn measure(&mut self, time: Duration, least: usize, server: &Server) -> Result<Seen, Failure> {
        let start = clock::now();
        let mut times = Vec::new();
        let mut highest_bytes = 0;
        while start.elapsed() < time || times.len() < least {
            let path = format!("/storm/good-{}", times.len() % 16);
            for (method, body) in [("PUT", self.body.as_slice()), ("GET", b"".as_slice())] {
                let begun = clock::now();
                let answer = self.client.send(method, &path, "", &[], body)?;
                times.push(begun.elapsed());
                if answer.status != 200 {
                    return Err(format!("{method}: {} {}", answer.status, answer.text()).into());
                }
                if method == "GET" && answer.body != self.body {
                    return Err("GET gave other bytes".into());
                }
            }
            if times.len() % 32 == 0 {
                highest_bytes = highest_bytes.max(Usage::of(server.pid())?.resident_bytes);
            }
        }
        times.sort();
        let requests = times.len();
        let p99 = times.get(requests * 99 / 100).copied();
        Ok(Seen {
            p99: p99.unwrap_or_default(),
            requests,
            highest_bytes,
        })
    }
}

/// Connections of the S3 listener.
fn connections(server: &Server) -> Result<usize, Failure> {
    let open = server.metric("azekura_connections{listener=\"s3\"}")?;
    Ok(usize::try_from(open)?)
}

/// Waits until descriptors and reservations are back, and says what memory is.
fn calms_down(server: &Server, before: &Usage) -> Result<Usage, Failure> {
    let calm = clock::wait_for(CALM_MAX, || {
        let now = Usage::of(server.pid()).ok()?;
        let used = server.metric("azekura_memory_used_bytes").ok()?;
        let open = connections(server).ok()?;
        // The good client's, and whatever it takes to look.
        let settled = used == 0 && open <= 2 && now.descriptors <= before.descriptors + 16;
        settled.then_some(now)
    });
    calm.ok_or_else(|| {
        let used = server.metric("azekura_memory_used_bytes");
        let now = Usage::of(server.pid());
        format!("after the storm: {now:?}, before: {before:?}; memory reserved: {used:?}").into()
    })
}

fn healthy(server: &Server, authority: &str) -> Result<(), Failure> {
    let list = Client::connect(authority)?.send("GET", "/storm", "versions=", &[], b"")?;
    let text = list.text();
    let strange = ["/storm/slow", "/storm/abort"]
        .iter()
        .any(|key| text.contains(key.trim_start_matches("/storm/")));
    if list.status != 200 || strange {
        return Err(format!("the list after the storm: {} {text}", list.status).into());
    }
    if server.metric("azekura_engine_poisoned")? != 0 {
        return Err("the engine stopped".into());
    }
    Ok(())
}
