//! The drill against servers that break locks: it must see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use azekura_admin_api::client::tls::ClientTls;
use azekura_admin_api::sigv4::Credentials;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::doors::{self, Door};
use super::report::{Row, Verdict};
use super::scene::Scene;
use super::subject::{Held, Subject};
use super::wire::Wire;
use super::{reachable, try_door};

const UNTIL: &str = "2099-01-01T00:10:00Z";

/// How a server breaks a lock once it was asked to change something.
#[derive(Clone, Copy)]
enum Server {
    /// Refuses, and nothing changes.
    Sound,
    /// Does as asked: the version is gone.
    Deletes,
    /// Refuses, and the version is gone all the same.
    DeletesAndDenies,
    /// Does as asked: the date is earlier.
    Shortens,
    /// Accepts, and nothing changes.
    Pretends,
}

fn answer(server: Server, changed: &AtomicBool, request: &str) -> String {
    let reply = |status: &str, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n{body}",
            body.len()
        )
    };
    let denied = "<Error><Code>AccessDenied</Code></Error>";
    if !request.starts_with("GET") {
        changed.store(true, Ordering::SeqCst);
        return match server {
            Server::Sound | Server::DeletesAndDenies => reply("403 Forbidden", "", denied),
            _ => reply("200 OK", "", ""),
        };
    }
    let changed = changed.load(Ordering::SeqCst);
    if request.contains("&versions") {
        return reply("200 OK", "", "<VersionId>v1</VersionId>");
    }
    let until = match server {
        Server::Deletes | Server::DeletesAndDenies if changed => {
            let none = "<Error><Code>NoSuchVersion</Code></Error>";
            return reply("404 Not Found", "", none);
        }
        Server::Shortens if changed => "2099-01-01T00:09:00Z",
        _ => UNTIL,
    };
    let lock = format!(
        "x-amz-object-lock-mode: COMPLIANCE\r\nx-amz-object-lock-retain-until-date: {until}\r\n"
    );
    reply("200 OK", &lock, "content")
}

async fn serve(server: Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let changed = Arc::new(AtomicBool::new(false));
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 16 * 1024];
            let count = stream.read(&mut head).await.unwrap();
            let request = String::from_utf8_lossy(&head[..count]).into_owned();
            let reply = answer(server, &changed, &request);
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}")
}

async fn row(server: Server, door: &str) -> Row {
    let endpoint = serve(server).await;
    let credentials = Credentials {
        key_id: "KEY".to_owned(),
        secret: "secret".to_owned(),
    };
    let bucket = "azekura-drill-20990101000000".to_owned();
    let subject = Subject {
        held: Held::Compliance,
        bucket: bucket.clone(),
        key: "locked".to_owned(),
        version: "v1".to_owned(),
        content: b"content".to_vec(),
        until: UNTIL.to_owned(),
    };
    let scene = Scene {
        wire: Wire::new(
            (&endpoint, &endpoint),
            credentials,
            "local".to_owned(),
            &ClientTls::default(),
        )
        .unwrap(),
        bucket,
        subjects: vec![subject],
        expired: Vec::new(),
        until: OffsetDateTime::UNIX_EPOCH + time::Duration::days(47_000),
        began: OffsetDateTime::UNIX_EPOCH,
    };
    let found = |one: &&Door| one.name == door;
    let doors = doors::all();
    let door = doors.into_iter().find(found).unwrap();
    try_door(&scene, door).await.unwrap()
}

#[tokio::test]
async fn what_a_server_does_counts_more_than_what_it_says() {
    let cases = [
        (Server::Sound, "delete-version", Verdict::Refused),
        (Server::Deletes, "delete-version", Verdict::Open),
        (Server::DeletesAndDenies, "delete-version", Verdict::Open),
        (Server::Pretends, "delete-version", Verdict::Open),
        (Server::Deletes, "marker", Verdict::Open),
        (Server::Pretends, "marker", Verdict::Harmless),
        (Server::Shortens, "shorten", Verdict::Open),
        (Server::Shortens, "put-over", Verdict::Open),
    ];
    for (server, door, verdict) in cases {
        let row = row(server, door).await;
        assert_eq!(row.verdict, verdict, "{door}: {row:?}");
        assert_eq!(row.harms.is_empty(), verdict != Verdict::Open, "{row:?}");
    }
}

#[test]
fn an_address_for_all_networks_is_not_called() {
    let told = "http://0.0.0.0:9000";
    assert_eq!(reachable(told, "http://vault:9001"), "http://vault:9000");
    assert_eq!(
        reachable("http://[::]:9000", "http://vault:9001"),
        "http://vault:9000"
    );
    let own = "http://10.0.0.1:9000";
    assert_eq!(reachable(own, "http://vault:9001"), own);
}
