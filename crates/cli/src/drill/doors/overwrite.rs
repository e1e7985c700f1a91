//! Writes over a locked key: each makes a new version, and the locked one stays.

use base64::Engine as _;
use time::format_description::well_known::Rfc3339;

use super::{Attempt, Door, On, Rule, Trying};
use crate::drill::scene::{Scene, locked};
use crate::drill::subject::Subject;
use crate::drill::wire::{Ask, Signing};

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "L11",
        name: "put-over",
        en: "store another object under the same key",
        ja: "同じキーに別のオブジェクトを保存",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(|_, subject| Ask::s3("PUT", subject.path()).body(OTHER)),
    },
    Door {
        id: "D11",
        name: "put-over-version",
        en: "store with the version id of the locked version, as a replica",
        ja: "ロックされた版のIDを指定し、複製として保存",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(|_, subject| {
            Ask::s3("PUT", subject.target())
                .header("x-amz-replication-status", "REPLICA")
                .header("x-minio-source-replication-request", "true")
                .header("x-minio-source-version-id", subject.version.clone())
                .body(OTHER)
        }),
    },
    Door {
        id: "D5",
        name: "put-over-with-short-lock",
        en: "store under the same key with a lock that ends sooner",
        ja: "同じキーに、より短いロックを付けて保存",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, subject| {
            let soon = scene.until - time::Duration::minutes(1);
            locked(
                Ask::s3("PUT", subject.path()).body(OTHER),
                Some("GOVERNANCE"),
                soon,
                false,
            )
        }),
    },
    Door {
        id: "L16",
        name: "multipart-over",
        en: "complete a multipart upload under the same key",
        ja: "同じキーにマルチパートアップロードを完了",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::Steps(multipart),
    },
    Door {
        id: "L17",
        name: "copy-over",
        en: "copy another object over the key, and the version onto itself with other metadata",
        ja: "別のオブジェクトを上書きコピー、および版を自身へ別のメタデータでコピー",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::Many(|scene, subject| {
            let other = scene.expired.last().map_or("", |spare| spare.key.as_str());
            let source = format!("/{}/{other}", scene.bucket);
            let itself = format!("{}?versionId={}", subject.path(), subject.version);
            vec![
                Ask::s3("PUT", subject.path()).header("x-amz-copy-source", source),
                Ask::s3("PUT", subject.path())
                    .header("x-amz-copy-source", itself)
                    .header("x-amz-metadata-directive", "REPLACE")
                    .header("x-amz-meta-note", "changed"),
            ]
        }),
    },
    Door {
        id: "D7",
        name: "form-over",
        en: "post a signed form to the same key",
        ja: "署名付きフォームで同じキーに送信",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::Steps(signed_form),
    },
    Door {
        id: "D7",
        name: "form-without-signature",
        en: "post a form without a signature to the same key",
        ja: "署名のないフォームで同じキーに送信",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| {
            form(scene, &[("key".to_owned(), subject.key.clone())])
        }),
    },
    Door {
        id: "A5",
        name: "encrypt-over",
        en: "encrypt the object with a key of the attacker (SSE-C)",
        ja: "攻撃者の鍵で暗号化して上書き（SSE-C）",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| {
            let key = [7_u8; 32];
            let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
            Ask::s3("PUT", subject.path())
                .header("x-amz-copy-source", subject.path())
                .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
                .header("x-amz-server-side-encryption-customer-key", encode(&key))
                // MD5 of 32 bytes of 7.
                .header("x-amz-server-side-encryption-customer-key-md5", KEY_MD5)
        }),
    },
    Door {
        id: "D15",
        name: "tags-and-acl",
        en: "replace tags and access list of the version",
        ja: "版のタグとACLを置き換え",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::Many(|_, subject| {
            let tags =
                "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
            vec![
                Ask::s3("PUT", subject.sub("tagging")).body(tags),
                Ask::s3("PUT", subject.sub("acl")).header("x-amz-acl", "private"),
                Ask::s3("DELETE", subject.sub("tagging")),
            ]
        }),
    },
];

const OTHER: &str = "other content";
const KEY_MD5: &str = "y4HAEFCYWuvAXWFTtA1Qpg==";
const BOUNDARY: &str = "azekura-drill-boundary";

fn multipart<'a>(scene: &'a Scene, subject: &'a Subject) -> Trying<'a> {
    Box::pin(async move {
        let path = subject.path();
        let begun = scene
            .wire
            .send(Ask::s3("POST", format!("{path}?uploads")))
            .await?;
        if !begun.accepted() {
            return Ok(vec![begun]);
        }
        let done = scene.finish_upload(&path, &begun, OTHER.as_bytes()).await?;
        Ok(vec![done])
    })
}

/// A form of these fields and a small file.
fn form(scene: &Scene, fields: &[(String, String)]) -> Ask {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str(&format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{OTHER}\r\n--{BOUNDARY}--\r\n"
    ));
    Ask::s3("POST", format!("/{}", scene.bucket))
        .header(
            "content-type",
            format!("multipart/form-data; boundary={BOUNDARY}"),
        )
        .plain_body(body)
        .signing(Signing::Anonymous)
}

fn signed_form<'a>(scene: &'a Scene, subject: &'a Subject) -> Trying<'a> {
    Box::pin(async move {
        let signature = scene.wire.policy()?;
        let mut fields = vec![
            ("key".to_owned(), subject.key.clone()),
            ("x-amz-algorithm".to_owned(), "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential".to_owned(), signature.credential.clone()),
            ("x-amz-date".to_owned(), signature.date_time.clone()),
        ];
        let conditions: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("[\"eq\",\"${name}\",\"{value}\"]"))
            .collect();
        let expires = scene.began + time::Duration::hours(1);
        let policy = format!(
            "{{\"expiration\":\"{}\",\"conditions\":[{{\"bucket\":\"{}\"}},{}]}}",
            expires.format(&Rfc3339).unwrap_or_default(),
            scene.bucket,
            conditions.join(",")
        );
        let policy = base64::engine::general_purpose::STANDARD.encode(policy);
        fields.push(("x-amz-signature".to_owned(), signature.sign(&policy)));
        fields.push(("policy".to_owned(), policy));
        Ok(vec![scene.wire.send(form(scene, &fields)).await?])
    })
}
