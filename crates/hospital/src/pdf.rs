//! Documents of the extended storage: a page of Japanese text and a scanned picture, as PDF.

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use time::Date;

use crate::catalog::DISEASES;
use crate::item::{Class, HospitalItem};
use crate::moment::{Moment, compact, dashed, ordinal};
use crate::random::Draw;
use crate::ssmix2::Visit;
use crate::visits::Visits;

/// A font that readers of Japanese documents bring with them: it is named, not embedded.
const FONT: Name<'static> = Name(b"HeiseiMin-W3");
/// Columns of the scanned picture.
const COLUMNS: u32 = 480;

/// The `number`th document of a day. A later `revision` of it has other words under the same key.
pub(crate) fn item(
    seed: u64,
    (day, number, count): (Date, u64, u64),
    visits: &Visits,
    revision: u64,
) -> HospitalItem {
    let visit = visits.anyone(number);
    let at = Moment::spread(day, (8, 19), number, count);
    let mut draw = Draw::new(seed, "document", &[ordinal(day), number, revision]);
    let (patient, date) = (visit.patient.id.as_str(), compact(day));
    let order = format!("{}90{number:07}", date.get(2..).unwrap_or_default());
    let name = format!(
        "{patient}_{date}_99AZK-DOC_{order}_{}_{}_1",
        at.milliseconds(),
        visit.doctor.department
    );
    let key = format!(
        "ssmix2/extended/{}/{}/{patient}/{date}/99AZK-DOC/{name}/document.pdf",
        patient.get(..3).unwrap_or_default(),
        patient.get(3..6).unwrap_or_default()
    );
    let lines = lines(&visit, day, revision, &mut draw);
    // 50–300 KB, 180 KB on average (docs/operating/testdata.md).
    let rows = u32::try_from(draw.between(120, 620)).unwrap_or(120);
    HospitalItem::whole(Class::Document, key, document(&lines, rows, &mut draw))
}

fn lines(visit: &Visit, day: Date, revision: u64, draw: &mut Draw) -> Vec<String> {
    let (code, disease) = draw.pick(&DISEASES);
    let name = &visit.patient.name;
    vec![
        format!("診療情報提供書（合成データ）　第{}版", revision + 1),
        format!(
            "作成日　{}　　{}",
            dashed(day),
            visit.doctor.department_name
        ),
        format!("患者ＩＤ　{}", visit.patient.id),
        format!("氏名　{}　{}", name.family, name.given),
        format!("カナ　{}　{}", name.family_kana, name.given_kana),
        format!("年齢　{}歳", visit.patient.age(day)),
        format!("傷病名　{disease}（{code}）"),
        "この文書の患者は実在しません。".to_owned(),
        format!(
            "担当医　{}　{}",
            visit.doctor.name.family, visit.doctor.name.given
        ),
    ]
}

fn document(lines: &[String], rows: u32, draw: &mut Draw) -> Vec<u8> {
    let [
        catalog,
        pages,
        page,
        font,
        cid,
        descriptor,
        content,
        picture,
    ] = [1, 2, 3, 4, 5, 6, 7, 8].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet
        .parent(pages)
        .media_box(Rect::new(0.0, 0.0, 595.0, 842.0))
        .contents(content);
    let mut resources = sheet.resources();
    resources.fonts().pair(Name(b"F1"), font);
    resources.x_objects().pair(Name(b"I1"), picture);
    resources.finish();
    sheet.finish();
    fonts(&mut pdf, font, cid, descriptor);
    pdf.stream(content, &text(lines));
    let pixels = scan(rows, draw);
    let mut image = pdf.image_xobject(picture, &pixels);
    image
        .width(i32::try_from(COLUMNS).unwrap_or(1))
        .height(i32::try_from(rows).unwrap_or(1))
        .bits_per_component(8);
    image.color_space().device_gray();
    image.finish();
    pdf.finish()
}

/// A Japanese font by reference (ISO 32000-1 §9.7.5.2: UniJIS-UTF16-H of Adobe-Japan1).
fn fonts(pdf: &mut Pdf, font: Ref, cid: Ref, descriptor: Ref) {
    pdf.type0_font(font)
        .base_font(FONT)
        .encoding_predefined(Name(b"UniJIS-UTF16-H"))
        .descendant_font(cid);
    pdf.cid_font(cid)
        .subtype(CidFontType::Type0)
        .base_font(FONT)
        .system_info(SystemInfo {
            registry: Str(b"Adobe"),
            ordering: Str(b"Japan1"),
            supplement: 4,
        })
        .font_descriptor(descriptor)
        .default_width(1_000.0);
    pdf.font_descriptor(descriptor)
        .name(FONT)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(-123.0, -257.0, 1_001.0, 910.0))
        .italic_angle(0.0)
        .ascent(723.0)
        .descent(-241.0)
        .cap_height(709.0)
        .stem_v(69.0);
}

fn text(lines: &[String]) -> Vec<u8> {
    let mut content = Content::new();
    content.begin_text().set_font(Name(b"F1"), 12.0);
    content.next_line(60.0, 780.0);
    for line in lines {
        let units: Vec<u8> = line.encode_utf16().flat_map(u16::to_be_bytes).collect();
        content.show(Str(&units)).next_line(0.0, -22.0);
    }
    content.end_text();
    content
        .save_state()
        .transform([440.0, 0.0, 0.0, 480.0, 60.0, 60.0])
        .x_object(Name(b"I1"))
        .restore_state();
    content.finish().to_vec()
}

/// Grey paper with grain, and darker lines where writing would be.
fn scan(rows: u32, draw: &mut Draw) -> Vec<u8> {
    let mut pixels = Vec::new();
    for row in 0..rows {
        let paper: u8 = if row % 24 < 6 { 120 } else { 220 };
        for _ in 0..COLUMNS / 8 {
            for grain in draw.next().to_le_bytes() {
                pixels.push(paper + (grain & 0x1f));
            }
        }
    }
    pixels
}
