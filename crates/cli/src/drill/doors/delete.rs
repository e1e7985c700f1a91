//! Deletes: single, in batches, as somebody else, at the same time.

use super::{Attempt, Door, On, Rule, Trying};
use crate::drill::scene::{Scene, hold, retention};
use crate::drill::subject::Subject;
use crate::drill::wire::{Ask, Signing};

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "L13",
        name: "delete-version",
        en: "delete the version by its id",
        ja: "版IDを指定して削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| subject.delete()),
    },
    Door {
        id: "D16",
        name: "delete-with-bypass",
        en: "delete the version with the header that bypasses GOVERNANCE",
        ja: "GOVERNANCE回避ヘッダー付きで版を削除",
        on: On::NotGovernance,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| subject.delete().bypass()),
    },
    Door {
        id: "D1",
        name: "batch-delete",
        en: "delete the version in a batch",
        ja: "一括削除で版を削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| batch(scene, &[(&subject.key, &subject.version)])),
    },
    Door {
        id: "D1",
        name: "batch-delete-with-bypass",
        en: "delete the version in a batch with the bypass header",
        ja: "回避ヘッダー付きの一括削除で版を削除",
        on: On::NotGovernance,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| {
            batch(scene, &[(&subject.key, &subject.version)]).bypass()
        }),
    },
    Door {
        id: "D6",
        name: "batch-expired-first",
        en: "a batch whose first entry is a version whose lock is over",
        ja: "先頭が期限切れの版である一括削除",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(expired_first),
    },
    Door {
        id: "D11",
        name: "delete-as-replica",
        en: "delete the version with the headers of replication",
        ja: "複製用ヘッダーを付けて版を削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::Many(|_, subject| {
            [
                ("x-amz-replication-status", "REPLICA"),
                ("x-minio-source-replication-request", "true"),
                ("x-minio-source-deletemarker-delete", "true"),
            ]
            .map(|(name, value)| subject.delete().header(name, value))
            .into()
        }),
    },
    Door {
        id: "D3",
        name: "delete-with-force",
        en: "delete the version with headers that force elsewhere",
        ja: "他製品の強制削除ヘッダーを付けて版を削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| {
            subject
                .delete()
                .header("x-minio-force-delete", "true")
                .header("x-force-delete", "true")
        }),
    },
    Door {
        id: "D7",
        name: "delete-without-signature",
        en: "delete the version without a signature, with a forged one, and by a forged link",
        ja: "署名なし・偽の署名・偽の署名付きURLで版を削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::Many(unsigned),
    },
    Door {
        id: "D8",
        name: "delete-while-locking",
        en: "delete while the lock is being extended, eight at once",
        ja: "ロック延長と同時に8件の削除",
        on: On::Every,
        rule: Rule::Refused,
        attempt: Attempt::Steps(race),
    },
    Door {
        id: "D14",
        name: "delete-null",
        en: "delete the version named null",
        ja: "null版を指定して削除",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(|_, subject| {
            Ask::s3("DELETE", format!("{}?versionId=null", subject.path())).bypass()
        }),
    },
    Door {
        id: "L12",
        name: "marker",
        en: "delete without version id: makes a marker, the version stays",
        ja: "版IDなしの削除：削除マーカーができ、版は残る",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::One(|_, subject| Ask::s3("DELETE", subject.path())),
    },
    Door {
        id: "D18",
        name: "delete-by-odd-paths",
        en: "delete the version by paths with dots, doubled and encoded slashes",
        ja: "ドットや二重・符号化スラッシュを含むパスで版を削除",
        on: On::Every,
        rule: Rule::Harmless,
        attempt: Attempt::Many(odd_paths),
    },
];

/// A batch of versions to delete.
pub(in crate::drill) fn batch(scene: &Scene, entries: &[(&str, &str)]) -> Ask {
    let entries: String = entries
        .iter()
        .map(|(key, version)| {
            format!("<Object><Key>{key}</Key><VersionId>{version}</VersionId></Object>")
        })
        .collect();
    Ask::s3("POST", format!("/{}?delete", scene.bucket)).body(format!(
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{entries}</Delete>"
    ))
}

fn expired_first(scene: &Scene, subject: &Subject) -> Ask {
    let nth = scene
        .subjects
        .iter()
        .position(|one| one.key == subject.key)
        .unwrap_or_default();
    let locked = (subject.key.as_str(), subject.version.as_str());
    match scene.expired.get(nth) {
        Some(spare) => batch(scene, &[(&spare.key, &spare.version), locked]),
        None => batch(scene, &[locked]),
    }
}

fn unsigned(scene: &Scene, subject: &Subject) -> Vec<Ask> {
    let link = format!(
        "{}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F20260101%2F{}%2Fs3%2Faws4_request\
         &X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
        subject.target(),
        scene.wire.key_id(),
        scene.wire.region(),
        "0".repeat(64)
    );
    vec![
        subject.delete().signing(Signing::Anonymous),
        subject.delete().signing(Signing::Forged),
        Ask::s3("DELETE", link).signing(Signing::Anonymous),
    ]
}

/// Answers what the deletes were told; whether the others succeed does not matter.
fn race<'a>(scene: &'a Scene, subject: &'a Subject) -> Trying<'a> {
    Box::pin(async move {
        let delete = || {
            let ask = subject.delete();
            if subject.held.yields_to_bypass() {
                ask
            } else {
                ask.bypass()
            }
        };
        let strengthen = || match subject.held.mode().filter(|_| !subject.held.has_hold()) {
            Some(mode) => {
                Ask::s3("PUT", subject.sub("retention")).body(retention(mode, scene.until))
            }
            None => Ask::s3("PUT", subject.sub("legal-hold")).body(hold(true)),
        };
        let deletes = futures::future::try_join_all((0..8).map(|_| scene.wire.send(delete())));
        let others = futures::future::try_join_all((0..8).map(|_| scene.wire.send(strengthen())));
        let (deletes, _) = futures::future::try_join(deletes, others).await?;
        Ok(deletes)
    })
}

fn odd_paths(_: &Scene, subject: &Subject) -> Vec<Ask> {
    let (bucket, key, version) = (&subject.bucket, &subject.key, &subject.version);
    [
        format!("/{bucket}/./{key}"),
        format!("/{bucket}//{key}"),
        format!("/{bucket}/x/../{key}"),
        format!("/{bucket}/..%2F{bucket}%2F{key}"),
        format!("/{bucket}%2F{key}"),
        format!("//{bucket}/{key}"),
        format!("/./{bucket}/{key}"),
        format!("/{bucket}/{key}/"),
        format!("/{bucket}/{key}%00"),
    ]
    .into_iter()
    .map(|path| Ask::s3("DELETE", format!("{path}?versionId={version}")))
    .collect()
}
