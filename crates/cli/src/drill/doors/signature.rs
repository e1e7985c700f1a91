//! Writes by somebody who knows the id of a key and not its secret.

use super::{Attempt, Door, On, Rule};
use crate::drill::scene::Scene;
use crate::drill::subject::Subject;
use crate::drill::wire::{Ask, Signing};

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "D19",
        name: "unsigned-chunks",
        en: "store in unsigned chunks, with the key's id and no right signature",
        ja: "鍵IDのみを知る者による、署名されないチャンクでの保存",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(chunks),
    },
    Door {
        id: "D19",
        name: "two-credentials",
        en: "a forged signature in the header beside one in the link",
        ja: "ヘッダーの偽署名とURLの署名の併用",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| {
            let target = format!(
                "{}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Signature={}",
                subject.path(),
                scene.wire.key_id(),
                "0".repeat(64)
            );
            Ask::s3("PUT", target)
                .plain_body(CHUNKED)
                .signing(Signing::Forged)
        }),
    },
    Door {
        id: "D18",
        name: "write-by-odd-paths",
        en: "store from outside the bucket by paths with dots and encoded slashes",
        ja: "ドットや符号化スラッシュを含むパスで、バケット外からの保存",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::Many(|_, subject| {
            [
                format!(
                    "/azekura-drill-elsewhere/../{}/{}",
                    subject.bucket, subject.key
                ),
                format!(
                    "/azekura-drill-elsewhere/..%2F{}%2F{}",
                    subject.bucket, subject.key
                ),
                format!(
                    "/azekura-drill-elsewhere%2F..%2F{}/{}",
                    subject.bucket, subject.key
                ),
            ]
            .map(|path| Ask::s3("PUT", path).body("other content"))
            .into()
        }),
    },
];

/// `other content` as one chunk and a trailer (AWS S3 API reference, "Using the
/// STREAMING-UNSIGNED-PAYLOAD-TRAILER").
const CHUNKED: &str = "d\r\nother content\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";

fn chunks(_: &Scene, subject: &Subject) -> Vec<Ask> {
    [Signing::Forged, Signing::Anonymous]
        .map(|signing| {
            Ask::s3("PUT", subject.path())
                .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
                .header("content-encoding", "aws-chunked")
                .header("x-amz-trailer", "x-amz-checksum-crc32")
                .header("x-amz-decoded-content-length", "13")
                .plain_body(CHUNKED)
                .signing(signing)
        })
        .into()
}
