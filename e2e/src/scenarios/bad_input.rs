//! A table of bad requests: each gets the right status and code, or its connection closed; nothing is
//! stored, and afterwards the server's memory is back to where it was.

mod documents;
mod framing;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::{Client, signed_head};
use crate::process::Usage;
use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::{Bench, Failure, clock};

/// How much more memory the server may have afterwards: what its allocator keeps.
const KEPT_BYTES: u64 = 48 << 20;
/// How often the whole table is gone through, so that a leak shows.
const ROUNDS: usize = 3;
/// Silence after which an answer is whole.
const QUIET: Duration = Duration::from_millis(250);
/// Time after which half a request is given up.
const ANSWER_LATE: Duration = Duration::from_secs(2);
/// Time for an answer or an end.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// What must come of a bad request.
#[derive(Clone, Copy, Debug)]
enum Want {
    /// This status and S3 code. An empty code is not looked at: hyper answers without a document.
    Answer(u16, &'static str),
    /// A refusal or a closed connection, and no success in any case.
    Refused,
    /// So many answers, the last of which ends the connection.
    Answers(usize),
}

/// A bad request, as bytes.
struct Case {
    name: String,
    bytes: Vec<u8>,
    want: Want,
}

impl Case {
    fn new(name: &str, bytes: impl Into<Vec<u8>>, want: Want) -> Self {
        Self {
            name: name.to_owned(),
            bytes: bytes.into(),
            want,
        }
    }

    /// A signed request with a body.
    fn signed(
        authority: &str,
        name: &str,
        (method, path, query): (&str, &str, &str),
        headers: &[(&str, &str)],
        body: &[u8],
        want: Want,
    ) -> Result<Self, Failure> {
        let mut bytes = signed_head(authority, method, path, query, headers, body)?.into_bytes();
        bytes.extend_from_slice(body);
        Ok(Self::new(name, bytes, want))
    }

