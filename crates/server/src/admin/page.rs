//! `/`: a plain page for people. No names of buckets or objects, no keys: it is not signed.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use azekura_engine::seam::Status;

use super::AdminState;
use super::convert::rfc3339;
use crate::running::Running;

/// State in Japanese and English.
pub(crate) async fn status_page(State(state): State<Arc<AdminState>>) -> Html<String> {
    let status = state.running.status();
    let (ja, en) = match (&status.poisoned, status.space.refusing) {
        (Some(_), _) => (
            "停止しました。ログを確認してください。",
            "Stopped after a failed write. See the log.",
        ),
        (None, true) => (
            "空き容量が不足しています。読み出しはできますが、書き込みは拒否されます。",
            "Short of space: reads go on, data is refused.",
        ),
        (None, false) => ("稼働中です。", "Running."),
    };
    let rows: String = rows(&state.running, &status)
        .iter()
        .map(|(name, value)| {
            format!(
                "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n",
                escape(value)
            )
        })
        .collect();
    let keyring = if (state.running.keyring_exported)() {
        ""
    } else {
        "<p><strong>鍵束がまだ書き出されていません。</strong>失うとすべてのデータが読めなくなります。<br>\n\
         <strong>The keyring was never exported.</strong> Without it no data can be read.<br>\n\
         <code>azekura vault export-keyring FILE</code></p>\n"
    };
    Html(format!(
        "<!doctype html>\n<html lang=\"ja\">\n<head><meta charset=\"utf-8\"><title>Azekura 校倉</title>\n\
         <style>body{{font-family:sans-serif;max-width:48em;margin:2em auto;padding:0 1em}}\
         th{{text-align:left;padding-right:2em;font-weight:normal}}</style></head>\n<body>\n\
         <h1>Azekura 校倉</h1>\n<p>{ja}<br>\n<span lang=\"en\">{en}</span></p>\n{keyring}\
         <table>\n{rows}</table>\n</body>\n</html>\n"
    ))
}

/// The rows of the table: name in both languages, value.
fn rows(running: &Running, status: &Status) -> [(&'static str, String); 13] {
    let declared = &running.declared;
    let clock = running.clock.report();
    let locks = match clock.relative_start {
        Ok(_) => "可 / Accepted".to_owned(),
        Err(why) => format!("拒否 / Refused: {why}"),
    };
    let undeclared = || "—".to_owned();
    [
        ("リージョン / Region", status.region.to_string()),
        ("法域 / Jurisdiction", declared.jurisdiction.clone()),
        (
            "都道府県 / Prefecture",
            declared.prefecture.clone().unwrap_or_else(undeclared),
        ),
        (
            "拠点 / Site",
            declared.site.clone().unwrap_or_else(undeclared),
        ),
        (
            "運用者 / Operator",
            declared.operator.clone().unwrap_or_else(undeclared),
        ),
        ("版 / Server version", env!("CARGO_PKG_VERSION").to_owned()),
        (
            "ジャーナル (バイト) / Journal bytes",
            status.journal_bytes.to_string(),
        ),
        (
            "空き容量 (バイト) / Free bytes",
            status.space.free_bytes.to_string(),
        ),
        (
            "起動後の記録数 / Records since start",
            status.counters.records.to_string(),
        ),
        (
            "ロック判定の時刻 / Compliance time",
            rfc3339(clock.compliance.0),
        ),
        (
            "壁時計の進み (秒) / Wall clock ahead by (s)",
            (clock.lead_ms() / 1000).to_string(),
        ),
        ("期間によるロック / Locks with a period", locks),
        (
            "検出された破損 / Damaged places known",
            status.damage.len().to_string(),
        ),
    ]
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
