//! Doors that concern the bucket as a whole.

use super::{Attempt, Door, On, Rule};
use crate::drill::scene::Scene;
use crate::drill::subject::Subject;
use crate::drill::wire::Ask;

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "D3",
        name: "bucket-delete",
        en: "delete the bucket, with the force flags of other products too",
        ja: "バケットの削除（他製品の強制フラグ付きも）",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, _| {
            vec![
                Ask::s3("DELETE", bucket(scene, "")),
                Ask::s3("DELETE", bucket(scene, "?force_delete=true")),
                Ask::s3("DELETE", bucket(scene, "")).header("x-minio-force-delete", "true"),
            ]
        }),
    },
    Door {
        id: "D3",
        name: "bucket-rename",
        en: "rename the bucket (MOVE), and the key",
        ja: "バケットとキーの改名（MOVE）",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, subject| {
            [bucket(scene, ""), subject.path()]
                .map(|path| Ask::s3("MOVE", path).header("destination", "/azekura-drill-elsewhere"))
                .into()
        }),
    },
    Door {
        id: "D14",
        name: "suspend-versioning",
        en: "suspend versioning",
        ja: "バージョニングの停止",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, _| {
            Ask::s3("PUT", bucket(scene, "?versioning")).body(
                "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
            )
        }),
    },
    Door {
        id: "L2",
        name: "lock-off",
        en: "switch object lock off",
        ja: "オブジェクトロックの無効化",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, _| {
            let off = "<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled>\
                       </ObjectLockConfiguration>";
            vec![
                Ask::s3("PUT", bucket(scene, "?object-lock")).body(off),
                Ask::s3("DELETE", bucket(scene, "?object-lock")),
            ]
        }),
    },
    Door {
        id: "L9",
        name: "default-cleared",
        en: "clear the default retention of the bucket",
        ja: "バケットの既定保持期間の解除",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, _| {
            Ask::s3("PUT", bucket(scene, "?object-lock")).body(
                "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
                 </ObjectLockConfiguration>",
            )
        }),
    },
    Door {
        id: "A15",
        name: "bucket-made-again",
        en: "make the bucket again under its name, without lock",
        ja: "同名バケットをロックなしで再作成",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, _| Ask::s3("PUT", bucket(scene, ""))),
    },
    Door {
        id: "D4",
        name: "lifecycle",
        en: "lifecycle rules that expire every version, and a pass at once",
        ja: "全版を失効させるライフサイクル設定と即時実行",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::Many(lifecycle),
    },
    Door {
        id: "D7",
        name: "policy",
        en: "a bucket policy that lets anybody delete",
        ja: "誰でも削除できるバケットポリシー",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, subject| {
            let policy = format!(
                "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\
                 \"Action\":\"s3:*\",\"Resource\":\"arn:aws:s3:::{}/*\"}}]}}",
                scene.bucket
            );
            vec![
                Ask::s3("PUT", bucket(scene, "?policy")).body(policy),
                subject
                    .delete()
                    .signing(crate::drill::wire::Signing::Anonymous),
            ]
        }),
    },
];

fn bucket(scene: &Scene, query: &str) -> String {
    format!("/{}{query}", scene.bucket)
}

/// Rules over everything, of a date that is over and of one day, a pass of the server, and the
/// rules withdrawn.
fn lifecycle(scene: &Scene, _: &Subject) -> Vec<Ask> {
    let over = (scene.began - time::Duration::days(2)).date();
    let rules = format!(
        "<LifecycleConfiguration>\
         <Rule><ID>all</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>\
         <Expiration><Date>{over}T00:00:00Z</Date></Expiration>\
         <NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>\
         </NoncurrentVersionExpiration></Rule></LifecycleConfiguration>"
    );
    vec![
        Ask::s3("PUT", bucket(scene, "?lifecycle")).body(rules),
        super::admin::run_pass(scene),
        Ask::s3("DELETE", bucket(scene, "?lifecycle")),
    ]
}
