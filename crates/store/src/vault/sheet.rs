//! The recovery sheet: what to print and keep when a vault is made.

use super::Places;
use super::format::{VaultFormat, rfc3339};
use super::keyring::Protector;

/// The sheet's text.
pub(super) fn text(places: &Places, format: &VaultFormat, protector: Protector) -> String {
    let dir = places.data_dir.display();
    let (keep_ja, keep_en) = match protector {
        Protector::Passphrase => (
            "パスフレーズ（このシートには記載されません。別の場所に保管してください）",
            "the passphrase (not on this sheet; keep it in another place)",
        ),
        Protector::SecretFile => (
            "keyring.secret（この鍵輪を開く秘密。鍵輪と同じ場所に置く限り、盗難への守りにはなりません）",
            "keyring.secret (opens the keyring; beside it, it protects against no thief)",
        ),
    };
    format!(
        "\
================ azekura 復旧シート / recovery sheet ================
保管庫 / vault        {vault}
地域   / region       {region}
世代   / incarnation  {incarnation}
作成   / created      {created}
場所   / directory    {dir}

[日本語]
鍵輪（{dir}/keyring）がなければ、保管庫のどのバイトも読めません。誰にも復元できません。
1. いますぐ写しを取ってください:
     azekura vault export-keyring --data-dir {dir} 保管先のファイル
2. 次のものを、この機械とは別の場所に保管してください: 鍵輪の写し、{keep_ja}、このシート。
3. 復旧の手順: 保管庫のディレクトリー（または控え）を新しい機械に置き、鍵輪の写しを keyring
   の名前で戻し、azekura vault check --data-dir {dir} で全バイトを照合してから起動します。
   索引（index）は失われても journal から作り直せます。
4. azekura がなくても、decoder/ にある文書と azekura_reader.py で読み出せます。

[English]
Without the keyring ({dir}/keyring) no byte of the vault can be read, by anyone.
1. Copy it now:
     azekura vault export-keyring --data-dir {dir} FILE
2. Keep away from this machine: the copy of the keyring, {keep_en}, and this sheet.
3. To recover: put the vault directory (or its backup) on a new machine, put the copy back under
   the name keyring, run azekura vault check --data-dir {dir}, which re-hashes every byte, and
   start. The index may be lost: it is rebuilt from the journal.
4. Without azekura: decoder/ holds the format documents and azekura_reader.py.
=====================================================================
",
        vault = format.vault_id(),
        region = format.region,
        incarnation = format.incarnation,
        created = rfc3339(format.created),
    )
}