    /// With the checksum that a list of deletions must carry, so that the list itself is judged.
    fn checked(
        authority: &str,
        name: &str,
        target: (&str, &str, &str),
        body: &[u8],
        want: Want,
    ) -> Result<Self, Failure> {
        let digest = digest::digest(&digest::SHA256, body);
        let checksum = STANDARD.encode(digest);
        let headers = [("x-amz-checksum-sha256", checksum.as_str())];
        let listed = target.2 == "delete=" && !body.is_empty();
        let headers = if listed { &headers[..] } else { &[] };
        Self::signed(authority, name, target, headers, body, want)
    }
}

/// Records of the engine that are none of the audit, which puts every refusal on record.
fn records(server: &Server) -> Result<u64, Failure> {
    let audited = server.metric("azekura_audit_batches")?;
    let all = server.metric("azekura_engine_records_total")?;
    Ok(all.saturating_sub(audited))
}

/// The scenario.
pub(crate) fn refused_and_nothing_stored(bench: &Bench) -> Result<Outcome, Failure> {
    let vault = bench.directory("bad_input")?.join("vault");
    let server = Server::start(&bench.binary, &vault)?;
    let authority = server.s3_authority().to_owned();
    let mut client = Client::connect(&authority)?;
    for (path, body) in [("/bad", b"".as_slice()), ("/bad/kept", b"as it was")] {
        let made = client.send("PUT", path, "", &[], body)?;
        if made.status != 200 {
            return Err(format!("PUT {path}: {}", made.text()).into());
        }
    }
    let upload = begin_upload(&mut client)?;
    let mut cases = framing::cases(&authority)?;
    cases.extend(documents::cases(&authority, &upload)?);
    let listed = listing(&mut client)?;
    let kept = records(&server)?;
    go_through(&authority, &cases)?;
    let before = Usage::of(server.pid())?;
    for _ in 1..ROUNDS {
        go_through(&authority, &cases)?;
    }
    // A batch is in the journal a moment before it is counted as one.
    let same = || (records(&server).ok()? == kept).then_some(());
    if clock::wait_for(Duration::from_secs(10), same).is_none() {
        return Err("a refused request wrote a record".into());
    }
    let mut client = Client::connect(&authority)?;
    if listing(&mut client)? != listed {
        return Err("the bucket shows something else than before".into());
    }
    let after = clock::wait_for(Duration::from_secs(20), || {
        let now = Usage::of(server.pid()).ok()?;
        let fits = now.resident_bytes <= before.resident_bytes + KEPT_BYTES;
        (fits && now.descriptors <= before.descriptors + 2).then_some(now)
    });
    let after =
        after.ok_or_else(|| format!("before {before:?}, now {:?}", Usage::of(server.pid())))?;
    let code = server.stop()?;
    if code != 0 {
        return Err(format!("the server ended with {code}").into());
    }
    Ok(Outcome::Passed(Figures::from([
        ("cases", cases.len().into()),
        ("memory_before_mib", (before.resident_bytes >> 20).into()),
        ("memory_after_mib", (after.resident_bytes >> 20).into()),
    ])))
}

fn begin_upload(client: &mut Client) -> Result<String, Failure> {
    let begun = client.send("POST", "/bad/upload", "uploads=", &[], b"")?;
    let id = crate::client::between(&begun.text(), "<UploadId>", "</UploadId>");
    id.ok_or_else(|| format!("no upload: {}", begun.text()).into())
}

fn listing(client: &mut Client) -> Result<String, Failure> {
    let list = client.send("GET", "/bad", "versions=", &[], b"")?;
    if list.status != 200 {
        return Err(format!("list: {}", list.text()).into());
    }
    Ok(list.text())
}

/// Sends each case on a connection of its own, and names all that did not get what they should.
fn go_through(authority: &str, cases: &[Case]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for case in cases {
        let answer =
            exchange(authority, &case.bytes).map_err(|error| format!("{}: {error}", case.name))?;
        if !case.want.met(&answer) {
            let head: String = answer.chars().take(700).collect();
            wrong.push(format!("{}: not {:?} but\n{head}", case.name, case.want));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n\n").into())
}

impl Want {
    fn met(self, text: &str) -> bool {
        let statuses: Vec<u16> = text
            .match_indices("HTTP/1.")
            .filter_map(|(at, _)| text.get(at + 9..at + 12)?.parse().ok())
            .collect();
        match self {
            Self::Answer(status, code) => {
                let named = code.is_empty() || text.contains(&format!("<Code>{code}</Code>"));
                statuses == [status] && named
            }
            Self::Refused => statuses.iter().all(|status| *status >= 400) && statuses.len() < 2,
            Self::Answers(count) => statuses.len() == count,
        }
    }
}

/// Sends bytes and reads what comes: until the server closes, or is silent after an answer. When no
/// answer comes the sending side is ended, as half a request stays unanswered.
fn exchange(authority: &str, bytes: &[u8]) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(QUIET))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    let mut writing = stream.try_clone()?;
    // Writes while it reads: an early refusal must arrive although the body is still being sent.
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || writing.write_all(&bytes).is_ok());
    let start = clock::now();
    let (mut answer, mut half_closed) = (Vec::new(), false);
    let mut buffer = [0; 4096];
    while start.elapsed() < ANSWER_MAX {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if !answer.is_empty() {
                    break;
                }
                if writer.is_finished() && !half_closed && start.elapsed() > ANSWER_LATE {
                    // It may be closed already: then the next read says so.
                    half_closed = stream.shutdown(Shutdown::Write).is_ok();
                }
            }
            Err(_) => break,
        }
    }
    if start.elapsed() >= ANSWER_MAX {
        return Err("neither an answer nor an end".into());
    }
    // Ends the writer, should it still be at it. A connection that is closed already is fine.
    drop(stream.shutdown(Shutdown::Both));
    let _sent_whole = writer.join().map_err(|_| "the writer ended early")?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
