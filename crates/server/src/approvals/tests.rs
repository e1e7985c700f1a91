//! The webhook over a real socket: what is told, signed, repeated.

use azekura_model::governed::{
    ApprovalRequest, Asking, GovernedOperation, NamedBucket, RequestTerms,
};
use azekura_model::ident::{BucketUuid, RequestId, TenantId};
use azekura_model::name::BucketName;
use azekura_model::requester::Requester;
use azekura_model::time::{ComplianceTime, HybridTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::*;

fn notice() -> RequestNotice {
    let operation = GovernedOperation::RetireBucket {
        bucket: NamedBucket {
            uuid: BucketUuid([1; 16]),
            name: BucketName::parse("charts").unwrap(),
        },
    };
    RequestNotice {
        what: "asked",
        request: ApprovalRequest::ask(Asking {
            id: RequestId([2; 16]),
            vault: "v",
            tenant: TenantId([3; 16]),
            tenant_name: "病院",
            operation: &operation,
            document: None,
            by: &Requester::vault("sato"),
            asked: HybridTime::from_packed(1),
            asked_at: ComplianceTime(0),
            terms: &RequestTerms::default(),
            alone: false,
        }),
    }
}

/// Reads one request and answers it; its head and body.
async fn answered(listener: &TcpListener, status: &str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse::<usize>().unwrap());
            let start = head.len() + 4;
            if bytes.len() >= start + length {
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                return (head.to_owned(), bytes.split_off(start));
            }
        }
        let mut more = [0; 4096];
        let read = stream.read(&mut more).await.unwrap();
        assert!(read > 0, "the client went away");
        bytes.extend_from_slice(more.get(..read).unwrap());
    }
}

#[tokio::test]
async fn a_notice_is_signed_and_repeated_until_it_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let caller = Caller::new(&Webhook {
        url: format!("http://{address}/hook").parse().unwrap(),
        secret: Some(Zeroizing::new("secret".to_owned())),
        ca_file: None,
    })
    .unwrap();
    let told = body(&notice()).unwrap();
    let sent = told.clone();
    let telling = tokio::spawn(async move { caller.tell(sent).await });
    let (head, first) = answered(&listener, "503 Service Unavailable").await;
    let (_, second) = answered(&listener, "204 No Content").await;
    assert_eq!(telling.await.unwrap(), "delivered");
    assert_eq!(
        (first.as_slice(), second.as_slice()),
        (&told[..], &told[..])
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
    let tag = hex::encode(hmac::sign(&key, &told));
    assert!(
        head.contains(&format!("x-azekura-signature: sha256={tag}")),
        "{head}"
    );
    assert!(head.starts_with("POST /hook "), "{head}");
    let json: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(json["event"], "asked");
    assert_eq!(json["operation"], "retire-bucket");
    assert_eq!(json["asked_by"], "vault:sato");
    let text = json["text"].as_str().unwrap();
    assert!(text.starts_with("azekura-request v1\n"), "{text}");
}
