//! Doors of access keys: each is made for the drill, tried, and taken away again.

use azekura_admin_api::identity::{KeyAsked, KeyMade};
use azekura_admin_api::paths;
use azekura_admin_api::sigv4::{Credentials, encode_component};
use azekura_model::access::Preset;

use super::{Attempt, Door, On, Rule, Trying};
use crate::drill::scene::{Scene, hold, retention};
use crate::drill::subject::Subject;
use crate::drill::wire::Ask;
use crate::exit::CommandError;

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "A22",
        name: "key-ingest-only",
        en: "delete, read, list and change locks with a fresh key of the preset ingest-only",
        ja: "新しい ingest-only キーで削除・読み取り・一覧・ロック変更",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Steps(|scene, _| with_key(scene, Preset::IngestOnly)),
    },
    Door {
        id: "A22",
        name: "key-backup",
        en: "delete versions, go against GOVERNANCE and lift holds with a fresh key of the preset backup",
        ja: "新しい backup キーで版の削除・GOVERNANCE の迂回・保留の解除",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Steps(|scene, _| with_key(scene, Preset::Backup)),
    },
    Door {
        id: "A13",
        name: "key-admin",
        en: "delete versions and go against GOVERNANCE with a fresh administrator's key",
        ja: "新しい admin キーで版の削除・GOVERNANCE の迂回",
        on: On::Once,
        rule: Rule::Refused,
        attempt: Attempt::Steps(|scene, _| with_key(scene, Preset::Admin)),
    },
];

/// What must be refused to a key of the preset, for one version.
fn asks(scene: &Scene, subject: &Subject, preset: Preset) -> Vec<Ask> {
    let sooner = scene.began + time::Duration::minutes(1);
    let mut asks = vec![subject.delete(), subject.delete().bypass()];
    if subject.held.mode().is_some() && !subject.held.has_hold() {
        for mode in ["GOVERNANCE", "COMPLIANCE"] {
            let body = retention(mode, sooner);
            let ask = Ask::s3("PUT", subject.sub("retention")).body(body);
            asks.push(ask.bypass());
        }
    }
    // Whoever may set a hold may lift it.
    if preset != Preset::Admin {
        asks.push(Ask::s3("PUT", subject.sub("legal-hold")).body(hold(false)));
    }
    if preset == Preset::IngestOnly {
        asks.push(Ask::s3("GET", subject.target()));
        asks.push(Ask::s3("GET", format!("/{}?versions", scene.bucket)));
        asks.push(Ask::s3("DELETE", subject.path()));
    }
    asks
}

fn with_key(scene: &Scene, preset: Preset) -> Trying<'_> {
    Box::pin(async move {
        let label = format!("{}-{}", scene.bucket, preset.as_str());
        let asked = KeyAsked {
            label: label.clone(),
            preset: Some(preset.as_str().to_owned()),
            expires_days: Some(1),
            ..KeyAsked::default()
        };
        let body = serde_json::to_vec(&asked).unwrap_or_default();
        let made = scene
            .wire
            .send(Ask::admin("POST", paths::KEYS).body(body))
            .await?;
        // Where two people are needed there is no such key, and nothing to try.
        let Ok(key) = serde_json::from_slice::<KeyMade>(&made.body) else {
            return Ok(vec![made]);
        };
        let credentials = Credentials {
            key_id: key.access_key_id.clone(),
            secret: key.secret_access_key,
        };
        let mut replies = Vec::new();
        for subject in &scene.subjects {
            for ask in asks(scene, subject, preset) {
                let ask = ask.with_key(credentials.clone());
                replies.push(scene.wire.send(ask).await?);
            }
        }
        take_away(scene, paths::KEYS, &key.access_key_id).await?;
        take_away(scene, paths::USERS, &label).await?;
        Ok(replies)
    })
}

async fn take_away(scene: &Scene, route: &str, name: &str) -> Result<(), CommandError> {
    let target = format!("{route}?name={}", encode_component(name));
    scene.wire.send(Ask::admin("DELETE", target)).await?;
    Ok(())
}
