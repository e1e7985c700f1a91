//! Load on one server: as fast as it goes (closed loop), and at a fixed pace (open loop).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use azekura_bench::clock::{now, sleep_until};
use tokio::sync::Semaphore;

use crate::Failure;
use crate::content::{Content, Seeded};
use crate::http::{Ask, Client, Sink};

/// Bucket that everything goes into.
pub(crate) const BUCKET: &str = "bench";
/// One of so many GETs is compared byte for byte; of all the others status and length are checked.
const COMPARED: u64 = 8;
/// Keys that a listing must show.
pub(crate) const LISTED: usize = 1000;
/// Errors of one worker, one after the other, after which it gives up.
const GIVE_UP: u32 = 50;

/// What a worker does over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new object of so many bytes.
    Put(usize),
    /// A random one of those put.
    Get(usize),
    /// The same, without its body.
    Head(usize),
    /// The first page of 1,000 keys below `listed/`.
    List,
}

/// Objects of one size that a server has acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// Number of the next object.
    next: Arc<AtomicU64>,
    /// Numbers that were acknowledged.
    known: Arc<Vec<u64>>,
}

impl Stored {
    /// Numbers begin here.
    pub(crate) fn from(first: u64) -> Self {
        Self {
            next: Arc::new(AtomicU64::new(first)),
            known: Arc::default(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Operations in the time measured; one that reaches beyond it counts by its share.
    pub(crate) done: f64,
    /// Operations that ended well, whenever.
    pub(crate) all: u64,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    /// Nanoseconds from the intended start, of operations at a pace.
    pub(crate) latencies: Vec<u64>,
    /// Operations whose turn never came.
    pub(crate) missed: u64,
    /// Numbers of the objects that were acknowledged.
    pub(crate) stored: Vec<u64>,
}

impl Tally {
    fn fail(&mut self, error: &Failure) {
        self.errors += 1;
        self.first_error.get_or_insert_with(|| error.to_string());
    }

    fn add(&mut self, other: Self) {
        self.done += other.done;
        self.all += other.all;
        self.errors += other.errors;
        self.missed += other.missed;
        self.first_error = self.first_error.take().or(other.first_error);
        self.latencies.extend(other.latencies);
        self.stored.extend(other.stored);
    }
}

/// One client: a connection and what it needs to ask.
struct Worker {
    client: Client,
    content: Arc<Content>,
    random: Seeded,
    kind: Kind,
    next: Arc<AtomicU64>,
    known: Arc<Vec<u64>>,
    tally: Tally,
}

/// Path of an object.
fn path(prefix: &str, number: u64) -> String {
    format!("/{BUCKET}/{prefix}/{number:016x}")
}

/// Folder of the objects of a size.
fn folder(size: usize) -> String {
    format!("o{size}")
}

impl Worker {
    async fn once(&mut self) -> Result<(), Failure> {
        match self.kind {
            Kind::Put(size) => {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                self.put(&path(&folder(size), number), number, size).await?;
                self.tally.stored.push(number);
                Ok(())
            }
            Kind::Get(size) => self.get(size).await,
            Kind::Head(size) => self.head(size).await,
            Kind::List => self.list().await,
        }
    }

    async fn put(&mut self, path: &str, number: u64, size: usize) -> Result<(), Failure> {
        let ask = Ask {
            method: "PUT",
            path,
            query: "",
            more: "",
            body: Some(self.content.body(number, size)),
        };
        let reply = self.client.ask(ask, Sink::Discard).await?;
        if reply.status != 200 || reply.etag.is_empty() {
            return Err(format!("PUT: status {}, ETag {:?}", reply.status, reply.etag).into());
        }
        Ok(())
    }

    fn pick(&mut self) -> Result<u64, Failure> {
        let at = self.random.below(self.known.len());
        let number = self.known.get(at);
        number.copied().ok_or_else(|| "nothing is stored".into())
    }

    async fn get(&mut self, size: usize) -> Result<(), Failure> {
        let number = self.pick()?;
        let path = path(&folder(size), number);
        let mut same = true;
        let sink = if self.random.next().is_multiple_of(COMPARED) {
            Sink::Compare(self.content.body(number, size), &mut same)
        } else {
            Sink::Discard
        };
        let reply = self.client.ask(plain("GET", &path, ""), sink).await?;
        if reply.status != 200 || reply.bytes != size || reply.etag.is_empty() || !same {
            let (status, bytes) = (reply.status, reply.bytes);
            return Err(format!("GET: status {status}, {bytes} bytes, right bytes: {same}").into());
        }
        Ok(())
    }

    async fn head(&mut self, size: usize) -> Result<(), Failure> {
        let path = path(&folder(size), self.pick()?);
        let reply = self.client.ask(plain("HEAD", &path, ""), Sink::Discard);
        let reply = reply.await?;
        if reply.status != 200 || reply.content_length != Some(size) || reply.etag.is_empty() {
            let (status, length) = (reply.status, reply.content_length);
            return Err(format!("HEAD: status {status}, length {length:?}").into());
        }
        Ok(())
    }

    async fn list(&mut self) -> Result<(), Failure> {
        let path = format!("/{BUCKET}");
        let mut body = Vec::new();
        let query = "list-type=2&max-keys=1000&prefix=listed%2F";
        let ask = plain("GET", &path, query);
        let reply = self.client.ask(ask, Sink::Collect(&mut body)).await?;
        let text = String::from_utf8_lossy(&body);
        let keys = text.matches("<Key>listed/").count();
        if reply.status != 200 || keys != LISTED {
            return Err(format!("list: status {}, {keys} keys", reply.status).into());
        }
        Ok(())
    }

    /// Runs until the time is up. An operation that reaches beyond it counts by the share of its
    /// time that lies before: neither is work lost, nor does a late answer lengthen the measurement.
    async fn closed(mut self, until: Instant) -> Self {
        let mut failed = 0;
        loop {
            let begun = now();
            if begun >= until || failed > GIVE_UP {
                return self;
            }
            match self.once().await {
                Ok(()) => {
                    let ended = now();
                    self.tally.all += 1;
                    self.tally.done += if ended <= until {
                        1.0
                    } else {
                        (until - begun).as_secs_f64() / (ended - begun).as_secs_f64()
                    };
                    failed = 0;
                }
                Err(error) => {
                    self.tally.fail(&error);
                    failed += 1;
                }
            }
        }
    }

    /// Takes turns as they come due. A turn that comes late because all clients were busy still
    /// counts from when it was due: the wait is the server's.
    async fn paced(mut self, pace: Arc<Pace>) -> Self {
        loop {
            let Ok(permit) = pace.due.acquire().await else {
                return self;
            };
            permit.forget();
            let turn = pace.taken.fetch_add(1, Ordering::Relaxed);
            if turn >= pace.turns {
                return self;
            }
            if now() > pace.end {
                self.tally.missed += 1;
                continue;
            }
            let due = pace.due_at(turn);
            match self.once().await {
                Ok(()) => {
                    self.tally.all += 1;
                    let took = now().saturating_duration_since(due).as_nanos();
                    self.tally
                        .latencies
                        .push(u64::try_from(took).unwrap_or(u64::MAX));
                }
                Err(error) => self.tally.fail(&error),
            }
        }
    }
}

/// Turns at equal distances.
struct Pace {
    start: Instant,
    gap: Duration,
    turns: u64,
    taken: AtomicU64,
    due: Semaphore,
    /// Nothing is begun any more after it: a server that cannot keep the pace would never end.
    end: Instant,
}

impl Pace {
    fn due_at(&self, turn: u64) -> Instant {
        self.start + self.gap.mul_f64(turn as f64)
    }
}

fn plain<'a>(method: &'a str, path: &'a str, query: &'a str) -> Ask<'a> {
    Ask {
        method,
        path,
        query,
        more: "",
        body: None,
    }
}

/// Makes connected workers.
async fn workers(
    clients: Vec<Client>,
    content: &Arc<Content>,
    kind: Kind,
    stored: &Stored,
) -> Result<Vec<Worker>, Failure> {
    let mut workers = Vec::new();
    for (at, mut client) in clients.into_iter().enumerate() {
        client.connect().await?;
        workers.push(Worker {
            client,
            content: content.clone(),
            random: Seeded::new(at as u64 + 1),
            kind,
            next: stored.next.clone(),
            known: stored.known.clone(),
            tally: Tally::default(),
        });
    }
    Ok(workers)
}

/// Collects what tasks bring back.
async fn join(
    tasks: Vec<tokio::task::JoinHandle<Worker>>,
    stored: &mut Stored,
) -> Result<Tally, Failure> {
    let mut whole = Tally::default();
    for task in tasks {
        whole.add(task.await?.tally);
    }
    if !whole.stored.is_empty() {
        Arc::make_mut(&mut stored.known).append(&mut whole.stored);
    }
    Ok(whole)
}

/// Every client has one operation outstanding, until the time is up.
pub(crate) async fn closed(
    clients: Vec<Client>,
    content: &Arc<Content>,
    kind: Kind,
    stored: &mut Stored,
    time: Duration,
) -> Result<Tally, Failure> {
    let workers = workers(clients, content, kind, stored).await?;
    let until = now() + time;
    let start = |worker: Worker| tokio::spawn(worker.closed(until));
    join(workers.into_iter().map(start).collect(), stored).await
}

/// `rate` operations a second, begun when they are due whatever became of those before, as long as a
/// client is free.
pub(crate) async fn paced(
    clients: Vec<Client>,
    content: &Arc<Content>,
    kind: Kind,
    stored: &mut Stored,
    (rate, time): (f64, Duration),
) -> Result<Tally, Failure> {
    let workers = workers(clients, content, kind, stored).await?;
    let start = now() + Duration::from_millis(20);
    let pace = Arc::new(Pace {
        start,
        gap: Duration::from_secs_f64(1.0 / rate),
        turns: (rate * time.as_secs_f64()).ceil() as u64,
        taken: AtomicU64::new(0),
        due: Semaphore::new(0),
        end: start + time * 2,
    });
    let count = workers.len();
    let run = |worker: Worker| tokio::spawn(worker.paced(pace.clone()));
    let tasks = workers.into_iter().map(run).collect();
    // A thread of its own: the timer of tokio counts in milliseconds.
    let pacer = pace.clone();
    tokio::task::spawn_blocking(move || {
        for turn in 0..pacer.turns {
            sleep_until(pacer.due_at(turn));
            pacer.due.add_permits(1);
        }
        pacer.due.add_permits(count);
    })
    .await?;
    join(tasks, stored).await
}

/// Stores the keys that listings show, with 16 bytes each.
pub(crate) async fn store_listed(
    clients: Vec<Client>,
    content: &Arc<Content>,
) -> Result<(), Failure> {
    let left = Arc::new(AtomicU64::new(0));
    let stored = Stored::default();
    let mut tasks = Vec::new();
    for mut worker in workers(clients, content, Kind::List, &stored).await? {
        let left = left.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                let number = left.fetch_add(1, Ordering::Relaxed);
                if number >= LISTED as u64 {
                    return Ok::<(), Failure>(());
                }
                worker.put(&path("listed", number), number, 16).await?;
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}
