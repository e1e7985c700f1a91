//! Doors of the admin API.

use azekura_admin_api::paths;

use super::{Attempt, Door, On, Rule};
use crate::drill::scene::Scene;
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
