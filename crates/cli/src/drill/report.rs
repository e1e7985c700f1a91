//! What a drill found, for people and for programs.

use serde::Serialize;

use super::doors;
use crate::args::Language;

/// How a door was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The requests were refused and the versions are whole.
    Refused,
    /// Requests were answered, as S3 demands, and the versions are whole.
    Harmless,
    /// The server has no such operation.
    NotOffered,
    /// A lock was weakened, a version lost, or a request accepted that must be refused.
    Open,
}

impl Verdict {
    fn word(self, lang: Language) -> &'static str {
        match (self, lang) {
            (Self::Refused, Language::En) => "refused",
            (Self::Refused, Language::Ja) => "拒否",
            (Self::Harmless, Language::En) => "harmless",
            (Self::Harmless, Language::Ja) => "無害",
            (Self::NotOffered, Language::En) => "not offered",
            (Self::NotOffered, Language::Ja) => "機能なし",
            (Self::Open, Language::En) => "OPEN",
            (Self::Open, Language::Ja) => "突破",
        }
    }
}

/// One door and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Number in the list of known doors.
    pub(crate) id: &'static str,
    /// Stable name.
    pub(crate) name: &'static str,
    /// What was tried, in English.
    pub(crate) title: &'static str,
    /// The same in Japanese.
    pub(crate) title_ja: &'static str,
    /// Lock states that it was tried on.
    pub(crate) tried_on: Vec<&'static str>,
    /// Distinct answers: HTTP status and error code.
    pub(crate) answers: Vec<String>,
    /// How the door was found.
    pub(crate) verdict: Verdict,
    /// What was found to be harmed.
    pub(crate) harms: Vec<String>,
}

/// A request that must be answered, to show that the drill's requests are good ones.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Control {
    /// Name.
    pub(crate) name: String,
    /// HTTP status and error code.
    pub(crate) answer: String,
}

/// A known door that no request can try.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NotTried {
    /// Numbers in the list of known doors.
    pub(crate) id: &'static str,
    /// Why, in English.
    pub(crate) reason: &'static str,
    /// Why, in Japanese.
    pub(crate) reason_ja: &'static str,
}

/// What a drill's locks keep in the vault.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Remains {
    /// Bucket.
    pub(crate) bucket: String,
    /// Number of versions.
    pub(crate) versions: usize,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// The latest date of their locks.
    pub(crate) until: Option<String>,
}

/// What a drill found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Version of the server.
    pub(crate) server_version: String,
    /// Region of the vault.
    pub(crate) region: String,
    /// S3 address.
    pub(crate) s3_endpoint: String,
    /// Bucket of the drill.
    pub(crate) bucket: String,
    /// When it began, by the server's compliance time.
    pub(crate) began: String,
    /// Until when its locks hold.
    pub(crate) locked_until: String,
    /// Number of open doors.
    pub(crate) open: usize,
    /// Requests that had to succeed.
    pub(crate) controls: Vec<Control>,
    /// All doors.
    pub(crate) doors: Vec<Row>,
    /// Doors that were not tried.
    pub(crate) not_tried: Vec<NotTried>,
    /// Locked versions read back at the end.
    pub(crate) versions_read_back: usize,
    /// Their bytes, compared one by one.
    pub(crate) bytes_read_back: usize,
    /// What was wrong with them.
    pub(crate) lost: Vec<String>,
    /// What stays behind.
    pub(crate) remains: Vec<Remains>,
}

impl Report {
    /// Whether every door was shut and every version is whole.
    pub(crate) fn shut(&self) -> bool {
        self.open == 0 && self.lost.is_empty()
    }
}

/// The doors that no request can try.
pub(super) fn not_tried() -> Vec<NotTried> {
    doors::NOT_TRIED
        .iter()
        .map(|&(id, reason, reason_ja)| NotTried {
            id,
            reason,
            reason_ja,
        })
        .collect()
}

/// Cells that text takes on a terminal: Japanese letters take two.
fn cells(text: &str) -> usize {
    text.chars()
        .map(|c| if u32::from(c) >= 0x2e80 { 2 } else { 1 })
        .sum()
}

