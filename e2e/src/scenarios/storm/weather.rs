//! The bad clients. Each kind has one thread that turns over its sockets without waiting for any.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::signed_head;
use crate::{Failure, clock, content};

/// Pause between two rounds of a thread.
const ROUND: Duration = Duration::from_millis(250);
/// Length that writers declare.
const DECLARED_BYTES: usize = 4 << 20;
/// What slow writers send at once before they begin to trickle.
const PROMPT_BYTES: usize = 100 << 10;
/// What aborting writers send before they go.
const ABORT_BYTES: usize = 400 << 10;
/// Rounds after which a connection that is not meant to stay is dropped.
const ROUNDS_MAX: usize = 12;

/// A kind of bad client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Connects and says nothing.
    Idle,
    /// Asks for much and reads little.
    SlowReader,
    /// Declares much and sends little.
    SlowWriter,
    /// Goes in the middle of an upload.
    Abort,
    /// Speaks something else.
    Garbage,
    /// Sends many requests at once and reads their answers slowly.
    Pipeline,
}

/// How many of each.
const KINDS: [(Kind, usize); 6] = [
    (Kind::Idle, 1000),
    (Kind::SlowReader, 350),
    (Kind::SlowWriter, 350),
    (Kind::Abort, 40),
    (Kind::Garbage, 110),
    (Kind::Pipeline, 150),
];

/// All of them.
pub(super) const CONNECTIONS: usize = 2000;

/// What they did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    /// Uploads given up in the middle.
    pub(super) aborted: usize,
    /// Connections made anew.
    pub(super) reconnects: usize,
}

/// The storm. Ends when stopped or dropped.
pub(super) struct Weather {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Done>>,
}

impl Weather {
    /// Begins.
    pub(super) fn start(authority: &str) -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (kind, count) in KINDS {
            let opening = opening(kind, authority)?;
            let (authority, stop) = (authority.to_owned(), Arc::clone(&stop));
            threads.push(std::thread::spawn(move || {
                run(kind, count, &authority, &opening, &stop)
            }));
        }
        Ok(Self { stop, threads })
    }

    /// Ends, and says what was done.
    pub(super) fn stop(mut self) -> Done {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Done::default();
        for thread in self.threads.drain(..) {
            let done = thread.join().unwrap_or_default();
            all.aborted += done.aborted;
            all.reconnects += done.reconnects;
        }
        all
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What a client of this kind sends first.
fn opening(kind: Kind, authority: &str) -> Result<Vec<u8>, Failure> {
    let upload = |path: &str, sent: usize| -> Result<Vec<u8>, Failure> {
        let body = content::make(9, DECLARED_BYTES);
        let head = signed_head(authority, "PUT", path, "", &[], &body)?;
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body.get(..sent).unwrap_or_default());
        Ok(bytes)
    };
    Ok(match kind {
        Kind::Idle => Vec::new(),
        Kind::SlowReader => {
            signed_head(authority, "GET", "/storm/large", "", &[], b"")?.into_bytes()
        }
        Kind::SlowWriter => upload("/storm/slow", PROMPT_BYTES)?,
        Kind::Abort => upload("/storm/abort", ABORT_BYTES)?,
        Kind::Garbage => [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
            &content::make(10, 3000),
        ]
        .concat(),
        Kind::Pipeline => {
            let one = signed_head(authority, "GET", "/storm/small", "", &[], b"")?;
            one.repeat(20).into_bytes()
        }
    })
}

fn run(kind: Kind, count: usize, authority: &str, opening: &[u8], stop: &AtomicBool) -> Done {
    let mut done = Done::default();
    let mut visitors: Vec<Option<Visitor>> = (0..count).map(|_| None).collect();
    let mut first = true;
    while !stop.load(Ordering::Relaxed) {
        // The first time all connect; later a few each round, or the storm would be of connecting.
        let mut connects = if first { count } else { 10 };
        for place in &mut visitors {
            if place.is_none() && connects > 0 {
                connects -= 1;
                *place = Visitor::connect(authority);
                done.reconnects += usize::from(!first);
            }
            let stays = place.as_mut().is_some_and(|v| v.turn(kind, opening));
            if !stays && place.take().is_some() && kind == Kind::Abort {
                done.aborted += 1;
            }
        }
        first = false;
        clock::pause(ROUND);
    }
    done
}

/// One connection of a bad client.
struct Visitor {
    stream: TcpStream,
    sent: usize,
    rounds: usize,
}

impl Visitor {
    fn connect(authority: &str) -> Option<Self> {
        let stream = TcpStream::connect(authority).ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(Self {
            stream,
            sent: 0,
            rounds: 0,
        })
    }

    /// Does what its kind does in a round; whether it stays.
    fn turn(&mut self, kind: Kind, opening: &[u8]) -> bool {
        self.rounds += 1;
        if !self.send(opening) {
            return false;
        }
        let opened = self.sent >= opening.len();
        match kind {
            Kind::Idle => true,
            Kind::SlowReader => self.read(512),
            Kind::SlowWriter if opened => self.trickle() && self.read(512),
            Kind::SlowWriter => true,
            Kind::Pipeline => self.read(2048) && self.rounds < 10 * ROUNDS_MAX,
            Kind::Garbage => self.read(4096) && self.rounds < ROUNDS_MAX,
            Kind::Abort => !opened && self.rounds < ROUNDS_MAX,
        }
    }

    /// Sends what is left of the opening, as far as it goes; whether the connection lives.
    fn send(&mut self, opening: &[u8]) -> bool {
        while let Some(rest) = opening.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(sent) => self.sent += sent,
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Five bytes of a body.
    fn trickle(&mut self) -> bool {
        match self.stream.write(&[7; 5]) {
            Ok(sent) => sent > 0,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }

    /// Reads at most so much, if it is there; whether the connection lives.
    fn read(&mut self, most: usize) -> bool {
        let mut buffer = vec![0; most];
        match self.stream.read(&mut buffer) {
            Ok(read) => read > 0,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}
