//! `azekura blast-radius`

use azekura_admin_api::tenancy::{BlastQuery, BlastRadius, Reach, TenancyApi as _};

use crate::args::Language;
use crate::args::tenancy::BlastArgs;
use crate::exit::{CommandError, Exit};
use crate::{connect, output};

pub(crate) async fn run(args: &BlastArgs, json: bool) -> Result<Exit, CommandError> {
    let query = BlastQuery {
        key: args.key.clone(),
    };
    let radius = connect::client(&args.online)?.blast_radius(&query).await?;
    let japanese = args.lang == Language::Ja;
    output::answer(&radius, json, |radius| text(radius, japanese))
}

fn count(reach: Reach) -> String {
    if reach.objects == 0 {
        return "-".to_owned();
    }
    format!("{} ({} B)", reach.objects, reach.bytes)
}

fn head(japanese: bool) -> [&'static str; 9] {
    if japanese {
        [
            "バケット",
            "読める",
            "隠せる",
            "版を隠せる",
            "GOVERNANCE を越えて隠せる",
            "ロックできる",
            "書ける",
            "設定できる",
            "履歴日数",
        ]
    } else {
        [
            "BUCKET",
            "READ",
            "HIDE",
            "HIDE VERSION",
            "HIDE AGAINST GOVERNANCE",
            "LOCK",
            "WRITE",
            "CONFIGURE",
            "HISTORY DAYS",
        ]
    }
}

fn text(radius: &BlastRadius, japanese: bool) -> String {
    let pick = |ja: &'static str, en: &'static str| if japanese { ja } else { en };
    let yes = |is: bool| if is { pick("可", "yes") } else { "-" }.to_owned();
    let rows: Vec<Vec<String>> = radius
        .buckets
        .iter()
        .map(|bucket| {
            let more = if bucket.at_least {
                pick("（以上）", " (at least)")
            } else {
                ""
            };
            vec![
                format!("{}{more}", bucket.bucket),
                count(bucket.read),
                count(bucket.hide),
                count(bucket.hide_versions),
                count(bucket.bypass),
                count(bucket.lock),
                yes(bucket.write),
                yes(!bucket.configure.is_empty()),
                bucket.history_days.to_string(),
            ]
        })
        .collect();
    let owner = radius.user.as_deref().unwrap_or("-");
    let administer = if radius.administer.is_empty() {
        pick("なし", "nothing").to_owned()
    } else {
        radius.administer.join(" ")
    };
    let destroyed = pick(
        "破壊できるもの：0 件。削除は版を隠すだけで、履歴日数の間は戻せる（azekura object undelete）。ロック中の版はその後も残る。",
        "it can destroy: nothing. What is deleted is hidden and comes back for the days of history \
         (azekura object undelete); what is locked stays in any case.",
    );
    let said = pick("管理操作", "administers");
    let key = pick("鍵", "key");
    let mut text = format!("{key} {} ({owner})\n{destroyed}\n", radius.key);
    text.push_str(&format!("{said}: {administer}\n\n"));
    text.push_str(&output::table(&head(japanese), &rows));
    for caveat in &radius.caveats {
        text.push_str(&format!("{}: {caveat}\n", pick("注", "note")));
    }
    text
}
