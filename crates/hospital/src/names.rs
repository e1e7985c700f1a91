//! Names of people: frequent family names and given names, combined by chance.
//!
//! Nobody in particular is meant. A combination that somebody bears is a coincidence, as in a novel;
//! nothing else about a person is taken from anywhere.

use crate::random::Draw;

/// A name as Japanese records write it: three times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonName {
    /// 姓 in kanji.
    pub family: &'static str,
    /// 名 in kanji.
    pub given: &'static str,
    /// 姓 in katakana.
    pub family_kana: &'static str,
    /// 名 in katakana.
    pub given_kana: &'static str,
    /// 姓 in Latin letters.
    pub family_latin: &'static str,
    /// 名 in Latin letters.
    pub given_latin: &'static str,
}

/// Kanji, katakana, Latin letters.
type Written = (&'static str, &'static str, &'static str);

const FAMILY: [Written; 40] = [
    ("佐藤", "サトウ", "SATO"),
    ("鈴木", "スズキ", "SUZUKI"),
    ("高橋", "タカハシ", "TAKAHASHI"),
    ("田中", "タナカ", "TANAKA"),
    ("伊藤", "イトウ", "ITO"),
    ("渡辺", "ワタナベ", "WATANABE"),
    ("山本", "ヤマモト", "YAMAMOTO"),
    ("中村", "ナカムラ", "NAKAMURA"),
    ("小林", "コバヤシ", "KOBAYASHI"),
    ("加藤", "カトウ", "KATO"),
    ("吉田", "ヨシダ", "YOSHIDA"),
    ("山田", "ヤマダ", "YAMADA"),
    ("佐々木", "ササキ", "SASAKI"),
    ("山口", "ヤマグチ", "YAMAGUCHI"),
    ("松本", "マツモト", "MATSUMOTO"),
    ("井上", "イノウエ", "INOUE"),
    ("木村", "キムラ", "KIMURA"),
    ("林", "ハヤシ", "HAYASHI"),
    ("斎藤", "サイトウ", "SAITO"),
    ("清水", "シミズ", "SHIMIZU"),
    ("山崎", "ヤマザキ", "YAMAZAKI"),
    ("森", "モリ", "MORI"),
    ("池田", "イケダ", "IKEDA"),
    ("橋本", "ハシモト", "HASHIMOTO"),
    ("阿部", "アベ", "ABE"),
    ("石川", "イシカワ", "ISHIKAWA"),
    ("山下", "ヤマシタ", "YAMASHITA"),
    ("中島", "ナカジマ", "NAKAJIMA"),
    ("石井", "イシイ", "ISHII"),
    ("小川", "オガワ", "OGAWA"),
    ("前田", "マエダ", "MAEDA"),
    ("岡田", "オカダ", "OKADA"),
    ("長谷川", "ハセガワ", "HASEGAWA"),
    ("藤田", "フジタ", "FUJITA"),
    ("後藤", "ゴトウ", "GOTO"),
    ("近藤", "コンドウ", "KONDO"),
    ("村上", "ムラカミ", "MURAKAMI"),
    ("遠藤", "エンドウ", "ENDO"),
    ("青木", "アオキ", "AOKI"),
    ("坂本", "サカモト", "SAKAMOTO"),
];

const WOMEN: [Written; 24] = [
    ("花子", "ハナコ", "HANAKO"),
    ("陽菜", "ヒナ", "HINA"),
    ("美咲", "ミサキ", "MISAKI"),
    ("由美子", "ユミコ", "YUMIKO"),
    ("恵子", "ケイコ", "KEIKO"),
    ("幸子", "サチコ", "SACHIKO"),
    ("和子", "カズコ", "KAZUKO"),
    ("洋子", "ヨウコ", "YOKO"),
    ("久美子", "クミコ", "KUMIKO"),
    ("真由美", "マユミ", "MAYUMI"),
    ("直子", "ナオコ", "NAOKO"),
    ("裕子", "ユウコ", "YUKO"),
    ("智子", "トモコ", "TOMOKO"),
    ("愛", "アイ", "AI"),
    ("彩", "アヤ", "AYA"),
    ("舞", "マイ", "MAI"),
    ("結衣", "ユイ", "YUI"),
    ("節子", "セツコ", "SETSUKO"),
    ("千代", "チヨ", "CHIYO"),
    ("文子", "フミコ", "FUMIKO"),
    ("絵里", "エリ", "ERI"),
    ("遥", "ハルカ", "HARUKA"),
    ("桜", "サクラ", "SAKURA"),
    ("葵", "アオイ", "AOI"),
];

const MEN: [Written; 24] = [
    ("太郎", "タロウ", "TARO"),
    ("一郎", "イチロウ", "ICHIRO"),
    ("健", "ケン", "KEN"),
    ("誠", "マコト", "MAKOTO"),
    ("茂", "シゲル", "SHIGERU"),
    ("清", "キヨシ", "KIYOSHI"),
    ("勝", "マサル", "MASARU"),
    ("正", "タダシ", "TADASHI"),
    ("博", "ヒロシ", "HIROSHI"),
    ("隆", "タカシ", "TAKASHI"),
    ("大輔", "ダイスケ", "DAISUKE"),
    ("翔太", "ショウタ", "SHOTA"),
    ("健太", "ケンタ", "KENTA"),
    ("直樹", "ナオキ", "NAOKI"),
    ("拓也", "タクヤ", "TAKUYA"),
    ("和夫", "カズオ", "KAZUO"),
    ("幸雄", "ユキオ", "YUKIO"),
    ("昭", "アキラ", "AKIRA"),
    ("蓮", "レン", "REN"),
    ("悠斗", "ユウト", "YUTO"),
    ("学", "マナブ", "MANABU"),
    ("修", "オサム", "OSAMU"),
    ("浩二", "コウジ", "KOJI"),
    ("秀樹", "ヒデキ", "HIDEKI"),
];

/// A woman's or a man's name.
pub(crate) fn draw(draw: &mut Draw, woman: bool) -> PersonName {
    let (family, family_kana, family_latin) = draw.pick(&FAMILY);
    let (given, given_kana, given_latin) = if woman {
        draw.pick(&WOMEN)
    } else {
        draw.pick(&MEN)
    };
    PersonName {
        family,
        given,
        family_kana,
        given_kana,
        family_latin,
        given_latin,
    }
}
