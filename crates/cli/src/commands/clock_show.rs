//! `azekura clock show`

use azekura_admin_api::api::AdminApi as _;
use azekura_admin_api::types::ClockDetail;
use azekura_model::compliance_clock::LEAD_MAX_MS;

use crate::args::{ClockShowArgs, Language};
use crate::connect;
use crate::exit::{CommandError, Exit};
use crate::output;

pub(crate) async fn run(show: &ClockShowArgs, json: bool) -> Result<Exit, CommandError> {
    let clock = connect::client(&show.online)?.clock().await?;
    output::answer(&clock, json, |clock| match show.lang {
        Language::Ja => japanese(clock),
        Language::En => english(clock),
    })
}

/// Days, hours, minutes and seconds of a length of time: its two largest units.
fn length(ms: i64, units: [&str; 4]) -> String {
    let seconds = ms.unsigned_abs() / 1000;
    let parts = [
        (seconds / 86_400, units[0]),
        (seconds / 3600 % 24, units[1]),
        (seconds / 60 % 60, units[2]),
        (seconds % 60, units[3]),
    ];
    let mut shown = parts.iter().skip_while(|(number, _)| *number == 0).take(2);
    let text: String = shown
        .by_ref()
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if text.is_empty() {
        format!("0{}", units[3])
    } else {
        text.trim_end().to_owned()
    }
}

fn in_english(ms: i64) -> String {
    length(ms, [" d ", " h ", " min ", " s "])
        .trim_end()
        .to_owned()
}

fn in_japanese(ms: i64) -> String {
    length(ms, ["日", "時間", "分", "秒"])
}

fn english(clock: &ClockDetail) -> String {
    let side = |ms: i64| if ms < 0 { "behind" } else { "ahead" };
    let mut text = format!(
        "wall clock        {}\ncompliance time   {}\n                  the wall clock is {} {} of it\n",
        clock.wall,
        clock.compliance,
        in_english(clock.lead_ms),
        side(clock.lead_ms),
    );
    text.push_str(&format!(
        "last start        {}; compliance time was {}, {} of downtime credited{}\n",
        clock.started.wall,
        clock.started.compliance,
        in_english(clock.started.caught_up_ms),
        if clock.started.by_evidence {
            " by evidence"
        } else {
            ""
        },
    ));
    text.push_str(&format!(
        "catch-up left     {} of downtime may still be credited without evidence ({} used so far)\n",
        in_english(clock.catch_up_left_ms),
        in_english(clock.catch_up_spent_ms),
    ));
    text.push_str(&format!(
        "evidence of time  {}\n\n",
        match clock.evidence_sources {
            0 => "none".to_owned(),
            sources => format!("{sources} sources"),
        }
    ));
    text.push_str("Locks end when compliance time passes their date. Nobody can set it forward.\n");
    match (&clock.relative_locks_refused, &clock.relative_locks_start) {
        (Some(why), _) => text.push_str(&format!(
            "REFUSED: locks with a period (a bucket's default, a class): {why}.\nLocks with a date of their own are accepted.\n"
        )),
        (None, Some(start)) => text.push_str(&format!("A lock with a period made now starts at {start}.\n")),
        (None, None) => {}
    }
    match clock.skew.as_str() {
        "wall-behind" => text.push_str(
            "The wall clock is behind: set the host's clock right. Compliance time is never set back.\n",
        ),
        _ if clock.lead_ms > 300_000 => text.push_str(&format!(
            "Existing locks end up to {} later by the wall clock than their date says, never earlier.\n",
            in_english(clock.lead_ms)
        )),
        _ => {}
    }
    text
}

fn why_in_japanese(clock: &ClockDetail) -> String {
    if clock.lead_ms > LEAD_MAX_MS {
        return "壁時計が 30 日を超えて進んでいます。".to_owned();
    }
    format!(
        "動作中に壁時計が進みました (起動時の差と動作時間で説明できるのは {} まで)。正しければサーバーを再起動してください。",
        in_japanese(clock.explained_ms)
    )
}

