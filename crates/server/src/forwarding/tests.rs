use azekura_model::time::WallTime;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;

fn read(number: u32) -> AuditEntry {
    AuditEntry {
        time: WallTime(1_795_921_445_678),
        request_id: number.to_string(),
        operation: "GetObject".to_owned(),
        key: Some("検査/1".to_owned()),
        status: 200,
        count: 1,
        ..AuditEntry::default()
    }
}

const TENANT: TenantId = TenantId([7; 16]);

/// Messages as RFC 6587 frames them.
async fn next_message(from: &mut BufReader<TcpStream>) -> String {
    let mut length = Vec::new();
    from.read_until(b' ', &mut length).await.unwrap();
    let length = std::str::from_utf8(&length).unwrap().trim();
    let mut text = vec![0; length.parse().unwrap()];
    from.read_exact(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn syslog_over_tcp_gets_every_entry_and_is_told_of_gaps() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let forwarding = Forwarding::start(&[Collector::Tcp(address.to_string())]);
    // The test has one thread: nothing is taken out of the queue meanwhile.
    for number in 0..WAITING_MAX + 10 {
        forwarding.recorded(TENANT, &read(u32::try_from(number).unwrap()));
    }
    assert_eq!(forwarding.dropped().load(Ordering::Relaxed), 10);
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let gap = next_message(&mut stream).await;
    assert!(gap.starts_with("<108>1 - - azekura "), "{gap}");
    assert!(gap.ends_with("{\"gap\":10}"), "{gap}");
    for number in 0..WAITING_MAX {
        let text = next_message(&mut stream).await;
        let (head, json) = text.split_once(" audit - ").unwrap();
        assert!(head.starts_with("<110>1 2026-11-29T"), "{head}");
        let value: Value = serde_json::from_str(json).unwrap();
        assert_eq!(value["request_id"], number.to_string());
        assert_eq!(value["tenant"], TENANT.to_string());
    }
}

#[test]
fn otlp_logs_have_their_shape() {
    let value = otlp(&[(TENANT, read(1))], 3);
    let records = &value["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    assert_eq!(records[0]["timeUnixNano"], "1795921445678000000");
    assert_eq!(records[0]["body"]["stringValue"], "GetObject");
    let attributes = records[0]["attributes"].as_array().unwrap();
    let of = |key: &str| {
        let found = attributes.iter().find(|a| a["key"] == key);
        found.map(|found| found["value"].clone())
    };
    assert_eq!(of("key"), Some(json!({ "stringValue": "検査/1" })));
    assert_eq!(of("status"), Some(json!({ "intValue": "200" })));
    assert_eq!(records[1]["attributes"][0]["value"]["intValue"], "3");
}

#[test]
fn collectors_are_named_in_full() {
    let named = Collector::syslog("udp://log.hospital.example:514");
    assert_eq!(
        named,
        Some(Collector::Udp("log.hospital.example:514".to_owned()))
    );
    assert!(Collector::syslog("tcp://[::1]:601").is_some());
    assert!(Collector::syslog("unix:///dev/log").is_some());
    for bad in [
        "",
        "log:514",
        "udp://log",
        "udp://:514",
        "unix://dev/log",
        "http://h:1",
    ] {
        assert_eq!(Collector::syslog(bad), None, "{bad}");
    }
}
