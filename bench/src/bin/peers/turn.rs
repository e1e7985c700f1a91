//! One turn of one server: started on an empty folder, measured, stopped, and nothing left.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use azekura_bench::clock::{now, pause};
use azekura_bench::{cpu, cpu_of};

use crate::figures::{Cell, Figure, Latency, percentile};
use crate::http::{Ask, Client, Sink};
use crate::load::{self, BUCKET, Kind, Stored, Tally};
use crate::multipart::{self, Pass};
use crate::servers::{ACCESS, Running, SECRET, Variant};
use crate::signer::Signer;
use crate::{Bench, Failure, process, s5cmd};

/// Objects put one after the other while syncs are counted.
const TRACED: usize = 50;
/// Clients of a load at a pace.
const PACED_CLIENTS: usize = 64;
/// Rate of 4 KiB PUTs a second below which a server is spared what would take minutes.
const SLOW: f64 = 250.0;

/// What a server can do, from the round that warms up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Capacity {
    /// 4 KiB PUTs a second.
    pub(crate) put: f64,
    /// 4 KiB GETs a second.
    pub(crate) get: f64,
}

/// Operations a second that servers are paced at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paces {
    pub(crate) put: f64,
    pub(crate) get: f64,
}

/// A server under measurement.
pub(crate) struct Turn<'a> {
    bench: &'a Bench,
    running: Running,
    dir: PathBuf,
    stored: HashMap<usize, Stored>,
    first: u64,
    pass: Option<Arc<Pass>>,
    passes: u64,
    listed: bool,
    s5cmd: HashMap<usize, Figure>,
}

impl<'a> Turn<'a> {
    /// Starts the server and waits until it stores an object. `number` differs for each turn.
    pub(crate) async fn begin(
        bench: &'a Bench,
        variant: Variant,
        number: u64,
    ) -> Result<Self, Failure> {
        let dir = bench.dir.join(format!("{}-{number}", variant.name));
        std::fs::create_dir_all(&dir)?;
        let running = variant.start(&bench.programs, &dir)?;
        let mut turn = Self {
            bench,
            running,
            dir,
            stored: HashMap::new(),
            first: number << 40,
            pass: None,
            passes: 0,
            listed: false,
            s5cmd: HashMap::new(),
        };
        turn.wait_until_ready().await?;
        Ok(turn)
    }

    /// Stops the server; returns the most memory it had, in bytes. What it left unwritten must not
    /// burden the next.
    pub(crate) fn end(self) -> Result<u64, Failure> {
        let peak = self.running.process.peak_memory()?;
        self.running.process.stop()?;
        std::fs::remove_dir_all(&self.dir)?;
        process::output(&mut std::process::Command::new("sync"), "")?;
        Ok(peak)
    }

    /// What to say when it fails: the end of the server's log.
    pub(crate) fn log_tail(&self) -> String {
        self.running.process.tail()
    }

    fn clients(&self, count: usize) -> Result<Vec<Client>, Failure> {
        let host = self.running.s3.to_string();
        let one = |_| {
            let signer = Signer::new(&host, ACCESS, SECRET, self.bench.options.payload)?;
            Ok(Client::new(self.running.s3, signer))
        };
        (0..count).map(one).collect()
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        let mut client = self.clients(1)?.pop().ok_or("no client")?;
        let until = now() + Duration::from_secs(60);
        let bucket = format!("/{BUCKET}");
        let object = format!("/{BUCKET}/ready");
        let content = self.bench.content.clone();
        loop {
            let mut said = String::new();
            let put = |path| Ask {
                method: "PUT",
                path,
                query: "",
                more: "",
                body: None,
            };
            let empty = Ask {
                more: "content-length: 0\r\n",
                ..put(&bucket)
            };
            let full = Ask {
                body: Some(content.body(self.first, 4096)),
                ..put(&object)
            };
            if !self.running.has_bucket {
                said = answer(&mut client, empty).await;
                self.running.has_bucket = said.starts_with("200");
            }
            if self.running.has_bucket {
                said = answer(&mut client, full).await;
                if said.starts_with("200") {
                    return Ok(());
                }
            }
            self.running.process.check()?;
            if now() > until {
                let log = self.log_tail();
                return Err(format!("stores nothing: {said}; its log: {log}").into());
            }
            pause(Duration::from_millis(100));
        }
    }

