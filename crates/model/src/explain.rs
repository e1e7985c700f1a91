//! Who can delete a version, when, and by which rule: the answer in Japanese and in English.
//!
//! Every sentence follows from the same [`judge`] that decides; nothing here judges by itself.

use crate::calendar::CivilDate;
use crate::governed::DualControl;
use crate::lock::{Allowed, LockRefused, LockRequest, LockState, RetentionMode, judge};
use crate::retention_class::{ClassStart, RetentionClass};
use crate::time::ComplianceTime;

/// AnswerLanguage of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AnswerLanguage {
    /// Japanese.
    #[default]
    Japanese,
    /// English.
    English,
}

/// Who can delete a version now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deletable {
    /// Whoever may delete: no lock keeps it.
    Yes,
    /// Only whoever may bypass governance, and says so.
    WithBypass,
    /// Nobody before a time.
    NotBefore(ComplianceTime),
    /// Nobody before an event was posted, and then not before a period is over.
    AfterEvent,
    /// Nobody while a legal hold is on.
    AfterHold,
    /// Nobody: its state cannot be proved.
    Unknown,
}

/// Where a version stands in what S3 shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VersionStanding {
    /// What a GET without a version reads.
    Current,
    /// Shown with its version id.
    Noncurrent,
    /// Shown, but the newest thing of its key is a delete marker.
    UnderMarker,
    /// A delete marker.
    Marker,
    /// Deleted by its id: S3 no longer shows it, the vault keeps it.
    Hidden {
        /// Since when, by the compliance clock.
        since: ComplianceTime,
        /// End of its history period.
        until: ComplianceTime,
    },
}

/// All that an answer is made of.
#[derive(Clone, Debug)]
pub struct Situation<'a> {
    /// Bucket and key, as `s3://bucket/key`.
    pub address: &'a str,
    /// Version id.
    pub version: &'a str,
    /// Its lock.
    pub state: &'a LockState,
    /// Its classes, as far as they are known.
    pub classes: Vec<&'a RetentionClass>,
    /// What S3 shows.
    pub standing: VersionStanding,
    /// Days for which the bucket keeps what S3 no longer shows.
    pub history_days: u32,
    /// Whether the tenant needs two people for what weakens.
    pub dual_control: DualControl,
    /// Compliance time.
    pub now: ComplianceTime,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// Who can delete it now.
    pub deletable: Deletable,
    /// From when on no lock keeps it, where a date is known.
    pub free_from: Option<ComplianceTime>,
    /// Sentences, the answer first.
    pub sentences: Vec<String>,
}

/// Who can delete a version.
#[must_use]
pub fn deletable(state: &LockState, now: ComplianceTime) -> Deletable {
    match judge(state, LockRequest::Hide, None, now) {
        Ok(Allowed::Hide(_)) => Deletable::Yes,
        Ok(_) => Deletable::Unknown,
        Err(LockRefused::Governance { .. }) => Deletable::WithBypass,
        Err(LockRefused::Compliance { until }) => Deletable::NotBefore(until),
        Err(LockRefused::Event { .. }) => Deletable::AfterEvent,
        Err(LockRefused::Hold) => Deletable::AfterHold,
        Err(_) => Deletable::Unknown,
    }
}

/// Answers in one language.
#[must_use]
pub fn explain(of: &Situation<'_>, language: AnswerLanguage) -> Explanation {
    let deletable = deletable(of.state, of.now);
    let marker = of.standing == VersionStanding::Marker;
    let mut say = Sentences {
        language,
        out: Vec::new(),
    };
    if marker {
        say.both(
            "これは削除マーカーです。その下の版は隠れているだけで、消えていません。".to_owned(),
            "This is a delete marker. The versions below it are hidden, not gone.".to_owned(),
        );
    } else {
        say.answer(deletable);
        say.second_person(deletable, of.dual_control);
        say.lock(of);
        say.classes(&of.classes);
    }
    say.standing(of);
    say.both(
        format!("判断の時計: この保管庫のコンプライアンス時計。現在 {}。機器の時刻を変えても動きません。", moment(of.now)),
        format!("Judged by the compliance clock of this vault, now {}. Changing the clock of the machine does not move it.", moment(of.now)),
    );
    Explanation {
        deletable,
        free_from: free_from(of),
        sentences: say.out,
    }
}

/// From when on no lock keeps it; `None` when nobody can say.
fn free_from(of: &Situation<'_>) -> Option<ComplianceTime> {
    let LockState::Known(lock) = of.state else {
        return None;
    };
    if lock.hold == Some(true) || lock.event.is_some() {
        return None;
    }
    Some(
        lock.retained(of.now)
            .map_or(of.now, |retention| retention.until),
    )
}

/// A moment as a date and time in Japan.
#[must_use]
pub fn moment(at: ComplianceTime) -> String {
    match CivilDate::in_japan(at) {
        Ok(date) => {
            let minutes = at.0.saturating_sub(date.begins().0) / 60_000;
            format!("{date} {:02}:{:02} JST", minutes / 60, minutes % 60)
        }
        Err(_) => format!("{} ms", at.0),
    }
}