fn columns(rows: &[[String; 4]]) -> String {
    let mut widths = [0_usize; 4];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cells(cell));
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cells(cell)).saturating_add(2)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The report for people.
pub(crate) fn text(report: &Report, lang: Language) -> String {
    let say = |en: String, ja: String| if lang == Language::Ja { ja } else { en };
    let head: [&str; 4] = if lang == Language::Ja {
        ["番号", "判定", "応答", "試みた手口"]
    } else {
        ["ID", "FOUND", "ANSWER", "DOOR"]
    };
    let mut rows = vec![head.map(str::to_owned)];
    for door in &report.doors {
        let title = if lang == Language::Ja {
            door.title_ja
        } else {
            door.title
        };
        rows.push([
            door.id.to_owned(),
            door.verdict.word(lang).to_owned(),
            door.answers.join(", "),
            title.to_owned(),
        ]);
    }
    let mut text = columns(&rows);
    text.push('\n');
    for door in report.doors.iter().filter(|door| !door.harms.is_empty()) {
        let line = format!("{} {}: {}\n", door.id, door.name, door.harms.join("; "));
        text.push_str(&say(format!("OPEN  {line}"), format!("突破  {line}")));
    }
    for lost in &report.lost {
        text.push_str(&say(format!("LOST  {lost}\n"), format!("損失  {lost}\n")));
    }
    text.push_str(&say(controls_en(report), controls_ja(report)));
    text.push_str(&say(
        "Not tried:\n".to_owned(),
        "試していない手口:\n".to_owned(),
    ));
    for one in &report.not_tried {
        let reason = if lang == Language::Ja {
            one.reason_ja
        } else {
            one.reason
        };
        text.push_str(&format!("  {}: {reason}\n", one.id));
    }
    text.push_str(&ending(report, lang));
    text
}

fn controls_en(report: &Report) -> String {
    let mut text =
        "Controls (what nothing holds can be deleted by the same requests):\n".to_owned();
    for control in &report.controls {
        text.push_str(&format!("  {}: {}\n", control.name, control.answer));
    }
    text
}

fn controls_ja(report: &Report) -> String {
    let mut text = "対照（ロックのない版は同じ要求で削除できること）:\n".to_owned();
    for control in &report.controls {
        text.push_str(&format!("  {}: {}\n", control.name, control.answer));
    }
    text
}

fn ending(report: &Report, lang: Language) -> String {
    let (versions, bytes) = (report.versions_read_back, report.bytes_read_back);
    let mut text = match lang {
        Language::En => format!(
            "{versions} locked versions ({bytes} bytes) read back, {} harmed.\n",
            report.lost.len()
        ),
        Language::Ja => format!(
            "ロックされた{versions}版（{bytes}バイト）を読み戻し、異常 {} 件。\n",
            report.lost.len()
        ),
    };
    for left in &report.remains {
        let until = left.until.as_deref().unwrap_or("-");
        let (bucket, versions, bytes) = (&left.bucket, left.versions, left.bytes);
        text.push_str(&match lang {
            Language::En => format!(
                "Stays behind: bucket {bucket}, {versions} versions, {bytes} bytes, locked until {until}. \
                 The next drill takes them away when their locks are over.\n"
            ),
            Language::Ja => format!(
                "残るもの: バケット {bucket}、{versions}版、{bytes}バイト、ロック期限 {until}。\
                 期限後、次回の訓練が削除します。\n"
            ),
        });
    }
    let doors = report.doors.len();
    text.push_str(&match (lang, report.shut()) {
        (Language::En, true) => format!("All {doors} doors are shut.\n"),
        (Language::En, false) => format!("{} of {doors} doors are OPEN.\n", report.open),
        (Language::Ja, true) => format!("{doors}件の手口すべてが退けられました。\n"),
        (Language::Ja, false) => format!("{doors}件中{}件の手口で突破されました。\n", report.open),
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdict: Verdict) -> Report {
        let door = Row {
            id: "D5",
            name: "shorten",
            title: "set an earlier date",
            title_ja: "保持期限を早める",
            tried_on: vec!["compliance"],
            answers: vec!["403 AccessDenied".to_owned()],
            verdict,
            harms: Vec::new(),
        };
        Report {
            server_version: "0".to_owned(),
            region: "local".to_owned(),
            s3_endpoint: "http://127.0.0.1:9000".to_owned(),
            bucket: "azekura-drill-20260101000000".to_owned(),
            began: "2026-01-01T00:00:00Z".to_owned(),
            locked_until: "2026-01-01T00:10:00Z".to_owned(),
            open: usize::from(verdict == Verdict::Open),
            controls: Vec::new(),
            doors: vec![door],
            not_tried: not_tried(),
            versions_read_back: 5,
            bytes_read_back: 500,
            lost: Vec::new(),
            remains: Vec::new(),
        }
    }

    #[test]
    fn an_open_door_is_said_in_both_languages() {
        let open = report(Verdict::Open);
        assert!(!open.shut());
        assert!(text(&open, Language::En).contains("1 of 1 doors are OPEN."));
        assert!(text(&open, Language::Ja).contains("突破されました"));
        let shut = report(Verdict::Refused);
        assert!(shut.shut());
        assert!(text(&shut, Language::En).contains("All 1 doors are shut."));
        assert!(text(&shut, Language::Ja).contains("すべてが退けられました"));
    }

    #[test]
    fn japanese_letters_take_two_cells() {
        assert_eq!(cells("拒否 a"), 6);
        let rows = [
            ["番号", "a", "b", "c"].map(str::to_owned),
            ["D5", "aa", "b", "c"].map(str::to_owned),
        ];
        assert_eq!(columns(&rows), "番号  a   b  c\nD5    aa  b  c\n");
    }
}
