use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::clock::Stopwatch;

/// A collector that takes one batch; returns its request line and body.
fn collector() -> (Uri, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream);
        let (mut first, mut length) = (String::new(), 0);
        reader.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        reader.get_mut().write_all(answer).unwrap();
        send.send((first, body)).unwrap();
    });
    (uri.parse().unwrap(), receive)
}

fn trace_one(traces: &Traces) {
    let subscriber = tracing_subscriber::registry().with(traces.layer());
    tracing::subscriber::with_default(subscriber, || {
        tracing::info_span!("a-request", request_id = "0123abcd").in_scope(|| {});
    });
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_spans() {
    let (uri, received) = collector();
    let traces = Traces::start(&uri).unwrap();
    trace_one(&traces);
    traces.end().await;
    let (line, body) = received.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(line.trim_end(), "POST /v1/traces HTTP/1.1");
    for text in ["a-request", "request_id", "0123abcd", SERVICE] {
        assert!(holds(&body, text), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_hangs_holds_nothing_up() {
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = free.local_addr().unwrap();
    drop(free);
    for address in [away, hanging.local_addr().unwrap()] {
        let traces = Traces::start(&format!("http://{address}").parse().unwrap()).unwrap();
        let watch = Stopwatch::start();
        for _ in 0..10_000 {
            trace_one(&traces);
        }
        assert!(watch.elapsed() < Duration::from_secs(5));
        let watch = Stopwatch::start();
        traces.end().await;
        assert!(watch.elapsed() < LAST_BATCH_LIMIT + Duration::from_secs(2));
    }
}