struct Sentences {
    language: AnswerLanguage,
    out: Vec<String>,
}

impl Sentences {
    fn both(&mut self, japanese: String, english: String) {
        self.out.push(match self.language {
            AnswerLanguage::Japanese => japanese,
            AnswerLanguage::English => english,
        });
    }

    /// The answer itself.
    fn answer(&mut self, deletable: Deletable) {
        let (japanese, english) = match deletable {
            Deletable::Yes => (
                "この版を守るロックはありません。権限 manage を持つ鍵なら、いつでも削除できます。".to_owned(),
                "No lock keeps this version. A key with the right `manage` can delete it at any time.".to_owned(),
            ),
            Deletable::WithBypass => (
                "権限 bypass を持つ鍵が、x-amz-bypass-governance-retention を付けたときだけ削除できます。".to_owned(),
                "Only a key with the right `bypass` that sends x-amz-bypass-governance-retention can delete it.".to_owned(),
            ),
            Deletable::NotBefore(until) => (
                format!("{} まで、誰も削除できません (管理者でも、設定を変えても)。", moment(until)),
                format!("Nobody can delete it before {}: no administrator, by no setting.", moment(until)),
            ),
            Deletable::AfterEvent => (
                "起算日がまだ記録されていないため、誰も削除できません。".to_owned(),
                "Nobody can delete it: the event that starts its period was not posted yet.".to_owned(),
            ),
            Deletable::AfterHold => (
                "リーガルホールドが掛かっている間は、誰も削除できません。権限 lock を持つ鍵が外せます。".to_owned(),
                "Nobody can delete it while its legal hold is on. A key with the right `lock` can turn it off.".to_owned(),
            ),
            Deletable::Unknown => (
                "ロックの状態を証明できないため、ロックされているものとして扱います。".to_owned(),
                "Its lock state cannot be proved, so it counts as locked.".to_owned(),
            ),
        };
        self.both(japanese, english);
    }

    /// What one person cannot do alone.
    fn second_person(&mut self, deletable: Deletable, dual_control: DualControl) {
        let weakens = matches!(deletable, Deletable::WithBypass | Deletable::AfterHold);
        if weakens && dual_control == DualControl::Required {
            self.both(
                "それには、もう一人の承認者の署名と待機期間が必要です (azekura request)。"
                    .to_owned(),
                "That needs the signature of a second person and a cooling-off (azekura request)."
                    .to_owned(),
            );
        }
    }

    /// Every keeper, not only the one that answered.
    fn lock(&mut self, of: &Situation<'_>) {
        let lock = match of.state {
            LockState::Known(lock) => lock,
            LockState::Unknown(why) => {
                return self.both(format!("理由: {why}"), format!("Reason: {why}"));
            }
        };
        if let Some(retention) = lock.retained(of.now) {
            let until = moment(retention.until);
            match retention.mode {
                RetentionMode::Compliance => self.both(
                    format!("規則: COMPLIANCE モードの保存期間、{until} まで。延ばすことだけができます。"),
                    format!("Rule: COMPLIANCE retention until {until}. It can only be made longer."),
                ),
                RetentionMode::Governance => self.both(
                    format!("規則: GOVERNANCE モードの保存期間、{until} まで。"),
                    format!("Rule: GOVERNANCE retention until {until}."),
                ),
            }
        }
        let governed = lock
            .retained(of.now)
            .is_some_and(|retention| retention.mode == RetentionMode::Governance);
        if let Some(ends) = lock.probation.filter(|_| governed) {
            let ends = moment(ends);
            self.both(
                format!("バケットの COMPLIANCE 既定値は試行中です。取り消されなければ、{ends} 以後に COMPLIANCE へ変わります。"),
                format!("The bucket's COMPLIANCE default is on trial. Unless it is withdrawn, this becomes COMPLIANCE after {ends}."),
            );
        }
        if lock.hold == Some(true) {
            self.both(
                "規則: リーガルホールド (期限なし)。".to_owned(),
                "Rule: legal hold, without an end.".to_owned(),
            );
        }
        if let Some(event) = &lock.event {
            let (class, floor) = (&event.class, moment(event.floor));
            self.both(
                format!("規則: 保存区分 {class} が起算日を待っています。記録後も {floor} より前には解けません。記録: azekura event post。"),
                format!("Rule: retention class {class} waits for its event. Once posted it is kept at least until {floor}. Post it with `azekura event post`."),
            );
        }
    }

    fn classes(&mut self, classes: &[&RetentionClass]) {
        for class in classes {
            let (ja, en) = if class.unverified {
                (" [条文は未確認]", " [articles not verified]")
            } else {
                ("", "")
            };
            let (start_ja, start_en) = match &class.start {
                ClassStart::Upload => ("アップロード", "the upload"),
                ClassStart::Event { name_ja, name_en } => (name_ja.as_str(), name_en.as_str()),
            };
            let (name, law) = (&class.name, &class.law);
            self.both(
                format!(
                    "保存区分 {name}: {}。起算: {start_ja}。根拠: {law}{ja}。",
                    class.title_ja
                ),
                format!(
                    "Retention class {name}: {}. Starts with {start_en}. Law: {law}{en}.",
                    class.title_en
                ),
            );
        }
    }

