//! SIGTERM while requests are under way: they end, the process ends with 0, and what was
//! acknowledged is there.

use std::path::Path;
use std::time::Duration;

use crate::client::{self, Client, signed_head};
use crate::report::{Figures, Outcome};
use crate::server::Server;
use crate::writers::{self, Acknowledged};
use crate::{Bench, Failure, clock, content};

/// Larger than what the kernel buffers between server and client, so that a GET is under way.
const LARGE_BYTES: usize = 64 << 20;
const UPLOAD_BYTES: usize = 3 << 20;
/// How long the clients dawdle after SIGTERM.
const DAWDLE: Duration = Duration::from_millis(1_500);
/// What the server gives requests under way (`limits.drain_seconds`).
const DRAIN: Duration = Duration::from_secs(10);

/// A slow upload and a slow download over SIGTERM; then an upload that never ends.
pub(crate) fn requests_under_way_end(bench: &Bench) -> Result<Outcome, Failure> {
    let vault = bench.directory("drain")?.join("vault");
    let server = Server::start(&bench.binary, &vault)?;
    let authority = server.s3_authority().to_owned();
    writers::versioned_bucket(&authority, "drain")?;
    let mut acknowledged = Acknowledged::new();
    let large = content::make(1, LARGE_BYTES);
    let stored = Client::connect(&authority)?.send("PUT", "/drain/large", "", &[], &large)?;
    note(&mut acknowledged, "large", &stored, (1, LARGE_BYTES))?;

    let mut upload = Upload::begin(&authority, "upload", 2)?;
    let mut download = Client::connect(&authority)?;
    let head = signed_head(&authority, "GET", "/drain/large", "", &[], b"")?;
    download.send_some(head.as_bytes())?;
    clock::pause(Duration::from_millis(300));
    let stopping = clock::now();
    server.terminate()?;
    clock::pause(DAWDLE);
    if Client::connect(&authority).is_ok() {
        return Err("a connection was accepted after SIGTERM".into());
    }
    let stored = upload.finish()?;
    note(&mut acknowledged, "upload", &stored, (2, UPLOAD_BYTES))?;
    let got = download.read_answer("GET")?;
    if got.status != 200 || got.body != large {
        let (status, length) = (got.status, got.body.len());
        return Err(format!("GET under way at SIGTERM: {status}, {length} bytes").into());
    }
    expect_clean_end(server)?;
    let drained = stopping.elapsed();
    if drained > DRAIN {
        return Err(format!("the server took {drained:?} to end").into());
    }
    let cut_off = stuck_upload_is_cut_off(bench, &vault)?;

    let server = Server::start(&bench.binary, &vault)?;
    let listed = writers::verify(server.s3_authority(), "drain", &acknowledged, |_| true)?;
    end_cleanly(server)?;
    if listed != acknowledged.len() {
        return Err(format!("{listed} versions are listed, 2 were acknowledged").into());
    }
    Ok(Outcome::Passed(Figures::from([
        ("drain_ms", u64::try_from(drained.as_millis())?.into()),
        (
            "cut_off_after_ms",
            u64::try_from(cut_off.as_millis())?.into(),
        ),
    ])))
}

/// An upload whose client stands still does not keep the server from ending; nothing of it shows.
fn stuck_upload_is_cut_off(bench: &Bench, vault: &Path) -> Result<Duration, Failure> {
    let server = Server::start(&bench.binary, vault)?;
    let upload = Upload::begin(server.s3_authority(), "stuck", 3)?;
    clock::pause(Duration::from_millis(300));
    let stopping = clock::now();
    end_cleanly(server)?;
    let took = stopping.elapsed();
    drop(upload);
    if took < DRAIN || took > DRAIN + Duration::from_secs(5) {
        return Err(format!("with a stuck upload the server took {took:?} to end").into());
    }
    Ok(took)
}

fn note(
    acknowledged: &mut Acknowledged,
    key: &str,
    answer: &client::Answer,
    content: (u64, usize),
) -> Result<(), Failure> {
    if answer.status != 200 {
        return Err(format!("PUT {key}: {} {}", answer.status, answer.text()).into());
    }
    let version = answer.header("x-amz-version-id").ok_or("no version id")?;
    acknowledged.insert((key.to_owned(), version.to_owned()), Some(content));
    Ok(())
}

/// Waits for the end of a server that was told to end.
fn expect_clean_end(server: Server) -> Result<(), Failure> {
    match server.wait(DRAIN + Duration::from_secs(20))? {
        0 => Ok(()),
        code => Err(format!("the server ended with {code} after SIGTERM").into()),
    }
}

/// Tells a server to end and waits for it.
fn end_cleanly(server: Server) -> Result<(), Failure> {
    server.terminate()?;
    expect_clean_end(server)
}

/// A PUT whose body is sent in two halves.
struct Upload {
    client: Client,
    rest: Vec<u8>,
}

impl Upload {
    fn begin(authority: &str, key: &str, seed: u64) -> Result<Self, Failure> {
        let body = content::make(seed, UPLOAD_BYTES);
        let path = format!("/drain/{key}");
        let head = signed_head(authority, "PUT", &path, "", &[], &body)?;
        let (first, rest) = body.split_at(UPLOAD_BYTES / 2);
        let mut client = Client::connect(authority)?;
        client.send_some(head.as_bytes())?;
        client.send_some(first)?;
        Ok(Self {
            client,
            rest: rest.to_vec(),
        })
    }

    fn finish(&mut self) -> Result<client::Answer, Failure> {
        self.client.send_some(&self.rest)?;
        self.client.read_answer("PUT")
    }
}
