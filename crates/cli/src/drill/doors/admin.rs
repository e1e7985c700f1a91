//! Doors of the admin API.

use azekura_admin_api::paths;

use super::{Attempt, Door, On, Rule, Trying};
use crate::drill::scene::{Scene, stamp};
use crate::drill::subject::Subject;
use crate::drill::wire::{Ask, Signing};

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "D2",
        name: "admin-bucket-delete",
        en: "delete the bucket through the admin API",
        ja: "管理APIでバケットを削除",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, _| Ask::admin("DELETE", route(scene, paths::BUCKET))),
    },
    Door {
        id: "D2",
        name: "admin-object-delete",
        en: "delete the version through the admin API",
        ja: "管理APIで版を削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, subject| {
            [
                paths::OBJECT,
                paths::CONTENT,
                paths::HISTORY,
                paths::OBJECTS,
            ]
            .map(|path| {
                let target = format!("{}{}", route(scene, path), subject.admin_query());
                Ask::admin("DELETE", target)
            })
            .into()
        }),
    },
    Door {
        id: "D5",
        name: "admin-locks-earlier",
        en: "set an earlier date for many versions through the admin API",
        ja: "管理APIで多数の版の保持期限を早める",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, _| {
            let soon = scene.began + time::Duration::minutes(1);
            many_locks(scene, &format!("action=extend&until={}", stamp(soon)))
        }),
    },
    Door {
        id: "D21",
        name: "admin-event",
        en: "post a false event, long ago, for all versions",
        ja: "全版に対し、遠い過去の虚偽の事象を登録",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, _| many_locks(scene, "action=event&event_date=1970-01-01")),
    },
    Door {
        id: "D21",
        name: "admin-default-off",
        en: "withdraw the default retention and its trial through the admin API",
        ja: "管理APIで既定の保持期間と試行期間を撤回",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::One(|scene, _| {
            let route = route(scene, "/v1/buckets/{bucket}/lock-default");
            Ask::admin("POST", format!("{route}?mode=none"))
        }),
    },
    Door {
        id: "A6",
        name: "admin-disposal",
        en: "ask for the disposal of all versions, run a pass at once, take it back",
        ja: "全版の廃棄を依頼し、直ちに実行、その後取り消し",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::Steps(disposal),
    },
    Door {
        id: "D4",
        name: "admin-history-days",
        en: "set the days of hidden history to 0 and run a pass at once",
        ja: "隠れた履歴の日数を0にし、直ちに実行",
        on: On::Once,
        rule: Rule::Harmless,
        attempt: Attempt::Many(|scene, _| {
            let days = route(scene, "/v1/buckets/{bucket}/history-days");
            vec![Ask::admin("PUT", format!("{days}?days=0")), run_pass(scene)]
        }),
    },
    Door {
        id: "A1",
        name: "admin-clock-set",
        en: "set the compliance clock through the admin API",
        ja: "管理APIでコンプライアンス時計を変更",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|_, _| {
            let body = "{\"compliance_time\":\"2099-01-01T00:00:00Z\"}";
            ["PUT", "POST", "PATCH"]
                .map(|method| Ask::admin(method, "/v1/clock").body(body))
                .into()
        }),
    },
    Door {
        id: "D2",
        name: "admin-without-signature",
        en: "the admin API without a signature and with a forged one",
        ja: "署名なし・偽の署名で管理APIを使用",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, _| {
            [Signing::Anonymous, Signing::Forged]
                .map(|signing| Ask::admin("DELETE", route(scene, paths::BUCKET)).signing(signing))
                .into()
        }),
    },
];

/// A route with the bucket of the drill.
fn route(scene: &Scene, path: &str) -> String {
    paths::with_bucket(path, &scene.bucket)
}

/// One pass over the bucket of lifecycle, history and disposals, now.
pub(super) fn run_pass(scene: &Scene) -> Ask {
    Ask::admin("POST", route(scene, "/v1/buckets/{bucket}/lifecycle/run"))
}

/// A change of the locks of all versions of the drill.
fn many_locks(scene: &Scene, query: &str) -> Ask {
    let route = route(scene, "/v1/buckets/{bucket}/locks");
    Ask::admin("POST", format!("{route}?{query}&prefix=locked-"))
}

fn disposal<'a>(scene: &'a Scene, _: &'a Subject) -> Trying<'a> {
    Box::pin(async move {
        let route = route(scene, "/v1/buckets/{bucket}/disposals");
        let ask = Ask::admin("POST", format!("{route}?prefix=locked-&reason=drill"));
        let asked = scene.wire.send(ask).await?;
        let ran = scene.wire.send(run_pass(scene)).await?;
        let body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap_or_default();
        if let Some(id) = body.get("id").and_then(serde_json::Value::as_str) {
            let back = Ask::admin("DELETE", format!("{route}/{id}"));
            scene.wire.send(back).await?;
        }
        Ok(vec![asked, ran])
    })
}