    fn standing(&mut self, of: &Situation<'_>) {
        let (address, version) = (of.address, of.version);
        let days = of.history_days;
        match of.standing {
            VersionStanding::Current | VersionStanding::Noncurrent => self.both(
                format!("削除しても S3 から隠れるだけです。その後 {days} 日は履歴に残り、元に戻せます。"),
                format!("Deleting hides it from S3 only. It then stays in the history for {days} days and can be brought back."),
            ),
            VersionStanding::UnderMarker | VersionStanding::Marker => self.both(
                format!("S3 では削除されたように見えますが、隠れているだけです。戻すには: azekura object undelete {address}"),
                format!("S3 shows it as deleted, but it is hidden, not gone. To undo: azekura object undelete {address}"),
            ),
            VersionStanding::Hidden { since, until } => {
                let (since, until) = (moment(since), moment(until));
                self.both(
                    format!("S3 では {since} に削除されましたが、隠れているだけで、消えていません。履歴に少なくとも {until} まで残ります。戻すには: azekura object undelete {address} --version-id {version}"),
                    format!("S3 no longer shows it since {since}. It is hidden, not gone: the history keeps it at least until {until}. To undo: azekura object undelete {address} --version-id {version}"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::{EventHold, Lock, Retention};
    use crate::retention_class::ClassName;

    fn at(date: &str) -> ComplianceTime {
        CivilDate::parse(date).unwrap().begins()
    }

    fn answer(
        state: &LockState,
        standing: VersionStanding,
        language: AnswerLanguage,
    ) -> Explanation {
        let of = Situation {
            address: "s3://b/k",
            version: "v1",
            state,
            classes: Vec::new(),
            standing,
            history_days: 30,
            dual_control: DualControl::Required,
            now: at("2026-04-01"),
        };
        explain(&of, language)
    }

    fn retained(mode: RetentionMode) -> Lock {
        Lock {
            retention: Some(Retention {
                mode,
                until: at("2031-04-01"),
            }),
            ..Lock::default()
        }
    }

    #[test]
    fn each_keeper_has_its_answer() {
        let held = Lock {
            hold: Some(true),
            ..retained(RetentionMode::Compliance)
        };
        let waits = Lock {
            event: Some(EventHold {
                class: ClassName::parse("karte-5y").unwrap(),
                floor: at("2031-04-02"),
            }),
            ..Lock::default()
        };
        let until = at("2031-04-01");
        for (state, deletable, free) in [
            (
                LockState::Known(Lock::default()),
                Deletable::Yes,
                Some(at("2026-04-01")),
            ),
            (
                LockState::Known(retained(RetentionMode::Governance)),
                Deletable::WithBypass,
                Some(until),
            ),
            (
                LockState::Known(retained(RetentionMode::Compliance)),
                Deletable::NotBefore(until),
                Some(until),
            ),
            (LockState::Known(held), Deletable::AfterHold, None),
            (LockState::Known(waits), Deletable::AfterEvent, None),
            (
                LockState::Unknown("flipped".to_owned()),
                Deletable::Unknown,
                None,
            ),
        ] {
            for language in [AnswerLanguage::Japanese, AnswerLanguage::English] {
                let said = answer(&state, VersionStanding::Current, language);
                assert_eq!((said.deletable, said.free_from), (deletable, free));
                assert!(said.sentences.len() >= 3);
                let second = said.sentences.join("\n").contains("azekura request");
                let weakens = matches!(deletable, Deletable::WithBypass | Deletable::AfterHold);
                assert_eq!(second, weakens, "{deletable:?}");
            }
        }
    }

    #[test]
    fn every_keeper_is_named_not_only_the_first() {
        let held = Lock {
            hold: Some(true),
            ..retained(RetentionMode::Compliance)
        };
        let said = answer(
            &LockState::Known(held),
            VersionStanding::Current,
            AnswerLanguage::English,
        );
        let text = said.sentences.join("\n");
        assert!(
            text.contains("legal hold") && text.contains("2031-04-01 00:00 JST"),
            "{text}"
        );
    }

    #[test]
    fn what_is_hidden_says_how_to_come_back() {
        let hidden = VersionStanding::Hidden {
            since: at("2026-03-01"),
            until: at("2026-04-05"),
        };
        let state = LockState::Known(Lock::default());
        let text = answer(&state, hidden, AnswerLanguage::English)
            .sentences
            .join("\n");
        assert!(text.contains("hidden, not gone"), "{text}");
        assert!(
            text.contains("azekura object undelete s3://b/k --version-id v1"),
            "{text}"
        );
        let text = answer(&state, VersionStanding::Marker, AnswerLanguage::Japanese)
            .sentences
            .join("\n");
        assert!(
            text.contains("azekura object undelete s3://b/k") && text.contains("消えていません"),
            "{text}"
        );
    }
}
