//! The sheet that the holder of a share prints and keeps, and the drawing of its QR code.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};
use zeroize::Zeroizing;

use super::super::format::{VaultFormat, rfc3339};
use super::share::{WORDS_BEGIN, WORDS_END};
use super::{DAY_MS, EscrowError, Share, WallTime};

/// Words in a line of the sheet.
const WORDS_A_LINE: usize = 5;
/// Dots of the drawing, at least.
const SVG_DOTS: u32 = 400;

/// The sheet's text.
pub(super) fn text(format: &VaultFormat, share: &Share) -> Result<Zeroizing<String>, EscrowError> {
    let words = share.words();
    let mut lines = Zeroizing::new(String::new());
    for (at, line) in words.chunks(WORDS_A_LINE).enumerate() {
        let first = at.saturating_mul(WORDS_A_LINE).saturating_add(1);
        lines.push_str(&format!("{first:>3}"));
        for word in line {
            lines.push_str(&format!("  {word:<8}"));
        }
        lines.push('\n');
    }
    // Dark on light, as printed on paper.
    let picture = qr(share)?
        .render::<unicode::Dense1x2>()
        .quiet_zone(true)
        .build();
    let picture = Zeroizing::new(picture);
    let day = rfc3339(WallTime(i64::from(share.day).saturating_mul(DAY_MS)));
    let day = day.split('T').next().unwrap_or_default();
    Ok(Zeroizing::new(format!(
        "\
============ azekura 鍵の分割シート / key share ============
保管庫 / vault      {vault}
地域   / region     {region}
組     / set        {set}
番号   / share      {number} / {shares}
必要数 / threshold  {threshold}
作成日 / date       {day}

[日本語]
このシートは保管庫の鍵の {shares} 分の 1 です。{threshold} 枚そろうと、パスフレーズがなくても鍵を復元できます。
{threshold} 枚に足りなければ、何も分かりません。
1. 印刷し、このファイルは消してください。写真に撮らず、ほかのシートと同じ場所に置かないでください。
2. 封をして、持ち出しが分かる場所（耐火金庫など）に保管してください。誰が何番を持つかを台帳に書いてください。
3. 年に一度、{threshold} 人で確かめてください（何も書き込みません）:
     azekura vault escrow drill --data-dir ディレクトリー --share-words
4. 鍵輪を失ったときは、{threshold} 枚を集めて復元してください:
     azekura vault escrow restore --data-dir ディレクトリー --share-words --new-passphrase-file ファイル
   語は番号順に打ちます。はじめの 4 文字だけでも構いません。QR コードを読み取った文でも復元できます。
5. シートが盗まれても、{threshold} 枚に満たなければ鍵は守られています。分割し直しても古い組は無効になりません:
   古いシートは集めて破棄してください。

[English]
This sheet is one of {shares} shares of the vault's keys. Any {threshold} of them restore the keys, without any
passphrase; fewer than {threshold} tell nothing.
1. Print it and delete this file. Take no photograph, and keep no two sheets in one place.
2. Seal it and keep it where its removal would be noticed. Write down who holds which number.
3. Once a year, {threshold} holders prove their shares (nothing is written):
     azekura vault escrow drill --data-dir DIR --share-words
4. When the keyring is lost, {threshold} holders restore it:
     azekura vault escrow restore --data-dir DIR --share-words --new-passphrase-file FILE
   Type the words in the order of their numbers; four letters of each are enough. The text of the
   QR code serves as well.
5. A stolen sheet alone opens nothing. A new split does not void an old one: collect old sheets and
   destroy them.

{WORDS_BEGIN}
{lines}{WORDS_END}

{picture}
============================================================
",
        lines = *lines,
        picture = *picture,
        vault = format.vault_id(),
        region = format.region,
        set = hex::encode(share.set),
        number = share.number,
        shares = share.shares,
        threshold = share.threshold,
    )))
}

/// The QR code as a drawing.
pub(super) fn svg(share: &Share) -> Result<Zeroizing<String>, EscrowError> {
    let drawing = qr(share)?
        .render::<svg::Color<'_>>()
        .min_dimensions(SVG_DOTS, SVG_DOTS)
        .build();
    Ok(Zeroizing::new(drawing))
}

fn qr(share: &Share) -> Result<QrCode, EscrowError> {
    QrCode::with_error_correction_level(share.code().as_bytes(), EcLevel::M)
        .map_err(|error| EscrowError::Library(error.to_string()))
}
