//! DICOM images of the usual modalities, one file an instance, under
//! `dicom/<study>/<series>/<instance>.dcm` as vendor-neutral archives lay them out.

mod modality;
mod part10;
mod pixels;

use time::Date;

use crate::item::{Class, HospitalItem};
use crate::moment::{Moment, compact, ordinal};
use crate::random::Draw;
use crate::scale::Scale;
use crate::ssmix2::Visit;
use crate::visits::Visits;

use modality::Modality;
use part10::DataSet;
use pixels::{Image, Pixels};

/// Image files of a class on a day.
#[derive(Clone, Debug)]
pub(crate) struct Images {
    pub(crate) seed: u64,
    pub(crate) day: Date,
    pub(crate) visits: Visits,
    pub(crate) class: Class,
    pub(crate) count: u64,
    /// Share of the rows of each image.
    pub(crate) image_scale: Scale,
}

/// Where an instance belongs.
struct Instance {
    study: u64,
    series: u64,
    /// From 1.
    number: u64,
    study_uid: String,
    series_uid: String,
    uid: String,
}

impl Images {
    /// All of them in order; none for a class that is no image.
    pub(crate) fn items(self) -> impl Iterator<Item = HospitalItem> + Send {
        let modality = modality::of(self.class);
        modality.into_iter().flat_map(move |modality| {
            let images = self.clone();
            (0..images.count).map(move |number| images.item(&modality, number))
        })
    }

    /// A UID below 2.25, which is for UUIDs (ISO/IEC 9834-8): 122 drawn bits, version 8.
    fn uid(&self, modality: &Modality, level: &str, number: u64) -> String {
        let purpose = format!("{} {level}", modality.code);
        let mut draw = Draw::new(self.seed, &purpose, &[ordinal(self.day), number]);
        let bits = (u128::from(draw.next()) << 64) | u128::from(draw.next());
        let version = bits & !(0xf << 76) | (8 << 76);
        let uuid = version & !(0x3 << 62) | (2 << 62);
        format!("2.25.{uuid}")
    }

    fn item(&self, modality: &Modality, number: u64) -> HospitalItem {
        let study = number / modality.per_study;
        let series = number / modality.per_series;
        let instance = Instance {
            study,
            series: number % modality.per_study / modality.per_series + 1,
            number: number % modality.per_series + 1,
            study_uid: self.uid(modality, "study", study),
            series_uid: self.uid(modality, "series", series),
            uid: self.uid(modality, "instance", number),
        };
        let rows = self.image_scale.of(u64::from(modality.rows)).max(16) & !1;
        let pixels = Pixels {
            seed: Draw::new(self.seed, modality.code, &[ordinal(self.day), number]).next(),
            rows: u16::try_from(rows).unwrap_or(modality.rows),
            columns: modality.columns,
            frames: modality.frames,
            samples: modality.samples,
            bits: modality.bits,
        };
        let head = self.head(modality, &instance, pixels);
        let key = format!(
            "dicom/{}/{}/{}.dcm",
            instance.study_uid, instance.series_uid, instance.uid
        );
        HospitalItem::new(self.class, key, Image { head, pixels })
    }

    fn head(&self, modality: &Modality, instance: &Instance, pixels: Pixels) -> Vec<u8> {
        // A prime step, so that the modalities do not all see the same patients.
        let visit = self
            .visits
            .anyone(instance.study * 7 + u64::from(modality.rows));
        let count = self.count / modality.per_study + 1;
        let at = Moment::spread(self.day, (8, 18), instance.study, count);
        let mut set = DataSet::default();
        self.general(&mut set, modality, instance, &visit, at);
        modality.acquisition(&mut set);
        set.text(0x0020, 0x000d, "UI", &instance.study_uid);
        set.text(0x0020, 0x000e, "UI", &instance.series_uid);
        set.text(0x0020, 0x0010, "SH", &(instance.study + 1).to_string());
        set.text(0x0020, 0x0011, "IS", &instance.series.to_string());
        set.text(0x0020, 0x0013, "IS", &instance.number.to_string());
        set.text(0x0020, 0x0020, "CS", "");
        if modality.sliced {
            let frame = self.uid(modality, "frame", instance.study);
            set.text(
                0x0020,
                0x0032,
                "DS",
                &format!("-160\\-160\\{}", instance.number),
            );
            set.text(0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0");
            set.text(0x0020, 0x0052, "UI", &frame);
            set.text(0x0020, 0x1040, "LO", "");
        }
        modality.image(&mut set, pixels);
        let vr = if pixels.bits == 16 { "OW" } else { "OB" };
        set.before_pixels(modality.sop_class, &instance.uid, (vr, pixels.length()))
    }

    /// Groups 0008 and 0010: what, when, who. Names in Latin letters, kanji and kana, of which the
    /// latter need the second character set.
    fn general(
        &self,
        set: &mut DataSet,
        modality: &Modality,
        instance: &Instance,
        visit: &Visit,
        at: Moment,
    ) {
        let (day, name) = (compact(self.day), &visit.patient.name);
        let accession = format!("{}{:06}", day.get(2..).unwrap_or_default(), instance.study);
        set.text(0x0008, 0x0005, "CS", "\\ISO 2022 IR 87");
        set.text(0x0008, 0x0008, "CS", modality.image_type);
        set.text(0x0008, 0x0016, "UI", modality.sop_class);
        set.text(0x0008, 0x0018, "UI", &instance.uid);
        set.text(0x0008, 0x0020, "DA", &day);
        set.text(0x0008, 0x0023, "DA", &day);
        set.text(0x0008, 0x0030, "TM", &at.time());
        set.text(0x0008, 0x0033, "TM", &at.time());
        set.text(0x0008, 0x0050, "SH", &accession);
        set.text(0x0008, 0x0060, "CS", modality.code);
        set.text(0x0008, 0x0070, "LO", "SYNTHETIC");
        set.text(0x0008, 0x0080, "LO", "合成病院");
        set.text(0x0008, 0x0090, "PN", "");
        set.text(0x0008, 0x1030, "LO", modality.description);
        let written = format!(
            "{}^{}={}^{}={}^{}",
            name.family_latin,
            name.given_latin,
            name.family,
            name.given,
            name.family_kana,
            name.given_kana
        );
        set.text(0x0010, 0x0010, "PN", &written);
        set.text(0x0010, 0x0020, "LO", &visit.patient.id);
        set.text(0x0010, 0x0030, "DA", &compact(visit.patient.born));
        set.text(0x0010, 0x0040, "CS", visit.patient.sex.letter());
    }
}
