//! The doors: one table. A later door is one more row, with its attempt in the file of its kind.

mod admin;
mod bucket;
mod delete;
mod keys;
mod overwrite;
mod retention;
mod signature;

use futures::future::BoxFuture;

pub(super) use delete::batch;

use super::scene::Scene;
use super::subject::{Held, Subject};
use super::wire::{Ask, Reply};
use crate::exit::CommandError;

/// What an attempt answers: replies to those requests that would open the door.
pub(super) type Trying<'a> = BoxFuture<'a, Result<Vec<Reply>, CommandError>>;

/// How a door is tried on one locked version.
pub(super) enum Attempt {
    /// One request.
    One(fn(&Scene, &Subject) -> Ask),
    /// Several, one after the other.
    Many(fn(&Scene, &Subject) -> Vec<Ask>),
    /// Several that depend on each other's answers.
    Steps(for<'a> fn(&'a Scene, &'a Subject) -> Trying<'a>),
}

/// What a right answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The request must be refused.
    Refused,
    /// S3 demands that the request is answered, or it does no harm; the version must stay.
    Harmless,
}

/// Which versions a door is tried on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// All.
    Every,
    /// All but GOVERNANCE, which yields to a key with the bypass right.
    NotGovernance,
    /// Those with a date that is not over.
    Dated,
    /// Those under COMPLIANCE with a date that is not over.
    Compliance,
    /// Those with a legal hold.
    Held,
    /// One is enough: the door concerns the bucket or the signature. All are read afterwards.
    Once,
}

impl On {
    /// Whether a version belongs to it.
    pub(super) fn covers(self, held: Held) -> bool {
        let dated = !matches!(held, Held::Hold | Held::ExpiredAndHold);
        match self {
            Self::Every => true,
            Self::NotGovernance => !held.yields_to_bypass(),
            Self::Dated => dated,
            Self::Compliance => dated && !held.yields_to_bypass(),
            Self::Held => held.has_hold(),
            Self::Once => held == Held::Compliance,
        }
    }
}

/// One way in which locks of some store were broken, or might be.
pub(super) struct Door {
    /// Number in the list of known doors (D) and attacks (A), or of the rule of S3 (L).
    pub(super) id: &'static str,
    /// Name for programs; stays the same from release to release.
    pub(super) name: &'static str,
    /// What is tried, in English.
    pub(super) en: &'static str,
    /// The same in Japanese.
    pub(super) ja: &'static str,
    /// On which versions.
    pub(super) on: On,
    /// What must happen.
    pub(super) rule: Rule,
    /// How.
    pub(super) attempt: Attempt,
}

impl Door {
    /// Tries it on one version.
    pub(super) async fn try_on(
        &self,
        scene: &Scene,
        subject: &Subject,
    ) -> Result<Vec<Reply>, CommandError> {
        let asks = match self.attempt {
            Attempt::One(ask) => vec![ask(scene, subject)],
            Attempt::Many(asks) => asks(scene, subject),
            Attempt::Steps(steps) => return steps(scene, subject).await,
        };
        let mut replies = Vec::new();
        for ask in asks {
            replies.push(scene.wire.send(ask).await?);
        }
        Ok(replies)
    }
}

/// All doors, in the order in which they are tried.
pub(super) fn all() -> Vec<&'static Door> {
    [
        delete::DOORS,
        retention::DOORS,
        overwrite::DOORS,
        bucket::DOORS,
        admin::DOORS,
        keys::DOORS,
        signature::DOORS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Known doors that no request can try, and why: id, English, Japanese.
pub(super) const NOT_TRIED: &[(&str, &str, &str)] = &[
    (
        "D9",
        "unreadable lock records: needs a damaged disk; tests of the store show it",
        "読めないロック記録：ディスクの損傷が必要。ストアの試験で確認",
    ),
    (
        "D10",
        "default retention at commit: would lock for a day at least; the test suite shows it",
        "既定の保持期間：最短でも1日ロックされるため対象外。試験で確認",
    ),
    (
        "D21",
        "an event hold of its own: would keep a version for years; the test suite shows it",
        "イベント待ちの保持：版が何年も残るため対象外。試験で確認",
    ),
    (
        "D12, D13, D20",
        "replication between regions: not part of this release",
        "リージョン間の複製：本リリースに含まれない",
    ),
    (
        "D17",
        "transition to another tier: not offered",
        "別階層への移行：提供していない",
    ),
    (
        "A1, A2",
        "moving the machine's clock, an older copy of the disk: not possible by a request; see `azekura clock show`",
        "時計の変更・古いディスクの複製：要求では試せない。`azekura clock show` を参照",
    ),
    (
        "A13",
        "an administrator of another tenant: a tenant cannot be taken away again; the test suite shows it",
        "他テナントの管理者：テナントは取り消せないため対象外。試験で確認",
    ),
    (
        "A3",
        "an administrator of the machine who deletes files: no software on one machine prevents that",
        "機器の管理者によるファイル削除：1台の機器のソフトウェアでは防げない",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// A row without id or title, or two of one name, would make a report that nobody can use.
    #[test]
    fn every_door_has_its_own_name_and_both_titles() {
        let doors = super::all();
        let names: BTreeSet<_> = doors.iter().map(|door| door.name).collect();
        assert_eq!(names.len(), doors.len());
        for door in &doors {
            assert!(!door.id.is_empty() && !door.en.is_empty(), "{}", door.name);
            assert!(!door.ja.is_ascii(), "{}", door.name);
            assert!(
                super::Held::ALL.iter().any(|held| door.on.covers(*held)),
                "{}",
                door.name
            );
        }
    }
}