fn japanese(clock: &ClockDetail) -> String {
    let side = |ms: i64| if ms < 0 { "遅れ" } else { "進み" };
    let mut text = format!(
        "壁時計 (OS の時計)      {}\nロック判定の時刻        {}\n壁時計との差            壁時計が {} {}\n",
        clock.wall,
        clock.compliance,
        in_japanese(clock.lead_ms),
        side(clock.lead_ms),
    );
    text.push_str(&format!(
        "前回の起動              {} (ロック判定の時刻 {}、停止時間のうち {} を算入{})\n",
        clock.started.wall,
        clock.started.compliance,
        in_japanese(clock.started.caught_up_ms),
        if clock.started.by_evidence {
            "、時刻の証拠による"
        } else {
            ""
        },
    ));
    text.push_str(&format!(
        "算入できる停止時間の残り {} (証拠なしで算入した累計 {})\n",
        in_japanese(clock.catch_up_left_ms),
        in_japanese(clock.catch_up_spent_ms),
    ));
    text.push_str(&format!(
        "時刻の証拠              {}\n\n",
        match clock.evidence_sources {
            0 => "なし".to_owned(),
            sources => format!("{sources} 件"),
        }
    ));
    text.push_str(
        "ロックは、ロック判定の時刻が期限を過ぎたときにだけ終わります。この時刻を進める操作はありません。\n",
    );
    match (&clock.relative_locks_refused, &clock.relative_locks_start) {
        (Some(_), _) => text.push_str(&format!(
            "期間で指定するロック (バケットの既定、保存区分) を拒否しています。\n  理由: {}\n  OS の時計を正しく合わせてください。期限の日時を指定するロックは受け付けます。\n",
            why_in_japanese(clock),
        )),
        (None, Some(start)) => {
            text.push_str(&format!("期間で指定するロックは、いま作ると {start} から数えます。\n"));
        }
        (None, None) => {}
    }
    match clock.skew.as_str() {
        "wall-behind" => text.push_str(
            "壁時計が遅れています。OS の時計を正しく合わせてください。ロック判定の時刻は戻りません。\n",
        ),
        _ if clock.lead_ms > 300_000 => text.push_str(&format!(
            "既存のロックは、壁時計で見ると期限より最大 {} 遅く終わります。早く終わることはありません。\n",
            in_japanese(clock.lead_ms)
        )),
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use azekura_admin_api::types::ClockStartDetail;

    use super::*;

    fn detail() -> ClockDetail {
        ClockDetail {
            wall: "2126-11-23T00:00:00.000Z".to_owned(),
            compliance: "2026-11-23T00:00:00.000Z".to_owned(),
            lead_ms: 3_155_673_600_000,
            explained_ms: 300_000,
            relative_locks_start: None,
            relative_locks_refused: Some("too far".to_owned()),
            skew: "wall-ahead".to_owned(),
            catch_up_left_ms: 90_061_000,
            catch_up_spent_ms: 0,
            missed_ms: 0,
            evidence_sources: 0,
            started: ClockStartDetail {
                wall: "2026-11-22T00:00:00.000Z".to_owned(),
                compliance: "2026-11-22T00:00:00.000Z".to_owned(),
                lead_ms: 0,
                caught_up_ms: 0,
                by_evidence: false,
            },
        }
    }

    #[test]
    fn both_languages_say_what_is_refused_and_what_is_left() {
        let clock = detail();
        let english = english(&clock);
        assert!(english.contains("36524 d 0 h ahead"), "{english}");
        assert!(english.contains("1 d 1 h of downtime may"), "{english}");
        assert!(
            english.contains("REFUSED") && english.contains("too far"),
            "{english}"
        );
        let japanese = japanese(&clock);
        assert!(japanese.contains("1日1時間"), "{japanese}");
        assert!(japanese.contains("30 日を超えて"), "{japanese}");
    }

    #[test]
    fn lengths_have_two_units() {
        assert_eq!(in_english(0), "0 s");
        assert_eq!(in_english(-61_000), "1 min 1 s");
        assert_eq!(in_japanese(59_999), "59秒");
    }
}