    /// Measures one cell. `None`: it would take this server too long.
    pub(crate) async fn measure(
        &mut self,
        cell: Cell,
        capacity: Capacity,
    ) -> Result<Option<Figure>, Failure> {
        let slow = capacity.put < SLOW;
        match cell {
            Cell::Closed(Kind::List, _) if slow => Ok(None),
            Cell::Closed(kind, clients) => {
                let time = self.bench.options.time;
                self.closed(kind, clients, time).await.map(Some)
            }
            Cell::MultipartPut(clients) => self.multipart_put(clients).await.map(Some),
            Cell::MultipartGet(clients) => self.multipart_get(clients).await.map(Some),
            Cell::Paced(kind) => {
                let (pace, most) = match kind {
                    Kind::Put(_) => (self.bench.paces.put, capacity.put),
                    _ => (self.bench.paces.get, capacity.get),
                };
                if most < pace * 1.25 {
                    return Ok(None);
                }
                self.paced(kind, pace).await.map(Some)
            }
            Cell::S5cmdPut(size) => self.s5cmd(size, slow).map(Some),
            Cell::S5cmdGet(size) => Ok(self.s5cmd.remove(&size)),
        }
    }

    /// Runs clients as fast as they go.
    pub(crate) async fn closed(
        &mut self,
        kind: Kind,
        clients: usize,
        time: Duration,
    ) -> Result<Figure, Failure> {
        self.prepare(kind).await?;
        let clients = self.clients(clients)?;
        let mut stored = self.take_stored(kind);
        let before = self.processor_times()?;
        let tally = load::closed(clients, &self.bench.content, kind, &mut stored, time).await?;
        let mut figure = self.figure(&tally, before)?;
        figure.per_second = tally.done / time.as_secs_f64();
        self.give_stored(kind, stored);
        Ok(figure)
    }

    async fn paced(&mut self, kind: Kind, pace: f64) -> Result<Figure, Failure> {
        self.prepare(kind).await?;
        let clients = self.clients(PACED_CLIENTS)?;
        let mut stored = self.take_stored(kind);
        let before = self.processor_times()?;
        let pace = (pace, self.bench.options.paced_time);
        let content = &self.bench.content;
        let mut tally = load::paced(clients, content, kind, &mut stored, pace).await?;
        let mut figure = self.figure(&tally, before)?;
        self.give_stored(kind, stored);
        tally.latencies.sort_unstable();
        let sorted = &tally.latencies;
        let due = tally.all + tally.missed + tally.errors;
        figure.per_second = pace.0;
        figure.latency = Some(Latency {
            p50: percentile(sorted, 0.5),
            p99: percentile(sorted, 0.99),
            p999: percentile(sorted, 0.999),
            most: percentile(sorted, 1.0),
            kept: tally.all as f64 / due.max(1) as f64,
        });
        Ok(figure)
    }

    /// Stores what a kind of operation needs to find.
    async fn prepare(&mut self, kind: Kind) -> Result<(), Failure> {
        match kind {
            Kind::Put(_) => Ok(()),
            Kind::List if self.listed => Ok(()),
            Kind::List => {
                self.listed = true;
                load::store_listed(self.clients(16)?, &self.bench.content).await
            }
            Kind::Get(size) | Kind::Head(size) => {
                if self
                    .stored
                    .get(&size)
                    .is_none_or(|stored| stored.len() == 0)
                {
                    let mut stored = self.take_stored(kind);
                    let (clients, put) = (self.clients(16)?, Kind::Put(size));
                    let time = Duration::from_millis(500);
                    let content = &self.bench.content;
                    load::closed(clients, content, put, &mut stored, time).await?;
                    self.give_stored(kind, stored);
                }
                Ok(())
            }
        }
    }

    fn take_stored(&mut self, kind: Kind) -> Stored {
        let known = size_of(kind).and_then(|size| self.stored.remove(&size));
        known.unwrap_or_else(|| Stored::from(self.first))
    }

    fn give_stored(&mut self, kind: Kind, stored: Stored) {
        if let Some(size) = size_of(kind) {
            self.stored.insert(size, stored);
        }
    }

    /// Of the server and of this process.
    fn processor_times(&self) -> Result<(Duration, Duration), Failure> {
        Ok((cpu_of(self.running.process.pid())?, cpu()?))
    }

