use bytes::Bytes;
use http_body_util::Full;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::tls::tests::{Place as Papers, connect};

/// A listener that answers each request with what it knows of the peer.
async fn listen(
    tls: Option<Tls>,
    sources: Sources,
    change: impl FnOnce(&mut Bounds),
) -> (
    SocketAddr,
    watch::Sender<bool>,
    tokio::task::JoinHandle<bool>,
) {
    let mut bounds = Bounds {
        connections: 8,
        header_read: Duration::from_secs(5),
        tls_handshake: Duration::from_secs(5),
        per_address: 8,
        dawdling: Dawdling {
            stall: Duration::from_secs(5),
            least_bytes_per_second: 1,
        },
        drain: Duration::from_secs(5),
    };
    change(&mut bounds);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(|request: Request<TimedBody>| async move {
        let peer = request.extensions().get::<Peer>().unwrap();
        let said = format!("{:?} {}", peer.address.unwrap(), peer.secure);
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(said))))
    });
    let metrics = Arc::new(Metrics::of_listeners());
    let entrance = Entrance::new("s3", metrics, sources, tls.map(Arc::new));
    let (stop, stopped) = watch::channel(false);
    let served = tokio::spawn(serve(listener, service, bounds, entrance, stopped));
    (address, stop, served)
}

const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// All that comes back; an error counts as nothing.
async fn ask<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut T) -> String {
    let mut answer = Vec::new();
    drop(stream.write_all(ASK).await);
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn the_service_knows_whether_a_connection_is_encrypted() {
    let papers = Papers::new();
    let tls = Tls::load(papers.files()).unwrap();
    let (address, _stop, _) = listen(Some(tls), Sources::default(), |_| {}).await;
    let connector = papers.client(None, &[&rustls::version::TLS13]);
    let mut encrypted = connect(&connector, address).await.unwrap();
    let answer = ask(&mut encrypted).await;
    assert!(answer.ends_with("127.0.0.1 true"), "{answer}");
    let mut plain = TcpStream::connect(address).await.unwrap();
    assert!(!ask(&mut plain).await.contains("HTTP/1.1 200"));
    let (address, _stop, _) = listen(None, Sources::default(), |_| {}).await;
    let mut plain = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut plain).await;
    assert!(answer.ends_with("127.0.0.1 false"), "{answer}");
}

#[tokio::test]
async fn a_source_that_is_not_listed_is_closed_at_once() {
    let sources = Sources::new(vec!["192.0.2.0/24".parse().unwrap()]);
    let (address, _stop, _) = listen(None, sources, |_| {}).await;
    let mut refused = TcpStream::connect(address).await.unwrap();
    assert_eq!(ask(&mut refused).await, "");
}

#[tokio::test]
async fn a_silent_client_is_closed_and_holds_nobody_up() {
    let papers = Papers::new();
    let tls = Tls::load(papers.files()).unwrap();
    let brief = Duration::from_millis(300);
    let change = |bounds: &mut Bounds| bounds.tls_handshake = brief;
    let (address, _stop, _) = listen(Some(tls), Sources::default(), change).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let connector = papers.client(None, &[&rustls::version::TLS13]);
    let mut other = connect(&connector, address).await.unwrap();
    assert!(ask(&mut other).await.contains("200 OK"));
    for mut stream in silent {
        let mut end = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut end));
        drop(closed.await.expect("a silent client is not closed"));
    }
}

#[tokio::test]
async fn a_stop_waits_for_no_handshake() {
    let papers = Papers::new();
    let tls = Tls::load(papers.files()).unwrap();
    let (address, stop, served) = listen(Some(tls), Sources::default(), |bounds| {
        bounds.tls_handshake = Duration::from_secs(60);
        bounds.drain = Duration::from_secs(20);
    })
    .await;
    let _silent = TcpStream::connect(address).await.unwrap();
    let connector = papers.client(None, &[&rustls::version::TLS13]);
    let mut other = connect(&connector, address).await.unwrap();
    assert!(ask(&mut other).await.contains("200 OK"));
    stop.send_replace(true);
    let ended = tokio::time::timeout(Duration::from_secs(5), served).await;
    assert!(ended.expect("the stop waits").unwrap());
}

#[tokio::test]
async fn a_refused_upload_over_tls_reads_its_answer() {
    let papers = Papers::new();
    let tls = Tls::load(papers.files()).unwrap();
    let (address, _stop, _) = listen(Some(tls), Sources::default(), |_| {}).await;
    let connector = papers.client(None, &[&rustls::version::TLS13]);
    let mut upload = connect(&connector, address).await.unwrap();
    let head = b"PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 8388608\r\n\r\n";
    upload.write_all(head).await.unwrap();
    let (mut reading, mut writing) = tokio::io::split(upload);
    let sending = async {
        for _ in 0..128 {
            // The other end may have had enough.
            if writing.write_all(&[7; 65_536]).await.is_err() {
                break;
            }
        }
    };
    let reading = async {
        let mut answer = Vec::new();
        drop(reading.read_to_end(&mut answer).await);
        String::from_utf8(answer).unwrap()
    };
    let ((), answer) = tokio::join!(sending, reading);
    assert!(answer.contains("200 OK"), "{answer}");
}
