//! What is prescribed, measured and diagnosed. Codes are local (coding systems `99…`), but for
//! ICD-10: this is no drug dictionary and no code table.

/// A laboratory test.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Analyte {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    /// Limits of the reference range, in units of the last decimal.
    pub(crate) low: u64,
    pub(crate) high: u64,
    pub(crate) decimals: u32,
}

impl Analyte {
    /// A number with the decimals of this test.
    pub(crate) fn format(&self, value: u64) -> String {
        let unit = 10_u64.pow(self.decimals);
        if self.decimals == 0 {
            return value.to_string();
        }
        let width = usize::try_from(self.decimals).unwrap_or(1);
        format!("{}.{:0width$}", value / unit, value % unit)
    }
}

const fn analyte(
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    (low, high): (u64, u64),
    decimals: u32,
) -> Analyte {
    Analyte {
        code,
        name,
        unit,
        low,
        high,
        decimals,
    }
}

/// In the order of a usual report: 血算, then 生化学.
pub(crate) const ANALYTES: [Analyte; 24] = [
    analyte("L001", "白血球数", "10*3/uL", (33, 86), 1),
    analyte("L002", "赤血球数", "10*6/uL", (386, 555), 2),
    analyte("L003", "ヘモグロビン", "g/dL", (116, 168), 1),
    analyte("L004", "ヘマトクリット", "%", (351, 501), 1),
    analyte("L005", "血小板数", "10*3/uL", (158, 348), 0),
    analyte("L006", "総蛋白", "g/dL", (66, 81), 1),
    analyte("L007", "アルブミン", "g/dL", (41, 51), 1),
    analyte("L008", "尿素窒素", "mg/dL", (80, 200), 1),
    analyte("L009", "クレアチニン", "mg/dL", (46, 107), 2),
    analyte("L010", "尿酸", "mg/dL", (26, 78), 1),
    analyte("L011", "ナトリウム", "mmol/L", (138, 145), 0),
    analyte("L012", "カリウム", "mmol/L", (36, 48), 1),
    analyte("L013", "クロール", "mmol/L", (101, 108), 0),
    analyte("L014", "カルシウム", "mg/dL", (88, 101), 1),
    analyte("L015", "血糖", "mg/dL", (73, 109), 0),
    analyte("L016", "中性脂肪", "mg/dL", (30, 234), 0),
    analyte("L017", "総コレステロール", "mg/dL", (142, 248), 0),
    analyte("L018", "総ビリルビン", "mg/dL", (4, 15), 1),
    analyte("L019", "ＡＳＴ", "U/L", (13, 30), 0),
    analyte("L020", "ＡＬＴ", "U/L", (7, 42), 0),
    analyte("L021", "ＬＤ", "U/L", (124, 222), 0),
    analyte("L022", "γ－ＧＴ", "U/L", (9, 64), 0),
    analyte("L023", "ＣＲＰ", "mg/dL", (0, 14), 2),
    analyte("L024", "ヘモグロビンＡ１ｃ", "%", (49, 60), 1),
];

/// Specimen (HL7 table 0487) and what is measured in it.
pub(crate) const PANELS: [(&str, &str); 3] = [
    ("BLD^血液^HL70487", "L000^血液検査^99LAB"),
    ("SER^血清^HL70487", "L100^生化学検査^99LAB"),
    ("UR^尿^HL70487", "L200^尿検査^99LAB"),
];

/// Code, name, 用法 (how it is taken).
pub(crate) type Drug = (&'static str, &'static str, &'static str);

/// Taken by mouth.
pub(crate) const ORAL: [Drug; 10] = [
    ("D001", "アムロジピン錠５ｍｇ", "１日１回朝食後"),
    ("D002", "カンデサルタン錠８ｍｇ", "１日１回朝食後"),
    ("D003", "メトホルミン錠２５０ｍｇ", "１日２回朝夕食後"),
    ("D004", "アトルバスタチン錠１０ｍｇ", "１日１回夕食後"),
    ("D005", "ランソプラゾール錠１５ｍｇ", "１日１回朝食後"),
    ("D006", "レバミピド錠１００ｍｇ", "１日３回毎食後"),
    ("D007", "酸化マグネシウム錠３３０ｍｇ", "１日３回毎食後"),
    ("D008", "ロキソプロフェン錠６０ｍｇ", "疼痛時"),
    ("D009", "カルボシステイン錠５００ｍｇ", "１日３回毎食後"),
    ("D010", "フロセミド錠２０ｍｇ", "１日１回朝食後"),
];

/// Given into a vein.
pub(crate) const INJECTED: [Drug; 6] = [
    ("J001", "生理食塩液５００ｍＬ", "点滴静注"),
    ("J002", "セファゾリン注射用１ｇ", "点滴静注"),
    ("J003", "維持液５００ｍＬ", "点滴静注"),
    ("J004", "ファモチジン注射液２０ｍｇ", "静注"),
    ("J005", "ヘパリンナトリウム注５千単位", "点滴静注"),
    ("J006", "フロセミド注２０ｍｇ", "静注"),
];

/// ICD-10 and name.
pub(crate) const DISEASES: [(&str, &str); 12] = [
    ("I10", "高血圧症"),
    ("E11.9", "２型糖尿病"),
    ("E78.5", "脂質異常症"),
    ("J18.9", "肺炎"),
    ("K29.5", "慢性胃炎"),
    ("I50.9", "心不全"),
    ("I48", "心房細動"),
    ("N18.9", "慢性腎臓病"),
    ("M17.9", "変形性膝関節症"),
    ("C16.9", "胃癌"),
    ("H25.9", "白内障"),
    ("S72.0", "大腿骨頚部骨折"),
];

/// Code, name and modality of examinations in the radiology department.
pub(crate) const RADIOLOGY: [(&str, &str, &str); 6] = [
    ("R001", "胸部単純Ｘ線", "CR"),
    ("R002", "腹部単純Ｘ線", "CR"),
    ("R003", "胸部ＣＴ", "CT"),
    ("R004", "腹部造影ＣＴ", "CT"),
    ("R005", "頭部ＭＲＩ", "MR"),
    ("R006", "腰椎ＭＲＩ", "MR"),
];

/// Examinations by endoscope.
pub(crate) const ENDOSCOPY: [(&str, &str, &str); 2] = [
    ("G001", "上部消化管内視鏡", "ES"),
    ("G002", "下部消化管内視鏡", "ES"),
];

/// Examinations of physiology.
pub(crate) const PHYSIOLOGY: [(&str, &str, &str); 4] = [
    ("P001", "１２誘導心電図", "ECG"),
    ("P002", "心臓超音波", "US"),
    ("P003", "腹部超音波", "US"),
    ("P004", "呼吸機能検査", "PF"),
];

/// What somebody cannot bear: kind (HL7 table 0127), code, name.
pub(crate) const ALLERGENS: [(&str, &str, &str); 5] = [
    ("DA", "A001", "ペニシリン系"),
    ("DA", "A002", "ヨード造影剤"),
    ("FA", "A003", "鶏卵"),
    ("FA", "A004", "そば"),
    ("EA", "A005", "スギ花粉"),
];