    fn figure(&self, tally: &Tally, before: (Duration, Duration)) -> Result<Figure, Failure> {
        let after = self.processor_times()?;
        let micros = |to: Duration, from: Duration| {
            let spent = to.saturating_sub(from).as_secs_f64() * 1e6;
            (tally.all > 0).then_some(spent / tally.all as f64)
        };
        Ok(Figure {
            per_second: 0.0,
            server_cpu: micros(after.0, before.0),
            client_cpu: micros(after.1, before.1),
            errors: tally.errors,
            first_error: tally.first_error.clone(),
            latency: None,
        })
    }

    async fn multipart_put(&mut self, clients: usize) -> Result<Figure, Failure> {
        self.passes += 1;
        let pass = Arc::new(Pass {
            first: self.first + (self.passes << 32),
            objects: multipart::objects(clients),
        });
        let ready = self.clients(clients)?;
        let before = self.processor_times()?;
        let took = multipart::put(ready, &self.bench.content, &pass).await?;
        let figure = self.objects_figure(&pass, before, took);
        self.pass = Some(pass);
        figure
    }

    async fn multipart_get(&mut self, clients: usize) -> Result<Figure, Failure> {
        if self.pass.is_none() {
            self.multipart_put(clients).await?;
        }
        let pass = self.pass.clone().ok_or("nothing was uploaded")?;
        let ready = self.clients(clients)?;
        let before = self.processor_times()?;
        let took = multipart::get(ready, &self.bench.content, &pass).await?;
        self.objects_figure(&pass, before, took)
    }

    fn objects_figure(
        &self,
        pass: &Pass,
        before: (Duration, Duration),
        took: Duration,
    ) -> Result<Figure, Failure> {
        let tally = Tally {
            all: pass.objects as u64,
            ..Tally::default()
        };
        let mut figure = self.figure(&tally, before)?;
        figure.per_second = pass.objects as f64 / took.as_secs_f64();
        Ok(figure)
    }

    /// Both directions; keeps the second for its own cell.
    fn s5cmd(&mut self, size: usize, slow: bool) -> Result<Figure, Failure> {
        let count: u32 = match (size, slow) {
            (1_048_576.., false) => 64,
            (1_048_576.., true) => 16,
            (_, false) => 1000,
            (_, true) => 100,
        };
        let bench = self.bench;
        let work = (self.first, count, size);
        let dir = &self.dir;
        let took = s5cmd::run(&bench.programs, dir, self.running.s3, &bench.content, work)?;
        let rate = |time: Duration| Figure {
            per_second: f64::from(count) / time.as_secs_f64(),
            ..Figure::default()
        };
        self.s5cmd.insert(size, rate(took.1));
        Ok(rate(took.0))
    }

    /// Syncs for one 4 KiB PUT, counted by strace over some; `None` where it cannot be had.
    pub(crate) async fn syncs_a_put(&mut self) -> Result<Option<f64>, Failure> {
        let Ok(strace) = self.bench.programs.find("strace") else {
            return Ok(None);
        };
        let mut client = self.clients(1)?.pop().ok_or("no client")?;
        let content = self.bench.content.clone();
        let first = self.first;
        let work = async {
            for number in 0..TRACED {
                let path = format!("/{BUCKET}/traced/{number}");
                let ask = Ask {
                    method: "PUT",
                    path: &path,
                    query: "",
                    more: "",
                    body: Some(content.body(first + number as u64, 4096)),
                };
                let reply = client.ask(ask, Sink::Discard).await?;
                if reply.status != 200 {
                    return Err(format!("traced PUT: status {}", reply.status).into());
                }
            }
            Ok(())
        };
        let file = self.dir.join("strace");
        let pid = self.running.process.pid();
        let calls = process::syncs_during(&strace, pid, &file, work).await?;
        Ok(calls.map(|calls| calls as f64 / TRACED as f64))
    }
}

fn size_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Put(size) | Kind::Get(size) | Kind::Head(size) => Some(size),
        Kind::List => None,
    }
}

/// Status and text of an answer, or what went wrong.
async fn answer(client: &mut Client, ask: Ask<'_>) -> String {
    let mut body = Vec::new();
    match client.ask(ask, Sink::Collect(&mut body)).await {
        Ok(reply) => format!("{} {}", reply.status, String::from_utf8_lossy(&body)),
        Err(error) => error.to_string(),
    }
}
