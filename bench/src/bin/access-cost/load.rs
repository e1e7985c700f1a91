//! A closed loop: every connection has one request outstanding, and each request is of another user.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use azekura_bench::clock::{now, ticks};
use azekura_bench::cpu_of;

use crate::content::{Content, Seeded};
use crate::http::{Ask, Client, Sink};
use crate::servers::{ACCESS, BUCKET, Running, SECRET};
use crate::signer::{Payload, Signer};
use crate::{Failure, Options};

/// Bytes of an object.
const SIZE: usize = 4096;
/// Objects that are there before the first GET.
const FIRST: u64 = 2000;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum What {
    Put,
    Get,
}

/// What came of a phase.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) per_second: f64,
    /// Processor time of the server for one request, in µs.
    pub(crate) cpu_us: f64,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.0}/s, {:.0} µs of the server",
            self.per_second, self.cpu_us
        )
    }
}

struct Worker {
    client: Client,
    signers: Vec<Signer>,
    at: usize,
    content: Arc<Content>,
    random: Seeded,
    next: Arc<AtomicU64>,
    known: u64,
}

impl Worker {
    async fn once(&mut self, what: What) -> Result<(), Failure> {
        self.at = (self.at + 1) % self.signers.len();
        self.client.swap_signer(&mut self.signers[self.at]);
        let number = match what {
            What::Put => self.next.fetch_add(1, Ordering::Relaxed),
            What::Get => self.random.below(usize::try_from(self.known)?) as u64,
        };
        let path = format!("/{BUCKET}/o/{number:016x}");
        let (method, body) = match what {
            What::Put => ("PUT", Some(self.content.body(number, SIZE))),
            What::Get => ("GET", None),
        };
        let ask = Ask {
            method,
            path: &path,
            query: "",
            more: "",
            body,
        };
        let reply = self.client.ask(ask, Sink::Discard).await?;
        let right = what == What::Put || reply.bytes == SIZE;
        if reply.status != 200 || reply.etag.is_empty() || !right {
            return Err(format!("{method} {path}: {}, {} bytes", reply.status, reply.bytes).into());
        }
        Ok(())
    }

    async fn run(mut self, what: What, until: Instant) -> Result<u64, Failure> {
        let mut done = 0;
        while now() < until {
            self.once(what).await?;
            done += 1;
        }
        Ok(done)
    }

    async fn store(mut self, until: u64) -> Result<(), Failure> {
        while self.next.load(Ordering::Relaxed) < until {
            self.once(What::Put).await?;
        }
        Ok(())
    }
}

impl Running {
    fn client(&self, (id, secret): (&str, &str)) -> Result<Client, Failure> {
        let signer = self.signer((id, secret))?;
        let mut client = Client::new(self.s3, signer);
        if self.kind.tls {
            client.secure(self.secure.clone());
        }
        Ok(client)
    }

    fn signer(&self, (id, secret): (&str, &str)) -> Result<Signer, Failure> {
        Signer::new(&self.s3.to_string(), id, secret, Payload::Unsigned)
    }

    async fn workers(
        &self,
        content: &Arc<Content>,
        options: &Options,
        next: &Arc<AtomicU64>,
    ) -> Result<Vec<Worker>, Failure> {
        let mut workers = Vec::new();
        for at in 0..options.connections {
            let mut client = self.client((ACCESS, SECRET))?;
            client.connect().await?;
            let own = self.keys.iter().skip(at % self.keys.len());
            let own = own.step_by(options.connections);
            let signers: Result<_, Failure> = own.map(|(id, key)| self.signer((id, key))).collect();
            let mut signers: Vec<Signer> = signers?;
            // What the client has is swapped for the first one: two of one user begin.
            client.swap_signer(&mut signers[0]);
            let (id, key) = &self.keys[at % self.keys.len()];
            signers[0] = self.signer((id, key))?;
            workers.push(Worker {
                client,
                signers,
                at: 0,
                content: content.clone(),
                random: Seeded::new(at as u64 + 1),
                next: next.clone(),
                known: self.stored,
            });
        }
        Ok(workers)
    }

    /// Makes the bucket and the first objects.
    pub(crate) async fn begin(
        &mut self,
        content: &Arc<Content>,
        options: &Options,
    ) -> Result<(), Failure> {
        let mut client = self.client((ACCESS, SECRET))?;
        let path = format!("/{BUCKET}");
        let ask = Ask {
            method: "PUT",
            path: &path,
            query: "",
            more: "",
            body: None,
        };
        let made = client.ask(ask, Sink::Discard).await?;
        if made.status != 200 {
            return Err(format!("{}: no bucket: {}", self.kind.name, made.status).into());
        }
        let next = Arc::new(AtomicU64::new(0));
        let workers = self.workers(content, options, &next).await?;
        let tasks: Vec<_> = workers
            .into_iter()
            .map(|w| tokio::spawn(w.store(FIRST)))
            .collect();
        for task in tasks {
            task.await??;
        }
        self.stored = next.load(Ordering::Relaxed);
        Ok(())
    }

    /// One phase.
    pub(crate) async fn measure(
        &mut self,
        what: What,
        content: &Arc<Content>,
        options: &Options,
    ) -> Result<Figure, Failure> {
        let next = Arc::new(AtomicU64::new(self.stored));
        let workers = self.workers(content, options, &next).await?;
        let (start, cpu) = (now(), cpu_of(self.pid())?);
        let until = start + options.time;
        let tasks: Vec<_> = workers
            .into_iter()
            .map(|w| tokio::spawn(w.run(what, until)))
            .collect();
        let mut done = 0;
        for task in tasks {
            done += task.await??;
        }
        let (took, cpu) = (start.elapsed(), cpu_of(self.pid())?.saturating_sub(cpu));
        self.stored = next.load(Ordering::Relaxed);
        // The disk is not to be paid for by who comes next.
        let mut tick = ticks(100);
        tick.tick().await;
        tick.tick().await;
        Ok(Figure {
            per_second: done as f64 / took.as_secs_f64(),
            cpu_us: cpu.as_secs_f64() * 1e6 / (done as f64).max(1.0),
        })
    }
}
