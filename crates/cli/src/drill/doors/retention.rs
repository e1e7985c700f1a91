//! Changes of the lock itself.

use super::{Attempt, Door, On, Rule};
use crate::drill::scene::{Scene, hold, retention};
use crate::drill::subject::Subject;
use crate::drill::wire::{Ask, Signing};

pub(super) const DOORS: &[Door] = &[
    Door {
        id: "D5",
        name: "shorten",
        en: "set an earlier date in the same mode",
        ja: "同じモードで保持期限を早める",
        on: On::Dated,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| set(subject, &earlier(scene, subject))),
    },
    Door {
        id: "D5",
        name: "shorten-with-bypass",
        en: "set an earlier date with the bypass header",
        ja: "回避ヘッダー付きで保持期限を早める",
        on: On::Compliance,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| set(subject, &earlier(scene, subject)).bypass()),
    },
    Door {
        id: "D5",
        name: "past-date",
        en: "set a date that is over",
        ja: "過去の保持期限を設定",
        on: On::Dated,
        rule: Rule::Refused,
        attempt: Attempt::One(|scene, subject| {
            let over = scene.began - time::Duration::days(1);
            set(subject, &retention(mode(subject), over))
        }),
    },
    Door {
        id: "L7",
        name: "remove-retention",
        en: "remove the retention",
        ja: "保持設定を空にする",
        on: On::Dated,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| set(subject, EMPTY)),
    },
    Door {
        id: "L7",
        name: "remove-retention-with-bypass",
        en: "remove the retention with the bypass header",
        ja: "回避ヘッダー付きで保持設定を空にする",
        on: On::Compliance,
        rule: Rule::Refused,
        attempt: Attempt::One(|_, subject| set(subject, EMPTY).bypass()),
    },
    Door {
        id: "L5",
        name: "weaker-mode",
        en: "change COMPLIANCE to GOVERNANCE, same date and later, with the bypass header",
        ja: "回避ヘッダー付きでCOMPLIANCEをGOVERNANCEに変更（同じ期限・遅い期限）",
        on: On::Compliance,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, subject| {
            let later = scene.until + time::Duration::minutes(1);
            [scene.until, later]
                .map(|until| set(subject, &retention("GOVERNANCE", until)).bypass())
                .into()
        }),
    },
    Door {
        id: "D7",
        name: "retention-without-signature",
        en: "change the retention without a signature and with a forged one",
        ja: "署名なし・偽の署名で保持設定を変更",
        on: On::Dated,
        rule: Rule::Refused,
        attempt: Attempt::Many(|scene, subject| {
            let asks = [Signing::Anonymous, Signing::Forged];
            asks.map(|signing| set(subject, &earlier(scene, subject)).signing(signing))
                .into()
        }),
    },
    Door {
        id: "D7",
        name: "hold-without-signature",
        en: "clear the legal hold without a signature and with a forged one",
        ja: "署名なし・偽の署名でリーガルホールドを解除",
        on: On::Held,
        rule: Rule::Refused,
        attempt: Attempt::Many(|_, subject| {
            let asks = [Signing::Anonymous, Signing::Forged];
            asks.map(|signing| {
                Ask::s3("PUT", subject.sub("legal-hold"))
                    .body(hold(false))
                    .signing(signing)
            })
            .into()
        }),
    },
    Door {
        id: "L8",
        name: "hold-by-retention",
        en: "lift a legal hold by removing the retention with the bypass header",
        ja: "回避ヘッダー付きで保持設定を空にし、リーガルホールドの解除を試みる",
        on: On::Held,
        rule: Rule::Harmless,
        attempt: Attempt::Many(|_, subject| {
            vec![set(subject, EMPTY).bypass(), subject.delete().bypass()]
        }),
    },
];

const EMPTY: &str = "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></Retention>";

fn mode(subject: &Subject) -> &'static str {
    subject.held.mode().unwrap_or("COMPLIANCE")
}

/// A date that is to come, and before the one that holds.
fn earlier(scene: &Scene, subject: &Subject) -> String {
    retention(mode(subject), scene.until - time::Duration::seconds(1))
}

fn set(subject: &Subject, body: &str) -> Ask {
    Ask::s3("PUT", subject.sub("retention")).body(body.to_owned())
}
